package news

import (
	"context"
	"encoding/json"

	"deskbell/app/desk"
)

// places keeps which place in which queue each waiting visitor was told last, so that only news are news.
type places map[desk.ConversationID]int

// tellQueues tells the visitors who wait their places, after events that moved a queue. A place is not stored: a page that
// comes back asks for it.
func (n *News) tellQueues(ctx context.Context, events []desk.Event, b *batch) {
	for team := range moved(events, b) {
		waiting, err := n.desk.QueuePlaces(ctx, desk.System, team)
		if err != nil {
			n.log.Error("tell the queue", "team", team, "error", err)
			return
		}
		now := places{}
		for _, w := range waiting {
			if now[w.ID] = w.Place; n.places[team][w.ID] == w.Place {
				continue
			}
			if err := n.hub.Signal(visitorTopic(w.CustomerID, w.InboxID), "queue.updated", map[string]any{"conversation_id": w.ID.String(), "queue_position": w.Place}); err != nil {
				n.log.Error("tell a visitor his place", "conversation", w.ID, "error", err)
			}
		}
		n.places[team] = now
	}
}

// moved are the teams whose queues events have moved; 0 is everyone's.
func moved(events []desk.Event, b *batch) map[desk.TeamID]bool {
	teams := map[desk.TeamID]bool{}
	for _, e := range events {
		switch e.Name {
		case desk.ConversationCreated, desk.ConversationRouted, desk.ConversationAssigned, desk.ConversationJoined,
			desk.ConversationLeft, desk.ConversationClosed, desk.ConversationReopened:
			a, ok := b.audiences[e.ConversationID]
			if !ok || a.Kind != "chat" {
				continue
			}
			teams[a.TeamID] = true
			var was struct {
				Team desk.TeamID `json:"was_team"`
			}
			_ = json.Unmarshal(e.Data, &was) // the desk wrote it
			if was.Team != 0 {
				teams[was.Team] = true
			}
		}
	}
	return teams
}

package news

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"deskbell/app/desk"
	"deskbell/app/live"
)

// Topics. A team's admins have one of their own, for what somebody has grabbed. "admins" hear of every team's conversations, "agents" of those that belong to everyone.
func teamTopic(id desk.TeamID) string { return fmt.Sprintf("team-%d", id) }
func leadTopic(id desk.TeamID) string { return fmt.Sprintf("team-%d-admins", id) }
func agentKey(id desk.AgentID) string { return fmt.Sprintf("agent-%d", id) }

func visitorTopic(c desk.CustomerID, in desk.InboxID) string { return VisitorKey(c, in) }

// VisitorKey is what the hub counts a visitor's streams in an inbox by.
func VisitorKey(c desk.CustomerID, in desk.InboxID) string {
	return fmt.Sprintf("visitor-%d-%d", c, in)
}

// VisitorOf reads a key of the hub's; false: it is no visitor's.
func VisitorOf(key string) (c desk.CustomerID, in desk.InboxID, ok bool) {
	n, err := fmt.Sscanf(key, "visitor-%d-%d", &c, &in)
	return c, in, n == 2 && err == nil
}

func topicsOf(a desk.Audience) []string {
	if a.TeamID == 0 {
		return []string{"agents"}
	}
	topics := []string{"admins", leadTopic(a.TeamID)}
	if !a.Grabbed {
		topics = append(topics, teamTopic(a.TeamID))
	}
	if a.Wanted != 0 {
		topics = append(topics, agentKey(a.Wanted))
	}
	for _, p := range append(a.Participants[:len(a.Participants):len(a.Participants)], a.Served...) {
		topics = append(topics, agentKey(p))
	}
	for _, t := range a.Also {
		if t == 0 {
			topics = append(topics, "agents")
		} else {
			topics = append(topics, teamTopic(t))
		}
	}
	return topics
}

// among are those whom an event of no conversation concerns alone: some agents, or a team's members.
type among struct {
	Agent  desk.AgentID   `json:"agent"`
	Agents []desk.AgentID `json:"agents"`
	Team   desk.TeamID    `json:"team"`
}

// personal says whom such an event concerns; false: it is another event.
func personal(e desk.Event) (a among, ok bool) {
	switch e.Name {
	case desk.NotificationCreated, desk.NotificationRead, desk.ColleagueWrote, desk.ColleagueRead, desk.ColleagueRecalled:
		_ = json.Unmarshal(e.Data, &a) // the desk wrote it
		if a.Agent != 0 {
			a.Agents = append(a.Agents, a.Agent)
		}
		return a, true
	}
	return a, false
}

func (a among) topics() []string {
	topics := keysOf(a.Agents)
	if a.Team != 0 {
		topics = append(topics, teamTopic(a.Team))
	}
	return topics
}

func (b *batch) agentTopics(e desk.Event) []string {
	if a, ok := personal(e); ok {
		return a.topics()
	}
	a, ok := b.audiences[e.ConversationID]
	if !ok {
		return []string{"agents"}
	}
	topics := topicsOf(a)
	if asked, from, ok := e.TransferOf(); ok { // who is asked may not see the conversation yet
		topics = append(topics, keysOf(append(asked, from))...)
	}
	return topics
}

// formerTopics are those who saw a conversation before an event that may have taken it out of their sight.
func (b *batch) formerTopics(e desk.Event) []string {
	switch e.Name {
	case desk.ConversationLeft:
		return []string{agentKey(desk.AgentID(e.SubjectID))}
	case desk.ConversationJoined: // grabbed
		if a := b.audiences[e.ConversationID]; a.Grabbed {
			return []string{teamTopic(a.TeamID)}
		}
	case desk.ConversationAssigned, desk.ConversationRouted:
		var was struct {
			Team  desk.TeamID  `json:"was_team"`
			Agent desk.AgentID `json:"was_agent"`
		}
		_ = json.Unmarshal(e.Data, &was) // the desk wrote it
		topics := []string{"agents"}
		if was.Team != 0 {
			topics = []string{teamTopic(was.Team)}
		}
		if was.Agent != 0 {
			topics = append(topics, agentKey(was.Agent))
		}
		return topics
	}
	return nil
}

func (b *batch) visitorTopic(e desk.Event) string {
	a := b.audiences[e.ConversationID]
	return visitorTopic(a.CustomerID, a.InboxID)
}

// Agent is the subscription of an agent's stream, from the event after which he has not heard (as on the wire).
func (n *News) Agent(ctx context.Context, by desk.Actor, after int64) (live.Subscription, error) {
	topics, err := n.heardBy(ctx, by)
	if err != nil {
		return live.Subscription{}, err
	}
	return live.Subscription{Key: agentKey(by.Agent()), PerKey: 20, Topics: topics, After: after, Replay: n.replay(by, 0),
		// What changed between the look at the teams and the first event that would have been told is found here.
		Still: func(ctx context.Context) (bool, error) {
			a, err := n.desk.Agent(ctx, desk.System, by.Agent())
			if err != nil || !a.Enabled || a.Role != by.Role {
				return false, err
			}
			now, err := n.heardBy(ctx, by)
			return slices.Equal(now, topics), err
		}}, nil
}

// heardBy are an agent's topics.
func (n *News) heardBy(ctx context.Context, by desk.Actor) ([]string, error) {
	teams, err := n.desk.TeamIDs(ctx, by)
	if err != nil {
		return nil, err
	}
	topics := []string{"agents", agentKey(by.Agent())}
	if by.IsAdmin() {
		topics = append(topics, "admins")
	}
	for _, t := range teams {
		topics = append(topics, teamTopic(t))
	}
	led, err := n.desk.LedTeamIDs(ctx, by)
	for _, t := range led {
		topics = append(topics, leadTopic(t))
	}
	return topics, err
}

// Visitor is the subscription of a visitor's stream in one inbox; source is whose share of all streams it counts in, empty: nobody's.
func (n *News) Visitor(by desk.Actor, inbox desk.InboxID, source string, after int64) live.Subscription {
	topic := visitorTopic(by.Customer(), inbox)
	return live.Subscription{Key: topic, Guest: true, Source: source, PerKey: 6, Topics: []string{topic}, After: after, Replay: n.replay(by, inbox)}
}

// cutAll ends every agent's streams: teams have changed, so that topics may be other ones.
func (n *News) cutAll() {
	agents, err := n.desk.Agents(context.Background(), desk.System)
	if err != nil {
		n.log.Error("end the streams", "error", err)
		return
	}
	for _, a := range agents {
		n.hub.Cut(agentKey(a.ID))
	}
}

// Package news carries the event log to those who are looking: it follows the log with no cursor of its own, turns each event
// into what the streams say, and gives it to the topics of those who may see it.
//
// It promises that a stream tells nobody what a page would not show him: topics.go says who listens to what, and a replay asks
// the desk again for every conversation. What cannot be seen any more (a team left, a session ended) ends the stream.
//
// An agent listens to everything that concerns all, his teams, himself and, for an admin, every team; a visitor to his own
// chats in one inbox. news.go follows and publishes, replay.go answers Last-Event-ID, signal.go is typing and presence.
package news

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"deskbell/app/desk"
	"deskbell/app/live"
	"deskbell/app/wire"
)

// News publishes what happens.
type News struct {
	desk *desk.Desk
	hub  *live.Hub
	log  *slog.Logger

	places map[desk.TeamID]places // only Run's goroutine reads and writes it
}

// New joins the desk to the hub.
func New(d *desk.Desk, hub *live.Hub, log *slog.Logger) *News {
	return &News{desk: d, hub: hub, log: log, places: map[desk.TeamID]places{}}
}

// Run publishes from now on, until ctx ends. Streams must not be served before ready is called.
func (n *News) Run(ctx context.Context, ready func()) error {
	last, err := n.desk.LastEvent(ctx)
	if err != nil {
		return err
	}
	ready()
	for {
		// Streams are open: what fails is tried again from where it failed, or they would miss it.
		err := n.desk.Tail(ctx, last, func(events []desk.Event) error {
			if err := n.publish(ctx, events); err != nil {
				return err
			}
			last = events[len(events)-1].ID
			return nil
		})
		if ctx.Err() != nil {
			return nil
		}
		n.log.Error("carry the news", "after", last, "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
}

func (n *News) publish(ctx context.Context, events []desk.Event) error {
	batch, err := n.gather(ctx, events)
	if err != nil {
		return err
	}
	for _, e := range events {
		n.cut(e)
		n.signal(e)
		batch.toAgents(e, n.give)
		if former := batch.formerTopics(e); len(former) > 0 {
			n.give(gone(e), former...)
		}
		if _, visitor := batch.tell(e); visitor.Name != "" {
			n.give(visitor, batch.visitorTopic(e))
		}
	}
	n.tellQueues(ctx, events, batch)
	return nil
}

// gone tells those who saw a conversation and may not any more that it left their lists. Who still sees it has heard more:
// the hub gives each stream the first that it is told of an event.
func gone(e desk.Event) live.Event {
	return live.Event{ID: int64(e.ID), Name: "conversation.updated", Data: map[string]any{"conversation_id": e.ConversationID.String(), "gone": true}}
}

// toAgents gives what an event says to the topics of those who may hear it.
func (b *batch) toAgents(e desk.Event, give func(live.Event, ...string)) {
	agents, _ := b.tell(e)
	if agents.Name == "" {
		return
	}
	if a := b.audiences[e.ConversationID]; a.Sealed && aboutMessage(e.Name) {
		give(agents, append(keysOf(a.Participants), "admins")...)
		agents = sealed(e, a) // for the others: each stream takes the first that it is told of an event
	}
	give(agents, b.agentTopics(e)...)
}

// sealed tells those who may not read a conversation that waits that something moved in it.
func sealed(e desk.Event, a desk.Audience) live.Event {
	return live.Event{ID: int64(e.ID), Name: "conversation.updated", Data: map[string]any{"conversation_id": e.ConversationID.String(), "kind": a.Kind}}
}

// signal tells what is stored nowhere as an event of the streams: the page asks how things are when it comes back.
func (n *News) signal(e desk.Event) {
	if e.Name == desk.ConversationPinned { // his other tabs draw their list anew
		if err := n.hub.Signal(agentKey(e.Actor.Agent()), "pinned", map[string]any{"conversation_id": e.ConversationID.String()}); err != nil {
			n.log.Error("signal a pin", "event", e.ID, "error", err)
		}
		return
	}
	if e.Name != desk.AgentPresence {
		return
	}
	presence := map[string]any{"agent_id": desk.AgentID(e.SubjectID).String(), "presence": facts(e)["presence"]}
	if err := n.hub.Signal("agents", "presence.updated", presence); err != nil {
		n.log.Error("signal a presence", "event", e.ID, "error", err)
	}
	if err := n.tellVisitors(desk.AgentID(e.SubjectID), facts(e)["presence"]); err != nil {
		n.log.Error("signal a presence to visitors", "event", e.ID, "error", err)
	}
}

func (n *News) give(e live.Event, topics ...string) {
	if err := n.hub.Publish(e, topics...); err != nil {
		n.log.Error("publish an event", "event", e.ID, "name", e.Name, "error", err)
	}
}

// cut ends the streams of those who may see less than before; their browsers come back and are asked who they are.
func (n *News) cut(e desk.Event) {
	switch e.Name {
	case desk.AgentChanged, desk.AgentDeleted, desk.AgentLoggedOut:
		n.hub.Cut(agentKey(desk.AgentID(e.SubjectID)))
	case desk.TokenRevoked:
		n.hub.Cut(agentKey(e.Actor.Agent()))
	case desk.TeamChanged:
		n.hub.Signal("agents", "team.changed", struct{}{})
		n.cutAll()
	}
}

// batch is a run of events with what they are about, read together.
type batch struct {
	audiences map[desk.ConversationID]desk.Audience
	messages  map[desk.MessageID]*desk.Message
}

func (n *News) gather(ctx context.Context, events []desk.Event) (*batch, error) {
	var conversations []desk.ConversationID
	var messages []desk.MessageID
	for _, e := range events {
		if e.ConversationID != 0 {
			conversations = append(conversations, e.ConversationID)
		}
		if aboutMessage(e.Name) {
			messages = append(messages, desk.MessageID(e.SubjectID))
		}
	}
	var b batch
	var err error
	if b.audiences, err = n.desk.Audiences(ctx, desk.System, conversations); err != nil {
		return nil, err
	}
	b.messages, err = n.desk.MessagesByID(ctx, desk.System, messages)
	return &b, err
}

func aboutMessage(name desk.EventName) bool {
	switch name {
	case desk.MessageReceived, desk.MessageSent, desk.MessageWhispered, desk.MessageNoted, desk.MessageRecalled, desk.MessageDelivered, desk.MessageFailed:
		return true
	}
	return false
}

// tell says what the agents' and the visitor's streams say of an event; without a name: nothing.
func (b *batch) tell(e desk.Event) (agents, visitor live.Event) {
	id := int64(e.ID)
	about := map[string]any{"conversation_id": e.ConversationID.String()}
	if a, ok := b.audiences[e.ConversationID]; ok {
		about["kind"] = a.Kind
	}
	if aboutMessage(e.Name) {
		return b.tellMessage(e, about)
	}
	both := func(name string) (live.Event, live.Event) {
		return live.Event{ID: id, Name: name, Data: about}, live.Event{ID: id, Name: name, Data: about}
	}
	switch e.Name {
	case desk.ConversationCreated:
		about["created_at"] = e.At
		return both("conversation.created")
	case desk.ConversationRouted, desk.ConversationAssigned, desk.ConversationJoined, desk.ConversationLeft, desk.ConversationReopened:
		return both("conversation.updated")
	case desk.ConversationTagged:
		about["tags"] = true
		return live.Event{ID: id, Name: "conversation.updated", Data: about}, live.Event{}
	case desk.TransferAsked, desk.TransferAccepted, desk.TransferRefused, desk.TransferTimedOut, desk.TransferWithdrawn:
		f := facts(e)
		_, from, _ := e.TransferOf()
		about["transfer_id"], about["from_agent_id"], about["state"], about["name"] = desk.TransferID(e.SubjectID).String(), from.String(), f["state"], f["name"]
		return live.Event{ID: id, Name: "transfer.updated", Data: about}, live.Event{}
	case desk.ReplyPlanned, desk.ReplyWithdrawn, desk.ReplyStopped:
		return live.Event{ID: id, Name: "conversation.updated", Data: about}, live.Event{}
	case desk.ConversationClosed:
		return both("conversation.closed")
	case desk.ConversationRead:
		var facts struct{ Seq int64 }
		_ = json.Unmarshal(e.Data, &facts)
		about["by"], about["seq"] = e.Actor.Kind, facts.Seq
		if e.Actor.Kind == desk.ByAgent && !b.audiences[e.ConversationID].Nameless {
			about["agent_id"] = desk.AgentID(e.Actor.ID).String()
		}
		return both("read")
	case desk.RatingRequested, desk.RatingGiven:
		// How it was rated is not told: the page asks, and is answered what it may see.
		about["popup"] = facts(e)["popup"] == true
		return both(string(e.Name))
	case desk.NotificationCreated:
		f := facts(e)
		return live.Event{ID: id, Name: "notification.created", Data: map[string]any{"id": fmt.Sprint(e.SubjectID), "category": f["category"], "what": f["what"]}}, live.Event{}
	case desk.ColleagueWrote, desk.ColleagueRead, desk.ColleagueRecalled:
		return live.Event{ID: id, Name: string(e.Name), Data: ofRoom(e)}, live.Event{}
	case desk.NotificationRead:
		return live.Event{ID: id, Name: "notification.read", Data: struct{}{}}, live.Event{}
	case desk.TicketCreated, desk.TicketChanged, desk.TicketMerged, desk.TicketUnmerged, desk.TicketSplit, desk.TicketSnoozed, desk.TicketWoken, desk.TicketFollowed, desk.TicketUnfollowed, desk.TicketGiven, desk.SLAWarned, desk.SLABreached:
		name := "ticket.updated"
		if e.Name == desk.TicketCreated {
			name = "ticket.created"
		}
		about["ticket_id"] = fmt.Sprint(e.SubjectID)
		return live.Event{ID: id, Name: name, Data: about}, live.Event{}
	}
	return live.Event{}, live.Event{}
}

func (b *batch) tellMessage(e desk.Event, about map[string]any) (agents, visitor live.Event) {
	m := b.messages[desk.MessageID(e.SubjectID)]
	if m == nil {
		return // erased meanwhile
	}
	id, name := int64(e.ID), "message.created"
	switch e.Name {
	case desk.MessageRecalled:
		about["id"], about["seq"] = m.ID.String(), m.Seq
		agents = live.Event{ID: id, Name: "message.recalled", Data: about}
		visitor = agents
	case desk.MessageDelivered, desk.MessageFailed:
		return live.Event{ID: id, Name: "message.updated", Data: told(m)}, live.Event{}
	default:
		agents = live.Event{ID: id, Name: name, Data: told(m)}
		visitor = live.Event{ID: id, Name: name, Data: wire.VisitorOf(b.audiences[e.ConversationID].Nameless).Message(m)}
	}
	if m.Visibility != "public" {
		visitor = live.Event{}
	}
	return agents, visitor
}

// told is what agents' streams tell of a message: all but a mail's HTML, which can be large and is to be sanitised by those
// who show it. Who wants it asks for the message.
func told(m *desk.Message) wire.Message {
	w := wire.Agent.Message(m)
	w.HTML = ""
	return w
}

// ofRoom is what the streams of colleagues say of an event of theirs; what was written they ask for.
func ofRoom(e desk.Event) map[string]any {
	a, _ := personal(e)
	data := map[string]any{"id": fmt.Sprint(e.SubjectID), "by": desk.AgentID(e.Actor.ID).String()}
	if a.Team != 0 {
		data["team"] = a.Team.String()
	}
	agents := []string{}
	for _, id := range a.Agents {
		agents = append(agents, id.String())
	}
	data["agents"] = agents
	return data
}

// facts are an event's small facts.
func facts(e desk.Event) map[string]any {
	var f map[string]any
	_ = json.Unmarshal(e.Data, &f) // the desk wrote it
	return f
}

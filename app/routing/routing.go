// Package routing brings conversations to agents: by itself where a team's way to assign is auto.
//
// It promises that nobody is given more than his capacity by the desk, that a conversation is given to one agent only, and that
// nobody waits in the queue of a team in which somebody is online with room; each as of the moment when the last change has been
// heard. What was decided, and why, stands in the conversation's timeline.
//
// decide.go is the decision, pure: the desk asks it in the transaction that opens a conversation (desk.Decide), so that nobody hears
// of one that is not to be his. This file follows the log for all that comes later: somebody goes online, gets room, joins a
// team, or a conversation comes back into a queue. Reactions look at the present, so that each can come twice.
package routing

import (
	"context"
	"encoding/json"
	"time"

	"deskbell/app/desk"
)

// Routing follows the log.
type Routing struct{ desk *desk.Desk }

// New makes the desk ask Decide, and answers what follows its log.
func New(d *desk.Desk) *Routing {
	d.Decide = Decide
	return &Routing{d}
}

// React brings on its way what an event made possible.
func (r *Routing) React(ctx context.Context, e desk.Event) error {
	switch e.Name {
	case desk.ConversationCreated, desk.ConversationReopened:
		return r.desk.Place(ctx, desk.System.CausedBy(e.ID), e.ConversationID)
	case desk.ConversationAssigned:
		return r.moved(ctx, e)
	case desk.ConversationLeft:
		if err := r.desk.Place(ctx, desk.System.CausedBy(e.ID), e.ConversationID); err != nil {
			return err
		}
		return r.pull(ctx, e, desk.AgentID(e.SubjectID))
	case desk.ConversationClosed:
		return r.closed(ctx, e)
	case desk.AgentPresence:
		return r.presence(ctx, e)
	case desk.AgentChanged, desk.AgentCreated:
		if err := r.desk.Release(ctx, desk.System.CausedBy(e.ID), desk.AgentID(e.SubjectID)); err != nil {
			return err
		}
		return r.pull(ctx, e, desk.AgentID(e.SubjectID))
	case desk.TeamJoined, desk.AgentCapacity:
		return r.pull(ctx, e, desk.AgentID(e.SubjectID))
	case desk.TeamChanged, desk.SettingChanged:
		return r.pullAll(ctx, e)
	}
	return nil
}

// moved reacts to a conversation that somebody gave away.
func (r *Routing) moved(ctx context.Context, e desk.Event) error {
	var was struct {
		Agent desk.AgentID `json:"was_agent"`
	}
	_ = json.Unmarshal(e.Data, &was) // the desk wrote it
	if e.SubjectID == 0 {
		if err := r.desk.Place(ctx, desk.System.CausedBy(e.ID), e.ConversationID); err != nil {
			return err
		}
	}
	return r.pull(ctx, e, was.Agent)
}

// closed gives room to whose the conversation was.
func (r *Routing) closed(ctx context.Context, e desk.Event) error {
	c, err := r.desk.Conversation(ctx, desk.System, e.ConversationID)
	if desk.IsNotFound(err) {
		return nil // erased meanwhile
	}
	if err != nil {
		return err
	}
	return r.pull(ctx, e, c.AssigneeID)
}

func (r *Routing) presence(ctx context.Context, e desk.Event) error {
	var now struct{ Presence string }
	_ = json.Unmarshal(e.Data, &now) // the desk wrote it
	agent := desk.AgentID(e.SubjectID)
	if now.Presence == "offline" {
		return r.desk.Release(ctx, desk.System.CausedBy(e.ID), agent)
	}
	return r.pull(ctx, e, agent)
}

func (r *Routing) pull(ctx context.Context, e desk.Event, agent desk.AgentID) error {
	if agent == 0 {
		return nil
	}
	_, err := r.desk.Pull(ctx, desk.System.CausedBy(e.ID), agent)
	return err
}

func (r *Routing) pullAll(ctx context.Context, e desk.Event) error {
	agents, err := r.desk.Receivers(ctx, desk.System)
	if err != nil {
		return err
	}
	for _, a := range agents {
		if err := r.pull(ctx, e, a); err != nil {
			return err
		}
	}
	return nil
}

// Run looks every minute whether the hours of a team have begun, and whether somebody waits for an agent who has gone, until ctx ends.
func (r *Routing) Run(ctx context.Context) error {
	for {
		if _, err := r.desk.ReturnForsaken(ctx, desk.System); err != nil && ctx.Err() == nil {
			return err
		}
		if err := r.pullAll(ctx, desk.Event{}); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Minute - time.Duration(time.Now().Second())*time.Second):
		}
	}
}

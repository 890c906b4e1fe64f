package desk

import (
	"context"
	"encoding/json"
	"time"
)

// Happening is one change of a conversation as people read it: who did what, and when.
type Happening struct {
	At     time.Time
	Name   EventName
	By     ActorKind
	Who    string         // the agent's name as it is now; empty for others
	Agent  string         // to whom it was given
	Team   string         // to which team
	Topic  string         // what it is about now
	Status string         // the named status that it got
	Change map[string]any // of a ticket: was_status, status, was_priority, priority, topic, subject, fields
}

// Until is the time of a snooze: nil when there is none.
func (h Happening) Until() *time.Time {
	s, _ := h.Change["until"].(string)
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return &t
	}
	return nil
}

// History lists what was done to a conversation that the actor may see, the newest first, at most 200 entries. Messages stand in the
// conversation itself.
func (d *Desk) History(ctx context.Context, by Actor, id ConversationID) ([]Happening, error) {
	if err := by.Can(Serve); err != nil {
		return nil, err
	}
	if _, err := d.Conversation(ctx, by, id); err != nil {
		return nil, err
	}
	rows, err := d.read().QueryContext(ctx, `select e.at, e.name, e.actor_kind, coalesce(w.name, ''), coalesce(g.name, ''), coalesce(t.name, ''), coalesce(tp.name, ''), coalesce(ts.name, ''), e.data from events e
		left join agents w on e.actor_kind = 'agent' and w.id = e.actor_id
		left join agents g on g.id = case e.name when 'conversation.assigned' then e.subject_id when 'ticket.followed' then e.data ->> 'agent' when 'ticket.unfollowed' then e.data ->> 'agent' end
		left join teams t on e.name = 'conversation.assigned' and t.id = e.data ->> 'team'
		left join topics tp on e.name = 'ticket.changed' and tp.id = e.data ->> 'topic'
		left join ticket_statuses ts on e.name = 'ticket.changed' and ts.id = e.data ->> 'status_id'
		where e.conversation_id = ? and e.name in ('ticket.created', 'ticket.changed', 'conversation.assigned', 'conversation.joined', 'conversation.left', 'conversation.closed', 'conversation.reopened',
			'ticket.merged', 'ticket.unmerged', 'ticket.split', 'ticket.snoozed', 'ticket.woken', 'ticket.followed', 'ticket.unfollowed', 'ticket.given')
		order by e.id desc limit 200`, id)
	return collect(rows, err, func(row scanner) (h Happening, err error) {
		var when int64
		var data string
		if err := row.Scan(&when, &h.Name, &h.By, &h.Who, &h.Agent, &h.Team, &h.Topic, &h.Status, &data); err != nil {
			return h, err
		}
		h.At = at(when)
		return h, json.Unmarshal([]byte(data), &h.Change)
	})
}

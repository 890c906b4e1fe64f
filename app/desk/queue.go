package desk

import (
	"context"
	"strings"
	"time"
)

// QueueList asks for the chats that wait. Empty fields do not filter.
type QueueList struct {
	TeamID  TeamID
	InboxID InboxID
	Channel string
	Query   string        // part of the customer's name or address
	TagID   CustomerTagID // only customers who have it
	VIP     bool          // only VIP customers
	Longer  time.Duration // only those that have waited longer
}

// Queued is a chat that waits.
type Queued struct {
	*Conversation
	VIP   bool
	Named string // the agent for whom alone it waits
}

// queueShown is how many the queue lists: who is behind them sees the filters.
const queueShown = 200

// Queue lists what waits and the actor may see, in the order in which it is given away: VIP customers first, then by age.
func (d *Desk) Queue(ctx context.Context, by Actor, l QueueList) ([]Queued, error) {
	if by.Kind == ByCustomer {
		return nil, NotFound
	}
	list := ConversationList{Kind: "chat", View: "waiting", TeamID: l.TeamID, InboxID: l.InboxID, Channel: l.Channel, Query: l.Query}
	if err := list.prepare(ctx, d, by); err != nil {
		return nil, err
	}
	q := list.query(by)
	if l.TagID != 0 {
		q.and("+c.customer_id in (select customer_id from tagged_customers where tag_id = ?)", l.TagID)
	}
	if l.VIP {
		q.and("k.vip")
	}
	if l.Longer > 0 {
		q.and("c.created_at < ?", ms(d.Clock().Add(-l.Longer)))
	}
	q.args = append(q.args, queueShown)
	rows, err := d.read().QueryContext(ctx, "select "+conversationColumns+", k.vip, coalesce(w.name, '')"+conversationJoins+" left join agents w on w.id = c.wanted_agent_id where "+
		strings.Join(q.where, " and ")+numbered(" order by k.vip desc, c.created_at, c.id limit ?", len(q.args)), q.args...)
	return collect(rows, err, func(row scanner) (w Queued, err error) {
		w.Conversation, err = scanConversation(with(row, &w.VIP, &w.Named))
		return w, err
	})
}

// QueuePlace is a visitor's place in a queue, from 1.
type QueuePlace struct {
	ID         ConversationID
	CustomerID CustomerID
	InboxID    InboxID
	Place      int
}

// QueuePlaces tells who waits in a team's queue at which place, when visitors are to be told.
func (d *Desk) QueuePlaces(ctx context.Context, by Actor, team TeamID) ([]QueuePlace, error) {
	if !by.isSystem() {
		return nil, Forbidden
	}
	rules, err := readRouting(ctx, d.read())
	if err != nil || !rules.ShowPosition {
		return nil, err
	}
	rows, err := d.read().QueryContext(ctx, `select c.id, c.customer_id, c.inbox_id, row_number() over (order by k.vip desc, c.created_at, c.id)
		from conversations c join customers k on k.id = c.customer_id where c.kind = 'chat' and c.status = 'waiting' and c.team_id is ?`, nullID(team))
	return collect(rows, err, func(row scanner) (p QueuePlace, err error) {
		return p, row.Scan(&p.ID, &p.CustomerID, &p.InboxID, &p.Place)
	})
}

// PlaceOf is a customer's place in the queue: 0 when he does not wait or is not to be told.
func (d *Desk) PlaceOf(ctx context.Context, by Actor, c *Conversation) (int, error) {
	if c == nil || c.Status != "waiting" || by.Kind == ByCustomer && by.Customer() != c.CustomerID {
		return 0, nil
	}
	places, err := d.QueuePlaces(ctx, System, c.TeamID)
	for _, p := range places {
		if p.ID == c.ID {
			return p.Place, err
		}
	}
	return 0, err
}

// Load is how many chats are the acting agent's.
func (d *Desk) Load(ctx context.Context, by Actor) (n int, err error) {
	err = d.read().QueryRowContext(ctx, "select count(*) from conversations where assignee_id = ? and kind = 'chat' and status = 'open'", by.Agent()).Scan(&n)
	return n, err
}

package desk

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"
)

// Place looks for an agent for a conversation that waits: it came back into a queue, was reopened, or could not be placed
// before. One that does not wait, or has nobody to go to, stays as it is. Only the program does it.
func (d *Desk) Place(ctx context.Context, by Actor, id ConversationID) error {
	if !by.isSystem() {
		return Forbidden
	}
	waits, err := waits(ctx, d.read(), id)
	if err != nil || !waits {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		c, err := tx.conversation(ctx, System, id)
		if errors.Is(err, NotFound) {
			return nil // erased meanwhile
		}
		if err != nil || c.Status != "waiting" {
			return err
		}
		p := placing{}
		if err := tx.QueryRowContext(ctx, "select coalesce(wanted_agent_id, 0) from conversations where id = ?", id).Scan(&p.named); err != nil {
			return err
		}
		if c.TeamID == 0 && p.named == 0 {
			return nil // everyone's
		}
		return tx.place(ctx, c, p)
	})
}

func waits(ctx context.Context, r reader, id ConversationID) (waits bool, err error) {
	err = r.QueryRowContext(ctx, "select exists (select 1 from conversations where id = ? and kind = 'chat' and status = 'waiting')", id).Scan(&waits)
	return waits, err
}

// Pull gives an agent who is online with room the heads of the queues that he takes part in, VIP customers first and then by
// age, until he is full or nobody waits. It answers how many he was given. Only the program does it.
func (d *Desk) Pull(ctx context.Context, by Actor, agent AgentID) (n int, err error) {
	if !by.isSystem() {
		return 0, Forbidden
	}
	for {
		closed, err := closedTeams(ctx, d.read(), d.Clock())
		if err != nil {
			return n, err
		}
		id, err := head(ctx, d.read(), agent, 0, closed) // outside the queue of writers: most often nobody waits
		if err != nil || id == 0 {
			return n, err
		}
		err = d.Write(ctx, by, func(tx *Tx) error {
			if id, err = head(ctx, tx, agent, 0, closed); err != nil || id == 0 {
				return err
			}
			return tx.next(ctx, id, agent)
		})
		if err != nil || id == 0 {
			return n, err
		}
		n++
	}
}

// next gives a conversation out of the queue to an agent who has room.
func (tx *Tx) next(ctx context.Context, id ConversationID, agent AgentID) error {
	c, err := tx.conversation(ctx, System, id)
	if err != nil {
		return err
	}
	a, err := findAgent(ctx, tx, agent)
	if err != nil {
		return err
	}
	waited := int64(tx.now.Sub(c.CreatedAt).Seconds())
	if err := tx.line(c, ConversationRouted, "internal", Facts{"reason": "next", "team": c.TeamName, "agent": a.Name, "waited": waited}); err != nil {
		return err
	}
	if err := tx.Record(ConversationRouted, c.ID, int64(c.TeamID), Facts{"reason": "next", "was_team": c.TeamID, "agent": agent}); err != nil {
		return err
	}
	return tx.give(ctx, c, agent, c.TeamID)
}

// head is the conversation that an agent is to be given next; 0 when he has no room or nobody waits. Among those who wait for him is
// the one of this id, whatever queue it is in; 0: none besides.
func head(ctx context.Context, r reader, agent AgentID, also ConversationID, closed string) (ConversationID, error) {
	var id ConversationID
	err := r.QueryRowContext(ctx, `select c.id from conversations c join customers k on k.id = c.customer_id
		where c.kind = 'chat' and c.status = 'waiting'
		and (c.id = ?3 or (c.wanted_agent_id = ?1 or c.wanted_agent_id is null and c.team_id in (
			select m.team_id from team_members m join teams t on t.id = m.team_id
			where m.agent_id = ?1 and not m.opted_out and t.assignment = 'auto' and t.deleted_at is null))
			and (c.team_id is null or c.team_id not in (select value from json_each(?2))))
		and exists (select 1 from agents a where a.id = ?1 and a.presence = 'online' and a.enabled and a.deleted_at is null
			and a.capacity > (select count(*) from conversations mine where mine.assignee_id = ?1 and mine.kind = 'chat' and mine.status = 'open'))
		order by k.vip desc, c.created_at, c.id limit 1`, agent, closed, also).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

// closedTeams are the teams in which nobody is to be given anything at this moment, as JSON.
func closedTeams(ctx context.Context, r reader, at time.Time) (string, error) {
	rules, err := readRouting(ctx, r)
	if err != nil || !rules.OnlyOpen {
		return "[]", err
	}
	open, err := working(ctx, r, at)
	if err != nil {
		return "", err
	}
	rows, err := r.QueryContext(ctx, "select id, schedule_id from teams where deleted_at is null")
	type team struct {
		id       TeamID
		schedule ScheduleID
	}
	list, err := collect(rows, err, func(row scanner) (t team, err error) { return t, row.Scan(&t.id, &t.schedule) })
	closed := []TeamID{}
	for _, t := range list {
		if !open[t.schedule] {
			closed = append(closed, t.id)
		}
	}
	text, _ := json.Marshal(closed) // a list of numbers
	return string(text), err
}

// Release lets the conversations that wait for one agent alone go to their teams: he has gone. Only the program does it.
func (d *Desk) Release(ctx context.Context, by Actor, agent AgentID) error {
	if !by.isSystem() {
		return Forbidden
	}
	rows, err := d.read().QueryContext(ctx, "select id from conversations where kind = 'chat' and status = 'waiting' and wanted_agent_id = ?", agent)
	ids, err := collect(rows, err, func(row scanner) (id ConversationID, err error) { return id, row.Scan(&id) })
	for _, id := range ids {
		if err := d.Place(ctx, by, id); err != nil {
			return err
		}
	}
	return err
}

// Receivers are the agents who are online, who was given something longest ago first.
func (d *Desk) Receivers(ctx context.Context, by Actor) ([]AgentID, error) {
	if !by.isSystem() {
		return nil, Forbidden
	}
	rows, err := d.read().QueryContext(ctx, "select id from agents where presence = 'online' and enabled and deleted_at is null order by assigned_at, id")
	return collect(rows, err, func(row scanner) (id AgentID, err error) { return id, row.Scan(&id) })
}

package desk

import (
	"context"
	"database/sql"
	"errors"
	"strings"
)

// enters notes which team and agent the page names, for the next conversation in its inbox.
func (tx *Tx) enters(ctx context.Context, c *Customer, v Visit) error {
	if v.InboxID == 0 {
		return nil
	}
	team, err := tx.teamNamed(ctx, v.Team)
	if err != nil {
		return err
	}
	var agent AgentID
	if name := strings.TrimSpace(v.Agent); name != "" {
		err := tx.QueryRowContext(ctx, "select id from agents where (name = ?1 or email = ?1 or cast(id as text) = ?1) and enabled and deleted_at is null order by email = ?1 desc, name = ?1 desc, id limit 1", name).Scan(&agent)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	if team == 0 && agent == 0 {
		_, err := tx.Exec("delete from entries where customer_id = ? and inbox_id = ?", c.ID, v.InboxID)
		return err
	}
	_, err = tx.Exec("insert into entries(customer_id, inbox_id, team_id, agent_id) values (?, ?, ?, ?) on conflict do update set team_id = excluded.team_id, agent_id = excluded.agent_id", c.ID, v.InboxID, nullID(team), nullID(agent))
	return err
}

// teamNamed finds a team by its name or id; 0: there is none.
func (tx *Tx) teamNamed(ctx context.Context, name string) (team TeamID, err error) {
	if name = strings.TrimSpace(name); name == "" {
		return 0, nil
	}
	err = tx.QueryRowContext(ctx, "select id from teams where (name = ?1 or cast(id as text) = ?1) and deleted_at is null order by name = ?1 desc limit 1", name).Scan(&team)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return team, err
}

// way is what a new conversation of the customer is to be placed by.
func (tx *Tx) way(ctx context.Context, customer *Customer, inbox *Inbox) (*placing, error) {
	p := placing{fresh: true}
	err := tx.QueryRowContext(ctx, "select coalesce(team_id, 0), coalesce(agent_id, 0) from entries where customer_id = ? and inbox_id = ?", customer.ID, inbox.ID).Scan(&p.entry, &p.named)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return &p, err
}

// queueHasRoom refuses a chat when too many wait already.
func (tx *Tx) queueHasRoom(ctx context.Context) error {
	rules, err := readRouting(ctx, tx)
	if err != nil {
		return err
	}
	limit := rules.QueueLimit
	if limit == 0 {
		limit = 1000
	}
	var waiting, agents int
	if err := tx.QueryRowContext(ctx, "select count(*) from conversations where kind = 'chat' and status = 'waiting'").Scan(&waiting); err != nil || waiting < limit {
		return err
	}
	if rules.QueueLimit == 0 {
		if err := tx.QueryRowContext(ctx, "select count(*) from agents where enabled and deleted_at is null").Scan(&agents); err != nil || agents > 5 && waiting < 200*agents {
			return err
		}
	}
	if rules.QueueSentence != "" {
		return Conflict("error.queue_full_because", rules.QueueSentence)
	}
	return Conflict("error.queue_full")
}

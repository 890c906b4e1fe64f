package desk

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// PresenceAskID is the id of one asking.
type PresenceAskID int64

func (id PresenceAskID) String() string { return strconv.FormatInt(int64(id), 10) }

// PresenceAsk is an agent who wants to be busy, away or invisible, where the company wants to be asked first. He stays what he is until
// an admin has said yes.
type PresenceAsk struct {
	ID        PresenceAskID
	AgentID   AgentID
	AgentName string
	Presence  string
	Reason    string // 1 to 200 characters
	AskedAt   time.Time
}

// resting are what an agent who is online may want to be.
var resting = []string{"busy", "away", "invisible"}

const presenceAsks = "select p.id, p.agent_id, a.name, p.presence, p.reason, p.asked_at from presence_asks p join agents a on a.id = p.agent_id where p.answered_at is null"

func scanPresenceAsk(row scanner) (*PresenceAsk, error) {
	var p PresenceAsk
	var asked int64
	err := row.Scan(&p.ID, &p.AgentID, &p.AgentName, &p.Presence, &p.Reason, &asked)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	p.AskedAt = at(asked)
	return &p, err
}

// mustAsk tells whether an agent may not change from one presence to another by himself.
func (tx *Tx) mustAsk(ctx context.Context, by Actor, a *Agent, presence string) (bool, error) {
	if by.Agent() != a.ID || by.IsAdmin() || a.Presence != "online" || !slices.Contains(resting, presence) {
		return false, nil
	}
	h, err := readHandling(ctx, tx)
	return h.PresenceAsks, err
}

// AskPresence asks the admins to be busy, away or invisible. Whoever asks again asks for the new one alone.
func (d *Desk) AskPresence(ctx context.Context, by Actor, presence, reason string) error {
	if by.Agent() == 0 {
		return Forbidden
	}
	var c check
	if !slices.Contains(resting, presence) {
		c.fault("presence", "fault.presence_unknown")
	}
	if reason = oneLine(reason); reason == "" {
		c.fault("reason", "fault.reason_missing")
	}
	if utf8.RuneCountInString(reason) > 200 {
		c.fault("reason", "fault.too_long", 200)
	}
	if c.err() != nil {
		return c.err()
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		a, err := findAgent(ctx, tx, by.Agent())
		if err != nil {
			return err
		}
		if must, err := tx.mustAsk(ctx, by, a, presence); err != nil || !must {
			return orElse(err, Conflict("error.nothing_to_ask"))
		}
		if _, err := tx.Exec(`insert into presence_asks(agent_id, presence, reason, asked_at) values (?, ?, ?, ?)
			on conflict(agent_id) where answered_at is null do update set presence = excluded.presence, reason = excluded.reason, asked_at = excluded.asked_at`, a.ID, presence, reason, ms(tx.now)); err != nil {
			return err
		}
		if err := tx.Record(PresenceAsked, 0, int64(a.ID), Facts{"presence": presence}); err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, "select id from agents where role = 'admin' and enabled and deleted_at is null")
		admins, err := collect(rows, err, func(row scanner) (id AgentID, err error) { return id, row.Scan(&id) })
		if err != nil {
			return err
		}
		return tx.notifyNow(NewNotification{To: admins, Category: "account", What: "presence_asked", By: a.Name, Words: reason})
	})
}

// notifyNow tells of the event that was recorded last.
func (tx *Tx) notifyNow(in NewNotification) error {
	if err := tx.QueryRow("select max(id) from events").Scan(&in.EventID); err != nil {
		return err
	}
	return tx.notify(in)
}

// PresenceAsks lists what is to be answered, the oldest first.
func (d *Desk) PresenceAsks(ctx context.Context, by Actor) ([]*PresenceAsk, error) {
	if err := by.Can(ManageAgents); err != nil {
		return nil, err
	}
	rows, err := d.read().QueryContext(ctx, presenceAsks+" order by p.asked_at, p.id")
	return collect(rows, err, scanPresenceAsk)
}

// AnswerPresence says yes, whereupon the agent is what he asked for if he is still there, or no. He is told either way.
func (d *Desk) AnswerPresence(ctx context.Context, by Actor, id PresenceAskID, granted bool) error {
	if err := by.Can(ManageAgents); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		p, err := scanPresenceAsk(tx.QueryRowContext(ctx, presenceAsks+" and p.id = ?", id))
		if err != nil {
			return err
		}
		if _, err := tx.Exec("update presence_asks set answered_at = ?, answered_by = ?, granted = ? where id = ?", ms(tx.now), nullID(by.Agent()), granted, id); err != nil {
			return err
		}
		a, err := findAgent(ctx, tx, p.AgentID)
		if err != nil {
			return err
		}
		if granted && a.Presence != "offline" {
			if _, err := tx.Exec("update agents set chosen_presence = ? where id = ?", p.Presence, a.ID); err != nil {
				return err
			}
			if err := tx.setPresence(a, p.Presence); err != nil {
				return err
			}
		}
		if err := tx.Record(PresenceAnswered, 0, int64(a.ID), Facts{"presence": p.Presence, "granted": granted}); err != nil {
			return err
		}
		what := map[bool]string{true: "presence_granted", false: "presence_refused"}[granted]
		return tx.notifyNow(NewNotification{To: []AgentID{a.ID}, Category: "account", What: what, By: by.Name, Words: strings.TrimSpace(p.Reason)})
	})
}

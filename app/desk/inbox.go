package desk

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Inbox is one configured account of a channel: the shop widget, support@…
type Inbox struct {
	ID        InboxID
	PublicID  string // in the page's snippet; cannot be guessed
	Channel   string // webchat, email …
	Name      string
	Enabled   bool
	TeamID    TeamID // 0: everyone
	Settings  json.RawMessage
	CreatedAt time.Time
}

const inboxColumns = "id, public_id, channel, name, enabled, team_id, settings, created_at"

func scanInbox(row scanner) (*Inbox, error) {
	var in Inbox
	var team sql.NullInt64
	var settings string
	var created int64
	err := row.Scan(&in.ID, &in.PublicID, &in.Channel, &in.Name, &in.Enabled, &team, &settings, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	in.TeamID, in.Settings, in.CreatedAt = TeamID(team.Int64), json.RawMessage(settings), at(created)
	return &in, err
}

func findInbox(ctx context.Context, r reader, id InboxID) (*Inbox, error) {
	return scanInbox(r.QueryRowContext(ctx, "select "+inboxColumns+" from inboxes where id = ? and deleted_at is null", id))
}

// Inbox finds one inbox. Its settings are for those who manage inboxes; a door asks as System.
func (d *Desk) Inbox(ctx context.Context, by Actor, id InboxID) (*Inbox, error) {
	if err := by.Can(ManageInboxes); err != nil {
		return nil, err
	}
	return findInbox(ctx, d.read(), id)
}

// InboxByPublicID finds the inbox that a page's snippet names.
func (d *Desk) InboxByPublicID(ctx context.Context, by Actor, public string) (*Inbox, error) {
	if !by.isSystem() {
		return nil, Forbidden
	}
	return scanInbox(d.read().QueryRowContext(ctx, "select "+inboxColumns+" from inboxes where public_id = ? and deleted_at is null", public))
}

// Inboxes lists the inboxes of a channel, or of all when channel is empty, in the order in which they were made.
func (d *Desk) Inboxes(ctx context.Context, by Actor, channel string) ([]*Inbox, error) {
	if err := by.Can(ManageInboxes); err != nil {
		return nil, err
	}
	rows, err := d.read().QueryContext(ctx, "select "+inboxColumns+" from inboxes where (channel = ?1 or ?1 = '') and deleted_at is null order by id", channel)
	return collect(rows, err, scanInbox)
}

// SavedInbox is what SaveInbox stores. Secrets nil leaves those that are stored.
type SavedInbox struct {
	ID       InboxID // 0 makes one
	Channel  string
	Name     string
	Enabled  bool
	TeamID   TeamID
	Settings any // the channel's own struct, checked by the caller
	Secrets  any
}

// SaveInbox makes or changes an inbox; the channels' supervisor follows its event.
func (d *Desk) SaveInbox(ctx context.Context, by Actor, in SavedInbox) (*Inbox, error) {
	if err := by.Can(ManageInboxes); err != nil {
		return nil, err
	}
	var c check
	if in.Name = strings.TrimSpace(in.Name); in.Name == "" {
		c.fault("name", "fault.name_missing")
	}
	if utf8.RuneCountInString(in.Name) > 80 {
		c.fault("name", "fault.too_long", 80)
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	settings, err := json.Marshal(in.Settings)
	if err != nil {
		return nil, err
	}
	var stored *Inbox
	err = d.Write(ctx, by, func(tx *Tx) error {
		if in.TeamID != 0 {
			if _, err := findTeam(ctx, tx, in.TeamID); err != nil {
				return Invalid("team_id", "fault.team_unknown")
			}
		}
		was := tx.before("inboxes", in.ID)
		if err := tx.storeInbox(&in, string(settings)); err != nil {
			return err
		}
		facts := Facts{"channel": in.Channel, "enabled": in.Enabled}
		if in.Secrets != nil {
			others, err := tx.otherSecrets(in.ID, in.Secrets)
			if err != nil {
				return err
			}
			if others && was.fields != nil {
				facts["secrets"] = true
			}
			if err := tx.seal(in.ID, in.Secrets); err != nil {
				return err
			}
		}
		if in.Channel == Email { // what waits may have a mailbox now, or needs another one
			if err := tx.redirectSystemMail(ctx, 0); err != nil {
				return err
			}
		}
		if err := tx.recordChange(InboxChanged, int64(in.ID), facts, was); err != nil {
			return err
		}
		stored, err = findInbox(ctx, tx, in.ID)
		return err
	})
	return stored, err
}

func (tx *Tx) storeInbox(in *SavedInbox, settings string) error {
	if in.ID == 0 {
		res, err := tx.Exec("insert into inboxes(public_id, channel, name, enabled, team_id, settings, created_at) values (?, ?, ?, ?, ?, ?, ?)",
			randomID()[:12], in.Channel, in.Name, in.Enabled, nullID(in.TeamID), settings, ms(tx.now))
		if err != nil {
			return err
		}
		id, err := res.LastInsertId()
		in.ID = InboxID(id)
		return err
	}
	res, err := tx.Exec("update inboxes set name = ?, enabled = ?, team_id = ?, settings = ? where id = ? and channel = ? and deleted_at is null", in.Name, in.Enabled, nullID(in.TeamID), settings, in.ID, in.Channel)
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return NotFound
	}
	return nil
}

func secretOf(id InboxID) string { return fmt.Sprintf("inbox %d", id) }

// otherSecrets tells whether an inbox keeps other secrets than these.
func (tx *Tx) otherSecrets(id InboxID, secrets any) (bool, error) {
	fresh, err := json.Marshal(secrets)
	if err != nil {
		return false, err
	}
	var sealed []byte
	if err := tx.QueryRow("select secrets from inboxes where id = ?", id).Scan(&sealed); err != nil || sealed == nil {
		return true, err
	}
	kept, err := tx.d.box.Unseal(sealed, secretOf(id))
	return err != nil || !bytes.Equal(kept, fresh), nil // what cannot be opened is replaced
}

func (tx *Tx) seal(id InboxID, secrets any) error {
	plain, err := json.Marshal(secrets)
	if err != nil {
		return err
	}
	_, err = tx.Exec("update inboxes set secrets = ? where id = ?", tx.d.box.Seal(plain, secretOf(id)), id)
	return err
}

// InboxSecrets opens an inbox's secrets into v, for the channel that runs it; v keeps its value when there are none.
func (d *Desk) InboxSecrets(ctx context.Context, by Actor, id InboxID, v any) error {
	if !by.isSystem() {
		return Forbidden
	}
	var sealed []byte
	err := d.read().QueryRowContext(ctx, "select secrets from inboxes where id = ?", id).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return NotFound
	}
	if err != nil || len(sealed) == 0 {
		return err
	}
	plain, err := d.box.Unseal(sealed, secretOf(id))
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, v)
}

// DeleteInbox takes an inbox out of service. Its conversations stay.
func (d *Desk) DeleteInbox(ctx context.Context, by Actor, id InboxID) error {
	if err := by.Can(ManageInboxes); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		res, err := tx.Exec("update inboxes set deleted_at = ?, enabled = 0, secrets = null where id = ? and deleted_at is null", ms(tx.now), id)
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return NotFound
		}
		if err := tx.failWaiting(id); err != nil {
			return err
		}
		if err := tx.redirectSystemMail(ctx, id); err != nil {
			return err
		}
		return tx.Record(InboxChanged, 0, int64(id), Facts{"deleted": true})
	})
}

// failWaiting ends the deliveries that wait for an inbox which nobody serves any more; who wrote them is to see it.
func (tx *Tx) failWaiting(id InboxID) error {
	rows, err := tx.Query("update deliveries set state = 'failed', next_at = null, error = 'the mailbox was removed', updated_at = ? where inbox_id = ? and next_at is not null returning message_id", ms(tx.now), id)
	messages, err := collect(rows, err, func(row scanner) (m MessageID, err error) { return m, row.Scan(&m) })
	if err != nil {
		return err
	}
	for _, m := range messages {
		if err := tx.recordDelivery(m, "failed"); err != nil {
			return err
		}
	}
	return nil
}

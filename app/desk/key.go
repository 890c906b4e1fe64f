package desk

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
)

// ErrOtherKey says that the data was sealed with another key than the one that is here.
var ErrOtherKey = errors.New("the secrets of this desk were sealed with another key")

// CheckKey is ErrOtherKey when the program's own secrets do not open with the present key: what is sealed from here on, the right
// key would not open either.
func (d *Desk) CheckKey(ctx context.Context, by Actor) error {
	if !by.isSystem() {
		return Forbidden
	}
	lost, err := d.lostSettings(ctx, d.read())
	if err == nil && len(lost) > 0 {
		err = ErrOtherKey
	}
	return err
}

// lostSettings names the program's own secrets that the key does not open.
func (d *Desk) lostSettings(ctx context.Context, r reader) (lost []string, err error) {
	type setting struct{ name, text string }
	rows, err := r.QueryContext(ctx, "select name, json_extract(value, '$') from settings where name like 'secret.%'")
	all, err := collect(rows, err, func(row scanner) (s setting, err error) { return s, row.Scan(&s.name, &s.text) })
	for _, s := range all {
		sealed, e := base64.StdEncoding.DecodeString(s.text)
		if e == nil {
			_, e = d.box.Unseal(sealed, "setting "+s.name)
		}
		if e != nil {
			lost = append(lost, s.name)
		}
	}
	return lost, err
}

// Lost is what nobody can read any more, since its key is lost.
type Lost struct {
	Inboxes []*Inbox // mailboxes: their passwords; widgets: the secrets that sign visitors
	Agents  []*Agent // their second step at log-in; a recovery code, or an admin, lets them in
	SignOn  bool     // the secret of single sign-on
	Mails   int      // of the company to its agents, that were to go out
}

// ReplaceKey goes on with the present key where the one before is lost for good. What the program can make anew, it does; the rest stays
// as it is, cannot be used, and is named: whoever finds the old key again loses nothing by it.
func (d *Desk) ReplaceKey(ctx context.Context, by Actor) (l Lost, err error) {
	if !by.isSystem() {
		return l, Forbidden
	}
	return l, d.Write(ctx, by, func(tx *Tx) error {
		lost, err := d.lostSettings(ctx, tx)
		if err != nil {
			return err
		}
		for _, name := range lost { // the push keys: browsers subscribe again to the new ones
			if _, err := tx.Exec("delete from settings where name = ?", name); err != nil {
				return err
			}
		}
		if l, err = tx.lost(ctx); err != nil {
			return err
		}
		l.SignOn = slices.Contains(lost, signOnSecret)
		if l.Mails, err = tx.dropLostMails(ctx); err != nil {
			return err
		}
		return tx.Record(SettingChanged, 0, 0, Facts{"setting": "secret_key"})
	})
}

func (tx *Tx) lost(ctx context.Context) (l Lost, err error) {
	type one struct {
		id     int64
		sealed []byte
	}
	scan := func(row scanner) (o one, err error) { return o, row.Scan(&o.id, &o.sealed) }
	rows, err := tx.QueryContext(ctx, "select id, secrets from inboxes where secrets is not null and deleted_at is null order by id")
	inboxes, err := collect(rows, err, scan)
	if err != nil {
		return l, err
	}
	for _, o := range inboxes {
		if _, e := tx.d.box.Unseal(o.sealed, secretOf(InboxID(o.id))); e == nil {
			continue
		}
		in, err := findInbox(ctx, tx, InboxID(o.id))
		if err != nil {
			return l, err
		}
		l.Inboxes = append(l.Inboxes, in)
	}
	rows, err = tx.QueryContext(ctx, "select agent_id, secret from two_factors where confirmed_at is not null order by agent_id")
	agents, err := collect(rows, err, scan)
	if err != nil {
		return l, err
	}
	for _, o := range agents {
		if _, e := tx.d.box.Unseal(o.sealed, twoFactorOf(AgentID(o.id))); e == nil {
			continue
		}
		a, err := findAgent(ctx, tx, AgentID(o.id))
		if err != nil {
			return l, err
		}
		l.Agents = append(l.Agents, a)
	}
	return l, nil
}

// dropLostMails ends the mails whose words nobody can read: they would be in the way of those behind them.
func (tx *Tx) dropLostMails(ctx context.Context) (n int, err error) {
	type mail struct {
		id         SystemMailID
		externalID string
		words      []byte
	}
	rows, err := tx.QueryContext(ctx, "select id, external_id, words from system_mails where words is not null")
	all, err := collect(rows, err, func(row scanner) (m mail, err error) { return m, row.Scan(&m.id, &m.externalID, &m.words) })
	if err != nil {
		return 0, err
	}
	for _, m := range all {
		if _, e := tx.d.box.Unseal(m.words, wordsOf(m.externalID)); e == nil {
			continue
		}
		_, err := tx.Exec("update system_mails set words = null, next_at = null, error = iif(state = 'queued', 'the key that its words were sealed with is lost', error), state = iif(state = 'queued', 'failed', state), updated_at = ? where id = ?", ms(tx.now), m.id)
		if err != nil {
			return n, fmt.Errorf("end mail %d: %w", m.id, err)
		}
		n++
	}
	return n, nil
}

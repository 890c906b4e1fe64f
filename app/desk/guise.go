package desk

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
)

// Signed is who a visitor is by the word of the company's own site, which signed it with its widget's secret. ID is the site's own.
type Signed struct {
	ID      string // as the site knows him, 1 to 200 characters
	Profile CustomerChange
}

// identity is bound to the widget: what one site signs says nothing about the customers of another.
func (s *Signed) identity(in InboxID) Identity {
	return Identity{Channel: "site", ExternalID: in.String() + "/" + s.ID}
}

// widgetSecrets are what a widget keeps sealed.
type widgetSecrets struct {
	Identity string `json:"identity"`
}

// NewIdentitySecret makes the secret by which a widget's site signs who its visitors are. It is answered once; the one before is
// good for nothing then.
func (d *Desk) NewIdentitySecret(ctx context.Context, by Actor, id InboxID) (string, error) {
	if err := by.Can(ManageInboxes); err != nil {
		return "", err
	}
	raw := make([]byte, 32)
	rand.Read(raw)
	secret := base64.RawURLEncoding.EncodeToString(raw)
	err := d.Write(ctx, by, func(tx *Tx) error {
		in, err := findInbox(ctx, tx, id)
		if err != nil || in.Channel != Webchat {
			return orElse(err, NotFound)
		}
		if err := tx.seal(id, widgetSecrets{secret}); err != nil {
			return err
		}
		return tx.Record(InboxChanged, 0, int64(id), Facts{"identity_secret": true})
	})
	return secret, err
}

// IdentitySecret is the widget's secret, empty when none was made, or when the key that it was sealed with is lost: nobody is believed
// then.
func (d *Desk) IdentitySecret(ctx context.Context, by Actor, id InboxID) (string, error) {
	var s widgetSecrets
	if err := d.InboxSecrets(ctx, by, id, &s); err != nil && !IsSealed(err) {
		return "", err
	}
	return s.Identity, nil
}

// signedVisitor finds whom the site named. The visitor of the token becomes him if nobody has his name yet and he has none himself,
// so that a chat begun before the log-in goes on; else a token of the known customer's own is made.
func (tx *Tx) signedVisitor(ctx context.Context, v Visit, told Customer) (token string, c *Customer, err error) {
	id := v.Signed.identity(v.InboxID)
	known, err := findByIdentity(ctx, tx, id)
	if err != nil && !errors.Is(err, NotFound) {
		return "", nil, err
	}
	if v.Token != "" {
		if c, err = findByIdentity(ctx, tx, visitorIdentity(v.Token)); err != nil && !errors.Is(err, NotFound) {
			return "", nil, err
		}
	}
	if known != nil && c != nil && known.ID == c.ID {
		return v.Token, c, nil
	}
	if known == nil && c != nil {
		var named bool
		if err := tx.QueryRowContext(ctx, "select count(*) from identities where customer_id = ? and channel = 'site'", c.ID).Scan(&named); err != nil {
			return "", nil, err
		}
		if !named {
			return v.Token, c, tx.addIdentity(c.ID, id)
		}
	}
	token = NewToken("")
	if known == nil {
		if known, err = tx.newCustomer(ctx, id, told); err != nil {
			return "", nil, err
		}
	}
	return token, known, tx.addIdentity(known.ID, visitorIdentity(token))
}

func (tx *Tx) addIdentity(c CustomerID, id Identity) error {
	_, err := tx.Exec("insert into identities(customer_id, channel, external_id, created_at) values (?, ?, ?, ?)", c, id.Channel, id.ExternalID, ms(tx.now))
	return err
}

// applySigned writes what the site signed over what is there: it is the company's own word.
func (tx *Tx) applySigned(c *Customer, ch CustomerChange) error {
	changed, err := ch.apply(c)
	if err != nil || !changed {
		return err
	}
	if err := tx.updateCustomer(c); err != nil {
		return err
	}
	return tx.Record(CustomerChanged, 0, int64(c.ID), nil)
}

// InboxOpen says whether work goes on now for what comes through an inbox: by the hours of its team, or by its own.
func (d *Desk) InboxOpen(ctx context.Context, by Actor, id InboxID) (bool, error) {
	if !by.isSystem() {
		return false, Forbidden
	}
	var schedule ScheduleID
	err := d.read().QueryRowContext(ctx, "select case when i.split or t.id is null then i.schedule_id else t.schedule_id end from inboxes i left join teams t on t.id = i.team_id where i.id = ?", id).Scan(&schedule)
	if err != nil {
		return false, err
	}
	open, err := working(ctx, d.read(), d.Clock())
	return open[schedule], err
}

// ServedBy lists the open chats that an agent is in and whose visitors see his presence.
func (d *Desk) ServedBy(ctx context.Context, by Actor, id AgentID) ([]Audience, error) {
	if !by.isSystem() {
		return nil, Forbidden
	}
	rows, err := d.read().QueryContext(ctx, `select c.id, c.customer_id, c.inbox_id from participants p join conversations c on c.id = p.conversation_id join inboxes i on i.id = c.inbox_id
		where p.agent_id = ? and p.left_at is null and c.status = 'open' and c.kind = 'chat' and not coalesce(json_extract(i.settings, '$.hide_agents'), 0) and not coalesce(json_extract(i.settings, '$.hide_presence'), 0)`, id)
	return collect(rows, err, func(row scanner) (a Audience, err error) {
		return a, row.Scan(&a.ID, &a.CustomerID, &a.InboxID)
	})
}

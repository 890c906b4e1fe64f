package desk

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// A chat whose visitor has gone goes on by mail, if his address is known: what agents write is posted to him, his answer comes back
// into the same conversation, and a link in each mail leads him to the chat, from any browser.

// linkFor is how long the link in a mail works.
const linkFor = 14 * 24 * time.Hour

// here says whether the visitor of a chat has it before him. Where nobody can know, he is taken to be there.
func (d *Desk) here(c CustomerID, in InboxID) bool { return d.Watching == nil || d.Watching(c, in) }

// FallsBack says whether what an agent writes in a chat that he may see now goes to the customer by mail.
func (d *Desk) FallsBack(ctx context.Context, by Actor, id ConversationID) (bool, error) {
	c, err := d.Conversation(ctx, by, id)
	if err != nil || !c.chatOnPage() || c.Status == "closed" || c.CustomerEmail == "" || d.here(c.CustomerID, c.InboxID) {
		return false, err
	}
	_, err = mailboxBeside(ctx, d.read(), c.TeamID)
	if errors.Is(err, NotFound) {
		return false, nil
	}
	return err == nil, err
}

func (c *Conversation) chatOnPage() bool { return c.Channel == Webchat && c.Ticket == nil }

// mailboxBeside is the mailbox by which what was begun on a page goes on: the team's, or the first. NotFound when there is none.
func mailboxBeside(ctx context.Context, r reader, team TeamID) (*Inbox, error) {
	return scanInbox(r.QueryRowContext(ctx, "select "+inboxColumns+" from inboxes where channel = ? and enabled and deleted_at is null order by team_id is ? desc, id limit 1", Email, nullID(team)))
}

// fallback finds out whether a message of a chat goes by mail besides, and to whom.
func (tx *Tx) fallback(ctx context.Context, c *Conversation, m *Message) ([]string, error) {
	if c.CustomerEmail == "" || m.AuthorKind != ByAgent || tx.d.here(c.CustomerID, c.InboxID) {
		return nil, nil
	}
	return tx.byMail(ctx, c, m)
}

// byMail makes a message a mail to the customer, when there is a mailbox to send it.
func (tx *Tx) byMail(ctx context.Context, c *Conversation, m *Message) ([]string, error) {
	inbox, err := mailboxBeside(ctx, tx, c.TeamID)
	if errors.Is(err, NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return m.posted(inbox, c, c.CustomerEmail)
}

// posted gives a message of a page's conversation what a mail needs.
func (m *Message) posted(inbox *Inbox, c *Conversation, to string) ([]string, error) {
	box, err := MailboxOf(inbox)
	if err != nil {
		return nil, err
	}
	_, domain, _ := strings.Cut(box.Address, "@")
	m.post = inbox.ID
	m.ExternalID = "deskbell." + randomID() + "." + c.Token + "@" + domain // the form that mail.IsOwnID knows
	m.Meta.Mail = &MailMeta{From: box.Address, To: []string{to}}
	return []string{to}, nil
}

// PostUnread sends by mail what agents wrote in a customer's open chat and he has not read: he left before it came.
func (d *Desk) PostUnread(ctx context.Context, by Actor, customer CustomerID, inbox InboxID) error {
	if !by.isSystem() {
		return Forbidden
	}
	if d.here(customer, inbox) {
		return nil
	}
	if due, err := d.unreadChat(ctx, d.read(), customer, inbox); err != nil || due == 0 {
		return err // almost always: no write is made for everybody who leaves the page
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		id, err := d.unreadChat(ctx, tx, customer, inbox)
		if err != nil || id == 0 {
			return err
		}
		c, err := tx.conversation(ctx, System, id)
		if err != nil {
			return err
		}
		return tx.postUnread(ctx, c)
	})
}

const unreadByAgent = "m.conversation_id = c.id and m.seq > c.customer_read_seq and m.direction = 'out' and m.author_kind = 'agent' and m.visibility = 'public' and m.kind <> 'event' and m.recalled_at is null and m.external_id is null"

// unreadChat is the customer's open chat in which he has not read something, 0 when there is none or his address is not known.
func (d *Desk) unreadChat(ctx context.Context, r reader, customer CustomerID, inbox InboxID) (ConversationID, error) {
	var id ConversationID
	err := r.QueryRowContext(ctx, `select coalesce(max(c.id), 0) from conversations c join customers k on k.id = c.customer_id where c.customer_id = ? and c.inbox_id = ? and c.kind = 'chat' and c.status <> 'closed'
		and k.email <> '' and c.last_seq > c.customer_read_seq and exists (select 1 from messages m where `+unreadByAgent+")", customer, inbox).Scan(&id)
	return id, err
}

func (tx *Tx) postUnread(ctx context.Context, c *Conversation) error {
	rows, err := tx.QueryContext(ctx, "select "+messageColumns+" from conversations c join messages m on "+unreadByAgent+" where c.id = ? order by m.seq", c.ID)
	list, err := collect(rows, err, scanMessage)
	if err != nil {
		return err
	}
	for _, m := range list {
		recipients, err := tx.byMail(ctx, c, m)
		if err != nil || len(recipients) == 0 {
			return err
		}
		meta, err := json.Marshal(m.Meta)
		if err != nil {
			return err
		}
		if _, err := tx.Exec("update messages set external_id = ?, meta = ? where id = ?", m.ExternalID, string(meta), m.ID); err != nil {
			return err
		}
		if _, err := tx.queueDeliveries(m, recipients); err != nil {
			return err
		}
		if err := tx.Record(MessageDelivered, c.ID, int64(m.ID), Facts{"state": "queued"}); err != nil {
			return err
		}
	}
	return nil
}

// Forsaken lists whose open chats have something unread: after a start nobody knows who left while the desk was down.
func (d *Desk) Forsaken(ctx context.Context, by Actor) ([]Audience, error) {
	if !by.isSystem() {
		return nil, Forbidden
	}
	rows, err := d.read().QueryContext(ctx, `select c.id, c.customer_id, c.inbox_id from conversations c join inboxes i on i.id = c.inbox_id join customers k on k.id = c.customer_id
		where c.kind = 'chat' and c.status = 'open' and i.channel = ? and k.email <> '' and c.last_seq > c.customer_read_seq`, Webchat)
	return collect(rows, err, func(row scanner) (a Audience, err error) {
		return a, row.Scan(&a.ID, &a.CustomerID, &a.InboxID)
	})
}

// link is what the words in a mail's link hold, sealed: nobody reads them, nobody makes others.
type link struct {
	Customer CustomerID `json:"c"`
	Inbox    InboxID    `json:"i"`
	Email    string     `json:"e"` // to whom it went: with another address on file it is void
	Until    int64      `json:"t"` // seconds since 1970
}

const linkPlace = "visitor link"

// Link makes the words by which a customer goes on with his chat from any browser, and says until when they are good.
func (d *Desk) Link(ctx context.Context, by Actor, customer CustomerID, inbox InboxID) (string, time.Time, error) {
	if !by.isSystem() {
		return "", time.Time{}, Forbidden
	}
	c, err := findCustomer(ctx, d.read(), customer)
	if err != nil {
		return "", time.Time{}, err
	}
	until := d.Clock().Add(linkFor)
	plain, err := json.Marshal(link{c.ID, inbox, strings.ToLower(c.Email), until.Unix()})
	if err != nil {
		return "", time.Time{}, err
	}
	return base64.RawURLEncoding.EncodeToString(d.box.Seal(plain, linkPlace)), until, nil
}

// followed finds whose link it is. All that is wrong with one is answered in the same words.
func (tx *Tx) followed(ctx context.Context, words string, inbox InboxID) (*Customer, error) {
	var l link
	void := Invalid("link", "fault.link_over")
	sealed, err := base64.RawURLEncoding.DecodeString(words)
	if err != nil {
		return nil, void
	}
	plain, err := tx.d.box.Unseal(sealed, linkPlace)
	if err != nil || json.Unmarshal(plain, &l) != nil || l.Inbox != inbox || l.Until < tx.now.Unix() {
		return nil, void
	}
	c, err := findCustomer(ctx, tx, l.Customer)
	if errors.Is(err, NotFound) || err == nil && !strings.EqualFold(c.Email, l.Email) {
		return nil, void
	}
	if err != nil {
		return nil, fmt.Errorf("find whose link it is: %w", err)
	}
	return c, nil
}

// linkedVisitor lets the owner of a link in: with the token that the browser has, if it is his, else with one of its own.
func (tx *Tx) linkedVisitor(ctx context.Context, v Visit) (token string, c *Customer, err error) {
	if c, err = tx.followed(ctx, v.Link, v.InboxID); err != nil {
		return "", nil, err
	}
	if v.Token != "" {
		had, err := findByIdentity(ctx, tx, visitorIdentity(v.Token))
		if err != nil && !errors.Is(err, NotFound) {
			return "", nil, err
		}
		if had != nil && had.ID == c.ID {
			return v.Token, c, nil
		}
	}
	token = NewToken("")
	return token, c, tx.addIdentity(c.ID, visitorIdentity(token))
}

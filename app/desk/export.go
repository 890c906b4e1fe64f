package desk

import (
	"archive/zip"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"deskbell/app/blob"
)

// exported is all that is known of one customer, as it stands in customer.json.
type exported struct {
	ID              string                 `json:"id"`
	Name            string                 `json:"name"`
	Email           string                 `json:"email"`
	Phone           string                 `json:"phone"`
	Company         string                 `json:"company"`
	Description     string                 `json:"description"`
	Locale          string                 `json:"locale"`
	VIP             bool                   `json:"vip"`
	Data            map[string]any         `json:"data"`
	BlacklistedAt   *time.Time             `json:"blacklisted_at,omitempty"`
	BlacklistReason string                 `json:"blacklist_reason,omitempty"`
	CreatedAt       time.Time              `json:"created_at"`
	SeenAt          time.Time              `json:"seen_at"`
	ExportedAt      time.Time              `json:"exported_at"`
	Tags            []map[string]any       `json:"tags"`
	Identities      []map[string]any       `json:"identities"`
	Visits          []map[string]any       `json:"visits"`
	Conversations   []exportedConversation `json:"conversations"`
}

type exportedConversation struct {
	ID        ConversationID    `json:"id"`
	Kind      string            `json:"kind"`
	Status    string            `json:"status"`
	Ticket    TicketID          `json:"ticket,omitempty"`
	Subject   string            `json:"subject,omitempty"`
	Fields    json.RawMessage   `json:"fields,omitempty"`
	Note      map[string]any    `json:"note,omitempty"`
	Rating    map[string]any    `json:"rating,omitempty"`
	CreatedAt time.Time         `json:"created_at"`
	ClosedAt  *time.Time        `json:"closed_at,omitempty"`
	Messages  []exportedMessage `json:"messages"`
}

type exportedMessage struct {
	At        time.Time `json:"at"`
	Direction string    `json:"direction"` // in: from the customer
	Author    string    `json:"author"`
	Internal  bool      `json:"internal,omitempty"` // colleagues among themselves, about the customer
	Kind      string    `json:"kind"`
	Text      string    `json:"text,omitempty"`
	HTML      string    `json:"html,omitempty"`
	Mail      *MailMeta `json:"mail,omitempty"`
	Files     []string  `json:"files,omitempty"` // paths in the archive
	Raw       string    `json:"raw,omitempty"`   // the mail as it came: a path in the archive
}

// ExportCustomer writes a zip of all that is known of a customer: customer.json, his files, and mail as it came. begin is called once
// he was found and the export stands in the log; what fails before is answered, what fails later cuts the archive short.
func (d *Desk) ExportCustomer(ctx context.Context, by Actor, id CustomerID, begin func(publicID string) io.Writer) error {
	if err := by.Can(EraseCustomers); err != nil {
		return err
	}
	c, err := findCustomer(ctx, d.read(), id)
	if err != nil {
		return err
	}
	if err := d.Write(ctx, by, func(tx *Tx) error { return tx.Record(CustomerExported, 0, int64(id), nil) }); err != nil {
		return err
	}
	x := &export{d: d, zip: zip.NewWriter(begin(c.PublicID)), seen: map[string]bool{}}
	what, err := x.customer(ctx, c)
	if err != nil {
		return fmt.Errorf("export customer %d: %w", id, err)
	}
	out, err := x.zip.CreateHeader(&zip.FileHeader{Name: "customer.json", Method: zip.Deflate, Modified: d.Clock()})
	if err != nil {
		return err
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(what); err != nil {
		return err
	}
	return x.zip.Close()
}

type export struct {
	d    *Desk
	zip  *zip.Writer
	seen map[string]bool // paths that are written
}

func (x *export) customer(ctx context.Context, c *Customer) (*exported, error) {
	e := &exported{ID: c.PublicID, Name: c.Name, Email: c.Email, Phone: c.Phone, Company: c.Company, Description: c.Description, Locale: c.Locale, VIP: c.VIP, Data: c.Data,
		BlacklistReason: c.BlacklistReason, CreatedAt: c.CreatedAt.UTC(), SeenAt: c.SeenAt.UTC(), ExportedAt: x.d.Clock().UTC(), BlacklistedAt: maybeTime(c.BlacklistedAt)}
	var err error
	// A visitor's identity is the hash of a token, which tells nobody anything.
	if e.Identities, err = x.objects(ctx, "select json_object('channel', channel, 'id', iif(channel = 'webchat', '', external_id), 'created_at', created_at) from identities where customer_id = ? order by id", c.ID); err != nil {
		return nil, err
	}
	if e.Tags, err = x.objects(ctx, "select json_object('name', t.name) from tagged_customers g join customer_tags t on t.id = g.tag_id where g.customer_id = ? order by t.name", c.ID); err != nil {
		return nil, err
	}
	if e.Visits, err = x.objects(ctx, "select json_object('at', at, 'url', url, 'title', title, 'referrer', referrer, 'ip', ip, 'user_agent', user_agent) from visits where customer_id = ? order by id", c.ID); err != nil {
		return nil, err
	}
	rows, err := x.d.read().QueryContext(ctx, "select id from conversations where customer_id = ? order by id", c.ID)
	ids, err := collect(rows, err, func(row scanner) (id ConversationID, err error) { return id, row.Scan(&id) })
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		k, err := x.conversation(ctx, id)
		if err != nil {
			return nil, err
		}
		e.Conversations = append(e.Conversations, k)
	}
	return e, nil
}

func (x *export) conversation(ctx context.Context, id ConversationID) (k exportedConversation, err error) {
	c, err := findConversation(ctx, x.d.read(), System, "c.id", id)
	if err != nil {
		return k, err
	}
	k = exportedConversation{ID: id, Kind: c.Kind, Status: c.Status, CreatedAt: c.CreatedAt.UTC(), ClosedAt: maybeTime(c.ClosedAt)}
	if c.Ticket != nil {
		k.Ticket, k.Subject = c.Ticket.ID, c.Ticket.Subject
		var fields string
		if err := x.d.read().QueryRowContext(ctx, "select fields from tickets where id = ?", k.Ticket).Scan(&fields); err != nil {
			return k, err
		}
		k.Fields = json.RawMessage(fields)
	}
	for _, part := range []struct {
		into *map[string]any
		sql  string
	}{
		{&k.Note, "select json_object('name', n.name, 'phone', n.phone, 'email', n.email, 'category', n.category) from notes n join tickets t on t.id = n.ticket_id where t.conversation_id = ?"},
		{&k.Rating, "select json_object('stars', stars, 'tags', json(tags), 'remark', remark, 'solved', solved, 'rated_at', rated_at) from ratings where conversation_id = ? and rated_at is not null"},
	} {
		list, err := x.objects(ctx, part.sql, id)
		if err != nil {
			return k, err
		}
		if len(list) > 0 {
			*part.into = list[0]
		}
	}
	l := MessageList{Limit: 200}
	for {
		list, more, err := x.d.Messages(ctx, System, id, l)
		if err != nil {
			return k, err
		}
		var part []exportedMessage
		for _, m := range list {
			if m.IsEvent() {
				continue
			}
			if _, err := findMessage(ctx, x.d.read(), foreign+"m.id = ?", m.ID); errors.Is(err, NotFound) { // another customer's, by a merge
				continue
			}
			written, err := x.message(ctx, m)
			if err != nil {
				return k, err
			}
			part = append(part, written)
		}
		k.Messages = append(part, k.Messages...)
		if !more || len(list) == 0 {
			return k, nil
		}
		l.Before = list[0].Seq
	}
}

func (x *export) message(ctx context.Context, m *Message) (out exportedMessage, err error) {
	out = exportedMessage{At: m.CreatedAt.UTC(), Direction: m.Direction, Author: m.AuthorName, Internal: m.Visibility != "public", Kind: m.Kind, Text: m.Text, HTML: m.HTML}
	if m.Meta.Mail != nil {
		mail := *m.Meta.Mail
		if sum, err := hex.DecodeString(mail.Raw); err == nil && len(sum) == len(blob.Sum{}) {
			if out.Raw, err = x.file(ctx, fmt.Sprintf("mail/%d.eml", m.ID), blob.Sum(sum), m.CreatedAt); err != nil {
				return out, err
			}
		}
		mail.Raw, mail.Sum = "", ""
		out.Mail = &mail
	}
	for _, f := range m.Files {
		path, err := x.file(ctx, fmt.Sprintf("files/%d-%s/%s", m.ID, f.ID[:8], f.Name), f.Sum, f.CreatedAt)
		if err != nil {
			return out, err
		}
		out.Files = append(out.Files, path)
	}
	return out, nil
}

// file writes bytes into the archive. What is not there any more is left out, without a path.
func (x *export) file(ctx context.Context, path string, sum blob.Sum, at time.Time) (string, error) {
	if has, err := x.d.blobs.Has(ctx, sum); err != nil || !has || x.seen[path] {
		return "", err
	}
	r, err := x.d.blobs.Open(ctx, sum)
	if err != nil {
		return "", err
	}
	out, err := x.zip.CreateHeader(&zip.FileHeader{Name: path, Method: zip.Deflate, Modified: at})
	if err != nil {
		return "", err
	}
	x.seen[path] = true
	_, err = io.Copy(out, r)
	return path, err
}

func (x *export) objects(ctx context.Context, question string, arg any) ([]map[string]any, error) {
	rows, err := x.d.read().QueryContext(ctx, question, arg)
	return collect(rows, err, func(row scanner) (m map[string]any, err error) {
		var text string
		if err := row.Scan(&text); err != nil {
			return nil, err
		}
		err = json.Unmarshal([]byte(text), &m)
		for _, name := range []string{"at", "created_at", "rated_at"} {
			if when, ok := m[name].(float64); ok {
				m[name] = at(int64(when)).UTC()
			}
		}
		return m, err
	})
}

func maybeTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

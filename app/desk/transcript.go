package desk

import (
	"context"
	"strings"
	"time"
)

// transcribed is how much of a conversation a transcript has at most: messages, and bytes of text.
const (
	transcribed     = 2000
	transcriptBytes = 500_000
)

// MailTranscript mails what was said in a conversation that the actor may see to its customer, or to the address that he names. It
// holds what the customer himself can read and nothing else: it is read as he would read it, so that no whisper is in it and nothing
// that was recalled.
func (d *Desk) MailTranscript(ctx context.Context, by Actor, id ConversationID, to string) (*SystemMail, error) {
	if err := by.Can(Serve); err != nil {
		return nil, err
	}
	c, err := unsealed(ctx, d.read(), by, id)
	if err != nil {
		return nil, err
	}
	if to == "" {
		to = c.CustomerEmail
	}
	if to == "" {
		return nil, Invalid("to", "fault.customer_without_email")
	}
	var faults check
	if to = checkEmail(&faults, "to", to); faults.err() != nil {
		return nil, faults.err()
	}
	text, err := d.transcript(ctx, c)
	if err != nil {
		return nil, err
	}
	company, err := d.Company(ctx, System)
	if err != nil {
		return nil, err
	}
	customer, err := findCustomer(ctx, d.read(), c.CustomerID)
	if err != nil {
		return nil, err
	}
	var m *SystemMail
	err = d.Write(ctx, by, func(tx *Tx) error {
		if c, err = tx.conversation(ctx, by, id); err != nil {
			return err
		}
		if m, err = tx.SendSystemMail(ctx, SystemMail{To: to, Name: c.CustomerName, Locale: customer.Locale, What: "transcript", Words: SystemWords{Args: []string{company.Name, text}}}); err != nil {
			return err
		}
		line, err := tx.lineOf(c, TranscriptMailed, "internal", Facts{"by": by.Name, "to": to, "state": "queued"})
		if err != nil {
			return err
		}
		if _, err := tx.Exec("update system_mails set line_id = ? where id = ?", line.ID, m.ID); err != nil {
			return err
		}
		return tx.Record(TranscriptMailed, c.ID, int64(m.ID), nil)
	})
	return m, err
}

// transcript is what the customer can read of a conversation: when, who, and what was said.
func (d *Desk) transcript(ctx context.Context, c *Conversation) (string, error) {
	company, err := d.Company(ctx, System)
	if err != nil {
		return "", err
	}
	zone, err := time.LoadLocation(company.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	audiences, err := d.Audiences(ctx, System, []ConversationID{c.ID})
	if err != nil {
		return "", err
	}
	list, err := d.readByCustomer(ctx, c)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	day := ""
	for _, m := range list {
		if m.IsEvent() || b.Len() > transcriptBytes {
			continue
		}
		at := m.CreatedAt.In(zone)
		if date := at.Format(time.DateOnly); date != day {
			day = date
			b.WriteString(date + "\n\n")
		}
		name := oneLine(m.AuthorName)
		if m.AuthorKind == ByCustomer {
			name = orText(name, orText(c.CustomerEmail, "·"))
		} else if name == "" || audiences[c.ID].Nameless {
			name = company.Name
		}
		b.WriteString(at.Format("15:04") + " " + name + "\n")
		if m.Text != "" {
			b.WriteString(m.Text + "\n")
		}
		for _, f := range m.Files {
			b.WriteString("[" + f.Name + "]\n")
		}
		b.WriteString("\n")
	}
	return strings.TrimSpace(b.String()), nil
}

// readByCustomer is what the conversation's customer himself would be shown of it.
func (d *Desk) readByCustomer(ctx context.Context, c *Conversation) (all []*Message, err error) {
	l := MessageList{After: -1, Limit: 200}
	for more := true; more && len(all) < transcribed; {
		var list []*Message
		if list, more, err = d.Messages(ctx, AsCustomer(c.CustomerID), c.ID, l); err != nil {
			return nil, err
		}
		all = append(all, list...)
		if len(list) > 0 {
			l.After = list[len(list)-1].Seq
		}
	}
	return all, nil
}

func orText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

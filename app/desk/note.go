package desk

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Note is what a visitor leaves when nobody can answer: a ticket, never in the queue.
type Note struct {
	Name     string // at most 140 characters
	Phone    string // needed
	Email    string // empty: he reads the answer in the chat alone
	Category string // one of the widget's, when it has any
	Text     string // at most 2000 characters
	FileIDs  []string
	ClientID string         // the same never makes a second note
	FromID   ConversationID // the chat that he left for it; 0: the one that is open, if any
}

var (
	mainland = regexp.MustCompile(`^(\+86)?1[3-9][0-9]{9}$`)
	overseas = regexp.MustCompile(`^\+?[0-9][0-9 ()./-]{4,24}$`)
)

func (n *Note) check(w Widget, chinese bool) error {
	var c check
	n.Name, n.Phone, n.Category = strings.TrimSpace(n.Name), strings.TrimSpace(n.Phone), strings.TrimSpace(n.Category)
	if n.Name == "" {
		c.fault("name", "fault.needed")
	}
	if utf8.RuneCountInString(n.Name) > 140 {
		c.fault("name", "fault.too_long", 140)
	}
	switch {
	case n.Phone == "":
		c.fault("phone", "fault.needed")
	case !isPhone(n.Phone, chinese):
		c.fault("phone", "fault.phone_wrong")
	}
	if n.Email = strings.TrimSpace(n.Email); n.Email != "" {
		n.Email = checkEmail(&c, "email", n.Email)
	}
	if len(w.Categories) > 0 && !slices.Contains(w.Categories, n.Category) {
		c.fault("category", "fault.category_unknown")
	}
	if len(w.Categories) == 0 {
		n.Category = ""
	}
	if strings.TrimSpace(n.Text) == "" && len(n.FileIDs) == 0 { // it may be spoken
		c.fault("text", "fault.message_empty")
	}
	if utf8.RuneCountInString(n.Text) > NoteText {
		c.fault("text", "fault.too_long", NoteText)
	}
	if len(n.FileIDs) > 20 {
		c.fault("file_ids", "fault.too_many_files", 20)
	}
	if len(n.ClientID) > 100 {
		c.fault("client_id", "fault.too_long", 100)
	}
	return c.err()
}

// LeaveNote stores a visitor's note as a ticket of origin note, linked to the chat that he was in.
func (d *Desk) LeaveNote(ctx context.Context, by Actor, id InboxID, n Note) (*Received, error) {
	if by.Customer() == 0 {
		return nil, Forbidden
	}
	company, err := d.Company(ctx, by)
	if err != nil {
		return nil, err
	}
	var got *Received
	err = d.Write(ctx, by, func(tx *Tx) error {
		inbox, err := findInbox(ctx, tx, id)
		if err != nil {
			return err
		}
		w, err := WidgetOf(inbox)
		if err != nil {
			return err
		}
		if err := n.check(w, company.Locale == "zh-CN"); err != nil {
			return err
		}
		if w.HideNote {
			return Conflict("error.no_notes")
		}
		got, err = tx.keepNote(ctx, inbox, n)
		return err
	})
	return got, err
}

func (tx *Tx) keepNote(ctx context.Context, inbox *Inbox, n Note) (*Received, error) {
	customer, err := findCustomer(ctx, tx, tx.by.Customer())
	if err != nil {
		return nil, err
	}
	chat, err := current(ctx, tx, customer.ID, inbox.ID)
	if err != nil {
		return nil, err
	}
	if n.FromID != 0 {
		from, err := tx.conversation(ctx, tx.by, n.FromID)
		if err != nil {
			return nil, err
		}
		chat = from.ID
	}
	subject := strings.Join(strings.Fields(n.Text), " ")
	if subject == "" { // whether the file is his, is asked when it is taken
		if err := tx.QueryRowContext(ctx, "select name from files where public_id = ?", n.FileIDs[0]).Scan(&subject); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
	}
	subject = clip(subject, 120)
	if n.Category != "" {
		subject = n.Category + ": " + subject
	}
	got, err := tx.receive(ctx, tx.by, Incoming{InboxID: inbox.ID, ClientID: n.ClientID, Text: n.Text, FileIDs: n.FileIDs, LinkedID: chat,
		Ticket: &NewTicket{Subject: subject, Origin: "note"}})
	if err != nil || got.Again || got.Blocked {
		return got, err
	}
	if err := tx.completeProfile(customer, Customer{Name: n.Name, Phone: n.Phone, Email: n.Email}); err != nil {
		return nil, err
	}
	_, err = tx.Exec("insert into notes(ticket_id, name, phone, email, category) select id, ?, ?, ?, ? from tickets where conversation_id = ?", n.Name, n.Phone, n.Email, n.Category, got.ConversationID)
	return got, err
}

// NoteOf is what the visitor wrote into the form of a ticket that the actor may see: nil when it is no note.
func (d *Desk) NoteOf(ctx context.Context, by Actor, id TicketID) (*Note, error) {
	if _, err := d.TicketByNumber(ctx, by, id); err != nil {
		return nil, err
	}
	var n Note
	err := d.read().QueryRowContext(ctx, "select name, phone, email, category from notes where ticket_id = ?", id).Scan(&n.Name, &n.Phone, &n.Email, &n.Category)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &n, err
}

// postOf is the mailbox by which the answer to a note goes besides, to the address that the visitor wrote: nil when there is none or he gave none.
func (tx *Tx) postOf(ctx context.Context, c *Conversation) (*Inbox, string, error) {
	var to string
	err := tx.QueryRowContext(ctx, "select email from notes where ticket_id = ?", c.Ticket.ID).Scan(&to)
	if errors.Is(err, sql.ErrNoRows) || err == nil && to == "" {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	in, err := mailboxBeside(ctx, tx, c.TeamID)
	if errors.Is(err, NotFound) {
		return nil, "", nil
	}
	return in, to, err
}

// post sends the answer to a note by mail besides: the visitor may never come back to the page.
func (tx *Tx) post(ctx context.Context, c *Conversation, m *Message, draft Draft) ([]string, error) {
	inbox, to, err := tx.postOf(ctx, c)
	if err != nil || inbox == nil {
		return nil, err
	}
	list, err := m.posted(inbox, c, to)
	if err == nil {
		m.Meta.Mail.Subject = draft.Subject
	}
	return list, err
}

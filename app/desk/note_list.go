package desk

import (
	"context"
	"strings"
)

// NoteText is how many characters a note, and an answer to it, may have.
const NoteText = 2000

// NoteCounts are the numbers beside the views of notes: of those that are not resolved or closed.
type NoteCounts struct{ Mine, Unassigned, All int }

// NoteCounts counts the notes that the acting agent sees.
func (d *Desk) NoteCounts(ctx context.Context, by Actor) (NoteCounts, error) {
	var n NoteCounts
	if err := by.Can(Serve); err != nil {
		return n, err
	}
	q := (&ConversationList{Kind: "ticket", View: "all", Origin: "note"}).query(by)
	err := d.read().QueryRowContext(ctx, "select count(*) filter (where c.assignee_id = ?1), count(*) filter (where c.assignee_id is null), count(*) from conversations c where "+strings.Join(q.where, " and "), q.args...).
		Scan(&n.Mine, &n.Unassigned, &n.All)
	return n, err
}

// NoteSheet is all of a note: as the visitor left it, and what was answered.
type NoteSheet struct {
	*Conversation
	Note
	Customer *Customer
	Comments []*Message // the answers and whispers, the oldest first
}

// NoteSheets reads notes that the actor may see with all that was said; of each at most 200 messages.
func (d *Desk) NoteSheets(ctx context.Context, by Actor, list []*Conversation) ([]NoteSheet, error) {
	var sheets []NoteSheet
	for _, c := range list {
		if c.Ticket == nil || c.Ticket.Origin != "note" {
			continue
		}
		s := NoteSheet{Conversation: c}
		note, err := d.NoteOf(ctx, by, c.Ticket.ID)
		if err != nil {
			return nil, err
		}
		if note != nil {
			s.Note = *note
		}
		if s.Customer, err = d.Customer(ctx, by, c.CustomerID); err != nil {
			return nil, err
		}
		messages, _, err := d.Messages(ctx, by, c.ID, MessageList{After: -1, Limit: 200})
		if err != nil {
			return nil, err
		}
		for _, m := range messages {
			switch {
			case m.IsEvent() || !m.RecalledAt.IsZero():
			case s.Text == "" && m.Direction == "in":
				s.Text = m.Text
			default:
				s.Comments = append(s.Comments, m)
			}
		}
		sheets = append(sheets, s)
	}
	return sheets, nil
}

package webchat

import (
	"context"
	"net/http"
	"time"

	"deskbell/app/desk"
	"deskbell/app/wire"
)

type note struct {
	Once
	Body struct {
		_        struct{} `additionalProperties:"true"`
		Name     string   `json:"name" doc:"At most 140 characters"`
		Phone    string   `json:"phone"`
		Email    string   `json:"email,omitempty" doc:"Where the answer goes besides"`
		Category string   `json:"category,omitempty" doc:"One of the widget's, when it has any"`
		Text     string   `json:"text" doc:"At most 2000 characters"`
		FileIDs  []string `json:"file_ids,omitempty" maxItems:"20" doc:"From POST /visitor/v1/files"`
		FromID   string   `json:"conversation_id,omitempty" maxLength:"20" doc:"The chat that he left for it; by default the one that is open"`
		ClientID string   `json:"client_id,omitempty" maxLength:"100" doc:"The sender's own id: the same never makes a second note"`
	}
}

// leaveNote answers the note's first message; the answers to it come by the stream and in the history.
func (d *Door) leaveNote(ctx context.Context, by desk.Actor, in *note) (*sent, error) {
	b := in.Body
	var from desk.ConversationID
	if b.FromID != "" {
		var err error
		if from, err = desk.ParseID[desk.ConversationID](b.FromID); err != nil {
			return nil, err
		}
	}
	got, err := d.desk.LeaveNote(ctx, by, guestOf(ctx).inbox.ID, desk.Note{FromID: from, Name: b.Name, Phone: b.Phone, Email: b.Email, Category: b.Category, Text: b.Text, FileIDs: b.FileIDs, ClientID: in.client(b.ClientID)})
	if err != nil {
		return nil, err
	}
	status := http.StatusCreated
	if got.Again {
		status = http.StatusOK
	}
	return &sent{status, wire.Visitor.Message(got.Message)}, nil
}

// Known is what the desk knows of the visitor, to fill the form of a note.
type Known struct {
	Name  string `json:"name"`
	Phone string `json:"phone"`
	Email string `json:"email"`
}

// Waiting is what the page needs to offer a note in place of waiting.
type Waiting struct {
	Known  Known `json:"known" doc:"What the desk knows of the visitor"`
	NoteIn *int  `json:"note_in" doc:"Seconds until a note is offered in place of waiting, 0: now; null: never"`
}

func (d *Door) waiting(ctx context.Context, by desk.Actor, inbox *desk.Inbox, c *wire.Conversation) (w Waiting, err error) {
	customer, err := d.desk.Customer(ctx, by, by.Customer())
	if err != nil {
		return w, err
	}
	w.Known = Known{customer.Name, customer.Phone, customer.Email}
	if c == nil || c.Status != "waiting" {
		return w, nil
	}
	look, err := desk.WidgetOf(inbox)
	if err != nil || look.HideNote {
		return w, err
	}
	rules, err := d.desk.Routing(ctx, desk.System)
	if err != nil || rules.NoteAfter == 0 {
		return w, err
	}
	in := max(0, int(c.CreatedAt.Add(time.Duration(rules.NoteAfter)*time.Minute).Sub(d.desk.Clock()).Seconds()))
	w.NoteIn = &in
	return w, nil
}

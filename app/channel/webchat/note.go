package webchat

import (
	"context"
	"net/http"

	"deskbell/app/desk"
	"deskbell/app/wire"
)

type note struct {
	Body struct {
		_        struct{} `additionalProperties:"true"`
		Name     string   `json:"name" doc:"At most 140 characters"`
		Phone    string   `json:"phone"`
		Email    string   `json:"email,omitempty" doc:"Where the answer goes besides"`
		Category string   `json:"category,omitempty" doc:"One of the widget's, when it has any"`
		Text     string   `json:"text" doc:"At most 2000 characters"`
		FileIDs  []string `json:"file_ids,omitempty" maxItems:"20" doc:"From POST /visitor/v1/files"`
		ClientID string   `json:"client_id,omitempty" maxLength:"100" doc:"The sender's own id: the same never makes a second note"`
	}
}

// leaveNote answers the note's first message; the answers to it come by the stream and in the history.
func (d *Door) leaveNote(ctx context.Context, by desk.Actor, in *note) (*sent, error) {
	b := in.Body
	got, err := d.desk.LeaveNote(ctx, by, guestOf(ctx).inbox.ID, desk.Note{Name: b.Name, Phone: b.Phone, Email: b.Email, Category: b.Category, Text: b.Text, FileIDs: b.FileIDs, ClientID: b.ClientID})
	if err != nil {
		return nil, err
	}
	status := http.StatusCreated
	if got.Again {
		status = http.StatusOK
	}
	return &sent{status, wire.Visitor.Message(got.Message)}, nil
}

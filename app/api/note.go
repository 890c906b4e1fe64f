package api

import (
	"context"
	"errors"
	"net/http"

	"deskbell/app/desk"
	"deskbell/app/rest"
	"deskbell/app/wire"
)

// notes are tickets of origin note, in the same shape.
func (d *Door) notes() {
	const tag = "notes"
	rest.On(d.api, d.op(http.MethodGet, "/notes", "list-notes", tag, "Notes that visitors have left and that the agent may see, the last written first"), d.listNotes)
	rest.On(d.api, d.op(http.MethodGet, "/notes/{id}", "get-note", tag, "One note"), func(ctx context.Context, by desk.Actor, in *rest.ByID) (*rest.One[wire.Ticket], error) {
		return d.oneTicket(ctx, by)(d.note(ctx, by, in.ID))
	})
	rest.On(d.api, d.op(http.MethodPatch, "/notes/{id}", "change-note", tag, "Change a note; what is left out stays"), d.changeNote)
	rest.On(d.api, d.op(http.MethodGet, "/notes/{id}/messages", "list-note-messages", tag, "Its messages, the oldest first"), func(ctx context.Context, by desk.Actor, in *partsOf) (*rest.List[wire.Message], error) {
		c, err := d.note(ctx, by, in.ID)
		if err != nil {
			return nil, err
		}
		return d.messages(ctx, by, c, in.Page)
	})
	rest.On(d.api, created(d.op(http.MethodPost, "/notes/{id}/messages", "send-note-message", tag, "Answer in the chat and by mail, or whisper to colleagues; an answer has at most 2,000 characters")), func(ctx context.Context, by desk.Actor, in *draftFor) (*rest.One[wire.Message], error) {
		c, err := d.note(ctx, by, in.ID)
		if err != nil {
			return nil, err
		}
		return d.send(ctx, by, c, in.Body)
	})
}

// note finds a ticket that is a note.
func (d *Door) note(ctx context.Context, by desk.Actor, number string) (*desk.Conversation, error) {
	c, err := d.ticket(ctx, by, number)
	if err == nil && c.Ticket.Origin != "note" {
		err = desk.NotFound
	}
	return c, err
}

func (d *Door) listNotes(ctx context.Context, by desk.Actor, in *struct {
	rest.Page
	Status     string `query:"status" enum:"open,pending,resolved,closed"`
	TeamID     string `query:"team_id" maxLength:"20"`
	AssigneeID string `query:"assignee_id" maxLength:"20"`
	CustomerID string `query:"customer_id" maxLength:"20"`
	InboxID    string `query:"inbox_id" maxLength:"20" doc:"The widget through which it was left"`
	Sort       string `query:"sort" enum:"written,created,oldest" default:"written"`
	Query      string `query:"q" maxLength:"200" pattern:"^[^\\x00]*$" patternDescription:"text" doc:"Part of the subject or of the customer's name or address, or the number"`
}) (*rest.List[wire.Ticket], error) {
	l := desk.ConversationList{Kind: "ticket", Origin: "note", Status: in.Status, Query: in.Query, Before: in.Cursor, Limit: in.Limit}
	if in.Sort != "written" {
		l.Sort = in.Sort
	}
	var errs [4]error
	l.TeamID, errs[0] = id[desk.TeamID]("query.team_id", in.TeamID)
	l.AgentID, errs[1] = id[desk.AgentID]("query.assignee_id", in.AssigneeID)
	l.CustomerID, errs[2] = id[desk.CustomerID]("query.customer_id", in.CustomerID)
	l.InboxID, errs[3] = id[desk.InboxID]("query.inbox_id", in.InboxID)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	return d.ticketList(ctx, by)(d.desk.Conversations(ctx, by, l))
}

func (d *Door) changeNote(ctx context.Context, by desk.Actor, in *struct {
	rest.ByID
	Body ticketFields
}) (*rest.One[wire.Ticket], error) {
	c, err := d.note(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	ch, err := in.Body.change("body.")
	if err != nil {
		return nil, err
	}
	return d.oneTicket(ctx, by)(d.desk.ChangeTicket(ctx, by, c.Ticket.ID, ch))
}

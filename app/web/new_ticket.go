package web

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

// newTicketPage is the form with which an agent opens a ticket, also one raised from a chat.
type newTicketPage struct {
	Page
	Form     url.Values
	Customer *desk.Customer     // nil: found or made by the address in the form
	From     *desk.Conversation // the chat that it is raised from, nil without
	Messages []*desk.Message    // of that chat, to choose from
	Boxes    []view.Option
	Topics   []*desk.Topic
	Fields   []*desk.FormField
	Files    map[desk.FormFieldID]*desk.File // that came with the form
	ClientID string                          // so that a form sent twice is one ticket
}

func (p *newTicketPage) Priorities() []string { return desk.Priorities }

// Asked are the fields of the form with what was written into them.
func (p *newTicketPage) Asked() (list []asked) {
	for _, f := range p.Fields {
		if f.Visible {
			a := asked{F: f, Value: strings.TrimSpace(strings.Join(p.Form[f.Input()], "\n")), Fault: p.Fault(f.Input())}
			if f.Kind == "file" {
				a.File = p.Files[f.ID]
			}
			list = append(list, a)
		}
	}
	return list
}

// Chosen says whether a message of the chat is to come along.
func (p *newTicketPage) Chosen(id desk.MessageID) bool {
	for _, s := range p.Form["message_ids"] {
		if s == id.String() {
			return true
		}
	}
	return false
}

// newTicketForm gathers what the form needs; who and from where stand in the form or the address.
func (w *Web) newTicketForm(c echo.Context) (*newTicketPage, error) {
	ctx, by := c.Request().Context(), actor(c)
	form, err := c.FormParams() // with those of the address
	if err != nil {
		return nil, err
	}
	p := &newTicketPage{Form: form, ClientID: cmp.Or(form.Get("client_id"), rand.Text())}
	p.Nav = "tickets"
	customer := desk.CustomerID(number(form.Get("customer"), 0))
	if from := desk.ConversationID(number(form.Get("from"), 0)); from != 0 {
		if p.From, err = w.Desk.Conversation(ctx, by, from); err != nil {
			return nil, err
		}
		customer = p.From.CustomerID
		list, _, err := w.Desk.Messages(ctx, by, from, desk.MessageList{Limit: 100})
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			if !m.IsEvent() && m.RecalledAt.IsZero() {
				p.Messages = append(p.Messages, m)
			}
		}
	}
	if customer != 0 {
		if p.Customer, err = w.Desk.Customer(ctx, by, customer); err != nil {
			return nil, err
		}
	}
	boxes, err := w.Desk.Inboxes(ctx, desk.System, desk.Email)
	if err != nil {
		return nil, err
	}
	for _, b := range boxes {
		p.Boxes = append(p.Boxes, view.Option{Value: b.ID.String(), Text: b.Name})
	}
	if p.Topics, err = w.Desk.Topics(ctx, by); err != nil {
		return nil, err
	}
	p.Fields, err = w.Desk.FormFields(ctx, by)
	return p, err
}

func (w *Web) newTicket(c echo.Context) error {
	p, err := w.newTicketForm(c)
	if err != nil {
		return err
	}
	return w.show(c, "tickets/new", p)
}

func (w *Web) createTicket(c echo.Context) error {
	p, err := w.newTicketForm(c)
	if err != nil {
		return err
	}
	ctx, by := c.Request().Context(), actor(c)
	values, err := w.fileFields(c, by, filled(p.Form))
	if err != nil {
		return w.again(c, err, "tickets/new", p)
	}
	if p.Files, err = w.filesOf(c, by, p.Fields, values); err != nil {
		return err
	}
	in := desk.TicketDraft{InboxID: desk.InboxID(number(p.Form.Get("mailbox_id"), 0)), First: desk.Draft{Text: strings.TrimSpace(p.Form.Get("text")), Internal: p.Form.Get("internal") == "true", ClientID: p.ClientID},
		NewTicket: desk.NewTicket{Subject: text(c, "subject"), Priority: p.Form.Get("priority"), TopicID: desk.TopicID(number(p.Form.Get("topic_id"), 0)), ParentID: desk.TicketID(number(p.Form.Get("parent"), 0)), Fields: values}}
	if p.From != nil {
		in.LinkedID, in.Origin = p.From.ID, "chat"
		for _, s := range p.Form["message_ids"] {
			in.CopyIDs = append(in.CopyIDs, desk.MessageID(number(s, 0)))
		}
	}
	if p.Customer != nil {
		in.CustomerID = p.Customer.ID
	} else {
		in.Customer = &desk.Contact{Email: text(c, "email"), Name: text(c, "name")}
	}
	made, err := w.Desk.OpenTicket(ctx, by, in)
	if err != nil {
		return w.again(c, err, "tickets/new", p)
	}
	return c.Redirect(http.StatusSeeOther, "/tickets/"+made.Ticket.ID.String())
}

// knownCustomers are those who are found by what is being written: part of a name, an address, a phone number.
func (w *Web) knownCustomers(c echo.Context) error {
	q := text(c, "email")
	if q == "" {
		return w.part(c, http.StatusOK, "tickets/_known", []*desk.Customer(nil))
	}
	list, _, err := w.Desk.Customers(c.Request().Context(), actor(c), desk.CustomerList{Query: q, Limit: 10})
	if err != nil {
		return err
	}
	return w.part(c, http.StatusOK, "tickets/_known", list)
}

package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// requestPage is the public form.
type requestPage struct {
	Page
	Form     url.Values
	Portal   desk.Portal
	Topics   []*desk.Topic
	Fields   []*desk.FormField
	Stamp    string
	ClientID string
	Number   string // of the ticket that was made
	Letter
	Held map[desk.FormFieldID]keptFile // of the fields that take files
}

// Asked are the fields with what was written into them. Who writes is nobody yet: his files go by words of ours.
func (p *requestPage) Asked() (list []asked) {
	for _, f := range p.Fields {
		if f.Public {
			a := asked{F: f, Fault: p.Fault(f.Input())}
			if f.Kind != "file" {
				a.Value = strings.Join(p.Form[f.Input()], "\n")
			} else if k := p.Held[f.ID]; k.File != nil && a.Fault == "" {
				a.File, a.Words = k.File, k.Words
			}
			list = append(list, a)
		}
	}
	return list
}

func (w *Web) requestPage(c echo.Context) (*requestPage, error) {
	ctx := c.Request().Context()
	portal, err := w.Desk.Portal(ctx, desk.System)
	if err == nil && !portal.Form {
		err = desk.NotFound
	}
	if err != nil {
		return nil, err
	}
	form, err := c.FormParams()
	if err != nil {
		return nil, err
	}
	stamp := w.Desk.FormStamp(ctx, desk.System)
	p := &requestPage{Form: form, Portal: portal, Stamp: stamp, ClientID: stamp[:60]}
	if p.Topics, err = w.Desk.Topics(ctx, desk.System); err != nil {
		return nil, err
	}
	p.Fields, err = w.Desk.FormFields(ctx, desk.System)
	return p, err
}

func (w *Web) newRequest(c echo.Context) error {
	p, err := w.requestPage(c)
	if err != nil {
		return err
	}
	if sent := c.QueryParam("sent"); sent != "" { // anybody can write an address: no words of his
		p.Number = fmt.Sprint(max(0, number(sent, 0)))
	}
	return w.show(c, "portal/request", p)
}

// sendRequest opens a ticket. A program that fills in what people do not see is thanked like everybody, and nothing is kept.
func (w *Web) sendRequest(c echo.Context) error {
	p, err := w.requestPage(c)
	if err != nil {
		return err
	}
	if p.Form.Get("website") != "" {
		return c.Redirect(http.StatusSeeOther, "/request?sent=0")
	}
	values := w.heldFields(c, p)
	p.Lost, p.Kept = sentFiles(c), w.keptFiles(c, desk.System)
	if !w.Desk.FilledByHand(c.Request().Context(), desk.System, p.Form.Get("stamp")) {
		return w.again(c, desk.Conflict("error.form_too_fast"), "portal/request", p)
	}
	if err := w.Desk.AllowLetter(c.Request().Context(), desk.System, 0, c.RealIP()); err != nil {
		return w.again(c, err, "portal/request", p)
	}
	files, err := w.take(c, desk.System, &p.Letter)
	if err != nil {
		return w.again(c, err, "portal/request", p)
	}
	if values, err = w.fileFields(c, desk.System, values); err != nil {
		return w.again(c, err, "portal/request", p)
	}
	if err := w.holdFields(c, p, values); err != nil {
		return err
	}
	got, err := w.Desk.OpenRequest(c.Request().Context(), desk.System, desk.Request{
		Name: text(c, "name"), Email: text(c, "email"), Subject: text(c, "subject"), Text: strings.TrimSpace(strings.ReplaceAll(c.FormValue("text"), "\r\n", "\n")),
		TopicID: desk.TopicID(number(p.Form.Get("topic_id"), 0)), Fields: values, FileIDs: files, ClientID: clientID(c),
	})
	if err != nil {
		return w.again(c, err, "portal/request", p)
	}
	made, err := w.Desk.Conversation(c.Request().Context(), desk.System, got.ConversationID)
	if err != nil || made.Ticket == nil { // a blacklisted one makes none
		return redirectOr(c, err, "/request?sent=0")
	}
	return c.Redirect(http.StatusSeeOther, "/request?sent="+made.Ticket.ID.String())
}

// heldFields reads the form's fields. What a stranger says that files are called counts for nothing: his are those that come with it,
// and those that came before, which the page remembers.
func (w *Web) heldFields(c echo.Context, p *requestPage) desk.Filled {
	values := filled(p.Form)
	p.Held = map[desk.FormFieldID]keptFile{}
	for _, f := range p.Fields {
		if f.Kind != "file" {
			continue
		}
		words := values[f.ID]
		delete(values, f.ID)
		if file, err := w.Desk.HeldFile(c.Request().Context(), desk.System, words); err == nil && values != nil {
			values[f.ID], p.Held[f.ID] = file.ID, keptFile{file, words}
		}
	}
	return values
}

// holdFields has the page remember the files that came with the form now.
func (w *Web) holdFields(c echo.Context, p *requestPage, values desk.Filled) error {
	files, err := w.filesOf(c, desk.System, p.Fields, values)
	for id, f := range files {
		p.Held[id] = keptFile{f, w.Desk.HoldFile(c.Request().Context(), desk.System, f.ID)}
	}
	return err
}

package web

import (
	"errors"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

// What customers do without an account: see and answer a ticket by the link in a mail, and open one by the public form. No look at a
// page changes anything: programs look at links too.

// myTicketPage is a ticket as its customer sees it.
type myTicketPage struct {
	Page
	C        *desk.Conversation
	Link     string
	Messages []*desk.Message
	Fields   []asked
	Older    int64 // the Seq before which there is more
	Text     string
	ClientID string // so that a form sent twice is one answer
	Sent     bool
	Letter
}

// Letter are the files of a form that anybody can send, when it is drawn again.
type Letter struct {
	Kept []keptFile // came with it, and are sent along
	Lost bool       // files came with it that were not kept
}

// keptFile is one that came with a form before a fault in it was mended.
type keptFile struct {
	*desk.File
	Words string // under which it is sent along
}

// Done says whether the ticket is resolved or closed: an answer opens it again.
func (p *myTicketPage) Done() bool { return p.C.Status == "closed" }

func unlisted(c echo.Context) {
	h := c.Response().Header()
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("Referrer-Policy", "same-origin") // with none at all a browser would not say where its form comes from
	h.Set("Cache-Control", "no-store")
}

func (w *Web) myTicketPage(c echo.Context) (*myTicketPage, error) {
	ctx := c.Request().Context()
	unlisted(c)
	k, err := w.Desk.TicketByLink(ctx, desk.System, c.Param("token"), c.RealIP())
	if err != nil {
		return nil, err
	}
	p := &myTicketPage{C: k, Link: c.Param("token"), ClientID: w.Desk.FormStamp(ctx, desk.System)[:60]}
	by := desk.AsCustomer(k.CustomerID)
	list, more, err := w.Desk.Messages(ctx, by, k.ID, desk.MessageList{Before: number(c.QueryParam("before"), 0), Limit: 50})
	if err != nil {
		return nil, err
	}
	for _, m := range list {
		if !m.IsEvent() {
			p.Messages = append(p.Messages, m)
		}
	}
	if more {
		p.Older = list[0].Seq
	}
	fields, err := w.Desk.FormFields(ctx, desk.System)
	for _, f := range fields {
		if v := k.Ticket.Fields[f.ID]; f.Public && v != "" {
			p.Fields = append(p.Fields, asked{F: f, Value: v})
		}
	}
	if err != nil {
		return nil, err
	}
	files, err := w.filesOf(c, by, fields, k.Ticket.Fields)
	for i := range p.Fields {
		p.Fields[i].File = files[p.Fields[i].F.ID]
	}
	return p, err
}

func (w *Web) myTicket(c echo.Context) error {
	p, err := w.myTicketPage(c)
	if err != nil {
		return err
	}
	p.Sent = c.QueryParam("sent") == "1"
	return w.show(c, "portal/ticket", p)
}

func (w *Web) answerMyTicket(c echo.Context) error {
	p, err := w.myTicketPage(c)
	if err != nil {
		return err
	}
	p.Text = strings.TrimSpace(strings.ReplaceAll(c.FormValue("text"), "\r\n", "\n"))
	by := desk.AsCustomer(p.C.CustomerID)
	ctx := c.Request().Context()
	p.Lost, p.Kept = sentFiles(c), w.keptFiles(c, by)
	if err := w.Desk.AllowLetter(ctx, desk.System, p.C.ID, c.RealIP()); err != nil {
		return w.again(c, err, "portal/ticket", p)
	}
	files, err := w.take(c, by, &p.Letter)
	if err == nil {
		_, err = w.Desk.AnswerTicket(ctx, by, p.C.ID, desk.Incoming{Text: p.Text, FileIDs: files, ClientID: clientID(c)})
	}
	if err != nil {
		return w.again(c, err, "portal/ticket", p)
	}
	return c.Redirect(http.StatusSeeOther, "/my/"+p.Link+"?sent=1")
}

// clientID is what a form calls itself, so that sent twice it makes one message.
func clientID(c echo.Context) string {
	id := c.FormValue("client_id")
	return id[:min(len(id), 100)]
}

// sentFiles says whether a form came with files.
func sentFiles(c echo.Context) bool {
	form, err := c.MultipartForm()
	if err != nil {
		return false
	}
	for _, files := range form.File {
		for _, h := range files {
			if h.Size > 0 || h.Filename != "" {
				return true
			}
		}
	}
	return false
}

// keptFiles are those that came with the form before, and are still to be sent along.
func (w *Web) keptFiles(c echo.Context, by desk.Actor) (kept []keptFile) {
	for _, words := range c.Request().Form["kept"] {
		if f, err := w.Desk.HeldFile(c.Request().Context(), by, words); err == nil && len(kept) < 10 {
			kept = append(kept, keptFile{f, words})
		}
	}
	return kept
}

// take stores the files of a form that come with it. Should it be drawn again, the letter has them.
func (w *Web) take(c echo.Context, by desk.Actor, l *Letter) (ids []string, err error) {
	for _, k := range l.Kept {
		ids = append(ids, k.ID)
	}
	form, err := c.MultipartForm()
	if errors.Is(err, http.ErrNotMultipart) {
		return ids, nil
	}
	if err != nil {
		return nil, err
	}
	if len(form.File["files"])+len(ids) > 10 {
		return nil, desk.Invalid("files", "fault.too_many_files", 10)
	}
	for _, h := range form.File["files"] {
		if h.Size == 0 && h.Filename == "" {
			continue
		}
		f, err := w.takeOne(c, by, h)
		if err != nil {
			return nil, asFault("files", err)
		}
		l.Kept = append(l.Kept, keptFile{f, w.Desk.HoldFile(c.Request().Context(), by, f.ID)})
		ids = append(ids, f.ID)
	}
	l.Lost = false
	return ids, nil
}

func (w *Web) takeOne(c echo.Context, by desk.Actor, h *multipart.FileHeader) (*desk.File, error) {
	if by.Agent() == 0 {
		if err := w.Desk.AllowFile(c.Request().Context(), desk.System, c.RealIP(), h.Size); err != nil {
			return nil, err
		}
	}
	r, err := h.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return w.Desk.Upload(c.Request().Context(), by, h.Filename, r)
}

// asFault shows what is wrong with a file beside the form's input that took it.
func asFault(input string, err error) error {
	var e *desk.Error
	if !errors.As(err, &e) {
		return err
	}
	key, args := e.Key, e.Args
	if len(e.Fields) > 0 {
		key, args = e.Fields[0].Key, e.Fields[0].Args
	}
	return desk.Invalid(input, key, args...)
}

// myFile sends a file of the ticket, and of no other.
func (w *Web) myFile(c echo.Context) error {
	ctx := c.Request().Context()
	unlisted(c)
	k, err := w.Desk.TicketByLink(ctx, desk.System, c.Param("token"), c.RealIP())
	if err != nil {
		return err
	}
	by := desk.AsCustomer(k.CustomerID)
	f, err := w.Desk.File(ctx, by, c.Param("id"))
	if err != nil {
		return err
	}
	if f.ConversationID != k.ID {
		return desk.NotFound
	}
	return w.sendFile(c, by, f.ID)
}

// customersPage leads an agent to what the customer sees.
func (w *Web) customersPage(c echo.Context) error {
	id, err := param[desk.TicketID](c, "number")
	if err != nil {
		return err
	}
	k, err := w.Desk.TicketByNumber(c.Request().Context(), actor(c), id)
	if err != nil {
		return err
	}
	link, err := w.Desk.TicketLink(c.Request().Context(), actor(c), k.ID)
	if err == nil && link == "" {
		err = desk.NotFound
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/my/"+link)
}

func (w *Web) revokeLinks(c echo.Context) error {
	return w.onTicket(c, func(id desk.TicketID) (*desk.Conversation, error) {
		return w.Desk.RevokeTicketLinks(c.Request().Context(), actor(c), id)
	})
}

type portalPage struct {
	Page
	P     desk.Portal
	Boxes []view.Option
	URL   string
}

func (w *Web) portalPage(c echo.Context) (*portalPage, error) {
	p := &portalPage{URL: w.origin(c) + "/request"}
	p.Nav = "admin"
	boxes, err := w.Desk.Inboxes(c.Request().Context(), desk.System, desk.Email)
	for _, b := range boxes {
		p.Boxes = append(p.Boxes, view.Option{Value: b.ID.String(), Text: b.Name})
	}
	return p, err
}

func (w *Web) portal(c echo.Context) error {
	p, err := w.portalPage(c)
	if err != nil {
		return err
	}
	if p.P, err = w.Desk.Portal(c.Request().Context(), actor(c)); err != nil {
		return err
	}
	return w.show(c, "admin/portal/form", p)
}

func (w *Web) changePortal(c echo.Context) error {
	p, err := w.portalPage(c)
	if err != nil {
		return err
	}
	p.P = desk.Portal{Links: c.FormValue("links") == "true", Days: int(number(text(c, "days"), 0)), Form: c.FormValue("form") == "true",
		InboxID: desk.InboxID(number(c.FormValue("inbox"), 0)), Intro: text(c, "intro")}
	if err := w.Desk.ChangePortal(c.Request().Context(), actor(c), p.P); err != nil {
		return w.again(c, err, "admin/portal/form", p)
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/admin/portal")
}

// His says whether the ticket's customer wrote a message himself.
func (p *myTicketPage) His(m *desk.Message) bool {
	return m.AuthorKind == desk.ByCustomer && desk.CustomerID(m.AuthorID) == p.C.CustomerID
}

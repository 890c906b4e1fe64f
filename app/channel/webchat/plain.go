package webchat

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/rest"
	"deskbell/app/view"
	"deskbell/app/wire"
)

// plainPage is the chat where no script runs: what was said, and a form. Who the visitor is stands in the form, and in a cookie for this page
// alone (plain_known.go), so that loading the page anew shows what came since; never in an address. A browser that keeps no cookies sends the
// same form again, which stores nothing twice.
type plainPage struct {
	Lang, Title, WidgetID string
	Notice, Greeting      string
	Off, OffText          string // what opens off hours: note, text or nothing
	Lines                 []plainLine
	Fields                []wire.AskField
	AskLead               string
	Categories            []string

	Token, ClientID string
	Said            map[string]string // what stood in the form that was refused
	Faults          map[string]string // by field; "" is the form as a whole
	Stored          bool
	State           string // how the chat stands, in words; empty: there is none
	Rate            string // where to rate it; empty: nobody asks

	sentBack bool // the browser keeps the cookie
}

type plainLine struct {
	Who, Text, At, Exact string
	Mine                 bool
	Files                []plainFile
}

type plainFile struct{ Name, URL string }

// plainOf is the page for somebody of whom nothing is known.
func plainOf(public string, w desk.Widget, company desk.Company, open bool, lang string) *plainPage {
	w = w.In(lang)
	p := &plainPage{Lang: lang, Title: first(w.Title, company.Name), WidgetID: public, Notice: w.Notice, Greeting: w.Greeting, AskLead: w.AskLead, Categories: w.Categories, ClientID: rand.Text(),
		Said: map[string]string{}, Faults: map[string]string{}}
	if !open {
		p.Off, p.OffText = w.OffDuty, w.OffText
	}
	p.ask(&w, &desk.Customer{})
	return p
}

func (p *plainPage) ask(w *desk.Widget, c *desk.Customer) {
	p.Fields = nil
	if p.Off == "note" {
		p.Fields = []wire.AskField{{Name: "name", Must: true}, {Name: "phone", Must: true}, {Name: "email"}}
	} else if a := wire.AskOf(w, c); a != nil {
		p.Fields = a.Fields
	}
}

// Plain takes the form: POST /chat/:id/messages. The limits and checks are those of the calls with a script.
func (d *Door) Plain(views *view.Views) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		ctx := r.Context()
		inbox, err := d.widget(ctx, c.Param("id"))
		if err != nil {
			return err
		}
		if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" {
			return &desk.Error{Kind: desk.KindForbidden, Key: "error.site_not_allowed"}
		}
		sent, err := plainForm(c.Response(), r, d.desk.Limit.File)
		if err != nil {
			return err
		}
		w, err := desk.WidgetOf(inbox)
		if err != nil {
			return err
		}
		company, err := d.desk.Company(ctx, desk.System)
		if err != nil {
			return err
		}
		open, err := d.desk.InboxOpen(ctx, desk.System, inbox.ID)
		if err != nil {
			return err
		}
		lang := view.Negotiate("", first(r.PostFormValue("lang"), w.Locale, r.Header.Get("Accept-Language")))
		p := plainOf(inbox.PublicID, w, company, open, lang)
		p.ClientID = cmp.Or(r.PostFormValue("client_id"), p.ClientID)
		status := http.StatusOK
		if err := d.takePlain(ctx, r, inbox, &w, p, sent); err != nil {
			if status = d.tellPlain(r, p, err); status == 0 {
				return err
			}
		} else {
			p.ClientID = rand.Text()
			if p.Stored && p.sentBack { // loading that again is a look, and asks nobody whether to send
				return c.Redirect(http.StatusSeeOther, "/chat/"+url.PathEscape(inbox.PublicID)+"?lang="+url.QueryEscape(lang))
			}
		}
		p.remember(c)
		var b bytes.Buffer
		if err := views.Page(&b, view.Reader{Lang: lang}, "visitor/plain", p); err != nil {
			return err
		}
		view.Guard(c.Response().Header(), view.Visitor, w.Sites...)
		c.Response().Header().Set("Cache-Control", "no-store")
		return c.HTMLBlob(status, b.Bytes())
	}
}

// Again leads whoever asks for the address of the form by itself back to the chat, which knows him by his cookie.
func (d *Door) Again(c echo.Context) error {
	return c.Redirect(http.StatusSeeOther, "/chat/"+url.PathEscape(c.Param("id")))
}

// takePlain lets the visitor in, stores what he wrote, and reads what was said.
func (d *Door) takePlain(ctx context.Context, r *http.Request, inbox *desk.Inbox, w *desk.Widget, p *plainPage, sent plainSent) error {
	now, source := d.desk.Clock(), d.source(r)
	if wait, ok := d.limits.calls.Allow(now, rest.Source(source)); !ok {
		return rest.TooManyFor(wait)
	}
	field := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	text := strings.ReplaceAll(field("text"), "\r\n", "\n")
	var c *desk.Customer
	public, secret := splitToken(tokenOfForm(r, field("token")))
	if secret != "" && public == inbox.PublicID {
		known, err := d.desk.Visitor(ctx, desk.System, secret)
		if err != nil && !errors.Is(err, desk.Unauthorized) {
			return err
		}
		c = known
	}
	if c == nil {
		if text == "" && sent.file == nil {
			return desk.Invalid("text", "fault.message_empty")
		}
		if wait, ok := d.limits.sessions.Allow(now, rest.Source(source)); !ok {
			return rest.TooManyFor(wait)
		}
		token, fresh, err := d.desk.Enter(ctx, desk.System, desk.Visit{InboxID: inbox.ID, IP: source, UserAgent: r.UserAgent(), Locale: p.Lang})
		if err != nil {
			return err
		}
		secret, c = token, fresh
	}
	p.Token = inbox.PublicID + "." + secret
	p.sentBack = same(cookieOf(r), p.Token)
	by := desk.AsCustomer(c.ID)
	by.Name = c.Name
	p.ask(w, c)
	if (text != "" || sent.file != nil) && !sent.look {
		if wait, ok := d.limits.messages.Allow(now, c.PublicID); !ok {
			return rest.TooManyFor(wait)
		}
		files, err := d.keepPlain(r, by, sent)
		if err != nil {
			return err
		}
		if err := d.storePlain(ctx, by, inbox, w, p, text, files, field); err != nil {
			return err
		}
	}
	return d.readPlain(ctx, by, inbox, p)
}

// storePlain stores a message, or a note where that is what opens.
func (d *Door) storePlain(ctx context.Context, by desk.Actor, inbox *desk.Inbox, w *desk.Widget, p *plainPage, text string, files []string, field func(string) string) error {
	var err error
	switch {
	case p.Off == "text":
		return desk.Conflict("error.closed_now")
	case p.Off == "note":
		_, err = d.desk.LeaveNote(ctx, by, inbox.ID, desk.Note{Name: field("name"), Phone: field("phone"), Email: field("email"), Category: field("category"), Text: text, FileIDs: files, ClientID: p.ClientID})
	default:
		if len(p.Fields) > 0 {
			c, err := d.desk.Introduce(ctx, by, inbox.ID, desk.Customer{Name: field("name"), Email: field("email"), Phone: field("phone"), Company: field("company")})
			if err != nil {
				return err
			}
			p.ask(w, c)
		}
		_, err = d.desk.Receive(ctx, by, desk.Incoming{InboxID: inbox.ID, ClientID: p.ClientID, Text: text, FileIDs: files})
	}
	p.Stored = err == nil
	return err
}

func (d *Door) readPlain(ctx context.Context, by desk.Actor, inbox *desk.Inbox, p *plainPage) error {
	if err := d.stand(ctx, by, inbox, p); err != nil {
		return err
	}
	list, err := d.messages(ctx, by, inbox, 0, firstMessages)
	if err != nil {
		return err
	}
	company, err := d.desk.Company(ctx, desk.System)
	if err != nil {
		return err
	}
	zone, err := time.LoadLocation(company.TimeZone) // the visitor's own is known to scripts only
	if err != nil {
		zone = time.UTC
	}
	for _, m := range list.Body.Items {
		if m.Kind == "event" || m.RecalledAt != nil || m.Kind == "track" || m.Kind == "order" {
			continue
		}
		line := plainLine{Who: m.Author.Name, Text: strings.TrimSpace(m.Text), At: m.CreatedAt.In(zone).Format("2006-01-02 15:04 UTC-07:00"), Exact: m.CreatedAt.Format(time.RFC3339), Mine: m.Author.Type == "customer"}
		for _, f := range m.Files {
			file := plainFile{Name: f.Name}
			if p.sentBack {
				file.URL = "/chat/" + p.WidgetID + "/files/" + f.ID
			}
			line.Files = append(line.Files, file)
		}
		if !line.Mine && line.Who == "" {
			line.Who = p.Title
		}
		p.Lines = append(p.Lines, line)
	}
	return nil
}

// tellPlain writes into the page what was wrong, with what stood in the form; 0: it is no answer for a visitor.
func (d *Door) tellPlain(r *http.Request, p *plainPage, err error) int {
	var e *desk.Error
	say := func(key string, args ...any) string { return d.api.Translate(p.Lang, key, args...) }
	for _, name := range slices.Concat(desk.Asked, []string{"text", "category"}) {
		p.Said[name] = r.PostFormValue(name)
	}
	switch {
	case !errors.As(err, &e):
		if err.Error() != rest.TooManyFor(0).Error() {
			return 0
		}
		p.Faults[""] = say(desk.TooMany.Key)
		return http.StatusTooManyRequests
	case e.Kind == desk.KindTooMany:
		p.Faults["file"] = say(e.Key, e.Args...)
		return http.StatusTooManyRequests
	case len(e.Fields) > 0:
		for _, f := range e.Fields {
			p.Faults[f.Name] = say(f.Key, f.Args...)
		}
		return http.StatusUnprocessableEntity
	case e.Kind == desk.KindConflict:
		p.Faults[""] = say(e.Key, e.Args...)
		return http.StatusConflict
	}
	return 0
}

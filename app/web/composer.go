package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/wire"
)

// What the composer does: it sends at once or later, keeps what is being written, and takes back.

// reply sends an answer or a whisper, now or later, and answers like messages: with all that is new, the message itself among it.
// One that was written while a colleague answered is held: the answer says what arrived.
func (w *Web) reply(c echo.Context) error {
	id, err := param[desk.ConversationID](c, "id")
	if err != nil {
		return err
	}
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	ctx, by := c.Request().Context(), actor(c)
	draft := draftOf(form)
	when, err := whenOf(form, w.Desk.Clock().In(visitOf(c).reader.Zone))
	if err == nil {
		_, _, err = w.Desk.Submit(ctx, by, id, draft, when)
	}
	if isCollision(err) {
		return w.held(c, id, draft, err)
	}
	if err != nil {
		return err
	}
	if draft.Version != 0 {
		if err := w.News.Drafted(by, id, 0, form.Get("tab")); err != nil {
			return err
		}
	}
	if !isPart(c) {
		return c.Redirect(http.StatusSeeOther, "/conversations/"+id.String())
	}
	return w.newerMessages(c, id)
}

func draftOf(form url.Values) desk.Draft {
	d := desk.Draft{
		Text: strings.TrimRight(strings.ReplaceAll(form.Get("text"), "\r\n", "\n"), " \n\t"), Internal: form.Get("internal") == "true",
		FileIDs: form["file_ids"], Sticker: form.Get("sticker"), ClientID: form.Get("client_id"), Seen: number(form.Get("seen"), 0), Version: number(form.Get("version"), 0),
		BCC: addresses(form.Get("bcc")), QuotedID: desk.MessageID(number(form.Get("quoted_id"), 0)),
	}
	if !d.Internal {
		d.HTML, d.Signature = form.Get("html"), form.Get("signature")
	}
	if form.Has("cc") {
		d.CC, d.AllCC = addresses(form.Get("cc")), true
	}
	return d
}

// addresses takes apart what was written with commas, semicolons or blanks in between.
func addresses(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(",;，；、 \t\r\n", r) })
}

// whenOf reads when it is to go out: "1h", "tomorrow" or "monday" at nine, or a time in the writer's zone.
func whenOf(form url.Values, now time.Time) (desk.When, error) {
	when := desk.When{UnlessAnswered: form.Get("unless_answered") == "true"}
	nine := func(days int) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day()+days, 9, 0, 0, 0, now.Location())
	}
	switch at := form.Get("at"); at {
	case "":
	case "1h":
		when.At = now.Add(time.Hour)
	case "tomorrow":
		when.At = nine(1)
	case "monday":
		when.At = nine(7 - (int(now.Weekday())+6)%7)
	default:
		var err error
		if when.At, err = time.ParseInLocation("2006-01-02T15:04", at, now.Location()); err != nil {
			return when, desk.Invalid("at", "fault.plan_when")
		}
	}
	return when, nil
}

func isCollision(err error) bool {
	var e *desk.Error
	return errors.As(err, &e) && e.Key == "error.collision"
}

// collision is what a colleague answered meanwhile.
type collision struct {
	Messages []*desk.Message
	Words    string
}

func (w *Web) held(c echo.Context, id desk.ConversationID, draft desk.Draft, cause error) error {
	ctx, by := c.Request().Context(), actor(c)
	if !isPart(c) { // the words are not lost
		if _, err := w.Desk.KeepDraft(ctx, by, id, draft); err != nil {
			return err
		}
		return cause
	}
	list, err := w.Desk.Arrived(ctx, by, id, draft.Seen)
	if err != nil {
		return err
	}
	_, key, args := answer(cause)
	words := w.Views.T(visitOf(c).reader.Lang, key, args...)
	var b strings.Builder
	if err := w.Views.Partial(&b, visitOf(c).reader, "conversations/_collision", collision{list, words}); err != nil {
		return err
	}
	seen := draft.Seen
	for _, m := range list {
		seen = max(seen, m.Seq)
	}
	return c.JSON(http.StatusConflict, struct {
		Error string `json:"error"`
		Held  string `json:"held"`
		Seen  int64  `json:"seen"`
	}{words, b.String(), seen})
}

// kept is a draft as the page reads it.
type kept struct {
	Text     string      `json:"text"`
	Internal bool        `json:"internal"`
	Seen     int64       `json:"seen"`
	Version  int64       `json:"version"`
	HTML     string      `json:"html,omitempty"`
	CC       *string     `json:"cc,omitempty"` // missing: those of the ticket
	BCC      string      `json:"bcc,omitempty"`
	Files    []wire.File `json:"files"`
	Quote    *wire.Quote `json:"quote,omitempty"`
}

func keptOf(d *desk.KeptDraft) kept {
	k := kept{Text: d.Text, Internal: d.Internal, Seen: d.Seen, Version: d.Version, Files: []wire.File{}, HTML: d.HTML, BCC: strings.Join(d.BCC, ", ")}
	if d.AllCC {
		cc := strings.Join(d.CC, ", ")
		k.CC = &cc
	}
	for i := range d.Files {
		k.Files = append(k.Files, wire.Console.File(&d.Files[i]))
	}
	if q := d.Quote; q != nil {
		k.Quote = &wire.Quote{ID: q.ID.String(), Author: wire.Author{Type: string(q.AuthorKind), Name: q.AuthorName}, Text: q.Text}
	}
	return k
}

// DraftJSON is the reader's draft for the page's script.
func (t *thread) DraftJSON() (string, error) {
	b, err := json.Marshal(keptOf(t.Draft))
	return string(b), err
}

func (w *Web) draft(c echo.Context) error {
	id, err := param[desk.ConversationID](c, "id")
	if err != nil {
		return err
	}
	d, err := w.Desk.Drafted(c.Request().Context(), actor(c), id)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, keptOf(d))
}

func (w *Web) keepDraft(c echo.Context) error {
	id, err := param[desk.ConversationID](c, "id")
	if err != nil {
		return err
	}
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	by, draft := actor(c), draftOf(form)
	draft.Text = strings.ReplaceAll(form.Get("text"), "\r\n", "\n") // blanks at its end are on their way to a word
	version, err := w.Desk.KeepDraft(c.Request().Context(), by, id, draft)
	if err != nil {
		return err
	}
	if err := w.News.Drafted(by, id, version, form.Get("tab")); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, struct {
		Version int64 `json:"version"`
	}{version})
}

// conference makes the address of a video meeting, for the composer to put into the text.
func (w *Web) conference(c echo.Context) error {
	id, err := param[desk.ConversationID](c, "id")
	if err != nil {
		return err
	}
	address, err := w.Desk.Conference(c.Request().Context(), actor(c), id)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, struct {
		URL string `json:"url"`
	}{address})
}

// withdraw takes back what has not gone out; its words are a draft again, unless they are to be dropped.
func (w *Web) withdraw(c echo.Context) error {
	drop := c.FormValue("drop") == "true"
	return w.onPlanned(c, func(id desk.PlannedID) (*desk.Planned, error) {
		p, err := w.Desk.Withdraw(c.Request().Context(), actor(c), id, drop)
		if err == nil && !drop {
			c.Response().Header().Set("HX-Trigger-After-Settle", "draft")
			err = w.News.Drafted(desk.Actor{Kind: desk.ByAgent, ID: int64(p.AgentID)}, p.ConversationID, 0, "")
		}
		return p, err
	})
}

func (w *Web) sendPlanned(c echo.Context) error {
	return w.onPlanned(c, func(id desk.PlannedID) (*desk.Planned, error) {
		return w.Desk.SendPlanned(c.Request().Context(), actor(c), id)
	})
}

func (w *Web) onPlanned(c echo.Context, verb func(desk.PlannedID) (*desk.Planned, error)) error {
	id, err := param[desk.PlannedID](c, "id")
	if err != nil {
		return err
	}
	p, err := verb(id)
	if err != nil {
		return err
	}
	if !isPart(c) {
		return c.Redirect(http.StatusSeeOther, "/conversations/"+p.ConversationID.String())
	}
	return w.newerMessages(c, p.ConversationID)
}

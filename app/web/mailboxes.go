package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"deskbell/app/channel"
	"deskbell/app/desk"
	"deskbell/app/view"
)

type mailboxPage struct {
	Page
	In      *desk.Inbox
	Box     desk.Mailbox
	Aliases string
	Stored  bool // a password is stored; it is never shown
	Teams   []view.Option
	InSetup bool
	State   channel.State // how it is doing
	Record  [2]string     // name and value of the record in DNS by which others check our signatures; empty: we do not sign
	down    []string
}

// OAuth is by whose consent it is read; never nil, so that the form has something to show.
func (p *mailboxPage) OAuth() desk.MailOAuth {
	if p.Box.OAuth == nil {
		return desk.MailOAuth{Provider: "google"}
	}
	return *p.Box.OAuth
}

// Down says in words what is wrong with each side; empty when nothing is known to be.
func (p *mailboxPage) Down() []string { return p.down }

func (w *Web) accountState(id desk.InboxID) channel.State {
	if w.Accounts != nil {
		for _, s := range w.Accounts() {
			if s.InboxID == id {
				return s
			}
		}
	}
	return channel.State{}
}

// Server is the form of one side, imap or smtp.
func (p *mailboxPage) Server(side string) serverForm {
	s := p.Box.IMAP
	if side == "smtp" {
		s = p.Box.SMTP
	}
	return serverForm{side, s, p.Stored, p}
}

// Routes are the addresses that belong to teams, with room for more.
func (p *mailboxPage) Routes() []desk.MailRoute {
	return append(p.Box.Routes[:len(p.Box.Routes):len(p.Box.Routes)], desk.MailRoute{}, desk.MailRoute{})
}

// Folders are the further folders, one a line.
func (p *mailboxPage) Folders() string { return strings.Join(p.Box.Folders, "\n") }

// Number shows a number of the settings; what is not said is what is so then.
func (p *mailboxPage) Number(name string) int {
	v := map[string][2]int{"poll": {p.Box.Poll, desk.DefaultPoll}, "alert": {p.Box.Alert, desk.DefaultAlert}, "flood": {p.Box.Flood, desk.DefaultFlood}, "hourly": {p.Box.Hourly, 0}}[name]
	if v[0] == 0 {
		return v[1]
	}
	return v[0]
}

// serverForm is one side of a mailbox in the form.
type serverForm struct {
	Side   string
	S      desk.MailServer
	Stored bool
	page   *mailboxPage
}

// Field is the name of an input, and Fault what is wrong with it.
func (f serverForm) Field(name string) string { return f.Side + "." + name }
func (f serverForm) Fault(name string) string { return f.page.Fault(f.Field(name)) }

// testResult is what the test button shows.
type testResult struct {
	OK    bool
	Texts []string
}

func (w *Web) mailboxes(c echo.Context) error {
	return w.showInboxes(c, desk.Email, "admin/mailboxes/index")
}

func (w *Web) mailboxPage(c echo.Context) (*mailboxPage, error) {
	in, teams, err := w.inboxOf(c, desk.Email)
	if err != nil {
		return nil, err
	}
	p := &mailboxPage{In: in, Teams: teams, Stored: in.ID != 0, InSetup: c.QueryParam("setup") != "" || c.FormValue("setup") != ""}
	p.Nav = "admin"
	if in.ID == 0 {
		p.Box = desk.Mailbox{IMAP: desk.MailServer{Port: 993, Security: "tls", Folder: "INBOX"}, SMTP: desk.MailServer{Port: 465, Security: "tls"}}
		in.Name = visitOf(c).company.Name
		return p, nil
	}
	var stored desk.MailboxSecrets
	if err = w.Desk.InboxSecrets(c.Request().Context(), desk.System, in.ID, &stored); desk.IsSealed(err) {
		p.Stored = false
		p.down = []string{w.Views.T(visitOf(c).reader.Lang, "mailbox.problem.sealed")}
	} else if err != nil {
		return nil, err
	}
	p.Box, err = desk.MailboxOf(in)
	p.Aliases = strings.Join(p.Box.Aliases, "\n")
	p.State = w.accountState(in.ID)
	if p.Box.DKIM != "" {
		p.Record = w.dkimRecord(c, p)
	}
	lang := visitOf(c).reader.Lang
	for key, side := range map[string]channel.Side{"mailbox.receiving": p.State.Receiving, "mailbox.sending": p.State.Sending} {
		if side.Down() && p.Stored {
			p.down = append(p.down, w.Views.T(lang, key)+": "+w.Views.T(lang, side.Problem.Key, side.Problem.Args...))
		}
	}
	slices.Sort(p.down)
	return p, err
}

func (w *Web) dkimRecord(c echo.Context, p *mailboxPage) (record [2]string) {
	var s desk.MailboxSecrets
	if err := w.Desk.InboxSecrets(c.Request().Context(), desk.System, p.In.ID, &s); err != nil {
		return record
	}
	if key, err := desk.DKIMKey(s.DKIM); err == nil {
		record[0], record[1], _ = p.Box.DKIMRecord(key)
	}
	return record
}

func (w *Web) mailbox(c echo.Context) error {
	p, err := w.mailboxPage(c)
	if err != nil {
		return err
	}
	return w.show(c, "admin/mailboxes/form", p)
}

func (p *mailboxPage) read(c echo.Context) {
	p.In.Name, p.In.TeamID, p.In.Enabled = text(c, "name"), desk.TeamID(number(text(c, "team_id"), 0)), text(c, "enabled") == "true"
	p.Aliases = c.FormValue("aliases")
	b := &p.Box
	b.Address, b.KeepCopy, b.Aliases = text(c, "address"), text(c, "keep_copy") == "true", strings.Fields(p.Aliases)
	b.PlusReply = text(c, "plus_reply") == "true"
	b.AutoReply = desk.AutoReply{Enabled: text(c, "auto_reply.enabled") == "true", Subject: text(c, "auto_reply.subject"), Body: c.FormValue("auto_reply.body")}
	b.Folders, b.After, b.MoveTo = strings.Split(c.FormValue("folders"), "\n"), text(c, "after"), text(c, "move_to")
	b.DKIM, b.Authserv = text(c, "dkim.selector"), text(c, "authserv")
	b.Poll, b.Alert, b.Flood, b.Hourly = int(number(text(c, "poll"), 0)), int(number(text(c, "alert"), 0)), int(number(text(c, "flood"), 0)), int(number(text(c, "hourly"), 0))
	p.readSignatures(c)
	if b.OAuth == nil {
		b.OAuth = &desk.MailOAuth{}
	}
	b.OAuth.Provider, b.OAuth.ClientID, b.OAuth.Tenant = text(c, "oauth.provider"), text(c, "oauth.client_id"), text(c, "oauth.tenant")
	b.OAuth.AuthURL, b.OAuth.TokenURL, b.OAuth.Scopes = text(c, "oauth.auth_url"), text(c, "oauth.token_url"), text(c, "oauth.scopes")
	b.Routes = nil
	if form, err := c.FormParams(); err == nil {
		for i, address := range form["route.address"] {
			r := desk.MailRoute{Address: address}
			if i < len(form["route.team"]) {
				r.TeamID = desk.TeamID(number(form["route.team"][i], 0))
			}
			b.Routes = append(b.Routes, r)
		}
	}
	for side, s := range map[string]*desk.MailServer{"imap": &b.IMAP, "smtp": &b.SMTP} {
		s.Host, s.Port, s.Security = text(c, side+".host"), int(number(text(c, side+".port"), 0)), text(c, side+".security")
		s.Username, s.Auth = text(c, side+".username"), text(c, side+".auth")
	}
	b.IMAP.Folder = text(c, "imap.folder")
}

// secrets are the passwords of the form; one left empty is the stored one, and of a
// new mailbox the SMTP password is the IMAP one.
func (w *Web) secrets(c echo.Context, p *mailboxPage) (s desk.MailboxSecrets, changed bool, err error) {
	var before desk.Mailbox
	if p.In.ID != 0 {
		if err := w.Desk.InboxSecrets(c.Request().Context(), desk.System, p.In.ID, &s); err != nil && !desk.IsSealed(err) {
			return s, false, err
		}
		if before, err = desk.MailboxOf(p.In); err != nil {
			return s, false, err
		}
	}
	was := s
	given := desk.MailboxSecrets{IMAP: c.FormValue("imap.password"), SMTP: c.FormValue("smtp.password"), ClientSecret: c.FormValue("oauth.client_secret")}
	if given.SMTP == "" && (p.In.ID == 0 || s.SMTP == s.IMAP) {
		given.SMTP = given.IMAP
	}
	if fields := s.Elsewhere(before, p.Box, given); len(fields) > 0 {
		return s, false, &desk.Error{Kind: desk.KindInvalid, Key: "error.invalid", Fields: fields}
	}
	for _, v := range []struct{ to, from *string }{{&s.IMAP, &given.IMAP}, {&s.SMTP, &given.SMTP}, {&s.ClientSecret, &given.ClientSecret}} {
		if *v.from != "" {
			*v.to = *v.from
		}
	}
	if err := p.Box.SignBy(&s, c.FormValue("dkim.key")); err != nil {
		return s, false, err
	}
	return s, s != was, nil
}

func (w *Web) saveMailbox(c echo.Context) error {
	p, err := w.mailboxPage(c)
	if err != nil {
		return err
	}
	p.read(c)
	if err := p.Box.Check(); err != nil {
		return w.again(c, err, "admin/mailboxes/form", p)
	}
	secrets, changed, err := w.secrets(c, p)
	if err != nil {
		return w.again(c, err, "admin/mailboxes/form", p)
	}
	saved := desk.SavedInbox{ID: p.In.ID, Channel: desk.Email, Name: p.In.Name, Enabled: p.In.Enabled, TeamID: p.In.TeamID, Settings: p.Box}
	if changed {
		saved.Secrets = secrets
	}
	if _, err := w.Desk.SaveInbox(c.Request().Context(), actor(c), saved); err != nil {
		return w.again(c, err, "admin/mailboxes/form", p)
	}
	w.notice(c, "notice.saved")
	if p.Box.Consents() && p.In.ID != 0 {
		return c.Redirect(http.StatusSeeOther, "/admin/mailboxes/"+p.In.ID.String())
	}
	if p.InSetup {
		return c.Redirect(http.StatusSeeOther, "/conversations")
	}
	return c.Redirect(http.StatusSeeOther, "/admin/mailboxes")
}

// testMailbox tries what stands in the form, stored or not, and says in words what fails.
func (w *Web) testMailbox(c echo.Context) error {
	p, err := w.mailboxPage(c)
	if err != nil {
		return err
	}
	p.read(c)
	lang := visitOf(c).reader.Lang
	var secrets desk.MailboxSecrets
	err = p.Box.Check()
	if err == nil {
		secrets, _, err = w.secrets(c, p)
	}
	if err == nil && w.CheckMailbox != nil {
		err = w.CheckMailbox(c.Request().Context(), p.In.ID, p.Box, secrets)
	}
	result, err := w.testResult(lang, err)
	if err != nil {
		return err
	}
	return w.part(c, http.StatusOK, "admin/mailboxes/_test", result)
}

// testResult says what a test showed; an error that is not about the settings comes back.
func (w *Web) testResult(lang string, err error) (testResult, error) {
	var e *desk.Error
	switch {
	case err == nil && w.CheckMailbox == nil:
		return testResult{Texts: []string{w.Views.T(lang, "mailbox.test_unavailable")}}, nil
	case err == nil:
		return testResult{true, []string{w.Views.T(lang, "mailbox.test_ok")}}, nil
	case !errors.As(err, &e):
		return testResult{}, err
	case len(e.Fields) == 0:
		return testResult{Texts: []string{w.Views.T(lang, e.Key, e.Args...)}}, nil
	}
	var r testResult
	for _, f := range e.Fields {
		r.Texts = append(r.Texts, w.Views.T(lang, "mailbox.field."+f.Name)+": "+w.Views.T(lang, f.Key, f.Args...))
	}
	return r, nil
}

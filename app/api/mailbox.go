package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"deskbell/app/desk"
	"deskbell/app/rest"
)

// Mailbox is a channel mailbox. Passwords are taken and never told.
type Mailbox struct {
	ID        string      `json:"id"`
	Address   string      `json:"address"`
	Name      string      `json:"name"`
	Enabled   bool        `json:"enabled"`
	IMAP      MailServer  `json:"imap"`
	SMTP      MailServer  `json:"smtp"`
	TeamID    *string     `json:"team_id" doc:"Whose its tickets are; null: everyone's"`
	KeepCopy  bool        `json:"keep_copy"`
	PlusReply bool        `json:"plus_reply" doc:"The server also takes support+anything@example.com: answers go to an address that names the ticket"`
	AutoReply AutoReply   `json:"auto_reply"`
	Signature string      `json:"signature" doc:"The text of the active one"`
	Aliases   []string    `json:"aliases" nullable:"false"`
	Routes    []MailRoute `json:"routes" nullable:"false" doc:"Addresses that belong to a team of their own"`
	Rounds
	Signatures      []MailSignature `json:"signatures" nullable:"false"`
	SignatureChoice bool            `json:"signature_choice" doc:"Agents may choose another one for a message"`
	DKIM            *MailboxDKIM    `json:"dkim" doc:"By which key its mail is signed here; null: it is not"`
	Authserv        string          `json:"authserv" doc:"The server whose word on senders (Authentication-Results) is believed; empty: the IMAP host and its neighbours"`
	CreatedAt       time.Time       `json:"created_at"`
}

// Rounds is how a mailbox is read, and how much.
type Rounds struct {
	Folders []string `json:"folders" nullable:"false" doc:"Watched besides imap.folder"`
	After   string   `json:"after" enum:"keep,seen,move,delete" doc:"What is done on the server with a mail once it is stored here"`
	MoveTo  string   `json:"move_to" doc:"With move: the folder"`
	Poll    int      `json:"poll_seconds" doc:"Between looks at a server without IDLE"`
	Alert   int      `json:"alert_minutes" doc:"After which a failing mailbox is told to the admins; -1: never"`
	Flood   int      `json:"flood_limit" doc:"Mails that one sender may write in an hour before they are set aside; -1: any number"`
	Hourly  int      `json:"hourly_limit" doc:"Mails that go out in an hour; 0: any number"`
}

// MailRoute gives what is sent to an address to a team.
type MailRoute struct {
	Address string  `json:"address" maxLength:"254" doc:"billing@example.com, a tag of the mailbox's addresses (+billing), or whatever else is sent to a domain (*@example.com)"`
	TeamID  *string `json:"team_id" doc:"null: the mailbox's own"`
}

// MailServer is one side of a mailbox.
type MailServer struct {
	Host     string `json:"host"`
	Port     int    `json:"port"`
	Security string `json:"security" enum:"tls,starttls,none"`
	Username string `json:"username"`
	Auth     string `json:"auth" enum:"password,xoauth2"`
	Folder   string `json:"folder,omitempty"`
}

// MailSignature is one of the texts that may stand below a mailbox's mails.
type MailSignature struct {
	Name   string `json:"name" maxLength:"40" doc:"By which agents choose it; empty: its first line"`
	Text   string `json:"text" maxLength:"2000"`
	Active bool   `json:"active" doc:"It stands where nobody chooses"`
}

// AutoReply is what a customer's first mail is answered with.
type AutoReply struct {
	Enabled bool   `json:"enabled"`
	Subject string `json:"subject"`
	Body    string `json:"body"`
}

type serverFields struct {
	Host     *string `json:"host,omitempty" maxLength:"253"`
	Port     *int    `json:"port,omitempty" minimum:"1" maximum:"65535"`
	Security *string `json:"security,omitempty" enum:"tls,starttls,none"`
	Username *string `json:"username,omitempty" maxLength:"254"`
	Password *string `json:"password,omitempty" maxLength:"4000"`
	Auth     *string `json:"auth,omitempty" enum:"password,xoauth2"`
	Folder   *string `json:"folder,omitempty" maxLength:"200" doc:"IMAP only; INBOX by default"`
}

type autoReplyFields struct {
	Enabled *bool   `json:"enabled,omitempty"`
	Subject *string `json:"subject,omitempty" maxLength:"300"`
	Body    *string `json:"body,omitempty" maxLength:"20000"`
}

type mailboxFields struct {
	InboxParts
	Address         *string          `json:"address,omitempty" maxLength:"254"`
	IMAP            *serverFields    `json:"imap,omitempty"`
	SMTP            *serverFields    `json:"smtp,omitempty"`
	KeepCopy        *bool            `json:"keep_copy,omitempty"`
	PlusReply       *bool            `json:"plus_reply,omitempty"`
	AutoReply       *autoReplyFields `json:"auto_reply,omitempty"`
	Signature       *string          `json:"signature,omitempty" maxLength:"2000" doc:"The text of the active one"`
	Signatures      *[]MailSignature `json:"signatures,omitempty" maxItems:"20" doc:"All of them; one is active at most"`
	SignatureChoice *bool            `json:"signature_choice,omitempty"`
	Aliases         *[]string        `json:"aliases,omitempty" maxItems:"50"`
	Routes          *[]MailRoute     `json:"routes,omitempty" maxItems:"100"`
	Folders         *[]string        `json:"folders,omitempty" maxItems:"9"`
	After           *string          `json:"after,omitempty" enum:"keep,seen,move,delete"`
	MoveTo          *string          `json:"move_to,omitempty" maxLength:"200"`
	Poll            *int             `json:"poll_seconds,omitempty"`
	Alert           *int             `json:"alert_minutes,omitempty"`
	Flood           *int             `json:"flood_limit,omitempty"`
	Hourly          *int             `json:"hourly_limit,omitempty"`
	OAuth           *oauthFields     `json:"oauth,omitempty"`
	DKIM            *dkimFields      `json:"dkim,omitempty"`
	Authserv        *string          `json:"authserv,omitempty" maxLength:"253"`
}

// MailboxTest is what a test of a mailbox found.
type MailboxTest struct {
	OK     bool         `json:"ok"`
	Errors []rest.Fault `json:"errors" nullable:"false" doc:"What is wrong and what to try"`
}

func (d *Door) mailboxes() {
	const tag = "mailboxes"
	rest.On(d.api, d.op(http.MethodGet, "/mailboxes", "list-mailboxes", tag, "All mailboxes"), d.listMailboxes)
	rest.On(d.api, created(d.op(http.MethodPost, "/mailboxes", "create-mailbox", tag, "Add a mailbox")), d.createMailbox)
	rest.On(d.api, d.op(http.MethodGet, "/mailboxes/{id}", "get-mailbox", tag, "One mailbox"), d.getMailbox)
	rest.On(d.api, d.op(http.MethodPatch, "/mailboxes/{id}", "change-mailbox", tag, "Change a mailbox; what is left out stays"), alone(d, d.changeMailbox))
	rest.On(d.api, d.op(http.MethodDelete, "/mailboxes/{id}", "delete-mailbox", tag, "Take a mailbox out of service; its tickets stay"), d.deleteMailbox)
	if d.LookUp != nil {
		rest.On(d.api, d.op(http.MethodGet, "/mailboxes/{id}/dns", "check-mailbox-dns", tag, "What DNS says about its domain: MX, SPF, DKIM, DMARC"), d.lookUpMailbox)
	}
	if d.Check != nil {
		rest.On(d.api, d.op(http.MethodPost, "/mailboxes/{id}/test", "test-mailbox", tag, "Log in to both servers and say what is wrong"), d.testMailbox)
	}
}

func (d *Door) listMailboxes(ctx context.Context, by desk.Actor, in *struct{ rest.Page }) (*rest.List[Mailbox], error) {
	all, err := d.desk.Inboxes(ctx, by, desk.Email)
	if err != nil {
		return nil, err
	}
	some, next, err := cut(all, in.Page)
	if err != nil {
		return nil, err
	}
	forms := make([]Mailbox, len(some))
	for i, box := range some {
		if forms[i], err = d.formMailbox(ctx, box); err != nil {
			return nil, err
		}
	}
	return rest.ListOf(forms, next, func(m Mailbox) Mailbox { return m }), nil
}

func (d *Door) getMailbox(ctx context.Context, by desk.Actor, in *rest.ByID) (*rest.One[Mailbox], error) {
	return d.oneMailbox(ctx)(d.mailbox(ctx, by, in.ID))
}

// mailbox finds an inbox that is a mailbox.
func (d *Door) mailbox(ctx context.Context, by desk.Actor, text string) (*desk.Inbox, error) {
	id, err := desk.ParseID[desk.InboxID](text)
	if err != nil {
		return nil, err
	}
	box, err := d.desk.Inbox(ctx, by, id)
	if err == nil && box.Channel != desk.Email {
		err = desk.NotFound
	}
	return box, err
}

func (d *Door) createMailbox(ctx context.Context, by desk.Actor, in *struct{ Body mailboxFields }) (*rest.One[Mailbox], error) {
	if err := by.Can(desk.ManageInboxes); err != nil {
		return nil, err
	}
	return d.saveMailbox(ctx, by, &desk.Inbox{Enabled: true}, desk.Mailbox{}, in.Body)
}

func (d *Door) changeMailbox(ctx context.Context, by desk.Actor, in *struct {
	rest.ByID
	Body mailboxFields
}) (*rest.One[Mailbox], error) {
	box, err := d.mailbox(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	settings, err := desk.MailboxOf(box)
	if err != nil {
		return nil, err
	}
	return d.saveMailbox(ctx, by, box, settings, in.Body)
}

func (d *Door) saveMailbox(ctx context.Context, by desk.Actor, box *desk.Inbox, m desk.Mailbox, f mailboxFields) (*rest.One[Mailbox], error) {
	in, err := f.InboxParts.saved(box, desk.Email)
	if err != nil {
		return nil, err
	}
	f.fill(&m)
	if err := f.fillRoutes(&m); err != nil {
		return nil, err
	}
	if err := m.Check(); err != nil {
		return nil, err
	}
	if in.Name == "" {
		in.Name = m.Address
	}
	in.Settings = m
	if in.Secrets, err = d.secrets(ctx, box, m, f); err != nil {
		return nil, err
	}
	return d.oneMailbox(ctx)(d.desk.SaveInbox(ctx, by, in))
}

func (f *mailboxFields) fill(m *desk.Mailbox) {
	set(&m.Address, f.Address)
	set(&m.KeepCopy, f.KeepCopy)
	set(&m.PlusReply, f.PlusReply)
	if f.Signatures != nil {
		m.Signatures, m.Signature = nil, ""
		for _, s := range *f.Signatures {
			m.Signatures = append(m.Signatures, desk.MailSignature(s))
		}
	}
	if f.Signature != nil {
		m.Sign(*f.Signature)
	}
	set(&m.SignatureChoice, f.SignatureChoice)
	set(&m.Aliases, f.Aliases)
	set(&m.Folders, f.Folders)
	set(&m.After, f.After)
	set(&m.MoveTo, f.MoveTo)
	set(&m.Poll, f.Poll)
	set(&m.Alert, f.Alert)
	set(&m.Flood, f.Flood)
	set(&m.Hourly, f.Hourly)
	set(&m.Authserv, f.Authserv)
	if f.DKIM != nil {
		set(&m.DKIM, f.DKIM.Selector)
	}
	f.OAuth.fill(m)
	f.IMAP.fill(&m.IMAP)
	f.SMTP.fill(&m.SMTP)
	if a := f.AutoReply; a != nil {
		set(&m.AutoReply.Enabled, a.Enabled)
		set(&m.AutoReply.Subject, a.Subject)
		set(&m.AutoReply.Body, a.Body)
	}
}

func (f *mailboxFields) fillRoutes(m *desk.Mailbox) error {
	if f.Routes == nil {
		return nil
	}
	m.Routes = nil
	for _, r := range *f.Routes {
		to := desk.MailRoute{Address: r.Address}
		if r.TeamID != nil {
			id, err := desk.ParseID[desk.TeamID](*r.TeamID)
			if err != nil {
				return desk.Invalid("routes", "fault.team_unknown")
			}
			to.TeamID = id
		}
		m.Routes = append(m.Routes, to)
	}
	return nil
}

func (f *serverFields) fill(s *desk.MailServer) {
	if f == nil {
		return
	}
	set(&s.Host, f.Host)
	if f.Security != nil && *f.Security != s.Security && f.Port == nil {
		s.Port = 0 // the usual one for it
	}
	set(&s.Port, f.Port)
	set(&s.Security, f.Security)
	set(&s.Username, f.Username)
	set(&s.Auth, f.Auth)
	set(&s.Folder, f.Folder)
}

func (d *Door) deleteMailbox(ctx context.Context, by desk.Actor, in *rest.ByID) (*nothing, error) {
	box, err := d.mailbox(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	return nil, d.desk.DeleteInbox(ctx, by, box.ID)
}

// testMailbox answers 200 also when something is wrong: that is what was asked.
func (d *Door) testMailbox(ctx context.Context, by desk.Actor, in *rest.ByID) (*rest.One[MailboxTest], error) {
	box, err := d.mailbox(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	out := &rest.One[MailboxTest]{Body: MailboxTest{OK: true, Errors: []rest.Fault{}}}
	err = d.Check(ctx, box)
	if err == nil {
		return out, nil
	}
	var known *desk.Error
	if !errors.As(err, &known) {
		return nil, err
	}
	p := d.api.Problem(ctx, err)
	out.Body.OK = false
	if out.Body.Errors = p.Errors; len(p.Errors) == 0 {
		out.Body.Errors = []rest.Fault{{Location: "body", Message: p.Detail, Code: p.Code}}
	}
	return out, nil
}

func (d *Door) oneMailbox(ctx context.Context) func(*desk.Inbox, error) (*rest.One[Mailbox], error) {
	return func(box *desk.Inbox, err error) (*rest.One[Mailbox], error) {
		if err != nil {
			return nil, err
		}
		form, err := d.formMailbox(ctx, box)
		return &rest.One[Mailbox]{Body: form}, err
	}
}

// formMailbox is for those who may manage inboxes: it looks at the secrets for what of them is public.
func (d *Door) formMailbox(ctx context.Context, box *desk.Inbox) (Mailbox, error) {
	m, err := desk.MailboxOf(box)
	side := func(s desk.MailServer) MailServer {
		return MailServer{Host: s.Host, Port: s.Port, Security: s.Security, Username: s.Username, Auth: s.Auth, Folder: s.Folder}
	}
	w := Mailbox{ID: box.ID.String(), Address: m.Address, Name: box.Name, Enabled: box.Enabled, IMAP: side(m.IMAP), SMTP: side(m.SMTP), KeepCopy: m.KeepCopy, PlusReply: m.PlusReply,
		AutoReply: AutoReply(m.AutoReply), Signature: m.Signature, Aliases: append([]string{}, m.Aliases...), CreatedAt: box.CreatedAt}
	if box.TeamID != 0 {
		w.TeamID = ptr(box.TeamID.String())
	}
	if err == nil {
		err = m.Check() // so that what is not said is told as it is
	}
	if err == nil {
		w.DKIM, err = d.dkim(ctx, box, m)
	}
	w.Authserv, w.SignatureChoice, w.Signatures = m.Authserv, m.SignatureChoice, []MailSignature{}
	for _, s := range m.Signatures {
		w.Signatures = append(w.Signatures, MailSignature(s))
	}
	w.Rounds = Rounds{Folders: append([]string{}, m.Folders...), After: m.After, MoveTo: m.MoveTo, Poll: m.Poll, Alert: m.Alert, Flood: m.Flood, Hourly: m.Hourly}
	w.Routes = []MailRoute{}
	for _, r := range m.Routes {
		to := MailRoute{Address: r.Address}
		if r.TeamID != 0 {
			to.TeamID = ptr(r.TeamID.String())
		}
		w.Routes = append(w.Routes, to)
	}
	return w, err
}

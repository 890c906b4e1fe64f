// Package apptest is a whole desk in a test: a tea shop on a fresh data folder, its people, and browsers that speak to it
// in process.
//
// shop.go has the shop and its people, browser.go what a logged-in agent does with pages, page.go what can be asked of an
// answer, selector.go the small part of CSS selectors that it understands. mailhost, beside it, has real mail servers.
package apptest

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"deskbell/app"
	"deskbell/app/desk"
)

// Password is what everybody in the shop logs in with.
const Password = "first flush 2026"

// Shop is a tea shop with a desk: two teams, three agents, a widget and a mailbox.
type Shop struct {
	*app.App
	T testing.TB

	Alice *Browser // admin
	Bo    *Browser // agent of the sales team
	Chen  *Browser // agent of the export team, who reads Chinese

	Sales, Export desk.TeamID
	Widget        *desk.Inbox
	Mailbox       *desk.Inbox
}

// Root is the project's folder: the nearest one above the test's with a go.mod. (The binary does not know where its
// sources lie: it is built with -trimpath.)
func Root() string {
	dir, err := os.Getwd()
	for err == nil && dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	panic("the tests run outside the project's folder")
}

// Open opens the shop. Its files are gone when the test ends.
func Open(t testing.TB) *Shop {
	t.Helper()
	root := Root()
	a, err := app.New(t.Context(), app.Config{Data: t.TempDir(), URL: "http://desk.test", Version: "test"}, os.DirFS(root+"/views"), os.DirFS(root+"/static"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Desk.Check(context.Background()); err != nil {
			t.Errorf("the desk does not keep its promises: %v", err)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := a.Start(); err != nil {
		t.Fatal(err)
	}
	a.Desk.Hashing = desk.Hashing{Passes: 1, KiB: 8}
	s := &Shop{App: a, T: t}
	s.people()
	return s
}

func (s *Shop) people() {
	ctx := s.T.Context()
	admin, err := s.Desk.SetUp(ctx, desk.System, desk.Setup{
		Company: desk.Company{Name: "West Lake Tea", Locale: "en", TimeZone: "Asia/Shanghai"}, Name: "Alice", Email: "alice@tea.example", Password: Password,
	})
	s.Must(err)
	by := admin.Actor()
	s.Sales, s.Export = s.team(by, "Sales"), s.team(by, "Export")
	s.Bo = s.agent(by, "Bo", "bo@tea.example", s.Sales)
	s.Chen = s.agent(by, "陈晨", "chen@tea.example", s.Export)
	s.Must(s.Desk.ChangeProfile(ctx, s.Chen.Actor(), desk.Profile{Name: "陈晨", Locale: "zh-CN", TimeZone: "Asia/Shanghai"}))
	s.Alice = s.logIn(admin)
	s.Widget, err = s.Desk.SaveInbox(ctx, by, desk.SavedInbox{Channel: desk.Webchat, Name: "Shop widget", Enabled: true, TeamID: s.Sales, Settings: desk.Widget{Greeting: "Welcome!"}})
	s.Must(err)
	box := desk.Mailbox{Address: "support@tea.example", IMAP: desk.MailServer{Host: "imap.tea.example", Port: 993, Security: "tls"}, SMTP: desk.MailServer{Host: "smtp.tea.example", Port: 465, Security: "tls"}}
	s.Must(box.Check())
	// Not in service: these tests have no mail servers.
	s.Mailbox, err = s.Desk.SaveInbox(ctx, by, desk.SavedInbox{Channel: desk.Email, Name: "Support", TeamID: s.Sales, Settings: box, Secrets: desk.MailboxSecrets{IMAP: "x", SMTP: "x"}})
	s.Must(err)
}

// Must ends the test on an error.
func (s *Shop) Must(err error) {
	s.T.Helper()
	if err != nil {
		s.T.Fatal(err)
	}
}

func (s *Shop) team(by desk.Actor, name string) desk.TeamID {
	t, err := s.Desk.SaveTeam(s.T.Context(), by, desk.Team{Name: name, Assignment: "collaboration"})
	s.Must(err)
	return t.ID
}

func (s *Shop) agent(by desk.Actor, name, email string, team desk.TeamID) *Browser {
	a, err := s.Desk.CreateAgent(s.T.Context(), by, desk.NewAgent{Email: email, Name: name, Password: Password, Role: desk.Crew, TeamIDs: []desk.TeamID{team}})
	s.Must(err)
	return s.logIn(a)
}

// Visitor is somebody on the shop's page.
type Visitor struct {
	s     *Shop
	Token string
	ID    desk.CustomerID
}

// Visitor comes to the shop's page; name may be empty.
func (s *Shop) Visitor(name string) *Visitor {
	token, c, err := s.Desk.Enter(s.T.Context(), desk.System, desk.Visit{Profile: desk.CustomerChange{Name: &name}, URL: "https://shop.example/longjing", Title: "Longjing"})
	s.Must(err)
	return &Visitor{s, token, c.ID}
}

// Actor is the visitor as one who acts.
func (v *Visitor) Actor() desk.Actor { return desk.AsCustomer(v.ID) }

// Say writes into the shop's widget.
func (v *Visitor) Say(text string) *desk.Message {
	v.s.T.Helper()
	got, err := v.s.Desk.Receive(v.s.T.Context(), v.Actor(), desk.Incoming{InboxID: v.s.Widget.ID, Text: text})
	v.s.Must(err)
	return got.Message
}

// Mail is a mail from a customer, as the mailbox takes it in: the first of a new ticket.
func (s *Shop) Mail(from, subject, text, html string) *desk.Conversation {
	s.T.Helper()
	got, err := s.Desk.Receive(s.T.Context(), desk.System, desk.Incoming{
		InboxID: s.Mailbox.ID, Identity: desk.Identity{Channel: desk.Email, ExternalID: from}, Customer: desk.Customer{Name: from, Email: from},
		Ticket: &desk.NewTicket{Subject: subject, Origin: "mail"}, Text: text, HTML: html, ExternalID: subject + "@customer.example",
	})
	s.Must(err)
	c, err := s.Desk.Conversation(s.T.Context(), desk.System, got.ConversationID)
	s.Must(err)
	return c
}

package app

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pquerna/otp/totp"

	"deskbell/app/desk"
)

// A desk whose key is lost, or is another's, does not start and says what to do; it goes on without it when it is told to, and names
// what has to be entered again.
func TestTheKeyIsLost(t *testing.T) {
	data, ctx := t.TempDir(), t.Context()
	c := Config{Data: data, URL: "http://desk.test", AdminEmail: "alice@tea.example", AdminPassword: "longjing before rain"}
	open := func() (*App, error) { return New(ctx, c, os.DirFS("../views"), os.DirFS("../static")) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	a, err := open()
	must(err)
	box := desk.Mailbox{Address: "support@tea.example", IMAP: desk.MailServer{Host: "imap.tea.example"}, SMTP: desk.MailServer{Host: "smtp.tea.example"}}
	must(box.Check())
	in, err := a.Desk.SaveInbox(ctx, desk.System, desk.SavedInbox{Channel: desk.Email, Name: "Support", Enabled: true, Settings: box, Secrets: desk.MailboxSecrets{IMAP: "leaf", SMTP: "leaf"}})
	must(err)
	widget, err := a.Desk.SaveInbox(ctx, desk.System, desk.SavedInbox{Channel: desk.Webchat, Name: "Shop", Enabled: true, Settings: desk.Widget{}})
	must(err)
	_, err = a.Desk.NewIdentitySecret(ctx, desk.System, widget.ID)
	must(err)
	_, err = a.Desk.NewSignOnSecret(ctx, desk.System)
	must(err)
	must(a.Desk.ChangeSignOn(ctx, desk.System, desk.SignOn{On: true, URL: "https://login.tea.example/"}))
	alice, err := a.Desk.AgentByEmail(ctx, desk.System, "alice@tea.example")
	must(err)
	_, err = a.Desk.SendSystemMail(ctx, desk.System, desk.SystemMail{AgentID: alice.ID, What: "test"})
	must(err)
	company, err := a.Desk.Company(ctx, desk.System)
	must(err)
	company.TwoFactor = "all"
	must(a.Desk.ChangeCompany(ctx, alice.Actor(), company))
	var recovery []string
	confirm := func() {
		t.Helper()
		must(a.Desk.BeginTwoFactor(ctx, alice.Actor()))
		state, err := a.Desk.TwoFactor(ctx, alice.Actor())
		must(err)
		code, err := totp.GenerateCode(state.Secret, a.Desk.Clock())
		must(err)
		recovery, err = a.Desk.ConfirmTwoFactor(ctx, alice.Actor(), code)
		must(err)
	}
	logIn := func(code string) error {
		t.Helper()
		who := desk.Credentials{Email: "alice@tea.example", Password: "longjing before rain", IP: "127.0.0.1"}
		step, _, err := a.Desk.LogIn(ctx, desk.System, who)
		if !errors.Is(err, desk.CodeNeeded) {
			t.Errorf("the password alone: %v", err)
		}
		_, _, _, err = a.Desk.CompleteLogIn(ctx, desk.System, step, code, who)
		return err
	}
	confirm()
	must(a.Close())
	if _, err := ReplaceKey(ctx, c); err == nil || !strings.Contains(err.Error(), "nothing to replace") {
		t.Errorf("a key that fits is replaced: %v", err)
	}

	must(os.Rename(filepath.Join(data, "secret.key"), filepath.Join(data, "kept")))
	if _, err := open(); err == nil || !strings.Contains(err.Error(), "deskbell key replace") {
		t.Errorf("without its key: %v", err)
	}
	if _, err := c.Key(); err == nil {
		t.Error("a command makes a key for a desk that had another")
	}
	must(os.WriteFile(filepath.Join(data, "secret.key"), []byte(strings.Repeat("ab", 32)), 0o600))
	if _, err := open(); !errors.Is(err, desk.ErrOtherKey) || !strings.Contains(err.Error(), "deskbell key replace") {
		t.Errorf("with another's key: %v", err)
	}
	lost, err := ReplaceKey(ctx, c)
	must(err)
	if len(lost.Inboxes) != 2 || !lost.SignOn || lost.Inboxes[0].ID != in.ID || lost.Mails != 1 || len(lost.Agents) != 1 || lost.Agents[0].ID != alice.ID {
		t.Errorf("named as lost: %+v", lost)
	}

	a, err = open()
	must(err)
	if _, err := a.Desk.SystemMails(ctx, desk.System, 0, 10); err != nil {
		t.Errorf("the mails of the company: %v", err)
	}
	// Her phone's codes are right no more. A recovery code is, and then a phone anew, though the company forbids to be without.
	if err := logIn("000000"); !desk.IsInvalid(err) {
		t.Errorf("a code of six digits: %v", err)
	}
	must(logIn(recovery[0]))
	confirm()
	must(logIn(recovery[1]))
	if s, err := a.Desk.IdentitySecret(ctx, desk.System, widget.ID); s != "" || err != nil {
		t.Errorf("the widget's secret: %q, %v", s, err)
	}
	if s, err := a.Desk.SignOn(ctx, desk.System); s.On || s.URL == "" || err != nil {
		t.Errorf("single sign-on: %+v, %v", s, err)
	}
	var said *desk.Error
	err = a.Mail.Check(ctx, in)
	if !errors.As(err, &said) || len(said.Fields) == 0 || said.Fields[0].Key != "mailbox.problem.sealed" {
		t.Errorf("the mailbox says %v", err)
	}
	in, err = a.Desk.SaveInbox(ctx, desk.System, desk.SavedInbox{ID: in.ID, Channel: desk.Email, Name: "Support", Enabled: true, Settings: box, Secrets: desk.MailboxSecrets{IMAP: "bud", SMTP: "bud"}})
	must(err)
	var s desk.MailboxSecrets
	if err := a.Desk.InboxSecrets(ctx, desk.System, in.ID, &s); err != nil || s.IMAP != "bud" {
		t.Errorf("entered again: %+v, %v", s, err)
	}
	must(a.Close())
}

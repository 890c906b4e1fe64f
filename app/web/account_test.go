package web_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"deskbell/app/apptest"
)

// An agent sets up the second step, logs in by it, and by a recovery code when the phone is gone.
func TestSecondStepInTheBrowser(t *testing.T) {
	s := apptest.Open(t)
	s.Bo.Get("/profile/two-factor").Status(200)
	s.Bo.Post("/profile/two-factor").LeadsTo("/profile/two-factor")
	page := s.Bo.Get("/profile/two-factor").Status(200)
	if got := s.Bo.Get("/profile/two-factor/picture"); got.Status(200).Header.Get("Content-Type") != "image/png" || !strings.HasPrefix(got.Body, "\x89PNG") {
		t.Error("no picture of the secret")
	}
	secret := page.All("li code")[0]
	s.Bo.Post("/profile/two-factor/confirmation", "code", "000000").Status(422).Has(".fault", "The code is wrong")
	code, err := totp.GenerateCode(secret, s.Desk.Clock())
	s.Must(err)
	codes := strings.Fields(s.Bo.Post("/profile/two-factor/confirmation", "code", code).Status(200).All("#recovery-codes")[0])
	if len(codes) != 10 {
		t.Fatalf("the codes are %v", codes)
	}

	b := s.Browser()
	b.Get("/login/code").LeadsTo("/login")
	b.Get("/login")
	b.Post("/login", "email", "bo@tea.example", "password", apptest.Password, "next", "/tickets").LeadsTo("/login/code?next=%2Ftickets")
	b.Get("/conversations").LeadsTo("/login?next=%2Fconversations")
	b.Get("/login/code")
	b.Post("/login/code", "code", "123", "next", "/tickets").Status(422).Has(".fault", "The code is wrong")
	b.Post("/login/code", "code", codes[0], "next", "/tickets").LeadsTo("/tickets")
	b.Get("/tickets").Status(200)

	// Another phone takes over without a moment in between.
	s.Bo.Post("/profile/two-factor").LeadsTo("/profile/two-factor")
	another := s.Bo.Get("/profile/two-factor").Status(200).Has(".lead", "Codes of the phone before").All("li code")[0]
	code, err = totp.GenerateCode(another, s.Desk.Clock())
	s.Must(err)
	s.Bo.Post("/profile/two-factor/confirmation", "code", code).Status(200).Has("#recovery-codes", "-")

	// Who has lost both asks an admin.
	s.Alice.Post("/admin/agents/" + id(s.Bo) + "/two-factor").LeadsTo("/admin/agents/" + id(s.Bo))
	fresh := s.Browser()
	fresh.Get("/login")
	fresh.Post("/login", "email", "bo@tea.example", "password", apptest.Password).LeadsTo("/")
}

// Where the company requires the second step, nothing else opens without one.
func TestSecondStepIsRequired(t *testing.T) {
	s := apptest.Open(t)
	c, err := s.Desk.Company(t.Context(), s.Alice.Actor())
	s.Must(err)
	c.TwoFactor = "all"
	s.Must(s.Desk.ChangeCompany(t.Context(), s.Alice.Actor(), c))
	s.Bo.Get("/conversations").LeadsTo("/profile/two-factor")
	s.Bo.Post("/conversations/1/messages", "text", "hello").Status(http.StatusForbidden)
	s.Bo.Get("/stream").Status(http.StatusForbidden)
	s.Bo.Get("/profile/two-factor").Status(200).Has(".notice", "requires")
}

// A link to a new password goes by mail, to the address of the desk whatever the request says, and works once.
func TestForgottenPassword(t *testing.T) {
	s := apptest.Open(t)
	b := s.Browser()
	b.Get("/login").Has("a", "Forgot your password?")
	b.Get("/password-reset")
	known := b.Post("/password-reset", "email", "bo@tea.example").Status(200)
	unknown := b.Post("/password-reset", "email", "nobody@tea.example").Status(200)
	if strings.ReplaceAll(unknown.Tokenless(), "nobody@", "bo@") != known.Tokenless() {
		t.Error("the page tells who is an agent")
	}
	link := s.Alice.Post("/admin/agents/" + id(s.Bo) + "/password-reset").Status(200).All("#invitation")[0]
	path := link[strings.Index(link, "/password-reset/"):]
	if got := b.Get(path).Status(200).Header.Get("Referrer-Policy"); got != "no-referrer" && got != "same-origin" {
		t.Errorf("the address may leak: Referrer-Policy is %q", got)
	}
	b.Post(path, "password", "short").Status(422)
	b.Post(path, "password", "a pot of oolong").LeadsTo("/login")
	b.Get(path).Status(404)
	s.Bo.Get("/conversations").LeadsTo("/login?next=%2Fconversations")
	b.Post("/login", "email", "bo@tea.example", "password", "a pot of oolong").LeadsTo("/")
}

// What protects the desk asks for the password again after a while.
func TestThePasswordIsAskedAgain(t *testing.T) {
	s := apptest.Open(t)
	now := time.Now()
	s.Desk.Clock = func() time.Time { return now }
	s.Desk.Steady = s.Desk.Clock
	s.Alice.Get("/admin/company").Status(200)
	now = now.Add(3 * time.Hour)
	s.Alice.Get("/conversations").Status(200)
	for _, path := range []string{"/admin/company", "/admin/agents/new", "/profile/two-factor"} {
		s.Alice.Get(path).LeadsTo("/prove?next=" + strings.ReplaceAll(path, "/", "%2F"))
	}
	before, err := s.Desk.Tokens(t.Context(), s.Alice.Actor())
	s.Must(err)
	s.Alice.Post("/profile/tokens", "token_name", "thief").LeadsTo("/prove?next=%2F")
	after, err := s.Desk.Tokens(t.Context(), s.Alice.Actor())
	s.Must(err)
	if len(after) != len(before) {
		t.Error("a token was made")
	}
	s.Alice.Get("/prove?next=/admin/company").Status(200)
	s.Alice.Post("/prove", "password", "wrong", "next", "/admin/company").Status(422).Has(".fault", "not your current password")
	s.Alice.Post("/prove", "password", apptest.Password, "next", "/admin/company").LeadsTo("/admin/company")
	s.Alice.Get("/admin/company").Status(200)
}

func id(b *apptest.Browser) string { return strconv.FormatInt(int64(b.Agent.ID), 10) }

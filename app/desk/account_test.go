package desk

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

const here = "192.0.2.7"

func (s *shop) code(secret string) string {
	s.t.Helper()
	code, err := hotp.GenerateCodeCustom(secret, uint64(s.now.Unix()/stepPeriod), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	s.must(err)
	return code
}

// foreign is a code that a secret does not take, as it takes three of a million: time passes until that is so.
func (s *shop) foreign(secret string, code func() string) string {
	for codeStep(secret, code(), s.now, 0) != 0 {
		s.now = s.now.Add(stepPeriod * time.Second)
	}
	return code()
}

// secondStep switches Alice's on, and answers the secret and the recovery codes.
func (s *shop) secondStep() (secret string, recovery []string) {
	s.t.Helper()
	by := s.alice
	s.must(s.BeginTwoFactor(s.t.Context(), by))
	state, err := s.TwoFactor(s.t.Context(), by)
	s.must(err)
	if state.On || state.Secret == "" || !strings.HasPrefix(state.URL, "otpauth://totp/") {
		s.t.Fatalf("begun: %+v", state)
	}
	if _, err := s.ConfirmTwoFactor(s.t.Context(), by, s.foreign(state.Secret, func() string { return "000000" })); !IsInvalid(err) {
		s.t.Fatalf("a wrong first code: %v", err)
	}
	recovery, err = s.ConfirmTwoFactor(s.t.Context(), by, s.code(state.Secret))
	s.must(err)
	s.now = s.now.Add(time.Minute) // that code is used
	return state.Secret, recovery
}

func (s *shop) password() string {
	s.t.Helper()
	step, _, err := s.LogIn(s.t.Context(), System, Credentials{Email: "alice@tea.example", Password: "longjing before rain", IP: here})
	if !errors.Is(err, CodeNeeded) {
		s.t.Fatalf("the password alone: %v", err)
	}
	return step
}

func (s *shop) second(step, code string) error {
	s.t.Helper()
	token, _, _, err := s.CompleteLogIn(s.t.Context(), System, step, code, Credentials{IP: here})
	if err == nil {
		if _, _, err := s.Session(s.t.Context(), System, token); err != nil {
			s.t.Errorf("the session: %v", err)
		}
	}
	return err
}

func TestSecondStep(t *testing.T) {
	s := open(t)
	secret, recovery := s.secondStep()
	step := s.password()
	if _, _, err := s.Session(t.Context(), System, step); !errors.Is(err, Unauthorized) {
		t.Errorf("the step between is a session: %v", err)
	}
	if err := s.second(step, "12345"); !IsInvalid(err) {
		t.Errorf("a wrong code: %v", err)
	}
	for codeStep(secret, s.code(secret), s.now, s.now.Unix()/stepPeriod) != 0 { // the next period happens to have the same
		s.now = s.now.Add(stepPeriod * time.Second)
	}
	code := s.code(secret)
	s.must(s.second(step, code[:3]+" "+code[3:]))
	if err := s.second(step, code); err == nil {
		t.Error("the step was used twice")
	}
	if err := s.second(s.password(), code); !IsInvalid(err) {
		t.Errorf("the same code twice: %v", err)
	}
	s.now = s.now.Add(time.Minute)
	s.must(s.second(s.password(), strings.ToLower(recovery[3])))
	if err := s.second(s.password(), recovery[3]); !IsInvalid(err) {
		t.Errorf("the same recovery code twice: %v", err)
	}
	var kept int
	s.must(s.read().QueryRowContext(t.Context(), "select count(*) from recovery_codes where instr(cast(code_hash as text), ?)", strings.ReplaceAll(recovery[0], "-", "")).Scan(&kept))
	if state, err := s.TwoFactor(t.Context(), s.alice); err != nil || !state.On || state.Secret != "" || state.Recovery != 9 || kept != 0 {
		t.Errorf("%+v, %v, %d in clear", state, err, kept)
	}
}

// Guessing ends: five codes for one password, and a limit for the account whatever is tried.
func TestCodesCannotBeGuessed(t *testing.T) {
	s := open(t)
	s.mailbox("support@tea.example")
	secret, _ := s.secondStep()
	step, wrong, locked := s.password(), 0, 0
	for range stepTries {
		if err := s.second(step, "abcdefghij"); IsInvalid(err) {
			wrong++
		}
	}
	if err := s.second(step, s.code(secret)); wrong != stepTries || err == nil {
		t.Errorf("after %d wrong codes the right one: %v", wrong, err)
	}
	for range 20 {
		step := s.password
		var e *Error
		if err := s.second(step(), "abcdefghij"); errors.As(err, &e) && e.Kind == KindTooMany {
			locked++
		}
		s.now = s.now.Add(2500 * time.Millisecond) // within what passwords may be tried
	}
	if locked < 5 {
		t.Errorf("%d of 20 more were refused", locked)
	}
	mails, err := s.SystemMails(t.Context(), s.alice, 0, 10)
	s.must(err)
	if len(mails) != 1 || mails[0].What != "codes" || mails[0].Words.Args[1] != here {
		t.Errorf("the owner is told %+v", mails)
	}
	s.now = s.now.Add(11 * time.Minute)
	s.must(s.second(s.password(), s.code(secret))) // not for ever
}

// Another phone takes over with its first code, and not before; one that was begun with and left is forgotten. That needs no end of the
// second step in between, which a company may forbid.
func TestAnotherPhone(t *testing.T) {
	s, ctx := open(t), t.Context()
	old, recovery := s.secondStep()
	begin := func() string {
		t.Helper()
		s.must(s.BeginTwoFactor(ctx, s.alice))
		state, err := s.TwoFactor(ctx, s.alice)
		s.must(err)
		if !state.On || state.Secret == "" || state.Secret == old {
			t.Fatalf("begun with another: %+v", state)
		}
		return state.Secret
	}
	left := begin()
	if err := s.second(s.password(), s.foreign(old, func() string { return s.code(left) })); !IsInvalid(err) {
		t.Errorf("a code of a phone that was not confirmed: %v", err)
	}
	s.must(s.second(s.password(), s.code(old)))
	s.now = s.now.Add(freshLives + time.Minute)
	if state, err := s.TwoFactor(ctx, s.alice); err != nil || state.Secret != "" {
		t.Errorf("an hour later it still waits: %+v, %v", state, err)
	}
	if _, err := s.ConfirmTwoFactor(ctx, s.alice, s.code(left)); !IsInvalid(err) {
		t.Errorf("an hour later it is confirmed: %v", err)
	}
	fresh := begin()
	codes, err := s.ConfirmTwoFactor(ctx, s.alice, s.code(fresh))
	s.must(err)
	s.now = s.now.Add(time.Minute)
	for name, code := range map[string]string{"the phone before": s.foreign(fresh, func() string { return s.code(old) }), "a recovery code of before": recovery[0]} {
		if err := s.second(s.password(), code); !IsInvalid(err) {
			t.Errorf("%s lets in: %v", name, err)
		}
	}
	s.must(s.second(s.password(), s.code(fresh)))
	s.must(s.second(s.password(), codes[0]))
}

func TestWhoMustHaveASecondStep(t *testing.T) {
	s, ctx := open(t), t.Context()
	s.secondStep()
	c, err := s.Company(ctx, s.alice)
	s.must(err)
	c.TwoFactor = "admins"
	s.must(s.ChangeCompany(ctx, s.alice, c))
	if err := s.EndTwoFactor(ctx, s.alice, s.alice.Agent()); !IsConflict(err) {
		t.Errorf("an admin ends what the company requires: %v", err)
	}
	if err := s.EndTwoFactor(ctx, s.bo, s.alice.Agent()); !errors.Is(err, Forbidden) {
		t.Errorf("an agent ends an admin's: %v", err)
	}
	c.TwoFactor = "some"
	if err := s.ChangeCompany(ctx, s.alice, c); !IsInvalid(err) {
		t.Errorf("nonsense: %v", err)
	}
}

// The links by which passwords are reset: one use, one hour, none beside a newer one or a new password, none for the disabled.
func TestResetLinks(t *testing.T) {
	s, ctx := open(t), t.Context()
	link := func() string {
		t.Helper()
		token, err := s.MakeReset(ctx, s.alice, s.bo.Agent())
		s.must(err)
		return token
	}
	dead := func(token, why string) {
		t.Helper()
		if _, err := s.ResetPassword(ctx, System, token, "a pot of oolong", false); !errors.Is(err, NotFound) {
			t.Errorf("%s: %v", why, err)
		}
	}
	old := link()
	used := link()
	dead(old, "an older link")
	if _, err := s.AcceptInvitation(ctx, System, used, "a pot of oolong"); !errors.Is(err, NotFound) {
		t.Errorf("taken for an invitation: %v", err)
	}
	if _, err := s.ResetPassword(ctx, System, used, "short", false); !IsInvalid(err) {
		t.Errorf("a bad password: %v", err)
	}
	token, _, err := s.LogIn(ctx, System, Credentials{Email: "bo@tea.example", Password: "oolong and more Bo"})
	s.must(err)
	_, err = s.ResetPassword(ctx, System, used, "a pot of oolong", false)
	s.must(err)
	dead(used, "a second use")
	if _, _, err := s.Session(ctx, System, token); !errors.Is(err, Unauthorized) {
		t.Errorf("a session of before: %v", err)
	}
	late := link()
	s.now = s.now.Add(resetFor)
	dead(late, "an hour later")
	overtaken := link()
	s.must(s.ChangePassword(ctx, s.bo, 0, "a pot of oolong", "a cup of pu erh", false))
	dead(overtaken, "after the password was changed")
	disabled, off := link(), false
	_, err = s.ChangeAgent(ctx, s.alice, s.bo.Agent(), AgentChange{Enabled: &off})
	s.must(err)
	dead(disabled, "of a disabled agent")
	if _, err := s.MakeReset(ctx, s.agent("Chen", Crew), s.alice.Agent()); !errors.Is(err, Forbidden) {
		t.Errorf("made by an agent: %v", err)
	}
}

// A link that went to a wrong address, or to somebody who is to have none, is worth nothing once that was put right; nor is what a restored
// copy brings back.
func TestLinksEndWithTheirAddress(t *testing.T) {
	s, ctx := open(t), t.Context()
	a, err := s.CreateAgent(ctx, s.alice, NewAgent{Email: "chan@tea.example", Name: "Chen", Role: Crew})
	s.must(err)
	invite := func() string {
		t.Helper()
		token, err := s.Invite(ctx, s.alice, a.ID)
		s.must(err)
		return token
	}
	open := func(token string) bool {
		t.Helper()
		_, err := s.Invited(ctx, System, token)
		if err != nil && !errors.Is(err, NotFound) {
			t.Fatal(err)
		}
		return err == nil
	}
	change := func(ch AgentChange) {
		t.Helper()
		_, err := s.ChangeAgent(ctx, s.alice, a.ID, ch)
		s.must(err)
	}
	role, right, off, on := Admin, "chen@tea.example", false, true
	token := invite()
	if change(AgentChange{Role: &role}); !open(token) {
		t.Error("another role ended the invitation")
	}
	if change(AgentChange{Email: &right}); open(token) {
		t.Error("the invitation to the wrong address is still good")
	}
	token = invite()
	change(AgentChange{Enabled: &off})
	if change(AgentChange{Enabled: &on}); open(token) {
		t.Error("an invitation is good again after its agent was disabled")
	}
	token = invite()
	session, _, err := s.LogIn(ctx, System, Credentials{Email: "bo@tea.example", Password: "oolong and more Bo"})
	s.must(err)
	s.must(s.Restored(ctx))
	if open(token) {
		t.Error("a restored copy takes an invitation that may have been used since")
	}
	if _, _, err := s.Session(ctx, System, session); !errors.Is(err, Unauthorized) {
		t.Errorf("a restored copy takes a session that may have ended since: %v", err)
	}
}

// Asking for a link tells nobody whether there is such an agent, mails those who are, and is limited.
func TestAskForReset(t *testing.T) {
	s, ctx := open(t), t.Context()
	s.mailbox("support@tea.example")
	for _, email := range []string{"bo@tea.example", "nobody@tea.example"} {
		s.must(s.MayRequestReset(ctx, System, email, here))
		s.must(s.RequestReset(ctx, System, email, here))
	}
	mails, err := s.SystemMails(ctx, s.alice, 0, 10)
	s.must(err)
	if len(mails) != 1 || mails[0].To != "Bo@tea.example" || mails[0].What != "reset" || !strings.HasPrefix(mails[0].Words.Path, "/password-reset/") {
		t.Fatalf("%+v", mails)
	}
	if a, err := s.Resetting(ctx, System, strings.TrimPrefix(mails[0].Words.Path, "/password-reset/")); err != nil || a.ID != s.bo.Agent() {
		t.Errorf("%v, %v", a, err)
	}
	// Whoever asks again and again does not end the link that was mailed, nor fill a mailbox.
	asked := func() (n int) {
		t.Helper()
		s.must(s.RequestReset(ctx, System, "bo@tea.example", "198.51.100.1"))
		mails, err := s.SystemMails(ctx, s.alice, 0, 10)
		s.must(err)
		return len(mails)
	}
	if n := asked(); n != 1 {
		t.Errorf("%d mails for two requests at once", n)
	}
	if _, err := s.Resetting(ctx, System, strings.TrimPrefix(mails[0].Words.Path, "/password-reset/")); err != nil {
		t.Errorf("the link that was mailed: %v", err)
	}
	s.now = s.now.Add(resetPause)
	if n := asked(); n != 2 {
		t.Errorf("%d mails for a request five minutes later", n)
	}
	for range 40 {
		err = s.MayRequestReset(ctx, System, "nobody@tea.example", here)
	}
	var e *Error
	if !errors.As(err, &e) || e.Kind != KindTooMany {
		t.Errorf("forty requests for one address: %v", err)
	}
}

// A log-in from a new place is told by mail; the first one ever, and one from a known place, are not.
func TestLogInFromANewPlace(t *testing.T) {
	s, ctx := open(t), t.Context()
	s.mailbox("support@tea.example")
	told := func() (n int) {
		s.must(s.read().QueryRowContext(t.Context(), "select count(*) from system_mails where what = 'login'").Scan(&n))
		return n
	}
	for i, c := range []struct {
		ip, browser string
		want        int
	}{{"192.0.2.7", "Firefox, Linux", 0}, {"192.0.2.7", "Firefox, Linux", 0}, {"192.0.2.7", "Chrome, Windows", 1}, {"198.51.100.1", "Firefox, Linux", 2}, {"198.51.100.1", "Firefox, Linux", 2}} {
		_, _, err := s.LogIn(ctx, System, Credentials{Email: "bo@tea.example", Password: "oolong and more Bo", IP: c.ip, Browser: c.browser})
		s.must(err)
		if n := told(); n != c.want {
			t.Errorf("log-in %d: told %d times, not %d", i, n, c.want)
		}
	}
}

// An owner is let in where he was before, also after a restart, however many guess at his account elsewhere.
func TestOwnersPlacesOutliveARestart(t *testing.T) {
	s, ctx := open(t), t.Context()
	in := Credentials{Email: "bo@tea.example", Password: "oolong and more Bo", IP: here}
	_, _, err := s.LogIn(ctx, System, in)
	s.must(err)
	s.throttle.init() // a restart
	for i := range 60 {
		_, _, _ = s.LogIn(ctx, System, Credentials{Email: "bo@tea.example", Password: "guess", IP: "203.0.113." + string(rune('0'+i%10))})
	}
	_, _, err = s.LogIn(ctx, System, in)
	s.must(err)
}

// Whoever has the machine gets back in, without phone, codes and password.
func TestRecover(t *testing.T) {
	s, ctx := open(t), t.Context()
	s.secondStep()
	if err := s.Recover(ctx, s.alice, s.alice.Agent(), "a pot of oolong"); !errors.Is(err, Forbidden) {
		t.Errorf("by an admin: %v", err)
	}
	s.must(s.Recover(ctx, System, s.alice.Agent(), "a pot of oolong"))
	_, _, err := s.LogIn(ctx, System, Credentials{Email: "alice@tea.example", Password: "a pot of oolong"})
	s.must(err)
}

package desk

import (
	"errors"
	"testing"
	"time"
)

// A session ends after its time however often it is used, and when one ends by itself the log says so, so that its streams end.
func TestSessionsEndByThemselves(t *testing.T) {
	s, ctx := open(t), t.Context()
	token, a, err := s.LogIn(ctx, System, Credentials{Email: "alice@tea.example", Password: "longjing before rain", Keep: true})
	s.must(err)
	for range 29 {
		s.now = s.now.Add(24 * time.Hour)
		_, _, err := s.Session(ctx, System, token)
		s.must(err)
	}
	swept, err := s.Expire(ctx, System)
	s.must(err)
	if swept.Sessions != 0 {
		t.Error("a session in use was swept away")
	}
	s.now = s.now.Add(25 * time.Hour)
	if _, _, err := s.Session(ctx, System, token); !errors.Is(err, Unauthorized) {
		t.Errorf("after thirty days of use: %v", err)
	}
	swept, err = s.Expire(ctx, System)
	s.must(err)
	var told int
	s.must(s.read().QueryRowContext(ctx, "select count(*) from events where name = ? and subject_id = ?", AgentLoggedOut, a.ID).Scan(&told))
	if swept.Sessions != 1 || told != 1 {
		t.Errorf("swept %d sessions, told of %d", swept.Sessions, told)
	}
}

func TestThePasswordAgain(t *testing.T) {
	s, ctx := open(t), t.Context()
	token, a, err := s.LogIn(ctx, System, Credentials{Email: "bo@tea.example", Password: "oolong and more Bo"})
	s.must(err)
	session := func() *Session {
		session, _, err := s.Session(ctx, System, token)
		s.must(err)
		return session
	}
	if !session().Proven(false) {
		t.Error("not right after the log-in")
	}
	s.now = s.now.Add(provedFor)
	if session().Proven(false) || !session().Proven(true) {
		t.Error("a page opens no longer, and what was on it may still be sent")
	}
	s.now = s.now.Add(provedSend)
	if session().Proven(true) {
		t.Error("for ever")
	}
	if err := s.Prove(ctx, a.Actor(), session().ID, "guess"); !IsInvalid(err) || session().Proven(false) {
		t.Errorf("a wrong password: %v", err)
	}
	s.must(s.Prove(ctx, a.Actor(), session().ID, "oolong and more Bo"))
	if !session().Proven(false) {
		t.Error("not after the password")
	}
}

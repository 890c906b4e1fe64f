package desk

import (
	"errors"
	"strings"
	"testing"
)

// TestPresenceIsAskedFor: with the switch on, an agent who is online stays so until an admin says yes.
func TestPresenceIsAskedFor(t *testing.T) {
	s, ctx := open(t), t.Context()
	bo := s.bo.Agent()
	s.must(s.Connected(ctx, System, bo, true))
	is := func(want string) {
		t.Helper()
		if a, err := s.Agent(ctx, s.bo, bo); err != nil || a.Presence != want {
			t.Errorf("he is %s, %v; want %s", a.Presence, err, want)
		}
	}
	if err := s.AskPresence(ctx, s.bo, "busy", "lunch"); !errors.Is(err, Conflict("error.nothing_to_ask")) {
		t.Errorf("with the switch off: %v", err)
	}
	s.must(s.ChangeHandling(ctx, s.alice, Handling{SoonAfter: 3, OverdueAfter: 5, PresenceAsks: true}))
	for _, presence := range []string{"busy", "away", "invisible"} {
		if _, err := s.SetPresence(ctx, s.bo, bo, presence); !errors.Is(err, PresenceToAsk) {
			t.Errorf("%s by himself: %v", presence, err)
		}
	}
	is("online")
	for name, err := range map[string]error{"without a reason": s.AskPresence(ctx, s.bo, "busy", " \n"), "a long one": s.AskPresence(ctx, s.bo, "busy", strings.Repeat("茶", 201)), "to be offline": s.AskPresence(ctx, s.bo, "offline", "home")} {
		var e *Error
		if !errors.As(err, &e) || e.Kind != KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.must(s.AskPresence(ctx, s.bo, "busy", "lunch"))
	s.must(s.AskPresence(ctx, s.bo, "away", "the dentist"))
	asks, err := s.PresenceAsks(ctx, s.alice)
	s.must(err)
	if len(asks) != 1 || asks[0].Presence != "away" || asks[0].Reason != "the dentist" || asks[0].AgentName != "Bo" {
		t.Fatalf("asked is %+v", asks)
	}
	told, _, err := s.Notifications(ctx, s.alice, NotificationList{Limit: 10})
	if s.must(err); len(told) == 0 || told[0].What != "presence_asked" || told[0].Path() != "/admin/approvals" {
		t.Errorf("the admin was told %+v", told)
	}
	for _, err := range []error{s.AnswerPresence(ctx, s.bo, asks[0].ID, true), func() error { _, err := s.PresenceAsks(ctx, s.bo); return err }()} {
		if !errors.Is(err, Forbidden) {
			t.Errorf("he answers himself: %v", err)
		}
	}
	s.must(s.AnswerPresence(ctx, s.alice, asks[0].ID, true))
	is("away")
	if err := s.AnswerPresence(ctx, s.alice, asks[0].ID, false); !errors.Is(err, NotFound) {
		t.Errorf("answered twice: %v", err)
	}
	// Back is nobody's business, and who is away already may be busy.
	for _, presence := range []string{"busy", "online"} {
		_, err := s.SetPresence(ctx, s.bo, bo, presence)
		s.must(err)
		is(presence)
	}
	s.must(s.AskPresence(ctx, s.bo, "invisible", "quiet work"))
	asks, err = s.PresenceAsks(ctx, s.alice)
	s.must(err)
	s.must(s.AnswerPresence(ctx, s.alice, asks[0].ID, false))
	is("online")
	if told, _, err = s.Notifications(ctx, s.bo, NotificationList{Limit: 10}); err != nil || len(told) != 2 || told[0].What != "presence_refused" || told[1].What != "presence_granted" {
		t.Errorf("he was told %+v, %v", told, err)
	}
	// Who has left meanwhile is not brought back.
	s.must(s.AskPresence(ctx, s.bo, "busy", "lunch"))
	s.must(s.Connected(ctx, System, bo, false))
	asks, err = s.PresenceAsks(ctx, s.alice)
	s.must(err)
	s.must(s.AnswerPresence(ctx, s.alice, asks[0].ID, true))
	is("offline")
	s.must(s.Connected(ctx, System, s.alice.Agent(), true))
	if _, err := s.SetPresence(ctx, s.alice, s.alice.Agent(), "busy"); err != nil {
		t.Errorf("an admin: %v", err)
	}
	if _, err := s.SetPresence(ctx, s.alice, bo, "busy"); !errors.Is(err, Conflict("error.agent_offline")) {
		t.Errorf("an offline agent forced: %v", err)
	}
}

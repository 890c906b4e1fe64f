package push

import (
	"strings"
	"testing"

	"deskbell/app/desk"
)

// invite brings Bo into a conversation of Alice's, and tells him.
func (s *shop) invite() desk.ConversationID {
	s.t.Helper()
	ctx := s.t.Context()
	id := s.say(s.visitor("李梅"), "hello")
	_, err := s.Join(ctx, s.alice, id)
	s.must(err)
	_, err = s.Bring(ctx, s.alice, id, s.bo.Agent())
	s.must(err)
	s.must(s.Notify(ctx, desk.System, desk.NewNotification{To: []desk.AgentID{s.bo.Agent()}, Category: "conversation", What: "invited", ConversationID: id, By: "Alice", EventID: desk.EventID(id)}))
	return id
}

func TestAnInvitedColleagueIsPushedTo(t *testing.T) {
	s := open(t)
	b := s.browser(s.bo)
	s.wait(together)
	s.invite()
	s.wait(together)
	var found pushed
	for _, p := range b.shown() {
		if strings.HasPrefix(p.URL, "/notifications/") {
			found = p
		}
	}
	if found.Title != "Alice invited you to the conversation with 李梅" {
		t.Errorf("pushed %+v", found)
	}
}

func TestWhatWasReadIsNotPushed(t *testing.T) {
	s := open(t)
	b := s.browser(s.bo)
	id := s.invite()
	s.must(s.ReadNotificationsOf(t.Context(), s.bo, id))
	s.wait(together)
	for _, p := range b.shown() {
		if strings.HasPrefix(p.URL, "/notifications/") {
			t.Errorf("pushed %+v", p)
		}
	}
}

func TestQuietHours(t *testing.T) {
	s, ctx := open(t), t.Context()
	b := s.browser(s.bo)
	s.must(s.ChangeProfile(ctx, s.bo, desk.Profile{Name: "Bo", Locale: "en", TimeZone: "UTC", Preferences: desk.Preferences{QuietFrom: "05:00", QuietTo: "07:00"}})) // it is six
	s.invite()
	s.wait(together)
	if got := b.shown(); len(got) != 0 {
		t.Errorf("pushed in quiet hours: %+v", got)
	}
	if n, err := s.UnreadNotifications(ctx, s.bo); n != 1 || err != nil {
		t.Errorf("%d notifications are kept, %v", n, err)
	}
}

package desk

import (
	"strings"
	"testing"
	"time"
)

// TestSaidByItself: who greets, who says farewell, and in whose name.
func TestNamesThatAreNotKnown(t *testing.T) {
	for _, c := range []struct{ text, customer, want string }{
		{"Hi {{customer.name}}, this is {{agent.name}}.", "Maria", "Hi Maria, this is Bo."},
		{"Hi {{customer.name}}, this is {{agent.name}}.", "", "Hi, this is Bo."},
		{"Hello {{ customer.name }}!", "", "Hello!"},
		{"{{customer.name}}, hello.\n{{customer.name}}，您好", "", "hello.\n您好"},
		{"{{customer.name}}您好", "", "您好"},
		{"{{customer.name}}您好", "李雷", "李雷您好"},
		{"Hi {{customer.name}}", "{{agent.name}}", "Hi {{agent.name}}"},
		{"Nothing to fill in, {{other}}", "Maria", "Nothing to fill in, {{other}}"},
	} {
		if got := named(c.text, c.customer, "Bo"); got != c.want {
			t.Errorf("%q for %q is %q, want %q", c.text, c.customer, got, c.want)
		}
	}
}

func TestSaidByItself(t *testing.T) {
	s, ctx := open(t), t.Context()
	team, err := s.SaveTeam(ctx, s.alice, Team{Name: "Tea", Assignment: "collaboration", MemberIDs: []AgentID{s.bo.Agent()}, Greeting: "Welcome to the tea team."})
	s.must(err)
	h := Handling{SoonAfter: 3, OverdueAfter: 5, AutoClose: true, AutoCloseAfter: 24, Greeting: "您好，{{agent.name}}为您服务。"}
	s.must(s.ChangeHandling(ctx, s.alice, h))
	served := func(by Actor, team TeamID) (v Actor, id ConversationID) {
		t.Helper()
		v = s.visitor()
		id = s.say(v, "hi").ConversationID
		if team != 0 {
			_, err := s.Assign(ctx, s.alice, id, team, 0)
			s.must(err)
		}
		_, err := s.Join(ctx, by, id)
		s.must(err)
		return v, id
	}
	last := func(v Actor) string {
		t.Helper()
		list, _, err := s.CustomerMessages(ctx, v, s.widget.ID, 0, 50)
		s.must(err)
		for i := len(list) - 1; i >= 0; i-- {
			if m := list[i]; !m.IsEvent() {
				return string(m.AuthorKind) + " " + m.AuthorName + ": " + m.Text
			}
		}
		return ""
	}
	says := func(v Actor, want string) {
		t.Helper()
		if got := last(v); got != want {
			t.Errorf("the last word is %q, want %q", got, want)
		}
	}
	v, _ := served(s.bo, 0)
	says(v, "agent Bo: 您好，Bo为您服务。")
	v, id := served(s.bo, team.ID)
	says(v, "agent Bo: Welcome to the tea team.")
	_, err = s.CloseConversation(ctx, s.bo, id)
	s.must(err)
	says(v, "agent Bo: Welcome to the tea team.") // there is no farewell

	s.must(s.ChangeProfile(ctx, s.bo, Profile{Name: "Bo", Greeting: " Bo is here. "}))
	v, id = served(s.bo, team.ID)
	says(v, "agent Bo: Bo is here.")
	h.Farewell, h.Timeout = "会话已结束。", "We have not heard from you."
	s.must(s.ChangeHandling(ctx, s.alice, h))
	_, err = s.CloseConversation(ctx, s.bo, id)
	s.must(err)
	says(v, "system 西湖茶社: 会话已结束。")
	names := s.names(id)
	if got := names[len(names)-3:]; got[0] != MessageSent || got[2] != ConversationClosed {
		t.Errorf("the log ends with %v", got)
	}

	h.Speaker = "小茶\n"
	s.must(s.ChangeHandling(ctx, s.alice, h))
	v, _ = served(s.bo, 0)
	s.now = s.now.Add(25 * time.Hour)
	_, err = s.CloseQuiet(ctx, System)
	s.must(err)
	says(v, "system 小茶: We have not heard from you.")

	// Who leaves by himself is told nothing.
	v, id = served(s.bo, 0)
	_, err = s.CloseConversation(ctx, v, id)
	s.must(err)
	says(v, "agent Bo: Bo is here.")

	long := strings.Repeat("茶", 501)
	for name, err := range map[string]error{
		"greeting of an agent": s.ChangeProfile(ctx, s.bo, Profile{Name: "Bo", Greeting: long}),
		"farewell":             s.ChangeHandling(ctx, s.alice, Handling{SoonAfter: 3, OverdueAfter: 5, Farewell: long}),
		"speaker":              s.ChangeHandling(ctx, s.alice, Handling{SoonAfter: 3, OverdueAfter: 5, Speaker: long}),
	} {
		if err == nil {
			t.Errorf("a %s of 501 characters was taken", name)
		}
	}
}

package desk

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestQueue(t *testing.T) {
	s, ctx := open(t), t.Context()
	mei := s.agent("Mei", Crew)
	team, err := s.SaveTeam(ctx, s.alice, Team{Name: "Tea", Assignment: "grab", MemberIDs: []AgentID{mei.Agent()}})
	s.must(err)
	first := s.say(s.visitor(), "one").ConversationID
	s.now = s.now.Add(5 * time.Minute)
	li := s.visitor()
	second := s.say(li, "two").ConversationID
	_, err = s.Assign(ctx, s.alice, second, team.ID, 0)
	s.must(err)
	s.now = s.now.Add(time.Minute)
	third := s.say(s.visitor(), "three").ConversationID
	vip := true
	_, err = s.ChangeCustomer(ctx, s.bo, li.Customer(), CustomerChange{VIP: &vip})
	s.must(err)
	_, err = s.ChangeCustomer(ctx, li, li.Customer(), CustomerChange{VIP: new(bool)}) // not for him to say
	s.must(err)
	for _, c := range []struct {
		by   Actor
		list QueueList
		want []ConversationID
	}{
		{s.alice, QueueList{}, []ConversationID{second, first, third}},
		{mei, QueueList{}, []ConversationID{second, first, third}},
		{s.bo, QueueList{}, []ConversationID{first, third}}, // not his team
		{s.alice, QueueList{VIP: true}, []ConversationID{second}},
		{s.alice, QueueList{TeamID: team.ID}, []ConversationID{second}},
		{s.alice, QueueList{Longer: 5 * time.Minute}, []ConversationID{first}},
		{s.alice, QueueList{Channel: Email}, nil},
		{s.alice, QueueList{InboxID: s.widget.ID, Channel: Webchat}, []ConversationID{second, first, third}},
	} {
		list, err := s.Queue(ctx, c.by, c.list)
		s.must(err)
		var got []ConversationID
		for _, q := range list {
			got = append(got, q.ID)
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s, %+v: %v, want %v", c.by.Name, c.list, got, c.want)
		}
	}
	if _, err := s.Queue(ctx, li, QueueList{}); !errors.Is(err, NotFound) {
		t.Errorf("a visitor sees the queue: %v", err)
	}
}

func TestTeamKeepsItsMembersChoices(t *testing.T) {
	s, ctx := open(t), t.Context()
	mei := s.agent("Mei", Crew)
	team, err := s.SaveTeam(ctx, s.alice, Team{Name: "Tea", Assignment: "grab", MemberIDs: []AgentID{s.bo.Agent(), mei.Agent()}, AdminIDs: []AgentID{s.bo.Agent()}, Greeting: "你好"})
	s.must(err)
	s.must(s.OptOut(ctx, mei, team.ID, true))
	if err := s.OptOut(ctx, s.alice, team.ID, true); !errors.Is(err, NotFound) {
		t.Errorf("who is not in the team opted out: %v", err)
	}
	other, err := s.SaveTeam(ctx, s.alice, Team{Name: "Cups", Assignment: "auto"})
	s.must(err)
	for _, a := range []Actor{s.bo, mei} { // as the form of an agent does it
		_, err = s.ChangeAgent(ctx, s.alice, a.Agent(), AgentChange{TeamIDs: &[]TeamID{team.ID, other.ID}})
		s.must(err)
	}
	team, err = s.Team(ctx, s.alice, team.ID)
	s.must(err)
	team.Name = "Green tea"
	team, err = s.SaveTeam(ctx, s.alice, *team)
	s.must(err)
	if fmt.Sprint(team.AdminIDs, team.OptedOut) != fmt.Sprint([]AgentID{s.bo.Agent()}, []AgentID{mei.Agent()}) || team.Greeting != "你好" {
		t.Errorf("afterwards %+v", team)
	}
	team.OverflowTeamID = team.ID
	if _, err := s.SaveTeam(ctx, s.alice, *team); !errors.Is(err, Invalid("overflow_team_id", "")) {
		t.Errorf("a queue that flows over into itself: %v", err)
	}
}

func TestTeamGreetsOnce(t *testing.T) {
	s, ctx := open(t), t.Context()
	team, err := s.SaveTeam(ctx, s.alice, Team{Name: "Tea", Assignment: "collaboration", MemberIDs: []AgentID{s.bo.Agent()}, Greeting: "您好，有什么可以帮助您的吗？"})
	s.must(err)
	id := s.say(s.visitor(), "hi").ConversationID
	_, err = s.Assign(ctx, s.alice, id, team.ID, 0)
	s.must(err)
	for _, by := range []Actor{s.bo, s.alice} {
		c, err := s.Join(ctx, by, id)
		s.must(err)
		if c.WaitingSince.IsZero() {
			t.Error("a greeting counts as an answer")
		}
	}
	list, _, err := s.Messages(ctx, s.alice, id, MessageList{Limit: 50})
	s.must(err)
	n := 0
	for _, m := range list {
		if m.Text == team.Greeting && m.AuthorName == "Bo" && m.Visibility == "public" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("greeted %d times", n)
	}
}

func TestOwnCapacity(t *testing.T) {
	s, ctx := open(t), t.Context()
	if _, err := s.SetCapacity(ctx, s.bo, s.bo.Agent(), 3); !errors.Is(err, Forbidden) {
		t.Errorf("with the switch off: %v", err)
	}
	s.must(s.SaveRouting(ctx, s.alice, Routing{Order: Bindings, OwnCapacity: true}, nil))
	a, err := s.SetCapacity(ctx, s.bo, s.bo.Agent(), 0)
	s.must(err)
	if a.Capacity != 0 {
		t.Errorf("capacity %d", a.Capacity)
	}
	if _, err := s.SetCapacity(ctx, s.bo, s.bo.Agent(), 101); !errors.Is(err, Invalid("capacity", "")) {
		t.Errorf("101: %v", err)
	}
	if _, err := s.SetCapacity(ctx, s.bo, s.alice.Agent(), 1); !errors.Is(err, Forbidden) {
		t.Errorf("an admin's: %v", err)
	}
}

func TestRoutingRules(t *testing.T) {
	s, ctx := open(t), t.Context()
	for name, bad := range map[string]Routing{
		"an order of two": {Order: []string{"entry", "inbox"}}, "twice the same": {Order: []string{"entry", "entry", "inbox"}},
		"no such team": {Order: Bindings, DefaultTeamID: 9}, "no such channel": {Order: Bindings, Channels: map[string]Binding{"pigeon": {}}},
		"no such hours": {Order: Bindings, Channels: map[string]Binding{Webchat: {ScheduleID: 9}}}, "a limit below nothing": {Order: Bindings, QueueLimit: -1},
	} {
		if err := s.SaveRouting(ctx, s.alice, bad, nil); !errors.Is(err, &Error{Kind: KindInvalid, Key: "error.invalid"}) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.SaveRouting(ctx, s.bo, Routing{Order: Bindings}, nil); !errors.Is(err, Forbidden) {
		t.Errorf("an agent: %v", err)
	}
	team, err := s.SaveTeam(ctx, s.alice, Team{Name: "Tea", Assignment: "auto"})
	s.must(err)
	s.must(s.SaveRouting(ctx, s.alice, Routing{Order: []string{"channel", "entry", "inbox"}, DefaultTeamID: team.ID}, map[InboxID]Binding{s.widget.ID: {TeamID: team.ID, Split: true}}))
	rules, err := s.Routing(ctx, s.bo)
	s.must(err)
	bound, err := s.AccountBindings(ctx, s.alice)
	s.must(err)
	if rules.Order[0] != "channel" || rules.DefaultTeamID != team.ID || bound[s.widget.ID] != (Binding{TeamID: team.ID, Split: true}) {
		t.Errorf("stored %+v, %+v", rules, bound)
	}
}

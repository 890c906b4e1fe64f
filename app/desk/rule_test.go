package desk

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func (s *shop) rule(r Rule) *Rule {
	s.t.Helper()
	r.Enabled = true
	if r.Name == "" {
		r.Name = "Rule"
	}
	made, err := s.SaveRule(s.t.Context(), s.alice, r)
	s.must(err)
	return made
}

func (s *shop) apply(r *Rule, c *Conversation, cause string) *Conversation {
	s.t.Helper()
	s.must(s.ApplyRule(s.t.Context(), System, r, c.ID, cause))
	now, err := s.Conversation(s.t.Context(), s.alice, c.ID)
	s.must(err)
	return now
}

func TestARuleDoesAllThatItSays(t *testing.T) {
	s, ctx := open(t), t.Context()
	c := s.mailed()
	team, err := s.SaveTeam(ctx, s.alice, Team{Name: "Cups", Assignment: "collaboration", MemberIDs: []AgentID{s.bo.Agent()}})
	s.must(err)
	tag, err := s.SaveTag(ctx, s.alice, Tag{Name: "Broken"})
	s.must(err)
	r := s.rule(Rule{Name: "Cups break", Happens: "created", If: RuleIf{Kind: "ticket", Subject: "CUP", Text: "broken", From: "@example.test", Assigned: "nobody"},
		Then: RuleThen{TeamID: team.ID, Status: "pending", Priority: "high", TagID: tag.ID, Note: "Ask for a picture", Reply: "Dear {{customer.name}}, we look into it.", Notify: "team"}})
	now := s.apply(r, c, "e1")
	if now.TeamID != team.ID || now.Ticket.Status != "pending" || now.Ticket.Priority != "high" {
		t.Errorf("%+v %+v", now, now.Ticket)
	}
	if got := s.texts(s.alice, c.ID); !slices.Contains(got, "Dear Mei, we look into it.") || !slices.Contains(got, "Ask for a picture") {
		t.Errorf("said: %q", got)
	}
	mei := AsCustomer(c.CustomerID)
	if got := s.texts(mei, c.ID); slices.Contains(got, "Ask for a picture") {
		t.Error("the customer reads the note")
	}
	var told, deliveries, byRule, applied int
	s.must(s.read().QueryRowContext(ctx, "select (select count(*) from notifications where what = 'rule' and agent_id = ?), (select count(*) from deliveries d join messages m on m.id = d.message_id where m.conversation_id = ?), (select count(*) from events where actor_kind = 'system' and actor_id = ? and name = 'ticket.changed'), (select applied from rules)",
		s.bo.Agent(), c.ID, r.ID).Scan(&told, &deliveries, &byRule, &applied))
	if told != 1 || deliveries != 1 || byRule == 0 || applied != 1 {
		t.Errorf("told %d, deliveries %d, events in the rule's name %d, applied %d", told, deliveries, byRule, applied)
	}
	before := now.LastSeq
	if again := s.apply(r, c, "e1"); again.LastSeq != before {
		t.Error("the same cause set it off twice")
	}
}

func TestConditionsOfARule(t *testing.T) {
	s, ctx := open(t), t.Context()
	c := s.mailed()
	chat := s.say(s.visitor(), "hello")
	talk, err := s.Conversation(ctx, s.alice, chat.ConversationID)
	s.must(err)
	fits := func(i RuleIf) string {
		t.Helper()
		list, err := s.TryRule(ctx, s.alice, Rule{Name: "x", Happens: "created", If: i, Then: RuleThen{Priority: "high"}})
		s.must(err)
		var kinds []string
		for _, c := range list {
			kinds = append(kinds, c.Kind)
		}
		slices.Sort(kinds)
		return strings.Join(kinds, " ")
	}
	for name, x := range map[string]struct {
		i    RuleIf
		want string
	}{
		"nothing":             {RuleIf{}, "chat ticket"},
		"chats":               {RuleIf{Kind: "chat"}, "chat"},
		"the mailbox":         {RuleIf{Inboxes: []InboxID{c.InboxID}}, "ticket"},
		"another inbox":       {RuleIf{Inboxes: []InboxID{c.InboxID + 100}}, ""},
		"of no team":          {RuleIf{Teams: []TeamID{0}}, "chat ticket"},
		"open":                {RuleIf{Statuses: []string{"open", "pending"}}, "ticket"},
		"urgent":              {RuleIf{Priorities: []string{"urgent"}}, ""},
		"a subject":           {RuleIf{Subject: "cup"}, "ticket"},
		"a subject, escaped":  {RuleIf{Subject: "%"}, ""},
		"hostile":             {RuleIf{Text: "') or 1=1 --"}, ""},
		"what was said":       {RuleIf{Text: "HELLO"}, "chat"},
		"from":                {RuleIf{From: "mei@"}, "ticket"},
		"somebody's":          {RuleIf{Assigned: "somebody"}, ""},
		"two at once":         {RuleIf{Kind: "chat", Subject: "cup"}, ""},
		"of a tag that is no": {RuleIf{Tags: []TagID{4711}}, ""},
	} {
		if got := fits(x.i); got != x.want {
			t.Errorf("%s: %q, not %q", name, got, x.want)
		}
	}
	closed := s.rule(Rule{Happens: "created", If: RuleIf{Hours: "off"}, Then: RuleThen{Note: "off hours"}})
	worked := s.rule(Rule{Happens: "created", If: RuleIf{Hours: "work"}, Then: RuleThen{Note: "at work"}})
	s.apply(closed, talk, "e1")
	s.apply(worked, talk, "e1")
	if got := s.texts(s.alice, talk.ID); slices.Contains(got, "off hours") == slices.Contains(got, "at work") {
		t.Errorf("both, or neither: %q", got)
	}
}

func TestWhatTimeSetsOff(t *testing.T) {
	s, ctx := open(t), t.Context()
	c := s.mailed()
	r := s.rule(Rule{Happens: "waiting", Minutes: 30, Then: RuleThen{Priority: "urgent"}})
	due := func() int {
		t.Helper()
		list, err := s.RuleDue(ctx, System, r)
		s.must(err)
		for id, cause := range list {
			s.must(s.ApplyRule(ctx, System, r, id, cause))
		}
		return len(list)
	}
	if n := due(); n != 0 {
		t.Errorf("%d at once", n)
	}
	s.now = s.now.Add(30 * time.Minute)
	if n := due(); n != 1 {
		t.Errorf("%d after half an hour", n)
	}
	if n := due(); n != 0 {
		t.Errorf("%d again", n)
	}
	_, err := s.Reply(ctx, s.bo, c.ID, Draft{Text: "Sorry", ClientID: "1"})
	s.must(err)
	s.now = s.now.Add(time.Hour)
	if n := due(); n != 0 {
		t.Errorf("%d though it was answered", n)
	}
	s.mailTo(c, "mei@example.test", "And now?")
	s.now = s.now.Add(time.Hour)
	if n := due(); n != 1 {
		t.Errorf("%d when she waits anew", n)
	}
	silent := s.rule(Rule{Happens: "silent", Minutes: 60, Then: RuleThen{Status: "resolved"}})
	_, err = s.Reply(ctx, s.bo, c.ID, Draft{Text: "Now", ClientID: "2"})
	s.must(err)
	s.now = s.now.Add(61 * time.Minute)
	list, err := s.RuleDue(ctx, System, silent)
	s.must(err)
	if len(list) != 1 {
		t.Errorf("%d are silent", len(list))
	}
}

func TestBadRules(t *testing.T) {
	s, ctx := open(t), t.Context()
	good := Rule{Name: "x", Happens: "created", Then: RuleThen{Priority: "high"}}
	for name, change := range map[string]func(*Rule){
		"no name":        func(r *Rule) { r.Name = " " },
		"no cause":       func(r *Rule) { r.Happens = "sometimes" },
		"no time":        func(r *Rule) { r.Happens = "waiting" },
		"does nothing":   func(r *Rule) { r.Then = RuleThen{} },
		"no such team":   func(r *Rule) { r.Then.TeamID = 99 },
		"no such agent":  func(r *Rule) { r.Then.AgentID = 99 },
		"no such tag":    func(r *Rule) { r.Then.TagID = 99 },
		"no such topic":  func(r *Rule) { r.Then.TopicID = 99 },
		"no such status": func(r *Rule) { r.If.Statuses = []string{"lost"} },
		"a novel":        func(r *Rule) { r.Then.Reply = strings.Repeat("x", ruleText+1) },
	} {
		bad := good
		change(&bad)
		if _, err := s.SaveRule(ctx, s.alice, bad); !IsInvalid(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.SaveRule(ctx, s.bo, good); err == nil {
		t.Error("an agent made a rule")
	}
	if _, err := s.Rules(ctx, s.bo); err == nil {
		t.Error("an agent reads the rules")
	}
	r := s.rule(good)
	c := s.mailed()
	r.Enabled = false
	_, err := s.SaveRule(ctx, s.alice, *r)
	s.must(err)
	if now := s.apply(r, c, "e1"); now.Ticket.Priority != "normal" {
		t.Error("a rule that is off was followed")
	}
	// However often it is set off, it is followed thirty times an hour for one conversation.
	busy := s.rule(Rule{Happens: "received", Then: RuleThen{Note: "again"}})
	for i := range rulesAnHour + 10 {
		s.apply(busy, c, "e"+string(rune('a'+i)))
	}
	n := 0
	for _, text := range s.texts(s.alice, c.ID) {
		if text == "again" {
			n++
		}
	}
	if n != rulesAnHour {
		t.Errorf("followed %d times", n)
	}
}

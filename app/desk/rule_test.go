package desk

import (
	"fmt"
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

// What a program wrote, a rule does not answer: two programs would never end; nor a list, or somebody who may be another. All else is done.
func TestRulesAnswerNoProgram(t *testing.T) {
	s := open(t)
	c := s.mailed()
	r := s.rule(Rule{Happens: "received", Then: RuleThen{Reply: "We have your mail.", Priority: "high"}})
	late := s.rule(Rule{Happens: "silent", Minutes: 60, Then: RuleThen{Reply: "Are you still there?"}})
	for i, meta := range []Meta{{Auto: true}, {Mail: &MailMeta{Quiet: true}}, {Mail: &MailMeta{}}} {
		_, err := s.Receive(t.Context(), System, Incoming{InboxID: c.InboxID, ConversationID: c.ID, Identity: Identity{Channel: Email, ExternalID: "mei@example.test"}, Text: "I am away.", Meta: meta})
		s.must(err)
		now := s.apply(r, c, fmt.Sprint("e", i))
		if answered := slices.Contains(s.texts(s.alice, c.ID), "We have your mail."); answered != (i == 2) || now.Ticket.Priority != "high" {
			t.Errorf("%+v is answered: %v, %s", meta, answered, now.Ticket.Priority)
		}
	}
	// What time sets off is said to whoever has ever written himself, and to nobody else.
	s.apply(late, c, "t1")
	got, err := s.Receive(t.Context(), System, Incoming{InboxID: c.InboxID, Identity: Identity{Channel: Email, ExternalID: "news@example.test"}, Customer: Customer{Email: "news@example.test"}, Text: "Buy", Meta: Meta{Mail: &MailMeta{Quiet: true}}, Ticket: &NewTicket{Subject: "News", Origin: "mail"}})
	s.must(err)
	news, err := s.Conversation(t.Context(), s.alice, got.ConversationID)
	s.must(err)
	s.apply(late, news, "t1")
	for id, want := range map[ConversationID]bool{c.ID: true, news.ID: false} {
		if asked := slices.Contains(s.texts(s.alice, id), "Are you still there?"); asked != want {
			t.Errorf("%d is asked: %v", id, asked)
		}
	}
}

// A rule's reply is for the customer, and not for those who got copies of what he wrote.
func TestRulesAnswerTheCustomerAlone(t *testing.T) {
	s := open(t)
	c := s.mailed()
	_, err := s.Reply(t.Context(), s.bo, c.ID, Draft{Text: "Dear both", CC: []string{"li@example.test"}})
	s.must(err)
	s.apply(s.rule(Rule{Happens: "sent", Then: RuleThen{Reply: "We wait for you."}}), c, "e1")
	list, _, err := s.Messages(t.Context(), s.alice, c.ID, MessageList{Limit: 50})
	s.must(err)
	to := map[string][]string{}
	for _, m := range list {
		for _, d := range m.Deliveries {
			to[m.Text] = append(to[m.Text], d.Recipient)
		}
	}
	if fmt.Sprint(to["Dear both"]) != "[mei@example.test li@example.test]" || fmt.Sprint(to["We wait for you."]) != "[mei@example.test]" {
		t.Errorf("it went to %v", to)
	}
}

// A moment sets a rule off once, however long ago that was, and also when the rule could not be followed.
func TestTimeSetsOffOnce(t *testing.T) {
	s, ctx := open(t), t.Context()
	tickets := s.tickets(2)
	old := s.rule(Rule{Happens: "age", Minutes: 60, Then: RuleThen{Priority: "high"}})
	gone, err := s.SaveStatus(ctx, s.alice, NamedStatus{Name: "In repair", Kind: "pending"})
	s.must(err)
	broken := s.rule(Rule{Happens: "age", Minutes: 60, Then: RuleThen{StatusID: gone.ID}})
	s.must(s.DeleteStatus(ctx, s.alice, gone.ID))
	s.now = s.now.Add(2 * time.Hour)
	for range 2 { // again when the runs of things that happen are forgotten
		for _, r := range []*Rule{old, broken} {
			due, err := s.RuleDue(ctx, System, r)
			s.must(err)
			for id, cause := range due {
				if err := s.ApplyRule(ctx, System, r, id, cause); Refused(err) != (r == broken) {
					t.Error(err)
				}
			}
			if due, err = s.RuleDue(ctx, System, r); err != nil || len(due) != 0 {
				t.Errorf("due again: %v, %v", due, err)
			}
		}
		s.mailed()
		s.now = s.now.Add(2 * ruleRunsKept)
	}
	rules, err := s.Rules(ctx, System)
	s.must(err)
	if want := len(tickets) + 1; rules[0].Applied != want {
		t.Errorf("applied %d times, not %d", rules[0].Applied, want)
	}
}

func TestBadRules(t *testing.T) {
	s, ctx := open(t), t.Context()
	good := Rule{Name: "x", Happens: "created", Then: RuleThen{Priority: "high"}}
	gone, err := s.SaveTeam(ctx, s.alice, Team{Name: "Gone", Assignment: "collaboration"})
	s.must(err)
	s.must(s.DeleteTeam(ctx, s.alice, gone.ID))
	for name, change := range map[string]func(*Rule){
		"no name":        func(r *Rule) { r.Name = " " },
		"no cause":       func(r *Rule) { r.Happens = "sometimes" },
		"no time":        func(r *Rule) { r.Happens = "waiting" },
		"does nothing":   func(r *Rule) { r.Then = RuleThen{} },
		"no such team":   func(r *Rule) { r.Then.TeamID = 99 },
		"a team gone":    func(r *Rule) { r.Then.TeamID = gone.ID },
		"no such agent":  func(r *Rule) { r.Then.AgentID = 99 },
		"no such tag":    func(r *Rule) { r.Then.TagID = 99 },
		"no such topic":  func(r *Rule) { r.Then.TopicID = 99 },
		"no such status": func(r *Rule) { r.If.Statuses = []string{"lost"} },
		"no such canned": func(r *Rule) { r.Then.CannedID = 99 },
		"no such field":  func(r *Rule) { r.If.Fields = []FieldAsk{{99, "x"}} },
		"fill in none":   func(r *Rule) { r.Then.FieldID = 99 },
		"no such name":   func(r *Rule) { r.Then.StatusID = 99 },
		"no channel":     func(r *Rule) { r.If.Channel = "pigeon" },
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
	_, err = s.SaveRule(ctx, s.alice, *r)
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

// Two programs that answer each other come to an end: five automatic answers an hour in a ticket, whatever sets them off.
func TestProgramsEndTheirTalk(t *testing.T) {
	s := open(t)
	c := s.mailed()
	polite, again := s.rule(Rule{Happens: "received", Then: RuleThen{Reply: "We look into it."}}), s.rule(Rule{Happens: "received", Then: RuleThen{Reply: "We still do.", Priority: "high"}})
	answers := func() (n int) {
		for _, text := range s.texts(s.alice, c.ID) {
			if strings.HasPrefix(text, "We ") {
				n++
			}
		}
		return n
	}
	for i := range 4 {
		s.apply(polite, c, fmt.Sprint("e", i))
		s.apply(again, c, fmt.Sprint("e", i))
	}
	if n := answers(); n != 5 {
		t.Errorf("%d automatic answers in an hour", n)
	}
	if now := s.apply(again, c, "more"); now.Ticket.Priority != "high" {
		t.Error("a rule that may not answer any more does nothing else either")
	}
	s.now = s.now.Add(61 * time.Minute)
	if s.apply(polite, c, "later"); answers() != 6 {
		t.Error("nothing is said an hour later")
	}
}

// Rules know the company's own fields, statuses, tags and canned responses, and who the customer is.
func TestRulesKnowTheCompanysOwn(t *testing.T) {
	s, ctx := open(t), t.Context()
	c := s.mailed()
	s.say(s.visitor(), "hello")
	order, err := s.SaveFormField(ctx, s.alice, FormField{Name: "Order", Kind: "number"})
	s.must(err)
	tea, err := s.SaveFormField(ctx, s.alice, FormField{Name: "Tea", Kind: "tree", Options: []string{"Green / Longjing", "Black"}})
	s.must(err)
	repair, err := s.SaveStatus(ctx, s.alice, NamedStatus{Name: "In repair", Kind: "pending"})
	s.must(err)
	tag, err := s.SaveTag(ctx, s.alice, Tag{Name: "Broken"})
	s.must(err)
	gold, err := s.SaveCustomerTag(ctx, s.alice, CustomerTag{Name: "Gold", Color: "green"})
	s.must(err)
	thanks, err := s.SaveCanned(ctx, s.alice, Canned{Text: "Thank you, {{customer.name}}."})
	s.must(err)
	_, err = s.ChangeTicket(ctx, s.alice, c.Ticket.ID, TicketChange{Fields: Filled{order.ID: "12", tea.ID: "Green / Longjing"}, Tag: []TagID{tag.ID}})
	s.must(err)
	s.must(s.TagCustomer(ctx, s.alice, c.CustomerID, []CustomerTagID{gold.ID}))
	yes := true
	_, err = s.ChangeCustomer(ctx, s.alice, c.CustomerID, CustomerChange{VIP: &yes})
	s.must(err)
	for name, x := range map[string]struct {
		i    RuleIf
		want int
	}{
		"the channel": {RuleIf{Channel: Email}, 1}, "the other channel": {RuleIf{Channel: Webchat}, 1}, "a number": {RuleIf{Fields: []FieldAsk{{order.ID, "10..20"}}}, 1}, "another": {RuleIf{Fields: []FieldAsk{{order.ID, "13.."}}}, 0},
		"two fields": {RuleIf{Fields: []FieldAsk{{order.ID, "12"}, {tea.ID, "Green"}}}, 1}, "one is not so": {RuleIf{Fields: []FieldAsk{{order.ID, "12"}, {tea.ID, "Black"}}}, 0},
		"VIP": {RuleIf{VIP: "yes"}, 1}, "no VIP": {RuleIf{VIP: "no"}, 1}, "gold": {RuleIf{CustomerTags: []CustomerTagID{gold.ID}}, 1}, "silver": {RuleIf{CustomerTags: []CustomerTagID{gold.ID + 1}}, 0},
		"by mail": {RuleIf{Origins: []string{"mail"}}, 1}, "a note": {RuleIf{Origins: []string{"note"}}, 0}, "in repair": {RuleIf{StatusIDs: []StatusID{repair.ID}}, 0}, "open or in repair": {RuleIf{Statuses: []string{"open"}, StatusIDs: []StatusID{repair.ID}}, 1},
	} {
		list, err := s.TryRule(ctx, s.alice, Rule{Name: "x", Happens: "created", If: x.i, Then: RuleThen{Priority: "high"}})
		s.must(err)
		if len(list) != x.want {
			t.Errorf("%s fits %d, want %d", name, len(list), x.want)
		}
	}
	r := s.rule(Rule{Happens: "changed", If: RuleIf{Fields: []FieldAsk{{tea.ID, "green"}}}, Then: RuleThen{StatusID: repair.ID, UntagID: tag.ID, CannedID: thanks.ID, FieldID: order.ID, Value: "13"}})
	now := s.apply(r, c, "e1")
	sum, err := s.Summary(ctx, s.alice, c.ID)
	s.must(err)
	if now.Ticket.StatusID != repair.ID || now.Ticket.Status != "pending" || now.Ticket.Fields[order.ID] != "13" || len(sum.Tags) != 0 || !slices.Contains(s.texts(s.alice, c.ID), "Thank you, Mei.") {
		t.Errorf("it made %+v with %v, said %q", now.Ticket, sum.Tags, s.texts(s.alice, c.ID))
	}
	if _, err := s.SaveRule(ctx, s.alice, Rule{Name: "x", Happens: "created", Then: RuleThen{FieldID: tea.ID, Value: "Coffee"}}); !IsInvalid(err) {
		t.Errorf("a value that the field does not take: %v", err)
	}
	s.must(s.DeleteFormField(ctx, s.alice, tea.ID))
	before := now.LastSeq
	if now = s.apply(r, c, "e2"); now.LastSeq != before {
		t.Error("a rule that asks for a field which is gone was followed")
	}
}

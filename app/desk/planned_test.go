package desk

import (
	"errors"
	"sync"
	"testing"
	"time"
)

// served opens a chat that Bo is in.
func (s *shop) served() (Actor, *Conversation) {
	s.t.Helper()
	v := s.visitor()
	c, err := s.Join(s.t.Context(), s.bo, s.say(v, "hello").ConversationID)
	s.must(err)
	return v, c
}

// mailed opens a ticket by mail.
func (s *shop) mailed() *Conversation {
	s.t.Helper()
	ctx := s.t.Context()
	box := Mailbox{Address: "support@tea.example", IMAP: MailServer{Host: "imap.tea.example", Port: 993, Security: "tls"}, SMTP: MailServer{Host: "smtp.tea.example", Port: 465, Security: "tls"}}
	s.must(box.Check())
	in, err := s.SaveInbox(ctx, s.alice, SavedInbox{Channel: Email, Name: "Support", Settings: box, Secrets: MailboxSecrets{IMAP: "x", SMTP: "x"}})
	s.must(err)
	got, err := s.Receive(ctx, System, Incoming{InboxID: in.ID, Identity: Identity{Channel: Email, ExternalID: "mei@example.test"}, Customer: Customer{Name: "Mei", Email: "mei@example.test"},
		Ticket: &NewTicket{Subject: "Cup", Origin: "mail"}, Text: "It is broken", ExternalID: "1@example.test"})
	s.must(err)
	c, err := s.Conversation(ctx, s.bo, got.ConversationID)
	s.must(err)
	return c
}

func (s *shop) due() {
	s.t.Helper()
	_, err := s.Due(s.t.Context(), System, true)
	s.must(err)
}

// said is what the customer was answered in a conversation.
func (s *shop) said(id ConversationID) (texts []string) {
	s.t.Helper()
	list, _, err := s.Messages(s.t.Context(), System, id, MessageList{Limit: 200})
	s.must(err)
	for _, m := range list {
		if m.Direction == "out" && m.Visibility == "public" && !m.IsEvent() {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

func (s *shop) planned(id ConversationID) []*Planned {
	s.t.Helper()
	list, err := s.PlannedReplies(s.t.Context(), System, id)
	s.must(err)
	return list
}

func TestAMailCanBeTakenBack(t *testing.T) {
	s, ctx := open(t), t.Context()
	c := s.mailed()
	m, p, err := s.Submit(ctx, s.bo, c.ID, Draft{Text: "We send a new one", ClientID: "a"}, When{})
	s.must(err)
	if m != nil || p == nil || p.Way != "undo" || !p.DueAt.Equal(s.now.Add(10*time.Second)) {
		t.Fatalf("submitted: %+v %+v", m, p)
	}
	again, p2, err := s.Submit(ctx, s.bo, c.ID, Draft{Text: "We send a new one", ClientID: "a"}, When{})
	s.must(err)
	if again != nil || p2.ID != p.ID {
		t.Errorf("the same client id was planned twice: %+v", p2)
	}
	if c, _ := s.Conversation(ctx, s.bo, c.ID); !c.Joined {
		t.Error("who answers a ticket has it")
	}
	s.now = s.now.Add(9 * time.Second)
	s.due()
	if said := s.said(c.ID); len(said) != 0 {
		t.Errorf("after nine seconds it had said %q", said)
	}
	if _, err := s.Withdraw(ctx, s.agent("Chen", Crew), p.ID, false); !errors.Is(err, NotFound) {
		t.Errorf("taken back by somebody else: %v", err)
	}
	_, err = s.Withdraw(ctx, s.bo, p.ID, false)
	s.must(err)
	if k, err := s.Drafted(ctx, s.bo, c.ID); err != nil || k.Text != "We send a new one" {
		t.Errorf("what was taken back is not a draft: %+v %v", k, err)
	}
	if _, p, err := s.Submit(ctx, s.bo, c.ID, Draft{Text: "We send a new one", ClientID: "a"}, When{}); err != nil || p.State != "withdrawn" {
		t.Errorf("a late repetition of what was taken back: %+v %v", p, err)
	}
	version, err := s.KeepDraft(ctx, s.bo, c.ID, Draft{Text: "We send two"})
	s.must(err)
	_, p, err = s.Submit(ctx, s.bo, c.ID, Draft{Text: "We send two", ClientID: "b", Version: version}, When{})
	s.must(err)
	_, err = s.CloseConversation(ctx, s.bo, c.ID)
	s.must(err)
	s.now = s.now.Add(10 * time.Second)
	s.due()
	s.due()
	if said := s.said(c.ID); len(said) != 1 || said[0] != "We send two" {
		t.Errorf("it said %q", said)
	}
	if _, err := s.Withdraw(ctx, s.bo, p.ID, false); !errors.Is(err, Conflict("error.planned_gone")) {
		t.Errorf("taken back after it went out: %v", err)
	}
	if after, _ := s.Conversation(ctx, s.bo, c.ID); after.Status != "closed" {
		t.Error("the answer that followed opened the ticket again")
	}
	if m, p, err := s.Submit(ctx, s.bo, c.ID, Draft{Text: "We send two", ClientID: "b"}, When{}); err != nil || p != nil || m.Text != "We send two" {
		t.Errorf("a late repetition of what went out: %+v %+v %v", m, p, err)
	}
	if k, err := s.Drafted(ctx, s.bo, c.ID); err != nil || k.Version != 0 {
		t.Errorf("the draft is still there: %+v %v", k, err)
	}
}

func TestAnAnswerAtATime(t *testing.T) {
	s, ctx := open(t), t.Context()
	v, c := s.served()
	for text, want := range map[string]struct {
		draft Draft
		at    time.Duration
		key   string
	}{
		"past":    {Draft{Text: "x"}, -time.Second, "fault.plan_past"},
		"far":     {Draft{Text: "x"}, 400 * 24 * time.Hour, "fault.plan_far"},
		"whisper": {Draft{Text: "x", Internal: true}, time.Hour, "fault.plan_whisper"},
	} {
		var e *Error
		if _, _, err := s.Submit(ctx, s.bo, c.ID, want.draft, When{At: s.now.Add(want.at)}); !errors.As(err, &e) || e.Fields[0].Key != want.key {
			t.Errorf("%s: %v", text, err)
		}
	}
	_, _, err := s.Submit(ctx, s.bo, c.ID, Draft{Text: "as promised"}, When{At: s.now.Add(time.Hour)})
	s.must(err)
	_, still, err := s.Submit(ctx, s.bo, c.ID, Draft{Text: "are you still there?"}, When{At: s.now.Add(2 * time.Hour), UnlessAnswered: true})
	s.must(err)
	next, err := s.Due(ctx, System, true)
	s.must(err)
	if !next.Equal(s.now.Add(time.Hour)) {
		t.Errorf("the next is due at %v", next)
	}
	s.now = s.now.Add(time.Hour)
	if _, err := s.Due(ctx, System, false); err != nil || len(s.said(c.ID)) != 0 {
		t.Errorf("sent while the clock is in doubt: %q %v", s.said(c.ID), err)
	}
	s.due()
	s.say(v, "yes")
	if list := s.planned(c.ID); len(list) != 1 || list[0].State != "stopped" || list[0].Cause != "planned.answered" {
		t.Fatalf("after the customer answered: %+v", list)
	}
	s.now = s.now.Add(2 * time.Hour)
	s.due()
	if said := s.said(c.ID); len(said) != 1 || said[0] != "as promised" {
		t.Errorf("it said %q", said)
	}
	if _, err := s.SendPlanned(ctx, s.alice, still.ID); !errors.Is(err, Forbidden) {
		t.Errorf("sent by somebody else: %v", err)
	}
	_, err = s.SendPlanned(ctx, s.bo, still.ID)
	s.must(err)
	if said := s.said(c.ID); len(said) != 2 || len(s.planned(c.ID)) != 0 {
		t.Errorf("after sending it anyway it said %q", said)
	}
	_, _, err = s.Submit(ctx, s.bo, c.ID, Draft{Text: "tomorrow"}, When{At: s.now.Add(24 * time.Hour)})
	s.must(err)
	_, err = s.CloseConversation(ctx, s.bo, c.ID)
	s.must(err)
	if list := s.planned(c.ID); len(list) != 1 || list[0].Cause != "planned.closed" {
		t.Errorf("after the end: %+v", list)
	}
	_, err = s.Withdraw(ctx, s.alice, list0(s.planned(c.ID)).ID, true)
	s.must(err)
	if k, _ := s.Drafted(ctx, s.bo, c.ID); k.Version != 0 || len(s.planned(c.ID)) != 0 {
		t.Error("what was dropped came back")
	}
}

func list0[T any](list []T) T { return list[0] }

// In a chat that can be taken back, closing does not swallow the last word.
func TestClosingSendsWhatWaitsToBeTakenBack(t *testing.T) {
	s, ctx := open(t), t.Context()
	s.must(s.ChangeHandling(ctx, s.alice, Handling{SoonAfter: 3, OverdueAfter: 5, UndoChat: 5}))
	_, c := s.served()
	_, p, err := s.Submit(ctx, s.bo, c.ID, Draft{Text: "Goodbye"}, When{})
	s.must(err)
	if p == nil {
		t.Fatal("it went out at once")
	}
	_, err = s.CloseConversation(ctx, s.bo, c.ID)
	s.must(err)
	list, _, err := s.Messages(ctx, s.bo, c.ID, MessageList{Limit: 20})
	s.must(err)
	if n := len(list); list[n-2].Text != "Goodbye" || list[n-2].AuthorName != "Bo" || list[n-1].Meta.Event != ConversationClosed {
		t.Errorf("the end is %+v, %+v", list[n-2], list[n-1])
	}
}

func TestAnAnswerWrittenWhileAColleagueAnswered(t *testing.T) {
	s, ctx := open(t), t.Context()
	chen := s.agent("Chen", Crew)
	_, c := s.served()
	_, err := s.Join(ctx, chen, c.ID)
	s.must(err)
	c, err = s.Conversation(ctx, s.bo, c.ID)
	s.must(err)
	seen := c.LastSeq
	_, err = s.Reply(ctx, chen, c.ID, Draft{Text: "It is on its way", Seen: seen})
	s.must(err)
	if _, _, err := s.Submit(ctx, s.bo, c.ID, Draft{Text: "It left yesterday", Seen: seen}, When{}); !errors.Is(err, Conflict("error.collision", "Chen")) {
		t.Fatalf("his answer was not held: %v", err)
	}
	if _, err := s.Reply(ctx, s.bo, c.ID, Draft{Text: "careful", Seen: seen, Internal: true}); err != nil {
		t.Errorf("a whisper was held: %v", err)
	}
	list, err := s.Arrived(ctx, s.bo, c.ID, seen)
	s.must(err)
	if len(list) != 1 || list[0].Text != "It is on its way" {
		t.Errorf("arrived: %+v", list)
	}
	_, _, err = s.Submit(ctx, s.bo, c.ID, Draft{Text: "It left yesterday", Seen: list[0].Seq}, When{})
	s.must(err)
	// Two mails within the time in which each can be taken back: the second to go out is held.
	tk := s.mailed()
	for i, by := range []Actor{s.bo, chen} {
		s.now = s.now.Add(time.Second)
		if _, p, err := s.Submit(ctx, by, tk.ID, Draft{Text: by.Name, Seen: tk.LastSeq}, When{}); err != nil || p == nil {
			t.Fatalf("mail %d: %+v %v", i, p, err)
		}
	}
	s.now = s.now.Add(time.Minute)
	s.due()
	if said, left := s.said(tk.ID), s.planned(tk.ID); len(said) != 1 || said[0] != "Bo" || len(left) != 1 || left[0].Cause != "planned.collision" {
		t.Errorf("said %q, left %+v", said, left)
	}
}

// However many look at what is due, and whatever is cut off in between, it goes out once.
func TestPlannedGoesOutOnce(t *testing.T) {
	s, ctx := open(t), t.Context()
	_, c := s.served()
	for range 20 {
		_, _, err := s.Submit(ctx, s.bo, c.ID, Draft{Text: "once"}, When{At: s.now.Add(time.Second)})
		s.must(err)
	}
	s.now = s.now.Add(time.Minute)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := s.Due(ctx, System, true); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if said := s.said(c.ID); len(said) != 20 {
		t.Errorf("%d of 20 went out", len(said))
	}
}

// Nobody speaks in the name of somebody who was let go.
func TestPlannedByAnAgentWhoIsGone(t *testing.T) {
	s, ctx := open(t), t.Context()
	_, c := s.served()
	_, _, err := s.Submit(ctx, s.bo, c.ID, Draft{Text: "later"}, When{At: s.now.Add(time.Hour)})
	s.must(err)
	off := false
	_, err = s.ChangeAgent(ctx, s.alice, s.bo.Agent(), AgentChange{Enabled: &off})
	s.must(err)
	s.now = s.now.Add(time.Hour)
	s.due()
	if list := s.planned(c.ID); len(list) != 1 || list[0].Cause != "planned.agent" || len(s.said(c.ID)) != 0 {
		t.Errorf("left %+v", list)
	}
}

func TestWhatLeftAnAgentsSightHeDoesNotSend(t *testing.T) {
	s, ctx := open(t), t.Context()
	c := s.mailed()
	_, p, err := s.Submit(ctx, s.bo, c.ID, Draft{Text: "my last word"}, When{At: s.now.Add(time.Hour)})
	s.must(err)
	_, err = s.Leave(ctx, s.bo, c.ID)
	s.must(err)
	others, err := s.SaveTeam(ctx, s.alice, Team{Name: "Others", Assignment: "auto", MemberIDs: []AgentID{s.alice.Agent()}})
	s.must(err)
	_, err = s.Assign(ctx, s.alice, c.ID, others.ID, s.alice.Agent())
	s.must(err)
	if _, err := s.Conversation(ctx, s.bo, c.ID); !errors.Is(err, NotFound) {
		t.Fatalf("he still sees it: %v", err)
	}
	if _, err := s.SendPlanned(ctx, s.bo, p.ID); !errors.Is(err, NotFound) {
		t.Errorf("sent: %v", err)
	}
	s.now = s.now.Add(2 * time.Hour)
	s.due()
	if list := s.planned(c.ID); len(list) != 1 || list[0].Cause != "planned.left" || len(s.said(c.ID)) != 0 {
		t.Errorf("planned %+v, said %q", list, s.said(c.ID))
	}
	if _, err := s.Withdraw(ctx, s.bo, p.ID, false); err != nil {
		t.Errorf("his own words back: %v", err)
	}
}

func TestDraftsAreShared(t *testing.T) {
	s, ctx := open(t), t.Context()
	_, c := s.served()
	first, err := s.KeepDraft(ctx, s.bo, c.ID, Draft{Text: "half a sen", Seen: 3})
	s.must(err)
	second, err := s.KeepDraft(ctx, s.bo, c.ID, Draft{Text: "half a sentence", Seen: 3})
	s.must(err)
	if second <= first {
		t.Errorf("versions %d, %d", first, second)
	}
	k, err := s.Drafted(ctx, s.bo, c.ID)
	s.must(err)
	if k.Text != "half a sentence" || k.Seen != 3 || k.Version != second {
		t.Errorf("kept %+v", k)
	}
	if k, err := s.Drafted(ctx, s.alice, c.ID); err != nil || k.Version != 0 {
		t.Errorf("somebody else reads it: %+v %v", k, err)
	}
	team, err := s.SaveTeam(ctx, s.alice, Team{Name: "Sales", Assignment: "collaboration"})
	s.must(err)
	_, err = s.Assign(ctx, s.alice, c.ID, team.ID, 0)
	s.must(err)
	if _, err := s.KeepDraft(ctx, s.bo, c.ID, Draft{Text: "x"}); !errors.Is(err, NotFound) {
		t.Errorf("a draft in what he does not see: %v", err)
	}
}

package desk

import (
	"fmt"
	"testing"
	"time"
)

// An invitation is shown as often as it may be, after a refusal when its time has come, and to nobody who talks or is not meant.
func TestInvitationsAreDue(t *testing.T) {
	s, ctx := open(t), t.Context()
	save := func(p Proactive) *Proactive {
		p.InboxID, p.Enabled, p.Text = s.widget.ID, true, "Can I help?"
		made, err := s.SaveProactive(ctx, s.alice, p)
		s.must(err)
		return made
	}
	twice := save(Proactive{Name: "twice", DailyMax: 2, Again: 10, After: 30})
	once := save(Proactive{Name: "once", DailyMax: 5, Visitors: "new"})
	save(Proactive{Name: "back", DailyMax: 1, Visitors: "returning"})
	mei := s.visitor()
	due := func() string {
		t.Helper()
		list, err := s.ProactivesFor(ctx, mei, s.widget.ID)
		s.must(err)
		text := ""
		for _, p := range list {
			text += fmt.Sprintf("%s %v ", p.Name, p.Rest)
		}
		return text
	}
	note := func(p *Proactive, outcome string) {
		t.Helper()
		s.must(s.NoteProactive(ctx, mei, s.widget.ID, p.ID, outcome))
	}
	want := func(text string) {
		t.Helper()
		if got := due(); got != text {
			t.Errorf("due are %q, want %q", got, text)
		}
	}
	want("twice 0s once 0s ")
	note(twice, ProactiveShown)
	note(twice, ProactiveRefused)
	s.now = s.now.Add(4 * time.Minute)
	want("twice 6m0s once 0s ")
	note(once, ProactiveShown)
	note(once, ProactiveRefused) // 0 minutes: never again
	want("twice 6m0s ")
	s.now = s.now.Add(7 * time.Minute)
	want("twice 0s ")
	note(twice, ProactiveShown)
	want("")
	s.now = time.Date(2026, 4, 12, 16, 0, 0, 0, time.UTC) // midnight in Shanghai; his first day is over
	want("twice 0s back 0s ")
	id := s.say(mei, "hello").ConversationID
	want("")
	_, err := s.CloseConversation(ctx, mei, id)
	s.must(err)
	want("twice 0s back 0s ")
	s.must(s.Blacklist(ctx, s.alice, mei.Customer(), "spam"))
	want("")
}

// The invitation that a visitor accepted stands before his first words, once.
func TestAnAcceptedInvitationBeginsTheChat(t *testing.T) {
	s, ctx := open(t), t.Context()
	p, err := s.SaveProactive(ctx, s.alice, Proactive{InboxID: s.widget.ID, Name: "n", Text: "Need a hand?", Enabled: true, DailyMax: 1})
	s.must(err)
	mei := s.visitor()
	s.must(s.NoteProactive(ctx, mei, s.widget.ID, p.ID, ProactiveShown))
	s.must(s.NoteProactive(ctx, mei, s.widget.ID, p.ID, ProactiveAccepted))
	id := s.say(mei, "Yes please").ConversationID
	s.say(mei, "Quickly")
	list, _, err := s.Messages(ctx, s.bo, id, MessageList{Limit: 10})
	s.must(err)
	if len(list) != 3 || list[0].Text != "Need a hand?" || list[0].AuthorKind != BySystem || list[0].Direction != "out" || list[1].Text != "Yes please" {
		t.Errorf("the chat begins %+v", list)
	}
	all, err := s.Proactives(ctx, s.alice)
	s.must(err)
	if len(all) != 1 || all[0].Shown != 1 || all[0].Accepted != 1 {
		t.Errorf("counted %+v", all)
	}
	events, err := s.EventsAfter(ctx, System, 0, 1000)
	s.must(err)
	var told int
	for _, e := range events {
		if e.Name == ProactiveChanged {
			told++
		}
	}
	if told != 1 {
		t.Errorf("%d events of the invitation", told)
	}
}

func TestInvitationFaults(t *testing.T) {
	s, ctx := open(t), t.Context()
	good := Proactive{InboxID: s.widget.ID, Name: "n", Text: "t", DailyMax: 1}
	for what, spoil := range map[string]func(*Proactive){
		"no name": func(p *Proactive) { p.Name = " " }, "no text": func(p *Proactive) { p.Text = "" }, "never": func(p *Proactive) { p.DailyMax = 0 }, "beyond the end": func(p *Proactive) { p.Scroll = 101 },
		"before": func(p *Proactive) { p.After = -1 }, "no widget": func(p *Proactive) { p.InboxID = 99 },
	} {
		p := good
		spoil(&p)
		if _, err := s.SaveProactive(ctx, s.alice, p); err == nil {
			t.Errorf("%s was stored", what)
		}
	}
	if _, err := s.SaveProactive(ctx, s.bo, good); err != Forbidden {
		t.Errorf("an agent stored one: %v", err)
	}
	p, err := s.SaveProactive(ctx, s.alice, good)
	s.must(err)
	other, err := s.SaveInbox(ctx, s.alice, SavedInbox{Channel: Webchat, Name: "Other", Enabled: true, Settings: Widget{}})
	s.must(err)
	if err := s.NoteProactive(ctx, s.visitor(), other.ID, p.ID, ProactiveShown); err != NotFound {
		t.Errorf("through another widget: %v", err)
	}
	if err := s.NoteProactive(ctx, s.visitor(), s.widget.ID, p.ID, "liked"); err == nil {
		t.Error("an outcome that is none")
	}
	flood := s.visitor()
	for range 25 {
		s.must(s.NoteProactive(ctx, flood, s.widget.ID, p.ID, ProactiveShown))
	}
	if all, err := s.Proactives(ctx, s.alice); err != nil || len(all) != 1 || all[0].Shown != 10 {
		t.Errorf("whoever says it again and again is counted %+v (%v)", all, err)
	}
	s.must(s.DeleteProactive(ctx, s.alice, p.ID))
	if err := s.DeleteProactive(ctx, s.alice, p.ID); err != NotFound {
		t.Errorf("removed twice: %v", err)
	}
}

// Who is on the site, where, since when and by which way; an agent may speak first, once.
func TestVisitorsAndSpeakingFirst(t *testing.T) {
	s, ctx := open(t), t.Context()
	walk := func(v Actor, url, referrer string, after time.Duration) {
		s.now = s.now.Add(after)
		s.must(s.Visited(ctx, v, Visit{URL: url, Title: url[len(url)-3:], Referrer: referrer, IP: "192.0.2.1", UserAgent: "Firefox"}))
	}
	mei, li := s.visitor(), s.visitor()
	walk(mei, "https://shop.example/tea", "https://search.example/", time.Hour)
	walk(mei, "https://shop.example/cup", "https://shop.example/tea", time.Minute)
	walk(mei, "https://shop.example/cup", "https://shop.example/tea", time.Second) // the same, reloaded
	here := []Here{{mei.Customer(), s.widget.ID}, {li.Customer(), s.widget.ID}}
	list, next, err := s.Visitors(ctx, s.bo, VisitingList{Here: here, Limit: 1})
	s.must(err)
	if len(list) != 1 || next == "" || list[0].ID != mei.Customer() || len(list[0].Trail) != 2 || list[0].Now().Title != "cup" || list[0].First().Referrer != "https://search.example/" {
		t.Fatalf("the first of them: %+v", list)
	}
	rest, next, err := s.Visitors(ctx, s.bo, VisitingList{Here: here, Limit: 1, Before: next})
	s.must(err)
	if len(rest) != 1 || next != "" || rest[0].ID != li.Customer() || rest[0].Talks {
		t.Errorf("the others: %+v", rest)
	}
	if found, _, err := s.Visitors(ctx, s.bo, VisitingList{Here: here, Query: "CUP", Limit: 9}); err != nil || len(found) != 1 {
		t.Errorf("found by page: %d (%v)", len(found), err)
	}
	if none, _, err := s.Visitors(ctx, s.bo, VisitingList{Limit: 9}); err != nil || len(none) != 0 {
		t.Errorf("nobody is here, and %d are listed (%v)", len(none), err)
	}
	if _, _, err := s.Visitors(ctx, mei, VisitingList{Here: here, Limit: 9}); err == nil {
		t.Error("a visitor lists the others")
	}

	c, err := s.SpeakFirst(ctx, s.bo, here[0], Draft{Text: "Shall I help?"})
	s.must(err)
	if c.Status != "open" || c.AssigneeID != s.bo.Agent() || !c.Joined || c.LastText != "Shall I help?" {
		t.Errorf("opened %+v", c)
	}
	if again, _, _ := s.Visitors(ctx, s.alice, VisitingList{Here: here, Limit: 9}); !again[0].Talks || again[0].Chat == nil || again[0].Chat.ID != c.ID {
		t.Error("his chat is not told")
	}
	if _, err := s.SpeakFirst(ctx, s.alice, here[0], Draft{Text: "Me too"}); err == nil {
		t.Error("a second agent spoke first")
	}
	if got := s.say(mei, "Yes"); got.ConversationID != c.ID {
		t.Error("his answer opened another chat")
	}
	s.must(s.Blacklist(ctx, s.alice, li.Customer(), "spam"))
	for what, err := range map[string]error{
		"blacklisted": second(s.SpeakFirst(ctx, s.bo, here[1], Draft{Text: "hi"})), "nothing said": second(s.SpeakFirst(ctx, s.bo, Here{s.visitor().Customer(), s.widget.ID}, Draft{})),
		"nobody": second(s.SpeakFirst(ctx, s.bo, Here{999, s.widget.ID}, Draft{Text: "hi"})), "a visitor": second(s.SpeakFirst(ctx, mei, here[1], Draft{Text: "hi"})),
	} {
		if err == nil {
			t.Errorf("%s: no fault", what)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// Who never said a word nor who he is is forgotten after a month; everybody else stays.
func TestPassersByAreForgotten(t *testing.T) {
	s, ctx := open(t), t.Context()
	s.visitor()
	said := s.visitor()
	s.say(said, "hello")
	name := "Mei"
	_, _, err := s.Enter(ctx, System, Visit{Profile: CustomerChange{Name: &name}})
	s.must(err)
	s.now = s.now.Add(31 * 24 * time.Hour)
	s.visitor()
	swept, err := s.Expire(ctx, System)
	s.must(err)
	if n := s.rows("customers"); swept.Passers != 1 || n != 3 {
		t.Errorf("%d forgotten, %d left", swept.Passers, n)
	}
}

package desk

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// talked is a chat that Bo has joined and, if closed, ended.
func (s *shop) talked(closed bool) (Actor, ConversationID) {
	s.t.Helper()
	v := s.visitor()
	m := s.say(v, "hello")
	_, err := s.Join(s.t.Context(), s.bo, m.ConversationID)
	s.must(err)
	if closed {
		_, err = s.CloseConversation(s.t.Context(), s.bo, m.ConversationID)
		s.must(err)
	}
	return v, m.ConversationID
}

func (s *shop) survey(change func(*Survey)) {
	s.t.Helper()
	v, err := s.Survey(s.t.Context(), s.alice)
	s.must(err)
	change(&v)
	s.must(s.ChangeSurvey(s.t.Context(), s.alice, v))
}

func conflicts(t *testing.T, err error, key string) {
	t.Helper()
	if !errors.Is(err, Conflict(key)) {
		t.Errorf("%v, want %s", err, key)
	}
}

func TestRatingByInvitation(t *testing.T) {
	s, ctx := open(t), t.Context()
	li, id := s.talked(false)
	_, err := s.Rate(ctx, li, id, Score{Stars: 5})
	conflicts(t, err, "error.rating_unasked")
	other := s.agent("Chen", Crew)
	_, err = s.InviteRating(ctx, other, id)
	conflicts(t, err, "error.join_first")
	_, err = s.InviteRating(ctx, s.bo, id)
	s.must(err)
	_, err = s.InviteRating(ctx, s.bo, id)
	conflicts(t, err, "error.rating_asked")
	if _, err := s.Rate(ctx, s.visitor(), id, Score{Stars: 1}); !errors.Is(err, NotFound) {
		t.Errorf("another visitor rates: %v", err)
	}
	s.survey(func(v *Survey) { v.Stars[1] = OfStar{Tags: []string{"slow", "rude", "slow", " "}, One: true} })
	for _, wrong := range []Score{{}, {Stars: 6}, {Stars: 2}, {Stars: 2, Tags: []string{"slow", "rude"}}, {Stars: 2, Tags: []string{"kind"}}, {Stars: 5, Tags: []string{"slow"}}} {
		var e *Error
		if _, err := s.Rate(ctx, li, id, wrong); !errors.As(err, &e) || e.Kind != KindInvalid {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
	no := false
	_, err = s.Rate(ctx, li, id, Score{Stars: 2, Tags: []string{"slow"}, Remark: " twenty minutes ", Solved: &no})
	s.must(err)
	_, err = s.Rate(ctx, li, id, Score{Stars: 5})
	conflicts(t, err, "error.rating_given")
	_, err = s.InviteRating(ctx, s.bo, id)
	conflicts(t, err, "error.rating_given")
	r, err := s.RatingOf(ctx, s.alice, id)
	s.must(err)
	if r.Stars != 2 || r.Remark != "twenty minutes" || !slices.Equal(r.Tags, []string{"slow"}) || r.Solved == nil || *r.Solved || r.Way != "agent" {
		t.Errorf("stored: %+v", r)
	}
	want := []EventName{MessageNoted, RatingRequested, MessageNoted, RatingGiven}
	if names := s.names(id); !slices.Equal(names[len(names)-4:], want) {
		t.Errorf("events %v", names)
	}
}

// Admins see all ratings, an agent those of the customers he has served, the customer his own; every other only that there is one.
func TestWhoSeesARating(t *testing.T) {
	s, ctx := open(t), t.Context()
	stranger := s.agent("Chen", Crew)
	li, id := s.talked(true)
	s.survey(func(v *Survey) { v.Button = true })
	_, err := s.Rate(ctx, li, id, Score{Stars: 4, Remark: "fine"})
	s.must(err)
	for name, c := range map[string]struct {
		by    Actor
		stars int
	}{"admin": {s.alice, 4}, "who served": {s.bo, 4}, "the customer": {li, 4}, "another agent": {stranger, 0}} {
		r, err := s.RatingOf(ctx, c.by, id)
		s.must(err)
		if r.Stars != c.stars || !r.Given() || r.Hidden != (c.stars == 0) || c.stars == 0 && r.Remark != "" {
			t.Errorf("%s: %+v", name, r)
		}
		all, err := s.StarsOf(ctx, c.by, CustomerID(li.ID))
		s.must(err)
		if all[id] != c.stars {
			t.Errorf("%s, of all: %v", name, all)
		}
	}
	if _, _, err := s.Ratings(ctx, s.bo, RatingList{Limit: 10}); !errors.Is(err, Forbidden) {
		t.Errorf("an agent lists ratings: %v", err)
	}
	if _, err := s.RatingOf(ctx, s.visitor(), id); !errors.Is(err, NotFound) {
		t.Errorf("another visitor: %v", err)
	}
}

func TestRatingExpires(t *testing.T) {
	s, ctx := open(t), t.Context()
	s.survey(func(v *Survey) { v.Button = true })
	li, id := s.talked(true)
	_, in := s.talked(false)
	s.now = s.now.Add(8 * time.Hour)
	if _, err := s.InviteRating(ctx, s.bo, id); err != nil {
		t.Errorf("eight hours are in: %v", err)
	}
	s.now = s.now.Add(time.Minute)
	_, err := s.Rate(ctx, li, id, Score{Stars: 5})
	conflicts(t, err, "error.rating_late")
	_, late := s.talked(true)
	s.now = s.now.Add(9 * time.Hour)
	_, err = s.InviteRating(ctx, s.bo, late)
	conflicts(t, err, "error.rating_late")
	s.survey(func(v *Survey) { v.Hours = 24 })
	_, err = s.Rate(ctx, li, id, Score{Stars: 5})
	s.must(err)
	if _, err := s.InviteRating(ctx, s.bo, in); err != nil {
		t.Errorf("a chat that goes on: %v", err)
	}
}

// A rating counts for all who served, or for the last of them, as the company wanted it at that time.
func TestForWhomARatingCounts(t *testing.T) {
	s, ctx := open(t), t.Context()
	chen := s.agent("Chen", Crew)
	s.survey(func(v *Survey) { v.Button = true })
	counted := func(lastOnly bool) []string {
		t.Helper()
		s.survey(func(v *Survey) { v.LastOnly = lastOnly })
		li, id := s.talked(false)
		s.now = s.now.Add(time.Minute)
		_, err := s.Assign(ctx, s.bo, id, 0, chen.Agent())
		s.must(err)
		_, err = s.CloseConversation(ctx, chen, id)
		s.must(err)
		_, err = s.Rate(ctx, li, id, Score{Stars: 5})
		s.must(err)
		list, _, err := s.Ratings(ctx, s.alice, RatingList{Limit: 1})
		s.must(err)
		return list[0].Agents
	}
	if got := counted(false); !slices.Equal(got, []string{"Bo", "Chen"}) {
		t.Errorf("shared by all: %v", got)
	}
	if got := counted(true); !slices.Equal(got, []string{"Chen"}) {
		t.Errorf("the last alone: %v", got)
	}
	for who, want := range map[AgentID]int{s.bo.Agent(): 1, chen.Agent(): 2} {
		sum, err := s.RatingSum(ctx, s.alice, RatingList{AgentID: who})
		s.must(err)
		if sum.Count != want || sum.Average != 5 {
			t.Errorf("of agent %d: %+v, want %d", who, sum, want)
		}
	}
}

func TestRatingAtTheEnd(t *testing.T) {
	s, ctx := open(t), t.Context()
	s.survey(func(v *Survey) { v.OnClose = true })
	li, id := s.talked(true)
	r, err := s.RatingOf(ctx, s.bo, id)
	s.must(err)
	if r == nil || r.Way != "system" {
		t.Fatalf("asked: %+v", r)
	}
	events, err := s.EventsAfter(ctx, System, 0, 1000)
	s.must(err)
	if last := events[len(events)-1]; last.Name != RatingRequested || last.Actor.Kind != BySystem {
		t.Errorf("the last event: %+v", last)
	}
	if _, err := s.Reopen(ctx, s.bo, id); err != nil {
		t.Fatal(err)
	}
	_, err = s.CloseConversation(ctx, s.bo, id) // asked once
	s.must(err)
	_, err = s.Rate(ctx, li, id, Score{Stars: 3})
	s.must(err)
	alone := s.say(s.visitor(), "nobody comes")
	_, err = s.CloseConversation(ctx, s.alice, alone.ConversationID)
	s.must(err)
	if r, err := s.RatingOf(ctx, s.alice, alone.ConversationID); err != nil || r != nil {
		t.Errorf("nobody served, and was asked about: %+v, %v", r, err)
	}
}

func TestRatingsAreListed(t *testing.T) {
	s, ctx := open(t), t.Context()
	s.survey(func(v *Survey) { v.Button = true })
	yes := true
	for stars := 1; stars <= 5; stars++ {
		li, id := s.talked(true)
		score := Score{Stars: stars}
		if stars == 5 {
			score.Solved, score.Remark = &yes, "thank you"
		}
		_, err := s.Rate(ctx, li, id, score)
		s.must(err)
		s.now = s.now.Add(time.Hour)
	}
	count := func(l RatingList) (n int) {
		t.Helper()
		for l.Limit = 2; ; {
			list, next, err := s.Ratings(ctx, s.alice, l)
			s.must(err)
			n += len(list)
			if next == "" {
				break
			}
			l.Before = next
		}
		sum, err := s.RatingSum(ctx, s.alice, l)
		s.must(err)
		if sum.Count != n {
			t.Errorf("%+v: %d in the list, %d in the sum", l, n, sum.Count)
		}
		return n
	}
	for _, c := range []struct {
		l    RatingList
		want int
	}{
		{RatingList{}, 5}, {RatingList{Stars: 2}, 1}, {RatingList{AgentID: s.bo.Agent()}, 5}, {RatingList{AgentID: s.alice.Agent()}, 0}, {RatingList{InboxID: s.widget.ID}, 5}, {RatingList{TeamID: 9}, 0},
		{RatingList{Kind: "ticket"}, 0}, {RatingList{Solved: "yes"}, 1}, {RatingList{Solved: "no"}, 0}, {RatingList{Solved: "unsaid"}, 4}, {RatingList{Remark: true}, 1},
		{RatingList{From: s.now.Add(-150 * time.Minute)}, 2}, {RatingList{To: s.now.Add(-150 * time.Minute)}, 3},
	} {
		if got := count(c.l); got != c.want {
			t.Errorf("%+v: %d, want %d", c.l, got, c.want)
		}
	}
	sum, err := s.RatingSum(ctx, s.alice, RatingList{})
	s.must(err)
	if sum.Average != 3 || sum.Each != [5]int{1, 1, 1, 1, 1} || sum.Solved != 1 || sum.Said != 1 || sum.Percent(1) != 20 {
		t.Errorf("sum %+v", sum)
	}
}

func TestSurveyIsChecked(t *testing.T) {
	s, ctx := open(t), t.Context()
	for _, v := range []Survey{{Hours: 0, Days: 30}, {Hours: 8, Days: 0}, {Hours: 8, Days: 30, Stars: [5]OfStar{{Tags: []string{string(make([]rune, 31))}}}}} {
		var e *Error
		if err := s.ChangeSurvey(ctx, s.alice, v); !errors.As(err, &e) || e.Kind != KindInvalid {
			t.Errorf("%+v: %v", v, err)
		}
	}
	if err := s.ChangeSurvey(ctx, s.bo, Survey{Hours: 8, Days: 30}); !errors.Is(err, Forbidden) {
		t.Errorf("an agent: %v", err)
	}
}

// By itself the desk asks nobody whom programs leave alone how he was served; an agent may.
func TestNoListIsAskedForARating(t *testing.T) {
	s, ctx := open(t), t.Context()
	box := s.mailed().InboxID
	got, err := s.Receive(ctx, System, Incoming{InboxID: box, Identity: Identity{Channel: Email, ExternalID: "news@example.test"}, Customer: Customer{Email: "news@example.test"}, Text: "Buy", Meta: Meta{Mail: &MailMeta{Quiet: true}}, Ticket: &NewTicket{Subject: "News", Origin: "mail"}})
	s.must(err)
	for _, by := range []Actor{System, s.alice} {
		_, err := s.InviteRating(ctx, by, got.ConversationID)
		s.must(err)
		r, err := s.RatingOf(ctx, System, got.ConversationID)
		s.must(err)
		if asked := r != nil; asked != (by.Kind == ByAgent) {
			t.Errorf("asked by %s: %v", by.Kind, asked)
		}
	}
}

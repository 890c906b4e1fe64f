package demo

import (
	"bytes"
	"context"
	"slices"
	"time"

	"deskbell/app/desk"
)

// seeding writes the past: its clock goes from line to line.
type seeding struct {
	ctx     context.Context
	d       *desk.Desk
	now     time.Time // by the desk's clock while it is filled
	present time.Time
	zone    *time.Location

	widget, mailbox desk.InboxID
	agents          map[string]desk.Actor
	teams           map[string]desk.TeamID
	topics          map[string]desk.TopicID
	tags            map[string]desk.TagID
	kinds           map[string]desk.CustomerTagID
	order           desk.FormFieldID

	steps []step
	err   error // the first; all that follows does nothing
}

// step is what happened at a moment.
type step struct {
	at   time.Time
	what func()
}

// at plans what happened at a moment: the whole past is told in its order, so that ids, lists and the audit log follow the time.
func (s *seeding) at(when time.Time, what func()) { s.steps = append(s.steps, step{when, what}) }

// line is one message of a past conversation: who says what, and how long after the line before.
type line struct {
	who  string // "" the customer, "whisper NAME" or NAME
	text string
	wait time.Duration
}

// seed makes the shop: its people and rules, what was said before, and what waits now.
func (m *Demo) seed(ctx context.Context) error {
	present := m.desk.Clock
	s := &seeding{ctx: ctx, d: m.desk, present: present(), zone: time.FixedZone("CST", 8*60*60), agents: map[string]desk.Actor{}, teams: map[string]desk.TeamID{},
		topics: map[string]desk.TopicID{}, tags: map[string]desk.TagID{}, kinds: map[string]desk.CustomerTagID{}}
	defer func() { m.desk.Clock = present }()
	m.desk.Clock = func() time.Time { return s.now }
	s.now = s.day(10, 9, 0)
	s.people()
	s.inboxes()
	if s.err == nil {
		s.mailbox, s.err = m.point(ctx, s.teams["Orders 售后"])
	}
	s.rules()
	s.words()
	s.chats()
	s.notes()
	s.mails()
	s.waiting()
	s.colleagues()
	slices.SortStableFunc(s.steps, func(a, b step) int { return a.at.Compare(b.at) })
	for _, step := range s.steps {
		s.now = step.at
		step.what()
	}
	return s.err
}

// day is a moment some days ago by the shop's clock on the wall, so that nobody talks of tea at four in the morning.
func (s *seeding) day(ago, hour, minute int) time.Time {
	at := s.present.In(s.zone)
	return time.Date(at.Year(), at.Month(), at.Day()-ago, hour, minute, 0, 0, s.zone)
}

// must keeps the first error and says whether there is none.
func (s *seeding) must(err error) bool {
	if s.err == nil {
		s.err = err
	}
	return s.err == nil
}

// do is a step that is left out once something went wrong.
func (s *seeding) do(step func() error) {
	if s.err == nil {
		s.err = step()
	}
}

// customer is one whom the shop knows by name and address, wherever he writes, with the page that he came by.
func (s *seeding) customer(name, email, locale, url string, kinds ...string) desk.Actor {
	if s.err != nil {
		return desk.Actor{}
	}
	k, err := s.d.CustomerOf(s.ctx, desk.System, desk.Identity{Channel: desk.Email, ExternalID: email}, desk.CustomerChange{Name: &name, Email: &email})
	if !s.must(err) {
		return desk.Actor{}
	}
	by := desk.AsCustomer(k.ID)
	s.must(s.d.Visited(s.ctx, by, page(url, locale)))
	if ids := make([]desk.CustomerTagID, len(kinds)); len(ids) > 0 {
		for i, name := range kinds {
			ids[i] = s.kinds[name]
		}
		s.must(s.d.TagCustomer(s.ctx, s.agents["Alice"], k.ID, ids))
	}
	return by
}

// visitor is one of whom nobody knows more than what his page told.
func (s *seeding) visitor(name, locale, url string) desk.Actor {
	if s.err != nil {
		return desk.Actor{}
	}
	v := page(url, locale)
	if name != "" {
		v.Profile.Name = &name
	}
	_, c, err := s.d.Enter(s.ctx, desk.System, v)
	if !s.must(err) {
		return desk.Actor{}
	}
	return desk.AsCustomer(c.ID)
}

func page(url, locale string) desk.Visit {
	v := desk.Visit{URL: url, Locale: locale, Title: "West Lake Tea", Referrer: "https://search.example/", IP: "203.0.113.7",
		UserAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36"}
	if locale == "zh-CN" {
		v.Title, v.IP = "西湖茶叶", "198.51.100.24"
		v.UserAgent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
	}
	return v
}

// talk writes a chat down and answers its id.
func (s *seeding) talk(customer desk.Actor, lines ...line) (id desk.ConversationID) {
	for _, l := range lines {
		if l.who != "" {
			s.answer(id, l)
			continue
		}
		s.now = s.now.Add(l.wait)
		s.do(func() error {
			got, err := s.d.Receive(s.ctx, customer, desk.Incoming{InboxID: s.widget, Text: l.text})
			if err == nil {
				id = got.ConversationID
			}
			return err
		})
	}
	return id
}

func (s *seeding) answer(id desk.ConversationID, l line) {
	s.now = s.now.Add(l.wait)
	draft := desk.Draft{Text: l.text}
	name := l.who
	if len(name) > 8 && name[:8] == "whisper " {
		name, draft.Internal = name[8:], true
	}
	by := s.agents[name]
	s.do(func() error {
		if !draft.Internal {
			if _, err := s.d.Join(s.ctx, by, id); err != nil {
				return err
			}
		}
		_, err := s.d.Reply(s.ctx, by, id, draft)
		return err
	})
}

// closed ends a conversation, with what it was about.
func (s *seeding) closed(by string, id desk.ConversationID, tags ...string) {
	s.now = s.now.Add(time.Minute)
	s.tagged(by, id, "", tags...)
	s.do(func() error {
		_, err := s.d.CloseConversation(s.ctx, s.agents[by], id)
		return err
	})
}

func (s *seeding) tagged(by string, id desk.ConversationID, remark string, tags ...string) {
	if len(tags) == 0 {
		return
	}
	ids := make([]desk.TagID, len(tags))
	for i, name := range tags {
		ids[i] = s.tags[name]
	}
	s.do(func() error { return s.d.Summarise(s.ctx, s.agents[by], id, ids, remark) })
}

// rated is what the customer says of a conversation that has ended.
func (s *seeding) rated(customer desk.Actor, id desk.ConversationID, score desk.Score) {
	s.now = s.now.Add(2 * time.Minute)
	s.do(func() error {
		_, err := s.d.Rate(s.ctx, customer, id, score)
		return err
	})
}

// picture is one that the customer sends.
func (s *seeding) picture(customer desk.Actor) {
	s.now = s.now.Add(time.Minute)
	s.do(func() error {
		f, err := s.d.Upload(s.ctx, customer, "cup.jpg", bytes.NewReader(teaField()))
		if err != nil {
			return err
		}
		_, err = s.d.Receive(s.ctx, customer, desk.Incoming{InboxID: s.widget, FileIDs: []string{f.ID}})
		return err
	})
}

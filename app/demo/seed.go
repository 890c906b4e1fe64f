package demo

import (
	"bytes"
	"context"
	"time"

	"deskbell/app/desk"
)

// seeding writes the past: its clock goes from line to line.
type seeding struct {
	ctx    context.Context
	d      *desk.Desk
	now    time.Time
	widget desk.InboxID
	agents map[string]desk.Actor
	err    error // the first; all that follows does nothing
}

// line is one message of a past conversation: who says what, and how long after the line before.
type line struct {
	who  string // "" the customer, "whisper NAME" or NAME
	text string
	wait time.Duration
}

// seed makes the shop: its people, its widget, and what was said before.
func (m *Demo) seed(ctx context.Context) error {
	s := &seeding{ctx: ctx, d: m.desk, now: m.desk.Clock(), agents: map[string]desk.Actor{}}
	present := m.desk.Clock
	defer func() { m.desk.Clock = present }()
	m.desk.Clock = func() time.Time { return s.now }
	s.now = present().Add(-9 * 24 * time.Hour)
	s.people()
	s.inboxes()
	s.yesterdays()
	s.today(present())
	return s.err
}

// must keeps the first error and says whether there is none.
func (s *seeding) must(err error) bool {
	if s.err == nil {
		s.err = err
	}
	return s.err == nil
}

func (s *seeding) people() {
	alice, err := s.d.SetUp(s.ctx, desk.System, desk.Setup{
		Company: desk.Company{Name: "West Lake Tea", Locale: "en", TimeZone: "Asia/Shanghai"},
		Name:    "Alice", Email: Login, Password: Password,
	})
	if !s.must(err) {
		return
	}
	s.agents["Alice"] = alice.Actor()
	for name, email := range map[string]string{"Bo": "bo@tea.example", "陈晨": "chen@tea.example"} {
		a, err := s.d.CreateAgent(s.ctx, desk.System, desk.NewAgent{Email: email, Name: name, Role: desk.Crew, Password: Password})
		if !s.must(err) {
			return
		}
		s.agents[name] = a.Actor()
	}
	s.must(s.d.ChangeProfile(s.ctx, s.agents["陈晨"], desk.Profile{Name: "陈晨", Locale: "zh-CN", TimeZone: "Asia/Shanghai"}))
}

func (s *seeding) inboxes() {
	if s.err != nil {
		return
	}
	w := desk.Widget{Greeting: "Welcome! Ask us anything about tea, orders and shipping. 欢迎！茶叶、订单、物流，尽管问。", Powered: true}
	if !s.must(w.Check()) {
		return
	}
	in, err := s.d.SaveInbox(s.ctx, desk.System, desk.SavedInbox{Channel: desk.Webchat, Name: "Shop widget", Enabled: true, Settings: w})
	if s.must(err) {
		s.widget = in.ID
	}
}

// visitor is a new one with what his page told about him.
func (s *seeding) visitor(name, email, url string) desk.Actor {
	if s.err != nil {
		return desk.Actor{}
	}
	v := desk.Visit{URL: url, Title: "West Lake Tea", Referrer: "https://search.example/", IP: "203.0.113.7", UserAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36"}
	if name != "" {
		v.Profile.Name, v.Profile.Email = &name, &email
	}
	_, c, err := s.d.Enter(s.ctx, desk.System, v)
	if !s.must(err) {
		return desk.Actor{}
	}
	return desk.AsCustomer(c.ID)
}

// talk writes a conversation down, from the moment at, and answers its id.
func (s *seeding) talk(customer desk.Actor, at time.Time, lines ...line) (id desk.ConversationID) {
	s.now = at
	for _, l := range lines {
		if s.err != nil {
			return id
		}
		s.now = s.now.Add(l.wait)
		if l.who == "" {
			got, err := s.d.Receive(s.ctx, customer, desk.Incoming{InboxID: s.widget, Text: l.text})
			if s.must(err) {
				id = got.ConversationID
			}
			continue
		}
		s.answer(id, l)
	}
	return id
}

func (s *seeding) answer(id desk.ConversationID, l line) {
	draft := desk.Draft{Text: l.text}
	name := l.who
	if len(name) > 8 && name[:8] == "whisper " {
		name, draft.Internal = name[8:], true
	}
	by := s.agents[name]
	if !draft.Internal {
		if _, err := s.d.Join(s.ctx, by, id); !s.must(err) {
			return
		}
	}
	_, err := s.d.Reply(s.ctx, by, id, draft)
	s.must(err)
}

func (s *seeding) closed(by string, id desk.ConversationID) {
	if s.err == nil {
		s.now = s.now.Add(time.Minute)
		_, err := s.d.CloseConversation(s.ctx, s.agents[by], id)
		s.must(err)
	}
}

// rated is what the customer says of a chat that has ended.
func (s *seeding) rated(customer desk.Actor, id desk.ConversationID, score desk.Score) {
	if s.err == nil {
		s.now = s.now.Add(2 * time.Minute)
		_, err := s.d.Rate(s.ctx, customer, id, score)
		s.must(err)
	}
}

// promise is what the shop says about every ticket, by day and by night.
func (s *seeding) promise() {
	if s.err != nil {
		return
	}
	const hour, day = 60, 24 * 60
	_, err := s.d.SaveSLAPlan(s.ctx, s.agents["Alice"], desk.SLAPlan{Name: "Every ticket 所有工单", Always: true, Enabled: true, Targets: map[string]desk.SLATarget{
		"low": {First: day, Resolution: 7 * day}, "normal": {First: 4 * hour, Next: day, Resolution: 3 * day},
		"high": {First: hour, Next: 4 * hour, Resolution: day}, "urgent": {First: 15, Next: hour, Resolution: 8 * hour}}})
	s.must(err)
}

// survey lets customers rate at any time and asks when a chat ends, with words for the best and the worst.
func (s *seeding) survey() {
	if s.err != nil {
		return
	}
	survey, err := s.d.Survey(s.ctx, desk.System)
	if !s.must(err) {
		return
	}
	survey.Button, survey.OnClose, survey.AskSolved = true, true, true
	survey.Stars[4].Tags = []string{"Friendly 亲切", "Quick 快速", "Knows the tea 专业"}
	survey.Stars[0].Tags = []string{"Slow 太慢", "Unclear 没说清", "Not solved 没解决"}
	s.must(s.d.ChangeSurvey(s.ctx, desk.System, survey))
}

func (s *seeding) yesterdays() {
	base := s.now
	s.survey()
	s.promise()
	maria := s.visitor("Maria Kovács", "maria@customer.example", "https://shop.example/gifts")
	id := s.talk(maria, base.Add(5*time.Hour),
		line{"", "Hi! Do the gift tins come with a card?", 0},
		line{"Bo", "Hello Maria, yes: a blank card, or we write your words on it.", 40 * time.Second},
		line{"", "Lovely. “For Anna, who never slept before her first cup.”", time.Minute},
		line{"Bo", "Noted on your order. It leaves on Monday.", 50 * time.Second},
		line{"", "Thank you!", 20 * time.Second})
	s.closed("Bo", id)
	yes := true
	s.rated(maria, id, desk.Score{Stars: 5, Tags: []string{"Friendly 亲切"}, Remark: "Anna loves it.", Solved: &yes})
	li := s.visitor("李雷", "lilei@customer.example", "https://shop.example/longjing")
	id = s.talk(li, base.Add(52*time.Hour),
		line{"", "去年的龙井还有吗？", 0},
		line{"陈晨", "您好！去年的已经售完，今年的明前茶四月上旬到。", 30 * time.Second},
		line{"whisper 陈晨", "老客户，去年买过十二罐礼盒。", 20 * time.Second},
		line{"", "好的，到货了告诉我。", time.Minute})
	s.closed("陈晨", id)
	wang := s.visitor("王芳", "", "https://shop.example/orders")
	id = s.talk(wang, base.Add(100*time.Hour),
		line{"", "我的订单显示已发货，大概几天到？", 0},
		line{"陈晨", "您好，发往上海一般两天。", time.Minute},
		line{"", "谢谢！已经收到了 🍵", 26 * time.Hour})
	s.closed("陈晨", id)
	s.rated(wang, id, desk.Score{Stars: 4, Remark: "很快，谢谢"})
	tom := s.visitor("Tom Okafor", "tom@customer.example", "https://shop.example/returns")
	id = s.talk(tom, base.Add(150*time.Hour),
		line{"", "One of the cups arrived with a chip. Can I send it back?", 0},
		line{"Bo", "Of course, and sorry! Could you send a picture?", 2 * time.Minute})
	s.picture(tom, id)
	s.now = s.now.Add(time.Minute)
	s.answer(id, line{"Bo", "Thanks. A new one is on its way, keep the old one for pencils.", 0})
	s.closed("Bo", id)
}

// picture is one that the customer sends.
func (s *seeding) picture(customer desk.Actor, id desk.ConversationID) {
	if s.err != nil {
		return
	}
	s.now = s.now.Add(time.Minute)
	f, err := s.d.Upload(s.ctx, customer, "cup.jpg", bytes.NewReader(teaField()))
	if !s.must(err) {
		return
	}
	_, err = s.d.Receive(s.ctx, customer, desk.Incoming{InboxID: s.widget, FileIDs: []string{f.ID}})
	s.must(err)
}

// today is what is open when the newcomer comes in.
func (s *seeding) today(present time.Time) {
	chen := s.visitor("陈小姐", "", "https://shop.example/orders")
	s.talk(chen, present.Add(-31*time.Minute),
		line{"", "你好，我的快递两天没动了，能帮我看看吗？单号 SF1029384756。", 0},
		line{"陈晨", "请稍等，我帮您查一下物流。", time.Minute})
	li := s.visitor("李雷", "", "https://shop.example/longjing")
	id := s.talk(li, present.Add(-12*time.Minute),
		line{"", "你好，请问今年的明前龙井到货了吗？", 0},
		line{"Alice", "您好，李先生！昨天刚到第一批，50 克装和 100 克装都有。", 40 * time.Second},
		line{"whisper 陈晨", "He asked about gift boxes last year, offer the tin: stock is 12.", time.Minute},
		line{"", "50 克的怎么卖？", 2 * time.Minute})
	s.picture(li, id)
	s.now = s.now.Add(30 * time.Second)
	s.talk(li, s.now, line{"", "好的，那我要两盒明前龙井，能今天发货吗？", 0})
	s.talk(s.visitor("", "", "https://shop.example/"), present.Add(-3*time.Minute), line{"", "Do you ship to Canada?", 0})
	s.now = present
}

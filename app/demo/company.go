package demo

import (
	"time"

	"deskbell/app/desk"
)

// people are the shop's agents and teams.
func (s *seeding) people() {
	s.do(func() error {
		alice, err := s.d.SetUp(s.ctx, desk.System, desk.Setup{
			Company: desk.Company{Name: "West Lake Tea", Locale: "en", TimeZone: "Asia/Shanghai", Phone: "+86 571 5555 0188", Address: "28 Longjing Road, Hangzhou", CustomersPage: true},
			Name:    "Alice", Email: Login, Password: Password,
		})
		if err == nil {
			s.agents["Alice"] = alice.Actor()
		}
		return err
	})
	for _, p := range []struct{ name, email, locale, greeting string }{
		{"Bo", "bo@tea.example", "en", "Hi {{customer.name}}, this is Bo. What are we brewing today?"},
		{"陈晨", "chen@tea.example", "zh-CN", "您好，我是{{agent.name}}，很高兴为您服务。"},
	} {
		s.do(func() error {
			a, err := s.d.CreateAgent(s.ctx, s.agents["Alice"], desk.NewAgent{Email: p.email, Name: p.name, Role: desk.Crew, Password: Password})
			if err != nil {
				return err
			}
			s.agents[p.name] = a.Actor()
			return s.d.ChangeProfile(s.ctx, a.Actor(), desk.Profile{Name: p.name, Locale: p.locale, TimeZone: "Asia/Shanghai", Greeting: p.greeting})
		})
	}
	for _, t := range []desk.Team{
		{Name: "Shop 门店", Assignment: "collaboration", MemberIDs: s.ids("Alice", "Bo", "陈晨"), AdminIDs: s.ids("Alice")},
		{Name: "Orders 售后", Assignment: "auto", MemberIDs: s.ids("Alice", "Bo", "陈晨"), AdminIDs: s.ids("陈晨")},
		{Name: "Wholesale 批发", Assignment: "grab", MemberIDs: s.ids("Alice", "Bo")},
	} {
		s.do(func() error {
			made, err := s.d.SaveTeam(s.ctx, s.agents["Alice"], t)
			if err == nil {
				s.teams[t.Name] = made.ID
			}
			return err
		})
	}
}

func (s *seeding) ids(names ...string) []desk.AgentID {
	list := make([]desk.AgentID, len(names))
	for i, name := range names {
		list[i] = s.agents[name].Agent()
	}
	return list
}

// inboxes are the widget on the shop's pages, what it says there by itself, and the code for other pages.
func (s *seeding) inboxes() {
	w := desk.Widget{Greeting: "Welcome! Ask us anything about tea, orders and shipping.", Powered: true, Categories: []string{"Order 订单", "Wholesale 批发", "Something else 其他"}, Preview: true, ShowTyping: true,
		Menu:  []desk.MenuItem{{Text: "An order", Texts: map[string]string{"zh-CN": "订单"}, TeamID: s.teams["Orders 售后"]}, {Text: "Our teas", Texts: map[string]string{"zh-CN": "茶叶"}, TeamID: s.teams["Shop 门店"]}, {Text: "Wholesale", Texts: map[string]string{"zh-CN": "批发"}, TeamID: s.teams["Wholesale 批发"]}},
		Words: map[string]desk.Words{"zh-CN": {Title: "西湖茶叶", Greeting: "欢迎！茶叶、订单、物流，尽管问。"}}}
	s.do(w.Check)
	s.do(func() error {
		in, err := s.d.SaveInbox(s.ctx, s.agents["Alice"], desk.SavedInbox{Channel: desk.Webchat, Name: "Shop widget", Enabled: true, TeamID: s.teams["Shop 门店"], Settings: w})
		if err == nil {
			s.widget = in.ID
		}
		return err
	})
	s.do(func() error {
		w := desk.Widget{Title: "Wholesale 批发", Powered: true, ShowTyping: true}
		_, err := s.d.SaveInbox(s.ctx, s.agents["Alice"], desk.SavedInbox{Channel: desk.Webchat, Name: "Wholesale page 批发页", Enabled: true, TeamID: s.teams["Wholesale 批发"], Settings: w})
		return err
	})
	s.do(func() error {
		_, err := s.d.SaveProactive(s.ctx, s.agents["Alice"], desk.Proactive{InboxID: s.widget, Name: "Gifts 礼盒", Enabled: true, Text: "Looking for a gift? We write your words on the card. 选礼盒？贺卡我们代写。", URL: "*gifts*", After: 20, Visitors: "all", Again: 60, DailyMax: 1})
		return err
	})
	s.do(func() error {
		_, err := s.d.SaveSnippet(s.ctx, s.agents["Alice"], desk.Snippet{Name: "Partner pages 合作网站", Kind: "tab", NoScript: `<a href="mailto:support@tea.example">support@tea.example</a>`,
			Offline: "<p>We are asleep. Write to <b>support@tea.example</b> 我们休息了，请发邮件。</p>", Online: "<b>Ask West Lake Tea</b> 问问西湖茶叶",
			Levels: []desk.Level{{TeamID: s.teams["Wholesale 批发"], InboxID: s.widget}, {InboxID: s.widget}}})
		return err
	})
}

// rules are what the shop promises, what is done by itself, and what tickets say about themselves.
func (s *seeding) rules() {
	alice := s.agents["Alice"]
	for _, path := range [][2]string{{"", "Orders 订单"}, {"Orders 订单", "Delivery 物流"}, {"Orders 订单", "Returns 退换"}, {"Orders 订单", "Invoices 发票"}, {"", "Tea 茶叶"}, {"Tea 茶叶", "Brewing 冲泡"}, {"Tea 茶叶", "Stock 库存"}, {"", "Wholesale 批发"}} {
		s.do(func() error {
			topic, err := s.d.SaveTopic(s.ctx, alice, desk.Topic{ParentID: s.topics[path[0]], Name: path[1]})
			if err != nil {
				return err
			}
			s.topics[path[1]] = topic.ID
			tag, err := s.d.SaveTag(s.ctx, alice, desk.Tag{ParentID: s.tags[path[0]], Name: path[1]})
			if err == nil {
				s.tags[path[1]] = tag.ID
			}
			return err
		})
	}
	for name, color := range map[string]string{"Regular 老客户": "green", "Wholesale 批发": "blue", "Press 媒体": "amber"} {
		s.do(func() error {
			kind, err := s.d.SaveCustomerTag(s.ctx, alice, desk.CustomerTag{Name: name, Color: color})
			if err == nil {
				s.kinds[name] = kind.ID
			}
			return err
		})
	}
	s.do(func() error {
		_, err := s.d.SaveStatus(s.ctx, alice, desk.NamedStatus{Name: "Waiting for the warehouse 待仓库", Kind: "pending"})
		return err
	})
	s.do(func() error {
		field, err := s.d.SaveFormField(s.ctx, alice, desk.FormField{Name: "Order 订单号", Kind: "number", Visible: true, Public: true, Position: 1})
		if err == nil {
			s.order = field.ID
		}
		return err
	})
	s.promise()
	s.automation()
	s.survey()
}

// promise is what the shop says about every ticket, by day and by night.
func (s *seeding) promise() {
	const hour, day = 60, 24 * 60
	s.do(func() error {
		_, err := s.d.SaveSLAPlan(s.ctx, s.agents["Alice"], desk.SLAPlan{Name: "Every ticket 所有工单", Always: true, Enabled: true, Targets: map[string]desk.SLATarget{
			"low": {First: day, Resolution: 7 * day}, "normal": {First: 4 * hour, Next: day, Resolution: 5 * day},
			"high": {First: hour, Next: 4 * hour, Resolution: 3 * day}, "urgent": {First: 15, Next: hour, Resolution: 8 * hour}}})
		return err
	})
}

// automation is what is done by itself. The first two find something among the mails that wait.
func (s *seeding) automation() {
	for i, r := range []desk.Rule{
		{Name: "Wholesale goes to its team 批发转组", Happens: "created", If: desk.RuleIf{Kind: "ticket", Subject: "wholesale"},
			Then: desk.RuleThen{TeamID: s.teams["Wholesale 批发"], Priority: "high", TopicID: s.topics["Wholesale 批发"], Note: "New wholesale enquiry: the price list is among the canned responses."}},
		{Name: "Invoices get their tag 发票打标签", Happens: "received", If: desk.RuleIf{Text: "发票"}, Then: desk.RuleThen{TagID: s.tags["Invoices 发票"]}},
		{Name: "Two days without an answer 两天未回复", Happens: "waiting", Minutes: 2 * 24 * 60, If: desk.RuleIf{Kind: "ticket"}, Then: desk.RuleThen{Notify: "admins"}},
		{Name: "Silent for a week: resolved 一周无回音", Happens: "silent", Minutes: 7 * 24 * 60, If: desk.RuleIf{Kind: "ticket", Statuses: []string{"pending"}}, Then: desk.RuleThen{Status: "resolved"}},
	} {
		r.Enabled, r.Position = true, i
		s.do(func() error {
			_, err := s.d.SaveRule(s.ctx, s.agents["Alice"], r)
			return err
		})
	}
}

// survey lets customers rate at any time and asks when a chat ends, with words for the best and the worst.
func (s *seeding) survey() {
	s.do(func() error {
		survey, err := s.d.Survey(s.ctx, desk.System)
		if err != nil {
			return err
		}
		survey.Button, survey.OnClose, survey.AskSolved = true, true, true
		survey.Stars[4].Tags = []string{"Friendly 亲切", "Quick 快速", "Knows the tea 专业"}
		survey.Stars[0].Tags = []string{"Slow 太慢", "Unclear 没说清", "Not solved 没解决"}
		return s.d.ChangeSurvey(s.ctx, s.agents["Alice"], survey)
	})
}

// words are what agents need not type: canned responses, stickers, and the views that everybody has.
func (s *seeding) words() {
	alice := s.agents["Alice"]
	for _, c := range []desk.Canned{
		{Category: "Hello 问候", Text: "Hello {{customer.name}}, thank you for writing to West Lake Tea. How can I help?"},
		{Category: "Hello 问候", Text: "{{customer.name}}您好，感谢联系西湖茶叶，请问有什么可以帮您？"},
		{Category: "Shipping 物流", Text: "Orders before 15:00 leave the same day. Within China they take two days, abroad seven to twelve."},
		{Category: "Shipping 物流", Text: "15:00 前的订单当天发货，国内一般两天送达，海外七到十二天。"},
		{Category: "Returns 退换", Text: "Of course, and sorry about that! Please send us a picture, and a new one leaves today. You need not send the old one back."},
		{Category: "Returns 退换", Text: "非常抱歉！麻烦您拍张照片发给我们，今天就给您补发，原件不用寄回。"},
		{Category: "Brewing 冲泡", Text: "Longjing: 3 g to 150 ml at 80 °C, two minutes, without a lid. It is good for three infusions."},
		{Category: "Brewing 冲泡", Text: "龙井：3 克茶配 150 毫升 80℃ 的水，敞口泡两分钟，可续三次。"},
		{Category: "Wholesale 批发", Text: "Our wholesale prices begin at 5 kg a tea, with samples of 50 g for free. Which teas do you have in mind?"},
		{AgentID: alice.Agent(), Category: "Mine 我的", Text: "I am in the tasting room until three and will come back to you right after."},
	} {
		s.do(func() error {
			_, err := s.d.SaveCanned(s.ctx, alice, c)
			return err
		})
	}
	s.do(func() error {
		pack, err := stickers()
		if err != nil {
			return err
		}
		_, err = s.d.AddStickerPack(s.ctx, alice, "Tea 茶", pack)
		return err
	})
	for _, v := range []desk.SavedView{
		{Name: "Urgent 紧急", Query: "view=open&priority=urgent", Shared: true},
		{Name: "Waiting for customers 等客户", Query: "view=open&status=pending", Shared: true},
	} {
		s.do(func() error {
			_, err := s.d.SaveView(s.ctx, alice, v)
			return err
		})
	}
}

// colleagues is what they say among themselves.
func (s *seeding) colleagues() {
	say := func(who string, at time.Time, with desk.With, text string) {
		s.at(at, func() {
			s.do(func() error {
				_, err := s.d.WriteToColleagues(s.ctx, s.agents[who], with, desk.RoomDraft{Text: text})
				return err
			})
		})
	}
	shop := desk.With{TeamID: s.teams["Shop 门店"]}
	say("Alice", s.day(1, 10, 5), shop, "The first Longjing of the year is in: 120 tins of 50 g. 今年第一批龙井到了。")
	say("陈晨", s.day(1, 10, 9), shop, "太好了！老客户我来通知 🍵")
	say("Bo", s.day(1, 10, 11), shop, "I will change the greeting of the widget.")
	say("Bo", s.present.Add(-20*time.Minute), desk.With{AgentID: s.agents["Alice"].Agent()}, "Alice, can you look at the wet parcel? The event is tomorrow.")
	s.at(s.present.Add(-15*time.Minute), func() {
		s.do(func() error {
			_, err := s.d.SendNotice(s.ctx, s.agents["Alice"], desk.Notice{Subject: "Stocktaking on Friday 周五盘点", Text: "Parcels leave until noon on Friday; please say so to customers who order in the morning.\n周五只发上午的货，请提前告知客户。"})
			return err
		})
	})
}

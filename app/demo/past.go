package demo

import (
	"time"

	"deskbell/app/desk"
)

// chats are those of the last days, over and rated.
func (s *seeding) chats() {
	yes, no := true, false
	s.at(s.day(9, 14, 12), func() {
		maria := s.customer("Maria Kovács", "maria@customer.example", "en", "https://shop.example/gifts", "Regular 老客户")
		id := s.talk(maria,
			line{"", "Hi! Do the gift tins come with a card?", 0},
			line{"Bo", "Hello Maria, yes: a blank card, or we write your words on it.", 40 * time.Second},
			line{"", "Lovely. “For Anna, who never slept before her first cup.”", time.Minute},
			line{"Bo", "Noted on your order. It leaves on Monday.", 50 * time.Second},
			line{"", "Thank you!", 20 * time.Second})
		s.closed("Bo", id, "Orders 订单")
		s.rated(maria, id, desk.Score{Stars: 5, Tags: []string{"Friendly 亲切"}, Remark: "Anna loves it.", Solved: &yes})
	})
	s.at(s.day(7, 10, 30), func() {
		li := s.customer("李雷", "lilei@customer.example", "zh-CN", "https://shop.example/longjing", "Regular 老客户")
		id := s.talk(li,
			line{"", "去年的龙井还有吗？", 0},
			line{"陈晨", "您好！去年的已经售完，今年的第一批下周到。", 30 * time.Second},
			line{"whisper 陈晨", "老客户，去年买过十二罐礼盒。", 20 * time.Second},
			line{"", "好的，到货了告诉我。", time.Minute})
		s.closed("陈晨", id, "Stock 库存")
		s.rated(li, id, desk.Score{Stars: 5, Tags: []string{"Quick 快速", "Knows the tea 专业"}, Remark: "回复很快，很懂茶。", Solved: &yes})
	})
	s.at(s.day(5, 16, 2), func() {
		wang := s.customer("王芳", "wangfang@customer.example", "zh-CN", "https://shop.example/orders")
		id := s.talk(wang,
			line{"", "我的订单显示已发货，大概几天到？", 0},
			line{"陈晨", "您好，发往上海一般两天。", time.Minute},
			line{"", "谢谢！", 30 * time.Second})
		s.closed("陈晨", id, "Delivery 物流")
		s.rated(wang, id, desk.Score{Stars: 4, Remark: "很快，谢谢"})
	})
	s.at(s.day(3, 11, 40), func() {
		tom := s.customer("Tom Okafor", "tom@customer.example", "en", "https://shop.example/returns")
		id := s.talk(tom,
			line{"", "One of the cups arrived with a chip. Can I send it back?", 0},
			line{"Bo", "Of course, and sorry! Could you send a picture?", 2 * time.Minute})
		s.picture(tom)
		s.now = s.now.Add(time.Minute)
		s.answer(id, line{"Bo", "Thanks. A new one is on its way, keep the old one for pencils.", 0})
		s.closed("Bo", id, "Returns 退换")
		s.rated(tom, id, desk.Score{Stars: 5, Tags: []string{"Friendly 亲切", "Quick 快速"}, Remark: "Pencils say thanks.", Solved: &yes})
	})
	s.at(s.day(2, 18, 20), func() {
		late := s.visitor("", "en", "https://shop.example/")
		id := s.talk(late,
			line{"", "Is anybody there?", 0},
			line{"", "Hello?", 9 * time.Minute},
			line{"Bo", "Hello, and sorry for the wait: stocktaking. What can I do for you?", 6 * time.Minute},
			line{"", "Never mind, I ordered elsewhere.", time.Minute})
		s.closed("Bo", id, "Tea 茶叶")
		s.rated(late, id, desk.Score{Stars: 2, Remark: "Fifteen minutes for a hello.", Solved: &no})
	})
	s.at(s.day(1, 15, 6), func() {
		zhao := s.visitor("赵敏", "zh-CN", "https://shop.example/brewing")
		id := s.talk(zhao,
			line{"", "龙井用开水泡会不会苦？", 0},
			line{"Alice", "建议用 80℃ 的水，敞口泡两分钟，就不会苦。", 35 * time.Second},
			line{"", "原来如此，谢谢！", time.Minute})
		s.closed("Alice", id, "Brewing 冲泡")
		s.rated(zhao, id, desk.Score{Stars: 5, Tags: []string{"Knows the tea 专业"}, Solved: &yes})
	})
}

// notes are what visitors left when nobody was there.
func (s *seeding) notes() {
	s.note(s.day(4, 22, 41), "zh-CN", desk.Note{Name: "周杰", Phone: "13800138000", Category: "Order 订单", Text: "晚上好，请问周末可以到店自提吗？需要提前预约吗？"}, s.day(3, 9, 12), func(id desk.ConversationID) {
		s.answer(id, line{"陈晨", "周先生您好，周末 10 点到 18 点都可以自提，报手机号即可，不用预约。", 0})
		s.closed("陈晨", id)
	})
	s.note(s.day(2, 23, 15), "en", desk.Note{Name: "Grace Lindqvist", Phone: "+46 70 123 45 67", Category: "Something else 其他",
		Text: "I write about tea for a Swedish magazine and will be in Hangzhou in spring. Could I visit your fields for a day, with a photographer?"}, s.day(1, 9, 30), func(id desk.ConversationID) {
		s.answer(id, line{"whisper Alice", "A whole page in the spring issue! I ask the farm about dates.", 0})
		s.answer(id, line{"Alice", "Dear Grace, with pleasure. The picking begins in the last week of March; I will come back to you with two dates.", 5 * time.Minute})
	})
	s.note(s.day(1, 21, 3), "zh-CN", desk.Note{Name: "吴刚", Phone: "13912345678", Category: "Wholesale 批发", Text: "我们是一家茶馆，想长期采购碧螺春和普洱，请问批发价和起订量是多少？"}, time.Time{}, nil)
}

// note is one that a visitor left, and what became of it later.
func (s *seeding) note(at time.Time, locale string, n desk.Note, later time.Time, then func(desk.ConversationID)) {
	var id desk.ConversationID
	s.at(at, func() {
		by := s.visitor("", locale, "https://shop.example/")
		s.do(func() error {
			got, err := s.d.LeaveNote(s.ctx, by, s.widget, n)
			if err == nil {
				id = got.ConversationID
			}
			return err
		})
	})
	if then != nil {
		s.at(later, func() { then(id) })
	}
}

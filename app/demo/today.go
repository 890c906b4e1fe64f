package demo

import (
	"fmt"
	"time"

	"deskbell/app/desk"
)

// letter is a mail of a customer's that became a ticket.
type letter struct {
	from     desk.Actor
	subject  string
	text     string
	priority string
	topic    string
	order    string // its number; empty: it is about none
}

// mail opens a ticket as the mailbox does, and says what it is about as an agent does.
func (s *seeding) mail(l letter) (id desk.ConversationID, ticket desk.TicketID) {
	id = s.follows(l.from, 0, l.text, &desk.NewTicket{Subject: l.subject, Origin: "mail", Priority: l.priority})
	s.do(func() error {
		c, err := s.d.Conversation(s.ctx, desk.System, id)
		if err != nil {
			return err
		}
		ticket = c.Ticket.ID
		if l.topic == "" {
			return nil
		}
		topic := s.topics[l.topic]
		ch := desk.TicketChange{TopicID: &topic}
		if l.order != "" {
			ch.Fields = desk.Filled{s.order: l.order}
		}
		_, err = s.d.ChangeTicket(s.ctx, s.agents["Bo"], ticket, ch)
		return err
	})
	return id, ticket
}

// follows is a mail of a customer's to a conversation, or one that opens it.
func (s *seeding) follows(from desk.Actor, id desk.ConversationID, text string, ticket *desk.NewTicket) desk.ConversationID {
	s.do(func() error {
		got, err := s.d.Receive(s.ctx, desk.System, desk.Incoming{InboxID: s.mailbox, ConversationID: id, CustomerID: from.Customer(), Ticket: ticket, Text: text, ExternalID: fmt.Sprintf("%d@customer.example", s.now.UnixNano())})
		if err == nil {
			id = got.ConversationID
		}
		return err
	})
	return id
}

func (s *seeding) change(by string, id desk.TicketID, ch desk.TicketChange) {
	s.do(func() error {
		_, err := s.d.ChangeTicket(s.ctx, s.agents[by], id, ch)
		return err
	})
}

// mails are the tickets: one done, one that waits for its customer, one that is late, and those of today.
func (s *seeding) mails() {
	yes, resolved, pending := true, "resolved", "pending"
	s.at(s.day(4, 9, 20), func() {
		maria := s.customer("Maria Kovács", "maria@customer.example", "en", "https://shop.example/orders")
		id, ticket := s.mail(letter{maria, "Can you change the address of order 20788?", "Hello,\n\nI moved last week. Could order 20788 please go to Váci út 12, 1132 Budapest?\n\nMaria", "", "Delivery 物流", "20788"})
		s.now = s.day(4, 9, 58)
		s.answer(id, line{"Bo", "Hello Maria,\n\ndone: it leaves this afternoon for Váci út 12. I also changed the address in your account.", 0})
		s.now = s.day(4, 11, 30)
		s.follows(maria, id, "Perfect, thank you!", nil)
		s.now = s.now.Add(10 * time.Minute)
		s.change("Bo", ticket, desk.TicketChange{Status: &resolved})
		s.rated(maria, id, desk.Score{Stars: 5, Tags: []string{"Quick 快速"}, Solved: &yes})
	})
	s.at(s.day(2, 10, 15), func() {
		wang := s.customer("王芳", "wangfang@customer.example", "zh-CN", "https://shop.example/gifts")
		id, ticket := s.mail(letter{wang, "公司团购 60 份礼盒的报价", "您好，\n\n公司年会想订 60 份礼盒，需要印 logo，请问价格和工期？\n\n王芳", "", "Wholesale 批发", ""})
		s.now = s.day(2, 10, 50)
		s.answer(id, line{"whisper 陈晨", "去年同款 168 元/份，60 份可以给九折。", 0})
		s.answer(id, line{"陈晨", "王女士您好，\n\n60 份礼盒含印制 logo 每份 151 元，工期十个工作日。请把 logo 的矢量文件发给我，我先做一份样稿。", 0})
		s.change("陈晨", ticket, desk.TicketChange{Status: &pending})
	})
	s.refund()
	s.today()
}

// refund is a ticket with a history: its customer waits again.
func (s *seeding) refund() {
	var tom desk.Actor
	var id desk.ConversationID
	var ticket desk.TicketID
	high := "high"
	s.at(s.day(1, 13, 5), func() {
		tom = s.customer("Tom Okafor", "tom@customer.example", "en", "https://shop.example/returns")
		id, ticket = s.mail(letter{tom, "Refund for order 20811", "Hi,\n\nthe second parcel of order 20811 never arrived. I would rather have the money back than wait for a third one.\n\nTom", "", "Returns 退换", "20811"})
		s.now = s.day(1, 13, 35)
		s.answer(id, line{"Bo", "Hello Tom,\n\nI am sorry. The carrier says it is at the depot in Leeds; may I ask you for one more day?", 0})
		s.tagged("Bo", id, "The carrier's case: LDS-40012", "Returns 退换")
	})
	s.at(s.present.Add(-3*time.Hour-25*time.Minute), func() {
		s.follows(tom, id, "It is still not here. Please refund it.", nil)
		s.now = s.now.Add(4 * time.Minute)
		s.change("Bo", ticket, desk.TicketChange{Priority: &high})
		s.answer(id, line{"whisper Bo", "@Alice refunds over ¥500 need your word.", time.Minute})
		s.do(func() error {
			_, err := s.d.FollowTicket(s.ctx, s.agents["Alice"], ticket, s.agents["Alice"].Agent())
			return err
		})
	})
}

// today are the mails that nobody has answered yet: their clocks run while the newcomer looks.
func (s *seeding) today() {
	s.at(s.present.Add(-5*time.Hour), func() {
		sophie := s.customer("Sophie Brandt", "sophie@customer.example", "en", "https://shop.example/wholesale", "Wholesale 批发")
		s.mail(letter{sophie, "Wholesale prices for a café in Vienna", "Dear West Lake Tea,\n\nwe open a café in the seventh district in spring and would like to serve your Longjing and Biluochun. What are your prices for about 10 kg a year, and do you send samples?\n\nSophie Brandt", "", "", ""})
	})
	s.at(s.present.Add(-95*time.Minute), func() {
		wang := s.customer("王芳", "wangfang@customer.example", "zh-CN", "https://shop.example/orders")
		_, ticket := s.mail(letter{wang, "20902 号订单少了一罐", "您好，\n\n收到了，但是四罐里少了一罐碧螺春，麻烦补发。\n\n王芳", "", "Delivery 物流", "20902"})
		chen := s.agents["陈晨"].Agent()
		s.change("陈晨", ticket, desk.TicketChange{AssigneeID: &chen})
	})
	s.at(s.present.Add(-12*time.Minute-30*time.Second), func() {
		tom := s.customer("Tom Okafor", "tom@customer.example", "en", "https://shop.example/returns")
		s.mail(letter{tom, "Parcel arrived wet, the tasting is tomorrow", "Hello,\n\nthe parcel for tomorrow's tasting (order 20944) stood in the rain and six tins are wet. Is there any way to have new ones by noon?\n\nTom", "urgent", "Delivery 物流", "20944"})
	})
}

// waiting are the chats that are open when the newcomer comes in.
func (s *seeding) waiting() {
	s.at(s.present.Add(-31*time.Minute), func() {
		s.talk(s.visitor("陈小姐", "zh-CN", "https://shop.example/orders"),
			line{"", "你好，我的快递两天没动了，能帮我看看吗？单号 SF1029384756。", 0},
			line{"陈晨", "请稍等，我帮您查一下物流。", time.Minute})
	})
	s.at(s.present.Add(-12*time.Minute), func() {
		li := s.customer("李雷", "lilei@customer.example", "zh-CN", "https://shop.example/longjing")
		id := s.talk(li,
			line{"", "你好，请问今年的第一批龙井到货了吗？", 0},
			line{"Alice", "您好，李先生！昨天刚到，50 克装和 100 克装都有。", 40 * time.Second},
			line{"whisper 陈晨", "@Alice He asked about gift boxes last year, offer the tin: stock is 12.", time.Minute},
			line{"", "50 克的怎么卖？", 2 * time.Minute})
		s.picture(li)
		s.talk(li, line{"", "好的，那我要两盒，能今天发货吗？", 30 * time.Second})
		s.tagged("Alice", id, "", "Stock 库存")
	})
	s.at(s.present.Add(-3*time.Minute), func() {
		s.talk(s.visitor("", "en", "https://shop.example/"), line{"", "Do you ship to Canada?", 0})
	})
}

package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// big is a desk of n conversations, three fifths chats and two fifths tickets, 5% waiting, 15% open, the rest closed; half as
// many customers, five teams and none, twenty agents. What a filter asks for is sometimes common, sometimes rare.
func big(t testing.TB, n int) *shop {
	t.Helper()
	s := open(t)
	mail, err := s.SaveInbox(context.Background(), s.alice, SavedInbox{Channel: Email, Name: "Support", Enabled: true, Settings: Mailbox{Address: "support@tea.example"}})
	s.must(err)
	rare, err := s.SaveInbox(context.Background(), s.alice, SavedInbox{Channel: Webchat, Name: "Old widget", Enabled: true, Settings: Widget{}})
	s.must(err)
	now := ms(s.now)
	series := "with recursive n(i) as (select 1 union all select i + 1 from n where i < ?1) "
	s.must(s.Write(context.Background(), System, func(tx *Tx) error {
		for _, step := range []struct {
			sql  string
			args []any
		}{
			{series + "insert into teams(name, assignment, created_at) select 'Team ' || i, 'collaboration', 0 from n", []any{5}},
			{series + "insert into agents(email, name, role, created_at) select 'a' || i || '@tea.example', 'Agent ' || i, 'agent', 0 from n", []any{18}},
			{"insert into team_members(team_id, agent_id) select 1 + id % 5, id from agents", nil},
			{series + `insert into customers(public_id, name, email, phone, created_at, seen_at)
				select 'v_' || i, case when i % 4 = 0 then '' when i % 2 = 0 then '李' || i else 'Mei ' || i end, iif(i % 3 = 0, 'mei' || i || '@post.example', ''), '', ?2 - i * 1000, ?2 - (i * 7919 % ?1) * 1000 from n`, []any{n / 2, now}},
			{series + `insert into conversations(inbox_id, customer_id, kind, status, team_id, assignee_id, token, last_at, last_text, received_count, answered_count, created_at, closed_at)
				select case when i % 5 in (3, 4) then ?3 when i % 9973 = 0 then ?4 else ?5 end, 1 + i % (?1 / 2), iif(i % 5 in (3, 4), 'ticket', 'chat'),
					case when i % 20 = 0 then 'waiting' when i % 20 in (1, 2, 3) then 'open' else 'closed' end,
					nullif(i / 7 % 6, 0), iif(i % 20 = 0, null, 1 + i / 11 % 20), 'token' || i, ?2 - (i * 7919 % ?1) * 60000, 'the last words of ' || i, 2, i % 3, ?2 - i * 60000, iif(i % 20 > 3, ?2 - i * 60000, null) from n`, []any{n, now, mail.ID, rare.ID, s.widget.ID}},
			{`insert into participants(conversation_id, agent_id, joined_at) select id, assignee_id, created_at from conversations where status = 'open' or status = 'closed' and assignee_id is not null`, nil},
			{"update participants set left_at = joined_at where conversation_id in (select id from conversations where status = 'closed')", nil},
			{series + "insert into tags(name, created_at) select 'Tag ' || i, 0 from n", []any{5}},
			{`insert into conversation_tags(conversation_id, tag_id) select id, case when id % 4999 = 0 then 2 else 1 end from conversations where kind = 'chat' and id % 3 = 0`, nil},
			{"update conversations set transfers = id % 9973 = 0, called_back = id % 7919 = 0", nil},
			{series + "insert into topics(name, position, created_at) select 'Topic ' || i, i, 0 from n", []any{5}},
			{`insert into tickets(conversation_id, subject, status, priority, origin, topic_id, created_at, updated_at)
				select id, 'About order ' || id, case status when 'closed' then iif(id % 3 = 0, 'resolved', 'closed') else iif(id % 1009 = 0, 'pending', 'open') end,
					case when id % 997 = 0 then 'urgent' when id % 10 = 0 then 'high' else 'normal' end, iif(id % 9001 = 0, 'note', 'mail'), case when id % 5003 = 0 then 2 when id % 2 = 0 then 1 end, created_at, last_at from conversations where kind = 'ticket'`, nil},
			{`insert into ticket_statuses(name, kind, position, created_at) values ('In repair', 'pending', 1, 0)`, nil},
			{`update tickets set status_id = 1 where id % 3 = 0`, nil},
			{`insert into tags(name, created_at) values ('Returns', 0)`, nil},
			{`insert into conversation_tags(conversation_id, tag_id) select conversation_id, 1 from tickets where id % 4 = 0`, nil},
			{`insert into ticket_followers(conversation_id, agent_id, created_at) select conversation_id, 1 + id % 2, 0 from tickets where id % 50 = 0`, nil},
			{`insert into ticket_fields(name, kind, options, position, created_at) values ('Tea', 'choice', '["green","black"]', 1, 0), ('Order', 'text', '[]', 2, 0)`, nil},
			{`insert into ticket_values(field_id, value, conversation_id) select 1, iif(id % 3 = 0, 'green', 'black'), conversation_id from tickets union all select 2, 'order ' || id, conversation_id from tickets`, nil},
			{`insert into messages(conversation_id, inbox_id, seq, kind, visibility, direction, author_kind, author_id, text, created_at)
				select c.id, c.inbox_id, m.value, 'text', 'public', iif(m.value = 2, 'out', 'in'), iif(m.value = 2, 'agent', 'customer'), 1, 'words', c.created_at from conversations c, json_each('[1,2,3]') m`, nil},
			{"update conversations set last_seq = 3", nil},
			{`insert into deliveries(message_id, inbox_id, recipient, state, next_at, created_at, updated_at)
				select m.id, m.inbox_id, 'mei@post.example', iif(m.id % 1000 = 0, 'queued', 'sent'), iif(m.id % 1000 = 0, ?1, null), 0, 0 from messages m where m.inbox_id = ?2 and m.seq = 2`, []any{now, mail.ID}},
		} {
			if _, err := tx.Exec(step.sql, step.args...); err != nil {
				return fmt.Errorf("%s: %w", step.sql, err)
			}
		}
		return nil
	}))
	return s
}

// asked is every hot question, and how a role asks it.
func asked(s *shop) map[string]func(Actor) error {
	ctx := context.Background()
	list := func(l ConversationList) func(Actor) error {
		return func(by Actor) error {
			if l.Limit == 0 {
				l.Limit = 50
			}
			_, _, err := s.Conversations(ctx, by, l)
			return err
		}
	}
	q := map[string]func(Actor) error{
		"opening a conversation": func(by Actor) error { _, err := s.Conversation(ctx, by, 5); return maybe(err) },
		"audit, the newest":      func(by Actor) error { _, _, err := s.Audit(ctx, by, AuditList{Limit: 50}); return maybe(err) },
		"audit of one agent": func(by Actor) error {
			_, _, err := s.Audit(ctx, by, AuditList{AgentID: 1, Kind: "tickets", Limit: 50})
			return maybe(err)
		},
		"opening a ticket":     func(by Actor) error { _, err := s.TicketByNumber(ctx, by, 7); return maybe(err) },
		"messages, the newest": func(by Actor) error { _, _, err := s.Messages(ctx, by, 5, MessageList{Limit: 50}); return maybe(err) },
		"messages, after": func(by Actor) error {
			_, _, err := s.Messages(ctx, by, 5, MessageList{After: 1, Limit: 50})
			return maybe(err)
		},
		"unread notifications": func(by Actor) error { _, err := s.UnreadNotifications(ctx, by); return err },
		"notifications": func(by Actor) error {
			_, _, err := s.Notifications(ctx, by, NotificationList{Unread: true, Limit: 50})
			return err
		},
		"notifications of a kind": func(by Actor) error {
			_, _, err := s.Notifications(ctx, by, NotificationList{Category: "ticket", Before: 9, Limit: 50})
			return err
		},
		"unread of colleagues": func(by Actor) error { _, err := s.UnreadRooms(ctx, by); return err },
		"rooms":                func(by Actor) error { _, err := s.Rooms(ctx, by, ""); return err },
		"counts of chats":      func(by Actor) error { _, err := s.Counts(ctx, by, "chat"); return err },
		"counts of tickets":    func(by Actor) error { _, err := s.Counts(ctx, by, "ticket"); return err },
		"customers":            func(by Actor) error { _, _, err := s.Customers(ctx, by, CustomerList{Limit: 50}); return err },
	}
	s.Visiting = func() []Here { return []Here{{5, 1}, {77, 1}, {78, 3}} }
	q["list chats of those who are here"] = list(ConversationList{Kind: "chat", View: "online"})
	for _, kind := range []string{"chat", "ticket", ""} {
		for _, view := range []string{"", "all", "joined", "mine", "waiting", "open", "closed"} {
			q[fmt.Sprintf("list %s %s", or(&kind, ""), view)] = list(ConversationList{Kind: kind, View: view})
		}
	}
	for name, l := range map[string]ConversationList{
		"of a team": {Kind: "chat", TeamID: 2}, "of a team, waiting": {Kind: "chat", TeamID: 2, View: "waiting"}, "of an agent": {Kind: "ticket", AgentID: 5},
		"of an agent, closed": {Kind: "ticket", AgentID: 5, View: "closed"}, "of a customer": {CustomerID: 77}, "of an inbox": {InboxID: 1}, "of a rare inbox": {Kind: "chat", InboxID: 3},
		"of a channel": {Channel: Email}, "of no channel": {Kind: "chat", Channel: "wechat"}, "tickets pending": {Kind: "ticket", Status: "pending"}, "tickets resolved": {Kind: "ticket", Status: "resolved"},
		"tickets urgent": {Kind: "ticket", Priority: "urgent"}, "tickets low": {Kind: "ticket", Priority: "low"}, "tickets open, high": {Kind: "ticket", Status: "open", Priority: "high"},
		"find a number": {Kind: "ticket", Query: "#4711"}, "find a subject": {Kind: "ticket", Query: "order 4711"}, "find a name": {Query: "李4711"}, "find nothing": {Query: "zzzz"}, "find many": {Query: "Mei"},
		"tickets of an origin": {Kind: "ticket", Origin: "note"}, "tickets of a topic": {Kind: "ticket", TopicID: 2}, "tickets of nobody": {Kind: "ticket", Unassigned: true},
		"tickets of a day": {Kind: "ticket", From: s.now.Add(-700 * time.Hour), To: s.now.Add(-676 * time.Hour)}, "tickets by creation": {Kind: "ticket", Sort: "created"}, "the oldest tickets": {Kind: "ticket", Sort: "oldest"}, "tickets by priority": {Kind: "ticket", Sort: "priority"},
		"tickets of a tag": {Kind: "ticket", TagID: 1}, "tickets by a field": {Kind: "ticket", Fields: []FieldAsk{{1, "green"}}}, "tickets by a part of a field": {Kind: "ticket", View: "all", Fields: []FieldAsk{{2, "11"}}, Sort: "priority"},
		"tickets followed": {Kind: "ticket", View: "followed"}, "tickets of a named status": {Kind: "ticket", StatusID: 1, Sort: "created"},
		"tickets in the order of a field": {Kind: "ticket", By: 2}, "urgent tickets in the order of a field": {Kind: "ticket", View: "all", Priority: "urgent", By: 2, Down: true},
		"tickets due soon": {Kind: "ticket", View: "all", SLA: "soon"}, "tickets that are late": {Kind: "ticket", View: "all", SLA: "late"},
		"open tickets by priority": {Kind: "ticket", View: "all", Sort: "priority"},
		"a late page":              {Kind: "chat", View: "closed", Before: fmt.Sprintf("%d-1", ms(s.now)-int64(30*24*time.Hour/time.Millisecond))},
	} {
		q["list "+name] = list(l)
	}
	for name, l := range map[string]EndedList{
		"": {}, " of a week": {From: s.now.Add(-10 * 24 * time.Hour), To: s.now.Add(-3 * 24 * time.Hour)}, " of a channel": {Channel: Webchat}, " of no channel": {Channel: "wechat"}, " of a rare account": {InboxID: 3},
		" of a team": {TeamID: 2}, " with tags": {Tagged: "with"}, " without tags": {Tagged: "without"}, " of a rare tag": {TagIDs: []TagID{2, 5}}, " handed on": {Transferred: "yes"}, " called back": {Type: "callback"},
		" of an agent": {AgentID: 5}, " of nobody": {AgentID: 99}, " of some stars": {Stars: 3}, " of a name": {Query: "李4710"}, " of many names": {Query: "Mei"}, " of no name": {Query: "zzzz"}, " by its id": {ID: 4},
		" with everything": {Tagged: "with", Transferred: "no", Type: "normal", TeamID: 1, Query: "Mei", TagIDs: []TagID{1}}, ", a late page": {Before: fmt.Sprintf("%d-1", ms(s.now)-int64(30*24*time.Hour/time.Millisecond))},
	} {
		l.Limit = 50
		q["list history"+name] = func(by Actor) error { _, _, err := s.Ended(ctx, by, l); return err }
	}
	for name, l := range map[string]CustomerList{"find a customer": {Query: "4711", Limit: 50}, "find no customer": {Query: "zzzz", Limit: 50}, "find many customers": {Query: "Mei", Limit: 50}, "find a customer by address": {Query: "mei4711@post.example", Limit: 50}} {
		q[name] = func(by Actor) error { _, _, err := s.Customers(ctx, by, l); return err }
	}
	system := func(do func() error) func(Actor) error {
		return func(by Actor) error {
			if !by.IsAdmin() {
				return nil
			}
			return do()
		}
	}
	for name, l := range map[string]RatingList{"ratings": {}, "ratings of an agent": {AgentID: 5}, "ratings of a team": {TeamID: 2}} {
		q[name] = system(func() error {
			if _, err := s.RatingSum(ctx, s.alice, l); err != nil {
				return err
			}
			l.Limit = 50
			_, _, err := s.Ratings(ctx, s.alice, l)
			return err
		})
	}
	q["counts of notes"] = func(by Actor) error { _, err := s.NoteCounts(ctx, by); return err }
	q["the rating of a conversation"] = func(by Actor) error { _, err := s.RatingOf(ctx, by, 5); return maybe(err) }
	q["the stars of a customer"] = func(by Actor) error { _, err := s.StarsOf(ctx, by, 5); return err }
	q["due deliveries"] = system(func() error { _, _, err := s.DueDeliveries(ctx, System, 2, 50); return err })
	q["overdue deliveries"] = system(func() error { _, err := s.Overdue(ctx, System); return err })
	q["events after"] = system(func() error { _, err := s.EventsAfter(ctx, System, 10, 200); return err })
	q["audiences"] = system(func() error { _, err := s.Audiences(ctx, System, []ConversationID{3, 4, 5}); return err })
	q["a visitor's open chat"] = system(func() error { _, err := s.CurrentConversation(ctx, System, 5, 1); return err })
	q["what a visitor has not seen"] = system(func() error { _, err := s.UnreadBy(ctx, AsCustomer(5), 1); return err })
	q["a visitor's messages"] = system(func() error { _, _, err := s.CustomerMessages(ctx, AsCustomer(5), 1, 0, 50); return err })
	return q
}

// maybe takes not seeing something for an answer.
func maybe(err error) error {
	if IsNotFound(err) || errors.Is(err, Forbidden) { // not everybody may ask everything
		return nil
	}
	return err
}

func names[T any](m map[string]T) []string {
	list := make([]string, 0, len(m))
	for name := range m {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// BenchmarkLists asks every hot question of a desk of 100,000 conversations; the goal is a 99th percentile under 20 ms.
func BenchmarkLists(b *testing.B) {
	s := big(b, 100_000)
	questions := asked(s)
	for _, by := range []Actor{s.alice, s.bo} {
		for _, name := range names(questions) {
			b.Run(string(by.Role)+"/"+name, func(b *testing.B) {
				var took []time.Duration
				for b.Loop() {
					begin := time.Now()
					if err := questions[name](by); err != nil {
						b.Fatal(err)
					}
					took = append(took, time.Since(begin))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-p99")
			})
		}
	}
}

package push

import (
	"context"
	"errors"
	"time"

	"deskbell/app/desk"
)

const (
	perVisitor = 5               // browsers of one visitor; the oldest makes room
	lookAgain  = 5 * time.Second // after a visitor's chat was found open: he reads the answer, or goes away without
)

// SubscribeVisitor keeps a browser of the acting customer, for the answers that come through an inbox. A browser that is known already
// is his from now on.
func (p *Push) SubscribeVisitor(ctx context.Context, by desk.Actor, inbox desk.InboxID, s Subscription) error {
	if by.Customer() == 0 {
		return desk.Forbidden
	}
	if err := p.check(s); err != nil {
		return err
	}
	return p.desk.Write(ctx, by, func(tx *desk.Tx) error {
		if _, err := tx.Exec("delete from visitor_browsers where endpoint = ? and (customer_id <> ? or inbox_id <> ?)", s.Endpoint, by.ID, inbox); err != nil {
			return err // with what waits for the one before
		}
		_, err := tx.Exec(`insert into visitor_browsers(customer_id, inbox_id, endpoint, p256dh, auth, locale, created_at) values (?, ?, ?, ?, ?, ?, ?)
			on conflict(endpoint) do update set p256dh = excluded.p256dh, auth = excluded.auth, locale = excluded.locale, error = ''`,
			by.ID, inbox, s.Endpoint, s.Keys.P256dh, s.Keys.Auth, s.Locale, tx.Now().UnixMilli())
		if err != nil {
			return err
		}
		_, err = tx.Exec(`delete from visitor_browsers where customer_id = ?1 and endpoint <> ?2 and id not in
			(select id from visitor_browsers where customer_id = ?1 order by max(created_at, coalesce(pushed_at, 0)) desc, id desc limit ?3)`, by.ID, s.Endpoint, perVisitor)
		return err
	})
}

// UnsubscribeVisitor forgets a browser of the acting customer. One that is not known is no fault.
func (p *Push) UnsubscribeVisitor(ctx context.Context, by desk.Actor, endpoint string) error {
	if by.Customer() == 0 {
		return desk.Forbidden
	}
	return p.desk.Write(ctx, by, func(tx *desk.Tx) error {
		_, err := tx.Exec("delete from visitor_browsers where endpoint = ? and customer_id = ?", endpoint, by.ID)
		return err
	})
}

// answered notes that a visitor is to be told of an answer. Whether he has seen it by then is asked when it is due.
func (p *Push) answered(ctx context.Context, e desk.Event) error {
	if automatic(e) {
		return nil
	}
	const of = ` from visitor_browsers b join conversations c on c.customer_id = b.customer_id and c.inbox_id = b.inbox_id
		where c.id = ?1 and (c.kind = 'chat' or c.ticket_origin = 'note')`
	var some bool
	if err := p.desk.DB().Readers().QueryRowContext(ctx, "select exists (select 1"+of+")", e.ConversationID).Scan(&some); err != nil || !some {
		return err
	}
	err := p.desk.Write(ctx, desk.System, func(tx *desk.Tx) error {
		now := tx.Now().UnixMilli()
		_, err := tx.Exec(`insert into visitor_pushes(browser_id, conversation_id, message_id, event_id, event_at, due_at) select b.id, c.id, ?2, ?3, ?4, ?5 + ?6`+of+`
			on conflict do update set message_id = excluded.message_id, event_id = excluded.event_id, event_at = excluded.event_at, due_at = iif(due_at <= ?5, excluded.due_at, due_at)
			where event_id < excluded.event_id`,
			e.ConversationID, e.SubjectID, e.ID, e.At.UnixMilli(), now, together.Milliseconds())
		return err
	})
	if err == nil {
		p.nudge()
	}
	return err
}

// answer is one that waits for a visitor's browser.
type answer struct {
	browser        subscription
	customerID     desk.CustomerID
	inboxID        desk.InboxID
	conversationID desk.ConversationID
	messageID      desk.MessageID
	eventID        desk.EventID
	eventAt        time.Time
	attempts       int
}

func (p *Push) takeAnswers(ctx context.Context) ([]answer, error) {
	rows, err := p.desk.DB().Readers().QueryContext(ctx, `select b.id, b.endpoint, b.p256dh, b.auth, b.locale, b.customer_id, b.inbox_id, n.conversation_id, n.message_id, n.event_id, n.event_at, n.attempts
		from visitor_pushes n join visitor_browsers b on b.id = n.browser_id where n.due_at <= ? order by n.due_at limit ?`, p.desk.Clock().UnixMilli(), round)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []answer
	for rows.Next() {
		var n answer
		var at int64
		b := &n.browser
		if err := rows.Scan(&b.id, &b.endpoint, &b.p256dh, &b.auth, &b.locale, &n.customerID, &n.inboxID, &n.conversationID, &n.messageID, &n.eventID, &at, &n.attempts); err != nil {
			return nil, err
		}
		n.eventAt = time.UnixMilli(at)
		list = append(list, n)
	}
	return list, rows.Err()
}

// errLooks says that the visitor has the chat open: he sees the answer, or goes away before he does.
var errLooks = errors.New("he looks at the chat")

// settleAnswer pushes one answer, or finds that he has seen it, and writes down what came of it.
func (p *Push) settleAnswer(ctx context.Context, n answer) error {
	return p.once(ctx, [2]int64{-n.browser.id, int64(n.eventID)}, func() error {
		notice, err := p.noticeOfAnswer(ctx, n)
		if err != nil {
			return err
		}
		return p.post(ctx, n.browser, notice)
	}, n.outcome)
}

// noticeOfAnswer writes what a visitor is told: the desk's name, as he knows it, and the words.
func (p *Push) noticeOfAnswer(ctx context.Context, n answer) (*Notice, error) {
	by := desk.AsCustomer(n.customerID)
	if p.desk.Clock().Sub(n.eventAt) > tooOld {
		return nil, errUnneeded
	}
	c, err := p.desk.Conversation(ctx, by, n.conversationID)
	if err != nil {
		return nil, unneededIfGone(err)
	}
	m, err := p.desk.Message(ctx, by, n.messageID)
	if err != nil {
		return nil, unneededIfGone(err)
	}
	if m.Seq <= c.CustomerReadSeq {
		return nil, errUnneeded
	}
	if p.Visiting != nil && p.Visiting(n.customerID, n.inboxID) {
		return nil, errLooks
	}
	inbox, err := p.desk.Inbox(ctx, desk.System, n.inboxID)
	if err != nil {
		return nil, unneededIfGone(err)
	}
	w, err := desk.WidgetOf(inbox)
	if err != nil {
		return nil, err
	}
	company, err := p.desk.Company(ctx, desk.System)
	if err != nil {
		return nil, err
	}
	lang := n.browser.locale
	if !desk.KnownLocale(lang) {
		lang = company.Locale
	}
	t := &Notice{Tag: "conversation-" + n.conversationID.String(), URL: "/chat/" + inbox.PublicID, Lang: lang, Title: line(w.In(lang).Title, 120), Body: line(m.Text, 160), urgent: true}
	if t.Title == "" {
		t.Title = line(company.Name, 120)
	}
	if t.Body == "" && len(m.Files) > 0 {
		t.Body = p.Translate(lang, "push.file", line(m.Files[0].Name, 80))
	}
	t.Unread, err = p.desk.UnreadBy(ctx, by, n.inboxID)
	return t, err
}

func unneededIfGone(err error) error {
	if desk.IsNotFound(err) {
		return errUnneeded
	}
	return err
}

// outcome writes down what came of it. A row that took a newer answer meanwhile stays for that.
func (n *answer) outcome(tx *desk.Tx, err error) error {
	now := tx.Now()
	var refused *refusal
	switch {
	case errors.As(err, &refused) && refused.gone():
		_, err := tx.Exec("delete from visitor_browsers where id = ?", n.browser.id)
		return err
	case errors.Is(err, errLooks):
		_, err := tx.Exec("update visitor_pushes set due_at = ? where browser_id = ? and conversation_id = ?", now.Add(lookAgain).UnixMilli(), n.browser.id, n.conversationID)
		return err
	case err == nil:
		if _, err := tx.Exec("update visitor_browsers set pushed_at = ?, error = '' where id = ?", now.UnixMilli(), n.browser.id); err != nil {
			return err
		}
	case !errors.Is(err, errUnneeded):
		if _, err := tx.Exec("update visitor_browsers set error = ? where id = ?", clip(err.Error(), 500), n.browser.id); err != nil {
			return err
		}
		if passing(err) && n.attempts+1 < attempts {
			later := now.Add(10 * time.Second << n.attempts)
			_, err := tx.Exec("update visitor_pushes set attempts = attempts + 1, due_at = ? where browser_id = ? and conversation_id = ?", later.UnixMilli(), n.browser.id, n.conversationID)
			return err
		}
	}
	_, err = tx.Exec("delete from visitor_pushes where browser_id = ? and conversation_id = ? and event_id = ?", n.browser.id, n.conversationID, n.eventID)
	return err
}

package desk

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Delivery is one message on its way to one recipient.
type Delivery struct {
	ID        DeliveryID
	MessageID MessageID
	InboxID   InboxID
	Recipient string
	State     string // queued, sent, delivered, read, failed or bounced
	Attempts  int
	BegunAt   time.Time // since when it is tried; somebody who wants it again begins anew
	Tries     int       // attempts since then
	NextAt    time.Time // zero: it is over
	Error     string    // the other side's own words
	CreatedAt time.Time
	UpdatedAt time.Time
}

const deliveryColumns = "id, message_id, inbox_id, recipient, state, attempts, begun_at, tries, next_at, error, created_at, updated_at"

func scanDelivery(row scanner) (Delivery, error) {
	var d Delivery
	var next sql.NullInt64
	var begun, created, updated int64
	err := row.Scan(&d.ID, &d.MessageID, &d.InboxID, &d.Recipient, &d.State, &d.Attempts, &begun, &d.Tries, &next, &d.Error, &created, &updated)
	if errors.Is(err, sql.ErrNoRows) {
		return d, NotFound
	}
	d.BegunAt, d.NextAt, d.CreatedAt, d.UpdatedAt = at(begun), atNull(next), at(created), at(updated)
	return d, err
}

func deliveriesOf(ctx context.Context, r reader, ids string) ([]Delivery, error) {
	rows, err := r.QueryContext(ctx, "select "+deliveryColumns+" from deliveries where message_id in (select value from json_each(?)) order by id", ids)
	return collect(rows, err, scanDelivery)
}

func (tx *Tx) queueDeliveries(m *Message, recipients []string) ([]Delivery, error) {
	var list []Delivery
	inbox := m.InboxID
	if m.post != 0 {
		inbox = m.post
	}
	for _, to := range recipients {
		res, err := tx.Exec("insert into deliveries(message_id, inbox_id, recipient, state, begun_at, next_at, created_at, updated_at) values (?, ?, ?, 'queued', ?4, ?4, ?4, ?4)", m.ID, inbox, to, ms(tx.now))
		if err != nil {
			return nil, err
		}
		id, err := res.LastInsertId()
		if err != nil {
			return nil, err
		}
		list = append(list, Delivery{ID: DeliveryID(id), MessageID: m.ID, InboxID: inbox, Recipient: to, State: "queued", BegunAt: tx.now, NextAt: tx.now, CreatedAt: tx.now, UpdatedAt: tx.now})
	}
	return list, nil
}

// waitsAtMost is longer than the pause between any two attempts. What is due later than that was noted by a clock that was ahead, and is not
// to wait until that time comes again.
const waitsAtMost = 90 * time.Minute

// DueDeliveries lists an inbox's deliveries that are due, the oldest first, and when the next one after them is (zero: none).
func (d *Desk) DueDeliveries(ctx context.Context, by Actor, inbox InboxID, limit int) ([]Delivery, time.Time, error) {
	if !by.isSystem() {
		return nil, time.Time{}, Forbidden
	}
	now := ms(d.Clock())
	rows, err := d.read().QueryContext(ctx, "select "+deliveryColumns+" from deliveries where inbox_id = ?1 and next_at <= ?2 union all select "+deliveryColumns+
		" from deliveries where inbox_id = ?1 and next_at > ?3 order by next_at, id limit ?4", inbox, now, now+waitsAtMost.Milliseconds(), limit)
	list, err := collect(rows, err, scanDelivery)
	if err != nil {
		return nil, time.Time{}, err
	}
	var next sql.NullInt64
	err = d.read().QueryRowContext(ctx, "select min(next_at) from deliveries where inbox_id = ? and next_at > ?", inbox, now).Scan(&next)
	return list, atNull(next), err
}

// SendingRoom is how many more deliveries an inbox may try now, when it may try so many in an hour, and with no room when the next one
// may go.
func (d *Desk) SendingRoom(ctx context.Context, by Actor, inbox InboxID, hourly int) (room int, free time.Time, err error) {
	if !by.isSystem() {
		return 0, time.Time{}, Forbidden
	}
	now := d.Clock()
	since := now.Add(-time.Hour) // what a clock noted that was ahead does not count
	rows, err := d.read().QueryContext(ctx, "select a.at from deliveries d join attempts a on a.delivery_id = d.id where d.inbox_id = ?1 and d.updated_at > ?2 and a.at > ?2 and a.at <= ?3 order by a.at desc limit ?4", inbox, ms(since), ms(now), hourly)
	list, err := collect(rows, err, func(row scanner) (at int64, err error) { return at, row.Scan(&at) })
	if err != nil || len(list) < hourly {
		return hourly - len(list), time.Time{}, err
	}
	return 0, at(list[len(list)-1]).Add(time.Hour + time.Millisecond), nil
}

// Attempt is what came of trying a delivery.
type Attempt struct {
	State  string        // sent, delivered, failed, or queued to try again
	Code   int           // the server's, 0 when it gave none
	Answer string        // the other side's own words, or what went wrong on the way
	Retry  time.Duration // with queued: how long to wait
}

// Attempted stores what came of trying a delivery. It answers to the message's watchers by an event.
func (d *Desk) Attempted(ctx context.Context, by Actor, id DeliveryID, a Attempt) error {
	if !by.isSystem() {
		return Forbidden
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		dl, err := scanDelivery(tx.QueryRow("select "+deliveryColumns+" from deliveries where id = ?", id))
		if err != nil {
			return err
		}
		if _, err := tx.Exec("insert into attempts(delivery_id, n, at, code, answer) values (?, ?, ?, ?, ?)", id, dl.Attempts+1, ms(tx.now), a.Code, clip(a.Answer, 2000)); err != nil {
			return err
		}
		next, trouble := sql.NullInt64{}, ""
		if a.State == "queued" {
			next = sql.NullInt64{Int64: ms(tx.now.Add(a.Retry)), Valid: true}
		}
		if a.State == "queued" || a.State == "failed" {
			trouble = clip(a.Answer, 2000)
		}
		if dl.NextAt.IsZero() && (dl.State == "bounced" || a.State == "queued") { // a report that was faster than the answer, or a mailbox removed meanwhile
			a.State, next, trouble = dl.State, sql.NullInt64{}, dl.Error
		}
		if _, err := tx.Exec("update deliveries set state = ?1, attempts = attempts + 1, tries = tries + 1, begun_at = min(begun_at, ?4), next_at = ?2, error = ?3, updated_at = ?4 where id = ?5", a.State, next, trouble, ms(tx.now), id); err != nil {
			return err
		}
		return tx.recordDelivery(dl.MessageID, a.State)
	})
}

// Bounced marks the deliveries of a message as bounced, those to the recipient only when one is named.
func (d *Desk) Bounced(ctx context.Context, by Actor, id MessageID, recipient, words string) error {
	if !by.isSystem() {
		return Forbidden
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		_, err := tx.Bounced(id, recipient, words)
		return err
	})
}

// Bounced is Bounced as a step of a change. It says whether there was such a delivery.
func (tx *Tx) Bounced(id MessageID, recipient, words string) (bool, error) {
	res, err := tx.Exec("update deliveries set state = 'bounced', next_at = null, error = ?1, updated_at = ?2 where message_id = ?3 and state <> 'bounced' and (recipient = ?4 collate nocase or ?4 = '')", clip(words, 2000), ms(tx.now), id, recipient)
	if err != nil {
		return false, err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return false, nil
	}
	return true, tx.recordDelivery(id, "bounced")
}

func (tx *Tx) recordDelivery(id MessageID, state string) error {
	var c ConversationID
	if err := tx.QueryRow("select conversation_id from messages where id = ?", id).Scan(&c); err != nil {
		return err
	}
	name := MessageDelivered
	if state == "failed" || state == "bounced" {
		name = MessageFailed
	}
	return tx.Record(name, c, int64(id), Facts{"state": state})
}

// TryAgain queues the failed deliveries of a message once more.
func (d *Desk) TryAgain(ctx context.Context, by Actor, id MessageID) error {
	if err := by.Can(Serve); err != nil {
		return err
	}
	m, err := d.Message(ctx, by, id)
	if err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		var gone bool
		if err := tx.QueryRow("select exists (select 1 from deliveries dl join inboxes i on i.id = dl.inbox_id where dl.message_id = ? and i.deleted_at is not null)", id).Scan(&gone); err != nil {
			return err
		}
		if gone {
			return Conflict("error.mailbox_gone") // nobody would try
		}
		res, err := tx.Exec("update deliveries set state = 'queued', begun_at = ?1, tries = 0, next_at = ?1, updated_at = ?1 where message_id = ?2 and state in ('failed', 'bounced')", ms(tx.now), id)
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return Conflict("error.nothing_to_try_again")
		}
		return tx.Record(MessageDelivered, m.ConversationID, int64(id), Facts{"state": "queued"})
	})
}

// DeliveryState sums a message's deliveries up: the worst of them, empty when it has none. Of a line that tells of a mail of the
// desk's own it is that mail's.
func (m *Message) DeliveryState() (state, words string) {
	if m.IsEvent() {
		state, _ = m.Meta.Facts["state"].(string)
		words, _ = m.Meta.Facts["error"].(string)
		return state, words
	}
	rank := map[string]int{"read": 1, "delivered": 2, "sent": 3, "queued": 4, "failed": 5, "bounced": 6}
	for _, d := range m.Deliveries {
		if rank[d.State] > rank[state] {
			state, words = d.State, d.Error
		}
	}
	return state, words
}

package desk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// NotificationID is a notification's; NoticeID that of a notice.
type (
	NotificationID int64
	NoticeID       int64
)

func (id NotificationID) String() string { return fmt.Sprint(int64(id)) }
func (id NoticeID) String() string       { return fmt.Sprint(int64(id)) }

// NotificationCategories are what notifications are about, in the order in which people see them.
var NotificationCategories = []string{"conversation", "ticket", "delivery", "account", "system", "notice"}

// Notification is one thing that an agent is told. Its words are notification.what.WHAT with {0} whom or what it is about, {1} who
// caused it, {2} Words.
type Notification struct {
	ID             NotificationID
	AgentID        AgentID
	Category       string
	What           string
	ConversationID ConversationID
	CustomerID     CustomerID
	CustomerName   string
	CustomerEmail  string
	TicketID       TicketID
	Subject        string // the ticket's, or the notice's
	NoticeID       NoticeID
	By             string
	Words          string
	CreatedAt      time.Time
	ReadAt         time.Time // zero: unread
}

// Path is the page that it leads to, from /.
func (n *Notification) Path() string {
	switch {
	case n.NoticeID != 0:
		return "/notices/" + n.NoticeID.String()
	case n.TicketID != 0:
		return "/tickets/" + n.TicketID.String()
	case n.ConversationID != 0:
		return "/conversations/" + n.ConversationID.String()
	case n.What == "presence_asked":
		return "/admin/approvals"
	case n.What == "export_ready", n.What == "export_failed":
		return "/exports"
	case n.What == "mail_failed":
		return "/admin/system-mail"
	case n.What == "part_failed", n.What == "part_well":
		return "/admin/health"
	case n.Category == "account":
		return "/profile"
	}
	return "/notifications"
}

// Say writes it by the catalogs: a sentence, and what else there is to it, which may be nothing.
func (n *Notification) Say(t func(key string, args ...any) string) (sentence, more string) {
	about, by, words := n.CustomerName, n.By, n.Words
	switch {
	case n.TicketID != 0:
		about = "#" + n.TicketID.String() + " " + n.Subject
	case n.NoticeID != 0:
		about = n.Subject
	case about == "" && n.CustomerEmail != "":
		about = n.CustomerEmail
	case about == "":
		about = t("customer.visitor", n.CustomerID)
	}
	switch n.What {
	case "part_failed", "part_well":
		by, more = t("health.part."+by), words
	case "delivery_failed":
		more = words
	case "reply_stopped":
		more = t(words)
	case "released":
		version, _, _ := strings.Cut(strings.TrimPrefix(words, "v"), "-") // a build between two releases has the note of the one before
		if note := t("release.note." + version); note != "release.note."+version {
			more = note
		}
	}
	if by == "" {
		by = t("notification.desk")
	}
	return t("notification.what."+n.What, about, by, words), more
}

const notificationColumns = `n.id, n.agent_id, n.category, n.what, coalesce(n.conversation_id, 0), coalesce(c.customer_id, 0), coalesce(k.name, ''), coalesce(k.email, ''),
	coalesce(tk.id, 0), coalesce(tk.subject, o.subject, ''), coalesce(n.notice_id, 0), n.by_name, n.words, n.created_at, n.read_at`

// What is read is kept for good, and must not be walked through to find what is not.
const unread = " indexed by notifications_unread"

const notificationTables = ` notifications n %s left join conversations c on c.id = n.conversation_id left join customers k on k.id = c.customer_id
	left join tickets tk on tk.conversation_id = n.conversation_id left join notices o on o.id = n.notice_id `

func scanNotification(row scanner) (*Notification, error) {
	var n Notification
	var created int64
	var read sql.NullInt64
	err := row.Scan(&n.ID, &n.AgentID, &n.Category, &n.What, &n.ConversationID, &n.CustomerID, &n.CustomerName, &n.CustomerEmail,
		&n.TicketID, &n.Subject, &n.NoticeID, &n.By, &n.Words, &created, &read)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	n.CreatedAt, n.ReadAt = at(created), atNull(read)
	return &n, err
}

// NewNotification is what Notify stores.
type NewNotification struct {
	To             []AgentID
	Category, What string
	ConversationID ConversationID
	NoticeID       NoticeID
	By, Words      string
	EventID        EventID // of which event; the same tells nobody twice
}

// Notify tells agents something: for features that follow the log. Who is disabled, gone or was told already is left out.
func (d *Desk) Notify(ctx context.Context, by Actor, in NewNotification) error {
	if !by.isSystem() {
		return Forbidden
	}
	return d.Write(ctx, by, func(tx *Tx) error { return tx.notify(in) })
}

func (tx *Tx) notify(in NewNotification) error {
	for _, to := range in.To {
		var id NotificationID
		err := tx.QueryRow(`insert into notifications(agent_id, category, what, conversation_id, notice_id, by_name, words, event_id, created_at)
			select id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 from agents where id = ?1 and enabled and deleted_at is null on conflict do nothing returning id`,
			to, in.Category, in.What, nullID(in.ConversationID), nullID(in.NoticeID), in.By, clip(in.Words, 500), in.EventID, ms(tx.now)).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return err
		}
		if err := tx.Record(NotificationCreated, 0, int64(id), Facts{"agent": to, "category": in.Category, "what": in.What}); err != nil {
			return err
		}
	}
	return nil
}

// NotificationList says which of the acting agent's notifications are wanted.
type NotificationList struct {
	Unread   bool // those unread alone
	Read     bool // those read alone
	Category string
	Before   NotificationID // 0: the newest
	Limit    int
}

// Notifications lists the acting agent's, the newest first, and says whether there are more.
func (d *Desk) Notifications(ctx context.Context, by Actor, in NotificationList) (list []*Notification, more bool, err error) {
	if by.Agent() == 0 {
		return nil, false, Forbidden
	}
	where, index, args := "n.agent_id = ?", "", []any{by.ID}
	if in.Unread {
		where += " and n.read_at is null"
		index = unread
	}
	if in.Read {
		where += " and n.read_at is not null"
	}
	if slices.Contains(NotificationCategories, in.Category) {
		where += " and n.category = ?"
		args = append(args, in.Category)
	}
	if in.Before != 0 {
		where += " and n.id < ?"
		args = append(args, in.Before)
	}
	in.Limit = min(max(in.Limit, 1), 200)
	rows, err := d.read().QueryContext(ctx, "select "+notificationColumns+" from"+fmt.Sprintf(notificationTables, index)+"where "+where+" order by n.id desc limit ?", append(args, in.Limit+1)...)
	list, err = collect(rows, err, scanNotification)
	if len(list) > in.Limit {
		return list[:in.Limit], true, err
	}
	return list, false, err
}

// Notification finds one of the acting agent's; the system finds anybody's.
func (d *Desk) Notification(ctx context.Context, by Actor, id NotificationID) (*Notification, error) {
	return scanNotification(d.read().QueryRowContext(ctx, "select "+notificationColumns+" from"+fmt.Sprintf(notificationTables, "")+"where n.id = ?1 and (n.agent_id = ?2 or ?3)", id, by.Agent(), by.isSystem()))
}

// UnreadNotifications counts the acting agent's unread notifications.
func (d *Desk) UnreadNotifications(ctx context.Context, by Actor) (n int, err error) {
	err = d.read().QueryRowContext(ctx, "select count(*) from notifications indexed by notifications_unread where agent_id = ? and read_at is null", by.Agent()).Scan(&n)
	return n, err
}

// ReadNotification marks one of the acting agent's as read, and answers it.
func (d *Desk) ReadNotification(ctx context.Context, by Actor, id NotificationID) (*Notification, error) {
	n, err := d.Notification(ctx, by, id)
	if err != nil || !n.ReadAt.IsZero() {
		return n, err
	}
	return n, d.readNotifications(ctx, by, "id = ?", id)
}

// ReadNotifications marks all of the acting agent's as read, or those of a category.
func (d *Desk) ReadNotifications(ctx context.Context, by Actor, category string) error {
	if category == "" {
		return d.readNotifications(ctx, by, "true")
	}
	return d.readNotifications(ctx, by, "category = ?", category)
}

// ReadNotificationsOf marks those about a conversation as read: the agent has opened it.
func (d *Desk) ReadNotificationsOf(ctx context.Context, by Actor, id ConversationID) error {
	return d.readNotifications(ctx, by, "conversation_id = ?", id)
}

func (d *Desk) readNotifications(ctx context.Context, by Actor, which string, args ...any) error {
	if by.Agent() == 0 {
		return Forbidden
	}
	where := " from notifications" + unread + " where agent_id = ? and read_at is null and " + which
	args = append([]any{by.ID}, args...)
	var some bool // most openings of a conversation end here, without a write
	if err := d.read().QueryRowContext(ctx, "select exists (select 1"+where+")", args...).Scan(&some); err != nil || !some {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		if _, err := tx.Exec("update notifications set read_at = ? where id in (select id"+where+")", append([]any{ms(tx.now)}, args...)...); err != nil {
			return err
		}
		return tx.Record(NotificationRead, 0, by.ID, Facts{"agent": by.ID})
	})
}

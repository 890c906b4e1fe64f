package desk

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// ProactiveID is the id of a Proactive.
type ProactiveID int64

func (id ProactiveID) String() string { return strconv.FormatInt(int64(id), 10) }

// Proactive is an invitation that a widget shows by itself to somebody who only looks around. All its conditions must hold.
type Proactive struct {
	ID       ProactiveID
	InboxID  InboxID
	Name     string
	Enabled  bool
	Text     string // what the visitor reads, at most 300 characters
	URL      string // a part of the page's address, * for anything; empty: every page
	After    int    // seconds on the page
	Scroll   int    // percent of the page that he has seen
	Visitors string // all, new (for the first day) or returning
	Again    int    // minutes after a refusal until it is shown again; 0: never
	DailyMax int    // for one visitor, by the company's midnight

	Shown, Accepted int           // in the last 30 days
	Rest            time.Duration // for one visitor: how long it has to wait after his refusal
}

// ProactiveVisitors are the choices of Visitors.
var ProactiveVisitors = []string{"all", "new", "returning"}

const proactiveColumns = "p.id, p.inbox_id, p.name, p.enabled, p.text, p.url, p.after, p.scroll, p.visitors, p.again, p.daily_max"

func scanProactive(row scanner, more ...any) (*Proactive, error) {
	var p Proactive
	err := row.Scan(append([]any{&p.ID, &p.InboxID, &p.Name, &p.Enabled, &p.Text, &p.URL, &p.After, &p.Scroll, &p.Visitors, &p.Again, &p.DailyMax}, more...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	return &p, err
}

// Proactives lists the invitations of all widgets that are in use, with how often they were shown and accepted.
func (d *Desk) Proactives(ctx context.Context, by Actor) ([]*Proactive, error) {
	if err := by.Can(ManageInboxes); err != nil {
		return nil, err
	}
	rows, err := d.read().QueryContext(ctx, `select `+proactiveColumns+`, coalesce(s.shown, 0), coalesce(s.accepted, 0) from proactive p join inboxes i on i.id = p.inbox_id and i.deleted_at is null
		left join (select proactive_id, sum(outcome = 'shown') shown, sum(outcome = 'accepted') accepted from proactive_shown where at >= ? group by proactive_id) s on s.proactive_id = p.id
		where p.deleted_at is null order by p.inbox_id, p.id`, ms(d.Clock().AddDate(0, 0, -30)))
	return collect(rows, err, func(row scanner) (*Proactive, error) {
		var shown, accepted int
		p, err := scanProactive(row, &shown, &accepted)
		if err == nil {
			p.Shown, p.Accepted = shown, accepted
		}
		return p, err
	})
}

// Proactive finds one invitation.
func (d *Desk) Proactive(ctx context.Context, by Actor, id ProactiveID) (*Proactive, error) {
	if err := by.Can(ManageInboxes); err != nil {
		return nil, err
	}
	return findProactive(ctx, d.read(), id)
}

func findProactive(ctx context.Context, r reader, id ProactiveID) (*Proactive, error) {
	return scanProactive(r.QueryRowContext(ctx, "select "+proactiveColumns+" from proactive p where p.id = ? and p.deleted_at is null", id))
}

func (p *Proactive) check() error {
	var c check
	p.Name, p.Text, p.URL = oneLine(strings.TrimSpace(p.Name)), strings.TrimSpace(p.Text), strings.TrimSpace(p.URL)
	if p.Name == "" {
		c.fault("name", "fault.name_missing")
	}
	if utf8.RuneCountInString(p.Name) > 80 {
		c.fault("name", "fault.too_long", 80)
	}
	if p.Text == "" {
		c.fault("text", "fault.message_empty")
	}
	if utf8.RuneCountInString(p.Text) > 300 {
		c.fault("text", "fault.too_long", 300)
	}
	if utf8.RuneCountInString(p.URL) > 500 {
		c.fault("url", "fault.too_long", 500)
	}
	for _, n := range []struct {
		name       string
		n, low, up int
	}{{"after", p.After, 0, 3600}, {"scroll", p.Scroll, 0, 100}, {"again", p.Again, 0, 10080}, {"daily_max", p.DailyMax, 1, 100}} {
		if n.n < n.low || n.n > n.up {
			c.fault(n.name, "fault.between", n.low, n.up)
		}
	}
	if !slices.Contains(ProactiveVisitors, p.Visitors) {
		p.Visitors = "all"
	}
	return c.err()
}

// SaveProactive makes an invitation (without an id) or changes it. It stays with its widget.
func (d *Desk) SaveProactive(ctx context.Context, by Actor, p Proactive) (*Proactive, error) {
	if err := by.Can(ManageInboxes); err != nil {
		return nil, err
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	err := d.Write(ctx, by, func(tx *Tx) error {
		if p.ID == 0 {
			in, err := findInbox(ctx, tx, p.InboxID)
			if err != nil || in.Channel != Webchat {
				return orElse(notMissing(err), Invalid("inbox_id", "fault.widget_unknown"))
			}
			err = tx.QueryRow("insert into proactive(inbox_id, name, enabled, text, url, after, scroll, visitors, again, daily_max, created_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning id",
				p.InboxID, p.Name, p.Enabled, p.Text, p.URL, p.After, p.Scroll, p.Visitors, p.Again, p.DailyMax, ms(tx.now)).Scan(&p.ID)
			if err != nil {
				return err
			}
			return tx.recordChange(ProactiveChanged, int64(p.ID), nil, snapshot{table: "proactive"})
		}
		was := tx.before("proactive", p.ID)
		if _, err := findProactive(ctx, tx, p.ID); err != nil {
			return err
		}
		_, err := tx.Exec("update proactive set name = ?, enabled = ?, text = ?, url = ?, after = ?, scroll = ?, visitors = ?, again = ?, daily_max = ? where id = ?",
			p.Name, p.Enabled, p.Text, p.URL, p.After, p.Scroll, p.Visitors, p.Again, p.DailyMax, p.ID)
		if err != nil {
			return err
		}
		return tx.recordChange(ProactiveChanged, int64(p.ID), nil, was)
	})
	return &p, err
}

// DeleteProactive takes an invitation out of use; what came of it stays counted.
func (d *Desk) DeleteProactive(ctx context.Context, by Actor, id ProactiveID) error {
	if err := by.Can(ManageInboxes); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		if _, err := findProactive(ctx, tx, id); err != nil {
			return err
		}
		if _, err := tx.Exec("update proactive set deleted_at = ? where id = ?", ms(tx.now), id); err != nil {
			return err
		}
		return tx.Record(ProactiveChanged, 0, int64(id), Facts{"deleted": true})
	})
}

// Inviting lists the invitations that a widget shows now to somebody: none off hours.
func (d *Desk) Inviting(ctx context.Context, by Actor, inbox InboxID) ([]*Proactive, error) {
	if !by.isSystem() {
		return nil, Forbidden
	}
	rows, err := d.read().QueryContext(ctx, "select "+proactiveColumns+" from proactive p where p.inbox_id = ? and p.deleted_at is null and p.enabled order by p.id", inbox)
	all, err := collect(rows, err, func(row scanner) (*Proactive, error) { return scanProactive(row) })
	if err != nil || len(all) == 0 {
		return nil, err
	}
	if open, err := d.InboxOpen(ctx, by, inbox); err != nil || !open {
		return nil, err
	}
	return all, nil
}

// ProactivesFor lists the invitations that a visitor may see now: in work hours, while he talks to nobody, not more often than the
// daily maximum, and not after a refusal before its time.
func (d *Desk) ProactivesFor(ctx context.Context, by Actor, inbox InboxID) ([]*Proactive, error) {
	if by.Customer() == 0 {
		return nil, Forbidden
	}
	all, err := d.Inviting(ctx, System, inbox)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	if id, err := current(ctx, d.read(), by.Customer(), inbox); err != nil || id != 0 {
		return nil, err
	}
	customer, err := findCustomer(ctx, d.read(), by.Customer())
	if err != nil || !customer.BlacklistedAt.IsZero() {
		return nil, err
	}
	zone, err := companyZone(ctx, d.read())
	if err != nil {
		return nil, err
	}
	now := d.Clock().In(zone)
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone)
	var list []*Proactive
	for _, p := range all {
		if p.Visitors != "all" && (p.Visitors == "returning") != customer.CreatedAt.Before(midnight) {
			continue
		}
		if ok, err := p.due(ctx, d.read(), customer.ID, now, midnight); err != nil {
			return nil, err
		} else if ok {
			list = append(list, p)
		}
	}
	return list, nil
}

// due says whether the visitor may see it now or after Rest, going by what came of it before.
func (p *Proactive) due(ctx context.Context, r reader, customer CustomerID, now, midnight time.Time) (bool, error) {
	var today, refused int64
	var accepted bool
	err := r.QueryRowContext(ctx, `select coalesce(sum(outcome = 'shown' and at >= ?3), 0), coalesce(max(iif(outcome = 'refused', at, 0)), 0), coalesce(max(outcome = 'accepted' and at >= ?3), 0)
		from proactive_shown where customer_id = ?1 and proactive_id = ?2`, customer, p.ID, ms(midnight)).Scan(&today, &refused, &accepted)
	if err != nil || accepted || today >= int64(p.DailyMax) {
		return false, err
	}
	if refused == 0 {
		return true, nil
	}
	if p.Again == 0 {
		return false, nil
	}
	p.Rest = max(0, at(refused).Add(time.Duration(p.Again)*time.Minute).Sub(now))
	return true, nil
}

// Outcomes of an invitation.
const (
	ProactiveShown    = "shown"
	ProactiveAccepted = "accepted"
	ProactiveRefused  = "refused"
)

// NoteProactive notes that a visitor was shown an invitation, or what he did with it.
func (d *Desk) NoteProactive(ctx context.Context, by Actor, inbox InboxID, id ProactiveID, outcome string) error {
	if by.Customer() == 0 {
		return Forbidden
	}
	if !slices.Contains([]string{ProactiveShown, ProactiveAccepted, ProactiveRefused}, outcome) {
		return Invalid("outcome", "fault.choice_unknown")
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		p, err := findProactive(ctx, tx, id)
		if err != nil || p.InboxID != inbox {
			return orElse(err, NotFound)
		}
		// In many tabs it may be shown more often than it should; whoever goes on saying so is not counted any more.
		_, err = tx.Exec(`insert into proactive_shown(proactive_id, customer_id, outcome, at) select ?1, ?2, ?3, ?4
			where (select count(*) from proactive_shown where customer_id = ?2 and proactive_id = ?1 and outcome = ?3 and at > ?5) < ?6`,
			id, by.Customer(), outcome, ms(tx.now), ms(tx.now.AddDate(0, 0, -1)), 10*p.DailyMax)
		return err
	})
}

// invited begins a chat with the invitation that its visitor has just accepted, so that his first words can be understood.
func (tx *Tx) invited(ctx context.Context, c *Conversation) error {
	var text string
	err := tx.QueryRowContext(ctx, `select p.text from proactive_shown s join proactive p on p.id = s.proactive_id
		where s.customer_id = ? and s.outcome = 'accepted' and s.at > ? and p.inbox_id = ? order by s.id desc limit 1`, c.CustomerID, ms(tx.now.Add(-answersInvitation)), c.InboxID).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	var company Company
	if err == nil {
		err = readSetting(ctx, tx, "company", &company)
	}
	if err != nil {
		return err
	}
	return tx.speak(c, &Message{AuthorKind: BySystem, AuthorName: company.Name, Text: text})
}

// answersInvitation is how long after an invitation was accepted the first words answer it.
const answersInvitation = 15 * time.Minute

package desk

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// SystemMail is a mail from the company itself to one address, mostly an agent's: an invitation, an alarm, what he missed. It belongs
// to no conversation and no customer sees it; it waits, is tried again and fails as the answers to customers do.
type SystemMail struct {
	ID         SystemMailID
	InboxID    InboxID // the mailbox that it goes out through; chosen by the desk
	AgentID    AgentID // to whom; his address, name and language are taken when To is empty
	To         string
	Name       string
	Locale     string // empty: the agent's, or else the company's
	What       string // which words: system_mail.subject.WHAT, .text.WHAT and, with a Path, .button.WHAT
	Words      SystemWords
	Once       string // the same never makes a second mail; empty: it does not matter
	ExternalID string // Message-ID
	State      string // queued, sent, failed or bounced
	Attempts   int
	NextAt     time.Time // zero: it is over
	Error      string    // the other side's own words
	CreatedAt  time.Time
}

// SystemWords is what is put into the words of a system mail. It is encrypted while it waits, and forgotten once it was sent.
type SystemWords struct {
	Args []string `json:"args,omitempty"` // {0}, {1} … of both subject and text
	Path string   `json:"path,omitempty"` // the page of the console that the mail leads to, from /
}

// SystemMailbox says which mailbox system mail goes out through.
type SystemMailbox struct {
	InboxID InboxID `json:"inbox_id"` // 0, or one that is off: the first mailbox that is on
}

const systemMailColumns = "id, inbox_id, coalesce(agent_id, 0), recipient, name, locale, what, words, external_id, state, attempts, next_at, error, created_at"

func (d *Desk) scanSystemMail(row scanner) (*SystemMail, error) {
	var m SystemMail
	var next sql.NullInt64
	var created int64
	var sealed []byte
	err := row.Scan(&m.ID, &m.InboxID, &m.AgentID, &m.To, &m.Name, &m.Locale, &m.What, &sealed, &m.ExternalID, &m.State, &m.Attempts, &next, &m.Error, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	if err != nil {
		return nil, err
	}
	m.NextAt, m.CreatedAt = atNull(next), at(created)
	if sealed == nil {
		return &m, nil
	}
	plain, err := d.box.Unseal(sealed, wordsOf(m.ExternalID))
	if err != nil {
		return nil, err
	}
	return &m, json.Unmarshal(plain, &m.Words)
}

func wordsOf(externalID string) string { return "system mail " + externalID }

// SendSystemMail queues a mail from the company. Without any mailbox that is on it is a Conflict that says so, and nothing is queued.
func (d *Desk) SendSystemMail(ctx context.Context, by Actor, m SystemMail) (*SystemMail, error) {
	if err := by.Can(ManageCompany); err != nil {
		return nil, err
	}
	var queued *SystemMail
	err := d.Write(ctx, by, func(tx *Tx) (err error) {
		queued, err = tx.SendSystemMail(ctx, m)
		return err
	})
	return queued, err
}

// SendSystemMail is SendSystemMail as a step of a change, whoever makes it.
func (tx *Tx) SendSystemMail(ctx context.Context, m SystemMail) (*SystemMail, error) {
	if m.Once != "" {
		known, err := tx.d.scanSystemMail(tx.QueryRow("select "+systemMailColumns+" from system_mails where once = ?", m.Once))
		if !IsNotFound(err) {
			return known, err
		}
	}
	in, err := systemInbox(ctx, tx)
	if err != nil {
		return nil, err
	}
	if err := tx.addressSystem(ctx, &m); err != nil {
		return nil, err
	}
	box, err := MailboxOf(in)
	if err != nil {
		return nil, err
	}
	_, domain, _ := strings.Cut(box.Address, "@")
	m.InboxID, m.ExternalID = in.ID, "deskbell."+randomID()+"@"+domain
	words, err := json.Marshal(m.Words)
	if err != nil {
		return nil, err
	}
	err = tx.QueryRow(`insert into system_mails(inbox_id, agent_id, recipient, name, locale, what, words, once, external_id, state, next_at, created_at, updated_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?10, ?10, ?10) returning id`,
		m.InboxID, nullID(m.AgentID), m.To, m.Name, m.Locale, m.What, tx.d.box.Seal(words, wordsOf(m.ExternalID)), nullText(m.Once), m.ExternalID, ms(tx.now)).Scan(&m.ID)
	if err != nil {
		return nil, err
	}
	m.State, m.NextAt, m.CreatedAt = "queued", tx.now, tx.now
	return &m, tx.Record(MailQueued, 0, int64(m.ID), Facts{"what": m.What, "inbox": m.InboxID})
}

// addressSystem fills in to whom a mail goes and in which language.
func (tx *Tx) addressSystem(ctx context.Context, m *SystemMail) error {
	if m.AgentID != 0 {
		a, err := findAgent(ctx, tx, m.AgentID)
		if err != nil {
			return err
		}
		if m.To == "" {
			m.To, m.Name = a.Email, a.Name
		}
		if m.Locale == "" {
			m.Locale = a.Locale
		}
	}
	if KnownLocale(m.Locale) {
		return nil
	}
	company := Company{Locale: "en"}
	err := readSetting(ctx, tx, "company", &company)
	m.Locale = company.Locale
	return err
}

// systemInbox finds the mailbox for system mail: the chosen one if it is on, else the first that is.
func systemInbox(ctx context.Context, r reader) (*Inbox, error) {
	var s SystemMailbox
	if err := readSetting(ctx, r, "system_mailbox", &s); err != nil {
		return nil, err
	}
	in, err := scanInbox(r.QueryRowContext(ctx, "select "+inboxColumns+" from inboxes where channel = ? and enabled and deleted_at is null order by id <> ?, id limit 1", Email, s.InboxID))
	if IsNotFound(err) {
		return nil, Conflict("error.no_mailbox")
	}
	return in, err
}

// SystemMailbox answers which mailbox is chosen, and through which one system mail goes out now: nil when there is none.
func (d *Desk) SystemMailbox(ctx context.Context, by Actor) (s SystemMailbox, now *Inbox, err error) {
	if err := by.Can(ManageInboxes); err != nil {
		return s, nil, err
	}
	if err := d.setting(ctx, "system_mailbox", &s); err != nil {
		return s, nil, err
	}
	now, err = systemInbox(ctx, d.read())
	var none *Error
	if errors.As(err, &none) {
		return s, nil, nil
	}
	return s, now, err
}

// ChangeSystemMailbox chooses the mailbox; what waits goes out through it too.
func (d *Desk) ChangeSystemMailbox(ctx context.Context, by Actor, s SystemMailbox) error {
	if err := by.Can(ManageInboxes); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		if s.InboxID != 0 {
			if in, err := findInbox(ctx, tx, s.InboxID); err != nil || in.Channel != Email {
				return orElse(notMissing(err), Invalid("inbox_id", "fault.mailbox_unknown"))
			}
		}
		if err := tx.changeSetting(ctx, "system_mailbox", &SystemMailbox{}, s); err != nil {
			return err
		}
		return tx.redirectSystemMail(ctx, 0)
	})
}

// redirectSystemMail gives what waits to the mailbox that system mail goes out through now: all of it, or one mailbox's. With none
// left, one mailbox's fails in words, and what is not told which stays where it is.
func (tx *Tx) redirectSystemMail(ctx context.Context, from InboxID) error {
	now, err := systemInbox(ctx, tx)
	var none *Error
	switch {
	case errors.As(err, &none) && from != 0:
		const why = "the mailbox was removed"
		rows, err := tx.QueryContext(ctx, "update system_mails set state = 'failed', next_at = null, error = ?, updated_at = ? where inbox_id = ? and state = 'queued' returning id", why, ms(tx.now), from)
		list, err := collect(rows, err, func(row scanner) (id SystemMailID, err error) { return id, row.Scan(&id) })
		for _, id := range list {
			err = errors.Join(err, tx.tellLine(id, "failed", why))
		}
		return err
	case errors.As(err, &none):
		return nil
	case err != nil:
		return err
	}
	res, err := tx.Exec("update system_mails set inbox_id = ?1, next_at = ?2 where state = 'queued' and inbox_id <> ?1 and (inbox_id = ?3 or ?3 = 0)", now.ID, ms(tx.now), from)
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return nil
	}
	return tx.Record(MailQueued, 0, 0, Facts{"inbox": now.ID})
}

// SystemMails lists up to limit mails, the newest first, those before an id when it is not 0.
func (d *Desk) SystemMails(ctx context.Context, by Actor, before SystemMailID, limit int) ([]*SystemMail, error) {
	if err := by.Can(ManageInboxes); err != nil {
		return nil, err
	}
	rows, err := d.read().QueryContext(ctx, "select "+systemMailColumns+" from system_mails where id < ?1 or ?1 = 0 order by id desc limit ?2", before, limit)
	return collect(rows, err, d.scanSystemMail)
}

// DueSystemMails lists a mailbox's mails that are due, the oldest first, and when the next one after them is (zero: none).
func (d *Desk) DueSystemMails(ctx context.Context, by Actor, inbox InboxID, limit int) ([]*SystemMail, time.Time, error) {
	if !by.isSystem() {
		return nil, time.Time{}, Forbidden
	}
	now := ms(d.Clock())
	rows, err := d.read().QueryContext(ctx, "select "+systemMailColumns+" from system_mails where inbox_id = ?1 and next_at <= ?2 union all select "+systemMailColumns+
		" from system_mails where inbox_id = ?1 and next_at > ?3 order by next_at, id limit ?4", inbox, now, now+waitsAtMost.Milliseconds(), limit)
	list, err := collect(rows, err, d.scanSystemMail)
	if err != nil {
		return nil, time.Time{}, err
	}
	var next sql.NullInt64
	err = d.read().QueryRowContext(ctx, "select min(next_at) from system_mails where inbox_id = ? and next_at > ?", inbox, now).Scan(&next)
	return list, atNull(next), err
}

// SystemMailAttempted stores what came of trying a mail. What was sent is forgotten but for its name.
func (d *Desk) SystemMailAttempted(ctx context.Context, by Actor, id SystemMailID, a Attempt) error {
	if !by.isSystem() {
		return Forbidden
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		var was string
		err := tx.QueryRow("update system_mails set attempts = attempts + 1 where id = ? returning state", id).Scan(&was)
		if err != nil || was == "bounced" || was == "failed" && a.State == "queued" { // a report that was faster than the answer, or the last mailbox removed meanwhile
			return err
		}
		next, trouble := sql.NullInt64{}, ""
		if a.State == "queued" {
			next = sql.NullInt64{Int64: ms(tx.now.Add(a.Retry)), Valid: true}
		}
		if a.State != "sent" {
			trouble = clip(a.Answer, 2000)
		}
		if _, err := tx.Exec("update system_mails set state = ?1, next_at = ?2, error = ?3, words = iif(?1 = 'sent', null, words), updated_at = ?4 where id = ?5", a.State, next, trouble, ms(tx.now), id); err != nil {
			return err
		}
		if err := tx.tellLine(id, a.State, trouble); err != nil || a.State == "queued" {
			return err
		}
		name := MailSent
		if a.State == "failed" {
			name = MailFailed
		}
		return tx.Record(name, 0, int64(id), nil)
	})
}

// SystemMailBounced marks the mail that a delivery report is about; false when it is not one of ours.
func (tx *Tx) SystemMailBounced(externalID, words string) (bool, error) {
	var id SystemMailID
	err := tx.QueryRow("update system_mails set state = 'bounced', next_at = null, error = ?, updated_at = ? where external_id = ? returning id", clip(words, 2000), ms(tx.now), externalID).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := tx.tellLine(id, "bounced", words); err != nil {
		return false, err
	}
	return true, tx.Record(MailFailed, 0, int64(id), nil)
}

// tellLine writes a mail's fate into the line of the conversation that tells of it, if one does.
func (tx *Tx) tellLine(id SystemMailID, state, words string) error {
	var line MessageID
	err := tx.QueryRow("update messages set meta = json_set(meta, '$.facts.state', ?, '$.facts.error', ?) where id = (select line_id from system_mails where id = ?) returning id", state, clip(words, 2000), id).Scan(&line)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return tx.recordDelivery(line, state)
}

// IsSystemMail says whether an id is that of a system mail.
func (tx *Tx) IsSystemMail(externalID string) (is bool, err error) {
	err = tx.QueryRow("select exists (select 1 from system_mails where external_id = ?)", externalID).Scan(&is)
	return is, err
}

// TrySystemMailAgain queues a mail that failed once more. What was sent once cannot be: its words are forgotten.
func (d *Desk) TrySystemMailAgain(ctx context.Context, by Actor, id SystemMailID) error {
	if err := by.Can(ManageInboxes); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		in, err := systemInbox(ctx, tx)
		if err != nil {
			return err
		}
		res, err := tx.Exec("update system_mails set state = 'queued', next_at = ?1, updated_at = ?1, inbox_id = ?2 where id = ?3 and state = 'failed' and words is not null", ms(tx.now), in.ID, id)
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return Conflict("error.nothing_to_try_again")
		}
		if err := tx.tellLine(id, "queued", ""); err != nil {
			return err
		}
		return tx.Record(MailQueued, 0, int64(id), Facts{"inbox": in.ID})
	})
}

// TestSystemMail sends the acting agent a mail that says that it came, at most one a minute.
func (d *Desk) TestSystemMail(ctx context.Context, by Actor) (*SystemMail, error) {
	if by.Agent() == 0 {
		return nil, Forbidden
	}
	var m *SystemMail
	err := d.Write(ctx, by, func(tx *Tx) (err error) {
		m, err = tx.SendSystemMail(ctx, SystemMail{AgentID: by.Agent(), What: "test", Words: SystemWords{Args: []string{by.Name}, Path: "/notifications"},
			Once: fmt.Sprintf("test %d %s", by.ID, tx.now.Format("2006-01-02 15:04"))})
		return err
	})
	return m, err
}

// String is the id as it stands in an address.
func (id SystemMailID) String() string { return fmt.Sprint(int64(id)) }

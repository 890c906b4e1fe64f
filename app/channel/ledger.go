package channel

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"deskbell/app/blob"
	"deskbell/app/desk"
)

// The states of a row of the ledger.
const (
	Stored   = "stored"    // its bytes are here; what it is has to be seen
	Filed    = "filed"     // it is a message, or needs to be none
	SetAside = "set_aside" // somebody has to look at it
)

// The causes: why a mail was set aside, or filed without a message of its own.
const (
	CauseDuplicate     = "duplicate"      // the same mail had come before
	CauseElsewhere     = "elsewhere"      // the same mail came through another mailbox of ours: its ticket is shown here too
	CauseOwn           = "own"            // sent by ourselves
	CauseBounce        = "bounce"         // a report about a message of ours, which was marked
	CauseSystem        = "system"         // a program's answer to the company's own mail
	CauseProbe         = "probe"          // by which the desk tries its own mailbox
	CauseUnknownBounce = "unknown_bounce" // a report about a message that we do not know
	CauseSameID        = "same_id"        // another mail has the same Message-ID
	CauseGone          = "gone"           // deleted on the server before it could be read
	CauseTooLarge      = "too_large"
	CauseWithheld      = "withheld"   // the server does not give it
	CauseUnreadable    = "unreadable" // reading it stopped the program
	CauseRefused       = "refused"    // the desk did not take it
	CauseBlocked       = "blocked"    // its sender is blocked
	CauseFlood         = "flood"      // one sender wrote more than the mailbox takes from one
	CauseLoop          = "loop"       // the same words from the same sender, again and again
)

// Row is one mail that a server showed, and what became of it.
type Row struct {
	ID             int64
	InboxID        desk.InboxID
	Account        string // user, host and folder
	UIDValidity    uint32
	UID            uint32
	ExternalID     string // Message-ID without brackets; "sha256:…" when it had none
	From           string
	Address        string // the sender's, in small letters
	Words          []byte // sum of what he wrote
	After          string // what is still to be done with it on the server
	Subject        string
	Size           int64 // bytes
	State          string
	Cause          string // one of the causes, or empty
	Detail         string
	Raw            *blob.Sum // nil: its bytes could not be had
	Tries          int
	Forced         bool // somebody wants it filed whatever it is
	ConversationID desk.ConversationID
	MessageID      desk.MessageID
	TicketID       desk.TicketID
	ReceivedAt     time.Time // by the server's clock; zero: it did not say
	StoredAt       time.Time
	SettledAt      time.Time
}

// Ledger accounts for every mail that the servers of the mailboxes showed.
type Ledger struct{ d *desk.Desk }

// NewLedger is the ledger of a desk.
func NewLedger(d *desk.Desk) *Ledger { return &Ledger{d} }

// Came is when the mail came, as far as anybody knows.
func (r Row) Came() time.Time {
	if r.ReceivedAt.IsZero() {
		return r.StoredAt
	}
	return r.ReceivedAt
}

// CauseKey is the catalog's key for the cause; empty when there is none.
func (r Row) CauseKey() string {
	if r.Cause == "" {
		return ""
	}
	return "mailbox.cause." + r.Cause
}

const rowColumns = `l.id, l.inbox_id, l.account, l.uid_validity, l.uid, l.external_id, l.sender, l.address, l.subject, l.size, l.state, l.cause, l.detail, l.raw, l.tries, l.forced, l.after,
	coalesce(l.conversation_id, 0), coalesce(l.message_id, 0), coalesce(t.id, 0), l.received_at, l.stored_at, l.settled_at
	from mail_ledger l left join tickets t on t.conversation_id = l.conversation_id`

func scanRow(row interface{ Scan(...any) error }) (Row, error) {
	var r Row
	var raw []byte
	var received, stored int64
	var settled sql.NullInt64
	err := row.Scan(&r.ID, &r.InboxID, &r.Account, &r.UIDValidity, &r.UID, &r.ExternalID, &r.From, &r.Address, &r.Subject, &r.Size, &r.State, &r.Cause, &r.Detail, &raw, &r.Tries, &r.Forced, &r.After,
		&r.ConversationID, &r.MessageID, &r.TicketID, &received, &stored, &settled)
	if errors.Is(err, sql.ErrNoRows) {
		return r, desk.NotFound
	}
	if len(raw) == len(blob.Sum{}) {
		sum := blob.Sum(raw)
		r.Raw = &sum
	}
	if r.StoredAt = time.UnixMilli(stored).UTC(); received != 0 {
		r.ReceivedAt = time.UnixMilli(received).UTC()
	}
	if settled.Valid {
		r.SettledAt = time.UnixMilli(settled.Int64).UTC()
	}
	return r, err
}

func (l *Ledger) rows(ctx context.Context, where string, args ...any) ([]Row, error) {
	rows, err := l.d.DB().Readers().QueryContext(ctx, "select "+rowColumns+" where "+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Row
	for rows.Next() {
		r, err := scanRow(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// Causes are all that there are, those of mails that were set aside first.
var Causes = []string{CauseBlocked, CauseFlood, CauseLoop, CauseTooLarge, CauseUnreadable, CauseRefused, CauseWithheld, CauseGone, CauseSameID, CauseUnknownBounce,
	CauseBounce, CauseDuplicate, CauseElsewhere, CauseOwn, CauseSystem, CauseProbe}

// Undone says whether somebody can make a ticket of the mail still: it was set aside, or filed without becoming a message.
func (r Row) Undone() bool { return r.State == SetAside || r.State == Filed && r.Cause != "" }

// RowList asks for a page of an inbox's ledger, the newest rows first.
type RowList struct {
	State  string // empty: all
	Cause  string // empty: all
	Query  string // part of the sender or the subject
	Before int64  // id of the last row of the page before; 0: from the newest
	Limit  int    // 1 to 200
}

// List lists an inbox's rows and says whether there are more.
func (l *Ledger) List(ctx context.Context, by desk.Actor, inbox desk.InboxID, ask RowList) (list []Row, more bool, err error) {
	if err := by.Can(desk.ManageInboxes); err != nil {
		return nil, false, err
	}
	if ask.Before == 0 {
		ask.Before = 1 << 62
	}
	where, args := "l.inbox_id = ? and l.id < ?", []any{inbox, ask.Before}
	if ask.State != "" {
		where, args = where+" and l.state = ?", append(args, ask.State)
	}
	if ask.Cause != "" {
		where, args = where+" and l.cause = ?", append(args, ask.Cause)
	}
	if q := strings.TrimSpace(ask.Query); q != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(q) + "%"
		where, args = where+` and (l.sender like ? escape '\' or l.subject like ? escape '\')`, append(args, like, like)
	}
	list, err = l.rows(ctx, where+" order by l.id desc limit ?", append(args, ask.Limit+1)...)
	if more = len(list) > ask.Limit; more {
		list = list[:ask.Limit]
	}
	return list, more, err
}

// Row finds one row of an inbox's ledger.
func (l *Ledger) Row(ctx context.Context, by desk.Actor, inbox desk.InboxID, id int64) (Row, error) {
	if err := by.Can(desk.ManageInboxes); err != nil {
		return Row{}, err
	}
	return scanRow(l.d.DB().Readers().QueryRowContext(ctx, "select "+rowColumns+" where l.id = ? and l.inbox_id = ?", id, inbox))
}

// Raw opens the bytes of a mail as they came. They are hostile: show them as plain text, or give them away as a file.
func (l *Ledger) Raw(ctx context.Context, by desk.Actor, inbox desk.InboxID, id int64) (*blob.Reader, error) {
	r, err := l.Row(ctx, by, inbox, id)
	if err != nil {
		return nil, err
	}
	if r.Raw == nil {
		return nil, desk.NotFound
	}
	return l.d.Blobs().Open(ctx, *r.Raw)
}

// Retry files a mail again that was set aside or became no message, whatever it is: by somebody's will it is a ticket. One whose
// bytes are missing is asked for once more.
func (l *Ledger) Retry(ctx context.Context, by desk.Actor, inbox desk.InboxID, id int64) error {
	if err := by.Can(desk.ManageInboxes); err != nil {
		return err
	}
	if _, err := l.Row(ctx, by, inbox, id); err != nil {
		return err
	}
	n, err := l.bringBack(ctx, by, inbox, desk.Facts{"retry": id}, "id = ? and (state = 'set_aside' or state = 'filed' and cause <> '')", id)
	if err == nil && n == 0 {
		err = desk.Conflict("error.nothing_to_try_again")
	}
	return err
}

// RetryAll brings back all of an inbox's mails that were set aside for the cause, and answers how many they are.
func (l *Ledger) RetryAll(ctx context.Context, by desk.Actor, inbox desk.InboxID, cause string) (int64, error) {
	if err := by.Can(desk.ManageInboxes); err != nil {
		return 0, err
	}
	return l.bringBack(ctx, by, inbox, desk.Facts{"retry_all": cause}, "inbox_id = ? and cause = ? and state = 'set_aside'", inbox, cause)
}

func (l *Ledger) bringBack(ctx context.Context, by desk.Actor, inbox desk.InboxID, facts desk.Facts, where string, args ...any) (n int64, err error) {
	err = l.d.Write(ctx, by, func(tx *desk.Tx) error {
		res, err := tx.Exec("update mail_ledger set state = 'stored', forced = 1, tries = 0, settled_at = null where "+where, args...)
		if err != nil {
			return err
		}
		if n, err = res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return tx.Record(desk.InboxChanged, 0, int64(inbox), facts) // the inbox starts anew and finds them
	})
	return n, err
}

// Probed says whether the desk has read a probe of its own mailbox.
func (l *Ledger) Probed(ctx context.Context, inbox desk.InboxID, probe string) (seen bool, err error) {
	err = l.d.DB().Readers().QueryRowContext(ctx, "select exists (select 1 from mail_ledger where inbox_id = ? and cause = ? and detail = ?)", inbox, CauseProbe, probe).Scan(&seen)
	return seen, err
}

// Counts tells how many rows of an inbox are in each state.
func (l *Ledger) Counts(ctx context.Context, by desk.Actor, inbox desk.InboxID) (map[string]int, error) {
	if err := by.Can(desk.ManageInboxes); err != nil {
		return nil, err
	}
	rows, err := l.d.DB().Readers().QueryContext(ctx, "select state, count(*) from mail_ledger where inbox_id = ? group by state", inbox)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	counts := map[string]int{}
	for rows.Next() {
		var state string
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return nil, err
		}
		counts[state] = n
	}
	return counts, rows.Err()
}

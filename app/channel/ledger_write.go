package channel

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"deskbell/app/desk"
)

// Cursor tells the last UID of a folder that stands in the ledger; 0 when the folder is new, or has become another one, as a change of
// its UIDVALIDITY says (RFC 3501 section 2.3.1.1).
func (l *Ledger) Cursor(ctx context.Context, inbox desk.InboxID, account string, validity uint32) (uint32, error) {
	var uid uint32
	err := l.d.DB().Readers().QueryRowContext(ctx, "select uid from mail_folders where inbox_id = ? and account = ? and uid_validity = ?", inbox, account, validity).Scan(&uid)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return uid, err
}

// Enter writes rows that a folder showed and moves its cursor to the last UID, in one change. It fills the rows' ids; a
// row that was there before is left as it is and keeps an id of 0 here.
func (l *Ledger) Enter(ctx context.Context, inbox desk.InboxID, account string, validity, last uint32, rows []*Row) error {
	return l.d.Write(ctx, desk.System, func(tx *desk.Tx) error {
		now := tx.Now().UnixMilli()
		for _, r := range rows {
			r.InboxID, r.Account, r.UIDValidity, r.StoredAt = inbox, account, validity, tx.Now()
			var raw []byte
			if r.Raw != nil {
				raw = r.Raw[:]
			}
			settled := sql.NullInt64{Int64: now, Valid: r.State != Stored}
			err := tx.QueryRow(`insert into mail_ledger(inbox_id, account, uid_validity, uid, size, state, cause, detail, raw, after, received_at, stored_at, settled_at)
				values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing returning id`,
				inbox, account, validity, r.UID, r.Size, r.State, r.Cause, r.Detail, raw, r.After, millis(r.ReceivedAt), now, settled).Scan(&r.ID)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
		}
		_, err := tx.Exec(`insert into mail_folders(inbox_id, account, uid_validity, uid, updated_at) values (?, ?, ?, ?, ?)
			on conflict(inbox_id, account) do update set uid = excluded.uid, uid_validity = excluded.uid_validity, updated_at = excluded.updated_at
			where uid_validity <> excluded.uid_validity or uid < excluded.uid`, inbox, account, validity, last, now)
		return err
	})
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Left lists rows that wait to be filed, in the order in which they came: a stop came between, or somebody wants them again.
func (l *Ledger) Left(ctx context.Context, inbox desk.InboxID, after int64, limit int) ([]Row, error) {
	return l.rows(ctx, "l.inbox_id = ? and l.state = 'stored' and l.id > ? order by l.id limit ?", inbox, after, limit)
}

// Begin notes that a row that was left is tried again, before it can stop the program once more.
func (l *Ledger) Begin(ctx context.Context, id int64) error {
	return l.d.Write(ctx, desk.System, func(tx *desk.Tx) error {
		_, err := tx.Exec("update mail_ledger set tries = tries + 1 where id = ?", id)
		return err
	})
}

// Spare takes that back: what stopped the filing was trouble of our own, and not the mail.
func (l *Ledger) Spare(ctx context.Context, id int64) error {
	return l.d.Write(ctx, desk.System, func(tx *desk.Tx) error {
		_, err := tx.Exec("update mail_ledger set tries = tries - 1 where id = ? and tries > 0", id)
		return err
	})
}

// Settle writes what became of a row, as a step of the change that made it so.
func (l *Ledger) Settle(tx *desk.Tx, r *Row) error {
	r.SettledAt = tx.Now()
	var raw []byte
	if r.Raw != nil {
		raw = r.Raw[:]
	}
	_, err := tx.Exec(`update mail_ledger set external_id = ?, sender = ?, address = ?, words = ?, subject = ?, size = ?, raw = ?, state = ?, cause = ?, detail = ?, conversation_id = ?, message_id = ?, settled_at = ? where id = ?`,
		r.ExternalID, r.From, r.Address, r.Words, r.Subject, r.Size, raw, r.State, r.Cause, r.Detail, nullID(r.ConversationID), nullID(r.MessageID), tx.Now().UnixMilli(), r.ID)
	return err
}

func nullID[T ~int64](id T) sql.NullInt64 { return sql.NullInt64{Int64: int64(id), Valid: id != 0} }

package channel

import (
	"context"
	"database/sql"
	"time"

	"deskbell/app/desk"
)

// Folder is how a folder of a mailbox stands to the ledger.
type Folder struct {
	Account    string    // user, host and folder
	ComparedAt time.Time // zero: not yet
	Shown      int       // mails that the server had then
	Missed     int       // of them those that were not in the ledger; they were fetched
}

// Folders tells of an inbox's folders, as they were when they were last compared.
func (l *Ledger) Folders(ctx context.Context, by desk.Actor, inbox desk.InboxID) ([]Folder, error) {
	if err := by.Can(desk.ManageInboxes); err != nil {
		return nil, err
	}
	rows, err := l.d.DB().Readers().QueryContext(ctx, "select account, compared_at, shown, missed from mail_folders where inbox_id = ? and compared_at is not null order by compared_at desc", inbox)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Folder
	for rows.Next() {
		var f Folder
		var at sql.NullInt64
		if err := rows.Scan(&f.Account, &at, &f.Shown, &f.Missed); err != nil {
			return nil, err
		}
		f.ComparedAt = time.UnixMilli(at.Int64).UTC()
		list = append(list, f)
	}
	return list, rows.Err()
}

// Compare has the inbox's folders compared with the ledger now.
func (l *Ledger) Compare(ctx context.Context, by desk.Actor, inbox desk.InboxID) error {
	if err := by.Can(desk.ManageInboxes); err != nil {
		return err
	}
	if _, err := l.d.Inbox(ctx, by, inbox); err != nil {
		return err
	}
	return l.d.Write(ctx, by, func(tx *desk.Tx) error {
		return tx.Record(desk.InboxChanged, 0, int64(inbox), desk.Facts{"compare": true}) // the inbox starts anew, which begins with it
	})
}

// Missing tells which of a folder's mails up to the cursor are not in the ledger.
func (l *Ledger) Missing(ctx context.Context, inbox desk.InboxID, account string, validity, cursor uint32, uids []uint32) ([]uint32, error) {
	rows, err := l.d.DB().Readers().QueryContext(ctx, "select uid from mail_ledger where inbox_id = ? and account = ? and uid_validity = ?", inbox, account, validity)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	known := make(map[uint32]struct{}, len(uids))
	for rows.Next() {
		var uid uint32
		if err := rows.Scan(&uid); err != nil {
			return nil, err
		}
		known[uid] = struct{}{}
	}
	var missing []uint32
	for _, uid := range uids {
		if _, ok := known[uid]; !ok && uid <= cursor {
			missing = append(missing, uid)
		}
	}
	return missing, rows.Err()
}

// Compared notes that a folder was compared.
func (l *Ledger) Compared(ctx context.Context, inbox desk.InboxID, account string, shown, missed int) error {
	return l.d.Write(ctx, desk.System, func(tx *desk.Tx) error {
		_, err := tx.Exec("update mail_folders set compared_at = ?, shown = ?, missed = ? where inbox_id = ? and account = ?", tx.Now().UnixMilli(), shown, missed, inbox, account)
		return err
	})
}

// Pending lists mails of a folder that are here and with which something is still to be done on the server.
func (l *Ledger) Pending(ctx context.Context, inbox desk.InboxID, account string, validity uint32, limit int) ([]Row, error) {
	return l.rows(ctx, "l.inbox_id = ? and l.after <> '' and l.account = ? and l.uid_validity = ? and l.raw is not null order by l.id limit ?", inbox, account, validity, limit)
}

// Done notes that it was done.
func (l *Ledger) Done(ctx context.Context, rows []Row) error {
	return l.d.Write(ctx, desk.System, func(tx *desk.Tx) error {
		for _, r := range rows {
			if _, err := tx.Exec("update mail_ledger set after = '' where id = ?", r.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// Lately counts the mails of a sender that were filed within the hour before the time, and those of them that said the same.
func (l *Ledger) Lately(tx *desk.Tx, r *Row) (all, same int, err error) {
	at := r.ReceivedAt
	err = tx.QueryRow("select count(*), coalesce(sum(words = ?1), 0) from mail_ledger where address = ?2 and address <> '' and received_at > ?3 and received_at <= ?4 and state = 'filed' and cause = '' and id <> ?5",
		r.Words, r.Address, millis(at.Add(-time.Hour)), millis(at), r.ID).Scan(&all, &same)
	return all, same, err
}

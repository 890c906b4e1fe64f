package desk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"deskbell/app/blob"
)

const (
	answersFor = 24 * time.Hour      // the answers to API posts
	mailsFor   = 30 * 24 * time.Hour // what became of system mail
	shownFor   = 90 * 24 * time.Hour // what came of invitations to visitors
	passerFor  = 30 * 24 * time.Hour // a visitor who never said a word
	unusedFor  = 24 * time.Hour      // a file that no message took, bytes that nothing points to
)

// Swept is what a sweep took away.
type Swept struct {
	Sessions, Invitations, Answers, Mails, Planned, Files int64
	Shown                                                 int64 // invitations to visitors, of long ago
	Exports                                               int64 // files of the history that nobody can download any more
	Awaited                                               int64 // ids of mails that never came
	Passers                                               int64 // visitors who never said a word, nor who they are
	Blobs                                                 int
	Bytes                                                 int64
}

// Expire takes away what is over: dead sessions (and with them the browsers that they pushed to), old invitations, remembered
// answers of the API, what is known of old system mail, ids of mails that never came, and files that were uploaded and never sent.
func (d *Desk) Expire(ctx context.Context, by Actor) (s Swept, err error) {
	if !by.isSystem() {
		return s, Forbidden
	}
	err = d.Write(ctx, by, func(tx *Tx) error {
		now := ms(tx.now)
		if err := tx.sessionsOver(ctx); err != nil {
			return err
		}
		for _, step := range []struct {
			n    *int64
			sql  string
			args []any
		}{
			{&s.Sessions, "delete from sessions where " + over, overAt(tx.d.steady())},
			{&s.Invitations, "delete from invitations where expires_at < ?", []any{now}},
			{&s.Answers, "delete from idempotency where created_at < ?", []any{now - answersFor.Milliseconds()}},
			{&s.Mails, "delete from system_mails where state <> 'queued' and updated_at < ?", []any{now - mailsFor.Milliseconds()}},
			{&s.Planned, "delete from planned where state = 'withdrawn' and created_at < ?", []any{now - answersFor.Milliseconds()}},
			{&s.Exports, "update exports set sha256 = null where sha256 is not null and done_at < ?", []any{now - ExportFor.Milliseconds()}},
			{&s.Shown, "delete from proactive_shown where at < ?", []any{now - shownFor.Milliseconds()}},
			{&s.Awaited, "delete from awaited where at < ?", []any{now - awaitedFor.Milliseconds()}},
			{&s.Passers, `delete from customers where id in (select id from customers c where seen_at < ? and name = '' and email = '' and phone = '' and vip = 0 and blacklisted_at is null
				and not exists (select 1 from conversations where customer_id = c.id) limit 1000)`, []any{now - passerFor.Milliseconds()}},
			// A name of 128 random bits that stands in a setting is a logo or a face in use.
			{&s.Files, `delete from files where message_id is null and conversation_id is null and created_at < ?
				and not exists (select 1 from settings where instr(value, public_id))
				and not exists (select 1 from inboxes where instr(settings, public_id))
				and not exists (select 1 from drafts where instr(draft, public_id))
				and not exists (select 1 from planned where instr(draft, public_id))
				and not exists (select 1 from notices where file = public_id)
				and not exists (select 1 from room_messages where file = public_id)
				and not exists (select 1 from agents where avatar_file = public_id or instr(preferences, public_id))`, []any{now - unusedFor.Milliseconds()}},
		} {
			res, err := tx.Exec(step.sql, step.args...)
			if err != nil {
				return err
			}
			if *step.n, err = res.RowsAffected(); err != nil {
				return err
			}
		}
		return nil
	})
	return s, err
}

// over is the condition under which a session has ended by itself.
const over = "(seen_at < iif(keep, ?, ?) or created_at < ?)"

func overAt(now time.Time) []any {
	return []any{ms(now.Add(-keptFor)), ms(now.Add(-idleFor)), ms(now.Add(-atMost))}
}

// sessionsOver tells of the sessions that end by themselves: streams that were opened in them must end too.
func (tx *Tx) sessionsOver(ctx context.Context) error {
	rows, err := tx.QueryContext(ctx, "select "+sessionColumns+" from sessions where "+over, overAt(tx.d.steady())...)
	list, err := collect(rows, err, scanSession)
	if err != nil {
		return err
	}
	for _, s := range list {
		if err := tx.Record(AgentLoggedOut, 0, int64(s.AgentID), Facts{"session": s.ID, "over": true}); err != nil {
			return err
		}
	}
	return nil
}

// SweepBlobs removes bytes that nothing points to and that were not stored in the last day: a row that points to bytes is
// written soon after them.
func (d *Desk) SweepBlobs(ctx context.Context, by Actor) (s Swept, err error) {
	if !by.isSystem() {
		return s, Forbidden
	}
	before := d.Clock().Add(-unusedFor)
	unused := map[blob.Sum]int64{}
	if err := d.blobs.Stored(ctx, before, func(sum blob.Sum, size int64) { unused[sum] = size }); err != nil {
		return s, err
	}
	// Only now who points to what: nobody may have begun to point to one of them without storing it again.
	if err := d.pointed(ctx, func(sum blob.Sum) { delete(unused, sum) }); err != nil {
		return s, err
	}
	for sum, size := range unused {
		if err := d.blobs.Remove(ctx, sum, before); err != nil {
			return s, err
		}
		s.Blobs++
		s.Bytes += size
	}
	return s, nil
}

// pointed calls each with every sum that stands anywhere in desk.db. It looks into every column of bytes of every table, so that a
// feature's own table is safe without telling anybody, and into what mail messages say of their raw form.
func (d *Desk) pointed(ctx context.Context, each func(blob.Sum)) error {
	rows, err := d.db.Readers().QueryContext(ctx, `select t.name, c.name from pragma_table_list t join pragma_table_info(t.name) c
		where t.schema = 'main' and t.type = 'table' and t.name not like 'sqlite_%' and lower(c.type) = 'blob'`)
	columns, err := collect(rows, err, func(row scanner) (c [2]string, err error) { return c, row.Scan(&c[0], &c[1]) })
	if err != nil {
		return err
	}
	questions := []string{`select unhex(meta ->> '$.mail.raw') from messages where meta like '%"raw"%'`}
	for _, c := range columns {
		questions = append(questions, fmt.Sprintf("select %[2]s from %[1]s where length(%[2]s) = 32", quoted(c[0]), quoted(c[1])))
	}
	for _, q := range questions {
		if err := d.sums(ctx, q, each); err != nil {
			return fmt.Errorf("%s: %w", q, err)
		}
	}
	return nil
}

func (d *Desk) sums(ctx context.Context, question string, each func(blob.Sum)) error {
	rows, err := d.db.Readers().QueryContext(ctx, question)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return err
		}
		if len(b) == len(blob.Sum{}) {
			each(blob.Sum(b))
		}
	}
	return rows.Err()
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// CloseQuiet closes chats whose customer has been silent for as long as the setting says, at most 500 of them. What agents or the
// desk said meanwhile does not count; a chat that was opened again has the whole time once more.
func (d *Desk) CloseQuiet(ctx context.Context, by Actor) (closed int, err error) {
	if !by.isSystem() {
		return 0, Forbidden
	}
	h, err := d.Handling(ctx, by)
	if err != nil || !h.AutoClose {
		return 0, err
	}
	quiet := ms(d.Clock().Add(-time.Duration(h.AutoCloseAfter) * time.Hour))
	rows, err := d.read().QueryContext(ctx, "select id from conversations c where kind = 'chat' and status <> 'closed' and quiet_since < ? limit 500", quiet)
	ids, err := collect(rows, err, func(row scanner) (id ConversationID, err error) { return id, row.Scan(&id) })
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		done, err := d.closeQuiet(ctx, by, id, quiet)
		if err != nil {
			return closed, err
		}
		if done {
			closed++
		}
	}
	return closed, nil
}

func (d *Desk) closeQuiet(ctx context.Context, by Actor, id ConversationID, quiet int64) (done bool, err error) {
	_, err = d.change(ctx, by, id, func(tx *Tx, c *Conversation) error {
		var over bool
		if err := tx.QueryRow("select status <> 'closed' and quiet_since < ? from conversations where id = ?", quiet, id).Scan(&over); err != nil || !over {
			return err // he spoke meanwhile
		}
		done = true
		return tx.close(ctx, c)
	})
	return done, err
}

package desk

import (
	"context"
	"errors"
	"fmt"

	"deskbell/app/blob"
	"deskbell/app/sqlite"
)

// promises are what must hold between the tables whatever happened. Each question answers the rows for which it does not.
var promises = []struct{ broken, sql string }{
	{"conversation %d: its last seq, or the number of its messages, is not what it says",
		"select c.id from conversations c where c.moved = 0 and c.last_seq <> (select count(*) from messages m where m.conversation_id = c.id) or c.moved = 0 and c.last_seq <> (select coalesce(max(seq), 0) from messages m where m.conversation_id = c.id)"},
	{"conversation %d: a message stands behind its last seq", "select c.id from conversations c where c.last_seq < (select coalesce(max(seq), 0) from messages m where m.conversation_id = c.id)"},
	{"conversation %d: merged, and yet open", "select c.id from conversations c join tickets t on t.conversation_id = c.id where t.merged_into is not null and c.status <> 'closed'"},
	{"conversation %d: closed, and yet asleep", "select conversation_id from snoozes join conversations c on c.id = conversation_id where c.status = 'closed'"},
	{"conversation %d: the count of what was received is wrong", `select c.id from conversations c where c.received_count <>
		(select count(*) from messages m where m.conversation_id = c.id and m.direction = 'in' and m.visibility = 'public' and m.kind <> 'event')`},
	{"conversation %d: more was answered than received", "select id from conversations where answered_count > received_count"},
	{"conversation %d: its last message is not one of its own", "select c.id from conversations c where c.last_message_id is not null and not exists (select 1 from messages m where m.id = c.last_message_id and m.conversation_id = c.id)"},
	{"conversation %d: closed without a time, or open with one", "select id from conversations where (status = 'closed') <> (closed_at is not null)"},
	{"conversation %d: a ticket without one, or a chat with one", "select c.id from conversations c where (c.kind = 'ticket') <> exists (select 1 from tickets t where t.conversation_id = c.id)"},
	{"conversation %d: its ticket stands otherwise", "select c.id from conversations c left join tickets t on t.conversation_id = c.id where c.ticket_status is not t.status or c.ticket_priority is not t.priority"},
	{"conversation %d: its assignee is not in it", `select c.id from conversations c where c.assignee_id is not null and c.status = 'open' and not exists
		(select 1 from participants p where p.conversation_id = c.id and p.agent_id = c.assignee_id and p.left_at is null)`},
	{"conversation %d: who took part in it, or its tags, are others than it says", `select c.id from conversations c
		where c.served <> coalesce(',' || (select group_concat(value) from (select value from json_each('[' || trim(c.served, ',') || ']') where value in (select agent_id from participants p where p.conversation_id = c.id))) || ',', '')
		or (select count(*) from participants p where p.conversation_id = c.id) <> json_array_length('[' || trim(c.served, ',') || ']')
		or (select count(*) from conversation_tags g where g.conversation_id = c.id) <> json_array_length('[' || trim(c.tagged, ',') || ']')
		or exists (select 1 from conversation_tags g where g.conversation_id = c.id and not instr(c.tagged, ',' || g.tag_id || ','))`},
	{"conversation %d: its stars are others than its rating's", "select c.id from conversations c left join ratings r on r.conversation_id = c.id where c.stars <> coalesce(r.stars, 0)"},
	{"transfer %d waits for an answer though its conversation is closed", "select t.id from transfers t join conversations c on c.id = t.conversation_id where t.state = 'asked' and c.status = 'closed'"},
	{"planned answer %d is due in a chat that is closed", "select p.id from planned p join conversations c on c.id = p.conversation_id where p.state = 'due' and c.status = 'closed' and c.kind = 'chat'"},
	{"delivery %d is stuck: queued without a time, or over with one", "select id from deliveries where (state = 'queued') <> (next_at is not null)"},
	{"system mail %d is stuck: queued without a time or words, or over with a time", "select id from system_mails where (state = 'queued') <> (next_at is not null) or state = 'queued' and words is null"},
	{"follower at %d, beyond the end of the log", "select event_id from cursors where event_id > (select coalesce(max(id), 0) from events)"},
	{"event %d is older than its cause", "select id from events where cause_id >= id"},
	{"file %d belongs to another conversation than its message", "select f.id from files f join messages m on m.id = f.message_id where f.conversation_id is not m.conversation_id"},
	{"customer %d cannot be found", "select id from customers where (name <> '' or email <> '' or phone <> '') and id not in (select rowid from customer_search)"},
	{"ticket %d cannot be found", "select id from tickets where id not in (select rowid from ticket_search)"},
}

// Check looks whether both files are sound and keep their promises. It reads all there is: for tests, a restore drill, the doctor.
func (d *Desk) Check(ctx context.Context) error {
	var faults []error
	for _, db := range []*sqlite.DB{d.db, d.blobs.DB()} {
		faults = append(faults, sound(ctx, db.Readers()))
	}
	for _, p := range promises {
		rows, err := d.db.Readers().QueryContext(ctx, p.sql+" limit 5")
		broken, err := collect(rows, err, func(row scanner) (id int64, err error) { return id, row.Scan(&id) })
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", p.sql, err))
		}
		for _, id := range broken {
			faults = append(faults, fmt.Errorf(p.broken, id))
		}
	}
	return errors.Join(append(faults, d.checkBlobs(ctx))...)
}

func sound(ctx context.Context, r reader) error {
	var faults []error
	rows, err := r.QueryContext(ctx, "select integrity_check from pragma_integrity_check where integrity_check <> 'ok'")
	words, err := collect(rows, err, func(row scanner) (s string, err error) { return s, row.Scan(&s) })
	faults = append(faults, err)
	for _, w := range words {
		faults = append(faults, errors.New(w))
	}
	rows, err = r.QueryContext(ctx, `select "table", rowid, parent from pragma_foreign_key_check`)
	words, err = collect(rows, err, func(row scanner) (string, error) {
		var table, parent string
		var id int64
		err := row.Scan(&table, &id, &parent)
		return fmt.Sprintf("%s %d points to a row of %s that is not there", table, id, parent), err
	})
	faults = append(faults, err)
	for _, w := range words {
		faults = append(faults, errors.New(w))
	}
	return errors.Join(faults...)
}

// checkBlobs looks whether every file has its bytes.
func (d *Desk) checkBlobs(ctx context.Context) error {
	rows, err := d.db.Readers().QueryContext(ctx, "select sha256 from files union select thumb_sha256 from files where thumb_sha256 is not null union select sha256 from stickers")
	sums, err := collect(rows, err, func(row scanner) (sum blob.Sum, err error) {
		var b []byte
		if err = row.Scan(&b); err == nil && copy(sum[:], b) != len(sum) {
			err = fmt.Errorf("a sum of %d bytes", len(b))
		}
		return sum, err
	})
	faults := []error{err}
	for _, sum := range sums {
		has, err := d.blobs.Has(ctx, sum)
		if err != nil || !has {
			faults = append(faults, orElse(err, fmt.Errorf("the bytes of file %x are not there", sum[:6])))
		}
	}
	return errors.Join(faults...)
}

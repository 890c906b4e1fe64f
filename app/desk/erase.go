package desk

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"deskbell/app/blob"
)

// Erasing a customer takes away everything that he and the company wrote to each other, and all that is known of him: messages,
// files, raw mail, what searches find, addresses, visits, the facts of events. Lines of the log stay, without facts; he is a number
// in them. The order is written down first, in the table erasures and in a file beside the databases: what a crash stops is gone on
// with at the next start, and a copy from before that is restored erases him again.

// Erasure is the order to erase a customer, as it stands in the file: nothing personal.
type Erasure struct {
	Customer string    `json:"customer"` // his public id
	At       time.Time `json:"at"`
}

// Belongings counts what is kept of a customer.
type Belongings struct {
	Conversations, Messages, Files, Mails, Visits int
	Bytes                                         int64 // of files
}

// Belongings counts what an export has and an erasure takes away.
func (d *Desk) Belongings(ctx context.Context, by Actor, id CustomerID) (b Belongings, err error) {
	if err := by.Can(EraseCustomers); err != nil {
		return b, err
	}
	err = d.read().QueryRowContext(ctx, `with k as (select id from conversations where customer_id = ?1)
		select (select count(*) from k), (select count(*) from messages where conversation_id in k and kind <> 'event'), count(*), coalesce(sum(f.size), 0),
			(select count(*) from mail_ledger where conversation_id in k), (select count(*) from visits where customer_id = ?1)
		from messages m join files f on f.message_id = m.id where m.conversation_id in k`, id).
		Scan(&b.Conversations, &b.Messages, &b.Files, &b.Bytes, &b.Mails, &b.Visits)
	return b, err
}

// EraseCustomer erases a customer. When it returns without an error, nothing of him is left in the databases.
func (d *Desk) EraseCustomer(ctx context.Context, by Actor, id CustomerID) error {
	if err := by.Can(EraseCustomers); err != nil {
		return err
	}
	c, err := findCustomer(ctx, d.read(), id)
	if err != nil {
		return err
	}
	order := Erasure{Customer: c.PublicID, At: d.Clock().UTC().Truncate(time.Millisecond)}
	if err := d.noteErasure(order); err != nil {
		return fmt.Errorf("write the erasure of customer %d down: %w", id, err)
	}
	if err := d.orderErasure(ctx, by, order); err != nil {
		return err
	}
	return d.erase(context.WithoutCancel(ctx), by, c.ID, c.PublicID)
}

// EraseAgain erases those whom the table or the file beside the databases names and who are there: after a restore, or after a stop
// in the middle. It answers how many. The file gets what it misses.
func (d *Desk) EraseAgain(ctx context.Context, by Actor) (n int, err error) {
	if !by.isSystem() {
		return 0, Forbidden
	}
	told, err := d.toldErasures()
	if err != nil {
		return 0, err
	}
	rows, err := d.read().QueryContext(ctx, "select public_id, at from erasures")
	known, err := collect(rows, err, func(row scanner) (e Erasure, err error) {
		var when int64
		err = row.Scan(&e.Customer, &when)
		e.At = at(when).UTC()
		return e, err
	})
	if err != nil {
		return 0, err
	}
	all := map[string]Erasure{}
	for _, e := range known {
		all[e.Customer] = e
		if _, ok := told[e.Customer]; !ok {
			if err := d.noteErasure(e); err != nil {
				return 0, err
			}
		}
	}
	for id, e := range told {
		if _, ok := all[id]; !ok {
			if err := d.orderErasure(ctx, by, e); err != nil {
				return 0, err
			}
			all[id] = e
		}
	}
	for public := range all {
		var id CustomerID
		err := d.read().QueryRowContext(ctx, "select coalesce((select id from customers where public_id = ?), 0)", public).Scan(&id)
		if err != nil {
			return n, err
		}
		if id == 0 {
			continue
		}
		if err := d.erase(ctx, by, id, public); err != nil {
			return n, fmt.Errorf("erase customer %d again: %w", id, err)
		}
		n++
	}
	return n, nil
}

func (d *Desk) orderErasure(ctx context.Context, by Actor, e Erasure) error {
	return d.Write(ctx, by, func(tx *Tx) error {
		_, err := tx.Exec("insert into erasures(public_id, at, agent_id) values (?, ?, ?) on conflict do update set done_at = null", e.Customer, ms(e.At), int64(by.Agent()))
		return err
	})
}

// noteErasure adds a line to the file and returns when it is on disk.
func (d *Desk) noteErasure(e Erasure) error {
	if d.ErasureList == "" {
		return nil
	}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(d.ErasureList, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "\n%s\n", line) // a line that a crash cut short takes none along
	return errors.Join(err, f.Sync(), f.Close())
}

// toldErasures reads the file. A line that a crash cut short is passed over: its erasure had not begun.
func (d *Desk) toldErasures() (map[string]Erasure, error) {
	told := map[string]Erasure{}
	if d.ErasureList == "" {
		return told, nil
	}
	f, err := os.Open(d.ErasureList)
	if errors.Is(err, fs.ErrNotExist) {
		return told, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var e Erasure
		if json.Unmarshal(lines.Bytes(), &e) == nil && e.Customer != "" {
			told[e.Customer] = e
		}
	}
	return told, lines.Err()
}

// erase takes conversation after conversation, each in a change of its own so that others can write between, then the rest.
func (d *Desk) erase(ctx context.Context, by Actor, id CustomerID, public string) error {
	begun := time.Now() // bytes are stored by the machine's clock
	sums := map[blob.Sum]bool{}
	conversations := func() ([]ConversationID, error) {
		rows, err := d.read().QueryContext(ctx, "select id from conversations where customer_id = ? order by id", id)
		return collect(rows, err, func(row scanner) (c ConversationID, err error) { return c, row.Scan(&c) })
	}
	list, err := conversations()
	if err != nil {
		return err
	}
	for _, c := range list {
		if err := d.Write(ctx, by, func(tx *Tx) error { return tx.eraseConversation(ctx, id, c, sums) }); err != nil {
			return err
		}
	}
	events, err := d.eventsOf(ctx, id)
	if err != nil {
		return err
	}
	if err := d.Write(ctx, by, func(tx *Tx) error {
		rows, err := tx.QueryContext(ctx, "select id from conversations where customer_id = ?", id) // he wrote meanwhile
		late, err := collect(rows, err, func(row scanner) (c ConversationID, err error) { return c, row.Scan(&c) })
		if err != nil {
			return err
		}
		for _, c := range late {
			if err := tx.eraseConversation(ctx, id, c, sums); err != nil {
				return err
			}
		}
		return tx.eraseCustomer(ctx, id, public, events, sums)
	}); err != nil {
		return err
	}
	if err := d.forgetWords(ctx); err != nil {
		return err
	}
	// Somebody else may have sent the same bytes.
	if err := d.pointed(ctx, func(sum blob.Sum) { delete(sums, sum) }); err != nil {
		return err
	}
	for sum := range sums {
		if err := d.blobs.Erase(ctx, sum, begun.Add(time.Millisecond)); err != nil {
			return err
		}
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		if _, err := tx.Exec("update erasures set done_at = ? where public_id = ?", ms(tx.now), public); err != nil {
			return err
		}
		_, err := tx.Exec("pragma secure_delete = off")
		return err
	})
}

// eventsOf finds the events that are about the customer himself; it looks through the whole log, outside a change.
func (d *Desk) eventsOf(ctx context.Context, id CustomerID) (string, error) {
	var ids string
	err := d.read().QueryRowContext(ctx, "select json_group_array(id) from events where data <> '{}' and (name like 'customer.%' and subject_id = ?1 or actor_kind = 'customer' and actor_id = ?1)", id).Scan(&ids)
	return ids, err
}

// eraseConversation takes one conversation away. What was merged into it from another customer's ticket goes back there first.
func (tx *Tx) eraseConversation(ctx context.Context, of CustomerID, id ConversationID, sums map[blob.Sum]bool) error {
	if err := tx.overwrite(); err != nil {
		return err
	}
	if err := tx.giveBack(ctx, of, id); err != nil {
		return err
	}
	if err := tx.sumsOf(ctx, sums, "select sha256 from files where conversation_id = ?1 or message_id in (select id from messages where conversation_id = ?1)", id); err != nil {
		return err
	}
	if err := tx.sumsOf(ctx, sums, "select thumb_sha256 from files where thumb_sha256 is not null and (conversation_id = ?1 or message_id in (select id from messages where conversation_id = ?1))", id); err != nil {
		return err
	}
	if err := tx.sumsOf(ctx, sums, "select unhex(meta ->> '$.mail.raw') from messages where conversation_id = ? and meta like '%\"raw\"%'", id); err != nil {
		return err
	}
	if err := tx.sumsOf(ctx, sums, "select raw from mail_ledger where raw is not null and (conversation_id = ?1 or message_id in (select id from messages where conversation_id = ?1))", id); err != nil {
		return err
	}
	return tx.each(id,
		"delete from message_search where rowid in (select id from messages where conversation_id = ?1)",
		"update mail_ledger set "+erasedMail+" where conversation_id = ?1 or message_id in (select id from messages where conversation_id = ?1)",
		"update conversations set linked_id = null where linked_id = ?1",
		"update tickets set parent_id = null where parent_id in (select id from tickets where conversation_id = ?1)",
		"update tickets set merged_into = null where merged_into in (select id from tickets where conversation_id = ?1)",
		"update events set data = '{}' where conversation_id = ?1",
		"delete from files where conversation_id = ?1",
		"delete from conversations where id = ?1")
}

const erasedMail = "external_id = '', sender = '', subject = '', detail = '', address = '', words = null, raw = null, state = 'filed', cause = 'erased', after = ''"

func (tx *Tx) each(arg any, statements ...string) error {
	for _, s := range statements {
		if _, err := tx.Exec(s, arg); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// overwrite lets SQLite write zeros over what is deleted, until the erasure is done.
func (tx *Tx) overwrite() error {
	_, err := tx.Exec("pragma secure_delete = on")
	return err
}

// giveBack undoes merges of other customers' tickets into this one.
func (tx *Tx) giveBack(ctx context.Context, of CustomerID, id ConversationID) error {
	rows, err := tx.QueryContext(ctx, "select m.from_id from merges m join conversations c on c.id = m.from_id where m.into_id = ? and m.undone_at is null and c.customer_id <> ? order by m.id desc", id, of)
	others, err := collect(rows, err, func(row scanner) (c ConversationID, err error) { return c, row.Scan(&c) })
	if err != nil {
		return err
	}
	for _, other := range others {
		from, err := findConversation(ctx, tx, System, "c.id", other)
		if err != nil {
			return err
		}
		into, err := findConversation(ctx, tx, System, "c.id", id)
		if err != nil {
			return err
		}
		if err := tx.unmerge(ctx, from, into); err != nil {
			return err
		}
	}
	return nil
}

// eraseCustomer takes away what is left when his conversations are gone.
func (tx *Tx) eraseCustomer(ctx context.Context, id CustomerID, public, events string, sums map[blob.Sum]bool) error {
	if err := tx.overwrite(); err != nil {
		return err
	}
	if err := tx.sumsOf(ctx, sums, "select raw from mail_ledger where raw is not null and address <> '' and address in (select external_id from identities where customer_id = ? and channel = 'email')", id); err != nil {
		return err
	}
	// What he wrote stands in another's conversation too, where tickets were merged: it becomes a message that was recalled.
	his := "author_kind = 'customer' and author_id = ?1"
	if err := tx.sumsOf(ctx, sums, "select sha256 from files where uploader_kind = 'customer' and uploader_id = ?1 or message_id in (select id from messages where "+his+")", id); err != nil {
		return err
	}
	if err := tx.sumsOf(ctx, sums, "select unhex(meta ->> '$.mail.raw') from messages where "+his+" and meta like '%\"raw\"%'", id); err != nil {
		return err
	}
	if err := tx.each(id,
		"delete from message_search where rowid in (select id from messages where "+his+")",
		"delete from files where uploader_kind = 'customer' and uploader_id = ?1 or message_id in (select id from messages where "+his+")",
		"update conversations set last_text = '' where last_message_id in (select id from messages where "+his+")",
		"update messages set text = '', html = '', meta = '{}', author_name = '', external_id = null, client_id = null, recalled_at = coalesce(recalled_at, created_at) where "+his,
		"update mail_ledger set "+erasedMail+" where address <> '' and address in (select external_id from identities where customer_id = ?1 and channel = 'email')",
		"delete from mail_auto_replies where address in (select external_id from identities where customer_id = ?1 and channel = 'email')",
	); err != nil {
		return err
	}
	if err := tx.each(events, "update events set data = '{}' where id in (select value from json_each(?))"); err != nil {
		return err
	}
	if err := tx.each(public, "delete from idempotency where instr(answer, ?)"); err != nil {
		return err
	}
	if err := tx.each(id, "delete from customers where id = ?"); err != nil {
		return err
	}
	return tx.Record(CustomerErased, 0, int64(id), nil)
}

// sumsOf notes which bytes a question names.
func (tx *Tx) sumsOf(ctx context.Context, into map[blob.Sum]bool, question string, id any) error {
	rows, err := tx.QueryContext(ctx, question, id)
	list, err := collect(rows, err, func(row scanner) (b []byte, err error) { return b, row.Scan(&b) })
	for _, b := range list {
		if len(b) == len(blob.Sum{}) {
			into[blob.Sum(b)] = true
		}
	}
	return err
}

// forgetWords has the search indexes let go of the words of what was deleted: until segments are merged they keep them, and only
// say that they count no more. It goes by small steps, so that others can write between.
func (d *Desk) forgetWords(ctx context.Context) error {
	for _, index := range []string{"message_search", "customer_search", "ticket_search"} {
		for pages := -200; ; pages = 200 {
			var before, after int64
			err := d.Write(ctx, System, func(tx *Tx) error {
				if err := tx.QueryRow("select total_changes()").Scan(&before); err != nil {
					return err
				}
				if _, err := tx.Exec("insert into "+index+"("+index+", rank) values ('merge', ?)", pages); err != nil {
					return err
				}
				return tx.QueryRow("select total_changes()").Scan(&after)
			})
			if err != nil {
				return fmt.Errorf("merge %s: %w", index, err)
			}
			if after-before < 2 {
				break
			}
		}
	}
	return nil
}

package sqlite

import (
	"database/sql"
	"io/fs"
	"path/filepath"
	"testing"
	"testing/fstest"
)

// TestListsOfAnOlderDesk: what was there before a migration is found and filtered after it like what came later.
func TestListsOfAnOlderDesk(t *testing.T) {
	names, err := fs.Glob(Desk, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	before := fstest.MapFS{}
	for _, name := range names {
		if n, _ := number(name); n < 5 {
			text, err := fs.ReadFile(Desk, name)
			if err != nil {
				t.Fatal(err)
			}
			before[name] = &fstest.MapFile{Data: text}
		}
	}
	path := filepath.Join(t.TempDir(), "desk.db")
	do := func(migrations fs.FS, work func(*sql.Tx) error) {
		t.Helper()
		db, err := Open(t.Context(), path, migrations)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := db.Write(t.Context(), work); err != nil {
			t.Fatal(err)
		}
	}
	do(before, func(tx *sql.Tx) error {
		_, err := tx.Exec(`insert into customers(public_id, name, created_at, seen_at) values ('v', '欧阳明华', 0, 0);
			insert into inboxes(public_id, channel, name, created_at) values ('i', 'email', 'Support', 0);
			insert into conversations(inbox_id, customer_id, kind, status, token, last_at, created_at) values (1, 1, 'ticket', 'waiting', 't', 0, 0);
			insert into tickets(conversation_id, subject, status, priority, origin, created_at, updated_at) values (1, 'A broken lid', 'pending', 'high', 'mail', 0, 0)`)
		return err
	})
	do(Desk, func(tx *sql.Tx) error {
		for want, question := range map[string]string{
			"pending high": "select ticket_status || ' ' || ticket_priority from conversations",
			"欧阳明华":         "select name from customers where id in (select rowid from customer_search where customer_search match '" + PairsMatch("明华") + "')",
			"A broken lid": "select subject from tickets where id in (select rowid from ticket_search where ticket_search match '" + PairsMatch("roke") + "')",
		} {
			var got string
			if err := tx.QueryRow(question).Scan(&got); err != nil || got != want {
				t.Errorf("%s: %q, %v", want, got, err)
			}
		}
		return nil
	})
}

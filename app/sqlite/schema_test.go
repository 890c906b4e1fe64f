package sqlite

import (
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestSchema keeps schema.sql, for people to read: what both files look like after all migrations.
func TestSchema(t *testing.T) {
	var b strings.Builder
	b.WriteString("-- The schema after all migrations, for reading. `go test ./app/sqlite -update` writes it; migrations/ makes it.\n")
	for _, file := range []struct {
		name       string
		migrations fs.FS
	}{{"desk.db", Desk}, {"blobs.db", Blobs}} {
		db, err := Open(t.Context(), filepath.Join(t.TempDir(), file.name), file.migrations)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		fmt.Fprintf(&b, "\n-- %s %s\n\n", file.name, strings.Repeat("-", 110-len(file.name)))
		b.WriteString(schema(t, db.Readers()))
	}
	if *update {
		if err := os.WriteFile("schema.sql", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile("schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != b.String() {
		t.Error("schema.sql is not what the migrations make: go test ./app/sqlite -update writes it")
	}
}

// Where a conversation, a message, a ticket or a customer goes, SQLite looks for what points to it: in an index, for the tables
// grow with the company, and nobody else writes meanwhile.
func TestPointersAreIndexed(t *testing.T) {
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "desk.db"), Desk)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Readers().Query(`select l.name, f."from", f."table" from pragma_table_list l, pragma_foreign_key_list(l.name) f
		where l.type = 'table' and f."table" in ('conversations', 'messages', 'tickets', 'customers')`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var pointers [][3]string
	for rows.Next() {
		var p [3]string
		if err := rows.Scan(&p[0], &p[1], &p[2]); err != nil {
			t.Fatal(err)
		}
		pointers = append(pointers, p)
	}
	if err := rows.Err(); err != nil || len(pointers) < 30 {
		t.Fatalf("%d pointers: %v", len(pointers), err)
	}
	for _, p := range pointers {
		var plan string
		row := db.Readers().QueryRow(fmt.Sprintf("explain query plan select 1 from %s where %s = ?", p[0], p[1]), 1)
		if err := row.Scan(new(any), new(any), new(any), &plan); err != nil || !strings.HasPrefix(plan, "SEARCH") {
			t.Errorf("%s.%s points to %s: %s, %v", p[0], p[1], p[2], plan, err)
		}
	}
}

// schema is every table with its indexes and triggers behind it, in the order in which they were made; FTS5's own tables are left out.
func schema(t *testing.T, db *sql.DB) string {
	t.Helper()
	rows, err := db.Query(`select o.type = 'table', o.sql from sqlite_schema o join sqlite_schema t on t.name = o.tbl_name
		where o.sql is not null and o.name not like 'sqlite_%' and o.tbl_name not in
			(select s.name from sqlite_schema v join pragma_table_list s on s.type = 'shadow' and s.name like v.name || '_%' where v.sql like 'create virtual table%')
		order by t.rowid, o.type <> 'table', o.rowid`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var b strings.Builder
	for rows.Next() {
		var table bool
		var text string
		if err := rows.Scan(&table, &text); err != nil {
			t.Fatal(err)
		}
		if table && b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(text + ";\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestMigrationsHaveNumbersOfTheirOwn: two files of one number would both be skipped by a database that has one of them.
func TestMigrationsHaveNumbersOfTheirOwn(t *testing.T) {
	for _, files := range []fs.FS{Desk, Blobs} {
		names, err := fs.Glob(files, "*.sql")
		if err != nil {
			t.Fatal(err)
		}
		seen := map[int]string{}
		for _, name := range names {
			n, err := number(name)
			if err != nil || seen[n] != "" {
				t.Errorf("%s and %s: %v", name, seen[n], err)
			}
			seen[n] = name
		}
	}
}

// A desk of whatever schema there ever was arrives at today's, with all that was in it.
func TestEveryEarlierSchemaArrives(t *testing.T) {
	company, err := os.ReadFile("testdata/company.sql")
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(Desk, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	fresh := dump(t, len(names), "")
	for n := 1; n <= len(names); n++ {
		got := dump(t, n, string(company))
		if got.schema != fresh.schema {
			t.Errorf("from schema %d: another schema than that of a new desk", n)
		}
		for what, want := range map[string]string{
			"select group_concat(name, ',') from agents":                                                                            "Alice,Bo",
			"select json_extract(value, '$.name') from settings where name='company'":                                               "西湖茶社",
			"select group_concat(text, ',') from (select text from messages order by id)":                                           "你好,好的,It is broken",
			"select subject || status || priority from tickets":                                                                     "Cupopenhigh",
			"select count(*) from conversations c join customers k on k.id = c.customer_id join inboxes i on i.id = c.inbox_id":     "2",
			"select email from customers k join conversations c on c.customer_id = k.id join tickets t on t.conversation_id = c.id": "mei@customer.example",
			"select count(*) from team_members m join participants p on p.agent_id = m.agent_id":                                    "1",
			"select count(*) from events":                   "2",
			"select count(*) from pragma_foreign_key_check": "0",
			"select * from pragma_integrity_check":          "ok",
		} {
			var is string
			if err := got.db.Readers().QueryRow(what).Scan(&is); err != nil || is != want {
				t.Errorf("from schema %d: %s is %q, not %q (%v)", n, what, is, want, err)
			}
		}
	}
}

type dumped struct {
	db     *DB
	schema string
}

// dump makes a desk of schema n, fills it, and brings it up to date.
func dump(t *testing.T, n int, fill string) dumped {
	t.Helper()
	path := filepath.Join(t.TempDir(), "desk.db")
	old, err := Open(t.Context(), path, upTo(t, n))
	if err != nil {
		t.Fatal(err)
	}
	err = old.Write(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(fill)
		return err
	})
	if err := errors.Join(err, old.Close()); err != nil {
		t.Fatalf("schema %d: %v", n, err)
	}
	now, err := Open(t.Context(), path, Desk)
	if err != nil {
		t.Fatalf("from schema %d: %v", n, err)
	}
	t.Cleanup(func() { now.Close() })
	return dumped{now, schema(t, now.Readers())}
}

// upTo are the first n migrations.
func upTo(t *testing.T, n int) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	names, err := fs.Glob(Desk, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	for _, name := range names[:n] {
		text, err := fs.ReadFile(Desk, name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: text}
	}
	return files
}

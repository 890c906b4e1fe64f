package sqlite

import (
	"database/sql"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
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

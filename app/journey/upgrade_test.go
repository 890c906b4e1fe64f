package journey

import (
	"database/sql"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"deskbell/app/apptest/bounded"
	"deskbell/app/sqlite"
)

// A desk of an older program is brought up to date with a copy kept, and goes back to it by one command.
func TestUpgradeAndBack(t *testing.T) {
	names, err := fs.Glob(sqlite.Desk, "*.sql")
	must(t, err)
	slices.Sort(names)
	older := fstest.MapFS{}
	for _, name := range names[:len(names)-1] {
		text, err := fs.ReadFile(sqlite.Desk, name)
		must(t, err)
		older[name] = &fstest.MapFile{Data: text}
	}
	p := newProgram(t)
	path := filepath.Join(p.data, "desk.db")
	was, err := sqlite.Open(t.Context(), path, older)
	must(t, err)
	write := func(db *sqlite.DB, value string) {
		t.Helper()
		must(t, db.Write(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.Exec("insert or replace into settings(name, value) values ('probe', ?)", value)
			return err
		}))
	}
	write(was, `"before"`)
	must(t, was.Close())

	p.start()
	p.kill()
	from, to, done, err := sqlite.Schema(t.Context(), path, sqlite.Desk)
	must(t, err)
	done()
	if from != to {
		t.Fatalf("schema %d of %d", from, to)
	}
	now, err := sqlite.Open(t.Context(), path, sqlite.Desk)
	must(t, err)
	write(now, `"after"`)
	must(t, now.Close())
	p.start()
	p.kill()
	copies, err := filepath.Glob(filepath.Join(p.data, "backups", "upgrade-*", "*"))
	must(t, err)
	if len(copies) != 1 || filepath.Base(copies[0]) != "desk.db" {
		t.Fatalf("the copies are %v", copies)
	}

	program, err := built()
	must(t, err)
	back := bounded.Command(t, program, "rollback")
	back.Dir, back.Env = t.TempDir(), []string{"DESKBELL_DATA=" + p.data}
	out, err := back.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "aside-") {
		t.Fatalf("%v %s", err, out)
	}
	then, err := sqlite.Open(t.Context(), path, older) // a newer file is refused
	must(t, err)
	defer then.Close()
	var value string
	must(t, then.Readers().QueryRow("select value from settings where name = 'probe'").Scan(&value))
	if value != `"before"` {
		t.Errorf("the setting is %s", value)
	}
}

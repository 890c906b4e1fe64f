package app

import (
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"deskbell/app/desk"
	"deskbell/app/sqlite"
	"deskbell/app/view"
)

// schemaOf makes desk.db in the folder of so many migrations fewer than there are, or brings it there.
func schemaOf(t *testing.T, data string, fewer int) (schema int) {
	t.Helper()
	names, err := fs.Glob(sqlite.Desk, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	older := fstest.MapFS{}
	for _, name := range names[:len(names)-fewer] {
		text, err := fs.ReadFile(sqlite.Desk, name)
		if err != nil {
			t.Fatal(err)
		}
		older[name] = &fstest.MapFile{Data: text}
	}
	db, err := sqlite.Open(t.Context(), filepath.Join(data, "desk.db"), older)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return len(older)
}

// An upgrade that stopped half way goes on without another copy: started again and again it would push out the one from before, which alone
// a rollback can use. When it has ended, the next one makes a copy of its own.
func TestAnUpgradeThatStopsHalfWay(t *testing.T) {
	ctx, log := t.Context(), slog.New(slog.DiscardHandler)
	c := Config{Data: t.TempDir()}
	c.Backups = filepath.Join(c.Data, "backups")
	copies := func() (schemas []int) {
		t.Helper()
		dirs, err := filepath.Glob(filepath.Join(c.Backups, upgradePrefix+"*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, dir := range dirs {
			from, _, done, err := sqlite.Schema(ctx, filepath.Join(dir, "desk.db"), sqlite.Desk)
			if err != nil {
				t.Fatal(err)
			}
			done()
			schemas = append(schemas, from)
		}
		return schemas
	}
	before := schemaOf(t, c.Data, 2)
	if err := c.copyBefore(ctx, map[string]int{"desk.db": before}, log); err != nil {
		t.Fatal(err)
	}
	half := schemaOf(t, c.Data, 1)
	for range upgradesKept + 1 { // the disk is full, say, and something starts it again and again
		if err := c.copyBefore(ctx, map[string]int{"desk.db": half}, log); err != nil {
			t.Fatal(err)
		}
	}
	if got := copies(); !slices.Equal(got, []int{before}) {
		t.Errorf("the copies have the schemas %v, not %d", got, before)
	}
	d, err := c.open(ctx, desk.Key{1}, log)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if got := copies(); !slices.Equal(got, []int{before}) {
		t.Errorf("once it has ended, the copies have the schemas %v", got)
	}
	// Killed when it had ended, and before it forgot that it had begun: the next start forgets it, or the next upgrade would make no copy.
	dirs, err := filepath.Glob(filepath.Join(c.Backups, upgradePrefix+"*"))
	if err != nil || len(dirs) == 0 {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.Backups, upgrading), []byte(filepath.Base(dirs[0])), 0o600); err != nil {
		t.Fatal(err)
	}
	if d, err = c.open(ctx, desk.Key{1}, log); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.copyBefore(ctx, map[string]int{"desk.db": half + 1}, log); err != nil {
		t.Fatal(err)
	}
	if got := copies(); !slices.Equal(got, []int{before, half + 1}) {
		t.Errorf("after the next upgrade, the copies have the schemas %v", got)
	}
}

// Commands beside a server leave an older database as it is, and say what to do.
func TestOnlyServeBringsUpToDate(t *testing.T) {
	ctx := t.Context()
	c := Config{Data: t.TempDir(), Listen: "127.0.0.1:1", SecretKey: strings.Repeat("k", 32)}
	c.Backups = filepath.Join(c.Data, "backups")
	if err := c.UpToDate(ctx); err != nil {
		t.Errorf("an empty folder: %v", err)
	}
	before := schemaOf(t, c.Data, 1)
	if err := c.UpToDate(ctx); err == nil || !strings.Contains(err.Error(), "deskbell serve") {
		t.Errorf("an older one: %v", err)
	}
	assets, err := view.NewAssets(fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	views, err := view.New(os.DirFS("../views"), assets)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if well, err := (&Doctor{Config: c, Views: views, Lang: "en", Out: &out}).Examine(ctx); err != nil || well || !strings.Contains(out.String(), "older version") {
		t.Errorf("the doctor: %v %v %s", well, err, out.String())
	}
	from, to, done, err := sqlite.Schema(ctx, filepath.Join(c.Data, "desk.db"), sqlite.Desk)
	if err != nil {
		t.Fatal(err)
	}
	done()
	if from != before {
		t.Errorf("it has the schema %d of %d now", from, to)
	}
	d, err := c.open(ctx, desk.Key{1}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.UpToDate(ctx); err != nil {
		t.Errorf("when it was: %v", err)
	}
}

// Which copy is the last one is not a question of the clock: a machine that starts with a wrong one makes copies of any time.
func TestCopiesOfUpgradesHaveAnOrder(t *testing.T) {
	dir := t.TempDir()
	made := []string{filepath.Join(dir, upgradePrefix+"20251121T090000.000Z")} // by the first versions
	for _, at := range []string{"2031-01-01T00:00:00Z", "1970-01-01T00:00:09Z", "2026-11-21T09:00:00Z", "2026-11-21T09:00:00Z"} {
		if err := os.Mkdir(made[len(made)-1], 0o700); err != nil {
			t.Fatal(err)
		}
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		next, err := nextUpgrade(dir, now)
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, next)
	}
	made = made[:4]
	if got, err := upgrades(dir); err != nil || !slices.Equal(got, made) {
		t.Errorf("%v\n%v, want\n%v", err, got, made)
	}
	if err := thinUpgrades(dir); err != nil {
		t.Fatal(err)
	}
	if got, err := upgrades(dir); err != nil || !slices.Equal(got, made[1:]) {
		t.Errorf("%v, left are\n%v, want\n%v", err, got, made[1:])
	}
}

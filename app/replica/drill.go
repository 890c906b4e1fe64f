package replica

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Drilled is what a drill found: a restore that worked, and what was in it.
type Drilled struct {
	Took      time.Duration     `json:"took"`
	Databases []DrilledDatabase `json:"databases"`
}

// DrilledDatabase is one restored file.
type DrilledDatabase struct {
	Name string           `json:"name"`
	Size int64            `json:"size"` // bytes
	Rows map[string]int64 `json:"rows"` // by table, without SQLite's, FTS5's and Litestream's own
}

// Drill restores the latest state of both databases to a folder of its own in dir, checks it (integrity_check,
// foreign_key_check), counts its rows and removes it. It needs as much room in dir as the databases have, runs in a
// process of its own like Restore, and may run while the desk serves: it touches only the replica.
func Drill(ctx context.Context, c Config, dir string) (Drilled, error) {
	begun := time.Now()
	prepare()
	work, done, err := workIn(dir)
	if err != nil {
		return Drilled{}, err
	}
	defer done()
	if err := fetch(ctx, c.Databases, time.Time{}, work); err != nil { // integrity_check in full is in it
		return Drilled{}, err
	}
	var found Drilled
	for _, name := range names {
		path := filepath.Join(work, name)
		info, err := os.Stat(path)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return Drilled{}, err
		}
		rows, err := inspect(ctx, path)
		if err != nil {
			return Drilled{}, fmt.Errorf("drill %s: %w", name, err)
		}
		found.Databases = append(found.Databases, DrilledDatabase{Name: name, Size: info.Size(), Rows: rows})
	}
	found.Took = time.Since(begun)
	return found, nil
}

// openRestored opens a file that nobody else works on, by the SQLite that Litestream brings.
func openRestored(path string) (*sql.DB, error) {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: "_pragma=temp_store(memory)"}
	return sql.Open("sqlite", u.String())
}

func inspect(ctx context.Context, path string) (map[string]int64, error) {
	db, err := openRestored(path)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if err := foreignKeys(ctx, db); err != nil {
		return nil, err
	}
	tables, err := db.QueryContext(ctx, `select name from pragma_table_list where schema = 'main' and type = 'table'
		and name not like 'sqlite\_%' escape '\' and name not like '\_litestream\_%' escape '\'`)
	if err != nil {
		return nil, err
	}
	rows := map[string]int64{}
	for tables.Next() {
		var name string
		if err := tables.Scan(&name); err != nil {
			return nil, err
		}
		rows[name] = 0
	}
	if err := tables.Err(); err != nil {
		return nil, err
	}
	for name := range rows {
		var n int64
		if err := db.QueryRowContext(ctx, `select count(*) from "`+strings.ReplaceAll(name, `"`, `""`)+`"`).Scan(&n); err != nil {
			return nil, fmt.Errorf("count %s: %w", name, err)
		}
		rows[name] = n
	}
	return rows, nil
}

func foreignKeys(ctx context.Context, db *sql.DB) error {
	broken, err := db.QueryContext(ctx, "pragma foreign_key_check")
	if err != nil {
		return err
	}
	defer broken.Close()
	if broken.Next() {
		var table, parent string
		var row, key sql.NullInt64
		if err := broken.Scan(&table, &row, &parent, &key); err != nil {
			return err
		}
		return fmt.Errorf("row %d of %s points to a row of %s that is not there", row.Int64, table, parent)
	}
	return broken.Err()
}

// check is integrity_check in full.
func check(ctx context.Context, path string) error {
	db, err := openRestored(path)
	if err != nil {
		return err
	}
	defer db.Close()
	var result string
	if err := db.QueryRowContext(ctx, "pragma integrity_check").Scan(&result); err != nil {
		return err
	}
	if result != "ok" {
		return fmt.Errorf("integrity_check: %s", result)
	}
	return nil
}

package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"deskbell/app"
	"deskbell/app/replica"
)

// replicate carries the data to its replica. serve starts it with the settings that it runs with itself, and a task.
func replicate(ctx context.Context, c app.Config, args []string) error {
	flags := flag.NewFlagSet("replicate", flag.ContinueOnError)
	data := flags.String("data", c.Data, "the data folder")
	config := flags.String("config", c.Replica.File, "litestream.yml; empty: the replica is DATA/backup")
	task := flags.String("task", "", "what the serving process has done by this one: carry, missing, drill")
	if err := flags.Parse(args); err != nil {
		return flag.ErrHelp
	}
	r, err := replica.Load(*config, *data)
	if err != nil {
		return err
	}
	slog.SetDefault(c.Logger())
	return replica.Run(ctx, r, *task, os.Stdin, os.Stdout)
}

// restore brings the data back from a backup file or from the replica.
func restore(ctx context.Context, c app.Config, args []string) error {
	flags := flag.NewFlagSet("restore", flag.ContinueOnError)
	moment := flags.String("at", "", "restore what the replica had at this time, such as 2026-11-21T09:30:00Z or 2026-11-21T17:30:00+08:00")
	if err := flags.Parse(args); err != nil {
		return flag.ErrHelp
	}
	slog.SetDefault(c.Logger())
	var at time.Time
	if *moment != "" {
		var err error
		if at, err = time.Parse(time.RFC3339, *moment); err != nil {
			return fmt.Errorf("--at %q: wanted a time with its zone, such as 2026-11-21T09:30:00Z or 2026-11-21T17:30:00+08:00", *moment)
		}
	}
	var report replica.Report
	var err error
	switch {
	case flags.NArg() == 0:
		report, err = replica.Restore(ctx, c.Replica, at)
	case flags.NArg() == 1 && at.IsZero():
		report, err = replica.RestoreFile(ctx, c.Data, flags.Arg(0))
	default:
		return errors.New("restore takes one file, or none and perhaps --at TIME: a file holds one moment only")
	}
	return tell(c, report, err)
}

// rollback brings the data back as it was before the last upgrade.
func rollback(ctx context.Context, c app.Config, args []string) error {
	if len(args) > 0 {
		return errors.New("rollback takes no arguments")
	}
	slog.SetDefault(c.Logger())
	report, err := app.Rollback(ctx, c)
	if err := tell(c, report, err); err != nil {
		return err
	}
	fmt.Println("Start the version that was here before the upgrade. What was written since is in the folder named above, and not in the desk.")
	return nil
}

// tell says what a restore did.
func tell(c app.Config, report replica.Report, err error) error {
	if errors.Is(err, replica.ErrHeld) {
		return fmt.Errorf("%w: stop it first", err)
	}
	if err != nil {
		return err
	}
	fmt.Printf("Restored %v in %v, into %s.\n", report.Files, report.Took.Round(time.Millisecond), c.Data)
	if report.Aside != "" {
		fmt.Printf("What was there before is in %s; remove it when you are sure.\n", report.Aside)
	}
	return nil
}

// backup writes both databases to one file, beside a server that may be running. It opens them only to read.
func backup(ctx context.Context, c app.Config, args []string) (err error) {
	flags := flag.NewFlagSet("backup", flag.ContinueOnError)
	data := flags.String("data", c.Data, "the data folder")
	verify := flags.Bool("check", false, "read it again afterwards, as a restore would")
	if err := flags.Parse(args); err != nil {
		return flag.ErrHelp
	}
	if flags.NArg() != 1 {
		return errors.New("backup takes one argument, the file to write")
	}
	file := flags.Arg(0)
	var dbs [2]*sql.DB
	for i, name := range []string{replica.DeskName, replica.BlobsName} {
		path := filepath.Join(*data, name)
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("DESKBELL_DATA=%q holds no desk: %w", *data, err)
		}
		u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: "mode=ro&_busy_timeout=5000"}
		if dbs[i], err = sql.Open("sqlite3", u.String()); err != nil {
			return err
		}
		defer dbs[i].Close()
	}
	if err := replica.Snapshot(ctx, dbs[0], dbs[1], file, c.Version); err != nil {
		return err
	}
	if *verify {
		return replica.Verify(ctx, file)
	}
	return nil
}

func litestreamVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, m := range info.Deps {
		if m.Path == "github.com/benbjohnson/litestream" {
			return m.Version
		}
	}
	return "unknown"
}

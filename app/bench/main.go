// Command bench measures what Deskbell promises of its speed: `make bench`.
//
// It starts the built binary on data folders of its own and talks to it as the world does, over HTTP, SSE, IMAP and SMTP, on
// loopback only. Beside each figure that depends on the machine stands the raw thing, measured in the same run: SQLite's own
// commit, a bare net/http stream. It prints a table, writes JSON to the file named by -o (DESKBELL_BENCH), and ends every
// process it started.
//
// report.go is the table and the JSON; server.go starts and watches processes; bare.go is the raw thing; line.go is a lean
// HTTP client, so that the two share of the processor is the server's; company.go makes the data; and each part has a file:
// latency.go, throughput.go, idle.go, console.go, mail.go, start.go, bytes.go.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// bench is one run.
type bench struct {
	binary  string
	dir     string // for data folders; gone afterwards
	short   bool
	profile string // folder for the server's profiles; empty: none
	report  report
}

var parts = []struct {
	name string
	run  func(*bench, context.Context) error
}{
	{"start", (*bench).starts},
	{"latency", (*bench).latency},
	{"throughput", (*bench).throughput},
	{"idle", (*bench).idle},
	{"console", (*bench).console},
	{"mail", (*bench).mail},
	{"bytes", (*bench).bytes},
	{"widget", (*bench).widget},
}

func main() {
	if dir := os.Getenv(bareEnv); dir != "" {
		check(bare(dir))
		return
	}
	check(run())
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	binary := flag.String("binary", or(os.Getenv("DESKBELL_BINARY"), "./deskbell"), "the program to measure")
	out := flag.String("o", or(os.Getenv("DESKBELL_BENCH"), "bench.json"), "file for the JSON")
	chosen := flag.String("parts", strings.Join(names, ","), "what to measure")
	short := flag.Bool("short", false, "a tenth of everything: whether it works, not how fast it is")
	profile := flag.String("profile", "", "folder for the server's CPU and allocation profiles")
	page := flag.String("page", "", "measure nothing: write the page about the run in -o to this file")
	flag.Parse()
	if *page != "" {
		return writePage(*out, *page)
	}

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	dir, err := os.MkdirTemp("", "deskbell-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{dir: dir, short: *short, profile: *profile}
	if b.binary, err = filepath.Abs(*binary); err != nil {
		return err
	}
	if err := manyFiles(); err != nil {
		return err
	}
	if err := b.report.machine(ctx, b.binary); err != nil {
		return err
	}
	began := time.Now()
	for _, p := range parts {
		if !slices.Contains(strings.Split(*chosen, ","), p.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "%5.1f s  %s\n", time.Since(began).Seconds(), p.name)
		if err := p.run(b, ctx); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			b.report.broken(p.name, err)
		}
	}
	b.report.Seconds = time.Since(began).Seconds()
	b.report.print(os.Stdout)
	return b.report.write(*out)
}

// manyFiles lets this process and those it starts hold as many connections as the system allows.
func manyFiles() error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return err
	}
	l.Cur = l.Max
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l)
}

// of is n, or a tenth of it in a short run.
func (b *bench) of(n int) int {
	if b.short {
		return max(1, n/10)
	}
	return n
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

// throughput measures how many messages a second are stored, acknowledged and delivered to those who watch, with as many
// visitors writing at once as there are lines.
func (b *bench) throughput(ctx context.Context) error {
	raw, err := commits(ctx, filepath.Join(b.dir, "raw"), 2*time.Second)
	if err != nil {
		return err
	}
	const visitors, lines = 1000, 64
	c, err := b.newCompany(ctx, "throughput", visitors, 1, nil)
	if err != nil {
		return err
	}
	p, err := b.serve(ctx, c.dir)
	if err != nil {
		return err
	}
	defer p.stop()
	before := busy(p.pid)
	acknowledged, delivered, err := pour(ctx, ofDeskbell(p, c), visitors, lines, b.of(visitors*perVisitor))
	used := busy(p.pid) - before
	if err != nil {
		return err
	}
	again, err := commits(ctx, filepath.Join(b.dir, "raw"), 2*time.Second)
	if err != nil {
		return err
	}
	raw = (raw + again) / 2
	b.report.add(figure{Part: "throughput", What: fmt.Sprintf("messages acknowledged, %d at once", lines), Value: acknowledged, Bare: raw, Unit: "a second"})
	f := figure{Part: "throughput", What: "messages acknowledged and delivered", Value: delivered, Bare: raw, Unit: "a second",
		Goal: ">= 3000 a second, >= half of raw commits", Remark: "bare: rows that SQLite alone commits one by one, each with its fsync"}
	b.report.over(f, max(3000, raw/2))
	b.report.add(figure{Part: "throughput", What: "the server's processor time for a message", Value: float64(used.Microseconds()) / 1000 / float64(b.of(visitors*perVisitor)+visitors), Unit: "ms",
		Remark: "with the opening of a thousand streams and conversations in it"})
	return nil
}

// pour posts as fast as it goes, with so many visitors connected, and answers messages a second until the last answer and
// until the last event.
func pour(ctx context.Context, t *target, visitors, writers, samples int) (acknowledged, delivered float64, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	open, err := t.connect(ctx, visitors)
	defer open.close()
	if err != nil {
		return 0, 0, err
	}
	got, err := t.watch(ctx)
	if err != nil {
		return 0, 0, err
	}
	lines, err := t.lines(ctx, writers)
	defer lines.close()
	if err != nil {
		return 0, 0, err
	}
	warmed, err := t.warm(ctx, got, lines, visitors)
	if err != nil {
		return 0, 0, err
	}
	first, began := t.number, time.Now()
	err = inParallel(samples, len(lines), func(g, i int) error {
		return lines[g].post(t.post, t.visitors[i%visitors], body(first+i))
	})
	if err != nil {
		return 0, 0, err
	}
	acknowledged = float64(samples) / time.Since(began).Seconds()
	err = got.wait(ctx, 30*time.Second, func() bool { return got.count() == samples+warmed })
	return acknowledged, float64(samples) / time.Since(began).Seconds(), err
}

package main

import (
	"context"
	"os"
	"slices"
	"time"
)

// starts measures the time to the first answer of /healthz, what the program takes when nobody is there, and its size.
func (b *bench) starts(ctx context.Context) error {
	c, err := b.newCompany(ctx, "start", 0, 1, nil)
	if err != nil {
		return err
	}
	var took []float64
	for range b.of(10) {
		began := time.Now()
		p, err := b.serve(ctx, c.dir)
		if err != nil {
			return err
		}
		took = append(took, float64(time.Since(began).Microseconds())/1000)
		p.stop()
	}
	slices.Sort(took)
	b.report.under(figure{Part: "start", What: "start to /healthz, median", Value: took[len(took)/2], Unit: "ms"}, 300)
	p, err := b.serve(ctx, c.dir)
	if err != nil {
		return err
	}
	defer p.stop()
	if err := pause(ctx, 5*time.Second); err != nil {
		return err
	}
	b.report.under(figure{Part: "start", What: "memory, idle", Value: memory(p.pid), Unit: "MB"}, 60)
	total := 0.0
	family := p.family()
	for _, pid := range family {
		total += proportional(pid)
	}
	all := figure{Part: "start", What: "memory, idle, with the replication process", Value: total, Unit: "MB", Remark: "the pages of the binary that both share are counted once"}
	if len(family) == 1 {
		all.Remark = "no replication process ran"
	}
	b.report.under(all, 110)
	binary, err := os.Stat(b.binary)
	if err != nil {
		return err
	}
	b.report.under(figure{Part: "start", What: "binary", Value: float64(binary.Size()) / 1e6, Unit: "MB"}, 45)
	return nil
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// idle measures what visitors cost who only have the chat open, and how long one message takes to a thousand watchers.
func (b *bench) idle(ctx context.Context) error {
	const agents = 50
	many := b.of(10_000)
	c, err := b.newCompany(ctx, "idle", many, agents, nil)
	if err != nil {
		return err
	}
	ours, err := b.serve(ctx, c.dir)
	if err != nil {
		return err
	}
	defer ours.stop()
	raw, err := b.bareServer(ctx, "idle-bare")
	if err != nil {
		return err
	}
	defer raw.stop()
	steps := []int{b.of(1000), many}
	bare, err := crowd(ctx, ofBare(raw, many), raw, steps)
	if err != nil {
		return fmt.Errorf("bare: %w", err)
	}
	us, err := crowd(ctx, ofDeskbell(ours, c), ours, steps)
	if err != nil {
		return err
	}
	for i, n := range steps {
		memory := figure{Part: "idle", What: fmt.Sprintf("memory with %d visitors connected", n), Value: us[i].memory, Bare: bare[i].memory, Unit: "MB"}
		busy := figure{Part: "idle", What: fmt.Sprintf("processor with %d visitors connected", n), Value: us[i].busy, Bare: bare[i].busy, Unit: "% of a core"}
		if n < many {
			b.report.add(memory)
			b.report.add(busy)
			continue
		}
		memory.Goal = "< 400 MB, < 1.4 x bare"
		b.report.under(memory, min(400, 1.4*memory.Bare))
		b.report.under(busy, 5)
	}
	return b.toWatchers(ctx, ours, c, agents)
}

type cost struct{ memory, busy float64 }

// crowd connects idle visitors step by step and watches the server for ten seconds after each.
func crowd(ctx context.Context, t *target, p *process, steps []int) ([]cost, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var costs []cost
	have := 0
	for _, n := range steps {
		part := *t
		part.visitors = t.visitors[have:n]
		open, err := part.connect(ctx, n-have)
		defer open.close()
		if err != nil {
			return nil, err
		}
		have = n
		if err := pause(ctx, 2*time.Second); err != nil { // what connecting left to do
			return nil, err
		}
		var one cost
		one.busy = share(ctx, p.pid, 10*time.Second)
		one.memory = memory(p.pid)
		costs = append(costs, one)
	}
	return costs, ctx.Err()
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// toWatchers measures how long one visitor's message takes until the last of a thousand streams of agents has it.
func (b *bench) toWatchers(ctx context.Context, p *process, c *company, agents int) error {
	const each = 20 // streams that one agent may have
	t := ofDeskbell(p, c)
	var open open
	defer func() { open.close() }()
	var readers sync.WaitGroup
	marks := make(chan time.Time, agents*each)
	for i := range agents * each {
		l, err := dial(ctx, t.addr, i)
		if err != nil {
			return err
		}
		open = append(open, l)
		stream, err := l.listen(t.events, c.agents[i/each])
		if err != nil {
			return err
		}
		readers.Go(func() { marks <- first(stream, []byte(`"text":"m-`)) })
	}
	poster, err := dial(ctx, t.addr, 59_001)
	if err != nil {
		return err
	}
	defer poster.Close()
	began := time.Now()
	if err := poster.post(t.post, c.visitors[0], body(0)); err != nil {
		return err
	}
	all := make([]time.Duration, 0, agents*each)
	limit := time.After(20 * time.Second)
	for range agents * each {
		select {
		case at := <-marks:
			all = append(all, at.Sub(began))
		case <-limit:
			return fmt.Errorf("one message reached only %d of %d watchers", len(all), agents*each)
		}
	}
	readers.Wait()
	b.report.under(figure{Part: "idle", What: fmt.Sprintf("one message to the last of %d watchers", len(all)), Value: float64(slices.Max(all).Microseconds()) / 1000, Unit: "ms"}, 300)
	return nil
}

// first is when the mark came by the stream.
func first(stream *bufio.Reader, mark []byte) time.Time {
	for {
		line, err := stream.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			return time.Now().Add(time.Hour) // broken: shows as an hour
		}
		if bytes.Contains(line, mark) {
			return time.Now()
		}
	}
}

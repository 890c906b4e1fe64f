package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// A visitor has an allowance of thirty messages at once: those who write take turns, and each stays below it.
const perVisitor = 24

// target is a server under load: Deskbell, or the bare one.
type target struct {
	addr           string
	post           string
	events, silent string   // paths of the stream that is watched, and of those that only stay open
	agent          string   // token for events
	visitors       []string // tokens
	number         int      // of the next message
}

func ofDeskbell(p *process, c *company) *target {
	return &target{addr: p.addr, post: "/visitor/v1/messages", events: "/api/v1/stream", silent: "/visitor/v1/stream", agent: c.agents[0], visitors: c.visitors}
}

func ofBare(p *process, n int) *target {
	return &target{addr: p.addr, post: "/messages", events: "/stream?events", silent: "/stream", visitors: make([]string, n)}
}

// latency measures from a visitor's POST to the event on the agent's stream.
func (b *bench) latency(ctx context.Context) error {
	for _, step := range []struct {
		visitors, writers, samples int
		each                       time.Duration // 0: one after the other
	}{{1, 40, b.of(800), 0}, {100, 100, b.of(1500), 0}, {1000, 1000, b.of(2000), 5 * time.Millisecond}} {
		name := fmt.Sprint("latency-", step.visitors)
		c, err := b.newCompany(ctx, name, max(step.visitors, step.writers), 1, nil)
		if err != nil {
			return err
		}
		ours, err := b.serve(ctx, c.dir)
		if err != nil {
			return err
		}
		took, err := delays(ctx, ofDeskbell(ours, c), step.visitors, step.writers, step.samples, step.each)
		ours.stop()
		if err != nil {
			return fmt.Errorf("%d visitors: %w", step.visitors, err)
		}
		raw, err := b.bareServer(ctx, name+"-bare")
		if err != nil {
			return err
		}
		rawTook, err := delays(ctx, ofBare(raw, step.writers), step.visitors, step.writers, step.samples, step.each)
		raw.stop()
		if err != nil {
			return fmt.Errorf("bare, %d visitors: %w", step.visitors, err)
		}
		b.tellDelays(step.visitors, step.each, took, rawTook)
	}
	return nil
}

func (b *bench) tellDelays(visitors int, each time.Duration, took, raw []time.Duration) {
	at := func(list []time.Duration, percent int) float64 {
		return float64(list[min(len(list)-1, len(list)*percent/100)].Microseconds()) / 1000
	}
	what := fmt.Sprintf("POST to the agent's event, %d connected", visitors)
	if each > 0 {
		what += fmt.Sprintf(", %.0f messages a second", 1/each.Seconds())
	}
	p50 := figure{Part: "latency", What: what + ", p50", Value: at(took, 50), Bare: at(raw, 50), Unit: "ms"}
	p99 := figure{Part: "latency", What: what + ", p99", Value: at(took, 99), Bare: at(raw, 99), Unit: "ms"}
	if each > 0 {
		b.report.add(p50)
		b.report.under(p99, 50)
		return
	}
	p50.Goal, p99.Goal = "< 4 ms, < 3 x bare", "< 15 ms, < 3 x bare"
	b.report.under(p50, min(4, 3*p50.Bare))
	b.report.under(p99, min(15, 3*p99.Bare))
}

// delays connects so many visitors and an agent, and answers how long each message took, sorted.
func delays(ctx context.Context, t *target, connected, writers, samples int, each time.Duration) ([]time.Duration, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	open, err := t.connect(ctx, connected)
	defer open.close()
	if err != nil {
		return nil, err
	}
	got, err := t.watch(ctx)
	if err != nil {
		return nil, err
	}
	lines, err := t.lines(ctx, min(writers, 64))
	defer lines.close()
	if err != nil {
		return nil, err
	}
	// The first message of each opens a conversation; that is not what is asked.
	if _, err := t.warm(ctx, got, lines, writers); err != nil {
		return nil, err
	}
	sent := make(map[int]time.Time, samples)
	if each == 0 {
		err = t.oneByOne(ctx, got, lines, writers, samples, sent)
	} else {
		err = t.steadily(ctx, got, lines, writers, samples, each, sent)
	}
	if err != nil {
		return nil, err
	}
	var took []time.Duration
	for n, at := range sent {
		read, _ := got.has(n)
		took = append(took, read.Sub(at))
	}
	slices.Sort(took)
	return took, nil
}

func (t *target) oneByOne(ctx context.Context, got *messages, lines open, writers, samples int, sent map[int]time.Time) error {
	for i := range samples {
		n := t.next()
		sent[n] = time.Now()
		if err := lines[i%len(lines)].post(t.post, t.visitors[i%writers], body(n)); err != nil {
			return err
		}
		if err := got.wait(ctx, 10*time.Second, func() bool { _, ok := got.has(n); return ok }); err != nil {
			return err
		}
	}
	return nil
}

// steadily posts at a fixed pace whatever the answers take.
func (t *target) steadily(ctx context.Context, got *messages, lines open, writers, samples int, each time.Duration, sent map[int]time.Time) error {
	type job struct{ n, writer int }
	jobs := make(chan job, samples)
	var posters sync.WaitGroup
	errs := make(chan error, len(lines))
	for _, l := range lines {
		posters.Go(func() {
			for j := range jobs {
				if err := l.post(t.post, t.visitors[j.writer], body(j.n)); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	pace := time.NewTicker(each)
	defer pace.Stop()
	for i := range samples {
		<-pace.C
		n := t.next()
		sent[n] = time.Now() // when it was due, so that a busy line counts
		jobs <- job{n, i % writers}
	}
	close(jobs)
	posters.Wait()
	select {
	case err := <-errs:
		return err
	default:
	}
	return got.wait(ctx, 20*time.Second, func() bool { return got.count() >= samples+writers })
}

// open is connections that are to be closed together.
type open []*line

func (o open) close() {
	for _, l := range o {
		l.Close()
	}
}

// connect opens the streams of the first n visitors; what comes by them is thrown away.
func (t *target) connect(ctx context.Context, n int) (open, error) {
	all := make(open, n)
	err := inParallel(n, 32, func(_, i int) error {
		l, err := dial(ctx, t.addr, i)
		if err != nil {
			return err
		}
		all[i] = l
		stream, err := l.listen(t.silent, t.visitors[i])
		if err != nil {
			return err
		}
		go func() {
			for buf := make([]byte, 512); ; {
				if _, err := stream.Read(buf); err != nil {
					return
				}
			}
		}()
		return nil
	})
	return slices.DeleteFunc(all, func(l *line) bool { return l == nil }), err
}

// watch opens the agent's stream.
func (t *target) watch(ctx context.Context) (*messages, error) {
	l, err := dial(ctx, t.addr, 59_000)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { l.Close() })
	stream, err := l.listen(t.events, t.agent)
	if err != nil {
		return nil, err
	}
	got := newMessages()
	go got.read(stream)
	return got, nil
}

func (t *target) lines(ctx context.Context, n int) (open, error) {
	var all open
	for i := range n {
		l, err := dial(ctx, t.addr, 50_000+i)
		if err != nil {
			return all, err
		}
		all = append(all, l)
	}
	return all, nil
}

// warm lets each writer send one message.
func (t *target) warm(ctx context.Context, got *messages, lines open, writers int) (int, error) {
	first := t.number
	t.number += writers
	err := inParallel(writers, len(lines), func(g, i int) error {
		return lines[g].post(t.post, t.visitors[i], body(first+i))
	})
	if err != nil {
		return 0, err
	}
	return writers, got.wait(ctx, 20*time.Second, func() bool { return got.count() >= writers })
}

func (t *target) next() int {
	t.number++
	return t.number - 1
}

func body(n int) string { return fmt.Sprintf(`{"client_id":"c-%d","text":"m-%d"}`, n, n) }

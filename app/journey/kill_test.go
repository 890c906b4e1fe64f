package journey

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"deskbell/app/apptest/client"
	"deskbell/app/wire"
)

// said is a message that the desk has acknowledged.
type said struct {
	id   string
	text string
	at   time.Time // when the answer was read
}

// load is visitors who write whatever happens to the desk, each message until it is acknowledged.
type load struct {
	t        *testing.T
	visitors []*client.Visitor
	streams  []*client.Stream
	mu       sync.Mutex
	said     [][]said // of each visitor, in his order
	number   int
}

func (l *load) acknowledged(i int, s said) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.said[i] = append(l.said[i], s)
}

// between says whether something was acknowledged between two moments.
func (l *load) between(from, until time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.said, func(of []said) bool {
		return slices.ContainsFunc(of, func(s said) bool { return s.at.After(from) && s.at.Before(until) })
	})
}

func newLoad(ctx context.Context, p *program, visitors int) *load {
	p.t.Helper()
	l := &load{t: p.t, said: make([][]said, visitors)}
	for range visitors {
		v, err := client.Enter(ctx, p.url(), "")
		must(p.t, err)
		l.visitors = append(l.visitors, v)
		l.streams = append(l.streams, v.Listen(ctx))
	}
	return l
}

// write lets each visitor write so many messages; disturb runs meanwhile. It returns when all are acknowledged.
func (l *load) write(ctx context.Context, each int, disturb func()) {
	l.t.Helper()
	l.writeWhile(ctx, func(n int) bool { return n < each }, disturb)
}

// writeWhile lets each visitor write while more says that his nth message is wanted.
func (l *load) writeWhile(ctx context.Context, more func(n int) bool, disturb func()) {
	l.t.Helper()
	first := l.number
	var writing sync.WaitGroup
	for i, v := range l.visitors {
		writing.Go(func() {
			n := 0
			defer func() {
				l.mu.Lock()
				defer l.mu.Unlock()
				l.number = max(l.number, first+n)
			}()
			for ; more(n); n++ {
				text := fmt.Sprintf("v%d-%d", i, first+n)
				m, err := v.Say(ctx, text, text)
				if err != nil {
					l.t.Errorf("%s: %v", text, err)
					return
				}
				l.acknowledged(i, said{m.ID, text, time.Now()})
				pause(ctx, 5*time.Millisecond)
			}
		})
	}
	disturb()
	writing.Wait()
}

// check finds everything that was acknowledged by then once, in its order, in each visitor's history; with streams also there.
func (l *load) check(ctx context.Context, until time.Time, streams bool) (lost int) {
	l.t.Helper()
	acknowledged := 0
	defer func() { l.t.Logf("%d messages were acknowledged, %d of them are lost", acknowledged, lost) }()
	for i, v := range l.visitors {
		acknowledged += len(l.said[i])
		history, err := v.History(ctx)
		must(l.t, err)
		place := map[string]int{}
		for n, m := range history {
			if m.Kind == "event" {
				continue
			}
			if _, twice := place[m.Text]; twice {
				l.t.Errorf("%q is there twice", m.Text)
			}
			place[m.Text] = n
		}
		last := -1
		for _, s := range l.said[i] {
			n, there := place[s.text]
			switch {
			case !there && s.at.Before(until):
				l.t.Errorf("%q was acknowledged %v before, and is lost", s.text, until.Sub(s.at))
			case !there:
				lost++
			case n < last:
				l.t.Errorf("%q is out of its order", s.text)
			default:
				last = n
			}
		}
		if !streams {
			continue
		}
		must(l.t, l.streams[i].Await(ctx, func(got []wire.Message) bool { return len(got) >= len(history) }))
		same(l.t, "a visitor's stream and his history", keys(l.streams[i].Messages()), keys(history))
		for _, f := range l.streams[i].Faults() {
			l.t.Error(f)
		}
	}
	return lost
}

// soak is how long the tests that can go on for ever do so: SOAK seconds.
func soak() time.Duration {
	n, _ := strconv.Atoi(os.Getenv("SOAK")) // not set: as short as may be
	return time.Duration(n) * time.Second
}

// The program is killed in the middle of its work, again and again. What it had acknowledged is there, once and in order, and the
// visitors' streams go on as if nothing had been; and every part finds itself well again while they write.
func TestKillLosesNothing(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute+2*soak())
	defer cancel()
	p := newProgram(t)
	p.company()
	p.start()
	l := newLoad(ctx, p, 20)
	for round, began := 0, time.Now(); round < 3 || time.Since(began) < soak(); round++ {
		l.write(ctx, 15, func() {
			pause(ctx, time.Duration(20+rand.IntN(120))*time.Millisecond)
			p.kill()
			serves, again := p.start(), time.Now()
			eventually(t, "every part is well again, by itself", p.ready)
			t.Logf("round %d: serves again %v after it was started, and is ready %v later", round+1, serves.Round(time.Millisecond), time.Since(again).Round(time.Millisecond))
		})
	}
	l.check(ctx, time.Now(), true)
}

// carried is the moment until which, by the number that operators watch, everything is in the replica.
func (p *program) carried() (until time.Time) {
	p.t.Helper()
	asked := time.Now()
	res, err := http.Get(p.url() + "/metrics")
	must(p.t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	must(p.t, err)
	all := behind.FindAllSubmatch(text, -1)
	if len(all) != 2 {
		p.t.Fatalf("/metrics tells of %d replicas", len(all))
	}
	until = asked
	for _, m := range all {
		seconds, err := strconv.ParseFloat(string(m[1]), 64)
		must(p.t, err)
		if at := asked.Add(-time.Duration(seconds * float64(time.Second))); at.Before(until) {
			until = at
		}
	}
	return until
}

var behind = regexp.MustCompile(`deskbell_replica_behind_seconds\{database="\w+\.db"\} (\S+)`)

// The machine is lost in mid-write, and its disk with it. A new one, with the replica in reach, has everything that was
// acknowledged before the moment until which the desk said that it was carried.
func TestALostMachineIsBroughtBack(t *testing.T) {
	const interval = 250 * time.Millisecond
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	carried := t.TempDir()
	config := filepath.Join(t.TempDir(), "litestream.yml")
	yml := ""
	for _, name := range []string{"desk", "blobs"} {
		must(t, os.Mkdir(filepath.Join(carried, name), 0o700))
		yml += fmt.Sprintf("  - path: ${DESKBELL_DATA}/%[1]s.db\n    replica: {path: %[2]s/%[1]s, sync-interval: %[3]v}\n", name, carried, interval)
	}
	must(t, os.WriteFile(config, []byte("dbs:\n"+yml), 0o600))
	p := newProgram(t, "DESKBELL_LITESTREAM="+config)
	p.company()
	p.start()
	l := newLoad(ctx, p, 20)
	l.write(ctx, 8, func() {})
	eventually(t, "the first copy is made", func() bool { return len(p.children()) > 0 && p.ready() })

	writing, stop := context.WithCancel(ctx)
	quiet := &load{t: t, visitors: l.visitors, said: l.said, number: l.number}
	done := make(chan struct{})
	go func() {
		defer close(done)
		quiet.until(writing)
	}()
	begun, until := time.Now(), time.Time{}
	eventually(t, "some of what they write is acknowledged and carried", func() bool { // else this would try nothing
		until = p.carried()
		return until.After(begun.Add(2*interval)) && quiet.between(begun, until)
	})
	lost := time.Now()
	p.killAll()
	stop()
	<-done
	must(t, os.RemoveAll(p.data))
	must(t, os.Mkdir(p.data, 0o700))
	t.Logf("serves what it brought back %v after it was started", p.start().Round(time.Millisecond))
	t.Logf("%d of the messages of the last %v are lost", l.check(ctx, until, false), lost.Sub(until).Round(time.Millisecond))
	fresh, err := l.visitors[0].Say(ctx, "after", "after")
	must(t, err)
	if fresh.Text != "after" {
		t.Errorf("stored %+v", fresh)
	}
}

// until writes until ctx ends, at a pace that stays within a visitor's allowance.
func (l *load) until(ctx context.Context) {
	var writing sync.WaitGroup
	for i, v := range l.visitors {
		writing.Go(func() {
			for n := l.number; ctx.Err() == nil; n++ {
				text := fmt.Sprintf("v%d-%d", i, n)
				m, err := v.Say(ctx, text, text)
				if err != nil {
					return // the machine is lost
				}
				l.acknowledged(i, said{m.ID, text, time.Now()})
				pause(ctx, 100*time.Millisecond)
			}
		})
	}
	writing.Wait()
}

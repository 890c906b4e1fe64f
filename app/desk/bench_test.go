package desk

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// What storing a visitor's message costs, beside what SQLite alone needs for one fsynced row.
func BenchmarkReceive(b *testing.B) {
	for _, callers := range []int{1, 16, 128} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s := open(b)
			s.Clock = time.Now
			visitors := make([]Actor, callers)
			for i := range visitors {
				visitors[i] = s.visitor()
				s.say(visitors[i], "first")
			}
			b.ResetTimer()
			share(b.N, callers, func(caller, n int) {
				if _, err := s.Receive(context.Background(), visitors[caller], Incoming{InboxID: s.widget.ID, ClientID: fmt.Sprint("c", n), Text: "你好，今年的明前龙井到货了吗？"}); err != nil {
					b.Error(err)
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}

// The same with the search index and the news behind it: the whole of what a message costs the desk.
func BenchmarkReceiveFollowed(b *testing.B) {
	const callers = 128
	s := open(b)
	s.Clock = time.Now
	ctx, stop := context.WithCancel(context.Background())
	var followers sync.WaitGroup
	followers.Go(func() { s.FollowAll(ctx, "search", s.Index) })
	defer func() { stop(); followers.Wait() }()
	visitors := make([]Actor, callers)
	for i := range visitors {
		visitors[i] = s.visitor()
		s.say(visitors[i], "first")
	}
	b.ResetTimer()
	share(b.N, callers, func(caller, n int) {
		if _, err := s.Receive(ctx, visitors[caller], Incoming{InboxID: s.widget.ID, ClientID: fmt.Sprint("c", n), Text: "你好，今年的明前龙井到货了吗？"}); err != nil {
			b.Error(err)
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	s.must(s.Settle(ctx))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "settled/s")
}

func BenchmarkRawCommit(b *testing.B) {
	db, err := sql.Open("deskbell-sqlite3", "file:"+filepath.Join(b.TempDir(), "raw.db")+"?_journal_mode=WAL&_synchronous=FULL")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("create table messages(id integer primary key, conversation_id integer, text text)"); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for n := range b.N {
		if _, err := db.Exec("insert into messages(conversation_id, text) values (?, ?)", n%100, "你好，今年的明前龙井到货了吗？"); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}

// share does n things in so many goroutines.
func share(n, goroutines int, do func(goroutine, n int)) {
	var all sync.WaitGroup
	for g := range goroutines {
		all.Go(func() {
			for i := g; i < n; i += goroutines {
				do(g, i)
			}
		})
	}
	all.Wait()
}

// What the search index takes for a message, by runs of fifty.
func BenchmarkIndex(b *testing.B) {
	s := open(b)
	v := s.visitor()
	for n := range 1000 {
		s.say(v, fmt.Sprint("m-", n, " 你好，今年的明前龙井到货了吗？"))
	}
	events, err := s.EventsAfter(context.Background(), System, 0, 5000)
	s.must(err)
	b.ResetTimer()
	for n := 0; n < b.N; n += 50 {
		k := n % 900
		s.must(s.Index(context.Background(), events[k:k+50]))
	}
}

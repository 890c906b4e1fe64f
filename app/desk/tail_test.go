package desk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// counting counts the questions for what came after an event.
type counting struct {
	reader
	n atomic.Int64
}

func (c *counting) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if strings.Contains(query, "from events where id > ") {
		c.n.Add(1)
	}
	return c.reader.QueryContext(ctx, query, args...)
}

// However many follow the log, what happens is read once; each gets all of it, in order, the slow one too.
func TestFollowersReadTheLogTogether(t *testing.T) {
	s := open(t)
	asked := &counting{reader: s.reader}
	s.reader = asked
	visitor := s.visitor()
	s.say(visitor, "before anybody follows")

	const followers = 8
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	behind := make(chan struct{})
	got := make([][]EventID, followers)
	for i := range followers {
		running.Go(func() {
			s.must(s.Follow(ctx, fmt.Sprint("follower ", i), func(_ context.Context, e Event) error {
				if i == 0 && e.ID > 1 {
					<-behind
				}
				got[i] = append(got[i], e.ID)
				return nil
			}))
		})
	}
	for i := range 3 * tailKept / 10 {
		s.must(s.Write(ctx, System, func(tx *Tx) (err error) {
			for range 10 {
				err = errors.Join(err, tx.Record("thing.happened", 0, int64(i), nil))
			}
			return err
		}))
	}
	close(behind)
	s.until("all followers", func() bool {
		known := 0
		s.followers.Range(func(_, _ any) bool { known++; return true })
		return known == followers
	})
	s.must(s.Settle(ctx))
	before, begun := asked.n.Load(), time.Now()
	const more = 100
	for i := range more {
		s.must(s.Write(ctx, System, func(tx *Tx) error { return tx.Record("thing.happened", 0, int64(i), nil) }))
		s.must(s.Settle(ctx))
	}
	// One for each, and now and then one who looks for what other processes did: the longer it takes the more of them.
	took := time.Since(begun)
	if n, most := asked.n.Load()-before, more+int64(took/tailLook)+2; n > most {
		t.Errorf("%d followers read the log %d times for %d events in %v, want %d at most", followers, n, more, took, most)
	}
	stop()
	running.Wait()
	last, err := s.LastEvent(t.Context())
	s.must(err)
	for i, ids := range got {
		if len(ids) != int(last) || ids[0] != 1 || ids[len(ids)-1] != last {
			t.Errorf("follower %d got %d events of %d", i, len(ids), last)
		}
		for j := 1; j < len(ids); j++ {
			if ids[j] != ids[j-1]+1 {
				t.Fatalf("follower %d got %d after %d", i, ids[j], ids[j-1])
			}
		}
	}
}

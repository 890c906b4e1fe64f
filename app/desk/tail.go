package desk

import (
	"context"
	"slices"
	"sort"
	"sync"
	"time"
)

const (
	tailKept = 512                    // events
	tailLook = 500 * time.Millisecond // a change by another process rings no bell here
)

// tail holds the newest events: the followers all want the same ones at the same moment, and read them once.
type tail struct {
	mu     sync.Mutex
	events []Event // all that came after from; what was handed out is never written to
	from   EventID
	rings  uint64 // the bell's, before the last look
	looked time.Time
}

// recent answers up to limit events after the id, in the order of their commits, like EventsAfter.
func (d *Desk) recent(ctx context.Context, after EventID, limit int) ([]Event, error) {
	t := &d.tail
	t.mu.Lock()
	defer t.mu.Unlock()
	if rings := d.bell.rung(); rings != t.rings || time.Since(t.looked) > tailLook {
		if err := t.look(ctx, d); err != nil {
			return nil, err
		}
		t.rings, t.looked = rings, time.Now()
	}
	if after < t.from { // who is far behind catches up by himself
		return d.EventsAfter(ctx, System, after, limit)
	}
	first := sort.Search(len(t.events), func(i int) bool { return t.events[i].ID > after })
	last := min(first+limit, len(t.events))
	return t.events[first:last:last], nil
}

// look reads what came since the last look.
func (t *tail) look(ctx context.Context, d *Desk) error {
	if t.looked.IsZero() {
		last, err := d.LastEvent(ctx)
		if err != nil {
			return err
		}
		t.from = last
	}
	for {
		last := t.from
		if n := len(t.events); n > 0 {
			last = t.events[n-1].ID
		}
		more, err := d.EventsAfter(ctx, System, last, batch)
		if err != nil {
			return err
		}
		if t.events = append(t.events, more...); len(t.events) > tailKept {
			gone := len(t.events) - tailKept/2
			t.from, t.events = t.events[gone-1].ID, slices.Clone(t.events[gone:])
		}
		if len(more) < batch {
			return nil
		}
	}
}

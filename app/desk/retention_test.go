package desk

import (
	"errors"
	"testing"
	"time"
)

func TestRetention(t *testing.T) {
	s, ctx := open(t), t.Context()
	_, old := s.talked(true)
	_, running := s.talked(false)
	ticket := s.mailed()
	s.must(s.Write(ctx, System, func(tx *Tx) error {
		_, err := tx.Exec("insert into cursors(name, event_id, updated_at) select 'test', max(id), 0 from events")
		return err
	}))
	s.now = s.now.AddDate(0, 0, 8)
	_, young := s.talked(true)
	taken, err := s.Retain(ctx, System)
	s.must(err)
	for kind, n := range taken {
		if n > 0 {
			t.Errorf("%d %s were taken though all is to be kept", n, kind)
		}
	}
	before := s.rows("events")
	s.must(s.ChangeRetention(ctx, s.alice, Retention{Chats: 7, Tickets: 7, Mail: 7, Visits: 7, Events: 7}))
	if taken, err = s.Retain(ctx, System); err != nil || taken["chat"] != 1 || taken["ticket"] != 0 || taken["visits"] < 1 || taken["events"] < 1 {
		t.Errorf("taken: %v, %v", taken, err)
	}
	if _, err := s.Conversation(ctx, s.alice, old); !errors.Is(err, NotFound) {
		t.Errorf("the old chat: %v", err)
	}
	for _, id := range []ConversationID{running, young, ticket.ID} {
		if _, err := s.Conversation(ctx, s.alice, id); err != nil {
			t.Errorf("conversation %d: %v", id, err)
		}
	}
	if last, err := s.LastEvent(ctx); err != nil || last == 0 || s.rows("events") >= before+1 {
		t.Errorf("the log ends at %d with %d events, of %d: %v", last, s.rows("events"), before, err)
	}
	if s.rows("visits where at < ?", ms(s.now.Add(-7*24*time.Hour))) > 0 {
		t.Error("old visits are there")
	}
}

func TestRetentionFaults(t *testing.T) {
	s, ctx := open(t), t.Context()
	for _, days := range []int{-1, 1, 6, 3651} {
		if err := s.ChangeRetention(ctx, s.alice, Retention{Chats: days}); !errors.As(err, new(*Error)) {
			t.Errorf("%d days: %v", days, err)
		}
	}
	if err := s.ChangeRetention(ctx, s.bo, Retention{}); !errors.Is(err, Forbidden) {
		t.Errorf("an agent: %v", err)
	}
}

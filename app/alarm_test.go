package app

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"deskbell/app/desk"
	"deskbell/app/health"
)

// A mailbox that fails is on /readyz at once, and told to the admins after the time that its settings name, once; and once when it is well.
func TestAFailingMailboxIsToldAfterItsTime(t *testing.T) {
	a := begin(t)
	var mu sync.Mutex // the desk looks by itself too, once a minute
	made := map[string]desk.InboxID{}
	open := func(name string, minutes int) {
		t.Helper()
		box := desk.Mailbox{Address: name + "@tea.example", Alert: minutes}
		in, err := a.Desk.SaveInbox(t.Context(), desk.System, desk.SavedInbox{Channel: desk.Email, Name: name, Settings: box})
		if err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		defer mu.Unlock()
		made[name] = in.ID
	}
	open("Patient", 120)
	open("Quick", 1)
	open("Never", -1)
	var failing atomic.Int64 // minutes
	parts := func(context.Context) []health.Part {
		mu.Lock()
		defer mu.Unlock()
		var list []health.Part
		for name := range made {
			p := health.Failure("mailboxes", "health.mailboxes.receiving", health.Words{Key: "mailbox.problem.silent", Args: []any{"mail.tea.example", 993}})
			if failing.Load() == 0 {
				p = health.Well("mailboxes", "health.mailboxes.ok")
			}
			p.Of, p.Since = name, a.Desk.Clock().Add(-time.Duration(failing.Load())*time.Minute)
			list = append(list, p)
		}
		return list
	}
	a.Health.Add(parts)
	told := func(step string, minutes int64, want ...string) {
		t.Helper()
		failing.Store(minutes)
		var before map[string]bool
		var err error
		for range 3 { // the first look only remembers
			if before, err = a.alarmOnce(t.Context(), before); err != nil {
				t.Fatal(err)
			}
		}
		list, err := a.Desk.FailedParts(t.Context(), desk.System)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, name := range want {
			if list["mailboxes "+name] {
				n++
			}
		}
		have := 0
		for _, failed := range list {
			if failed {
				have++
			}
		}
		if n != len(want) || have != n {
			t.Errorf("%s: told of %v, want %v", step, list, want)
		}
	}
	told("well", 0)
	told("two minutes", 2, "Quick")
	if w := a.get("/readyz", nil); w.Code != http.StatusServiceUnavailable {
		t.Errorf("readyz says %d while mailboxes fail", w.Code)
	}
	told("two hours", 121, "Quick", "Patient")
	told("two weeks", 20_000, "Quick", "Patient")
	told("well again", 0)
	events, err := a.Desk.EventsAfter(t.Context(), desk.System, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	count := map[desk.EventName]int{}
	for _, e := range events {
		count[e.Name]++
	}
	if count[desk.PartFailed] != 2 || count[desk.PartWell] != 2 {
		t.Errorf("told %d times of a failure and %d times of its end, want twice each", count[desk.PartFailed], count[desk.PartWell])
	}

	// One that is removed while it fails is forgotten, and another of its name is told of when it fails.
	told("failing", 2, "Quick")
	if err := a.Desk.DeleteInbox(t.Context(), desk.System, made["Quick"]); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	delete(made, "Quick")
	mu.Unlock()
	told("removed", 3)
	open("Quick", 1)
	told("another of its name", 4, "Quick")
}

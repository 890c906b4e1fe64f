package health

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deskbell/app/desk"
)

func TestDisk(t *testing.T) {
	const gib = 1 << 30
	for _, c := range []struct {
		free, all uint64
		want      State
	}{
		{50 * gib, 100 * gib, OK}, {10 * gib, 100 * gib, OK}, {10*gib - 1, 100 * gib, Warn},
		{2*gib - 1, 100 * gib, Failed}, {499 << 20, gib, Failed}, {600 << 20, 2 * gib, OK}, {0, 0, Failed},
	} {
		p := Disk("x", func(string) (Room, error) { return Room{c.free, c.all}, nil })(t.Context())[0]
		if p.State != c.want {
			t.Errorf("%d of %d: %s, want %s", c.free, c.all, p.State, c.want)
		}
	}
	if p := Disk("x", func(string) (Room, error) { return Room{}, errors.New("gone") })(t.Context())[0]; p.State != Failed {
		t.Errorf("a disk that cannot be read: %+v", p)
	}
	if r, err := RoomIn(t.TempDir()); err != nil || r.All == 0 || r.Free > r.All {
		t.Errorf("the real disk: %+v, %v", r, err)
	}
}

func TestClock(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "desk.db")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 4, 12, 6, 0, 0, 0, time.UTC)
	if err := os.Chtimes(file, start, start); err != nil {
		t.Fatal(err)
	}
	wall, mono := start, time.Duration(0)
	c := &Clock{Now: func() time.Time { return wall }, Elapsed: func() time.Duration { return mono }, Dir: dir}
	step := func(w, m time.Duration) Part {
		wall, mono = wall.Add(w), mono+m
		return c.Check(t.Context())[0]
	}
	for i, s := range []struct {
		wall, mono time.Duration
		want       State
		key        string
	}{
		{0, 0, OK, "health.clock.ok"},
		{time.Hour, time.Hour, OK, "health.clock.ok"},
		{time.Hour + time.Minute, time.Hour, OK, "health.clock.ok"}, // corrected a little
		{365 * 24 * time.Hour, time.Second, Warn, "health.clock.jumped"},
		{30 * time.Minute, 30 * time.Minute, Warn, "health.clock.jumped"},
		{31 * time.Minute, 31 * time.Minute, OK, "health.clock.ok"}, // enough said
		{-3 * time.Hour, time.Second, Warn, "health.clock.back"},
		{3 * time.Hour, time.Second, OK, "health.clock.ok"}, // where it was
		{-367 * 24 * time.Hour, time.Second, Failed, "health.clock.behind"},
	} {
		if p := step(s.wall, s.mono); p.State != s.want || p.Words.Key != s.key {
			t.Errorf("step %d: %+v, want %s", i, p, s.key)
		}
	}
}

// What is taken away for good waits longer than the rest, unless the clock is set right again.
func TestClockIsTrusted(t *testing.T) {
	wall, mono := time.Date(2026, 4, 12, 6, 0, 0, 0, time.UTC), time.Duration(0)
	c := &Clock{Now: func() time.Time { return wall }, Elapsed: func() time.Duration { return mono }, Dir: t.TempDir()}
	const year = 365 * 24 * time.Hour
	for i, s := range []struct {
		wall, mono time.Duration
		want       bool
	}{
		{0, 0, true}, {3 * time.Hour, time.Second, true}, {year, time.Second, false}, {2 * time.Hour, 2 * time.Hour, false}, {-year, time.Second, true},
		{year, time.Second, false}, {23 * time.Hour, 23 * time.Hour, false}, {time.Hour, time.Hour, true}, {-year, time.Second, false},
	} {
		wall, mono = wall.Add(s.wall), mono+s.mono
		if got := c.Trusted(); got != s.want {
			t.Errorf("step %d: %v", i, got)
		}
	}
}

// What happened between two processes counts like what happens before the eyes of one.
func TestClockBegan(t *testing.T) {
	start := time.Date(2026, 4, 12, 6, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		step, rest time.Duration
		want       State
	}{
		{0, 0, OK}, {time.Minute, 0, OK}, {-2 * time.Hour, 0, Warn}, {365 * 24 * time.Hour, 0, Warn},
		{0, 14 * 24 * time.Hour, OK}, {0, 365 * 24 * time.Hour, Warn},
	} {
		clock := &Clock{Now: func() time.Time { return start }, Elapsed: func() time.Duration { return time.Second }, Dir: t.TempDir()}
		clock.Began(c.step, c.rest)
		if p := clock.Check(t.Context())[0]; p.State != c.want {
			t.Errorf("%+v: %+v", c, p)
		}
	}
}

func open(t *testing.T, now *time.Time) *desk.Desk {
	d, err := desk.Open(t.Context(), t.TempDir(), desk.Key{1}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	d.Hashing = desk.Hashing{Passes: 1, KiB: 8}
	t.Cleanup(func() { d.Close() })
	d.Clock = func() time.Time { return *now }
	return d
}

// mailed is a desk with one answer in its outbox, at now.
func mailed(t *testing.T, d *desk.Desk) {
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	alice, err := d.SetUp(ctx, desk.System, desk.Setup{Company: desk.Company{Name: "Tea", Locale: "en", TimeZone: "UTC"}, Name: "Alice", Email: "alice@tea.example", Password: "longjing before rain"})
	must(err)
	box, err := d.SaveInbox(ctx, alice.Actor(), desk.SavedInbox{Channel: desk.Email, Name: "Support", Enabled: true, Settings: desk.Mailbox{Address: "support@tea.example"}})
	must(err)
	m, err := d.Receive(ctx, desk.System, desk.Incoming{InboxID: box.ID, Ticket: &desk.NewTicket{Subject: "A lid", Origin: "mail"}, Identity: desk.Identity{Channel: desk.Email, ExternalID: "mei@post.example"}, Customer: desk.Customer{Email: "mei@post.example"}, Text: "It came broken.", ExternalID: "1@post.example"})
	must(err)
	_, err = d.Reply(ctx, alice.Actor(), m.ConversationID, desk.Draft{Text: "Sorry!"})
	must(err)
}

func TestOutbox(t *testing.T) {
	now := time.Date(2026, 4, 12, 6, 0, 0, 0, time.UTC)
	d := open(t, &now)
	mailed(t, d)
	due := now
	for _, s := range []struct {
		after time.Duration
		want  State
	}{{0, OK}, {lateWarn, OK}, {lateWarn + time.Second, Warn}, {lateFail + time.Second, Failed}} {
		now = due.Add(s.after)
		p := Outbox(d)(t.Context())[0]
		if p.State != s.want || p.State != OK && !p.Since.Equal(due) {
			t.Errorf("after %v: %+v, want %s", s.after, p, s.want)
		}
	}
}

func TestSetAside(t *testing.T) {
	now := time.Date(2026, 4, 12, 6, 0, 0, 0, time.UTC)
	d := open(t, &now)
	if p := SetAside(d)(t.Context())[0]; p.State != OK {
		t.Errorf("a fresh desk: %+v", p)
	}
	err := d.Write(t.Context(), desk.System, func(tx *desk.Tx) error {
		_, err := tx.Exec("insert into set_aside_events(follower, event_id, error, at) values ('sla', 7, 'no such clock', 0)")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if p := SetAside(d)(t.Context())[0]; p.State != Warn || fmt.Sprint(p.Words.Args) != "[1 sla 7 no such clock]" {
		t.Errorf("with one: %+v", p)
	}
	if err := d.ForgetAside(t.Context(), desk.System); err != nil {
		t.Fatal(err)
	}
	if p := SetAside(d)(t.Context())[0]; p.State != OK {
		t.Errorf("afterwards: %+v", p)
	}
}

func TestSince(t *testing.T) {
	now := time.Date(2026, 4, 12, 6, 0, 0, 0, time.UTC)
	state := OK
	r := &Registry{Clock: func() time.Time { return now }}
	r.Add(One(func(context.Context) Part { return Part{Name: "a", State: state} }), func(context.Context) []Part {
		return []Part{{Name: "b", Of: "1", State: OK}, {Name: "b", Of: "2", State: state}}
	})
	begin := now
	r.Parts(t.Context())
	now = now.Add(time.Minute)
	state = Failed
	changed := now
	r.Parts(t.Context())
	now = now.Add(time.Minute)
	parts := r.Parts(t.Context())
	if !parts[0].Since.Equal(changed) || !parts[1].Since.Equal(begin) || !parts[2].Since.Equal(changed) {
		t.Errorf("%+v", parts)
	}
	if Ready(parts) || !Ready(parts[1:2]) {
		t.Error("one has failed, and it is ready")
	}
	if parts[0].State = Warn; !Ready(parts[:2]) {
		t.Error("a warning")
	}
}

func TestWordsInWords(t *testing.T) {
	said := Words{"outer", []any{1, Words{"inner", []any{"x"}}}}.In(func(key string, args ...any) string { return key + fmt.Sprint(args...) })
	if said != "outer1innerx" {
		t.Errorf("%q", said)
	}
}

func TestMetrics(t *testing.T) {
	now := time.Date(2026, 4, 12, 6, 0, 0, 0, time.UTC)
	d := open(t, &now)
	mailed(t, d)
	r := &Registry{Clock: d.Clock}
	r.Add(Database(d), Outbox(d))
	m := NewMetrics(Sources{Desk: d, Streams: func() int { return 3 }, Parts: r,
		Replication: func() Replication {
			return Replication{Up: true, Restarts: 2, Databases: []Replica{{"desk.db", 1500 * time.Millisecond, 9}}}
		}}, "1.0", "abc")
	m.Request("GET", "/conversations/:id", 200, 3*time.Millisecond)
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	body, err := io.ReadAll(w.Body)
	if err != nil || w.Code != 200 {
		t.Fatal(w.Code, err)
	}
	for _, line := range []string{
		`deskbell_conversations{kind="ticket",status="open"} 1`, `deskbell_messages_total 3`, `deskbell_deliveries{state="queued"} 1`, `deskbell_streams_open 3`,
		`deskbell_writes_waiting 0`, `deskbell_replica_behind_seconds{database="desk.db"} 1.5`, `deskbell_replica_restarts_total 2`, `deskbell_replica_up 1`, `deskbell_replica_transaction{database="desk.db"} 9`, `deskbell_part_state{of="",part="outbox"} 0`,
		`deskbell_http_request_duration_seconds_bucket{method="GET",route="/conversations/:id",status="2xx",le="0.005"} 1`, `deskbell_build_info{commit="abc",version="1.0"} 1`, "go_goroutines ", "process_resident_memory_bytes ",
	} {
		if !strings.Contains(string(body), "\n"+line) {
			t.Errorf("%s is missing", line)
		}
	}
	if t.Failed() {
		t.Log(string(body))
	}
}

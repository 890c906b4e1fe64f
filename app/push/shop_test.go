package push

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"deskbell/app/desk"
	"deskbell/app/netguard"
	"deskbell/app/view"
)

// shop is a tea shop whose agents have browsers.
type shop struct {
	*desk.Desk
	t      *testing.T
	push   *Push
	now    atomic.Int64
	real   atomic.Bool // the clock runs
	log    bytes.Buffer
	alice  desk.Actor // admin; her language is Chinese, like the company's
	bo     desk.Actor // his is English
	widget *desk.Inbox

	mu      sync.Mutex
	looking map[desk.AgentID]bool
}

func open(t *testing.T) *shop {
	ctx := t.Context()
	s := &shop{t: t, looking: map[desk.AgentID]bool{}}
	s.now.Store(time.Date(2026, 4, 12, 6, 0, 0, 0, time.UTC).UnixMilli())
	log := slog.New(slog.NewTextHandler(&s.log, nil))
	var err error
	s.Desk, err = desk.Open(ctx, t.TempDir(), desk.Key{1}, log)
	s.must(err)
	s.Hashing = desk.Hashing{Passes: 1, KiB: 8}
	t.Cleanup(func() {
		if err := s.Check(context.Background()); err != nil {
			t.Errorf("the desk does not keep its promises: %v", err)
		}
		s.Desk.Close()
	})
	s.Clock = func() time.Time {
		if s.real.Load() {
			return time.Now()
		}
		return time.UnixMilli(s.now.Load())
	}
	a, err := s.SetUp(ctx, desk.System, desk.Setup{Company: desk.Company{Name: "西湖茶社", Locale: "zh-CN", TimeZone: "Asia/Shanghai"}, Name: "Alice", Email: "alice@tea.example", Password: "longjing before rain"})
	s.must(err)
	s.alice = a.Actor()
	s.bo = s.agent("Bo", "en")
	s.widget, err = s.SaveInbox(ctx, s.alice, desk.SavedInbox{Channel: desk.Webchat, Name: "Shop widget", Enabled: true, Settings: desk.Widget{}})
	s.must(err)
	assets, err := view.NewAssets(fstest.MapFS{})
	s.must(err)
	views, err := view.New(os.DirFS("../../views"), assets)
	s.must(err)
	s.push, err = New(ctx, s.Desk, Options{Translate: views.T, Say: func(lang string, n *desk.Notification) (string, string) {
		return n.Say(func(key string, args ...any) string { return views.T(lang, key, args...) })
	}, Looking: s.isLooking, Guard: &netguard.Guard{AllowPrivate: true}, Contact: "desk@tea.example", Log: log})
	s.must(err)
	s.follow()
	return s
}

func (s *shop) follow() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	var once sync.Once
	began := make(chan struct{})
	go func() {
		ended <- s.Follow(ctx, "push", func(ctx context.Context, e desk.Event) error {
			once.Do(func() { close(began) })
			return s.push.React(ctx, e)
		})
	}()
	<-began
	s.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Error(err)
		}
	})
}

func (s *shop) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) isLooking(id desk.AgentID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.looking[id]
}

func (s *shop) look(by desk.Actor, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looking[by.Agent()] = on
}

func (s *shop) agent(name, locale string) desk.Actor {
	s.t.Helper()
	a, err := s.CreateAgent(s.t.Context(), s.alice, desk.NewAgent{Email: name + "@tea.example", Name: name, Role: desk.Crew, Password: "oolong and more " + name})
	s.must(err)
	s.must(s.ChangeProfile(s.t.Context(), a.Actor(), desk.Profile{Name: name, Locale: locale, TimeZone: "UTC"}))
	return a.Actor()
}

func (s *shop) visitor(name string) desk.Actor {
	s.t.Helper()
	_, c, err := s.Enter(s.t.Context(), desk.System, desk.Visit{Profile: desk.CustomerChange{Name: &name}})
	s.must(err)
	return desk.AsCustomer(c.ID)
}

func (s *shop) say(v desk.Actor, text string) desk.ConversationID {
	s.t.Helper()
	m, err := s.Receive(s.t.Context(), v, desk.Incoming{InboxID: s.widget.ID, Text: text})
	s.must(err)
	return m.ConversationID
}

// browser gives an agent a browser.
func (s *shop) browser(by desk.Actor) *browser {
	s.t.Helper()
	b := newBrowser(s.t, s.push.Key)
	s.must(s.push.Subscribe(s.t.Context(), by, b.subscription()))
	return b
}

// wait lets time pass after the followers have read the log, and sends what is due then.
func (s *shop) wait(d time.Duration) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	s.must(s.Settle(ctx))
	s.now.Add(d.Milliseconds())
	_, err := s.push.Send(ctx)
	s.must(err)
}

func (s *shop) count(what string) (n int) {
	s.t.Helper()
	s.must(s.DB().Readers().QueryRow("select count(*) from " + what).Scan(&n))
	return n
}

func only(t *testing.T, got []pushed) pushed {
	t.Helper()
	if len(got) != 1 {
		t.Fatalf("%d notifications, want 1: %+v", len(got), got)
	}
	return got[0]
}

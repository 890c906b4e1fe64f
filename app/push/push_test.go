package push

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
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
	t.Cleanup(func() { s.Desk.Close() })
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
	s.push, err = New(ctx, s.Desk, Options{Translate: views.T, Looking: s.isLooking, Guard: &netguard.Guard{AllowPrivate: true}, Contact: "desk@tea.example", Log: log})
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
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
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

func TestWhoWaitsIsToldToAll(t *testing.T) {
	s := open(t)
	alice, bo := s.browser(s.alice), s.browser(s.bo)
	id := s.say(s.visitor("李梅"), "你好，明前龙井到货了吗？")
	s.wait(together)
	p := only(t, bo.shown())
	if p.Title != "李梅 is waiting" || p.Body != "你好，明前龙井到货了吗？" || p.URL != "/conversations/"+id.String() || p.Unread != 1 || p.Lang != "en" {
		t.Errorf("Bo gets %+v", p)
	}
	if p.Tag != "conversation-"+id.String() || p.topic != p.Tag || p.urgency != "high" || p.ttl != "86400" {
		t.Errorf("the push service is told %+v", p)
	}
	if p := only(t, alice.shown()); p.Title != "李梅 正在等待接入" || p.Lang != "zh-CN" {
		t.Errorf("Alice gets %+v", p)
	}
}

func TestMessagesWithinThreeSecondsAreOne(t *testing.T) {
	s := open(t)
	bo := s.browser(s.bo)
	li := s.visitor("李梅")
	for i := range 5 {
		s.say(li, fmt.Sprintf("line %d", i))
		s.wait(500 * time.Millisecond)
	}
	if got := bo.shown(); len(got) != 0 {
		t.Fatalf("too early: %+v", got)
	}
	s.wait(500 * time.Millisecond)
	if p := only(t, bo.shown()); p.Body != "line 4" || p.Unread != 1 {
		t.Errorf("got %+v", p)
	}
	s.say(li, "and one more")
	s.wait(together)
	if p := only(t, bo.shown()); p.Body != "and one more" {
		t.Errorf("got %+v", p)
	}
}

func TestOnlyThoseInItHearOfTheNextMessage(t *testing.T) {
	s, ctx := open(t), t.Context()
	alice, bo := s.browser(s.alice), s.browser(s.bo)
	li := s.visitor("李梅")
	id := s.say(li, "hello")
	s.wait(0)
	_, err := s.Join(ctx, s.bo, id)
	s.must(err)
	s.wait(together)
	if a, b := alice.shown(), bo.shown(); len(a)+len(b) != 0 {
		t.Errorf("he has joined already: %+v %+v", a, b)
	}
	_, err = s.Reply(ctx, s.bo, id, desk.Draft{Text: "good morning"})
	s.must(err)
	s.say(li, "two tins please")
	s.wait(together)
	if p := only(t, bo.shown()); p.Title != "李梅" || p.Body != "two tins please" {
		t.Errorf("Bo gets %+v", p)
	}
	if got := alice.shown(); len(got) != 0 {
		t.Errorf("Alice is not in it, and gets %+v", got)
	}
}

func TestNothingForThoseWhoLook(t *testing.T) {
	s := open(t)
	alice, bo := s.browser(s.alice), s.browser(s.bo)
	s.look(s.bo, true)
	li := s.visitor("李梅")
	s.say(li, "hello")
	s.wait(time.Second)
	s.look(s.alice, true) // she opened the console while it was on its way
	s.wait(together)
	if a, b := alice.shown(), bo.shown(); len(a)+len(b) != 0 {
		t.Errorf("got %+v %+v", a, b)
	}
	if n := s.count("pushes"); n != 0 {
		t.Errorf("%d still wait", n)
	}
}

func TestWhispersAndAnswersArePushedToNobody(t *testing.T) {
	s, ctx := open(t), t.Context()
	alice, bo := s.browser(s.alice), s.browser(s.bo)
	id := s.say(s.visitor("李梅"), "hello")
	for _, by := range []desk.Actor{s.alice, s.bo} {
		_, err := s.Join(ctx, by, id)
		s.must(err)
	}
	_, err := s.Reply(ctx, s.bo, id, desk.Draft{Text: "a whisper", Internal: true})
	s.must(err)
	_, err = s.Reply(ctx, s.bo, id, desk.Draft{Text: "an answer"})
	s.must(err)
	s.wait(together)
	if a, b := alice.shown(), bo.shown(); len(a)+len(b) != 0 {
		t.Errorf("got %+v %+v", a, b)
	}
}

func TestATeamsQueueIsItsOwn(t *testing.T) {
	s, ctx := open(t), t.Context()
	alice, bo := s.browser(s.alice), s.browser(s.bo)
	team, err := s.SaveTeam(ctx, s.alice, desk.Team{Name: "Sales", Assignment: "collaboration", MemberIDs: []desk.AgentID{s.alice.Agent()}})
	s.must(err)
	_, err = s.SaveInbox(ctx, s.alice, desk.SavedInbox{ID: s.widget.ID, Channel: desk.Webchat, Name: "Shop widget", Enabled: true, TeamID: team.ID, Settings: desk.Widget{}})
	s.must(err)
	id := s.say(s.visitor("李梅"), "hello")
	s.wait(together)
	only(t, alice.shown())
	if got := bo.shown(); len(got) != 0 {
		t.Errorf("Bo is not of the team, and gets %+v", got)
	}
	_, err = s.Assign(ctx, s.alice, id, team.ID, s.bo.Agent())
	s.must(err)
	s.wait(together)
	if p := only(t, bo.shown()); p.Title != "Assigned to you: 李梅" {
		t.Errorf("got %+v", p)
	}
	// What he may not see any more is not told, although it was noted.
	s.must(s.push.React(ctx, desk.Event{ID: 1 << 40, At: s.Clock(), Name: desk.ConversationAssigned, ConversationID: id, SubjectID: int64(s.bo.Agent())}))
	_, err = s.Leave(ctx, s.bo, id)
	s.must(err)
	s.wait(together)
	if got := bo.shown(); len(got) != 0 {
		t.Errorf("after he left: %+v", got)
	}
}

func TestAMailIsANewTicket(t *testing.T) {
	s, ctx := open(t), t.Context()
	bo := s.browser(s.bo)
	box, err := s.SaveInbox(ctx, s.alice, desk.SavedInbox{Channel: desk.Email, Name: "Support", Enabled: true, Settings: desk.Mailbox{Address: "support@tea.example"}})
	s.must(err)
	mail := desk.Incoming{InboxID: box.ID, Ticket: &desk.NewTicket{Subject: "A broken\r\n lid", Origin: "mail"}, Identity: desk.Identity{Channel: desk.Email, ExternalID: "mei@post.example"}, Customer: desk.Customer{Email: "mei@post.example"}, Text: "It came broken.", ExternalID: "1@post.example"}
	m, err := s.Receive(ctx, desk.System, mail)
	s.must(err)
	s.wait(together)
	if p := only(t, bo.shown()); p.Title != "New ticket #1: A broken lid" || p.Body != "It came broken." || p.URL != "/tickets/1" || p.urgency != "normal" {
		t.Errorf("got %+v", p)
	}
	mail.ConversationID, mail.Ticket, mail.ExternalID, mail.Meta.Auto = m.ConversationID, nil, "2@post.example", true
	_, err = s.Receive(ctx, desk.System, mail)
	s.must(err)
	s.wait(together)
	if got := bo.shown(); len(got) != 0 {
		t.Errorf("an automatic mail disturbs: %+v", got)
	}
}

func TestOldNewsIsNoNews(t *testing.T) {
	s := open(t)
	bo := s.browser(s.bo)
	s.say(s.visitor("李梅"), "hello")
	events, err := s.EventsAfter(t.Context(), desk.System, 0, 1000)
	s.must(err)
	s.wait(together)
	only(t, bo.shown())
	s.now.Add(tooOld.Milliseconds())
	for _, e := range events {
		s.must(s.push.React(t.Context(), e))
	}
	s.wait(together)
	if got := bo.shown(); len(got) != 0 {
		t.Errorf("a replay pushed %+v", got)
	}
	s.say(s.visitor("Wu"), "hello") // and what could not be sent for two minutes
	s.wait(tooOld + time.Second)
	if got := bo.shown(); len(got) != 0 {
		t.Errorf("after two minutes: %+v", got)
	}
}

func TestGoneBrowsersAreForgotten(t *testing.T) {
	for _, status := range []int{http.StatusNotFound, http.StatusGone} {
		s := open(t)
		bo, other := s.browser(s.bo), s.browser(s.bo)
		bo.answer(status)
		s.say(s.visitor("李梅"), "hello")
		s.wait(together)
		if n := s.count("push_subscriptions"); n != 1 {
			t.Errorf("%d: %d browsers are left, want 1", status, n)
		}
		only(t, other.shown())
	}
}

func TestTroubleIsKeptAndTriedAgain(t *testing.T) {
	s := open(t)
	bo := s.browser(s.bo)
	bo.answer(http.StatusBadGateway)
	s.say(s.visitor("李梅"), "hello")
	s.wait(together)
	list, err := s.push.Browsers(t.Context(), s.bo)
	s.must(err)
	if len(list) != 1 || !strings.HasPrefix(list[0].Error, "502 ") || list[0].Service != "127.0.0.1" {
		t.Errorf("his browsers: %+v", list)
	}
	bo.answer(http.StatusCreated)
	s.wait(10 * time.Second)
	only(t, bo.shown())
	if list, _ = s.push.Browsers(t.Context(), s.bo); list[0].Error != "" {
		t.Errorf("after a good one: %+v", list)
	}
	bo.answer(http.StatusForbidden)
	s.say(s.visitor("Wu"), "hello")
	s.wait(together)
	if n := s.count("pushes"); n != 0 {
		t.Error("what is refused for good is tried again")
	}
}

func TestAddressesInsideTheNetworkAreRefused(t *testing.T) {
	s := open(t)
	s.push.Guard = &netguard.Guard{}
	s.push.http = newClient(s.push.Guard)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	s.must(err)
	defer l.Close()
	reached := make(chan struct{}, 1)
	go func() {
		if c, err := l.Accept(); err == nil {
			c.Close()
			reached <- struct{}{}
		}
	}()
	sub := newBrowser(t, s.push.Key).subscription()
	if err := s.push.Subscribe(t.Context(), s.bo, sub); err == nil {
		t.Error("an address without encryption was taken")
	}
	sub.Endpoint = "https://" + l.Addr().String() + "/secret-path"
	s.must(s.push.Subscribe(t.Context(), s.bo, sub))
	s.say(s.visitor("李梅"), "hello")
	s.wait(together)
	list, err := s.push.Browsers(t.Context(), s.bo)
	s.must(err)
	if !strings.Contains(list[0].Error, "not a public address") || strings.Contains(list[0].Error, "secret-path") {
		t.Errorf("the error is %q", list[0].Error)
	}
	if err := s.push.Test(t.Context(), s.bo); err == nil || strings.Contains(s.log.String(), "secret-path") {
		t.Errorf("test: %v; log: %s", err, s.log.String())
	}
	select {
	case <-reached:
		t.Error("it was connected to")
	default:
	}
}

func TestSubscriptions(t *testing.T) {
	s, ctx := open(t), t.Context()
	b := newBrowser(t, s.push.Key)
	for name, spoil := range map[string]func(*Subscription){
		"no address":      func(s *Subscription) { s.Endpoint = "" },
		"a script":        func(s *Subscription) { s.Endpoint = "javascript:alert(1)" },
		"a password":      func(s *Subscription) { s.Endpoint = "https://a:b@push.example/1" },
		"a long address":  func(s *Subscription) { s.Endpoint += strings.Repeat("a", 2000) },
		"no point":        func(s *Subscription) { s.Keys.P256dh = "AAAA" },
		"off the curve":   func(s *Subscription) { s.Keys.P256dh = "B" + strings.Repeat("A", 86) },
		"a short secret":  func(s *Subscription) { s.Keys.Auth = "AAAA" },
		"a broken secret": func(s *Subscription) { s.Keys.Auth = "§" },
	} {
		sub := b.subscription()
		spoil(&sub)
		if err := s.push.Subscribe(ctx, s.bo, sub); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	sub := b.subscription()
	s.must(s.push.Subscribe(ctx, s.bo, sub))
	s.must(s.push.Subscribe(ctx, s.bo, sub))
	if n := s.count("push_subscriptions"); n != 1 {
		t.Errorf("%d rows of one browser", n)
	}
	s.say(s.visitor("李梅"), "for Bo's eyes")
	s.wait(0)
	s.must(s.push.Subscribe(ctx, s.alice, sub)) // Alice logs in on the same machine
	s.wait(together)
	if got := b.shown(); len(got) != 0 {
		t.Errorf("the next one at the machine gets %+v", got)
	}
	s.must(s.push.Unsubscribe(ctx, s.bo, sub.Endpoint))
	if n := s.count("push_subscriptions"); n != 1 {
		t.Error("Bo took Alice's browser away")
	}
	s.must(s.push.Unsubscribe(ctx, s.alice, sub.Endpoint))
	for range perAgent + 5 {
		s.must(s.push.Subscribe(ctx, s.bo, b.subscription()))
	}
	if n := s.count("push_subscriptions"); n != perAgent {
		t.Errorf("%d browsers of one agent", n)
	}
	if err := s.push.Subscribe(ctx, s.visitor("李梅"), b.subscription()); err == nil {
		t.Error("a customer subscribed")
	}
	if _, err := Read(strings.NewReader("{")); err == nil {
		t.Error("broken JSON was taken")
	}
}

func TestPushesEndWithTheLogIn(t *testing.T) {
	s, ctx := open(t), t.Context()
	token, _, err := s.LogIn(ctx, desk.System, desk.Credentials{Email: "bo@tea.example", Password: "oolong and more Bo", IP: "127.0.0.1"})
	s.must(err)
	session, _, err := s.Session(ctx, desk.System, token)
	s.must(err)
	b := newBrowser(t, s.push.Key)
	sub := b.subscription()
	sub.Session = session.ID
	s.must(s.push.Subscribe(ctx, s.bo, sub))
	s.must(s.push.Test(ctx, s.bo))
	if p := only(t, b.shown()); p.Title != "Notifications work" {
		t.Errorf("got %+v", p)
	}
	s.must(s.EndSession(ctx, s.bo, session.ID))
	s.say(s.visitor("李梅"), "hello")
	s.wait(together)
	if got := b.shown(); len(got) != 0 {
		t.Errorf("after log-out: %+v", got)
	}
	if err := s.push.Test(ctx, s.bo); err == nil {
		t.Error("a test without a browser passed")
	}
}

func TestKeysStay(t *testing.T) {
	s := open(t)
	again, err := New(t.Context(), s.Desk, s.push.Options)
	s.must(err)
	if again.Key() != s.push.Key() || len(again.Key()) != 87 {
		t.Errorf("%q, then %q", s.push.Key(), again.Key())
	}
	private, err := decode(s.push.keys.Private)
	s.must(err)
	file, err := os.ReadFile(filepath.Clean(s.DB().Path() + "-wal"))
	s.must(err)
	if bytes.Contains(file, private) || bytes.Contains(file, []byte(s.push.keys.Private)) {
		t.Error("the private key lies open in the database")
	}
}

func TestRunSends(t *testing.T) {
	s := open(t)
	s.real.Store(true)
	bo := s.browser(s.bo)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.push.Run(ctx) }()
	begin := time.Now()
	s.say(s.visitor("李梅"), "hello")
	for len(bo.peek()) == 0 {
		if time.Since(begin) > 20*time.Second {
			t.Fatal("nothing came")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if took := time.Since(begin); took < together-100*time.Millisecond {
		t.Errorf("after %v", took)
	}
	cancel()
	s.must(<-ended)
}

func (b *browser) peek() []pushed {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.got
}

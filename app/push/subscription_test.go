package push

import (
	"bytes"
	"encoding/base64"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deskbell/app/desk"
	"deskbell/app/netguard"
)

func TestAddressesInsideTheNetworkAreRefused(t *testing.T) {
	s := open(t)
	s.push.Guard = &netguard.Guard{}
	s.push.http = newClient(s.push.Guard)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	s.must(err)
	defer l.Close()
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
	own, err := net.Dial("tcp", l.Addr().String())
	s.must(err)
	defer own.Close()
	first, err := l.Accept()
	s.must(err)
	defer first.Close()
	if first.RemoteAddr().String() != own.LocalAddr().String() {
		t.Error("it was connected to")
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
	var kept string
	s.must(s.DB().Readers().QueryRow("select value ->> '$' from settings where name = 'secret.push'").Scan(&kept))
	sealed, err := base64.StdEncoding.DecodeString(kept)
	s.must(err)
	file, err := os.ReadFile(filepath.Clean(s.DB().Path() + "-wal"))
	s.must(err)
	if !bytes.Contains(file, []byte(kept)) {
		t.Fatal("the keys are not in the log: nothing would be shown")
	}
	for _, in := range [][]byte{file, sealed} {
		if bytes.Contains(in, private) || bytes.Contains(in, []byte(s.push.keys.Private)) {
			t.Error("the private key lies open in the database")
		}
	}
}

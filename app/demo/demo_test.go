package demo

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"deskbell/app/desk"
)

// Whoever tries the demo, at whatever hour, finds something on every page that shows what the desk can do.
func TestTheShopIsAlive(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	d, err := desk.Open(ctx, t.TempDir(), desk.Key{1}, slog.New(slog.DiscardHandler))
	must(err)
	defer d.Close()
	d.Hashing = desk.Hashing{Passes: 1, KiB: 8}
	present, err := time.Parse(time.RFC3339, "2026-03-29T16:05:00Z") // five minutes after midnight in the shop
	must(err)
	d.Clock = func() time.Time { return present }
	m, err := Start(ctx, d, nil)
	must(err)
	defer m.mail.Close()
	alice, err := d.AgentByEmail(ctx, desk.System, Login)
	must(err)

	count := func(name string, least, n int, err error) {
		t.Helper()
		must(err)
		if n < least {
			t.Errorf("%s: %d, at least %d are to be there", name, n, least)
		}
	}
	by := alice.Actor()
	teams, err := d.Teams(ctx, by)
	count("teams", 3, len(teams), err)
	canned, err := d.CannedResponses(ctx, by)
	count("canned responses", 10, len(canned), err)
	rules, err := d.Rules(ctx, by)
	count("rules", 4, len(rules), err)
	packs, err := d.StickerPacks(ctx, by)
	count("sticker packs", 1, len(packs), err)
	views, err := d.SavedViews(ctx, by)
	count("saved views", 2, len(views), err)
	for name, l := range map[string]desk.ConversationList{
		"waiting chats": {Kind: "chat", View: "waiting"}, "open chats": {Kind: "chat", View: "open"}, "closed chats": {Kind: "chat", View: "closed"}, "tickets": {Kind: "ticket"},
	} {
		l.Limit = 50
		list, _, err := d.Conversations(ctx, by, l)
		count(name, 1, len(list), err)
		for _, c := range list {
			if c.LastAt.After(present) {
				t.Errorf("%s: somebody wrote at %v, which is to come", name, c.LastAt)
			}
		}
	}
	// Everything is told in the order in which it happened.
	events, err := d.EventsAfter(ctx, desk.System, 0, 5000)
	count("events", 200, len(events), err)
	for i := 1; i < len(events); i++ {
		if events[i].At.Before(events[i-1].At) {
			t.Fatalf("%s at %v is told after %s at %v", events[i].Name, events[i].At, events[i-1].Name, events[i-1].At)
		}
	}
}

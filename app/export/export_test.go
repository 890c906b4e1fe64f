package export

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"deskbell/app/desk"
	"deskbell/app/sheet"
	"deskbell/app/view"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestExport: who asks gets a file of what he served, made once however often the log is told; nobody else can have it, and after a week
// nobody can.
func TestExport(t *testing.T) {
	ctx := t.Context()
	d, err := desk.Open(ctx, t.TempDir(), desk.Key{1}, slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(func() { must(t, errors.Join(d.Check(context.Background()), d.Close())) })
	now := time.Date(2026, 4, 12, 6, 0, 0, 0, time.UTC)
	d.Clock = func() time.Time { return now }
	assets, err := view.NewAssets(fstest.MapFS{})
	must(t, err)
	views, err := view.New(os.DirFS("../../views"), assets)
	must(t, err)
	admin, err := d.SetUp(ctx, desk.System, desk.Setup{Company: desk.Company{Name: "West Lake Tea", Locale: "en", TimeZone: "Asia/Shanghai"}, Name: "Alice", Email: "alice@tea.example", Password: "longjing before rain"})
	must(t, err)
	crew := func(name string) desk.Actor {
		a, err := d.CreateAgent(ctx, admin.Actor(), desk.NewAgent{Email: name + "@tea.example", Name: name, Password: "oolong and more " + name, Role: desk.Crew})
		must(t, err)
		return a.Actor()
	}
	bo, chen := crew("bo"), crew("chen")
	widget, err := d.SaveInbox(ctx, admin.Actor(), desk.SavedInbox{Channel: desk.Webchat, Name: "Shop", Enabled: true, Settings: desk.Widget{}})
	must(t, err)
	name := "=cmd()"
	_, c, err := d.Enter(ctx, desk.System, desk.Visit{Profile: desk.CustomerChange{Name: &name}})
	must(t, err)
	m, err := d.Receive(ctx, desk.AsCustomer(c.ID), desk.Incoming{InboxID: widget.ID, Text: "Where is my tea?"})
	must(t, err)
	_, err = d.Join(ctx, bo, m.ConversationID)
	must(t, err)
	for _, draft := range []desk.Draft{{Text: "On its way"}, {Text: "he is rude", Internal: true}} {
		_, err = d.Reply(ctx, bo, m.ConversationID, draft)
		must(t, err)
	}
	_, err = d.CloseConversation(ctx, bo, m.ConversationID)
	must(t, err)

	x := New(d, views)
	tell := func() { // all of the log, as it is told after a crash
		events, err := d.EventsAfter(ctx, desk.System, 0, 1000)
		must(t, err)
		for _, e := range events {
			must(t, x.React(ctx, e))
		}
	}
	for _, format := range []string{"csv", "xlsx"} {
		asked, err := d.AskExport(ctx, bo, desk.EndedList{}, format, "")
		must(t, err)
		if _, _, err := d.TakeExport(ctx, bo, asked.ID); !desk.IsNotFound(err) {
			t.Errorf("before it is made: %v", err)
		}
		tell()
		tell()
		done, file, err := d.TakeExport(ctx, bo, asked.ID)
		must(t, err)
		b, err := io.ReadAll(file)
		must(t, err)
		rows, err := sheet.Read(b)
		if err != nil {
			t.Fatalf("%s: %v: %.100q", format, err, b)
		}
		if done.Rows != 1 || done.Size != int64(len(b)) || len(rows) != 2 || len(rows[0]) != 17 {
			t.Fatalf("%s: %+v, %q", format, done, rows)
		}
		if row := rows[1]; row[0] != m.ConversationID.String() || row[1] != c.PublicID || row[2] != name || row[3] != "3" || row[4] != "bo" || row[9] != "2026-04-12 14:00:00" || row[10] != "no" ||
			row[15] != "2026-04-12 14:00:00 =cmd(): Where is my tea?\n2026-04-12 14:00:00 bo: On its way" {
			t.Errorf("%s: %q", format, row)
		}
		if format == "csv" && !strings.Contains(string(b), "'=cmd()") {
			t.Errorf("a cell is a formula: %q", b)
		}
		if _, _, err := d.TakeExport(ctx, chen, asked.ID); !desk.IsNotFound(err) {
			t.Errorf("another has it: %v", err)
		}
		if _, _, err := d.TakeExport(ctx, admin.Actor(), asked.ID); err != nil {
			t.Errorf("an admin: %v", err)
		}
	}
	_, err = d.AskExport(ctx, chen, desk.EndedList{}, "csv", "")
	must(t, err)
	tell()
	if list, _, err := d.Exports(ctx, chen, 0, 10); err != nil || len(list) != 1 || list[0].Rows != 0 || list[0].State != "ready" {
		t.Errorf("Chen, who served nobody: %+v, %v", list, err)
	}
	now = now.Add(desk.ExportFor + time.Second)
	swept, err := d.Expire(ctx, desk.System)
	must(t, err)
	list, _, err := d.Exports(ctx, bo, 0, 10)
	must(t, err)
	if swept.Exports != 3 || len(list) != 2 || list[0].Kept || list[0].Taken != 2 || list[0].Size == 0 {
		t.Errorf("after a week: %+v, %+v", swept, list[0])
	}
	if _, err := d.AskExport(ctx, desk.AsCustomer(c.ID), desk.EndedList{}, "csv", ""); !errors.Is(err, desk.Forbidden) {
		t.Errorf("a customer asks: %v", err)
	}
	for n := range 4 {
		_, err := d.AskExport(ctx, bo, desk.EndedList{}, "csv", "")
		var full *desk.Error
		if n == 3 && (!errors.As(err, &full) || full.Key != "error.exports_waiting") || n < 3 && err != nil {
			t.Errorf("the %dth at once: %v", n+1, err)
		}
	}
}

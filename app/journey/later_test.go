package journey

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"deskbell/app/desk"
)

// in opens the program's folder while it does not run.
func (p *program) in(do func(context.Context, *desk.Desk)) {
	p.t.Helper()
	key, err := desk.ReadKey(programKey, "")
	must(p.t, err)
	d, err := desk.Open(p.t.Context(), p.data, key, slog.New(slog.DiscardHandler))
	must(p.t, err)
	do(p.t.Context(), d)
	must(p.t, d.Close())
}

// waiting is how many answers have not gone out.
func (p *program) waiting() (n int) {
	p.t.Helper()
	p.in(func(ctx context.Context, d *desk.Desk) {
		must(p.t, d.DB().Readers().QueryRowContext(ctx, "select count(*) from planned where state = 'due'").Scan(&n))
	})
	return n
}

// Answers that are planned for these very seconds, and a transfer that falls due among them, while the program is killed again and
// again: each answer goes out once, and the transfer ends once.
func TestWhatFallsDueIsDoneOnceWhateverIsKilled(t *testing.T) {
	const planned, apart = 150, 10 * time.Millisecond
	_, err := built() // now, so that it takes nothing of the seconds in which things fall due
	must(t, err)
	p := newProgram(t)
	p.company()
	var id desk.ConversationID
	var last time.Time
	p.in(func(ctx context.Context, d *desk.Desk) {
		agents, err := d.Agents(ctx, desk.System)
		must(t, err)
		alice := agents[0].Actor()
		bo, err := d.CreateAgent(ctx, alice, desk.NewAgent{Email: "bo@tea.example", Name: "Bo", Role: desk.Crew, Password: password})
		must(t, err)
		must(t, d.Connected(ctx, desk.System, bo.ID, true))
		boxes, err := d.Inboxes(ctx, alice, desk.Webchat)
		must(t, err)
		_, maria, err := d.Enter(ctx, desk.System, desk.Visit{URL: "https://shop.example/"})
		must(t, err)
		got, err := d.Receive(ctx, desk.AsCustomer(maria.ID), desk.Incoming{InboxID: boxes[0].ID, Text: "hello"})
		must(t, err)
		id = got.ConversationID
		_, err = d.Join(ctx, alice, id)
		must(t, err)
		for n := range planned {
			_, _, err := d.Submit(ctx, alice, id, desk.Draft{Text: fmt.Sprint("answer ", n), ClientID: fmt.Sprint(n)}, desk.When{At: time.Now().Add(time.Hour + time.Duration(n)*time.Second)})
			must(t, err)
		}
		_, err = d.Transfer(ctx, alice, id, desk.Handover{AgentID: bo.ID, Ask: true})
		must(t, err)
		must(t, d.Write(ctx, desk.System, func(tx *desk.Tx) error {
			first := time.Now().Add(200 * time.Millisecond)
			last = first.Add(planned * apart)
			if _, err := tx.Exec("update planned set due_at = ? + ? * cast(client_id as integer)", first.UnixMilli(), apart.Milliseconds()); err != nil {
				return err
			}
			_, err := tx.Exec("update transfers set due_at = ?", first.Add(planned/2*apart).UnixMilli())
			return err
		}))
	})
	lives := 0
	for ; lives < 3 || time.Now().Before(last) || p.waiting() == planned; lives++ { // on a slow machine a life must be longer to be of use
		p.start()
		pause(t.Context(), time.Duration(lives+1)*50*time.Millisecond)
		p.kill()
	}
	p.in(func(ctx context.Context, d *desk.Desk) {
		count := func() (sent, ended int) {
			list, _, err := d.Messages(ctx, desk.System, id, desk.MessageList{Limit: 2 * planned})
			must(t, err)
			times := map[string]int{}
			for _, m := range list {
				if m.AuthorKind == desk.ByAgent && !m.IsEvent() {
					if times[m.Text]++; times[m.Text] > 1 {
						t.Errorf("%q went out %d times", m.Text, times[m.Text])
					}
				}
				if m.Meta.Event == desk.TransferTimedOut {
					ended++
				}
			}
			return len(times), ended
		}
		before, _ := count()
		_, err := d.Due(ctx, desk.System, true)
		must(t, err)
		sent, ended := count()
		if sent != planned || ended != 1 {
			t.Errorf("%d of %d answers went out, the transfer ended %d times", sent, planned, ended)
		}
		if before == 0 {
			t.Errorf("%d were sent in %d lives: this tried nothing", before, lives)
		}
		t.Logf("%d of %d were sent in %d lives that were cut short", before, planned, lives)
		must(t, d.Check(ctx))
	})
}

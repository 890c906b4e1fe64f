package journey

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"deskbell/app"
	"deskbell/app/api"
	"deskbell/app/apptest/badline"
	"deskbell/app/apptest/client"
	"deskbell/app/channel/webchat"
	"deskbell/app/desk"
	"deskbell/app/wire"
)

// patient lets people of a test write as fast as they can, and try again on a bad line as often as they must.
var patient = app.Config{
	ChatLimits: webchat.Limits{Sessions: plenty, Calls: plenty, Messages: plenty, Files: plenty, Small: plenty},
	APILimits:  api.Limits{Calls: 1_000_000, Wrongs: 1_000},
}

var plenty = webchat.Allowance{N: 1_000_000, Each: time.Microsecond}

// line is a way to the house that a test can break.
func (h *house) line(seed uint64) *badline.Line {
	h.t.Helper()
	return badline.New(h.t, h.server.Listener.Addr().String(), seed)
}

func (h *house) visitor(url string) *client.Visitor {
	h.t.Helper()
	v, err := client.Enter(h.t.Context(), url, h.widget.PublicID)
	must(h.t, err)
	return v
}

func (h *house) agent(url string, who desk.Actor) *client.Agent {
	h.t.Helper()
	token, err := h.Desk.CreateToken(h.t.Context(), who, who.Agent(), "journey")
	must(h.t, err)
	return &client.Agent{Client: client.Client{URL: url, Token: token}}
}

// Both write at once over lines that break in the middle of what they say. In the end both have the same messages, in the same
// order, none twice and none missing; and what was whispered never left the house.
func TestABadLineLosesNothingOnEitherSide(t *testing.T) {
	const each = 40
	h := begin(t, patient)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	near, far := h.line(1), h.line(2)
	li, bo := h.visitor("http://"+near.Addr()), h.agent("http://"+far.Addr(), h.bo)
	first, err := li.Say(ctx, "first", "你好")
	must(t, err)
	id := first.ConversationID
	must(t, bo.Join(ctx, id))
	hers, his := li.Listen(ctx), bo.Listen(ctx, li.Start)

	near.Break(6000)
	far.Break(6000)
	said := make([][]string, 2)
	var writing sync.WaitGroup
	writing.Go(func() {
		for n := range each {
			m, err := li.Say(ctx, fmt.Sprint("li-", n), fmt.Sprint("from Li ", n))
			if err != nil {
				t.Errorf("Li's message %d: %v", n, err)
				return
			}
			said[0] = append(said[0], m.ID)
		}
	})
	writing.Go(func() {
		for n := range each {
			whisper := n%4 == 3
			m, err := bo.Reply(ctx, id, fmt.Sprint("bo-", n), fmt.Sprint("from Bo ", n), whisper)
			if err != nil {
				t.Errorf("Bo's message %d: %v", n, err)
				return
			}
			if !whisper {
				said[1] = append(said[1], m.ID)
			}
		}
	})
	writing.Wait()
	near.Mend()
	far.Mend()

	stored, err := bo.Messages(ctx, id)
	must(t, err)
	public := slices.DeleteFunc(slices.Clone(stored), func(m wire.Message) bool { return m.Visibility != "public" })
	must(t, hers.Await(ctx, func(got []wire.Message) bool { return len(got) >= len(public) }))
	must(t, his.Await(ctx, func(got []wire.Message) bool { return len(got) >= len(stored) }))
	history, err := li.History(ctx)
	must(t, err)
	same(t, "Li's stream and the house", keys(hers.Messages()), keys(public))
	same(t, "Li's history and the house", keys(history), keys(public))
	same(t, "Bo's stream and the house", keys(his.Messages()), keys(stored))
	for i, m := range stored {
		if m.Seq != int64(i+1) {
			t.Errorf("message %d of the conversation has the place %d", i+1, m.Seq)
		}
	}
	for _, m := range append(hers.Messages(), history...) {
		if m.Visibility != "public" {
			t.Errorf("Li was shown the whisper %q", m.Text)
		}
	}
	ids := keys(public)
	for who, list := range said {
		if len(list) != each-who*each/4 {
			t.Errorf("person %d had %d messages acknowledged", who, len(list))
		}
		for _, id := range list {
			if n := strings.Count(strings.Join(ids, "\n")+"\n", " "+id+" "); n != 1 {
				t.Errorf("message %s, which was acknowledged, is there %d times", id, n)
			}
		}
	}
	for _, f := range append(hers.Faults(), his.Faults()...) {
		t.Error(f)
	}
	if near.Fails() < 5 || far.Fails() < 5 {
		t.Errorf("the lines broke only %d and %d times: this tried nothing", near.Fails(), far.Fails())
	}
	t.Logf("lines broke %d and %d times; streams were opened %d and %d times", near.Fails(), far.Fails(), hers.Breaks(), his.Breaks())
}

// keys is what must be the same for everyone: place, id, author, text.
func keys(list []wire.Message) (out []string) {
	for _, m := range list {
		out = append(out, fmt.Sprintf("%s/%d %s %s %s", m.ConversationID, m.Seq, m.ID, m.Author.Type, m.Text))
	}
	return out
}

func same(t testing.TB, what string, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	n := 0
	for n < min(len(got), len(want)) && got[n] == want[n] {
		n++
	}
	at := func(list []string) string {
		if n < len(list) {
			return list[n]
		}
		return "nothing"
	}
	t.Errorf("%s differ: %d and %d messages; number %d is %q, want %q", what, len(got), len(want), n+1, at(got), at(want))
}

// pick takes one of a list.
func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

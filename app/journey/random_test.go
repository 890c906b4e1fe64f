package journey

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"deskbell/app/apptest/client"
	"deskbell/app/desk"
	"deskbell/app/wire"
)

// play is how long people do as they like.
func play() time.Duration { return max(3*time.Second, soak()) }

// Visitors and agents do at random what they may and what they may not. Whatever they do: every message that was acknowledged is
// there once, everyone's stream told him just what he may see, once and in order, and the desk's own books are right.
func TestPeopleAtRandom(t *testing.T) {
	const visitors = 8
	h := begin(t, patient)
	ctx, cancel := context.WithTimeout(t.Context(), play()+5*time.Minute)
	defer cancel()
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("SEED=%d", seed)
	team, err := h.Desk.SaveTeam(ctx, h.alice, desk.Team{Name: "Export", Assignment: "collaboration", MemberIDs: []desk.AgentID{h.alice.Agent()}})
	must(t, err)
	g := &crowd{house: h, team: team.ID.String(), acknowledged: map[string]string{}}
	var guests []*guest
	for range visitors {
		v := h.visitor(h.url)
		guests = append(guests, &guest{Visitor: v, stream: v.Listen(ctx)})
	}
	crew := []*client.Agent{h.agent(h.url, h.alice), h.agent(h.url, h.bo)}
	all := crew[0].Listen(ctx, guests[0].Start)

	stop := time.Now().Add(play())
	var playing sync.WaitGroup
	for i, v := range guests {
		playing.Go(func() { g.visit(ctx, rand.New(rand.NewPCG(seed, uint64(i))), v, stop) })
	}
	for i, a := range crew {
		playing.Go(func() { g.serve(ctx, rand.New(rand.NewPCG(seed, uint64(100+i))), a, i, stop) })
	}
	playing.Wait()
	must(t, h.Desk.Settle(ctx))
	g.audit(ctx, guests, crew[0], all)
}

type guest struct {
	*client.Visitor
	stream *client.Stream
}

type crowd struct {
	*house
	team string

	mu           sync.Mutex
	acknowledged map[string]string // message id → text
}

func (g *crowd) stored(m wire.Message) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.acknowledged[m.ID] = m.Text
}

// allowed are the answers to things that may have become impossible meanwhile; anything else is a fault.
func (g *crowd) allowed(err error, codes ...int) {
	var s *client.Status
	if err == nil || errors.As(err, &s) && slices.Contains(codes, s.Code) {
		return
	}
	g.t.Error(err)
}

func (g *crowd) visit(ctx context.Context, r *rand.Rand, v *guest, stop time.Time) {
	last := "never"
	for n := 0; time.Now().Before(stop); n++ {
		switch r.IntN(12) {
		case 0:
			g.allowed(v.Call(ctx, http.MethodPost, "/visitor/v1/leave", nil, nil))
		case 1:
			g.allowed(v.Call(ctx, http.MethodPost, "/visitor/v1/typing", map[string]bool{"typing": true}, nil))
		case 2:
			g.allowed(v.Call(ctx, http.MethodPost, "/visitor/v1/read", map[string]any{}, nil))
		case 3: // the same again, as after an answer that was lost
			m, err := v.Say(ctx, last, "again")
			g.allowed(err)
			g.stored(m)
		default:
			last = fmt.Sprint(r.Uint64())
			m, err := v.Say(ctx, last, fmt.Sprint("message ", n))
			g.allowed(err)
			g.stored(m)
		}
	}
}

func (g *crowd) serve(ctx context.Context, r *rand.Rand, a *client.Agent, number int, stop time.Time) {
	for n := 0; time.Now().Before(stop); n++ {
		var list struct{ Items []wire.Conversation }
		if err := a.Call(ctx, http.MethodGet, "/api/v1/conversations?kind=chat&limit=50", nil, &list); err != nil {
			g.t.Error(err)
			return
		}
		if len(list.Items) == 0 {
			continue
		}
		c := pick(r, list.Items)
		path := "/api/v1/conversations/" + c.ID
		switch r.IntN(10) {
		case 0:
			g.allowed(a.Call(ctx, http.MethodPost, path+"/close", nil, nil), 404)
		case 1:
			g.allowed(a.Call(ctx, http.MethodPost, path+"/leave", nil, nil), 404)
		case 2:
			g.allowed(a.Call(ctx, http.MethodPost, path+"/transfer", map[string]string{"team_id": g.team}, nil), 404, 409)
		case 3:
			g.allowed(a.Call(ctx, http.MethodPost, path+"/read", map[string]any{"seq": c.LastSeq}, nil), 404)
		case 4:
			g.allowed(a.Call(ctx, http.MethodPost, path+"/reopen", nil, nil), 404, 409)
		case 5, 6:
			g.allowed(a.Call(ctx, http.MethodPost, path+"/join", nil, nil), 404, 409)
		default:
			m, err := a.Reply(ctx, c.ID, fmt.Sprint("a", number, "-", n), fmt.Sprint("answer ", n), r.IntN(3) == 0)
			g.allowed(err, 404, 409)
			if err == nil {
				g.stored(m)
			}
		}
	}
}

// audit compares what everybody has with what is stored, and the desk's sums with what they are the sums of.
func (g *crowd) audit(ctx context.Context, guests []*guest, admin *client.Agent, all *client.Stream) {
	g.t.Helper()
	there := map[string]int{}
	everything := 0
	for _, v := range guests {
		history, err := v.History(ctx)
		must(g.t, err)
		must(g.t, v.stream.Await(ctx, func(got []wire.Message) bool { return len(got) >= len(history) }))
		same(g.t, "a visitor's stream and his history", keys(v.stream.Messages()), keys(history))
		for _, m := range history {
			if m.Visibility != "public" {
				g.t.Errorf("a visitor was shown the whisper %q", m.Text)
			}
		}
		for _, f := range v.stream.Faults() {
			g.t.Error(f)
		}
	}
	conversations := g.chats(ctx)
	var stored []string
	for _, c := range conversations {
		list, err := admin.Messages(ctx, c.ID.String())
		must(g.t, err)
		for i, m := range list {
			there[m.ID]++
			if m.Seq != int64(i+1) {
				g.t.Errorf("conversation %s: place %d is %d", c.ID, i+1, m.Seq)
			}
		}
		if int64(len(list)) != c.LastSeq {
			g.t.Errorf("conversation %s has %d messages and says %d", c.ID, len(list), c.LastSeq)
		}
		everything += len(list)
		stored = append(stored, keys(list)...)
	}
	must(g.t, all.Await(ctx, func(got []wire.Message) bool { return len(got) >= everything }))
	told := keys(all.Messages())
	slices.Sort(told)
	slices.Sort(stored)
	same(g.t, "an admin's stream and what is stored (sorted)", told, stored)
	for _, f := range all.Faults() {
		g.t.Error(f)
	}
	for id, text := range g.acknowledged {
		if there[id] != 1 {
			g.t.Errorf("message %s (%q) was acknowledged and is there %d times", id, text, there[id])
		}
	}
	g.books(ctx)
	g.t.Logf("%d messages in %d conversations", everything, len(conversations))
}

func (g *crowd) chats(ctx context.Context) (all []*desk.Conversation) {
	g.t.Helper()
	for before := ""; ; {
		list, next, err := g.Desk.Conversations(ctx, g.alice, desk.ConversationList{Kind: "chat", Limit: 200, Before: before})
		must(g.t, err)
		all = append(all, list...)
		if before = next; next == "" {
			return all
		}
	}
}

// books are sentences about the database that have to be empty.
func (g *crowd) books(ctx context.Context) {
	for what, query := range map[string]string{
		"two open chats of one customer":        "select count(*) from (select 1 from conversations where kind = 'chat' and status <> 'closed' group by customer_id, inbox_id having count(*) > 1)",
		"received_count is not the number":      "select count(*) from conversations c where received_count <> (select count(*) from messages m where m.conversation_id = c.id and direction = 'in' and visibility = 'public' and kind <> 'event')",
		"open without anybody in it":            "select count(*) from conversations c where status = 'open' and assignee_id is null",
		"an assignee who is not in it":          "select count(*) from conversations c where status = 'open' and not exists (select 1 from participants p where p.conversation_id = c.id and p.agent_id = c.assignee_id and p.left_at is null)",
		"a message without its event":           "select count(*) from messages m where not exists (select 1 from events e where e.conversation_id = m.conversation_id and e.subject_id = m.id and e.name like 'message.%')",
		"answered more than received":           "select count(*) from conversations where answered_count > received_count",
		"waiting since an answer was given":     "select count(*) from conversations where waiting_since is not null and answered_count = received_count",
		"a foreign key that leads nowhere":      "select count(*) from pragma_foreign_key_check",
		"a follower that set an event aside":    "select count(*) from set_aside_events",
		"a message that the search cannot find": "select count(*) from messages m where kind <> 'event' and text <> '' and recalled_at is null and not exists (select 1 from message_search s where s.rowid = m.id)",
	} {
		var n int
		must(g.t, g.Desk.DB().Readers().QueryRowContext(ctx, query).Scan(&n))
		if n > 0 {
			g.t.Errorf("%s: %d", what, n)
		}
	}
	var word string
	must(g.t, g.Desk.DB().Readers().QueryRowContext(ctx, "pragma integrity_check").Scan(&word))
	if word != "ok" {
		g.t.Error(word)
	}
}

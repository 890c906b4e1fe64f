package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"deskbell/app/desk"
)

// A busy day: so many teams of so many agents, with so many conversations open among them.
const (
	teams   = 20
	perTeam = 10
	talks   = 2000
)

// console measures a busy day: opening the console, and from a visitor's message to the last of his team's consoles while all the
// others are open too.
func (b *bench) console(ctx context.Context) error {
	c, err := b.newCompany(ctx, "console", b.of(talks), teams*perTeam, nil)
	if err != nil {
		return err
	}
	sessions, err := c.busy(ctx)
	if err != nil {
		return err
	}
	p, err := b.serve(ctx, c.dir)
	if err != nil {
		return err
	}
	defer p.stop()
	what := fmt.Sprintf("%d agents in %d teams, %d conversations open: ", len(c.agents), teams, len(c.visitors))
	for _, s := range sessions {
		took, err := opened(ctx, p.addr, s.token, b.of(200))
		if err != nil {
			return err
		}
		b.report.under(figure{Part: "console", What: what + "opening the console, " + s.who + ", p95", Value: ms(took, 95), Unit: "ms"}, 100)
	}
	took, err := c.shown(ctx, p, b.of(500))
	if err != nil {
		return err
	}
	b.report.under(figure{Part: "console", What: what + "POST to the last console of the team, p99", Value: ms(took, 99), Unit: "ms"}, 50)
	return nil
}

// ms is a percentile of sorted times.
func ms(sorted []time.Duration, percent int) float64 {
	return float64(sorted[min(len(sorted)-1, len(sorted)*percent/100)].Microseconds()) / 1000
}

// loggedIn is somebody's cookie.
type loggedIn struct{ who, token string }

// busy puts the agents into teams and lets each visitor open a conversation: the i-th with team i modulo their number.
func (c *company) busy(ctx context.Context) (sessions []loggedIn, err error) {
	key, err := desk.ReadKey(secretKey, "")
	if err != nil {
		return nil, err
	}
	d, err := desk.Open(ctx, c.dir, key, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	agents, err := d.Agents(ctx, desk.System)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(agents, func(a, b *desk.Agent) int { return int(a.ID - b.ID) })
	var ids []desk.TeamID
	for n := range teams {
		t := desk.Team{Name: fmt.Sprint("Team ", n), Assignment: "collaboration"}
		for _, a := range agents[n*perTeam : (n+1)*perTeam] {
			t.MemberIDs = append(t.MemberIDs, a.ID)
		}
		made, err := d.SaveTeam(ctx, desk.System, t)
		if err != nil {
			return nil, err
		}
		ids = append(ids, made.ID)
	}
	err = inParallel(len(c.visitors), 32, func(_, i int) error {
		inbox, secret, _ := strings.Cut(c.visitors[i], ".")
		v, err := d.Visitor(ctx, desk.System, secret)
		if err != nil {
			return err
		}
		in, err := d.InboxByPublicID(ctx, desk.System, inbox)
		if err != nil {
			return err
		}
		m, err := d.Receive(ctx, desk.AsCustomer(v.ID), desk.Incoming{InboxID: in.ID, Text: "Is the first flush in?"})
		if err != nil {
			return err
		}
		if _, err := d.Assign(ctx, desk.System, m.ConversationID, ids[i%teams], 0); err != nil {
			return err
		}
		_, err = d.Join(ctx, agents[i%teams*perTeam+i/teams%perTeam].Actor(), m.ConversationID)
		return err
	})
	if err != nil {
		return nil, err
	}
	const password = "longjing before rain"
	if _, err := d.CreateAgent(ctx, desk.System, desk.NewAgent{Email: "bo@tea.example", Name: "Bo", Role: desk.Crew, Password: password, TeamIDs: ids[:2]}); err != nil {
		return nil, err
	}
	for _, who := range []loggedIn{{"an admin", "alice@tea.example"}, {"an agent of two teams", "bo@tea.example"}} {
		if who.token, _, err = d.LogIn(ctx, desk.System, desk.Credentials{Email: who.token, Password: password}); err != nil {
			return nil, err
		}
		sessions = append(sessions, who)
	}
	return sessions, nil
}

// opened asks for the console n times and answers how long each took until its last byte, sorted.
func opened(ctx context.Context, addr, session string, n int) ([]time.Duration, error) {
	var took []time.Duration
	for range n {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/conversations", nil)
		if err != nil {
			return nil, err
		}
		r.AddCookie(&http.Cookie{Name: "session", Value: session})
		began := time.Now()
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		page, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(page), `class="row`) {
			return nil, fmt.Errorf("the console: %s, %d bytes, %w", res.Status, len(page), err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took, nil
}

// shown opens every agent's stream and answers how long each of so many messages took to the last stream of its team, sorted.
func (c *company) shown(ctx context.Context, p *process, samples int) ([]time.Duration, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t := ofDeskbell(p, c)
	streams := make([]*messages, len(c.agents))
	for i, token := range c.agents {
		t.agent = token
		var err error
		if streams[i], err = t.watch(ctx); err != nil {
			return nil, err
		}
	}
	lines, err := t.lines(ctx, 1)
	defer lines.close()
	if err != nil {
		return nil, err
	}
	var took []time.Duration
	for range samples {
		n := t.next()
		who := n % len(c.visitors)
		team := streams[who%teams*perTeam:][:perTeam]
		began, last := time.Now(), time.Time{}
		if err := lines[0].post(t.post, c.visitors[who], body(n)); err != nil {
			return nil, err
		}
		for _, s := range team {
			if err := s.wait(ctx, 10*time.Second, func() bool { _, ok := s.has(n); return ok }); err != nil {
				return nil, err
			}
			if at, _ := s.has(n); at.After(last) {
				last = at
			}
		}
		took = append(took, last.Sub(began))
	}
	slices.Sort(took)
	return took, nil
}

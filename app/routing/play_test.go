package routing

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"deskbell/app/desk"
)

// Environment: DESKBELL_PLAY is how many verbs are played (5,000), DESKBELL_SEED begins the dice.
func fromEnv(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// play is a desk in which several people do at the same time whatever comes to mind.
type play struct {
	*shop
	crew     []desk.Actor
	teams    []*desk.Team
	visitors []desk.Actor
	done     atomic.Int64 // verbs that did something
	refused  atomic.Int64 // and such that met a rule
	highest  atomic.Int64 // the newest conversation
	rules    *ledger      // the log, read again
	verbs    []func(*rand.Rand) error
}

// TestPlay lets agents, teams and visitors do thousands of random things at once. On the way and at the end it holds: nobody was
// given more than his capacity by the desk, what was grabbed has one owner, nobody waits where somebody online has room, the
// numbers are those of the lists, and the log alone tells how everything stands.
func TestPlay(t *testing.T) {
	verbs, seed := fromEnv("DESKBELL_PLAY", 5000), uint64(fromEnv("DESKBELL_SEED", 20260412))
	p := newPlay(t)
	const rounds, hands = 50, 4
	for round := range rounds {
		var wg sync.WaitGroup
		for hand := range hands {
			dice := rand.New(rand.NewPCG(seed, uint64(round*hands+hand)))
			wg.Go(func() {
				for range verbs / rounds / hands {
					p.one(dice)
				}
			})
		}
		wg.Wait()
		p.settle()
		p.check()
		if t.Failed() {
			t.Fatalf("in round %d of seed %d", round, seed)
		}
	}
	t.Logf("%d verbs, %d met a rule; %d conversations", p.done.Load(), p.refused.Load(), p.highest.Load())
	if p.done.Load() < p.refused.Load() || p.rules.given == 0 || p.rules.late == 0 {
		t.Errorf("the play played little: %d verbs done, %d refused, %d conversations given by the desk, %d overdue", p.done.Load(), p.refused.Load(), p.rules.given, p.rules.late)
	}
}

func newPlay(t *testing.T) *play {
	p := &play{shop: open(t), rules: newLedger()}
	for i := range 8 {
		p.crew = append(p.crew, p.agent(fmt.Sprint("Agent", i), 1+i%4))
	}
	p.teams = []*desk.Team{
		p.team("Tea", "auto", p.crew[:4]...), p.team("Cups", "auto", p.crew[3:6]...),
		p.team("Night", "grab", p.crew[4:]...), p.team("Hills", "collaboration", p.crew[:6]...),
	}
	p.teams[0].Overflow, p.teams[0].OverflowOver, p.teams[0].OverflowTeamID = true, 8, p.teams[1].ID
	_, err := p.SaveTeam(t.Context(), p.admin, *p.teams[0])
	p.must(err)
	p.bind(p.teams[0].ID, func(r *desk.Routing) { r.JudgeOverload = true })
	for range 60 {
		_, c, err := p.Enter(t.Context(), desk.System, desk.Visit{})
		p.must(err)
		p.visitors = append(p.visitors, desk.AsCustomer(c.ID))
	}
	says, joins, closes := p.says, p.joins, p.closes
	p.verbs = []func(*rand.Rand) error{says, says, says, says, says, p.named, joins, joins, joins, p.leaves, p.leaves, closes, closes, closes,
		p.goes, p.reopens, p.hands, p.handsToTeam, p.answers, p.answers, p.answers, p.reads, p.brings, p.asks, p.agrees, p.agrees, p.turns, p.turns, p.comes, p.grows, p.optsOut, p.moves, p.honours}
	return p
}

// one does one thing. What a rule refuses is part of the play; any other error is not.
func (p *play) one(dice *rand.Rand) {
	err := p.verbs[dice.IntN(len(p.verbs))](dice)
	var rule *desk.Error
	switch {
	case err == nil:
		p.done.Add(1)
	case errors.As(err, &rule):
		p.refused.Add(1)
	default:
		p.t.Error(err)
	}
}

var background = context.Background()

func pick[T any](dice *rand.Rand, from []T) T { return from[dice.IntN(len(from))] }

// any is one of the younger conversations.
func (p *play) any(dice *rand.Rand) desk.ConversationID {
	n := p.highest.Load()
	return desk.ConversationID(max(1, n-dice.Int64N(80)))
}

func (p *play) says(dice *rand.Rand) error {
	m, err := p.Receive(background, pick(dice, p.visitors), desk.Incoming{InboxID: p.widget.ID, Text: "在吗？"})
	if err != nil {
		return err
	}
	for id := int64(m.ConversationID); ; {
		if n := p.highest.Load(); id <= n || p.highest.CompareAndSwap(n, id) {
			return nil
		}
	}
}

// named is a visitor whose page names a team or an agent.
func (p *play) named(dice *rand.Rand) error {
	v := desk.Visit{InboxID: p.widget.ID, Team: pick(dice, p.teams).Name}
	if dice.IntN(3) == 0 {
		v.Agent = pick(dice, p.crew).Name
	}
	_, c, err := p.Enter(background, desk.System, v)
	if err != nil {
		return err
	}
	_, err = p.Receive(background, desk.AsCustomer(c.ID), desk.Incoming{InboxID: p.widget.ID, Text: "hello"})
	return err
}

func (p *play) joins(dice *rand.Rand) error {
	_, err := p.Join(background, pick(dice, p.crew), p.any(dice))
	return err
}

// his is a conversation of an agent's, if he has one.
func (p *play) his(dice *rand.Rand, by desk.Actor) (desk.ConversationID, error) {
	list, _, err := p.Conversations(background, by, desk.ConversationList{View: "joined", Limit: 20})
	if err != nil || len(list) == 0 {
		return p.any(dice), err
	}
	return pick(dice, list).ID, nil
}

func (p *play) leaves(dice *rand.Rand) error {
	by := pick(dice, p.crew)
	id, err := p.his(dice, by)
	if err == nil {
		_, err = p.Leave(background, by, id)
	}
	return err
}

func (p *play) closes(dice *rand.Rand) error {
	by := pick(dice, p.crew)
	id, err := p.his(dice, by)
	if err == nil {
		_, err = p.CloseConversation(background, by, id)
	}
	return err
}

// goes is a visitor who leaves, the queue or an agent.
func (p *play) goes(dice *rand.Rand) error {
	by := pick(dice, p.visitors)
	c, err := p.CurrentConversation(background, by, by.Customer(), p.widget.ID)
	if err != nil || c == nil {
		return err
	}
	_, err = p.CloseConversation(background, by, c.ID)
	return err
}

func (p *play) reopens(dice *rand.Rand) error {
	_, err := p.Reopen(background, pick(dice, p.crew), p.any(dice))
	return err
}

func (p *play) hands(dice *rand.Rand) error {
	by := pick(dice, p.crew)
	id, err := p.his(dice, by)
	if err != nil {
		return err
	}
	c, err := p.Conversation(background, by, id)
	if err == nil {
		_, err = p.Assign(background, by, id, c.TeamID, pick(dice, p.crew).Agent())
	}
	return err
}

func (p *play) handsToTeam(dice *rand.Rand) error {
	by := pick(dice, p.crew)
	id, err := p.his(dice, by)
	if err == nil {
		_, err = p.Assign(background, by, id, pick(dice, p.teams).ID, 0)
	}
	return err
}

// answers writes to the customer, or now and then only to colleagues.
func (p *play) answers(dice *rand.Rand) error {
	by := pick(dice, p.crew)
	id, err := p.his(dice, by)
	if err == nil {
		_, err = p.Reply(background, by, id, desk.Draft{Text: "来了", Internal: dice.IntN(5) == 0})
	}
	return err
}

func (p *play) reads(dice *rand.Rand) error {
	by := pick(dice, p.crew)
	id, err := p.his(dice, by)
	if err != nil {
		return err
	}
	return p.Read(background, by, id, 1+dice.Int64N(6))
}

func (p *play) brings(dice *rand.Rand) error {
	by := pick(dice, p.crew)
	id, err := p.his(dice, by)
	if err == nil {
		_, err = p.Bring(background, by, id, pick(dice, p.crew).Agent())
	}
	return err
}

// asks wants somebody to take a conversation over; agrees answers what somebody was asked, with a yes or a no.
func (p *play) asks(dice *rand.Rand) error {
	by := pick(dice, p.crew)
	id, err := p.his(dice, by)
	if err != nil {
		return err
	}
	to := desk.Handover{Ask: true, AgentID: pick(dice, p.crew).Agent()}
	if dice.IntN(3) == 0 {
		to.TeamID, to.AgentID = pick(dice, p.teams).ID, 0
	}
	_, err = p.Transfer(background, by, id, to)
	return err
}

func (p *play) agrees(dice *rand.Rand) error {
	by := pick(dice, p.crew)
	asked, err := p.AskedOf(background, by)
	if err != nil || len(asked) == 0 {
		return err
	}
	t := pick(dice, asked)
	if dice.IntN(3) == 0 {
		return p.RefuseTransfer(background, by, t.ID)
	}
	_, err = p.AcceptTransfer(background, by, t.ID)
	return err
}

func (p *play) turns(dice *rand.Rand) error {
	by := pick(dice, p.crew)
	_, err := p.SetPresence(background, by, by.Agent(), pick(dice, []string{"online", "online", "online", "busy", "away", "invisible"}))
	return err
}

func (p *play) comes(dice *rand.Rand) error {
	return p.Connected(background, desk.System, pick(dice, p.crew).Agent(), dice.IntN(4) > 0)
}

func (p *play) grows(dice *rand.Rand) error {
	capacity := dice.IntN(6)
	_, err := p.ChangeAgent(background, p.admin, pick(dice, p.crew).Agent(), desk.AgentChange{Capacity: &capacity})
	return err
}

func (p *play) optsOut(dice *rand.Rand) error {
	return p.OptOut(background, pick(dice, p.crew), pick(dice, p.teams).ID, dice.IntN(3) == 0)
}

// moves changes the members of a team.
func (p *play) moves(dice *rand.Rand) error {
	t, err := p.Team(background, p.admin, pick(dice, p.teams).ID)
	if err != nil {
		return err
	}
	who := pick(dice, p.crew).Agent()
	if i := slices.Index(t.MemberIDs, who); i >= 0 && len(t.MemberIDs) > 2 {
		t.MemberIDs = slices.Delete(t.MemberIDs, i, i+1)
	} else if i < 0 {
		t.MemberIDs = append(t.MemberIDs, who)
	}
	_, err = p.SaveTeam(background, p.admin, *t)
	return err
}

func (p *play) honours(dice *rand.Rand) error {
	vip := dice.IntN(4) == 0
	_, err := p.ChangeCustomer(background, p.admin, pick(dice, p.visitors).Customer(), desk.CustomerChange{VIP: &vip})
	return err
}

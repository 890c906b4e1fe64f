// Package push tells agents, and visitors, who are not looking: web push (RFC 8030) to the browsers in which they asked for it.
//
// It follows the event log. What a customer writes is told to those who are in the conversation, or, while it waits, to
// those who may take it; nobody gets a push who has the console open, who may not see the conversation, or who has read it by
// the time that it is due. What is internal is never pushed. Several messages of one conversation within a few seconds are one
// notification with the last words. A visitor who allowed it hears of answers that he has not seen while his chat is closed. The texts are encrypted for the browser (RFC 8291): the push service cannot read them.
//
// A push that is due stands in a table, so that it survives a crash; one older than two minutes is dropped, because a notification
// about what is long over only disturbs. Endpoints come from browsers and are not trusted: the guard refuses addresses inside
// the network, answers are bounded and redirects are not followed.
//
// push.go follows the log, due.go keeps and takes what is due, notice.go writes the words, send.go speaks to the push service,
// subscription.go keeps the browsers, visitor.go does all of it for visitors, key.go has the keys by which push services know this desk.
package push

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"deskbell/app/desk"
	"deskbell/app/netguard"
)

// Options are what push needs of its neighbours.
type Options struct {
	// Translate is the text of a catalog key in a language.
	Translate func(lang, key string, args ...any) string
	// Say writes a notification's words in a language: the sentence, and what else there is to it.
	Say func(lang string, n *desk.Notification) (title, more string)
	// Looking says whether an agent has a console open right now.
	Looking func(desk.AgentID) bool
	// Visiting says whether a customer has a chat of an inbox open right now; nil: nobody ever has.
	Visiting func(desk.CustomerID, desk.InboxID) bool
	// Guard lets requests out.
	Guard *netguard.Guard
	// Contact is whom a push service may write to (RFC 8292 section 2.1): an https address, or a mail address.
	Contact string
	Log     *slog.Logger
}

const (
	together = 3 * time.Second // messages within it are one notification
	tooOld   = 2 * time.Minute // events older than this are news to nobody
)

// Push pushes.
type Push struct {
	Options
	desk *desk.Desk
	keys keys
	http client
	wake chan struct{}
	came sync.Map // what came of pushes that could not be written down yet: [2]int64{browser, event} → came
}

// New prepares the keys, making them on the first start.
func New(ctx context.Context, d *desk.Desk, o Options) (*Push, error) {
	p := &Push{Options: o, desk: d, wake: make(chan struct{}, 1)}
	p.http = newClient(o.Guard)
	var err error
	p.keys, err = readKeys(ctx, d)
	return p, err
}

// React notes who is to be told of an event.
func (p *Push) React(ctx context.Context, e desk.Event) error {
	if p.desk.Clock().Sub(e.At) > tooOld {
		return nil
	}
	if e.Name == desk.NotificationCreated {
		return p.notified(ctx, e)
	}
	if e.Name == desk.ColleagueWrote {
		return p.written(ctx, e)
	}
	if e.ConversationID == 0 {
		return nil
	}
	if e.Name == desk.MessageSent {
		return p.answered(ctx, e)
	}
	var what string
	switch e.Name {
	case desk.MessageReceived:
		what = "message"
		if automatic(e) {
			return nil
		}
	case desk.TicketCreated, desk.ConversationShown:
		what = "ticket"
	case desk.ConversationAssigned, desk.TransferAsked:
		what = "assigned"
	default:
		return nil
	}
	if some, err := p.anybody(ctx); err != nil || !some {
		return err
	}
	agents, what, err := p.concerned(ctx, e, what)
	if err != nil || len(agents) == 0 {
		return err
	}
	return p.keep(ctx, e, about{what: what, tag: "conversation-" + e.ConversationID.String()}, agents)
}

// told already are those notifications that a push of their own goes out for, or that wait for nobody.
var toldAlready = map[string]bool{"assigned": true, "transferred": true, "tagged": true, "auto_closed": true, "part_well": true, "released": true}

// notified tells an agent of a notification.
func (p *Push) notified(ctx context.Context, e desk.Event) error {
	var f struct {
		Agent desk.AgentID `json:"agent"`
		What  string       `json:"what"`
	}
	if err := json.Unmarshal(e.Data, &f); err != nil || toldAlready[f.What] || p.Looking(f.Agent) {
		return err
	}
	return p.keep(ctx, e, about{what: "notification", tag: fmt.Sprintf("notification-%d", e.SubjectID), subject: e.SubjectID}, []desk.AgentID{f.Agent})
}

// written tells the colleagues whom somebody wrote to.
func (p *Push) written(ctx context.Context, e desk.Event) error {
	var f struct {
		Room   desk.RoomID    `json:"room"`
		Agents []desk.AgentID `json:"agents"`
		Team   desk.TeamID    `json:"team"`
	}
	if err := json.Unmarshal(e.Data, &f); err != nil {
		return err
	}
	if f.Team != 0 {
		members, err := p.takers(ctx, f.Team)
		if err != nil {
			return err
		}
		f.Agents = members
	}
	away := slices.DeleteFunc(f.Agents, func(id desk.AgentID) bool { return id == e.Actor.Agent() || p.Looking(id) })
	if len(away) == 0 {
		return nil
	}
	return p.keep(ctx, e, about{what: "colleague", tag: fmt.Sprintf("room-%d", f.Room), subject: e.SubjectID}, away)
}

// concerned finds the agents whom an event concerns and who are not looking, and what it is to them.
func (p *Push) concerned(ctx context.Context, e desk.Event, what string) ([]desk.AgentID, string, error) {
	audiences, err := p.desk.Audiences(ctx, desk.System, []desk.ConversationID{e.ConversationID})
	if err != nil {
		return nil, "", err
	}
	a, ok := audiences[e.ConversationID]
	if !ok {
		return nil, "", nil // erased meanwhile
	}
	agents := a.Participants
	if what == "message" && a.Kind == "ticket" {
		followers, err := p.desk.Followers(ctx, desk.System, e.ConversationID)
		if err != nil {
			return nil, "", err
		}
		agents = withFollowers(agents, followers)
	}
	asked, _, transfer := e.TransferOf()
	switch {
	case transfer:
		agents = asked
	case what == "assigned" && e.SubjectID != 0:
		agents = []desk.AgentID{desk.AgentID(e.SubjectID)}
	case e.Name == desk.ConversationShown:
		agents, err = p.takers(ctx, desk.TeamID(e.SubjectID))
	case what == "ticket" && len(agents) > 0:
		return nil, "", nil // an agent wrote it and has it
	case what == "ticket":
		agents, err = p.takers(ctx, a.TeamID)
	case what == "assigned", len(agents) == 0: // given to a team, or nobody has joined yet
		what = "waiting"
		agents, err = p.takers(ctx, a.TeamID)
	}
	if err != nil {
		return nil, "", err
	}
	var away []desk.AgentID
	for _, id := range agents {
		if !p.Looking(id) && id != e.Actor.Agent() {
			away = append(away, id)
		}
	}
	return away, what, nil
}

// withFollowers adds to those who are in a ticket the ones who only follow it. While nobody is in it everybody hears of it who may take it.
func withFollowers(agents []desk.AgentID, followers []*desk.Agent) []desk.AgentID {
	if len(agents) == 0 {
		return nil
	}
	for _, f := range followers {
		if !slices.Contains(agents, f.ID) {
			agents = append(agents, f.ID)
		}
	}
	return agents
}

// takers are the agents who may take what waits in a team's queue: its members, everyone for no team.
func (p *Push) takers(ctx context.Context, team desk.TeamID) ([]desk.AgentID, error) {
	if team != 0 {
		t, err := p.desk.Team(ctx, desk.System, team)
		if desk.IsNotFound(err) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return t.MemberIDs, nil
	}
	all, err := p.desk.Agents(ctx, desk.System)
	if err != nil {
		return nil, err
	}
	ids := make([]desk.AgentID, len(all))
	for i, a := range all {
		ids[i] = a.ID
	}
	return ids, nil
}

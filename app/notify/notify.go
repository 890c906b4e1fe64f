// Package notify fills the agents' pages of notifications: it follows the event log and says who is told what.
//
// It promises that nobody is told what he did himself, that nobody hears of a conversation that he may not see, and that the same
// event tells nobody twice. What a customer writes makes no notification: the lists show it, and push tells those who are away.
//
// notify.go says who; overdue.go reminds of who waits too long; fallback.go mails what nobody could be shown.
package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"deskbell/app/desk"
)

// tooOld bounds what a follower that was long away tells: a day-old assignment is in the list anyway.
const tooOld = 24 * time.Hour

// Options are what the fallback by mail needs of its neighbours.
type Options struct {
	// Looking says whether an agent has a console open right now.
	Looking func(desk.AgentID) bool
	// Translate is the text of a catalog key in a language.
	Translate func(lang, key string, args ...any) string
}

// Notify tells agents.
type Notify struct {
	Options
	desk     *desk.Desk
	reminded map[desk.Awaited]bool // Run's alone
}

// New joins it to a desk.
func New(d *desk.Desk, o Options) *Notify { return &Notify{Options: o, desk: d} }

// React tells those whom an event concerns.
func (n *Notify) React(ctx context.Context, e desk.Event) error {
	if n.desk.Clock().Sub(e.At) > tooOld {
		return nil
	}
	switch e.Name {
	case desk.ConversationAssigned, desk.ConversationJoined, desk.ConversationClosed, desk.ConversationTagged, desk.TicketChanged:
		return n.conversation(ctx, e)
	case desk.TransferRefused, desk.TransferTimedOut:
		return n.transfer(ctx, e)
	case desk.MessageWhispered:
		return n.whisper(ctx, e)
	case desk.MessageFailed:
		return n.failed(ctx, e)
	case desk.ReplyStopped:
		return n.stopped(ctx, e)
	case desk.AgentChanged, desk.AgentCapacity:
		return n.account(ctx, e)
	case desk.QueueOverflowed:
		return n.overflowed(ctx, e)
	case desk.MailFailed, desk.PartFailed, desk.PartWell:
		return n.admins(ctx, e)
	case desk.ExportDone:
		return n.export(ctx, e)
	case desk.DeskReleased:
		return n.released(ctx, e)
	}
	return nil
}

// facts are what events say that matters here.
type facts struct {
	WasAgent    desk.AgentID `json:"was_agent"`
	Status      string       `json:"status"`
	Role        string       `json:"role"`
	WasRole     string       `json:"was_role"`
	Capacity    *int         `json:"capacity"`
	WasCapacity *int         `json:"was_capacity"`
	Waiting     int          `json:"waiting"`
	Part        string       `json:"part"`
	Of          string       `json:"of"`
	Version     string       `json:"version"`
}

func factsOf(e desk.Event) (f facts) {
	_ = json.Unmarshal(e.Data, &f) // the desk wrote it; another event's facts of the same name and another kind do not matter
	return f
}

// conversation tells of what happens to a conversation that is somebody's.
func (n *Notify) conversation(ctx context.Context, e desk.Event) error {
	c, err := n.desk.Conversation(ctx, desk.System, e.ConversationID)
	if desk.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	f, to, what := factsOf(e), desk.AgentID(e.SubjectID), ""
	byAgent, ticket := e.Actor.Agent() != 0, c.Ticket != nil
	switch {
	case e.Name == desk.ConversationAssigned && (byAgent || ticket):
		what = "assigned"
		if f.WasAgent != 0 && f.WasAgent != to {
			what = "transferred"
		}
	case e.Name == desk.ConversationJoined && byAgent:
		what = "invited"
	case e.Name == desk.ConversationClosed && !byAgent && e.Actor.Customer() == 0 && !ticket:
		to, what = c.AssigneeID, "auto_closed"
	case e.Name == desk.ConversationTagged && byAgent:
		to, what = c.AssigneeID, "tagged"
	case e.Name == desk.TicketChanged && f.Status != "":
		to, what = c.AssigneeID, "ticket_"+f.Status
	}
	if what == "" {
		return nil
	}
	return n.tell(ctx, e, c, what, to)
}

// export tells who asked for a file that it is there, or cannot be had.
func (n *Notify) export(ctx context.Context, e desk.Event) error {
	var f struct {
		Agent desk.AgentID `json:"agent"`
		State string       `json:"state"`
	}
	if err := json.Unmarshal(e.Data, &f); err != nil {
		return err
	}
	return n.desk.Notify(ctx, desk.System, desk.NewNotification{To: []desk.AgentID{f.Agent}, Category: "system", What: "export_" + f.State, EventID: e.ID})
}

// transfer tells who wanted to hand a conversation over that nobody took it.
func (n *Notify) transfer(ctx context.Context, e desk.Event) error {
	var f struct {
		From  desk.AgentID `json:"from"`
		State string       `json:"state"`
		Name  string       `json:"name"`
	}
	if err := json.Unmarshal(e.Data, &f); err != nil || f.State == "asked" { // others are still asked
		return err
	}
	c, err := n.desk.Conversation(ctx, desk.System, e.ConversationID)
	if desk.IsNotFound(err) || f.From == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	return n.desk.Notify(ctx, desk.System, desk.NewNotification{To: []desk.AgentID{f.From}, Category: "conversation", What: "transfer_" + f.State, ConversationID: c.ID, By: f.Name, EventID: e.ID})
}

// tell tells one agent of a conversation, unless he did it himself.
func (n *Notify) tell(ctx context.Context, e desk.Event, c *desk.Conversation, what string, to desk.AgentID) error {
	if to == 0 || to == e.Actor.Agent() {
		return nil
	}
	by, err := n.name(ctx, e.Actor)
	if err != nil {
		return err
	}
	category := "conversation"
	if c.Ticket != nil {
		category = "ticket"
	}
	return n.desk.Notify(ctx, desk.System, desk.NewNotification{To: []desk.AgentID{to}, Category: category, What: what, ConversationID: c.ID, By: by, EventID: e.ID})
}

// name is what the actor of an event is called; empty for the desk itself.
func (n *Notify) name(ctx context.Context, by desk.Actor) (string, error) {
	if by.Agent() == 0 {
		return "", nil
	}
	a, err := n.desk.Agent(ctx, desk.System, by.Agent())
	if desk.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return a.Name, nil
}

// whisper tells those whom it names, and whose ticket it is.
func (n *Notify) whisper(ctx context.Context, e desk.Event) error {
	m, err := n.desk.Message(ctx, desk.System, desk.MessageID(e.SubjectID))
	if desk.IsNotFound(err) || err == nil && !m.RecalledAt.IsZero() {
		return nil
	}
	if err != nil {
		return err
	}
	agents, err := n.desk.Agents(ctx, desk.System)
	if err != nil {
		return err
	}
	told := map[desk.AgentID]bool{}
	for _, a := range mentioned(m.Text, agents) {
		c, err := n.desk.Conversation(ctx, a.Actor(), e.ConversationID)
		if desk.IsNotFound(err) {
			continue
		}
		if err != nil {
			return err
		}
		told[a.ID] = true
		if err := n.tell(ctx, e, c, "mentioned", a.ID); err != nil {
			return err
		}
	}
	c, err := n.desk.Conversation(ctx, desk.System, e.ConversationID)
	if err != nil || c.Ticket == nil || told[c.AssigneeID] {
		return err
	}
	return n.tell(ctx, e, c, "commented", c.AssigneeID)
}

// mentioned finds the agents whom a text names by an @ before their whole name. Of two names of which one begins the other, the
// longer one is meant.
func mentioned(text string, agents []*desk.Agent) (list []*desk.Agent) {
	folded := strings.ToLower(text)
	for at := strings.IndexByte(folded, '@'); at >= 0; {
		var best *desk.Agent
		rest := folded[at+1:]
		for _, a := range agents {
			name := strings.ToLower(a.Name)
			if !strings.HasPrefix(rest, name) || best != nil && len(best.Name) >= len(a.Name) || !ends(name, rest[len(name):]) {
				continue
			}
			best = a
		}
		if best != nil {
			list = append(list, best)
		}
		next := strings.IndexByte(rest, '@')
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return list
}

// ends says whether a name ends where rest begins. Chinese has no blanks between words, and needs none.
func ends(name, rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	last, _ := utf8.DecodeLastRuneInString(name)
	return rest == "" || unicode.Is(unicode.Han, last) || !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

// failed tells who wrote a message that it did not arrive.
func (n *Notify) failed(ctx context.Context, e desk.Event) error {
	m, err := n.desk.Message(ctx, desk.System, desk.MessageID(e.SubjectID))
	if desk.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	c, err := n.desk.Conversation(ctx, desk.System, m.ConversationID)
	if err != nil {
		return err
	}
	to := c.AssigneeID
	if m.AuthorKind == desk.ByAgent {
		to = desk.AgentID(m.AuthorID)
	}
	if to == 0 {
		return nil
	}
	_, words := m.DeliveryState()
	return n.desk.Notify(ctx, desk.System, desk.NewNotification{To: []desk.AgentID{to}, Category: "delivery", What: "delivery_failed", ConversationID: c.ID, Words: words, EventID: e.ID})
}

// stopped tells the writer that an answer which he had planned does not go out: he may be far from its conversation. If he is gone, it is
// told to whoever has the conversation now, else to the admins.
func (n *Notify) stopped(ctx context.Context, e desk.Event) error {
	var f struct {
		Agent desk.AgentID `json:"agent"`
		Cause string       `json:"cause"`
	}
	if err := json.Unmarshal(e.Data, &f); err != nil || f.Agent == 0 {
		return err
	}
	if f.Agent == e.Actor.Agent() && f.Cause == "planned.closed" { // by himself; of all else nobody asked him
		return nil
	}
	c, err := n.desk.Conversation(ctx, desk.System, e.ConversationID)
	if desk.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	planned, err := n.desk.PlannedReplies(ctx, desk.System, c.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(planned, func(p *desk.Planned) bool { return int64(p.ID) == e.SubjectID })
	if i < 0 { // taken back or sent meanwhile
		return nil
	}
	to := []desk.AgentID{f.Agent}
	if planned[i].Orphan {
		if to = []desk.AgentID{c.AssigneeID}; c.AssigneeID == 0 || c.AssigneeID == f.Agent {
			if to, err = n.agents(ctx, true); err != nil {
				return err
			}
		}
	}
	return n.desk.Notify(ctx, desk.System, desk.NewNotification{To: to, Category: "delivery", What: "reply_stopped", ConversationID: c.ID, By: planned[i].AgentName, Words: f.Cause, EventID: e.ID})
}

// account tells an agent what an admin changed of his account.
func (n *Notify) account(ctx context.Context, e desk.Event) error {
	f, to := factsOf(e), desk.AgentID(e.SubjectID)
	if to == e.Actor.Agent() || e.Actor.Agent() == 0 {
		return nil
	}
	by, err := n.name(ctx, e.Actor)
	if err != nil {
		return err
	}
	say := func(what, words string) error {
		return n.desk.Notify(ctx, desk.System, desk.NewNotification{To: []desk.AgentID{to}, Category: "account", What: what, By: by, Words: words, EventID: e.ID})
	}
	if f.WasRole != "" && f.Role != f.WasRole {
		if err := say("role_"+f.Role, ""); err != nil {
			return err
		}
	}
	if f.Capacity != nil && (e.Name == desk.AgentCapacity || f.WasCapacity != nil && *f.WasCapacity != *f.Capacity) {
		return say("capacity", fmt.Sprint(*f.Capacity))
	}
	return nil
}

func (n *Notify) overflowed(ctx context.Context, e desk.Event) error {
	team, err := n.desk.Team(ctx, desk.System, desk.TeamID(e.SubjectID))
	if desk.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	to, err := n.agents(ctx, true)
	if err != nil {
		return err
	}
	return n.desk.Notify(ctx, desk.System, desk.NewNotification{To: to, Category: "system", What: "overflowed", By: team.Name, Words: fmt.Sprint(factsOf(e).Waiting), EventID: e.ID})
}

// admins tells all admins that a part of the desk itself is in trouble, or out of it.
func (n *Notify) admins(ctx context.Context, e desk.Event) error {
	to, err := n.agents(ctx, true)
	if err != nil {
		return err
	}
	f := factsOf(e)
	in := desk.NewNotification{To: to, Category: "system", What: strings.ReplaceAll(string(e.Name), ".", "_"), By: f.Part, Words: f.Of, EventID: e.ID}
	return n.desk.Notify(ctx, desk.System, in)
}

func (n *Notify) released(ctx context.Context, e desk.Event) error {
	to, err := n.agents(ctx, false)
	if err != nil {
		return err
	}
	return n.desk.Notify(ctx, desk.System, desk.NewNotification{To: to, Category: "system", What: "released", Words: factsOf(e).Version, EventID: e.ID})
}

func (n *Notify) agents(ctx context.Context, adminsOnly bool) (ids []desk.AgentID, err error) {
	all, err := n.desk.Agents(ctx, desk.System)
	for _, a := range all {
		if !adminsOnly || a.Role == desk.Admin {
			ids = append(ids, a.ID)
		}
	}
	return ids, err
}

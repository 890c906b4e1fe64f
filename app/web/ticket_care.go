package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// ticketBeside reads what stands beside a ticket: who follows it, what is above and below it.
func (w *Web) ticketBeside(c echo.Context, t *thread) (err error) {
	ctx, by := c.Request().Context(), actor(c)
	if t.Named, err = w.Desk.NamedStatuses(ctx, by); err != nil {
		return err
	}
	if t.Follow, err = w.Desk.Followers(ctx, by, t.C.ID); err != nil {
		return err
	}
	if t.Children, err = w.Desk.Children(ctx, by, t.C.Ticket.ID); err != nil {
		return err
	}
	if t.C.Ticket.ParentID != 0 {
		t.Parent, err = w.Desk.TicketByNumber(ctx, by, t.C.Ticket.ParentID)
		if desk.IsNotFound(err) { // out of the reader's sight
			err = nil
		}
	}
	return err
}

// Following says whether the reader follows the ticket.
func (t *thread) Following() bool {
	return slices.ContainsFunc(t.Follow, func(a *desk.Agent) bool { return a.ID == t.Me.ID })
}

// CanFollow are the agents who do not yet.
func (t *thread) CanFollow() (list []*desk.Agent) {
	for _, a := range t.Agents {
		if a.Enabled && !slices.ContainsFunc(t.Follow, func(f *desk.Agent) bool { return f.ID == a.ID }) {
			list = append(list, a)
		}
	}
	return list
}

// Done is how many of the tickets below are.
func (t *thread) Done() (n int) {
	for _, k := range t.Children {
		if k.Status == "closed" {
			n++
		}
	}
	return n
}

// nap is one way to snooze. Without a time: until the customer answers.
type nap struct {
	Name string
	At   time.Time
}

// Naps are the ways to choose from, in the reader's zone; work begins at nine.
func (t *thread) Naps() []nap { return naps(time.Now().In(t.zone)) }

func naps(now time.Time) []nap {
	morning := func(days int) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day()+days, 9, 0, 0, 0, now.Location())
	}
	monday := 7 - (int(now.Weekday())+6)%7 // the next one, also on a Monday
	return []nap{{"later", now.Add(3 * time.Hour).Truncate(time.Minute)}, {"tomorrow", morning(1)}, {"monday", morning(monday)}, {"answer", time.Time{}}}
}

// onTicket runs a change of the ticket of the path and answers like messages.
func (w *Web) onTicket(c echo.Context, change func(id desk.TicketID) (*desk.Conversation, error)) error {
	id, err := param[desk.TicketID](c, "number")
	if err != nil {
		return err
	}
	after, err := change(id)
	if err != nil {
		return err
	}
	if !isPart(c) {
		return c.Redirect(http.StatusSeeOther, "/tickets/"+id.String())
	}
	return w.newerMessages(c, after.ID)
}

func (w *Web) snooze(c echo.Context) error {
	zone := zoneOf(visitOf(c))
	var until time.Time
	if how := c.FormValue("for"); how != "" {
		all := naps(w.Desk.Clock().In(zone))
		i := slices.IndexFunc(all, func(n nap) bool { return n.Name == how })
		if i < 0 {
			return desk.Invalid("until", "fault.snooze_until")
		}
		until = all[i].At
	} else {
		var err error
		if until, err = time.ParseInLocation("2006-01-02T15:04", c.FormValue("until"), zone); err != nil {
			return desk.Invalid("until", "fault.snooze_until")
		}
	}
	return w.onTicket(c, func(id desk.TicketID) (*desk.Conversation, error) {
		return w.Desk.SnoozeTicket(c.Request().Context(), actor(c), id, until)
	})
}

func (w *Web) wake(c echo.Context) error {
	return w.onTicket(c, func(id desk.TicketID) (*desk.Conversation, error) {
		return w.Desk.WakeTicket(c.Request().Context(), actor(c), id)
	})
}

func (w *Web) follow(c echo.Context) error {
	return w.onTicket(c, func(id desk.TicketID) (*desk.Conversation, error) {
		return w.Desk.FollowTicket(c.Request().Context(), actor(c), id, desk.AgentID(number(c.FormValue("agent_id"), 0)))
	})
}

func (w *Web) unfollow(c echo.Context) error {
	return w.onTicket(c, func(id desk.TicketID) (*desk.Conversation, error) {
		return w.Desk.UnfollowTicket(c.Request().Context(), actor(c), id, desk.AgentID(number(c.FormValue("agent_id"), 0)))
	})
}

// mergePage is where one chooses into which ticket another goes.
type mergePage struct {
	Page
	C      *desk.Conversation
	Others []*desk.Conversation // of the same customer
	Into   string               // the one that was chosen
	Number string               // or the number that was written
}

func (w *Web) mergeForm(c echo.Context) (*mergePage, error) {
	ctx, by := c.Request().Context(), actor(c)
	id, err := param[desk.TicketID](c, "number")
	if err != nil {
		return nil, err
	}
	p := &mergePage{Into: c.FormValue("into"), Number: text(c, "number")}
	p.Nav = "tickets"
	if p.C, err = w.Desk.TicketByNumber(ctx, by, id); err != nil {
		return nil, err
	}
	list, _, err := w.Desk.Conversations(ctx, by, desk.ConversationList{Kind: "ticket", CustomerID: p.C.CustomerID, Limit: 20})
	for _, o := range list {
		if o.ID != p.C.ID && o.Ticket.MergedInto == 0 {
			p.Others = append(p.Others, o)
		}
	}
	return p, err
}

func (w *Web) newMerge(c echo.Context) error {
	p, err := w.mergeForm(c)
	if err != nil {
		return err
	}
	return w.show(c, "tickets/merge", p)
}

func (w *Web) merge(c echo.Context) error {
	p, err := w.mergeForm(c)
	if err != nil {
		return err
	}
	into := number(strings.TrimPrefix(p.Number, "#"), number(p.Into, 0))
	after, err := w.Desk.MergeTicket(c.Request().Context(), actor(c), p.C.Ticket.ID, desk.TicketID(into))
	if err != nil {
		return w.again(c, err, "tickets/merge", p)
	}
	w.notice(c, "notice.merged")
	return c.Redirect(http.StatusSeeOther, "/tickets/"+after.Ticket.ID.String())
}

func (w *Web) unmerge(c echo.Context) error {
	id, err := param[desk.TicketID](c, "number")
	if err != nil {
		return err
	}
	if _, err := w.Desk.UnmergeTicket(c.Request().Context(), actor(c), id); err != nil {
		return err
	}
	return w.done(c, "/tickets/"+id.String(), "notice.unmerged")
}

// splitPage is where one chooses what becomes a ticket of its own.
type splitPage struct {
	Page
	C        *desk.Conversation
	Messages []*desk.Message
	Subject  string
	chosen   []string
}

// Chosen says whether a message is ticked.
func (p *splitPage) Chosen(id desk.MessageID) bool { return slices.Contains(p.chosen, id.String()) }

func (w *Web) splitForm(c echo.Context) (*splitPage, error) {
	ctx, by := c.Request().Context(), actor(c)
	id, err := param[desk.TicketID](c, "number")
	if err != nil {
		return nil, err
	}
	form, err := c.FormParams()
	if err != nil {
		return nil, err
	}
	p := &splitPage{Subject: text(c, "subject"), chosen: form["message_ids"]}
	p.Nav = "tickets"
	if p.C, err = w.Desk.TicketByNumber(ctx, by, id); err != nil {
		return nil, err
	}
	if p.Subject == "" {
		p.Subject = p.C.Ticket.Subject
	}
	list, _, err := w.Desk.Messages(ctx, by, p.C.ID, desk.MessageList{Limit: 200})
	for _, m := range list {
		if !m.IsEvent() && m.RecalledAt.IsZero() {
			p.Messages = append(p.Messages, m)
		}
	}
	return p, err
}

func (w *Web) newSplit(c echo.Context) error {
	p, err := w.splitForm(c)
	if err != nil {
		return err
	}
	return w.show(c, "tickets/split", p)
}

func (w *Web) split(c echo.Context) error {
	p, err := w.splitForm(c)
	if err != nil {
		return err
	}
	var ids []desk.MessageID
	for _, s := range p.chosen {
		ids = append(ids, desk.MessageID(number(s, 0)))
	}
	made, err := w.Desk.SplitTicket(c.Request().Context(), actor(c), p.C.Ticket.ID, text(c, "subject"), ids)
	if err != nil {
		return w.again(c, err, "tickets/split", p)
	}
	w.notice(c, "notice.split")
	return c.Redirect(http.StatusSeeOther, "/tickets/"+made.Ticket.ID.String())
}

// talkAgain draws a whole ticket anew in a page that shows messages which are elsewhere now.
func (w *Web) talkAgain(c echo.Context, id desk.ConversationID) error {
	t, err := w.thread(c, id)
	if err != nil {
		return err
	}
	c.Response().Header().Set("HX-Retarget", "#talk")
	c.Response().Header().Set("HX-Reswap", "outerHTML")
	return w.part(c, http.StatusOK, "tickets/_opened", t)
}

// turnForward gives a ticket to the writer of a mail that was sent on, or to who sent it on.
func (w *Web) turnForward(c echo.Context) error {
	id, err := param[desk.MessageID](c, "id")
	if err != nil {
		return err
	}
	after, err := w.Desk.TurnForward(c.Request().Context(), actor(c), id)
	if err != nil {
		return err
	}
	if !isPart(c) {
		return c.Redirect(http.StatusSeeOther, "/tickets/"+after.Ticket.ID.String())
	}
	return w.talkAgain(c, after.ID)
}

// Correspondents are the addresses that took part in the ticket, to be proposed for copies.
func (t *thread) Correspondents() []string {
	list := slices.Clone(t.C.Ticket.CC)
	add := func(a string) {
		if a != "" && !strings.EqualFold(a, t.C.CustomerEmail) && !slices.ContainsFunc(list, func(b string) bool { return strings.EqualFold(a, b) }) {
			list = append(list, a)
		}
	}
	for _, it := range t.Items {
		if m := it.M.Meta.Mail; m != nil && it.M.Direction == "in" {
			add(m.From)
			for _, a := range m.CC {
				add(a)
			}
		}
	}
	for _, a := range t.Agents {
		add(a.Email)
	}
	return list
}

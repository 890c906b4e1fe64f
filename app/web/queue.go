package web

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

// queuePage is what waits, and what the agent himself receives.
type queuePage struct {
	Page
	Rows        []desk.Queued
	List        desk.QueueList
	Minutes     int // of List.Longer
	Teams       []view.Option
	Inboxes     []view.Option
	Channels    []view.Option
	Waits       []view.Option
	Tags        []view.Option // of customers; empty: there are none
	Mine        []*desk.Team  // the agent's teams
	All         []*desk.Team
	Agents      []*desk.Agent
	OwnCapacity bool // he may change his own
	Load        int  // chats that are his
	Address     string
}

// Admin tells whether the reader may give what waits to others.
func (p *queuePage) Admin() bool { return p.Me.Actor().IsAdmin() }

// Receives tells whether the agent is given conversations out of a team's queue.
func (p *queuePage) Receives(t *desk.Team) bool { return !slices.Contains(t.OptedOut, p.Me.ID) }

// Filtered tells whether some are left out.
func (p *queuePage) Filtered() bool { return p.List != desk.QueueList{} }

func (w *Web) queue(c echo.Context) error {
	p, err := w.queuePage(c)
	if err != nil {
		return err
	}
	if err := w.queueChoices(c, p); err != nil {
		return err
	}
	return w.show(c, "queue/index", p)
}

// queueAgain shows the queue with a fault beside the agent's own capacity.
func (w *Web) queueAgain(c echo.Context, fault *desk.Error) error {
	p, err := w.queuePage(c)
	if err == nil {
		err = w.queueChoices(c, p)
	}
	if err != nil {
		return err
	}
	return w.again(c, fault, "queue/index", p)
}

func (w *Web) queueRows(c echo.Context) error {
	p, err := w.queuePage(c)
	if err != nil {
		return err
	}
	p.CSRF = visitOf(c).csrf
	return w.part(c, http.StatusOK, "queue/_rows", p)
}

func (w *Web) queuePage(c echo.Context) (*queuePage, error) {
	ctx, by := c.Request().Context(), actor(c)
	p := &queuePage{Minutes: int(number(c.QueryParam("longer"), 0))}
	p.Nav, p.Me = "queue", visitOf(c).agent
	p.List = desk.QueueList{TeamID: desk.TeamID(number(c.QueryParam("team_id"), 0)), InboxID: desk.InboxID(number(c.QueryParam("inbox_id"), 0)),
		Channel: c.QueryParam("channel"), Query: text(c, "q"), VIP: c.QueryParam("vip") == "true", TagID: desk.CustomerTagID(number(c.QueryParam("tag"), 0)), Longer: time.Duration(p.Minutes) * time.Minute}
	address := url.URL{Path: "/queue/rows", RawQuery: c.QueryParams().Encode()}
	p.Address = address.String()
	var err error
	if p.Rows, err = w.Desk.Queue(ctx, by, p.List); err != nil {
		return nil, err
	}
	if p.All, err = w.Desk.Teams(ctx, by); err != nil || !by.IsAdmin() {
		return p, err
	}
	p.Agents, err = w.Desk.Agents(ctx, by)
	return p, err
}

// queueChoices reads what only the whole page shows.
func (w *Web) queueChoices(c echo.Context, p *queuePage) error {
	ctx, by := c.Request().Context(), actor(c)
	say := w.sayer(c)
	p.Teams = teamOptions(p.All, 0, say("queue.all_teams"))
	for _, t := range p.All {
		if slices.Contains(t.MemberIDs, by.Agent()) {
			p.Mine = append(p.Mine, t)
		}
	}
	p.Channels = channelOptions(say)
	inboxes, err := w.Desk.Inboxes(ctx, desk.System, "")
	if err != nil {
		return err
	}
	p.Inboxes = append([]view.Option{{Value: "0", Text: say("queue.all_accounts")}}, inboxOptions(inboxes)...)
	tags, err := w.Desk.CustomerTags(ctx, by)
	if err != nil {
		return err
	}
	if len(tags) > 0 {
		p.Tags = tagOptions(tags, say("customer_tags.any"))
	}
	for _, minutes := range []string{"0", "1", "3", "5", "15", "60"} {
		text := say("queue.any_time")
		if minutes != "0" {
			text = say("queue.longer", minutes)
		}
		p.Waits = append(p.Waits, view.Option{Value: minutes, Text: text})
	}
	rules, err := w.Desk.Routing(ctx, by)
	if err != nil {
		return err
	}
	p.OwnCapacity = rules.OwnCapacity || by.May(desk.ManageAgents)
	p.Load, err = w.Desk.Load(ctx, by)
	return err
}

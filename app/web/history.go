package web

import (
	"cmp"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

// historyPage is the chats that are over, with their filters.
type historyPage struct {
	Page
	Rows     []*desk.Ended
	Ask      historyAsk
	Next     string
	Teams    []view.Option
	Inboxes  []view.Option
	Channels []view.Option
	Agents   []view.Option // empty: the reader sees his own alone
	Tags     []*desk.Tag
	All      bool // the reader sees what everybody served
	Ratings  bool // and what customers said of it
	Export   bool // he may take it home
}

// historyRanges are the choices of when a conversation was closed; the first is the one without asking.
var historyRanges = []string{"week", "today", "month", "half", "any", "days"}

// historyAsk is what the filters say, as they stand in the address.
type historyAsk struct {
	Query, Closed, Channel, Tagged, Transferred, Type string
	From, To                                          string // days of the reader's calendar, with Closed days
	Inbox, Team, Agent, Stars                         string // ids, a number
	Tags                                              []string
}

func readHistoryAsk(q url.Values) historyAsk {
	f := filters(q)
	a := historyAsk{Query: strings.TrimSpace(q.Get("q")), Closed: f.known("closed", historyRanges[1:]...), Channel: f.known("channel", desk.Channels...), Tagged: f.known("tagged", "with", "without"),
		Transferred: f.known("transferred", "yes", "no"), Type: f.known("type", "normal", "callback"), Inbox: f.id("inbox"), Team: f.id("team"), Agent: f.id("agent"), Stars: f.id("stars")}
	if a.Closed == "days" {
		a.From, a.To = f.day("from"), f.day("to")
	}
	for _, s := range q["tag"] {
		if n := number(s, 0); n > 0 && len(a.Tags) < 50 && !slices.Contains(a.Tags, s) {
			a.Tags = append(a.Tags, strconv.FormatInt(n, 10))
		}
	}
	return a
}

// fixed is the same question asked on another day: ranges that move with the calendar become days.
func (a historyAsk) fixed(now time.Time) historyAsk {
	switch l := a.list(now); {
	case a.Closed != "days" && !l.From.IsZero():
		a.From = l.From.Format(time.DateOnly)
		fallthrough
	case a.To == "":
		a.To = now.Format(time.DateOnly)
	}
	a.Closed = "days"
	return a
}

// Any says whether something is filtered.
func (a historyAsk) Any() bool { return len(a.Params()) > 0 }

// Narrow says whether something besides the days is asked for.
func (a historyAsk) Narrow() bool { return a.Query+a.Team+a.Agent != "" || a.More() }

// More says whether something beyond the first filters is asked for.
func (a historyAsk) More() bool {
	return a.Channel+a.Inbox+a.Tagged+a.Transferred+a.Type+a.Stars != "" || len(a.Tags) > 0
}

// Has says whether a tag is among those that are asked for.
func (a historyAsk) Has(id desk.TagID) bool { return slices.Contains(a.Tags, id.String()) }

// Params is the filters' address after the question mark.
func (a historyAsk) Params() template.URL {
	q := chosen(map[string]string{"q": a.Query, "closed": a.Closed, "channel": a.Channel, "tagged": a.Tagged, "transferred": a.Transferred, "type": a.Type,
		"from": a.From, "to": a.To, "inbox": a.Inbox, "team": a.Team, "agent": a.Agent, "stars": a.Stars})
	if len(a.Tags) > 0 {
		q["tag"] = a.Tags
	}
	return template.URL(q.Encode())
}

// list is the question to the desk; days and weeks, which begin on Mondays, are those of the reader's zone.
func (a historyAsk) list(now time.Time) desk.EndedList {
	l := desk.EndedList{Query: a.Query, Channel: a.Channel, Tagged: a.Tagged, Transferred: a.Transferred, Type: a.Type, Stars: int(number(a.Stars, 0)),
		InboxID: desk.InboxID(number(a.Inbox, 0)), TeamID: desk.TeamID(number(a.Team, 0)), AgentID: desk.AgentID(number(a.Agent, 0))}
	for _, s := range a.Tags {
		l.TagIDs = append(l.TagIDs, desk.TagID(number(s, 0)))
	}
	if a.Closed == "days" {
		l.From, l.To = days(a.From, a.To, now.Location())
	} else {
		l.From = since(cmp.Or(a.Closed, historyRanges[0]), now)
	}
	return l
}

// Here is the page's address, to come back to.
func (p *historyPage) Here() string {
	if !p.Ask.Any() {
		return "/history"
	}
	return "/history?" + string(p.Ask.Params())
}

// Ranges, Kinds and Stars are the choices of the filters.
func (p *historyPage) Ranges() []string  { return historyRanges }
func (p *historyPage) Choices() []string { return []string{"5", "4", "3", "2", "1"} }

func (w *Web) history(c echo.Context) error {
	ctx, by, v := c.Request().Context(), actor(c), visitOf(c)
	p := &historyPage{Ask: readHistoryAsk(c.QueryParams()), All: by.IsAdmin(), Ratings: by.May(desk.SeeRatings), Export: by.May(desk.ExportHistory)}
	p.Nav = "history"
	l := p.Ask.list(w.Desk.Clock().In(zoneOf(v)))
	l.Before, l.Limit = c.QueryParam("before"), pageSize
	var err error
	if p.Rows, p.Next, err = w.Desk.Ended(ctx, by, l); err != nil {
		return err
	}
	if l.Before != "" && target(c) == "more" {
		return w.part(c, http.StatusOK, "history/_more", p)
	}
	if err := w.historyChoices(c, p); err != nil {
		return err
	}
	return w.show(c, "history/index", p)
}

func (w *Web) historyChoices(c echo.Context, p *historyPage) error {
	ctx, by := c.Request().Context(), actor(c)
	say := w.sayer(c)
	teams, err := w.Desk.Teams(ctx, by)
	if err != nil {
		return err
	}
	p.Teams = teamOptions(teams, 0, say("queue.all_teams"))
	p.Teams[0].Value = ""
	p.Channels = channelOptions(say)
	inboxes, err := w.Desk.Inboxes(ctx, desk.System, desk.Webchat)
	if err != nil {
		return err
	}
	p.Inboxes = append([]view.Option{{Text: say("queue.all_accounts")}}, inboxOptions(inboxes)...)
	if p.Tags, err = w.Desk.Tags(ctx, by); err != nil || !p.All {
		return err
	}
	agents, err := w.Desk.Agents(ctx, by)
	p.Agents = append([]view.Option{{Text: say("history.any_agent")}}, agentOptions(agents)...)
	return err
}

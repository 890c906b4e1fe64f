package web

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

// searchPage is what was found in messages.
type searchPage struct {
	Page
	Ask      searchAsk
	Hits     []hit
	Next     desk.MessageID // 0: there is no more
	Teams    []view.Option
	Channels []view.Option
	Agents   []view.Option
}

// searchAsk is what is looked for, as it stands in the address.
type searchAsk struct {
	Query, Status, Written, Team, Agent, Channel string
}

// searchRanges are the choices of when a message was written; the first is any time.
var searchRanges = []string{"any", "today", "week", "month", "half"}

// hit is a message that was found, with the part of it where the words stand.
type hit struct {
	desk.Found
	Said []piece
}

// piece is a part of a text: what is looked for, or what stands around it.
type piece struct {
	Text string
	Mark bool
}

// Path is the page of the conversation, at this message; from there one comes back to the search.
func (p *searchPage) Path(h hit) string {
	q := url.Values{"at": {h.ID.String()}, "back": {"/search?" + string(p.Ask.Params())}}
	at := "?" + q.Encode() + "#message-" + h.ID.String()
	if h.Conversation.Ticket != nil {
		return "/tickets/" + h.Conversation.Ticket.ID.String() + at
	}
	return "/conversations/" + h.Conversation.ID.String() + at
}

// Statuses and Ranges are the choices of the filters.
func (p *searchPage) Statuses() []string { return []string{"closed", "open"} }
func (p *searchPage) Ranges() []string   { return searchRanges }

// Params is the search's address after the question mark.
func (a searchAsk) Params() template.URL {
	return template.URL(chosen(map[string]string{"q": a.Query, "status": a.Status, "written": a.Written, "team": a.Team, "agent": a.Agent, "channel": a.Channel}).Encode())
}

// Narrow says whether more than the words is asked for.
func (a searchAsk) Narrow() bool { return a.Status+a.Written+a.Team+a.Agent+a.Channel != "" }

func (a searchAsk) list(now time.Time) desk.SearchList {
	return desk.SearchList{Text: a.Query, Status: a.Status, TeamID: desk.TeamID(number(a.Team, 0)), AgentID: desk.AgentID(number(a.Agent, 0)), Channel: a.Channel, From: since(a.Written, now)}
}

// since is when a time that people name began, in the zone of now; zero: any time. Weeks begin on Mondays.
func since(name string, now time.Time) time.Time {
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	switch name {
	case "today":
		return today
	case "week":
		return today.AddDate(0, 0, -(int(now.Weekday())+6)%7)
	case "month":
		return today.AddDate(0, 0, 1-today.Day())
	case "half":
		return today.AddDate(0, -6, 0)
	}
	return time.Time{}
}

func (w *Web) search(c echo.Context) error {
	ctx, by, v := c.Request().Context(), actor(c), visitOf(c)
	f := filtersOf(c)
	p := &searchPage{Ask: searchAsk{Query: text(c, "q"), Written: f.known("written", searchRanges[1:]...), Team: f.id("team"), Agent: f.id("agent"), Channel: f.known("channel", desk.Channels...)}}
	p.Ask.Status = f.known("status", p.Statuses()...)
	p.Nav = "search"
	if utf8.RuneCountInString(p.Ask.Query) > 200 {
		p.Ask.Query = string([]rune(p.Ask.Query)[:200])
	}
	l := p.Ask.list(w.Desk.Clock().In(zoneOf(v)))
	l.Before, l.Limit = desk.MessageID(max(number(c.QueryParam("before"), 0), 0)), pageSize
	found, next, err := w.Desk.Search(ctx, by, l)
	if err != nil {
		return err
	}
	for _, f := range found {
		p.Hits = append(p.Hits, hit{f, excerpt(f.Text, p.Ask.Query)})
	}
	if p.Next = next; l.Before != 0 && target(c) == "more" {
		return w.part(c, http.StatusOK, "search/_more", p)
	}
	if err := w.searchChoices(c, p); err != nil {
		return err
	}
	return w.show(c, "search/index", p)
}

func (w *Web) searchChoices(c echo.Context, p *searchPage) error {
	ctx, by := c.Request().Context(), actor(c)
	say := w.sayer(c)
	teams, err := w.Desk.Teams(ctx, by)
	if err != nil {
		return err
	}
	p.Teams = teamOptions(teams, 0, say("queue.all_teams"))
	p.Teams[0].Value = ""
	p.Channels = channelOptions(say)
	agents, err := w.Desk.Agents(ctx, by)
	p.Agents = append([]view.Option{{Text: say("history.any_agent")}}, agentOptions(agents)...)
	return err
}

// An excerpt begins so many characters before the first mark, and has so many in all.
const (
	excerptBefore = 40
	excerptAll    = 220
)

// excerpt is the part of a text where the words stand that somebody looks for.
func excerpt(text, q string) (list []piece) {
	marks := desk.Marks(text, q)
	from := 0
	if len(marks) > 0 {
		for from = marks[0].From; from > 0 && utf8.RuneCountInString(text[from:marks[0].From]) < excerptBefore; {
			_, n := utf8.DecodeLastRuneInString(text[:from])
			from -= n
		}
	}
	to := from
	for n := 0; to < len(text) && n < excerptAll; n++ {
		_, size := utf8.DecodeRuneInString(text[to:])
		to += size
	}
	put := func(a, b int, mark bool) {
		if a, b = max(a, from), min(b, to); a < b {
			list = append(list, piece{text[a:b], mark})
		}
	}
	if from > 0 {
		list = append(list, piece{"…", false})
	}
	at := from
	for _, m := range marks {
		put(at, m.From, false)
		put(m.From, m.To, true)
		at = m.To
	}
	put(at, to, false)
	if to < len(text) {
		list = append(list, piece{"…", false})
	}
	return list
}

// backTo is an address of the desk from which one can come to a conversation, and go back to; of anything else nothing.
func backTo(s string) string {
	u, err := url.Parse(s)
	if err != nil || len(s) > 1000 || u.Scheme != "" || u.Host != "" || u.Path != "/history" && u.Path != "/search" {
		return ""
	}
	return u.RequestURI()
}

// place is where something stands in one conversation.
type place struct {
	desk.Place
	Said []piece
	Here bool // it is what the page shows
}

// Which of the places the page shows, counted from 1; 0: none.
func (t *thread) Which() int {
	return 1 + slices.IndexFunc(t.Places, func(p place) bool { return p.Here })
}

// findIn looks in a thread for what the address names.
func (w *Web) findIn(c echo.Context, t *thread) error {
	if t.Find = text(c, "find"); t.Find == "" || utf8.RuneCountInString(t.Find) > 200 {
		return nil
	}
	list, err := w.Desk.FindIn(c.Request().Context(), actor(c), t.C.ID, t.Find)
	for _, p := range list {
		t.Places = append(t.Places, place{p, excerpt(p.Text, t.Find), p.ID == t.At})
	}
	return err
}

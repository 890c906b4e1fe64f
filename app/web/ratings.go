package web

import (
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

// ratingsPage is what customers said, with its filters and its sum.
type ratingsPage struct {
	Page
	Rows    []*desk.RatingRow
	Sum     desk.RatingSum
	Ask     ratingAsk
	Next    string
	Agents  []view.Option
	Teams   []view.Option
	Inboxes []view.Option
}

// ratingAsk is what the filters say, as they stand in the address.
type ratingAsk struct {
	Stars, Agent, Team, Inbox, Kind, Solved, From, To string
	Remark                                            bool
}

func readRatingAsk(c echo.Context) ratingAsk {
	f := filtersOf(c)
	return ratingAsk{Stars: f.id("stars"), Agent: f.id("agent"), Team: f.id("team"), Inbox: f.id("inbox"), Kind: f.get("kind"), Solved: f.get("solved"), From: f.day("from"), To: f.day("to"), Remark: f.get("remark") == "true"}
}

// Any says whether something is filtered.
func (a ratingAsk) Any() bool { return a != ratingAsk{} }

// Params is the filters' address after the question mark.
func (a ratingAsk) Params() template.URL {
	q := chosen(map[string]string{"stars": a.Stars, "agent": a.Agent, "team": a.Team, "inbox": a.Inbox, "kind": a.Kind, "solved": a.Solved, "from": a.From, "to": a.To})
	if a.Remark {
		q.Set("remark", "true")
	}
	return template.URL(q.Encode())
}

// list is the question to the desk; days are those of the reader's zone.
func (a ratingAsk) list(zone *time.Location) desk.RatingList {
	l := desk.RatingList{Stars: int(number(a.Stars, 0)), AgentID: desk.AgentID(number(a.Agent, 0)), TeamID: desk.TeamID(number(a.Team, 0)), InboxID: desk.InboxID(number(a.Inbox, 0)), Kind: a.Kind, Solved: a.Solved, Remark: a.Remark}
	l.From, l.To = days(a.From, a.To, zone)
	return l
}

// Choices and the others are those of the filters.
func (p *ratingsPage) Choices() []string { return []string{"5", "4", "3", "2", "1"} }

// Bar is one line of the sum: how many gave so many stars.
type Bar struct{ Stars, Count, Percent int }

// Bars are the lines of the sum, five stars first.
func (p *ratingsPage) Bars() (list []Bar) {
	for n := 5; n > 0; n-- {
		list = append(list, Bar{n, p.Sum.Each[n-1], p.Sum.Percent(p.Sum.Each[n-1])})
	}
	return list
}

// Average is the mean number of stars with one digit.
func (p *ratingsPage) Average() string { return strconv.FormatFloat(p.Sum.Average, 'f', 1, 64) }

func (w *Web) ratings(c echo.Context) error {
	ctx, by, v := c.Request().Context(), actor(c), visitOf(c)
	p := &ratingsPage{Ask: readRatingAsk(c)}
	p.Nav = "admin"
	l := p.Ask.list(zoneOf(v))
	l.Before, l.Limit = c.QueryParam("before"), pageSize
	var err error
	if p.Rows, p.Next, err = w.Desk.Ratings(ctx, by, l); err != nil {
		return err
	}
	if l.Before != "" && target(c) == "more" {
		return w.part(c, http.StatusOK, "admin/ratings/_more", p)
	}
	if p.Sum, err = w.Desk.RatingSum(ctx, by, l); err != nil {
		return err
	}
	if err := w.ratingChoices(c, p); err != nil {
		return err
	}
	return w.show(c, "admin/ratings/index", p)
}

func (w *Web) ratingChoices(c echo.Context, p *ratingsPage) error {
	ctx, by := c.Request().Context(), actor(c)
	agents, err := w.Desk.Agents(ctx, by)
	if err != nil {
		return err
	}
	p.Agents = agentOptions(agents)
	teams, err := w.Desk.Teams(ctx, by)
	if err != nil {
		return err
	}
	p.Teams = teamOptions(teams, 0, "")[1:]
	inboxes, err := w.Desk.Inboxes(ctx, desk.System, "")
	p.Inboxes = inboxOptions(inboxes)
	return err
}

// exportRatings writes what the list shows as a table.
func (w *Web) exportRatings(c echo.Context) error {
	zone, say := zoneOf(visitOf(c)), w.sayer(c)
	l := readRatingAsk(c).list(zone)
	l.Limit = 200
	page := func(after string) ([]*desk.RatingRow, string, error) {
		l.Before = after
		return w.Desk.Ratings(c.Request().Context(), actor(c), l)
	}
	head := w.heads(c, "rating.at", "rating.stars", "rating.tags", "rating.solved", "rating.remark", "rating.way", "rating.agents", "customer.id", "export.customer", "customer.email", "rating.account", "ticket.team", "rating.conversation", "export.number")
	return writeTable(w, c, "ratings", head, page, func(list []*desk.RatingRow) (rows [][]string, err error) {
		for _, r := range list {
			solved, ticket := "", ""
			if r.Solved != nil {
				solved = say(map[bool]string{true: "rating.yes", false: "rating.no"}[*r.Solved])
			}
			if r.TicketID != 0 {
				ticket = r.TicketID.String()
			}
			rows = append(rows, []string{r.RatedAt.In(zone).Format(time.DateTime), strconv.Itoa(r.Stars), strings.Join(r.Tags, ", "), solved, r.Remark, say("rating.way." + r.Way), strings.Join(r.Agents, ", "),
				r.CustomerPublic, r.CustomerName, r.CustomerEmail, r.InboxName, r.TeamName, r.ConversationID.String(), ticket})
		}
		return rows, nil
	})
}

// ratingPart is what an open conversation shows of its rating.
type ratingPart struct {
	ID  desk.ConversationID
	R   *desk.Rating // nil: none, and nobody asked
	Ask bool         // the reader may ask
}

func (w *Web) ratingPart(c echo.Context, k *desk.Conversation) (*ratingPart, error) {
	ctx, by := c.Request().Context(), actor(c)
	r, err := w.Desk.RatingOf(ctx, by, k.ID)
	if err != nil {
		return nil, err
	}
	survey, err := w.Desk.Survey(ctx, by)
	if err != nil {
		return nil, err
	}
	end := survey.Until(k, nil)
	late := k.Ticket == nil && !end.IsZero() && w.Desk.Clock().After(end)
	return &ratingPart{ID: k.ID, R: r, Ask: r == nil && !late && (k.Ticket != nil || k.Joined || by.IsAdmin())}, nil
}

func (w *Web) conversationRating(c echo.Context) error {
	id, err := param[desk.ConversationID](c, "id")
	if err != nil {
		return err
	}
	k, err := w.Desk.Conversation(c.Request().Context(), actor(c), id)
	if err != nil {
		return err
	}
	p, err := w.ratingPart(c, k)
	if err != nil {
		return err
	}
	return w.part(c, http.StatusOK, "conversations/_rating", p)
}

// inviteRating asks the customer how he was served.
func (w *Web) inviteRating(c echo.Context) error {
	return w.onConversation(c, w.Desk.InviteRating)
}

// surveyPage is how the company asks.
type surveyPage struct {
	Page
	S      desk.Survey
	Stars  []surveyStars // five first
	Linked bool          // links can be written into mails
}

// Shows is how an invitation shows: popup or message.
func (p *surveyPage) Shows() string {
	if p.S.Popup {
		return "popup"
	}
	return "message"
}

// surveyStars is what can be said beside so many stars: tags, a line each.
type surveyStars struct {
	N         int
	Name, One string // of the inputs
	Tags      string
	Only      bool
}

func (w *Web) surveyPage(s desk.Survey) *surveyPage {
	p := &surveyPage{S: s, Linked: w.URL != ""}
	p.Nav = "admin"
	for n := 5; n > 0; n-- {
		of := s.Stars[n-1]
		p.Stars = append(p.Stars, surveyStars{n, fmt.Sprintf("tags_%d", n), fmt.Sprintf("one_%d", n), strings.Join(of.Tags, "\n"), of.One})
	}
	return p
}

func (w *Web) survey(c echo.Context) error {
	s, err := w.Desk.Survey(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	return w.show(c, "admin/survey/form", w.surveyPage(s))
}

func (w *Web) changeSurvey(c echo.Context) error {
	on := func(name string) bool { return text(c, name) == "true" }
	s := desk.Survey{Popup: text(c, "shows") == "popup", OnClose: on("on_close"), OnLeave: on("on_leave"), Button: on("button"), AskSolved: on("ask_solved"), Preselect: on("preselect"),
		LastOnly: !on("shared"), AfterTicket: on("after_ticket"), Hours: int(number(text(c, "hours"), 0)), Days: int(number(text(c, "days"), 0))}
	for i := range s.Stars {
		s.Stars[i] = desk.OfStar{Tags: strings.Split(c.FormValue(fmt.Sprintf("tags_%d", i+1)), "\n"), One: on(fmt.Sprintf("one_%d", i+1))}
	}
	p := w.surveyPage(s)
	if err := w.Desk.ChangeSurvey(c.Request().Context(), actor(c), s); err != nil {
		return w.again(c, err, "admin/survey/form", p)
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/admin/survey")
}

package web

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

type teamsPage struct {
	Page
	Teams  []*desk.Team
	Agents map[desk.AgentID]*desk.Agent
}

type teamPage struct {
	Page
	T         *desk.Team
	Agents    []*desk.Agent
	Schedules []view.Option
	Others    []view.Option // where its queue can flow over to
}

// Leads tells whether an agent is one of the team's admins.
func (p *teamPage) Leads(a desk.AgentID) bool { return slices.Contains(p.T.AdminIDs, a) }

// Out tells whether an agent has himself left out of the team's queue.
func (p *teamPage) Out(a desk.AgentID) bool { return slices.Contains(p.T.OptedOut, a) }

// Member tells whether an agent is in the team.
func (p *teamPage) Member(a desk.AgentID) bool { return slices.Contains(p.T.MemberIDs, a) }

func (w *Web) teams(c echo.Context) error {
	ctx, by := c.Request().Context(), actor(c)
	p := &teamsPage{Agents: map[desk.AgentID]*desk.Agent{}}
	p.Nav = "admin"
	var err error
	if p.Teams, err = w.Desk.Teams(ctx, by); err != nil {
		return err
	}
	agents, err := w.Desk.Agents(ctx, by)
	for _, a := range agents {
		p.Agents[a.ID] = a
	}
	if err != nil {
		return err
	}
	return w.show(c, "admin/teams/index", p)
}

// teamOf is the team of the path; "new" is one to be made.
func (w *Web) teamOf(c echo.Context) (*teamPage, error) {
	ctx, by := c.Request().Context(), actor(c)
	p := &teamPage{T: &desk.Team{Assignment: "collaboration", OverflowOver: 10}}
	p.Nav = "admin"
	var err error
	if c.Param("id") != "new" {
		id, err := param[desk.TeamID](c, "id")
		if err != nil {
			return nil, err
		}
		if p.T, err = w.Desk.Team(ctx, by, id); err != nil {
			return nil, err
		}
	}
	if p.Agents, err = w.Desk.Agents(ctx, by); err != nil {
		return nil, err
	}
	if p.Schedules, err = w.scheduleOptions(c); err != nil {
		return nil, err
	}
	teams, err := w.Desk.Teams(ctx, by)
	p.Others = teamOptions(teams, p.T.ID, w.Views.T(visitOf(c).reader.Lang, "team.overflow_stays"))
	return p, err
}

// teamOptions are the choices of a team, the first for none.
func teamOptions(teams []*desk.Team, but desk.TeamID, none string) []view.Option {
	options := []view.Option{{Value: "0", Text: none}}
	for _, t := range teams {
		if t.ID != but {
			options = append(options, view.Option{Value: t.ID.String(), Text: t.Name})
		}
	}
	return options
}

func (w *Web) team(c echo.Context) error {
	p, err := w.teamOf(c)
	if err != nil {
		return err
	}
	return w.show(c, "admin/teams/form", p)
}

func (w *Web) saveTeam(c echo.Context) error {
	p, err := w.teamOf(c)
	if err != nil {
		return err
	}
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	p.T.Name, p.T.MemberIDs, p.T.AdminIDs = text(c, "name"), agentIDs(form["member_ids"]), agentIDs(form["admin_ids"])
	for _, a := range p.T.AdminIDs { // who leads is in it
		if !slices.Contains(p.T.MemberIDs, a) {
			p.T.MemberIDs = append(p.T.MemberIDs, a)
		}
	}
	if a := text(c, "assignment"); a != "" {
		p.T.Assignment = a
	}
	p.T.ScheduleID, p.T.Greeting = desk.ScheduleID(number(text(c, "schedule_id"), 0)), text(c, "greeting")
	p.T.Overflow, p.T.OverflowNotice = text(c, "overflow") == "true", text(c, "overflow_notice") == "true"
	p.T.OverflowOver, p.T.OverflowTeamID = int(number(text(c, "overflow_over"), 10)), desk.TeamID(number(text(c, "overflow_team_id"), 0))
	if _, err := w.Desk.SaveTeam(c.Request().Context(), actor(c), *p.T); err != nil {
		return w.again(c, err, "admin/teams/form", p)
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/admin/teams")
}

func agentIDs(texts []string) []desk.AgentID {
	ids := make([]desk.AgentID, len(texts))
	for i, s := range texts {
		ids[i] = desk.AgentID(number(s, -1))
	}
	return ids
}

package web

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

type teamsPage struct {
	Page
	Teams  []*desk.Team
	Agents map[desk.AgentID]*desk.Agent
}

type teamPage struct {
	Page
	T      *desk.Team
	Agents []*desk.Agent
}

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
	p := &teamPage{T: &desk.Team{Assignment: "collaboration"}}
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
	p.Agents, err = w.Desk.Agents(ctx, by)
	return p, err
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
	p.T.Name, p.T.MemberIDs = text(c, "name"), nil
	for _, s := range form["member_ids"] {
		p.T.MemberIDs = append(p.T.MemberIDs, desk.AgentID(number(s, -1)))
	}
	if a := text(c, "assignment"); a != "" {
		p.T.Assignment = a
	}
	if _, err := w.Desk.SaveTeam(c.Request().Context(), actor(c), *p.T); err != nil {
		return w.again(c, err, "admin/teams/form", p)
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/admin/teams")
}

func (w *Web) deleteTeam(c echo.Context) error {
	id, err := param[desk.TeamID](c, "id")
	if err != nil {
		return err
	}
	if err := w.Desk.DeleteTeam(c.Request().Context(), actor(c), id); err != nil {
		return err
	}
	w.notice(c, "notice.deleted")
	return c.Redirect(http.StatusSeeOther, "/admin/teams")
}

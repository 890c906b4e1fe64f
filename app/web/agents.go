package web

import (
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

type agentsPage struct {
	Page
	Ask    agentAsk
	Agents []*desk.Agent
	Teams  map[desk.AgentID][]string
}

// agentAsk is what the list is asked for, as it stands in the address.
type agentAsk struct{ Query, Sort string }

func readAgentAsk(c echo.Context) agentAsk {
	a := agentAsk{Query: clipRunes(text(c, "q"), 80), Sort: text(c, "sort")}
	if !slices.Contains(desk.AgentOrders, a.Sort) {
		a.Sort = ""
	}
	return a
}

// Params is the address after the question mark.
func (a agentAsk) Params() template.URL {
	return template.URL(url.Values{"q": {a.Query}, "sort": {a.Sort}}.Encode())
}

// Orders are the choices of sorting.
func (p *agentsPage) Orders() []string { return desk.AgentOrders }

type agentPage struct {
	Page
	A       *desk.Agent
	Teams   []*desk.Team
	In      []desk.TeamID
	HasLink string // the invitation's address, shown once
	Mailed  bool   // it was mailed too
	Reset   bool   // it is one to a new password
}

// Member tells whether the agent is in a team.
func (p *agentPage) Member(t desk.TeamID) bool { return slices.Contains(p.In, t) }

func (w *Web) agents(c echo.Context) error {
	ctx, by := c.Request().Context(), actor(c)
	p := &agentsPage{Ask: readAgentAsk(c), Teams: map[desk.AgentID][]string{}}
	p.Nav = "admin"
	var err error
	if p.Agents, err = w.Desk.FindAgents(ctx, by, desk.AgentList{Query: p.Ask.Query, Sort: p.Ask.Sort}); err != nil {
		return err
	}
	teams, err := w.Desk.Teams(ctx, by)
	if err != nil {
		return err
	}
	for _, t := range teams {
		for _, id := range t.MemberIDs {
			p.Teams[id] = append(p.Teams[id], t.Name)
		}
	}
	return w.show(c, "admin/agents/index", p)
}

func (w *Web) newAgent(c echo.Context) error {
	p, err := w.agentPage(c, &desk.Agent{Role: desk.Crew, Capacity: 10, Enabled: true})
	if err != nil {
		return err
	}
	return w.show(c, "admin/agents/form", p)
}

func (w *Web) agentPage(c echo.Context, a *desk.Agent) (*agentPage, error) {
	p := &agentPage{A: a}
	p.Nav = "admin"
	var err error
	if p.Teams, err = w.Desk.Teams(c.Request().Context(), actor(c)); err != nil {
		return nil, err
	}
	for _, t := range p.Teams {
		if slices.Contains(t.MemberIDs, a.ID) {
			p.In = append(p.In, t.ID)
		}
	}
	return p, nil
}

// createAgent adds an agent, and shows the link by which he sets his password.
func (w *Web) createAgent(c echo.Context) error {
	a := &desk.Agent{Email: text(c, "email"), Name: text(c, "name"), Role: desk.Role(text(c, "role")), Capacity: int(number(text(c, "capacity"), -1)), Enabled: true, Particulars: formParticulars(c)}
	teams, err := formTeams(c)
	if err != nil {
		return err
	}
	made, err := w.Desk.CreateAgent(c.Request().Context(), actor(c), desk.NewAgent{Email: a.Email, Name: a.Name, Role: a.Role, Capacity: a.Capacity, TeamIDs: teams, Particulars: a.Particulars})
	if err != nil {
		p, e := w.agentPage(c, a)
		if e != nil {
			return e
		}
		p.In = teams
		return w.again(c, err, "admin/agents/form", p)
	}
	return w.showInvitation(c, made)
}

func (w *Web) invite(c echo.Context) error {
	a, err := w.agentOf(c)
	if err != nil {
		return err
	}
	return w.showInvitation(c, a)
}

func (w *Web) showInvitation(c echo.Context, a *desk.Agent) error {
	token, err := w.Desk.Invite(c.Request().Context(), actor(c), a.ID)
	if err != nil {
		return err
	}
	p, err := w.agentPage(c, a)
	if err != nil {
		return err
	}
	p.HasLink = w.origin(c) + "/invitations/" + token
	mail := desk.Invitation(visitOf(c).company, a.ID, token)
	var none *desk.Error
	if _, err := w.Desk.SendSystemMail(c.Request().Context(), actor(c), mail); err != nil && !errors.As(err, &none) {
		return err
	} else if err == nil {
		p.Mailed = true
	}
	return w.show(c, "admin/agents/form", p)
}

func (w *Web) agent(c echo.Context) error {
	a, err := w.agentOf(c)
	if err != nil {
		return err
	}
	p, err := w.agentPage(c, a)
	if err != nil {
		return err
	}
	return w.show(c, "admin/agents/form", p)
}

func (w *Web) agentOf(c echo.Context) (*desk.Agent, error) {
	id, err := param[desk.AgentID](c, "id")
	if err != nil {
		return nil, err
	}
	return w.Desk.Agent(c.Request().Context(), actor(c), id)
}

func (w *Web) changeAgent(c echo.Context) error {
	a, err := w.agentOf(c)
	if err != nil {
		return err
	}
	teams, err := formTeams(c)
	if err != nil {
		return err
	}
	a.Particulars, a.Email = formParticulars(c), text(c, "email")
	a.Name, a.Role, a.Capacity, a.Enabled = text(c, "name"), desk.Role(text(c, "role")), int(number(text(c, "capacity"), -1)), text(c, "enabled") == "true"
	ch := desk.AgentChange{Email: &a.Email, Name: &a.Name, Role: &a.Role, Capacity: &a.Capacity, Enabled: &a.Enabled, TeamIDs: &teams,
		RealName: &a.RealName, Phone: &a.Phone, EmployeeNumber: &a.EmployeeNumber}
	if presence := text(c, "presence"); presence != "" && presence != a.Presence {
		ch.Presence = &presence
	}
	if _, err := w.Desk.ChangeAgent(c.Request().Context(), actor(c), a.ID, ch); err != nil {
		p, e := w.agentPage(c, a)
		if e != nil {
			return e
		}
		p.In = teams
		return w.again(c, err, "admin/agents/form", p)
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/admin/agents")
}

// exportAgents writes what the list shows as a table.
func (w *Web) exportAgents(c echo.Context) error {
	ask := readAgentAsk(c)
	agents, err := w.Desk.FindAgents(c.Request().Context(), actor(c), desk.AgentList{Query: ask.Query, Sort: ask.Sort})
	if err != nil {
		return err
	}
	out := w.spreadsheet(c, "agents")
	t := w.sayer(c)
	out.Write(t("agent.name"), t("agent.email"), t("agent.real_name"), t("agent.phone"), t("agent.employee_number"), t("agent.capacity"), t("agent.role"), t("agents.presence"), t("agent.enabled"))
	for _, a := range agents {
		enabled := t(map[bool]string{true: "rating.yes", false: "rating.no"}[a.Enabled])
		out.Write(a.Name, a.Email, a.RealName, a.Phone, a.EmployeeNumber, strconv.Itoa(a.Capacity), t("role."+string(a.Role)), t("presence."+a.Presence), enabled)
	}
	return out.Close()
}

func (w *Web) deleteAgent(c echo.Context) error {
	a, err := w.agentOf(c)
	if err != nil {
		return err
	}
	if err := w.Desk.DeleteAgent(c.Request().Context(), actor(c), a.ID); err != nil {
		p, e := w.agentPage(c, a)
		if e != nil {
			return e
		}
		return w.again(c, err, "admin/agents/form", p)
	}
	w.notice(c, "notice.agent_removed")
	return c.Redirect(http.StatusSeeOther, "/admin/agents")
}

func formParticulars(c echo.Context) desk.Particulars {
	return desk.Particulars{RealName: text(c, "real_name"), Phone: text(c, "phone"), EmployeeNumber: text(c, "employee_number")}
}

// formTeams are the teams that are ticked.
func formTeams(c echo.Context) ([]desk.TeamID, error) {
	form, err := c.FormParams()
	ids := []desk.TeamID{}
	for _, s := range form["team_ids"] {
		ids = append(ids, desk.TeamID(number(s, -1)))
	}
	return ids, err
}

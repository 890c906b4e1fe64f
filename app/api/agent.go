package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"deskbell/app/desk"
	"deskbell/app/rest"
)

// Agent is someone who answers customers.
type Agent struct {
	ID        string    `json:"id"`
	Email     string    `json:"email"`
	Name      string    `json:"name"`
	RoleID    string    `json:"role_id" enum:"admin,agent"`
	Presence  string    `json:"presence" enum:"online,busy,away,invisible,offline"`
	Capacity  int       `json:"capacity" doc:"Conversations at once"`
	Enabled   bool      `json:"enabled"`
	Invited   bool      `json:"invited" doc:"Has no password yet"`
	TeamIDs   []string  `json:"team_ids" nullable:"false"`
	CreatedAt time.Time `json:"created_at"`
	Particulars
	// Only in the answer to the POST that invites him.
	InvitationURL string `json:"invitation_url,omitempty" doc:"Where an invited agent chooses a password; told once"`
}

// Particulars are told to admins, and to the agent himself.
type Particulars struct {
	RealName       string `json:"real_name,omitempty" maxLength:"80"`
	Phone          string `json:"phone,omitempty" maxLength:"40"`
	EmployeeNumber string `json:"employee_number,omitempty" maxLength:"40"`
}

type newAgent struct {
	Body struct {
		Particulars
		Email    string   `json:"email" maxLength:"254"`
		Name     string   `json:"name" maxLength:"80"`
		Password string   `json:"password,omitempty" maxLength:"512" doc:"Without one he is invited"`
		RoleID   string   `json:"role_id,omitempty" enum:"admin,agent" default:"agent"`
		Capacity int      `json:"capacity,omitempty" minimum:"0" maximum:"100"`
		TeamIDs  []string `json:"team_ids,omitempty" maxItems:"200"`
	}
}

type agentChange struct {
	rest.ByID
	Body struct {
		Email          *string   `json:"email,omitempty" maxLength:"254" doc:"Ends the agent's sessions"`
		RealName       *string   `json:"real_name,omitempty" maxLength:"80"`
		Phone          *string   `json:"phone,omitempty" maxLength:"40"`
		EmployeeNumber *string   `json:"employee_number,omitempty" maxLength:"40"`
		Name           *string   `json:"name,omitempty" maxLength:"80"`
		RoleID         *string   `json:"role_id,omitempty" enum:"admin,agent"`
		Presence       *string   `json:"presence,omitempty" enum:"online,busy,away,invisible,offline"`
		Capacity       *int      `json:"capacity,omitempty" minimum:"0" maximum:"100"`
		Enabled        *bool     `json:"enabled,omitempty"`
		TeamIDs        *[]string `json:"team_ids,omitempty" maxItems:"200"`
	}
}

func (d *Door) agents() {
	rest.On(d.api, d.op(http.MethodGet, "/agents", "list-agents", "agents", "All agents by name"), d.listAgents)
	rest.On(d.api, created(d.op(http.MethodPost, "/agents", "create-agent", "agents", "Add an agent, or invite one without a password")), d.createAgent)
	rest.On(d.api, d.op(http.MethodGet, "/agents/{id}", "get-agent", "agents", "One agent"), d.getAgent)
	rest.On(d.api, d.op(http.MethodDelete, "/agents/{id}", "delete-agent", "agents", "Remove an agent for good, who has nothing open; what he wrote keeps his name"), remove(d.desk.DeleteAgent))
	rest.On(d.api, d.op(http.MethodPatch, "/agents/{id}", "change-agent", "agents", "Change an agent; what is left out stays"), d.changeAgent)
}

func (d *Door) listAgents(ctx context.Context, by desk.Actor, in *struct{ rest.Page }) (*rest.List[Agent], error) {
	all, err := d.desk.Agents(ctx, by)
	if err != nil {
		return nil, err
	}
	teams, err := d.teamsOf(ctx, by)
	if err != nil {
		return nil, err
	}
	some, next, err := cut(all, in.Page)
	return rest.ListOf(some, next, func(a *desk.Agent) Agent { return formAgent(by, a, teams) }), err
}

func (d *Door) getAgent(ctx context.Context, by desk.Actor, in *rest.ByID) (*rest.One[Agent], error) {
	id, err := desk.ParseID[desk.AgentID](in.ID)
	if err != nil {
		return nil, err
	}
	return d.oneAgent(ctx, by, id)
}

func (d *Door) oneAgent(ctx context.Context, by desk.Actor, id desk.AgentID) (*rest.One[Agent], error) {
	a, err := d.desk.Agent(ctx, by, id)
	if err != nil {
		return nil, err
	}
	teams, err := d.teamsOf(ctx, by)
	return &rest.One[Agent]{Body: formAgent(by, a, teams)}, err
}

func (d *Door) createAgent(ctx context.Context, by desk.Actor, in *newAgent) (*rest.One[Agent], error) {
	teams, err := ids[desk.TeamID]("team_ids", in.Body.TeamIDs)
	if err != nil {
		return nil, err
	}
	a, err := d.desk.CreateAgent(ctx, by, desk.NewAgent{Email: in.Body.Email, Name: in.Body.Name, Password: in.Body.Password,
		Role: desk.Role(in.Body.RoleID), Capacity: in.Body.Capacity, TeamIDs: teams, Particulars: desk.Particulars(in.Body.Particulars)})
	if err != nil {
		return nil, err
	}
	out, err := d.oneAgent(ctx, by, a.ID)
	if err != nil || in.Body.Password != "" {
		return out, err
	}
	token, err := d.desk.Invite(ctx, by, a.ID)
	if err != nil {
		return nil, err
	}
	out.Body.InvitationURL = strings.TrimRight(d.URL, "/") + "/invitations/" + token
	company, err := d.desk.Company(ctx, by)
	if err != nil {
		return nil, err
	}
	var none *desk.Error // there is no mailbox: the link in the answer has to do
	if _, err := d.desk.SendSystemMail(ctx, by, desk.Invitation(company, a.ID, token)); err != nil && !errors.As(err, &none) {
		return nil, err
	}
	return out, nil
}

func (d *Door) changeAgent(ctx context.Context, by desk.Actor, in *agentChange) (*rest.One[Agent], error) {
	id, err := desk.ParseID[desk.AgentID](in.ID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	ch := desk.AgentChange{Email: b.Email, Name: b.Name, Role: (*desk.Role)(b.RoleID), Enabled: b.Enabled, RealName: b.RealName, Phone: b.Phone, EmployeeNumber: b.EmployeeNumber}
	if b.TeamIDs != nil {
		teams, err := ids[desk.TeamID]("team_ids", *b.TeamIDs)
		if err != nil {
			return nil, err
		}
		ch.TeamIDs = &teams
	}
	if ch == (desk.AgentChange{}) { // his own, perhaps
		_, err = d.desk.SetOwn(ctx, by, id, b.Capacity, b.Presence)
	} else {
		ch.Capacity, ch.Presence = b.Capacity, b.Presence
		_, err = d.desk.ChangeAgent(ctx, by, id, ch)
	}
	if err != nil {
		return nil, err
	}
	return d.oneAgent(ctx, by, id)
}

// teamsOf answers every agent's teams.
func (d *Door) teamsOf(ctx context.Context, by desk.Actor) (map[desk.AgentID][]string, error) {
	teams, err := d.desk.Teams(ctx, by)
	of := map[desk.AgentID][]string{}
	for _, t := range teams {
		for _, a := range t.MemberIDs {
			of[a] = append(of[a], t.ID.String())
		}
	}
	return of, err
}

func formAgent(by desk.Actor, a *desk.Agent, teams map[desk.AgentID][]string) Agent {
	out := Agent{ID: a.ID.String(), Email: a.Email, Name: a.Name, RoleID: string(a.Role), Presence: a.Presence, Capacity: a.Capacity,
		Enabled: a.Enabled, Invited: a.Invited, TeamIDs: append([]string{}, teams[a.ID]...), CreatedAt: a.CreatedAt}
	if by.Agent() == a.ID || by.Can(desk.ManageAgents) == nil {
		out.Particulars = Particulars(a.Particulars)
	}
	return out
}

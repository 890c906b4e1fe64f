package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"deskbell/app/desk"
	"deskbell/app/rest"
)

// Team is a skill group and its queue.
type Team struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	Assignment string    `json:"assignment" enum:"auto,grab,collaboration"`
	MemberIDs  []string  `json:"member_ids" nullable:"false"`
	AdminIDs   []string  `json:"admin_ids" nullable:"false" doc:"Members who see and join all of the team's conversations"`
	ScheduleID string    `json:"schedule_id" doc:"Work hours; 0 is the default"`
	Greeting   string    `json:"greeting"`
	CheatSheet string    `json:"cheat_sheet" doc:"What its agents want at hand; empty for those who are not in it. A line that begins with # is a heading, one with - an item; **bold**"`
	CreatedAt  time.Time `json:"created_at"`
}

type newTeam struct {
	Body struct {
		Name       string   `json:"name" maxLength:"80"`
		Assignment string   `json:"assignment,omitempty" enum:"auto,grab,collaboration" default:"collaboration"`
		MemberIDs  []string `json:"member_ids,omitempty" maxItems:"1000"`
	}
}

type teamChange struct {
	rest.ByID
	Body struct {
		Name       *string   `json:"name,omitempty" maxLength:"80"`
		Assignment *string   `json:"assignment,omitempty" enum:"auto,grab,collaboration"`
		MemberIDs  *[]string `json:"member_ids,omitempty" maxItems:"1000"`
		AdminIDs   *[]string `json:"admin_ids,omitempty" maxItems:"1000" doc:"Of the members"`
		ScheduleID *string   `json:"schedule_id,omitempty" maxLength:"20"`
		Greeting   *string   `json:"greeting,omitempty" maxLength:"500"`
		CheatSheet *string   `json:"cheat_sheet,omitempty" maxLength:"10000" doc:"A team's admins may change it too"`
	}
}

func (d *Door) teams() {
	rest.On(d.api, d.op(http.MethodGet, "/teams", "list-teams", "teams", "All teams by name"), d.listTeams)
	rest.On(d.api, created(d.op(http.MethodPost, "/teams", "create-team", "teams", "Add a team")), d.createTeam)
	rest.On(d.api, d.op(http.MethodGet, "/teams/{id}", "get-team", "teams", "One team"), d.getTeam)
	rest.On(d.api, d.op(http.MethodPatch, "/teams/{id}", "change-team", "teams", "Change a team; what is left out stays"), alone(d, d.changeTeam))
	rest.On(d.api, d.op(http.MethodDelete, "/teams/{id}", "delete-team", "teams", "End a team; what it had belongs to everyone"), remove(d.desk.DeleteTeam))
}

func (d *Door) listTeams(ctx context.Context, by desk.Actor, in *struct{ rest.Page }) (*rest.List[Team], error) {
	all, err := d.desk.Teams(ctx, by)
	if err != nil {
		return nil, err
	}
	sheets, err := d.desk.CheatSheets(ctx, by)
	return short(all, err, in.Page, func(t *desk.Team) Team { return formTeam(t, sheets) })
}

func (d *Door) getTeam(ctx context.Context, by desk.Actor, in *rest.ByID) (*rest.One[Team], error) {
	id, err := desk.ParseID[desk.TeamID](in.ID)
	if err != nil {
		return nil, err
	}
	t, err := d.desk.Team(ctx, by, id)
	return d.team(ctx, by, t, err)
}

func (d *Door) createTeam(ctx context.Context, by desk.Actor, in *newTeam) (*rest.One[Team], error) {
	members, err := ids[desk.AgentID]("member_ids", in.Body.MemberIDs)
	if err != nil {
		return nil, err
	}
	t, err := d.desk.SaveTeam(ctx, by, desk.Team{Name: in.Body.Name, Assignment: in.Body.Assignment, MemberIDs: members})
	return d.team(ctx, by, t, err)
}

func (d *Door) changeTeam(ctx context.Context, by desk.Actor, in *teamChange) (*rest.One[Team], error) {
	id, err := desk.ParseID[desk.TeamID](in.ID)
	if err != nil {
		return nil, err
	}
	t, err := d.desk.Team(ctx, by, id)
	if err != nil {
		return nil, err
	}
	if in.Body.Name != nil {
		t.Name = *in.Body.Name
	}
	if in.Body.Assignment != nil {
		t.Assignment = *in.Body.Assignment
	}
	if in.Body.MemberIDs != nil {
		if t.MemberIDs, err = ids[desk.AgentID]("member_ids", *in.Body.MemberIDs); err != nil {
			return nil, err
		}
	}
	if in.Body.AdminIDs != nil {
		if t.AdminIDs, err = ids[desk.AgentID]("admin_ids", *in.Body.AdminIDs); err != nil {
			return nil, err
		}
	}
	if s := in.Body.ScheduleID; s != nil {
		n, err := strconv.ParseUint(*s, 10, 32)
		if err != nil {
			return nil, rest.BadRequest("body.schedule_id", "this is not an id")
		}
		t.ScheduleID = desk.ScheduleID(n)
	}
	if in.Body.Greeting != nil {
		t.Greeting = *in.Body.Greeting
	}
	t.CheatSheet = in.Body.CheatSheet
	if in.Body.CheatSheet = nil; t.CheatSheet != nil && in.Body == (teamChange{}).Body { // who leads a team may write its cheat sheet, and nothing else
		return d.team(ctx, by, t, d.desk.ChangeCheatSheet(ctx, by, id, *t.CheatSheet, nil))
	}
	t, err = d.desk.SaveTeam(ctx, by, *t)
	return d.team(ctx, by, t, err)
}

func (d *Door) team(ctx context.Context, by desk.Actor, t *desk.Team, err error) (*rest.One[Team], error) {
	if err != nil {
		return nil, err
	}
	sheets, err := d.desk.CheatSheets(ctx, by)
	return &rest.One[Team]{Body: formTeam(t, sheets)}, err
}

func formTeam(t *desk.Team, sheets map[desk.TeamID]string) Team {
	w := Team{ID: t.ID.String(), Name: t.Name, Assignment: t.Assignment, MemberIDs: []string{}, AdminIDs: []string{},
		ScheduleID: t.ScheduleID.String(), Greeting: t.Greeting, CheatSheet: sheets[t.ID], CreatedAt: t.CreatedAt}
	for _, m := range t.AdminIDs {
		w.AdminIDs = append(w.AdminIDs, m.String())
	}
	for _, m := range t.MemberIDs {
		w.MemberIDs = append(w.MemberIDs, m.String())
	}
	return w
}

// nothing is the answer of what has none.
type nothing struct{}

// ids reads ids of the body; one that is none is that field's fault.
func ids[T ~int64](field string, texts []string) ([]T, error) {
	list := make([]T, len(texts))
	for i, s := range texts {
		id, err := desk.ParseID[T](s)
		if err != nil {
			return nil, rest.BadRequest(fmt.Sprintf("body.%s[%d]", field, i), "this is not an id")
		}
		list[i] = id
	}
	return list, nil
}

// id reads one id of the query or the body that may be left out.
func id[T ~int64](location, text string) (T, error) {
	if text == "" {
		return 0, nil
	}
	n, err := desk.ParseID[T](text)
	if err != nil {
		return 0, rest.BadRequest(location, "this is not an id")
	}
	return n, nil
}

// keep puts what was read into its place, and answers what was wrong with it.
func keep[T any](place *T) func(T, error) error {
	return func(read T, err error) error {
		*place = read
		return err
	}
}

// set takes what was said.
func set[T any](to, said *T) {
	if said != nil {
		*to = *said
	}
}

// remove takes away what the path names.
func remove[T ~int64](verb func(context.Context, desk.Actor, T) error) func(context.Context, desk.Actor, *rest.ByID) (*nothing, error) {
	return func(ctx context.Context, by desk.Actor, in *rest.ByID) (*nothing, error) {
		id, err := desk.ParseID[T](in.ID)
		if err != nil {
			return nil, err
		}
		return nil, verb(ctx, by, id)
	}
}

// short answers a page of a list that the desk reads as a whole, because it is short.
func short[D, T any](all []D, err error, p rest.Page, form func(D) T) (*rest.List[T], error) {
	if err != nil {
		return nil, err
	}
	some, next, err := cut(all, p)
	return rest.ListOf(some, next, form), err
}

// cut makes a page of such a list.
func cut[T any](all []T, p rest.Page) ([]T, string, error) {
	from := 0
	if p.Cursor != "" {
		var err error
		if from, err = strconv.Atoi(p.Cursor); err != nil || from < 0 {
			return nil, "", rest.BadRequest("query.cursor", "expected next_cursor of another page")
		}
	}
	all = all[min(from, len(all)):]
	if len(all) <= p.Limit {
		return all, "", nil
	}
	return all[:p.Limit], strconv.Itoa(from + p.Limit), nil
}

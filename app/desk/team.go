package desk

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// Team is a skill group and its queue.
type Team struct {
	ID         TeamID
	Name       string
	Assignment string // auto, grab or collaboration
	MemberIDs  []AgentID
	AdminIDs   []AgentID  // members who see and join all of the team's conversations
	OptedOut   []AgentID  // members who are given nothing of its queue by the desk; their own choice, SaveTeam leaves it
	ScheduleID ScheduleID // work hours
	Greeting   string     // to the customer whom an agent of the team joins first; empty: none
	CreatedAt  time.Time
	CheatSheet *string // for SaveTeam to write as well; nil: it stays. CheatSheets reads them

	// The overflow rule: what would wait as one more than Over goes to another team.
	Overflow       bool
	OverflowOver   int
	OverflowTeamID TeamID // 0: it stays
	OverflowNotice bool   // admins are told
}

const teamColumns = "id, name, assignment, schedule_id, greeting, overflow, overflow_over, coalesce(overflow_team_id, 0), overflow_notice, created_at"

func scanTeam(row scanner) (*Team, error) {
	var t Team
	var created int64
	err := row.Scan(&t.ID, &t.Name, &t.Assignment, &t.ScheduleID, &t.Greeting, &t.Overflow, &t.OverflowOver, &t.OverflowTeamID, &t.OverflowNotice, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	t.CreatedAt = at(created)
	return &t, err
}

func findTeam(ctx context.Context, r reader, id TeamID) (*Team, error) {
	t, err := scanTeam(r.QueryRowContext(ctx, "select "+teamColumns+" from teams where id = ? and deleted_at is null", id))
	if err != nil {
		return nil, err
	}
	return t, t.readMembers(ctx, r)
}

func (t *Team) readMembers(ctx context.Context, r reader) error {
	type member struct {
		id             AgentID
		admin, without bool
	}
	rows, err := r.QueryContext(ctx, "select agent_id, admin, opted_out from team_members where team_id = ? order by agent_id", t.ID)
	list, err := collect(rows, err, func(row scanner) (m member, err error) { return m, row.Scan(&m.id, &m.admin, &m.without) })
	for _, m := range list {
		t.MemberIDs = append(t.MemberIDs, m.id)
		if m.admin {
			t.AdminIDs = append(t.AdminIDs, m.id)
		}
		if m.without {
			t.OptedOut = append(t.OptedOut, m.id)
		}
	}
	return err
}

// Team finds one team with its members.
func (d *Desk) Team(ctx context.Context, by Actor, id TeamID) (*Team, error) {
	if by.Kind == ByCustomer {
		return nil, NotFound
	}
	return findTeam(ctx, d.read(), id)
}

// Teams lists all teams by name, with their members.
func (d *Desk) Teams(ctx context.Context, by Actor) ([]*Team, error) {
	if by.Kind == ByCustomer {
		return nil, NotFound
	}
	rows, err := d.read().QueryContext(ctx, "select "+teamColumns+" from teams where deleted_at is null order by name, id")
	teams, err := collect(rows, err, scanTeam)
	if err != nil {
		return nil, err
	}
	for _, t := range teams {
		if err := t.readMembers(ctx, d.read()); err != nil {
			return nil, err
		}
	}
	return teams, nil
}

// TeamIDs are the teams of the acting agent.
func (d *Desk) TeamIDs(ctx context.Context, by Actor) ([]TeamID, error) {
	rows, err := d.read().QueryContext(ctx, "select team_id from team_members where agent_id = ?", by.Agent())
	return collect(rows, err, func(row scanner) (t TeamID, err error) { return t, row.Scan(&t) })
}

// LedTeamIDs are the teams of which the acting agent is a team admin.
func (d *Desk) LedTeamIDs(ctx context.Context, by Actor) ([]TeamID, error) {
	rows, err := d.read().QueryContext(ctx, "select team_id from team_members where agent_id = ? and admin", by.Agent())
	return collect(rows, err, func(row scanner) (t TeamID, err error) { return t, row.Scan(&t) })
}

// SaveTeam makes a team (id 0) or changes one.
func (d *Desk) SaveTeam(ctx context.Context, by Actor, in Team) (*Team, error) {
	if err := by.Can(ManageTeams); err != nil {
		return nil, err
	}
	if err := checkTeam(&in); err != nil {
		return nil, err
	}
	if in.CheatSheet != nil {
		sheet, err := sheetText(*in.CheatSheet)
		if err != nil {
			return nil, err
		}
		in.CheatSheet = &sheet
	}
	var t *Team
	err := d.Write(ctx, by, func(tx *Tx) (err error) {
		was := tx.before("teams", in.ID)
		if err := tx.storeTeam(ctx, &in); err != nil {
			return err
		}
		if err := tx.setMembers(&in); err != nil {
			return err
		}
		if err := tx.recordChange(TeamChanged, int64(in.ID), nil, was); err != nil {
			return err
		}
		if in.CheatSheet != nil {
			if err := tx.changeCheatSheet(ctx, in.ID, *in.CheatSheet, nil); err != nil {
				return err
			}
		}
		t, err = findTeam(ctx, tx, in.ID)
		return err
	})
	return t, err
}

func checkTeam(in *Team) error {
	var c check
	in.Name = strings.TrimSpace(in.Name)
	if in.Name == "" {
		c.fault("name", "fault.name_missing")
	}
	if utf8.RuneCountInString(in.Name) > 80 {
		c.fault("name", "fault.too_long", 80)
	}
	switch in.Assignment {
	case "auto", "grab", "collaboration":
	default:
		c.fault("assignment", "fault.assignment_unknown")
	}
	if utf8.RuneCountInString(in.Greeting) > 500 {
		c.fault("greeting", "fault.too_long", 500)
	}
	if in.OverflowOver < 0 || in.OverflowOver > 100_000 {
		c.fault("overflow_over", "fault.queue_limit_range")
	}
	return c.err()
}

func (tx *Tx) storeTeam(ctx context.Context, in *Team) error {
	var taken bool
	if err := tx.QueryRow("select count(*) from teams where name = ? and id <> ? and deleted_at is null", in.Name, in.ID).Scan(&taken); err != nil {
		return err
	}
	if taken {
		return Invalid("name", "fault.name_taken")
	}
	if _, err := findSchedule(ctx, tx, in.ScheduleID); err != nil {
		return orElse(notMissing(err), Invalid("schedule_id", "fault.schedule_unknown"))
	}
	if in.OverflowTeamID != 0 {
		if _, err := findTeam(ctx, tx, in.OverflowTeamID); err != nil || in.OverflowTeamID == in.ID {
			return orElse(notMissing(err), Invalid("overflow_team_id", "fault.team_unknown"))
		}
	}
	if in.ID == 0 {
		if err := tx.QueryRow("insert into teams(name, assignment, created_at) values (?, ?, ?) returning id", in.Name, in.Assignment, ms(tx.now)).Scan(&in.ID); err != nil {
			return err
		}
	}
	res, err := tx.Exec("update teams set name = ?, assignment = ?, schedule_id = ?, greeting = ?, overflow = ?, overflow_over = ?, overflow_team_id = ?, overflow_notice = ? where id = ? and deleted_at is null",
		in.Name, in.Assignment, in.ScheduleID, in.Greeting, in.Overflow, in.OverflowOver, nullID(in.OverflowTeamID), in.OverflowNotice, in.ID)
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return NotFound
	}
	return nil
}

// notMissing is nil for what is not there: that is the input's fault.
func notMissing(err error) error {
	if errors.Is(err, NotFound) {
		return nil
	}
	return err
}

// DeleteTeam ends a team; its conversations and inboxes then belong to everyone.
func (d *Desk) DeleteTeam(ctx context.Context, by Actor, id TeamID) error {
	if err := by.Can(ManageTeams); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		res, err := tx.Exec("update teams set deleted_at = ? where id = ? and deleted_at is null", ms(tx.now), id)
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return NotFound
		}
		for _, q := range []string{"delete from team_members where team_id = ?", "delete from conversation_teams where team_id = ?", "delete from cheat_sheets where team_id = ?", "update inboxes set team_id = null where team_id = ?", "update conversations set team_id = null where team_id = ?",
			"update inboxes set off_team_id = null where off_team_id = ?", "update teams set overflow_team_id = null where overflow_team_id = ?"} {
			if _, err := tx.Exec(q, id); err != nil {
				return err
			}
		}
		return tx.Record(TeamChanged, 0, int64(id), Facts{"deleted": true})
	})
}

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
	CreatedAt  time.Time
}

func scanTeam(row scanner) (*Team, error) {
	var t Team
	var created int64
	err := row.Scan(&t.ID, &t.Name, &t.Assignment, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	t.CreatedAt = at(created)
	return &t, err
}

func findTeam(ctx context.Context, r reader, id TeamID) (*Team, error) {
	t, err := scanTeam(r.QueryRowContext(ctx, "select id, name, assignment, created_at from teams where id = ? and deleted_at is null", id))
	if err != nil {
		return nil, err
	}
	t.MemberIDs, err = members(ctx, r, id)
	return t, err
}

func members(ctx context.Context, r reader, id TeamID) ([]AgentID, error) {
	rows, err := r.QueryContext(ctx, "select agent_id from team_members where team_id = ? order by agent_id", id)
	return collect(rows, err, func(row scanner) (a AgentID, err error) { return a, row.Scan(&a) })
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
	rows, err := d.read().QueryContext(ctx, "select id, name, assignment, created_at from teams where deleted_at is null order by name, id")
	teams, err := collect(rows, err, scanTeam)
	if err != nil {
		return nil, err
	}
	for _, t := range teams {
		if t.MemberIDs, err = members(ctx, d.read(), t.ID); err != nil {
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

// SaveTeam makes a team (id 0) or changes one.
func (d *Desk) SaveTeam(ctx context.Context, by Actor, in Team) (*Team, error) {
	if err := by.Can(ManageTeams); err != nil {
		return nil, err
	}
	if err := checkTeam(&in); err != nil {
		return nil, err
	}
	var t *Team
	err := d.Write(ctx, by, func(tx *Tx) (err error) {
		if err := tx.storeTeam(&in); err != nil {
			return err
		}
		if _, err := tx.Exec("delete from team_members where team_id = ?", in.ID); err != nil {
			return err
		}
		for _, a := range in.MemberIDs {
			if err := tx.addMember(in.ID, a); err != nil {
				return err
			}
		}
		if err := tx.Record(TeamChanged, 0, int64(in.ID), nil); err != nil {
			return err
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
	return c.err()
}

func (tx *Tx) storeTeam(in *Team) error {
	var taken bool
	if err := tx.QueryRow("select count(*) from teams where name = ? and id <> ? and deleted_at is null", in.Name, in.ID).Scan(&taken); err != nil {
		return err
	}
	if taken {
		return Invalid("name", "fault.name_taken")
	}
	if in.ID == 0 {
		res, err := tx.Exec("insert into teams(name, assignment, created_at) values (?, ?, ?)", in.Name, in.Assignment, ms(tx.now))
		if err != nil {
			return err
		}
		id, err := res.LastInsertId()
		in.ID = TeamID(id)
		return err
	}
	res, err := tx.Exec("update teams set name = ?, assignment = ? where id = ? and deleted_at is null", in.Name, in.Assignment, in.ID)
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return NotFound
	}
	return nil
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
		for _, q := range []string{"delete from team_members where team_id = ?", "update inboxes set team_id = null where team_id = ?", "update conversations set team_id = null where team_id = ?"} {
			if _, err := tx.Exec(q, id); err != nil {
				return err
			}
		}
		return tx.Record(TeamChanged, 0, int64(id), Facts{"deleted": true})
	})
}

// addMember puts an agent into a team; one who is not there is the input's fault.
func (tx *Tx) addMember(team TeamID, agent AgentID) error {
	res, err := tx.Exec(`insert into team_members(team_id, agent_id)
		select t.id, a.id from teams t, agents a where t.id = ? and a.id = ? and t.deleted_at is null and a.deleted_at is null
		on conflict do nothing`, team, agent)
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n > 0 {
		return nil
	}
	var there bool
	err = tx.QueryRow("select count(*) from team_members where team_id = ? and agent_id = ?", team, agent).Scan(&there)
	if err == nil && !there {
		return Invalid("member_ids", "fault.member_unknown")
	}
	return err
}

func (tx *Tx) setTeams(agent AgentID, teams []TeamID) error {
	if _, err := tx.Exec("delete from team_members where agent_id = ?", agent); err != nil {
		return err
	}
	for _, t := range teams {
		if err := tx.addMember(t, agent); err != nil {
			return err
		}
	}
	return nil
}

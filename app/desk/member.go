package desk

import (
	"context"
	"slices"
)

// OptOut says whether the acting agent is given conversations out of a team's queue by the desk. He stays a member: he sees them
// and may join.
func (d *Desk) OptOut(ctx context.Context, by Actor, team TeamID, out bool) error {
	if by.Agent() == 0 {
		return Forbidden
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		res, err := tx.Exec("update team_members set opted_out = ? where team_id = ? and agent_id = ?", out, team, by.ID)
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return NotFound
		}
		return tx.Record(TeamJoined, 0, by.ID, Facts{"team": team, "out": out})
	})
}

// setMembers makes a team's members and admins what they are to be; who stays keeps his choice to be left out of the queue.
func (tx *Tx) setMembers(in *Team) error {
	if _, err := tx.Exec("delete from team_members where team_id = ? and agent_id not in (select value from json_each(?))", in.ID, jsonList(in.MemberIDs)); err != nil {
		return err
	}
	for _, a := range in.MemberIDs {
		if err := tx.addMember(in.ID, a); err != nil {
			return err
		}
		if _, err := tx.Exec("update team_members set admin = ? where team_id = ? and agent_id = ?", slices.Contains(in.AdminIDs, a), in.ID, a); err != nil {
			return err
		}
	}
	return nil
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
	if _, err := tx.Exec("delete from team_members where agent_id = ? and team_id not in (select value from json_each(?))", agent, jsonList(teams)); err != nil {
		return err
	}
	for _, t := range teams {
		if err := tx.addMember(t, agent); err != nil {
			return err
		}
	}
	return nil
}

package desk

import (
	"context"
	"database/sql"
	"errors"
)

// Join puts the acting agent into a conversation that he may see. The first to join is its assignee and the conversation is
// open. To join twice is no fault.
func (d *Desk) Join(ctx context.Context, by Actor, id ConversationID) (*Conversation, error) {
	if err := by.Can(Serve); err != nil || by.Agent() == 0 {
		return nil, Forbidden
	}
	c, err := d.change(ctx, by, id, func(tx *Tx, c *Conversation) error {
		if c.Status == "closed" {
			return Conflict("error.conversation_closed")
		}
		return tx.join(c, by.Agent(), by.Name)
	})
	if errors.Is(err, NotFound) {
		return nil, d.grabbed(ctx, by, id)
	}
	return c, err
}

// grabbed tells a member of a grab team who was faster; whoever had nothing to see here is told nothing.
func (d *Desk) grabbed(ctx context.Context, by Actor, id ConversationID) error {
	var name string
	err := d.read().QueryRowContext(ctx, `select a.name from conversations c join teams t on t.id = c.team_id and t.assignment = 'grab'
		join team_members m on m.team_id = t.id and m.agent_id = ? join agents a on a.id = c.assignee_id where c.id = ?`, by.ID, id).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return NotFound
	}
	if err != nil {
		return err
	}
	return Conflict("error.grabbed", name)
}

// change runs one step on a conversation that the actor may see, and answers how it is afterwards.
func (d *Desk) change(ctx context.Context, by Actor, id ConversationID, step func(*Tx, *Conversation) error) (*Conversation, error) {
	var c *Conversation
	err := d.Write(ctx, by, func(tx *Tx) (err error) {
		if c, err = tx.conversation(ctx, by, id); err != nil {
			return err
		}
		if err := step(tx, c); err != nil {
			return err
		}
		c, err = findConversation(ctx, tx, asAgentOrSystem(by), "c.id", id)
		return err
	})
	return c, err
}

// asAgentOrSystem reads back what the actor changed, even when the change took it out of his sight, with his own unread count.
func asAgentOrSystem(by Actor) Actor {
	if by.Kind == ByAgent {
		by.Role = Admin
		return by
	}
	return System
}

func (tx *Tx) join(c *Conversation, agent AgentID, name string) error {
	res, err := tx.Exec("insert into participants(conversation_id, agent_id, joined_at) values (?, ?, ?) on conflict(conversation_id, agent_id) do update set joined_at = excluded.joined_at, left_at = null where left_at is not null", c.ID, agent, ms(tx.now))
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return nil // he is in it
	}
	if c.AssigneeID == 0 {
		c.AssigneeID = agent
	}
	c.Status = "open"
	if _, err := tx.Exec("update conversations set assignee_id = ?, status = 'open', wanted_agent_id = null where id = ?", c.AssigneeID, c.ID); err != nil {
		return err
	}
	facts := Facts{"agent": name}
	if tx.by.Agent() != agent {
		facts["by"] = tx.by.Name // invited
	}
	if err := tx.line(c, ConversationJoined, "public", facts); err != nil {
		return err
	}
	if err := tx.Record(ConversationJoined, c.ID, int64(agent), nil); err != nil {
		return err
	}
	return tx.greet(c, agent, name)
}

// Leave takes the acting agent out. When he was the assignee the next one in it is; when nobody is left the conversation
// waits again.
func (d *Desk) Leave(ctx context.Context, by Actor, id ConversationID) (*Conversation, error) {
	if err := by.Can(Serve); err != nil || by.Agent() == 0 {
		return nil, Forbidden
	}
	return d.change(ctx, by, id, func(tx *Tx, c *Conversation) error { return tx.leave(c, by.Agent(), by.Name) })
}

func (tx *Tx) leave(c *Conversation, agent AgentID, name string) error {
	res, err := tx.Exec("update participants set left_at = ? where conversation_id = ? and agent_id = ? and left_at is null", ms(tx.now), c.ID, agent)
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return nil
	}
	if _, err := tx.Exec(`update conversations set assignee_id = (select agent_id from participants where conversation_id = ?1 and left_at is null order by joined_at limit 1) where id = ?1 and assignee_id = ?2`, c.ID, agent); err != nil {
		return err
	}
	if _, err := tx.Exec(`update conversations set status = 'waiting' where id = ?1 and status = 'open' and not exists (select 1 from participants where conversation_id = ?1 and left_at is null)`, c.ID); err != nil {
		return err
	}
	if err := tx.line(c, ConversationLeft, "internal", Facts{"agent": name}); err != nil {
		return err
	}
	return tx.Record(ConversationLeft, c.ID, int64(agent), nil)
}

// Assign gives a conversation to a team (0: everyone) and an agent (0: nobody, so that it waits).
func (d *Desk) Assign(ctx context.Context, by Actor, id ConversationID, team TeamID, agent AgentID) (*Conversation, error) {
	if err := by.Can(Serve); err != nil {
		return nil, err
	}
	return d.change(ctx, by, id, func(tx *Tx, c *Conversation) error {
		if c.Status == "closed" {
			return Conflict("error.conversation_closed")
		}
		return tx.assign(ctx, c, team, agent)
	})
}

func (tx *Tx) assign(ctx context.Context, c *Conversation, team TeamID, agent AgentID) error {
	if team == c.TeamID && agent == c.AssigneeID {
		return nil
	}
	if team != 0 {
		if _, err := findTeam(ctx, tx, team); err != nil {
			return Invalid("team_id", "fault.team_unknown")
		}
	}
	if err := tx.dropTransfer(ctx, c); err != nil {
		return err
	}
	name := ""
	if agent != 0 {
		a, err := findAgent(ctx, tx, agent)
		if err != nil || !a.Enabled {
			return Invalid("assignee_id", "fault.agent_unknown")
		}
		name = a.Name
		if _, err := tx.Exec("update agents set assigned_at = ? where id = ?", ms(tx.now), agent); err != nil {
			return err
		}
	}
	status := c.Status
	if status != "closed" {
		status = "waiting"
		if agent != 0 {
			status = "open"
		}
	}
	// Who hands it over is out of it; what goes into a queue, everybody is.
	if _, err := tx.Exec("update participants set left_at = ?1 where conversation_id = ?2 and left_at is null and agent_id <> ?4 and (agent_id = ?3 or ?4 = 0)", ms(tx.now), c.ID, c.AssigneeID, agent); err != nil {
		return err
	}
	if agent != 0 {
		if _, err := tx.Exec("insert into participants(conversation_id, agent_id, joined_at) values (?, ?, ?) on conflict(conversation_id, agent_id) do update set joined_at = excluded.joined_at, left_at = null", c.ID, agent, ms(tx.now)); err != nil {
			return err
		}
	}
	if _, err := tx.Exec("update conversations set team_id = ?, assignee_id = ?, status = ?, wanted_agent_id = null where id = ?", nullID(team), nullID(agent), status, c.ID); err != nil {
		return err
	}
	was, wasName, teamWas := c.AssigneeID, c.AssigneeName, c.TeamID
	if was != 0 && was != agent {
		if _, err := tx.Exec("update conversations set transfers = transfers + 1 where id = ?", c.ID); err != nil {
			return err
		}
	}
	c.TeamID, c.AssigneeID, c.AssigneeName, c.Status = team, agent, name, status
	visibility := "internal"
	if c.Kind == "chat" && was != 0 {
		visibility = "public" // the customer spoke with somebody, and will with somebody else
	}
	facts := Facts{"agent": name, "by": tx.by.Name}
	if agent == 0 && team == teamWas && c.Kind == "chat" && tx.by.isSystem() { // a rule gives it to another team
		facts["gone"] = wasName // ReturnForsaken
	}
	if err := tx.line(c, ConversationAssigned, visibility, facts); err != nil {
		return err
	}
	return tx.Record(ConversationAssigned, c.ID, int64(agent), Facts{"team": team, "was_team": teamWas, "was_agent": was})
}

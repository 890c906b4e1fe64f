package desk

import (
	"context"
	"encoding/json"
	"time"
)

// Situation is what a conversation's way is decided from, read in the very transaction that carries the decision out.
type Situation struct {
	Rules   Routing
	Team    TeamID  // it waits in this team's queue already; 0: the rules are asked
	Entry   TeamID  // that the page named
	Inbox   Binding // of the channel account
	Channel string
	Named   *Candidate // whom the page named, or for whom it waits; nil: nobody
	Open    map[ScheduleID]bool
	Teams   map[TeamID]TeamState
	Agents  []Candidate // who is online
}

// TeamState is how a team stands.
type TeamState struct {
	Name         string
	Assignment   string
	ScheduleID   ScheduleID
	Waiting      int // in its queue, without the conversation in question
	Overflow     bool
	OverflowOver int
	OverflowTeam TeamID // 0: only a notice
	Notice       bool   // admins are told of an overflow
}

// Candidate is an agent who could be given a conversation.
type Candidate struct {
	ID         AgentID
	Name       string
	Presence   string
	Capacity   int
	Load       int       // chats that are his
	AssignedAt time.Time // when he was last given one
	Left       bool      // he was in this conversation before
	Teams      []TeamID  // whose queue he takes part in
}

// Room says whether he may be given another one.
func (c *Candidate) Room() bool { return c.Presence == "online" && c.Load < c.Capacity }

// onlyTeams makes it the situation of a ticket: a team is found for it, but nobody is given it, and it is in nobody's queue.
func (s *Situation) onlyTeams() {
	s.Named, s.Agents = nil, nil
	for id, t := range s.Teams {
		t.Overflow = false
		s.Teams[id] = t
	}
}

// Decision is where a conversation goes, and why.
type Decision struct {
	TeamID   TeamID
	AgentID  AgentID // 0: it waits
	Wanted   AgentID // it waits for this agent alone
	Rule     string  // entry, inbox, channel, default, none; empty when it was in the team already
	Hours    string  // open or off, when the hours chose the team
	Reason   string  // named, least_busy; why it waits: wanted, off, nobody, full, by_hand
	Overflow TeamID  // whose queue was too long
	Notice   bool    // admins are to be told of the overflow
}

// placing is a conversation on its way through place.
type placing struct {
	entry TeamID
	named AgentID
	fresh bool   // the rules are asked; else it is in its team's queue
	given TeamID // to whom the address belongs that it was sent to: no rule is asked
}

// situation reads all that the decision needs. at is the moment whose hours count.
func situation(ctx context.Context, r reader, c *Conversation, p placing, at time.Time) (Situation, error) {
	s := Situation{Entry: p.entry, Channel: c.Channel}
	var err error
	if s.Rules, err = readRouting(ctx, r); err != nil {
		return s, err
	}
	if !p.fresh {
		s.Team = c.TeamID
	}
	if s.Open, err = working(ctx, r, at); err != nil {
		return s, err
	}
	err = r.QueryRowContext(ctx, "select coalesce(team_id, 0), split, coalesce(off_team_id, 0), schedule_id from inboxes where id = ?", c.InboxID).
		Scan(&s.Inbox.TeamID, &s.Inbox.Split, &s.Inbox.OffTeamID, &s.Inbox.ScheduleID)
	if err != nil {
		return s, err
	}
	if s.Teams, err = teamStates(ctx, r, c.ID); err != nil {
		return s, err
	}
	candidates, err := candidates(ctx, r, c.ID, p.named)
	for _, a := range candidates {
		if a.ID == p.named {
			s.Named = &a
		}
		if a.Presence == "online" {
			s.Agents = append(s.Agents, a)
		}
	}
	return s, err
}

func teamStates(ctx context.Context, r reader, but ConversationID) (map[TeamID]TeamState, error) {
	rows, err := r.QueryContext(ctx, `select t.id, t.name, t.assignment, t.schedule_id, t.overflow, t.overflow_over, coalesce(t.overflow_team_id, 0), t.overflow_notice, count(c.id)
		from teams t left join conversations c on c.team_id = t.id and c.kind = 'chat' and c.status = 'waiting' and c.id <> ?
		where t.deleted_at is null group by t.id`, but)
	type state struct {
		id TeamID
		TeamState
	}
	list, err := collect(rows, err, func(row scanner) (s state, err error) {
		return s, row.Scan(&s.id, &s.Name, &s.Assignment, &s.ScheduleID, &s.Overflow, &s.OverflowOver, &s.OverflowTeam, &s.Notice, &s.Waiting)
	})
	all := make(map[TeamID]TeamState, len(list))
	for _, s := range list {
		all[s.id] = s.TeamState
	}
	return all, err
}

// candidates are all who are online, and the one who was named whatever he is.
func candidates(ctx context.Context, r reader, id ConversationID, named AgentID) ([]Candidate, error) {
	rows, err := r.QueryContext(ctx, `select a.id, a.name, a.presence, a.capacity, a.assigned_at,
		(select count(*) from conversations c where c.assignee_id = a.id and c.kind = 'chat' and c.status = 'open'),
		exists (select 1 from participants p where p.conversation_id = ?1 and p.agent_id = a.id),
		(select json_group_array(m.team_id) from team_members m where m.agent_id = a.id and not m.opted_out)
		from agents a where (a.presence = 'online' or a.id = ?2) and a.enabled and a.deleted_at is null`, id, named)
	return collect(rows, err, func(row scanner) (c Candidate, err error) {
		var assigned int64
		var teams string
		if err := row.Scan(&c.ID, &c.Name, &c.Presence, &c.Capacity, &assigned, &c.Load, &c.Left, &teams); err != nil {
			return c, err
		}
		c.AssignedAt = at(assigned)
		return c, json.Unmarshal([]byte(teams), &c.Teams)
	})
}

// place decides where a waiting conversation goes and brings it there, with a line that says why. Tickets find a team only.
func (tx *Tx) place(ctx context.Context, c *Conversation, p placing) error {
	if tx.d.Decide == nil {
		return nil
	}
	for {
		s, err := situation(ctx, tx, c, p, tx.now)
		if err != nil {
			return err
		}
		if c.Kind != "chat" {
			s.onlyTeams()
		}
		what := Decision{TeamID: p.given, Rule: "address"}
		if p.given == 0 {
			what = tx.d.Decide(s)
		}
		if c.Kind != "chat" {
			what.Reason = "" // a ticket is taken, not given
		}
		if !p.fresh && what.AgentID == 0 && what.Wanted == p.named {
			return nil // it waits as it did
		}
		if again, err := tx.letPass(ctx, c, what); err != nil {
			return err
		} else if !again {
			return tx.carryOut(ctx, c, s, what, p)
		}
	}
}

// letPass gives the agent who was found for a conversation the one that stands before it in his queues, if there is such: somebody has
// just got room, or become a VIP customer, and those who wait have not been asked yet. Then there is to be decided anew.
func (tx *Tx) letPass(ctx context.Context, c *Conversation, what Decision) (again bool, err error) {
	if what.AgentID == 0 || what.Reason == "named" {
		return false, nil
	}
	closed, err := closedTeams(ctx, tx, tx.now)
	if err != nil {
		return false, err
	}
	first, err := head(ctx, tx, what.AgentID, c.ID, closed)
	if err != nil || first == c.ID || first == 0 {
		return false, err
	}
	was := tx.by
	defer func() { tx.by = was }()
	tx.by = System
	return true, tx.next(ctx, first, what.AgentID)
}

func (tx *Tx) carryOut(ctx context.Context, c *Conversation, s Situation, what Decision, p placing) error {
	was := tx.by
	defer func() { tx.by = was }()
	tx.by = System
	if _, err := tx.Exec("update conversations set team_id = ?, wanted_agent_id = ?, entry_team_id = iif(?, ?, entry_team_id), named_agent_id = iif(?, ?, named_agent_id) where id = ?",
		nullID(what.TeamID), nullID(what.Wanted), p.fresh, nullID(p.entry), p.fresh, nullID(p.named), c.ID); err != nil {
		return err
	}
	teamWas := c.TeamID
	if p.fresh {
		teamWas = what.TeamID // nobody has heard of it before
	}
	c.TeamID, c.TeamName = what.TeamID, s.Teams[what.TeamID].Name
	if what.TeamID == 0 && what.AgentID == 0 && what.Wanted == 0 {
		return nil // everyone's, as without rules: nothing to tell
	}
	facts := Facts{"rule": what.Rule, "reason": what.Reason, "team": c.TeamName, "hours": what.Hours}
	if s.Named != nil && (what.Wanted != 0 || what.Reason == "named") {
		facts["agent"] = s.Named.Name
	}
	if what.Overflow != 0 {
		facts["overflow"] = s.Teams[what.Overflow].Name
	}
	for _, a := range s.Agents {
		if a.ID == what.AgentID && what.Reason != "named" {
			facts["agent"], facts["load"], facts["capacity"] = a.Name, a.Load, a.Capacity
		}
	}
	if err := tx.line(c, ConversationRouted, "internal", facts); err != nil {
		return err
	}
	if err := tx.Record(ConversationRouted, c.ID, int64(what.TeamID), Facts{"rule": what.Rule, "reason": what.Reason, "was_team": teamWas, "agent": what.AgentID}); err != nil {
		return err
	}
	if what.Notice {
		if err := tx.Record(QueueOverflowed, c.ID, int64(what.Overflow), Facts{"waiting": s.Teams[what.Overflow].Waiting}); err != nil {
			return err
		}
	}
	if what.AgentID == 0 {
		return nil
	}
	return tx.give(ctx, c, what.AgentID, teamWas)
}

// give makes an agent the assignee of a waiting conversation; the customer is told who serves him.
func (tx *Tx) give(ctx context.Context, c *Conversation, agent AgentID, teamWas TeamID) error {
	a, err := findAgent(ctx, tx, agent)
	if err != nil {
		return err
	}
	if _, err := tx.Exec("insert into participants(conversation_id, agent_id, joined_at) values (?, ?, ?) on conflict(conversation_id, agent_id) do update set joined_at = excluded.joined_at, left_at = null", c.ID, agent, ms(tx.now)); err != nil {
		return err
	}
	if _, err := tx.Exec("update conversations set assignee_id = ?, status = 'open', wanted_agent_id = null where id = ?", agent, c.ID); err != nil {
		return err
	}
	if _, err := tx.Exec("update agents set assigned_at = ? where id = ?", ms(tx.now), agent); err != nil {
		return err
	}
	c.AssigneeID, c.AssigneeName, c.Status = agent, a.Name, "open"
	if err := tx.line(c, ConversationJoined, "public", Facts{"agent": a.Name}); err != nil {
		return err
	}
	if err := tx.Record(ConversationAssigned, c.ID, int64(agent), Facts{"team": c.TeamID, "was_team": teamWas, "was_agent": 0}); err != nil {
		return err
	}
	return tx.greet(c, agent, a.Name)
}

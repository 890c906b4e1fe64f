package desk

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
)

// Audience is whom the news of one conversation concerns.
type Audience struct {
	ID           ConversationID
	CustomerID   CustomerID
	InboxID      InboxID
	Kind         string
	TeamID       TeamID   // 0: every agent
	Also         []TeamID // teams that were addressed too
	Grabbed      bool     // of the team only its admins
	Participants []AgentID
	Served       []AgentID // of a closed chat those who left it before, too
	Wanted       AgentID   // for whom it waits
	Nameless     bool      // the customer is not told the names of agents
	Silent       bool      // nor that they are writing
	Sealed       bool      // only admins and those who are in it read what stands in it
}

// Audiences finds whom the news of these conversations concern. It says the same as visibleTo, for many readers at once.
func (d *Desk) Audiences(ctx context.Context, by Actor, ids []ConversationID) (map[ConversationID]Audience, error) {
	if !by.isSystem() {
		return nil, Forbidden
	}
	set, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	rows, err := d.read().QueryContext(ctx, `select c.id, customer_id, inbox_id, kind, team_id,
		assignee_id is not null and exists (select 1 from teams t where t.id = c.team_id and t.assignment = 'grab'), coalesce(wanted_agent_id, 0),
		(select json_group_array(agent_id) from participants p where p.conversation_id = c.id and p.left_at is null),
		(select json_group_array(agent_id) from participants p where p.conversation_id = c.id and p.left_at is not null and c.kind = 'chat' and c.status = 'closed'),
		(select json_group_array(team_id) from conversation_teams s where s.conversation_id = c.id),
		coalesce((select json_extract(i.settings, '$.hide_agents') from inboxes i where i.id = c.inbox_id), 0), not coalesce((select json_extract(i.settings, '$.show_typing') from inboxes i where i.id = c.inbox_id), 0),
		c.kind = 'chat' and c.status = 'waiting' and coalesce((select value ->> 'hide_queued' from settings where name = 'routing'), 0)
		from conversations c where c.id in (select value from json_each(?))`, string(set))
	list, err := collect(rows, err, func(row scanner) (a Audience, err error) {
		var team sql.NullInt64
		var agents, served, also string
		if err := row.Scan(&a.ID, &a.CustomerID, &a.InboxID, &a.Kind, &team, &a.Grabbed, &a.Wanted, &agents, &served, &also, &a.Nameless, &a.Silent, &a.Sealed); err != nil {
			return a, err
		}
		a.TeamID = TeamID(team.Int64)
		return a, errors.Join(json.Unmarshal([]byte(agents), &a.Participants), json.Unmarshal([]byte(served), &a.Served), json.Unmarshal([]byte(also), &a.Also))
	})
	all := make(map[ConversationID]Audience, len(list))
	for _, a := range list {
		all[a.ID] = a
	}
	return all, err
}

// MessagesByID reads messages for those who carry the news.
func (d *Desk) MessagesByID(ctx context.Context, by Actor, ids []MessageID) (map[MessageID]*Message, error) {
	if !by.isSystem() {
		return nil, Forbidden
	}
	set, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	rows, err := d.read().QueryContext(ctx, "select "+messageColumns+" from messages m where m.id in (select value from json_each(?))", string(set))
	list, err := collect(rows, err, scanMessage)
	if err != nil {
		return nil, err
	}
	all := make(map[MessageID]*Message, len(list))
	for _, m := range list {
		all[m.ID] = m
	}
	return all, d.complete(ctx, list)
}

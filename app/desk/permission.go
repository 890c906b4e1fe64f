package desk

import "context"

// Role is what an agent may do in general.
type Role string

const (
	Admin Role = "admin"
	Crew  Role = "agent"
)

// Permission names one thing that may be done.
type Permission string

const (
	ManageAgents    Permission = "agents"
	ManageTeams     Permission = "teams"
	ManageInboxes   Permission = "inboxes"
	ManageCompany   Permission = "company"
	SeeHealth       Permission = "health"
	ManageTokens    Permission = "tokens" // one's own
	Serve           Permission = "serve"  // read and answer what one may see
	ManageCustomers Permission = "customers"
	ManageTickets   Permission = "tickets" // what tickets are about and what is asked of them
	EraseCustomers  Permission = "erase"   // take along or take away all that is known of one
	ExportHistory   Permission = "export"  // take home what one's history shows
	SeeAudit        Permission = "audit"   // what everybody did
	SeeRatings      Permission = "ratings" // everybody's; an agent sees those of the customers he has served
)

// mayDo is the whole table of what a role may do. What an agent may see is SQL: visibleTo.
var mayDo = map[Role]map[Permission]bool{
	Admin: {ManageAgents: true, ManageTeams: true, ManageInboxes: true, ManageCompany: true, SeeHealth: true, ManageTokens: true, Serve: true, ManageCustomers: true, ManageTickets: true, SeeRatings: true, SeeAudit: true, EraseCustomers: true, ExportHistory: true},
	Crew:  {ManageTokens: true, Serve: true, ManageCustomers: true, ExportHistory: true},
}

// May says whether the actor may do it at all; views hide what he may not.
func (a Actor) May(p Permission) bool {
	switch a.Kind {
	case BySystem:
		return true
	case ByAgent:
		return mayDo[a.Role][p]
	}
	return false
}

// Can is May as an error: Forbidden.
func (a Actor) Can(p Permission) error {
	if !a.May(p) {
		return Forbidden
	}
	return nil
}

// visibleTo is the SQL condition under which the actor sees conversation c: the system all; an admin all; an agent those of
// no team, of his teams, those that were addressed to one of his teams too, those that he is in or that wait for him, and closed
// chats in which he took part; a customer his own. What somebody has grabbed the other
// members of a grab team do not see, but for the team's admins. Audiences says the same, for many readers at once.
func visibleTo(by Actor) (string, []any) {
	switch {
	case by.isSystem(), by.IsAdmin():
		return "1", nil
	case by.Kind == ByAgent:
		return `(c.team_id is null
			or c.team_id in (select m.team_id from team_members m join teams g on g.id = m.team_id where m.agent_id = ? and (g.assignment <> 'grab' or m.admin))
			or c.assignee_id is null and c.team_id in (select team_id from team_members where agent_id = ?)
			or c.wanted_agent_id = ?
			or exists (select 1 from participants p where p.agent_id = ? and p.conversation_id = c.id and (p.left_at is null or c.kind = 'chat' and c.status = 'closed'))
			or exists (select 1 from conversation_teams s where s.conversation_id = c.id and s.team_id in (select 0 union all select team_id from team_members where agent_id = ?)))`,
			[]any{by.ID, by.ID, by.ID, by.ID, by.ID}
	case by.Kind == ByCustomer:
		return "c.customer_id = ?", []any{by.ID}
	}
	return "0", nil
}

// sealed is the SQL condition under which agent ?1 does not read what stands in conversation c, though he sees that it waits: the
// company wants it so, and he is neither in it nor an admin.
const sealed = `(c.kind = 'chat' and c.status = 'waiting' and not exists (select 1 from participants p where p.agent_id = ?1 and p.conversation_id = c.id and p.left_at is null)
	and coalesce((select value ->> 'hide_queued' from settings where name = 'routing'), 0) and exists (select 1 from agents v where v.id = ?1 and v.role = 'agent'))`

// unsealed finds a conversation whose messages the actor may read; every other is NotFound.
func unsealed(ctx context.Context, r reader, by Actor, id ConversationID) (*Conversation, error) {
	c, err := findConversation(ctx, r, by, "c.id", id)
	if err == nil && c.Sealed {
		return nil, NotFound
	}
	return c, err
}

// visibleIn is visibleTo for a walk along many conversations: it looks up once in which of them the agent is. Closed chats that he
// served in another team it leaves to History.
func visibleIn(by Actor) (string, []any) {
	if by.Kind != ByAgent || by.IsAdmin() {
		return visibleTo(by)
	}
	return `(c.team_id is null
		or c.team_id in (select m.team_id from team_members m join teams g on g.id = m.team_id where m.agent_id = ? and (g.assignment <> 'grab' or m.admin))
		or c.assignee_id is null and c.team_id in (select team_id from team_members where agent_id = ?)
		or c.wanted_agent_id = ?
		or c.id in (select conversation_id from participants where agent_id = ? and left_at is null)
		or c.id in (select conversation_id from conversation_teams where team_id in (select 0 union all select team_id from team_members where agent_id = ?)))`,
		[]any{by.ID, by.ID, by.ID, by.ID, by.ID}
}

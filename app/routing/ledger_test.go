package routing

import (
	"encoding/json"
	"fmt"
	"slices"

	"deskbell/app/desk"
)

// ledger is how everything stands by the log alone.
type ledger struct {
	after    desk.EventID
	given    int // conversations that the desk gave to somebody
	late     int // how many were overdue, over all rounds
	checks   int // how often the log was read on
	capacity map[desk.AgentID]int
	is       map[desk.ConversationID]*standing
}

type standing struct {
	Status   string
	Team     desk.TeamID
	Assignee desk.AgentID
	People   []desk.AgentID // the longest there first
}

func newLedger() *ledger {
	return &ledger{capacity: map[desk.AgentID]int{}, is: map[desk.ConversationID]*standing{}}
}

func (l *ledger) load(a desk.AgentID) (n int) {
	for _, c := range l.is {
		if c.Status == "open" && c.Assignee == a {
			n++
		}
	}
	return n
}

// check reads the log on and compares with the tables.
func (p *play) check() {
	p.t.Helper()
	for {
		events, err := p.EventsAfter(background, desk.System, p.rules.after, 1000)
		p.must(err)
		if len(events) == 0 {
			break
		}
		for _, e := range events {
			p.read(e)
			p.rules.after = e.ID
		}
	}
	p.same()
	p.nobodyWaitsInVain()
	p.at.Add(45_000) // so that some have waited too long, after some rounds
	p.tick.Store(0)
	defer p.tick.Store(1)
	p.late()
	for _, by := range append([]desk.Actor{p.admin}, p.crew...) {
		p.counted(by)
	}
	p.rules.checks++
	p.seen(p.crew[p.rules.checks%len(p.crew)])
}

// read takes one event in, and judges what the desk did.
func (p *play) read(e desk.Event) {
	l, c, agent := p.rules, p.rules.is[e.ConversationID], desk.AgentID(e.SubjectID)
	var data struct {
		Team     desk.TeamID
		Capacity *int
	}
	p.must(json.Unmarshal(e.Data, &data))
	switch e.Name {
	case desk.AgentCreated, desk.AgentChanged:
		if data.Capacity != nil {
			l.capacity[agent] = *data.Capacity
		}
	case desk.ConversationCreated:
		l.is[e.ConversationID] = &standing{Status: "waiting"}
	case desk.ConversationRouted:
		c.Team = desk.TeamID(e.SubjectID)
	case desk.ConversationAssigned:
		c.assigned(data.Team, agent)
		if e.Actor.Kind != desk.BySystem {
			break
		}
		if l.given++; l.load(agent) > l.capacity[agent] {
			p.t.Errorf("event %d: the desk gave agent %d his %d. conversation; he takes %d", e.ID, agent, l.load(agent), l.capacity[agent])
		}
	case desk.ConversationJoined:
		if c.Assignee != 0 && p.mode(c.Team) == "grab" && c.Assignee != agent && e.Actor.Agent() == agent { // whom the owner brings in is no rival
			p.t.Errorf("event %d: agent %d joined what agent %d had grabbed", e.ID, agent, c.Assignee)
		}
		if !slices.Contains(c.People, agent) {
			c.People = append(c.People, agent)
		}
		if c.Status = "open"; c.Assignee == 0 {
			c.Assignee = agent
		}
	case desk.ConversationLeft:
		c.left(agent)
	case desk.ConversationClosed:
		c.Status = "closed"
	case desk.ConversationReopened:
		if c.Status = "waiting"; c.Assignee != 0 {
			c.Status = "open"
		}
	}
}

func (p *play) mode(id desk.TeamID) string {
	for _, t := range p.teams {
		if t.ID == id {
			return t.Assignment
		}
	}
	return ""
}

func (c *standing) assigned(team desk.TeamID, agent desk.AgentID) {
	was := c.Assignee
	c.People = slices.DeleteFunc(c.People, func(a desk.AgentID) bool { return a == was || a == agent || agent == 0 })
	if c.Team, c.Assignee, c.Status = team, agent, "waiting"; agent != 0 {
		c.People, c.Status = append(c.People, agent), "open"
	}
}

func (c *standing) left(agent desk.AgentID) {
	c.People = slices.DeleteFunc(c.People, func(a desk.AgentID) bool { return a == agent })
	if c.Assignee == agent {
		if c.Assignee = 0; len(c.People) > 0 {
			c.Assignee = c.People[0]
		}
	}
	if len(c.People) == 0 && c.Status == "open" {
		c.Status = "waiting"
	}
}

// same compares what the log says with the tables.
func (p *play) same() {
	p.t.Helper()
	rows, err := p.DB().Readers().QueryContext(background, `select id, status, coalesce(team_id, 0), coalesce(assignee_id, 0),
		(select coalesce(json_group_array(agent_id), '[]') from (select agent_id from participants where conversation_id = c.id and left_at is null order by joined_at)) from conversations c`)
	p.must(err)
	defer rows.Close()
	n := 0
	for rows.Next() {
		var id desk.ConversationID
		var is standing
		var people string
		p.must(rows.Scan(&id, &is.Status, &is.Team, &is.Assignee, &people))
		p.must(json.Unmarshal([]byte(people), &is.People))
		want := p.rules.is[id]
		if want == nil {
			p.t.Fatalf("conversation %d is not in the log", id)
		}
		if got, said := fmt.Sprint(is), fmt.Sprint(*want); got != said {
			p.t.Errorf("conversation %d is %s, the log says %s", id, got, said)
		}
		n++
	}
	p.must(rows.Err())
	if n != len(p.rules.is) {
		p.t.Errorf("%d conversations, %d in the log", n, len(p.rules.is))
	}
}

// nobodyWaitsInVain finds who waits although somebody could have been given it.
func (p *play) nobodyWaitsInVain() {
	p.t.Helper()
	rows, err := p.DB().Readers().QueryContext(background, `select c.id, a.name from conversations c
		join teams t on t.id = c.team_id and t.assignment = 'auto'
		join team_members m on m.team_id = t.id and not m.opted_out
		join agents a on a.id = m.agent_id and a.presence = 'online' and a.enabled
		where c.status = 'waiting' and coalesce(c.wanted_agent_id, a.id) = a.id
		and a.capacity > (select count(*) from conversations x where x.assignee_id = a.id and x.status = 'open')`)
	p.must(err)
	defer rows.Close()
	for rows.Next() {
		var id int64
		var name string
		p.must(rows.Scan(&id, &name))
		p.t.Errorf("conversation %d waits although %s has room", id, name)
	}
	p.must(rows.Err())
}

// late compares how many have waited too long with what the messages themselves say: since the first word that nobody has answered.
func (p *play) late() {
	p.t.Helper()
	n, err := p.Counts(background, p.admin, "chat")
	p.must(err)
	var soon, overdue int
	p.must(p.DB().Readers().QueryRowContext(background, `select coalesce(sum(since <= ?1 - 180000 and since > ?1 - 300000), 0), coalesce(sum(since <= ?1 - 300000), 0) from (
		select (select min(m.created_at) from messages m where m.conversation_id = c.id and m.direction = 'in' and m.kind <> 'event' and m.seq > coalesce((
			select max(a.seq) from messages a where a.conversation_id = c.id and a.visibility = 'public' and (a.author_kind = 'agent' and a.kind <> 'event' or a.text = 'conversation.closed')), 0)) since
		from conversations c where c.kind = 'chat' and c.status <> 'closed')`, p.at.Load()).Scan(&soon, &overdue))
	if n.Soon != soon || n.Overdue != overdue {
		p.t.Errorf("%d are soon overdue and %d overdue, the numbers say %d and %d", soon, overdue, n.Soon, n.Overdue)
	}
	p.rules.late += overdue
}

// seen compares an agent's list of all with what he may open one by one.
func (p *play) seen(by desk.Actor) {
	p.t.Helper()
	lists, before := map[desk.ConversationID]bool{}, ""
	for more := true; more; more = before != "" {
		list, next, err := p.Conversations(background, by, desk.ConversationList{Kind: "chat", View: "all", Before: before, Limit: 200})
		p.must(err)
		for _, c := range list {
			lists[c.ID] = true
		}
		before = next
	}
	for id, c := range p.rules.is {
		if c.Status == "closed" {
			continue
		}
		if _, err := p.Conversation(background, by, id); (err == nil) != lists[id] {
			p.t.Errorf("%s: conversation %d stands in his list: %v; to open it: %v", by.Name, id, lists[id], err)
		}
	}
}

// counted compares the numbers beside an agent's views with his lists.
func (p *play) counted(by desk.Actor) {
	p.t.Helper()
	n, err := p.Counts(background, by, "chat")
	p.must(err)
	unread := 0
	for view, count := range map[string]int{"all": n.All, "joined": n.Joined, "mine": n.Mine, "waiting": n.Waiting, "open": n.Open, "unserved": n.Unserved, "pending": n.Pending, "soon": n.Soon, "overdue": n.Overdue} {
		fresh, before := 0, ""
		for {
			list, next, err := p.Conversations(background, by, desk.ConversationList{Kind: "chat", View: view, Before: before, Limit: 200})
			p.must(err)
			for _, c := range list {
				if view == "all" && c.Unread > 0 && (c.Joined || c.Status == "waiting") {
					unread++
				}
			}
			if fresh += len(list); next == "" {
				break
			}
			before = next
		}
		if fresh != count {
			p.t.Errorf("%s: %d in the view %q, the number says %d", by.Name, fresh, view, count)
		}
	}
	if unread != n.Unread {
		p.t.Errorf("%s: %d are unread, the number says %d", by.Name, unread, n.Unread)
	}
}

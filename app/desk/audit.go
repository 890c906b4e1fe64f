package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// AuditKinds are the kinds by which the audit is filtered.
var AuditKinds = []string{"conversations", "tickets", "customers", "people", "settings"}

// auditKind says which first words of events are of a kind; all others are settings.
var auditKind = map[string][]string{
	"conversations": {"conversation", "message", "transfer", "reply", "rating"},
	"tickets":       {"ticket", "sla"},
	"customers":     {"customer", "sender"},
	"people":        {"agent", "presence", "team", "cheat_sheet", "token"},
}

// notAudited change nothing that matters to others: what somebody has read, and what colleagues say to each other.
var notAudited = []EventName{ConversationRead, ConversationPinned, NotificationCreated, NotificationRead, ColleagueWrote, ColleagueRead, ColleagueRecalled, MessageNoted, MailQueued}

// AuditList asks for a page of what agents did. Empty fields do not filter.
type AuditList struct {
	AgentID  AgentID // who did it
	Kind     string  // one of AuditKinds
	From, To time.Time
	Query    string      // part of what it was done to, of the agent's name, or of what a field was or is
	Names    []EventName // with Query: these are found too, since their words fit it
	Before   EventID     // of the last line of the page before
	Limit    int         // 1 to 200
}

// Audited is one thing that an agent did.
type Audited struct {
	Event
	Who        string         // the agent's name as it is now
	Ticket     TicketID       // of the conversation; 0: none
	CustomerID CustomerID     // of the conversation, or whom it is about; 0: none
	Customer   string         // his name or mail address
	Label      string         // what else it is about: the agent, the team, the mailbox …
	Channel    string         // of an inbox
	Facts      map[string]any // small facts; never secrets or message text
	To, Team   string         // to whom it was given
}

// auditLabel finds what an event is about by its first word.
var auditLabel = func() string {
	var b strings.Builder
	b.WriteString("coalesce(case substr(e.name, 1, instr(e.name, '.') - 1)")
	for _, of := range []struct{ word, column, table string }{
		{"agent", "name", "agents"}, {"presence", "name", "agents"}, {"team", "name", "teams"}, {"cheat_sheet", "name", "teams"}, {"inbox", "name", "inboxes"}, {"form_field", "name", "ticket_fields"}, {"topic", "name", "topics"},
		{"token", "name", "tokens"}, {"tag", "name", "tags"}, {"customer_tag", "name", "customer_tags"}, {"rule", "name", "rules"}, {"proactive", "name", "proactive"}, {"stickers", "name", "sticker_packs"}, {"snippet", "name", "snippets"}, {"ticket_status", "name", "ticket_statuses"},
		{"notice", "subject", "notices"}, {"sender", "pattern", "blocked_senders"}, {"canned", "substr(text, 1, 60)", "canned"},
	} {
		fmt.Fprintf(&b, " when '%s' then (select %s from %s where id = e.subject_id)", of.word, of.column, of.table)
	}
	b.WriteString(" end, '')")
	return b.String()
}()

func (l *AuditList) query() *query {
	q := &query{}
	q.and("e.actor_kind = 'agent'")
	q.and("e.name not in (select value from json_each(?))", jsonList(notAudited))
	if l.AgentID != 0 {
		q.and("e.actor_id = ?", l.AgentID)
	}
	word := "substr(e.name, 1, instr(e.name, '.') - 1)"
	if words := auditKind[l.Kind]; words != nil {
		q.and(word+" in (select value from json_each(?))", jsonList(words))
	} else if l.Kind != "" {
		var all []string
		for _, words := range auditKind {
			all = append(all, words...)
		}
		q.and(word+" not in (select value from json_each(?))", jsonList(all))
	}
	if !l.From.IsZero() {
		q.and("e.at >= ?", ms(l.From))
	}
	if !l.To.IsZero() {
		q.and("e.at < ?", ms(l.To))
	}
	if l.Before != 0 {
		q.and("e.id < ?", l.Before)
	}
	if text := strings.TrimSpace(l.Query); text != "" {
		part := anywhere(text)
		q.and(`(e.name in (select value from json_each(?)) or a.name like ? escape '\' or tk.subject like ? escape '\' or '#' || tk.id = ? or k.name like ? escape '\' or k.email like ? escape '\'
			or `+auditLabel+` like ? escape '\' or e.data ->> 'diff' like ? escape '\')`, jsonList(l.Names), part, part, text, part, part, part, part)
	}
	return q
}

// Audit lists what agents did, the newest first, and answers where the next page begins, 0 at the end.
func (d *Desk) Audit(ctx context.Context, by Actor, l AuditList) ([]*Audited, EventID, error) {
	if err := by.Can(SeeAudit); err != nil {
		return nil, 0, err
	}
	q := l.query()
	q.args = append(q.args, l.Limit+1)
	rows, err := d.read().QueryContext(ctx, `select e.id, e.at, e.name, e.actor_kind, e.actor_id, e.conversation_id, e.subject_id, e.data, e.cause_id,
		coalesce(a.name, ''), coalesce(tk.id, 0), coalesce(k.id, 0), coalesce(nullif(k.name, ''), k.email, ''), `+auditLabel+`, coalesce(i.channel, ''), coalesce(g.name, ''), coalesce(t.name, '')
		from events e indexed by events_audit
		left join agents a on a.id = e.actor_id
		left join conversations c on c.id = e.conversation_id
		left join tickets tk on tk.conversation_id = c.id
		left join customers k on k.id = coalesce(c.customer_id, iif(e.name like 'customer.%', e.subject_id, null))
		left join inboxes i on e.name like 'inbox.%' and i.id = e.subject_id
		left join agents g on e.name = 'conversation.assigned' and g.id = e.subject_id
		left join teams t on t.id = case e.name when 'conversation.assigned' then e.data ->> 'team' when 'team.joined' then e.data ->> 'team' when 'conversation.shown' then e.subject_id end
		where `+strings.Join(q.where, " and ")+fmt.Sprintf(" order by e.id desc limit ?%d", len(q.args)), q.args...)
	list, err := collect(rows, err, func(row scanner) (*Audited, error) {
		var a Audited
		e, err := scanEvent(with(row, &a.Who, &a.Ticket, &a.CustomerID, &a.Customer, &a.Label, &a.Channel, &a.To, &a.Team))
		if err != nil {
			return nil, err
		}
		a.Event = e
		return &a, json.Unmarshal(e.Data, &a.Facts)
	})
	if err != nil || len(list) <= l.Limit {
		return list, 0, err
	}
	list = list[:l.Limit]
	return list, list[l.Limit-1].ID, nil
}

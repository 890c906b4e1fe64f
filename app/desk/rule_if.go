package desk

import (
	"context"
	"strings"
	"time"
)

// where is the conditions as SQL over conversation c. Hours are not in it: they are the same for all.
func (i RuleIf) where(ctx context.Context, r reader) (string, []any, error) {
	list, args := []string{"c.moved = c.moved"}, []any{}
	add := func(sql string, arg any) {
		list, args = append(list, sql), append(args, arg)
	}
	within := func(sql, values string) {
		if values != "[]" {
			add(sql+" in (select value from json_each(?))", values)
		}
	}
	if i.Kind != "" {
		add("c.kind = ?", i.Kind)
	}
	within("c.inbox_id", jsonList(i.Inboxes))
	within("coalesce(c.team_id, 0)", jsonList(i.Teams))
	switch {
	case len(i.StatusIDs) > 0:
		list = append(list, "(c.ticket_status in (select value from json_each(?)) or exists (select 1 from tickets x where x.conversation_id = c.id and x.status_id in (select value from json_each(?))))")
		args = append(args, jsonList(i.Statuses), jsonList(i.StatusIDs))
	default:
		within("c.ticket_status", jsonList(i.Statuses))
	}
	within("c.ticket_origin", jsonList(i.Origins))
	if i.Channel != "" {
		add("c.inbox_id in (select id from inboxes where channel = ?)", i.Channel)
	}
	if i.VIP != "" {
		add("(select vip from customers where id = c.customer_id) = ?", i.VIP == "yes")
	}
	if len(i.CustomerTags) > 0 {
		add("exists (select 1 from tagged_customers x where x.customer_id = c.customer_id and x.tag_id in (select value from json_each(?)))", jsonList(i.CustomerTags))
	}
	within("c.ticket_priority", jsonList(i.Priorities))
	within("(select topic_id from tickets where conversation_id = c.id)", jsonList(i.Topics))
	if len(i.Tags) > 0 {
		add("exists (select 1 from conversation_tags x where x.conversation_id = c.id and x.tag_id in (select value from json_each(?)))", jsonList(i.Tags))
	}
	switch i.Assigned {
	case "nobody":
		list = append(list, "c.assignee_id is null")
	case "somebody":
		list = append(list, "c.assignee_id is not null")
	}
	if i.Subject != "" {
		add("instr(lower((select subject from tickets where conversation_id = c.id)), ?) > 0", strings.ToLower(i.Subject))
	}
	if i.Text != "" {
		add("exists (select 1 from messages m where m.conversation_id = c.id and m.direction = 'in' and m.visibility = 'public' and instr(lower(m.text), ?) > 0)", strings.ToLower(i.Text))
	}
	if i.From != "" {
		add("instr(lower((select email from customers where id = c.customer_id)), ?) > 0", strings.ToLower(i.From))
	}
	l := ConversationList{Fields: i.Fields}
	if err := l.askFields(ctx, r); err != nil {
		return "", nil, err
	}
	for _, f := range l.filled {
		list = append(list, f.each())
		args = append(append(args, f.id), f.args...)
	}
	return strings.Join(list, " and "), args, nil
}

// now says whether the time of day is one of those that the conditions ask for.
func (i RuleIf) now(ctx context.Context, r reader, at time.Time) (bool, error) {
	if i.Hours == "" {
		return true, nil
	}
	open, err := working(ctx, r, at)
	return open[0] == (i.Hours == "work"), err
}

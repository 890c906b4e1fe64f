package desk

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// Sortable says whether tickets can be listed in the order of what the field holds: it holds one thing, and that is short.
func (f *FormField) Sortable() bool {
	return f.Kind != "long" && f.Kind != "choices" && f.Kind != "file"
}

// conversationsBy lists tickets in the order of what a form field holds, and behind them those in which it is empty, the last written first.
func (d *Desk) conversationsBy(ctx context.Context, by Actor, l ConversationList) (list []*Conversation, next string, err error) {
	all, err := formFields(ctx, d.read())
	if err != nil {
		return nil, "", err
	}
	i := slices.IndexFunc(all, func(f *FormField) bool { return f.ID == l.By && f.Sortable() })
	if i < 0 {
		return nil, "", Invalid("sort", "fault.field_unknown")
	}
	rest, behind := strings.CutPrefix(l.Before, "0.")
	if !behind {
		rest = ""
		if list, next, err = d.holding(ctx, by, l, all[i]); err != nil || next != "" {
			return list, next, err
		}
	}
	if l.Limit == len(list) { // the page is full, and the next one begins with those that are behind
		return list, "0.", nil
	}
	l.Limit, l.Before, l.By, l.Sort, l.without = l.Limit-len(list), rest, 0, "", all[i].ID
	more, next, err := d.Conversations(ctx, by, l)
	if next != "" {
		next = "0." + next
	}
	return append(list, more...), next, err
}

// holding lists those in which the field holds something. Where few fit the list's question, those are sorted; else it is walked along the
// index of what the field holds, and each is asked whether it fits.
func (d *Desk) holding(ctx context.Context, by Actor, l ConversationList, f *FormField) ([]*Conversation, string, error) {
	key, given, index := "v.value", "?", "sqlite_autoindex_ticket_values_1"
	if f.Kind == "number" {
		key, given, index = "cast(v.value as real)", "cast(? as real)", "ticket_values_number"
	}
	than, order := " > ", "held, picked.id"
	if l.Down {
		than, order = " < ", "held desc, picked.id desc"
	}
	if err := l.prepare(ctx, d, by); err != nil {
		return nil, "", err
	}
	few, err := d.few(ctx, by, l)
	if err != nil {
		return nil, "", err
	}
	q := l.query(by)
	from := "ticket_values v indexed by " + index + " cross join conversations c not indexed on c.id = v.conversation_id"
	if few {
		from = "conversations c" + l.along() + " cross join ticket_values v indexed by ticket_values_of on v.conversation_id = c.id"
	}
	q.and("v.field_id = ?", f.ID)
	if f.Kind == "number" {
		q.and("v.value glob '[-+0-9]*'") // as its index says
	}
	if l.Before != "" {
		value, id, err := parseHeld(l.Before)
		if err != nil {
			return nil, "", err
		}
		q.and("("+key+", v.conversation_id)"+than+"("+given+", ?)", value, id)
	}
	q.args = append(q.args, l.Limit+1)
	picked := "select v.conversation_id as id, " + key + " as held from " + from + " where " + strings.Join(q.where, " and ") + fmt.Sprintf(" order by %s limit ?%d", strings.ReplaceAll(order, "picked.id", "v.conversation_id"), len(q.args))
	rows, err := d.read().QueryContext(ctx, "with picked as materialized ("+picked+") select "+conversationColumns+" from picked cross join conversations c on c.id = picked.id"+conversationBeside+" order by "+order, q.args...)
	list, err := collect(rows, err, scanConversation)
	if err != nil || len(list) <= l.Limit {
		return list, "", err
	}
	list = list[:l.Limit]
	last := list[l.Limit-1]
	return list, heldPlace(kept(last.Ticket.Fields[f.ID]), last.ID), nil
}

// few says whether so few fit the list's question, but for what each would have to be asked, that they can all be sorted.
func (d *Desk) few(ctx context.Context, by Actor, l ConversationList) (bool, error) {
	if l.begins || l.CustomerID != 0 {
		return true, nil
	}
	l.each = nil
	q := l.query(by)
	q.args = append(q.args, rare+1)
	var n int
	err := d.read().QueryRowContext(ctx, fmt.Sprintf("select count(*) from (select 1 from conversations c where %s and ?1 = ?1 limit ?%d)", strings.Join(q.where, " and "), len(q.args)), q.args...).Scan(&n)
	return n <= rare, err
}

// heldPlace is the cursor behind a value; parseHeld reads one.
func heldPlace(value string, id ConversationID) string {
	return base64.RawURLEncoding.EncodeToString([]byte(value)) + "." + id.String()
}

func parseHeld(s string) (string, ConversationID, error) {
	text, digits, _ := strings.Cut(s, ".")
	value, err := base64.RawURLEncoding.DecodeString(text)
	id, err2 := ParseID[ConversationID](digits)
	if err != nil || err2 != nil {
		return "", 0, Invalid("cursor", "fault.cursor_wrong")
	}
	return string(value), id, nil
}

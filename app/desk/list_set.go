package desk

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"deskbell/app/sqlite"
)

// A list is answered in one of two ways. Where something that is asked for is rare, those few are looked up and sorted. Where it is
// common, the list is walked in its order, and each is asked whether it fits, until the page is full: with many that fit it soon is.

// rare is how many are few enough to be looked up and sorted.
var rare = 3000

// set is something asked of a conversation that stands in another table.
type set struct {
	ids   string // SQL of the ids of all that fit; empty: nobody asks for them
	probe string // SQL that says of conversation c whether it fits
	args  []any  // of either
}

// sets are what a list asks beyond what its indexes have.
func (l *ConversationList) sets(by Actor) (list []set) {
	if l.StatusID != 0 {
		list = append(list, set{"select conversation_id from tickets where status_id = ?", "exists (select 1 from tickets x where x.conversation_id = c.id and x.status_id = ?)", []any{l.StatusID}})
	}
	if l.TagID != 0 {
		list = append(list, set{"select conversation_id from conversation_tags where tag_id = ?", "exists (select 1 from conversation_tags x where x.conversation_id = c.id and x.tag_id = ?)", []any{l.TagID}})
	}
	if l.View == "followed" {
		list = append(list, set{"select conversation_id from ticket_followers where agent_id = ?", "exists (select 1 from ticket_followers x where x.conversation_id = c.id and x.agent_id = ?)", []any{by.Agent()}})
	}
	for _, f := range l.filled {
		list = append(list, set{"select conversation_id from ticket_values where field_id = ? and " + f.sql, "exists (select 1 from ticket_values x where x.conversation_id = c.id and x.field_id = ? and " + f.sql + ")", append([]any{f.id}, f.args...)})
	}
	return list
}

// prepare looks up what a list's question needs to know first: the waits, the topics, the kinds of fields, what the text finds, and whether one of its sets
// is so small that the list begins with it.
func (l *ConversationList) prepare(ctx context.Context, d *Desk, by Actor) (err error) {
	if l.View == "soon" || l.View == "overdue" {
		if l.soon, l.overdue, err = d.waits(ctx); err != nil {
			return err
		}
	}
	if l.TopicID != 0 {
		all, err := topics(ctx, d.read())
		if err != nil {
			return err
		}
		l.topics = jsonList(under(all, l.TopicID))
	}
	if err := l.askFields(ctx, d.read()); err != nil {
		return err
	}
	l.found, l.first = nil, nil
	if l.CustomerID != 0 { // his are few, and have an index
		l.found = l.holding()
		return nil
	}
	for _, s := range l.sets(by) {
		rows, err := d.read().QueryContext(ctx, s.ids+" limit ?", append(slices.Clone(s.args), rare+1)...)
		ids, err := collect(rows, err, func(row scanner) (id ConversationID, err error) { return id, row.Scan(&id) })
		if err != nil {
			return err
		}
		if len(ids) <= rare {
			l.first = &set{"", "c.id in (select value from json_each(?))", []any{jsonList(ids)}}
			l.found = l.holding()
			return nil
		}
	}
	return l.find(ctx, d.read())
}

// FieldAsk asks for tickets by what one of their fields holds: of choices the one that is taken, of a tree also all below it, of numbers and days a
// value or "from..to", of a file whatever, of everything else a part of it.
type FieldAsk struct {
	ID   FormFieldID `json:"id"`
	Text string      `json:"text"`
}

// fieldAsked is such a question as SQL on the column value.
type fieldAsked struct {
	id   FormFieldID
	sql  string
	args []any
}

// fieldAsksMax bounds how many fields one list asks for.
const fieldAsksMax = 10

func (l *ConversationList) askFields(ctx context.Context, r reader) error {
	l.filled = nil
	if len(l.Fields) == 0 {
		return nil
	}
	if len(l.Fields) > fieldAsksMax {
		return Invalid("fields", "fault.too_many_fields", fieldAsksMax)
	}
	all, err := formFields(ctx, r)
	if err != nil {
		return err
	}
	for _, ask := range l.Fields {
		i := slices.IndexFunc(all, func(f *FormField) bool { return f.ID == ask.ID })
		if i < 0 {
			return Invalid("fields", "fault.field_unknown")
		}
		if text := kept(ask.Text); text != "" {
			sql, args := all[i].asked(text)
			l.filled = append(l.filled, fieldAsked{ask.ID, sql, args})
		}
	}
	return nil
}

// kept is a value as ticket_values has it.
func kept(v string) string {
	v = strings.ToLower(strings.TrimSpace(v))
	if utf8.RuneCountInString(v) > 200 {
		v = string([]rune(v)[:200])
	}
	return v
}

// asked is the question for a value as SQL on the column value.
func (f *FormField) asked(text string) (sql string, args []any) {
	from, to, span := strings.Cut(text, "..")
	from, to = strings.TrimSpace(from), strings.TrimSpace(to)
	if !span {
		to = from
	}
	switch f.Kind {
	case "file":
		return "value <> ''", nil
	case "choice", "choices":
		return "value = ?", []any{text}
	case "tree":
		return "(value = ? or value >= ? and value < ?)", []any{text, text + levels, text + levels + "\U0010FFFF"}
	case "date":
		return "value >= ? and (? = '' or value <= ?)", []any{from, to, to}
	case "number":
		sql = "value <> ''"
		for _, end := range []struct{ text, than string }{{from, ">="}, {to, "<="}} {
			if n, err := strconv.ParseFloat(end.text, 64); err == nil {
				sql, args = sql+" and cast(value as real) "+end.than+" ?", append(args, n)
			}
		}
		return sql, args
	}
	return "instr(value, ?) > 0", []any{text}
}

// keepValues notes what a ticket's fields hold, to be found by it.
func (tx *Tx) keepValues(id ConversationID, fields Filled) error {
	if _, err := tx.Exec("delete from ticket_values where conversation_id = ?", id); err != nil {
		return err
	}
	for field, v := range fields {
		for line := range strings.SplitSeq(v, "\n") {
			if line = kept(line); line == "" {
				continue
			}
			if _, err := tx.Exec("insert or ignore into ticket_values(field_id, value, conversation_id) values (?, ?, ?)", field, line, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// holding is the list's text as it is looked for in each: part of the customer's name or address, of the subject, or a ticket's number.
func (l *ConversationList) holding() *set {
	text := strings.TrimSpace(l.Query)
	if text == "" {
		return nil
	}
	if sqlite.PairsMatch(text) == "" {
		return &set{"", "exists (select 1 from tickets x where x.conversation_id = c.id and x.id = ?)", []any{strings.TrimPrefix(text, "#")}}
	}
	return &set{"", `(exists (select 1 from tickets x where x.conversation_id = c.id and (x.id = ? or holds(x.subject, ?)))
		or exists (select 1 from customers x where x.id = c.customer_id and holds(x.name || ' ' || x.email || ' ' || x.phone, ?)))`, []any{strings.TrimPrefix(text, "#"), text, text}}
}

// find looks the list's text up: where few have it the list begins with those, and else it is looked for in each.
func (l *ConversationList) find(ctx context.Context, r reader) error {
	if l.found = l.holding(); l.found == nil {
		return nil
	}
	text := strings.TrimSpace(l.Query)
	match := sqlite.PairsMatch(text)
	var found [2]string
	for i, table := range []string{"ticket_search", "customer_search"} {
		var ids []int64
		if match != "" {
			rows, err := r.QueryContext(ctx, fmt.Sprintf("select rowid from %[1]s where %[1]s match ? order by rowid desc limit ?", table), match, rare+1)
			more, err := collect(rows, err, func(row scanner) (id int64, err error) { return id, row.Scan(&id) })
			if err != nil || len(more) > rare {
				return err
			}
			ids = append(ids, more...)
		}
		found[i] = jsonList(ids)
	}
	l.found, l.first = nil, &set{"", "c.id in (select conversation_id from tickets where id = ? or id in (select value from json_each(?)) union select id from conversations where customer_id in (select value from json_each(?)))",
		[]any{strings.TrimPrefix(text, "#"), found[0], found[1]}}
	return nil
}

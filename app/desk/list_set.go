package desk

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"deskbell/app/sqlite"
)

// A list is answered in one of three ways. Where something that is asked for is rare, those few are looked up and sorted. Else the list is walked
// in its order until the page is full. What many have, but not most, is looked up once, and each is only looked for among those; where most
// have it, each is asked by itself, since the page is soon full.

// rare is how many are few enough to be looked up and sorted, many how many are few enough to be looked up at all.
var rare, many = 3000, 20_000

// dearer is how many of a set are looked up in the time in which it is asked of one, where that is dear.
const dearer = 4

// condition is one on conversation c.
type condition struct {
	sql  string
	args []any
}

// set is something asked of a conversation that stands in another table.
type set struct {
	ids   string // SQL of the ids of all that fit
	count string // SQL of as many rows, cheaper; empty: ids
	among string // SQL that says of conversation c whether it is one of them; empty: by ids
	args  []any  // of each of these

	each     string // SQL that asks conversation c by itself
	eachArgs []any
	dear     bool // to ask each, so that more are looked up
}

// most is how many are few enough to be looked up.
func (s *set) most() int {
	if s.dear {
		return 3 * many
	}
	return many
}

func had(table, condition string, args ...any) set {
	return set{ids: "select conversation_id from " + table + " where " + condition, args: args,
		each: "exists (select 1 from " + table + " where conversation_id = c.id and " + condition + ")", eachArgs: args}
}

// sets are what a list asks beyond what its indexes have.
func (l *ConversationList) sets(by Actor) (list []set) {
	if l.StatusID != 0 {
		list = append(list, had("tickets", "status_id = ?", l.StatusID))
	}
	if l.TagID != 0 {
		list = append(list, had("conversation_tags", "tag_id = ?", l.TagID))
	}
	switch l.View {
	case "followed":
		list = append(list, had("ticket_followers", "agent_id = ?", by.Agent()))
	case "snoozed":
		list = append(list, had("snoozes", "true"))
	case "online":
		const here = "select value from json_each(?)"
		list = append(list, set{ids: here, args: []any{l.online}, each: "c.id in (" + here + ")", eachArgs: []any{l.online}})
	}
	for _, f := range l.filled {
		s := had("ticket_values", "field_id = ? and "+f.sql, append([]any{f.id}, f.args...)...)
		s.each = f.each()
		list = append(list, s)
	}
	if text := strings.TrimSpace(l.Query); text != "" {
		list = append(list, finding(text))
	}
	return list
}

// finding is what a text finds: part of the customer's name or address, of the subject, or a ticket's number.
func finding(text string) set {
	number, match := strings.TrimPrefix(text, "#"), sqlite.PairsMatch(text)
	if match == "" {
		return had("tickets", "id = ?", number)
	}
	const (
		numbers   = "select id from tickets where id = ? union all select rowid from ticket_search where ticket_search match ?"
		customers = "select rowid from customer_search where customer_search match ?"
	)
	return set{
		ids:      "select conversation_id from tickets where id in (" + numbers + ") union all select id from conversations where customer_id in (" + customers + ")",
		count:    numbers + " union all " + customers,
		among:    "((select id from tickets where conversation_id = c.id) in (" + numbers + ") or c.customer_id in (" + customers + "))",
		args:     []any{number, match, match},
		dear:     true,
		each:     `(exists (select 1 from tickets x where x.conversation_id = c.id and (x.id = ? or holds(x.subject, ?))) or exists (select 1 from customers x where x.id = c.customer_id and holds(x.name || ' ' || x.email || ' ' || x.phone, ?)))`,
		eachArgs: []any{number, text, text},
	}
}

// prepare looks up what a list's question needs to know first: the waits, the topics, the kinds of fields, and how many each of its sets has.
func (l *ConversationList) prepare(ctx context.Context, d *Desk, by Actor) (err error) {
	if l.View == "soon" || l.View == "overdue" {
		if l.soon, l.overdue, err = d.waits(ctx); err != nil {
			return err
		}
	}
	if l.View == "online" {
		if l.online, err = d.online(ctx); err != nil {
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
	return l.choose(ctx, d.read(), l.sets(by))
}

// choose says of each set how it is asked: with the rarest the list begins.
func (l *ConversationList) choose(ctx context.Context, r reader, sets []set) (err error) {
	sizes, asked, rarest := make([]int, len(sets)), make([]bool, len(sets)), -1
	for i, s := range sets {
		if asked[i] = l.CustomerID != 0 || rarest >= 0 && !s.dear; asked[i] { // a customer's are few and have an index, and the rarest are few enough to ask each
			continue
		}
		most := s.most()
		if rarest >= 0 {
			most = min(most, dearer*sizes[rarest])
		}
		if sizes[i], err = s.size(ctx, r, most); err != nil {
			return err
		}
		if asked[i] = sizes[i] > most; sizes[i] <= rare && (rarest < 0 || sizes[i] < sizes[rarest]) {
			rarest = i
		}
	}
	l.looked, l.each, l.begins = nil, nil, rarest >= 0
	for i, s := range sets {
		in := condition{cmp.Or(s.among, "c.id in ("+s.ids+")"), s.args}
		switch {
		case i == rarest:
			in.sql = "c.id in (" + s.ids + ")"
		case asked[i], l.begins && !s.dear:
			l.each = append(l.each, condition{s.each, s.eachArgs})
			continue
		}
		l.looked = append(l.looked, in)
	}
	return nil
}

// size is how many a set has, counted until it is clear that they are more than most.
func (s *set) size(ctx context.Context, r reader, most int) (n int, err error) {
	return n, r.QueryRowContext(ctx, "select count(*) from ("+cmp.Or(s.count, s.ids)+" limit ?)", append(slices.Clone(s.args), most+1)...).Scan(&n)
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

// each asks conversation c by itself: along its own values, whatever else might look inviting.
func (f *fieldAsked) each() string {
	return "exists (select 1 from ticket_values indexed by ticket_values_of where conversation_id = c.id and field_id = ? and " + f.sql + ")"
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
		sql = "value glob '[-+0-9]*'" // as its index says
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

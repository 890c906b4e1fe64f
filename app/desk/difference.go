package desk

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Difference is one thing that a change made another: the field's name, and what it was and is, in words, each clipped. What is
// empty was not set. It stands in the facts of the event as a list of three, and never holds a secret.
type Difference [3]string

// The audit's measure: fields of one change, and characters of a value.
const (
	differences     = 60
	differenceValue = 200
)

// auditedColumns is what the audit compares of a row, by table. Secrets and counters are not among it. A ? behind a name says that it is
// yes or no; JSON is taken apart.
var auditedColumns = map[string]string{
	"agents":          "name email real_name phone employee_number role capacity enabled? teams=(select json_group_array(t.name) from (select name from team_members m join teams t on t.id = m.team_id where m.agent_id = x.id and t.deleted_at is null order by t.name) t)",
	"teams":           "name assignment schedule_id greeting overflow? overflow_over overflow_team_id overflow_notice? members=(select json_group_array(a.name) from (select a.name from team_members m join agents a on a.id = m.agent_id where m.team_id = x.id order by a.name) a) admins=(select json_group_array(a.name) from (select a.name from team_members m join agents a on a.id = m.agent_id where m.team_id = x.id and m.admin order by a.name) a)",
	"inboxes":         "name enabled? team_id split? off_team_id schedule_id settings",
	"rules":           "name position enabled? happens minutes conditions actions",
	"sla_plans":       "name position enabled? schedule_id inboxes topics targets",
	"ticket_fields":   "name kind options most required? visible? public? position",
	"ticket_statuses": "name kind position",
	"topics":          "name parent_id",
	"tags":            "name parent_id",
	"customer_tags":   "name color",
	"proactive":       "name enabled? text url after scroll visitors again daily_max",
	"snippets":        "name settings",
	"schedules":       "name time_zone week days",
}

// nameOf are the tables whose names stand for ids, by the end of the field that holds them.
var nameOf = []struct{ field, table string }{
	{"team_id", "teams"}, {"teams", "teams"}, {"agent_id", "agents"}, {"schedule_id", "schedules"}, {"inbox_id", "inboxes"}, {"inboxes", "inboxes"}, {"topic_id", "topics"}, {"topics", "topics"}, {"tag_id", "tags"}, {"tags", "tags"},
}

// snapshot is a row as it was before a change, field by field; without fields there was none.
type snapshot struct {
	table  string
	fields map[string]string
	err    error
}

// before looks at a row that is about to be changed.
func (tx *Tx) before(table string, id any) snapshot {
	s := snapshot{table: table}
	var columns []string
	for _, c := range auditedWords(auditedColumns[table]) {
		name, from, made := strings.Cut(c, "=")
		switch {
		case made:
			columns = append(columns, fmt.Sprintf("%s as %s", from, name))
		case strings.HasSuffix(c, "?"):
			name = strings.TrimSuffix(c, "?")
			columns = append(columns, fmt.Sprintf("iif(x.%s, 'true', 'false') as %s", name, name))
		default:
			columns = append(columns, "x."+c)
		}
	}
	into := make([]sql.NullString, len(columns))
	ptrs := make([]any, len(columns))
	for i := range into {
		ptrs[i] = &into[i]
	}
	s.err = tx.QueryRow("select "+strings.Join(columns, ", ")+" from "+table+" x where x.id = ?", id).Scan(ptrs...)
	if errors.Is(s.err, sql.ErrNoRows) {
		s.err = nil
		return s
	}
	if s.err != nil {
		return s
	}
	s.fields = map[string]string{}
	for i, c := range auditedWords(auditedColumns[table]) {
		name, _, _ := strings.Cut(strings.TrimSuffix(c, "?"), "=")
		s.err = errors.Join(s.err, s.take(tx, name, into[i].String))
	}
	return s
}

// auditedWords are a table's columns: words, of which one with a = goes on to its last bracket.
func auditedWords(columns string) (words []string) {
	for columns = strings.TrimSpace(columns); columns != ""; columns = strings.TrimSpace(columns) {
		end, depth := 0, 0
		for end < len(columns) && (depth > 0 || columns[end] != ' ') {
			depth += strings.Count(columns[end:end+1], "(") - strings.Count(columns[end:end+1], ")")
			end++
		}
		words, columns = append(words, columns[:end]), columns[end:]
	}
	return words
}

// take keeps a column: text as it is, JSON field by field.
func (s snapshot) take(tx *Tx, name, text string) error {
	var v any = text
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var parsed any
		if d.Decode(&parsed) == nil {
			v = parsed
		}
	} else if _, err := strconv.ParseInt(text, 10, 64); err == nil {
		v = json.Number(text)
	}
	if _, object := v.(map[string]any); object { // its fields are the row's
		name = ""
	}
	return s.put(tx, name, v)
}

// put keeps one value: of an object each field under its name, of a list of such each one under its number, of any other its words.
func (s snapshot) put(tx *Tx, name string, v any) error {
	under := func(key string) string { return strings.TrimPrefix(name+"."+key, ".") }
	switch v := v.(type) {
	case map[string]any:
		if span, ok := spanned(v); ok {
			s.fields[name] = span
			return nil
		}
		var faults []error
		for key, one := range v {
			faults = append(faults, s.put(tx, under(key), one))
		}
		return errors.Join(faults...)
	case []any:
		var words []string
		for i, one := range v {
			word, plain, err := tx.wordOf(name, one)
			if err != nil {
				return err
			}
			if !plain {
				if err := s.put(tx, under(strconv.Itoa(i+1)), one); err != nil {
					return err
				}
				continue
			}
			words = append(words, word)
		}
		s.fields[name] = strings.Join(words, ", ")
		return nil
	}
	word, _, err := tx.wordOf(name, v)
	s.fields[name] = word
	return err
}

// spanned is a span of a day's hours as one reads it.
func spanned(v map[string]any) (string, bool) {
	from, to := v["from"], v["to"]
	if len(v) != 2 || from == nil || to == nil {
		return "", false
	}
	clock := func(v any) string {
		n, _ := strconv.Atoi(fmt.Sprint(v))
		return fmt.Sprintf("%02d:%02d", n/60, n%60)
	}
	return clock(from) + "–" + clock(to), true
}

// wordOf is a plain value in words, the name of what an id stands for; false for what is not plain.
func (tx *Tx) wordOf(field string, v any) (string, bool, error) {
	switch v := v.(type) {
	case nil:
		return "", true, nil
	case json.Number:
		for _, of := range nameOf {
			if !strings.HasSuffix(field, of.field) {
				continue
			}
			var name string
			err := tx.QueryRow("select name from "+of.table+" where id = ?", v.String()).Scan(&name)
			if errors.Is(err, sql.ErrNoRows) {
				return "", true, nil // 0: none
			}
			return name, true, err
		}
		return v.String(), true, nil
	case map[string]any:
		span, ok := spanned(v)
		return span, ok, nil
	case []any:
		return "", false, nil
	}
	return fmt.Sprint(v), true, nil
}

// recordChange writes an event of a row that was changed, with what is another now. One that was not there before is made.
func (tx *Tx) recordChange(name EventName, id int64, facts Facts, was snapshot) error {
	is := tx.before(was.table, id)
	if err := errors.Join(was.err, is.err); err != nil {
		return err
	}
	facts = maps.Clone(facts)
	if facts == nil {
		facts = Facts{}
	}
	if was.fields == nil {
		facts["made"] = true
	} else if list := differ(was.fields, is.fields); len(list) > 0 {
		facts["diff"] = list
	}
	return tx.Record(name, 0, id, facts)
}

func differ(was, is map[string]string) (list []Difference) {
	fields := slices.Sorted(maps.Keys(is))
	for field := range was {
		if _, there := is[field]; !there {
			fields = append(fields, field)
		}
	}
	for _, field := range fields {
		if before, now := was[field], is[field]; before != now && len(list) < differences {
			if empty := map[string]bool{"": true, "false": true, "0": true}; empty[before] && empty[now] {
				continue // not set is no, and nothing
			}
			list = append(list, Difference{field, clip(before, differenceValue), clip(now, differenceValue)})
		}
	}
	return list
}

// changeSetting stores a setting and says in the log what is another now; was points to what holds as long as nothing is stored.
func (tx *Tx) changeSetting(ctx context.Context, name string, was, v any) error {
	if err := readSetting(ctx, tx, name, was); err != nil {
		return err
	}
	if err := tx.set(name, v); err != nil {
		return err
	}
	facts := Facts{"setting": name}
	before, now := tx.taken(was), tx.taken(v)
	if err := errors.Join(before.err, now.err); err != nil {
		return err
	}
	if list := differ(before.fields, now.fields); len(list) > 0 {
		facts["diff"] = list
	}
	return tx.Record(SettingChanged, 0, 0, facts)
}

// taken is a setting's value field by field.
func (tx *Tx) taken(v any) snapshot {
	s := snapshot{fields: map[string]string{}}
	text, err := json.Marshal(v)
	if s.err = err; err == nil {
		s.err = s.take(tx, "", string(text))
	}
	return s
}

// recordRebound writes an event of an inbox that is bound to another team, or in other hours; of one that is not, none.
func (tx *Tx) recordRebound(id InboxID, was snapshot) error {
	is := tx.before("inboxes", id)
	if err := errors.Join(was.err, is.err); err != nil || len(differ(was.fields, is.fields)) == 0 {
		return err
	}
	return tx.recordChange(InboxChanged, int64(id), nil, was)
}

// Differences are what a change made another.
func (a *Audited) Differences() (list []Difference) {
	var facts struct {
		Diff []Difference `json:"diff"`
	}
	if !bytes.Contains(a.Data, []byte(`"diff"`)) || json.Unmarshal(a.Data, &facts) != nil {
		return nil
	}
	return facts.Diff
}

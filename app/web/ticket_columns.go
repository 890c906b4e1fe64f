package web

import (
	"html/template"
	"net/url"
	"slices"
	"strings"

	"deskbell/app/desk"
)

// ticketColumns are what a list of tickets can show besides what every row has; form fields can be columns as well.
var ticketColumns = []string{"status", "priority", "assignee", "team", "topic", "mailbox", "origin", "created"}

// columnsMost is how many columns a list has room for.
const columnsMost = 8

// column is one that a list of tickets shows, or could show.
type column struct {
	Name  string          // as in an address
	F     *desk.FormField // nil: one of ticketColumns
	Shown bool
	Sort  string // by which the column is sorted when its head is pressed; empty: it cannot be
	By    string // how the list is sorted by it now: up, down or empty
}

// columnsAsked takes the columns of an address, whether they stand in one word or in several.
func columnsAsked(q url.Values) string {
	var list []string
	for name := range strings.SplitSeq(strings.Join(q["columns"], ","), ",") {
		_, isField := fieldName(name)
		if (isField || slices.Contains(ticketColumns, name)) && !slices.Contains(list, name) && len(list) < columnsMost {
			list = append(list, name)
		}
	}
	return strings.Join(list, ",")
}

// fieldName reads "field_3".
func fieldName(s string) (desk.FormFieldID, bool) {
	digits, is := strings.CutPrefix(s, "field_")
	id, err := desk.ParseID[desk.FormFieldID](digits)
	return id, is && err == nil
}

// sortAsked is a sort of an address: one of ticketSorts, or by a form field, "-field_3" from the greatest on.
func sortAsked(s string) string {
	if _, is := fieldName(strings.TrimPrefix(s, "-")); is || slices.Contains(ticketSorts, s) {
		return s
	}
	return ticketSorts[0]
}

// knownColumns leaves those columns, and the order, of which there is a field, the columns in their usual order.
func (a ticketAsk) knownColumns(fields []*desk.FormField) ticketAsk {
	asked, sort := strings.Split(a.Columns, ","), strings.TrimPrefix(a.Sort, "-")
	var list []string
	for _, name := range ticketColumns {
		if slices.Contains(asked, name) {
			list = append(list, name)
		}
	}
	known := slices.Contains(ticketSorts, a.Sort)
	for _, f := range fields {
		if slices.Contains(asked, f.Input()) {
			list = append(list, f.Input())
		}
		known = known || sort == f.Input() && f.Sortable()
	}
	if a.Columns = strings.Join(list, ","); !known {
		a.Sort = ticketSorts[0]
	}
	return a
}

// AllColumns are those that the list could show; Columns those that it does.
func (l ticketList) AllColumns() (list []column) {
	shown := strings.Split(l.Ask.Columns, ",")
	for _, name := range ticketColumns {
		c := column{Name: name, Shown: slices.Contains(shown, name)}
		switch {
		case name == "priority":
			c.Sort = "priority"
		case name == "created" && l.Ask.Sort == "created":
			c.Sort = "oldest"
		case name == "created":
			c.Sort = "created"
		}
		c.By = map[string]string{"priority priority": "down", "created created": "down", "created oldest": "up"}[name+" "+l.Ask.Sort]
		list = append(list, c)
	}
	for _, f := range l.Fields {
		c := column{Name: f.Input(), F: f, Shown: slices.Contains(shown, f.Input())}
		if f.Sortable() {
			c.Sort = f.Input()
		}
		switch l.Ask.Sort {
		case f.Input():
			c.Sort, c.By = "-"+f.Input(), "up"
		case "-" + f.Input():
			c.By = "down"
		}
		list = append(list, c)
	}
	return list
}

func (l ticketList) Columns() []column {
	return slices.DeleteFunc(l.AllColumns(), func(c column) bool { return !c.Shown })
}

// SortedBy is the list's address in another order.
func (l ticketList) SortedBy(sort string) template.URL {
	l.Ask.Sort = sort
	return l.Params()
}

// ticketRow is a ticket in the list, with what its columns hold.
type ticketRow struct {
	*desk.Conversation
	Cells []cell
}

// Has says whether a column of the list shows it.
func (r ticketRow) Has(name string) bool {
	return slices.ContainsFunc(r.Cells, func(c cell) bool { return c.Name == name })
}

// cell is what a ticket has in a column.
type cell struct {
	column
	Text string
}

// Table are the rows with what their columns hold.
func (l ticketList) Table() []ticketRow {
	columns, rows := l.Columns(), make([]ticketRow, len(l.Rows))
	for i, k := range l.Rows {
		rows[i].Conversation = k
		for _, c := range columns {
			one := cell{column: c, Text: map[string]string{"assignee": k.AssigneeName, "team": k.TeamName, "topic": k.Ticket.TopicName, "mailbox": k.InboxName, "origin": k.Ticket.Origin}[c.Name]}
			if c.F != nil {
				one.Text = strings.ReplaceAll(k.Ticket.Fields[c.F.ID], "\n", ", ")
			}
			rows[i].Cells = append(rows[i].Cells, one)
		}
	}
	return rows
}

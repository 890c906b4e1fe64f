package web

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// ticketAsk is what the filters of the list of tickets say, as they stand in its address.
type ticketAsk struct {
	Query, Status, Priority, Origin, SLA, Sort string
	Assignee                                   string // an id, or "none"
	Team                                       desk.TeamID
	Topic                                      desk.TopicID
	Mailbox                                    desk.InboxID
	Tag                                        desk.TagID
	From, To                                   string // days of the reader's calendar, both in it
	Fields                                     string // what form fields are asked for, as in an address: "field_1=green&field_3=10..20"
	Columns                                    string // what the list shows besides, as in an address: "topic,field_3"
}

var ticketSorts = []string{"written", "created", "oldest", "priority"}

func readTicketAsk(c echo.Context) ticketAsk { return parseTicketAsk(c.QueryParams()) }

// parseTicketAsk takes what it knows and leaves the rest.
func parseTicketAsk(q url.Values) ticketAsk {
	f := filters(q)
	a := ticketAsk{Query: q.Get("q"), Status: f.known("status", desk.TicketStatuses...), Priority: f.known("priority", desk.Priorities...), Origin: f.known("origin", desk.Origins...), SLA: f.known("sla", desk.SLAStates...),
		Sort: sortAsked(q.Get("sort")), Columns: columnsAsked(q), Assignee: q.Get("assignee"),
		Team: desk.TeamID(number(q.Get("team"), 0)), Topic: desk.TopicID(number(q.Get("topic"), 0)), Mailbox: desk.InboxID(number(q.Get("mailbox"), 0)), Tag: desk.TagID(number(q.Get("tag"), 0)), From: f.day("from"), To: f.day("to"), Fields: fieldsAsked(q)}
	if id := number(q.Get("status"), 0); id > 0 { // a named one
		a.Status = q.Get("status")
	}
	if a.Assignee != "none" && number(a.Assignee, 0) <= 0 {
		a.Assignee = ""
	}
	return a
}

// Any says whether something is filtered; More whether it is beyond status and priority.
func (a ticketAsk) Any() bool { return a.Query != "" || a.Status != "" || a.Priority != "" || a.More() }
func (a ticketAsk) More() bool {
	a.Query, a.Status, a.Priority, a.Columns, a.Sort = "", "", "", "", ""
	return a != ticketAsk{}
}

// params writes the filters as they stand in an address, always in the same order.
func (a ticketAsk) params(view string) string {
	q := chosen(map[string]string{"view": view, "q": a.Query, "status": a.Status, "priority": a.Priority, "origin": a.Origin, "sla": a.SLA, "assignee": a.Assignee, "from": a.From, "to": a.To, "columns": a.Columns})
	for name, id := range map[string]interface{ String() string }{"team": a.Team, "topic": a.Topic, "mailbox": a.Mailbox, "tag": a.Tag} {
		if s := id.String(); s != "0" {
			q.Set(name, s)
		}
	}
	if a.Sort != ticketSorts[0] {
		q.Set("sort", a.Sort)
	}
	fields, _ := url.ParseQuery(a.Fields) // of our own making
	maps.Copy(q, fields)
	return q.Encode()
}

// list is the question to the desk; days are those of the reader's zone.
func (a ticketAsk) list(view string, v *visit) desk.ConversationList {
	l := desk.ConversationList{Kind: "ticket", Query: a.Query, Status: a.Status, Priority: a.Priority, Origin: a.Origin, SLA: a.SLA, TeamID: a.Team, TopicID: a.Topic, InboxID: a.Mailbox, TagID: a.Tag,
		Unassigned: a.Assignee == "none", AgentID: desk.AgentID(number(a.Assignee, 0)),
		View: map[string]string{"open": "all", "mine": "mine", "unassigned": "waiting", "followed": "followed", "snoozed": "snoozed", "done": "closed"}[view]}
	if id := number(a.Status, 0); id > 0 {
		l.Status, l.StatusID = "", desk.StatusID(id)
	}
	if id, is := fieldName(strings.TrimPrefix(a.Sort, "-")); is {
		l.By, l.Down = id, strings.HasPrefix(a.Sort, "-")
	} else if a.Sort != ticketSorts[0] {
		l.Sort = a.Sort
	}
	fields, _ := url.ParseQuery(a.Fields)
	for id, v := range filled(fields) {
		l.Fields = append(l.Fields, desk.FieldAsk{ID: id, Text: v})
	}
	l.From, l.To = days(a.From, a.To, zoneOf(v))
	return l
}

// fieldsAsked takes what an address asks of form fields; "field_3_from" and "field_3_to" are a span.
func fieldsAsked(q url.Values) string {
	asked := url.Values{}
	for name := range q {
		base, from := strings.CutSuffix(name, "_from")
		base, to := strings.CutSuffix(base, "_to")
		digits, is := strings.CutPrefix(base, "field_")
		if _, err := desk.ParseID[desk.FormFieldID](digits); !is || err != nil || len(asked) >= 10 {
			continue
		}
		v := strings.TrimSpace(q.Get(name))
		if from || to {
			if v = strings.TrimSpace(q.Get(base+"_from")) + ".." + strings.TrimSpace(q.Get(base+"_to")); v == ".." {
				v = ""
			}
		}
		if v != "" && len(v) <= 400 {
			asked.Set(base, v)
		}
	}
	return asked.Encode()
}

// known leaves those of the fields, columns and orders that there are: a view that was kept may ask for one that is gone.
func (a ticketAsk) known(fields []*desk.FormField) ticketAsk {
	asked, _ := url.ParseQuery(a.Fields)
	for name := range asked {
		if !slices.ContainsFunc(fields, func(f *desk.FormField) bool { return f.Input() == name }) {
			asked.Del(name)
		}
	}
	a.Fields = asked.Encode()
	return a.knownColumns(fields)
}

// fieldFilter is a form field by which the list can be filtered.
type fieldFilter struct {
	F        *desk.FormField
	Value    string
	From, To string   // of numbers and days
	Options  []string // of choices; of a tree its branches too
}

// filters are those of the fields, with what is asked of each.
func (a ticketAsk) filters(fields []*desk.FormField) (list []fieldFilter) {
	asked, _ := url.ParseQuery(a.Fields)
	for _, f := range fields {
		one := fieldFilter{F: f, Value: asked.Get(f.Input())}
		if from, to, span := strings.Cut(one.Value, ".."); span {
			one.From, one.To = from, to
		} else {
			one.From, one.To = one.Value, one.Value
		}
		if f.Kind != "file" {
			one.Options = branches(f.Options)
		}
		list = append(list, one)
	}
	return list
}

// branches are the paths of a tree with each branch before what stands on it.
func branches(paths []string) (all []string) {
	for _, p := range paths {
		for i := 0; i < len(p); i++ {
			if strings.HasPrefix(p[i:], " / ") && !slices.Contains(all, p[:i]) {
				all = append(all, p[:i])
			}
		}
		if !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all
}

package web

import (
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

// auditPage is what agents did, with its filters.
type auditPage struct {
	Page
	Rows   []auditRow
	Ask    auditAsk
	Next   desk.EventID
	Agents []view.Option
}

// auditRow is one line in the reader's words.
type auditRow struct {
	*desk.Audited
	What  string
	More  []string // what is known besides: from what to what it was changed
	Of    string   // what it was done to; empty where the words say it all
	Where string   // its address; empty when there is none
}

// auditAsk is what the filters say, as they stand in the address.
type auditAsk struct{ Query, Agent, Kind, From, To string }

func readAuditAsk(c echo.Context) auditAsk {
	f := filtersOf(c)
	return auditAsk{Query: clipRunes(strings.TrimSpace(f.get("q")), 80), Kind: f.known("kind", desk.AuditKinds...), Agent: f.id("agent"), From: f.day("from"), To: f.day("to")}
}

func clipRunes(s string, n int) string {
	if r := []rune(strings.ToValidUTF8(s, "")); len(r) > n {
		return string(r[:n])
	}
	return strings.ToValidUTF8(s, "")
}

// Any says whether something is filtered.
func (a auditAsk) Any() bool { return a != auditAsk{} }

// Params is the filters' address after the question mark.
func (a auditAsk) Params() template.URL {
	return template.URL(chosen(map[string]string{"q": a.Query, "agent": a.Agent, "kind": a.Kind, "from": a.From, "to": a.To}).Encode())
}

// Kinds are the choices of the filter.
func (p *auditPage) Kinds() []string { return desk.AuditKinds }

// auditList is the question to the desk; days are those of the reader's zone.
func (w *Web) auditList(c echo.Context, a auditAsk) desk.AuditList {
	v := visitOf(c)
	l := desk.AuditList{AgentID: desk.AgentID(number(a.Agent, 0)), Kind: a.Kind, Query: a.Query, Before: desk.EventID(number(c.QueryParam("before"), 0)), Limit: pageSize}
	l.From, l.To = days(a.From, a.To, zoneOf(v))
	if a.Query != "" {
		for _, name := range w.Views.Saying(v.reader.Lang, "audit.event.", a.Query) {
			l.Names = append(l.Names, desk.EventName(name))
		}
	}
	return l
}

func (w *Web) audit(c echo.Context) error {
	ctx, by := c.Request().Context(), actor(c)
	p := &auditPage{Ask: readAuditAsk(c)}
	p.Nav = "admin"
	l := w.auditList(c, p.Ask)
	rows, next, err := w.Desk.Audit(ctx, by, l)
	if err != nil {
		return err
	}
	p.Rows, p.Next = w.auditRows(c, rows), next
	if l.Before != 0 && target(c) == "more" {
		return w.part(c, http.StatusOK, "admin/audit/_more", p)
	}
	agents, err := w.Desk.Agents(ctx, by)
	if err != nil {
		return err
	}
	p.Agents = agentOptions(agents)
	return w.show(c, "admin/audit/index", p)
}

// exportAudit writes what the list shows as a table.
func (w *Web) exportAudit(c echo.Context) error {
	zone, l := zoneOf(visitOf(c)), w.auditList(c, readAuditAsk(c))
	l.Limit = 200
	page := func(after desk.EventID) ([]*desk.Audited, desk.EventID, error) {
		l.Before = after
		return w.Desk.Audit(c.Request().Context(), actor(c), l)
	}
	head := w.heads(c, "audit.when", "audit.who", "audit.what", "audit.of", "audit.more", "audit.name", "audit.number")
	return writeTable(w, c, "audit", head, page, func(list []*desk.Audited) (rows [][]string, err error) {
		for _, r := range w.auditRows(c, list) {
			rows = append(rows, []string{r.At.In(zone).Format(time.DateTime), r.Who, r.What, r.Of, strings.Join(r.More, "; "), string(r.Name), strconv.FormatInt(int64(r.ID), 10)})
		}
		return rows, nil
	})
}

func (w *Web) auditRows(c echo.Context, list []*desk.Audited) (rows []auditRow) {
	lang := visitOf(c).reader.Lang
	for _, a := range list {
		r := auditRow{Audited: a, What: w.auditWhat(lang, a.Name), More: w.auditMore(lang, a)}
		r.Of, r.Where = w.auditOf(lang, a)
		rows = append(rows, r)
	}
	return rows
}

// auditWhat says what happened. A name that nobody has found words for yet is shown readably: "thing.was_changed" as "Thing: was changed".
func (w *Web) auditWhat(lang string, name desk.EventName) string {
	if key := "audit.event." + string(name); w.Views.Has(key) {
		return w.Views.T(lang, key)
	}
	s := strings.ReplaceAll(strings.Replace(string(name), ".", ": ", 1), "_", " ")
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// auditOf says what it was done to, and where that is.
func (w *Web) auditOf(lang string, a *desk.Audited) (label, where string) {
	word, _, _ := strings.Cut(string(a.Name), ".")
	switch {
	case a.Ticket != 0:
		return "#" + a.Ticket.String() + join(" ", a.Customer), "/tickets/" + a.Ticket.String()
	case a.ConversationID != 0 && a.CustomerID != 0:
		return w.nameOf(lang, a.Customer, a.CustomerID), "/conversations/" + a.ConversationID.String()
	case word == "customer" && a.CustomerID != 0:
		return w.nameOf(lang, a.Customer, a.CustomerID), "/customers/" + a.CustomerID.String()
	case a.Name == desk.SettingChanged:
		setting, _ := a.Facts["setting"].(string)
		if key := "audit.setting." + setting; w.Views.Has(key) {
			label = w.Views.T(lang, key)
		} else {
			label = strings.ReplaceAll(setting, "_", " ")
		}
		return label, auditRoads["setting."+setting]
	}
	where = auditRoads[word]
	if word == "inbox" {
		where = map[string]string{desk.Email: "/admin/mailboxes/", desk.Webchat: "/admin/widgets/"}[a.Channel]
	}
	if strings.HasSuffix(where, "/") {
		if where += strconv.FormatInt(a.SubjectID, 10); a.Label == "" || a.Facts["deleted"] == true {
			where = ""
		}
	}
	return a.Label, where
}

func (w *Web) nameOf(lang, name string, id desk.CustomerID) string {
	if name == "" {
		return w.Views.T(lang, "customer.visitor", id)
	}
	return name
}

func join(before, s string) string {
	if s == "" {
		return ""
	}
	return before + s
}

// auditRoads is where the things are that events are about; what ends in a slash wants the thing's id.
var auditRoads = map[string]string{
	"agent": "/admin/agents/", "presence": "/admin/agents/", "team": "/admin/teams/", "cheat_sheet": "/admin/teams/", "form_field": "/admin/fields/", "topic": "/admin/topics/", "tag": "/admin/tags/", "rule": "/admin/rules/", "proactive": "/admin/proactive/",
	"stickers": "/admin/stickers", "snippet": "/admin/snippets/", "ticket_status": "/admin/statuses/", "notice": "/notices/", "sender": "/admin/senders", "canned": "/canned/", "upkeep": "/admin/health",
	"setting.company": "/admin/company", "setting.routing": "/admin/routing", "setting.handling": "/admin/handling", "setting.sla": "/admin/sla", "setting.survey": "/admin/survey", "setting.portal": "/admin/portal",
	"setting.schedule": "/admin/hours", "setting.system_mailbox": "/admin/system-mail", "setting.safekeeping": "/admin/health", "setting.retention": "/admin/retention", "setting.sign_on": "/admin/sign-on",
}

// auditMore says what facts tell besides. Facts that are unknown here are ids for programs, and are left out.
func (w *Web) auditMore(lang string, a *desk.Audited) (more []string) {
	t := func(key string, args ...any) string { return w.Views.T(lang, key, args...) }
	word := func(prefix string, v any) string {
		s := fmt.Sprint(v)
		if key := prefix + s; w.Views.Has(key) {
			return t(key)
		}
		return s
	}
	diff := a.Differences()
	told := len(diff) > 0
	for _, f := range []struct{ fact, words string }{{"role", "role."}, {"status", "ticket.status."}, {"priority", "ticket.priority."}, {"presence", "presence."}, {"capacity", ""}} {
		now, was := a.Facts[f.fact], a.Facts["was_"+f.fact]
		if told && was != nil {
			continue
		}
		if f.fact == "presence" {
			was = a.Facts["was"]
		}
		switch {
		case now == nil || now == was || now == "":
		case was == nil:
			more = append(more, word(f.words, now))
		default:
			more = append(more, word(f.words, was)+" → "+word(f.words, now))
		}
	}
	if on, ok := a.Facts["enabled"].(bool); ok && !told && a.Facts["was_enabled"] != nil && on != a.Facts["was_enabled"] {
		more = append(more, t(map[bool]string{true: "audit.fact.enabled", false: "audit.fact.disabled"}[on]))
	}
	for _, fact := range []string{"made", "deleted", "secrets", "imported", "password", "joined", "two_factor", "recovery_codes", "recovery_code_used", "reset", "identity_secret", "sign_on", "consent", "subject", "cc", "links", "fields", "out", "over", "granted", "on"} {
		v, ok := a.Facts[fact]
		if !ok || v == nil || v == "" {
			continue
		}
		key := "audit.fact." + fact
		if v == false {
			key += "_not"
		}
		if w.Views.Has(key) {
			more = append(more, t(key, v))
		}
	}
	for _, d := range diff {
		more = append(more, w.auditDiff(lang, a, d))
	}
	if a.Name == desk.ConversationAssigned && a.To == "" && a.Team == "" {
		more = append(more, t("history.unassigned"))
	}
	for _, s := range []string{a.To, a.Team} {
		if s != "" {
			more = append(more, s)
		}
	}
	if stars, ok := a.Facts["stars"].(float64); ok {
		more = append(more, strings.Repeat("★", int(stars)))
	}
	if ip, ok := a.Facts["ip"].(string); ok && ip != "" {
		more = append(more, ip)
	}
	return more
}

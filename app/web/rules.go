package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

type rulesPage struct {
	Page
	Rules []*desk.Rule
}

type rulePage struct {
	Page
	R      desk.Rule
	Inbox  []*desk.Inbox
	Teams  []*desk.Team
	Agents []*desk.Agent
	Topics []*desk.Topic
	Tags   []*desk.Tag
	Fields []*desk.FormField
	Named  []desk.NamedStatus
	Kinds  []*desk.CustomerTag
	Canned []*desk.Canned // the company's

	Tried bool // on the newest conversations
	Of    int  // so many
	Fit   []*desk.Conversation
}

func (p *rulePage) Causes() []string         { return desk.RuleCauses }
func (p *rulePage) Statuses() []statusChoice { return statusChoices(p.Named) }
func (p *rulePage) Origins() []string        { return desk.Origins }

// ThenStatus is the status that it sets, as the choice says it.
func (p *rulePage) ThenStatus() string {
	if p.R.Then.StatusID != 0 {
		return p.R.Then.StatusID.String()
	}
	return p.R.Then.Status
}

// Asked is what it asks of a field.
func (p *rulePage) Asked(id desk.FormFieldID) string {
	for _, f := range p.R.If.Fields {
		if f.ID == id {
			return f.Text
		}
	}
	return ""
}

// Branches are what may be chosen of a field; of a tree its branches too.
func (p *rulePage) Branches(f *desk.FormField) []string {
	if f.Kind == "file" {
		return nil
	}
	return branches(f.Options)
}

func (p *rulePage) HasOrigin(s string) bool { return slices.Contains(p.R.If.Origins, s) }
func (p *rulePage) HasCustomerTag(id desk.CustomerTagID) bool {
	return slices.Contains(p.R.If.CustomerTags, id)
}
func (p *rulePage) Priorities() []string { return desk.Priorities }

// IsWait says whether a cause is a time that has passed.
func (p *rulePage) IsWait(cause string) bool { return slices.Contains(desk.RuleWaits, cause) }

// ruleSpan is how long a rule waits, as people say it: so many of a unit of so many minutes.
type ruleSpan struct{ N, Unit int }

func (p *rulePage) Units() []int { return []int{1, 60, 24 * 60} }

// Long is how long it waits, in the largest unit that says it exactly; an hour where it did not wait so far.
func (p *rulePage) Long() ruleSpan {
	minutes := p.R.Minutes
	if minutes == 0 {
		minutes = 60
	}
	long := ruleSpan{minutes, 1}
	for _, u := range p.Units() {
		if minutes%u == 0 {
			long = ruleSpan{minutes / u, u}
		}
	}
	return long
}

// minutesOf reads what Long shows. What is no number, or too large for any rule, is -1, which the desk refuses.
func (p *rulePage) minutesOf(n, unit string) int {
	long := number(n, -1)
	if u := int(number(unit, 1)); long > 0 && long < 1<<30 && slices.Contains(p.Units(), u) {
		return int(long) * u
	}
	return -1
}

func (p *rulePage) HasInbox(id desk.InboxID) bool { return slices.Contains(p.R.If.Inboxes, id) }
func (p *rulePage) HasTeam(id desk.TeamID) bool   { return slices.Contains(p.R.If.Teams, id) }
func (p *rulePage) HasTopic(id desk.TopicID) bool { return slices.Contains(p.R.If.Topics, id) }
func (p *rulePage) HasTag(id desk.TagID) bool     { return slices.Contains(p.R.If.Tags, id) }
func (p *rulePage) HasStatus(s statusChoice) bool {
	if s.Name == "" {
		return slices.Contains(p.R.If.Statuses, s.Kind)
	}
	return slices.ContainsFunc(p.R.If.StatusIDs, func(id desk.StatusID) bool { return id.String() == s.Value })
}
func (p *rulePage) HasPriority(s string) bool { return slices.Contains(p.R.If.Priorities, s) }

func (w *Web) rules(c echo.Context) error {
	p := &rulesPage{}
	p.Nav = "admin"
	var err error
	if p.Rules, err = w.Desk.Rules(c.Request().Context(), actor(c)); err != nil {
		return err
	}
	return w.show(c, "admin/rules/index", p)
}

// ruleOf is the rule of the path; "new" is one to be made.
func (w *Web) ruleOf(c echo.Context) (*rulePage, error) {
	ctx, by := c.Request().Context(), actor(c)
	all, err := w.Desk.Rules(ctx, by)
	if err != nil {
		return nil, err
	}
	p := &rulePage{R: desk.Rule{Enabled: true, Happens: "created", Minutes: 60, Position: len(all) + 1}, Of: desk.RulesTried()}
	p.Nav = "admin"
	if err := w.ruleChoices(c, p); err != nil || c.Param("id") == "new" {
		return p, err
	}
	for _, r := range all {
		if r.ID.String() == c.Param("id") {
			p.R = *r
			return p, nil
		}
	}
	return nil, desk.NotFound
}

func (w *Web) ruleChoices(c echo.Context, p *rulePage) (err error) {
	ctx, by := c.Request().Context(), actor(c)
	for _, channel := range []string{desk.Webchat, desk.Email} {
		list, err := w.Desk.Inboxes(ctx, by, channel)
		if err != nil {
			return err
		}
		p.Inbox = append(p.Inbox, list...)
	}
	if p.Teams, err = w.Desk.Teams(ctx, by); err != nil {
		return err
	}
	if p.Agents, err = w.Desk.Agents(ctx, by); err != nil {
		return err
	}
	if p.Topics, err = w.Desk.Topics(ctx, by); err != nil {
		return err
	}
	if p.Fields, err = w.Desk.FormFields(ctx, by); err != nil {
		return err
	}
	if p.Named, err = w.Desk.NamedStatuses(ctx, by); err != nil {
		return err
	}
	if p.Kinds, err = w.Desk.CustomerTags(ctx, by); err != nil {
		return err
	}
	canned, err := w.Desk.CannedResponses(ctx, by)
	for _, one := range canned {
		if one.AgentID == 0 {
			p.Canned = append(p.Canned, one)
		}
	}
	if err != nil {
		return err
	}
	p.Tags, err = w.Desk.Tags(ctx, by)
	return err
}

func (w *Web) rule(c echo.Context) error {
	p, err := w.ruleOf(c)
	if err != nil {
		return err
	}
	return w.show(c, "admin/rules/form", p)
}

// saveRule stores the rule, or tries it where the other button was pressed.
func (w *Web) saveRule(c echo.Context) error {
	p, err := w.ruleOf(c)
	if err != nil {
		return err
	}
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	p.R.Name, p.R.Enabled, p.R.Happens = text(c, "name"), c.FormValue("enabled") == "true", text(c, "happens")
	p.R.Minutes, p.R.Position = p.minutesOf(text(c, "minutes"), text(c, "unit")), int(number(text(c, "position"), int64(p.R.Position)))
	p.R.If, p.R.Then = p.conditions(form), p.actions(form)
	ctx, by := c.Request().Context(), actor(c)
	if c.FormValue("try") != "" {
		if p.Fit, err = w.Desk.TryRule(ctx, by, p.R); err != nil {
			return w.again(c, err, "admin/rules/form", p)
		}
		p.Tried = true
		return w.show(c, "admin/rules/form", p)
	}
	if _, err := w.Desk.SaveRule(ctx, by, p.R); err != nil {
		return w.again(c, err, "admin/rules/form", p)
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/admin/rules")
}

// conditions and actions read the rule's form.
func (p *rulePage) conditions(form url.Values) desk.RuleIf {
	get := func(name string) string { return strings.TrimSpace(form.Get(name)) }
	i := desk.RuleIf{
		Kind: get("kind"), Inboxes: ids[desk.InboxID](form["inboxes"]), Teams: ids[desk.TeamID](form["teams"]), Assigned: get("assigned"),
		Priorities: form["priorities"], Topics: ids[desk.TopicID](form["topics"]), Tags: ids[desk.TagID](form["tags"]),
		Subject: get("subject"), Text: get("text"), From: get("from"), Hours: get("hours"),
		Channel: get("channel"), Origins: form["origins"], VIP: get("vip"), CustomerTags: ids[desk.CustomerTagID](form["customer_tags"]), StatusIDs: ids[desk.StatusID](form["statuses"]),
	}
	for _, s := range form["statuses"] {
		if number(s, 0) == 0 {
			i.Statuses = append(i.Statuses, s)
		}
	}
	for _, f := range p.Fields {
		if v := get("asks_" + f.ID.String()); v != "" {
			i.Fields = append(i.Fields, desk.FieldAsk{ID: f.ID, Text: v})
		}
	}
	return i
}

func (p *rulePage) actions(form url.Values) desk.RuleThen {
	id := func(name string) int64 { return number(form.Get(name), 0) }
	then := desk.RuleThen{
		TeamID: desk.TeamID(id("team_id")), AgentID: desk.AgentID(id("agent_id")), Status: form.Get("then_status"), StatusID: desk.StatusID(id("then_status")), Priority: form.Get("then_priority"),
		TopicID: desk.TopicID(id("topic_id")), TagID: desk.TagID(id("tag_id")), UntagID: desk.TagID(id("untag_id")), Note: form.Get("note"), Reply: form.Get("reply"), CannedID: desk.CannedID(id("canned_id")),
		Notify: form.Get("notify"), FieldID: desk.FormFieldID(id("field_id")),
	}
	if then.StatusID != 0 {
		then.Status = ""
	}
	if then.FieldID != 0 {
		then.Value = strings.Join(form["value"], "\n")
	}
	return then
}

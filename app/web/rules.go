package web

import (
	"net/http"
	"slices"

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

	Tried bool // on the newest conversations
	Of    int  // so many
	Fit   []*desk.Conversation
}

func (p *rulePage) Causes() []string     { return desk.RuleCauses }
func (p *rulePage) Statuses() []string   { return desk.TicketStatuses }
func (p *rulePage) Priorities() []string { return desk.Priorities }

// Waits says whether time sets it off.
func (p *rulePage) Waits() bool { return slices.Contains(desk.RuleWaits, p.R.Happens) }

func (p *rulePage) HasInbox(id desk.InboxID) bool { return slices.Contains(p.R.If.Inboxes, id) }
func (p *rulePage) HasTeam(id desk.TeamID) bool   { return slices.Contains(p.R.If.Teams, id) }
func (p *rulePage) HasTopic(id desk.TopicID) bool { return slices.Contains(p.R.If.Topics, id) }
func (p *rulePage) HasTag(id desk.TagID) bool     { return slices.Contains(p.R.If.Tags, id) }
func (p *rulePage) HasStatus(s string) bool       { return slices.Contains(p.R.If.Statuses, s) }
func (p *rulePage) HasPriority(s string) bool     { return slices.Contains(p.R.If.Priorities, s) }

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
	p.R.Minutes, p.R.Position = int(number(text(c, "minutes"), -1)), int(number(text(c, "position"), int64(p.R.Position)))
	p.R.If = desk.RuleIf{
		Kind: text(c, "kind"), Inboxes: ids[desk.InboxID](form["inboxes"]), Teams: ids[desk.TeamID](form["teams"]), Assigned: text(c, "assigned"),
		Statuses: form["statuses"], Priorities: form["priorities"], Topics: ids[desk.TopicID](form["topics"]), Tags: ids[desk.TagID](form["tags"]),
		Subject: text(c, "subject"), Text: text(c, "text"), From: text(c, "from"), Hours: text(c, "hours"),
	}
	id := func(name string) int64 { return number(text(c, name), 0) }
	p.R.Then = desk.RuleThen{
		TeamID: desk.TeamID(id("team_id")), AgentID: desk.AgentID(id("agent_id")), Status: text(c, "then_status"), Priority: text(c, "then_priority"),
		TopicID: desk.TopicID(id("topic_id")), TagID: desk.TagID(id("tag_id")), Note: c.FormValue("note"), Reply: c.FormValue("reply"), Notify: text(c, "notify"),
	}
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

func (w *Web) deleteRule(c echo.Context) error {
	id, err := param[desk.RuleID](c, "id")
	if err != nil {
		return err
	}
	if err := w.Desk.DeleteRule(c.Request().Context(), actor(c), id); err != nil {
		return err
	}
	w.notice(c, "notice.deleted")
	return c.Redirect(http.StatusSeeOther, "/admin/rules")
}

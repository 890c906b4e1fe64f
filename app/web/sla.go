package web

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

type slaPage struct {
	Page
	Plans []*desk.SLAPlan
}

type slaPlanPage struct {
	Page
	P         desk.SLAPlan
	Hours     string // the id of the hours; "always"
	Schedules []*desk.Schedule
	Boxes     []*desk.Inbox
	Topics    []*desk.Topic
}

func (p *slaPlanPage) Priorities() []string { return desk.Priorities }

// Kinds are the promises, in the order of a ticket's life.
func (p *slaPlanPage) Kinds() []string { return slaKinds }

var slaKinds = []string{"first", "next", "resolution"}

// Minutes is what is promised, empty when nothing is.
func (p *slaPlanPage) Minutes(priority, kind string) string {
	t := p.P.Targets[priority]
	n := map[string]int{"first": t.First, "next": t.Next, "resolution": t.Resolution}[kind]
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// HasBox and HasTopic say for which the plan is.
func (p *slaPlanPage) HasBox(id desk.InboxID) bool   { return slices.Contains(p.P.Inboxes, id) }
func (p *slaPlanPage) HasTopic(id desk.TopicID) bool { return slices.Contains(p.P.Topics, id) }

// Choices are the hours in which the clocks can run.
func (p *slaPlanPage) Choices(always, first string) []view.Option {
	list := []view.Option{{Value: "always", Text: always}}
	for _, s := range p.Schedules {
		name := s.Name
		if s.ID == 0 {
			name = first
		}
		list = append(list, view.Option{Value: s.ID.String(), Text: name})
	}
	return list
}

func (w *Web) slaPlans(c echo.Context) error {
	p := &slaPage{}
	p.Nav = "admin"
	var err error
	if p.Plans, err = w.Desk.SLAPlans(c.Request().Context(), actor(c)); err != nil {
		return err
	}
	return w.show(c, "admin/sla/index", p)
}

// slaPlanOf is the plan of the path; "new" is one to be made.
func (w *Web) slaPlanOf(c echo.Context) (*slaPlanPage, error) {
	ctx, by := c.Request().Context(), actor(c)
	all, err := w.Desk.SLAPlans(ctx, by)
	if err != nil {
		return nil, err
	}
	p := &slaPlanPage{P: desk.SLAPlan{Enabled: true, Position: len(all) + 1}, Hours: "0"}
	p.Nav = "admin"
	if p.Schedules, err = w.Desk.Schedules(ctx, by); err != nil {
		return nil, err
	}
	if p.Boxes, err = w.Desk.Inboxes(ctx, by, desk.Email); err != nil {
		return nil, err
	}
	if p.Topics, err = w.Desk.Topics(ctx, by); err != nil || c.Param("id") == "new" {
		return p, err
	}
	for _, plan := range all {
		if plan.ID.String() == c.Param("id") {
			if p.P, p.Hours = *plan, plan.ScheduleID.String(); plan.Always {
				p.Hours = "always"
			}
			return p, nil
		}
	}
	return nil, desk.NotFound
}

func (w *Web) slaPlan(c echo.Context) error {
	p, err := w.slaPlanOf(c)
	if err != nil {
		return err
	}
	return w.show(c, "admin/sla/form", p)
}

func (w *Web) saveSLAPlan(c echo.Context) error {
	p, err := w.slaPlanOf(c)
	if err != nil {
		return err
	}
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	p.P.Name, p.P.Enabled, p.Hours = text(c, "name"), c.FormValue("enabled") == "true", text(c, "hours")
	p.P.Position = int(number(text(c, "position"), int64(p.P.Position)))
	p.P.Always, p.P.ScheduleID = p.Hours == "always", desk.ScheduleID(number(p.Hours, 0))
	p.P.Inboxes, p.P.Topics = ids[desk.InboxID](form["inboxes"]), ids[desk.TopicID](form["topics"])
	p.P.Targets = map[string]desk.SLATarget{}
	for _, priority := range desk.Priorities {
		minutes := func(kind string) int {
			text := text(c, priority+"_"+kind)
			if text == "" {
				return 0
			}
			return int(number(text, -1))
		}
		p.P.Targets[priority] = desk.SLATarget{First: minutes("first"), Next: minutes("next"), Resolution: minutes("resolution")}
	}
	if _, err := w.Desk.SaveSLAPlan(c.Request().Context(), actor(c), p.P); err != nil {
		return w.again(c, err, "admin/sla/form", p)
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/admin/sla")
}

// ids reads the boxes that are ticked; what is no number is left out.
func ids[T ~int64](list []string) (out []T) {
	for _, s := range list {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			out = append(out, T(n))
		}
	}
	return out
}

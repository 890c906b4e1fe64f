package web

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

type routingPage struct {
	Page
	R         desk.Routing
	Channels  []bindingRow
	Accounts  []bindingRow
	Teams     []view.Option // the first: no binding
	Off       []view.Option // the first: the same team all day
	Schedules []view.Option
	Tried     bool
	Trials    []desk.Trial
}

// bindingRow is one channel or account with its binding. Key names its inputs.
type bindingRow struct {
	Key, Name, Channel string
	B                  desk.Binding
	id                 desk.InboxID
}

// OffValue is the choice of the team out of work hours: empty when it is the same all day.
func (r bindingRow) OffValue() string {
	if !r.B.Split {
		return ""
	}
	return r.B.OffTeamID.String()
}

// triedOn is how many conversations rules are tried on.
const triedOn = 50

func (w *Web) routing(c echo.Context) error {
	p, err := w.routingPage(c)
	if err != nil {
		return err
	}
	return w.show(c, "admin/routing/form", p)
}

func (w *Web) routingPage(c echo.Context) (*routingPage, error) {
	ctx, by := c.Request().Context(), actor(c)
	say := w.sayer(c)
	p := &routingPage{}
	p.Nav = "admin"
	var err error
	if p.R, err = w.Desk.Routing(ctx, by); err != nil {
		return nil, err
	}
	teams, err := w.Desk.Teams(ctx, by)
	if err != nil {
		return nil, err
	}
	p.Teams = teamOptions(teams, 0, say("routing.no_team"))
	p.Off = append([]view.Option{{Text: say("routing.all_day")}}, teamOptions(teams, 0, say("routing.next_rule"))...)
	if p.Schedules, err = w.scheduleOptions(c); err != nil {
		return nil, err
	}
	for _, name := range desk.Channels {
		p.Channels = append(p.Channels, bindingRow{Key: "channel_" + name, Name: say("channel." + name), Channel: name, B: p.R.Channels[name]})
	}
	bound, err := w.Desk.AccountBindings(ctx, by)
	if err != nil {
		return nil, err
	}
	inboxes, err := w.Desk.Inboxes(ctx, by, "")
	for _, in := range inboxes {
		p.Accounts = append(p.Accounts, bindingRow{Key: "inbox_" + in.ID.String(), Name: in.Name, Channel: in.Channel, B: bound[in.ID], id: in.ID})
	}
	return p, err
}

// saveRouting stores the rules, or tries them on what there was without storing them.
func (w *Web) saveRouting(c echo.Context) error {
	p, err := w.routingPage(c)
	if err != nil {
		return err
	}
	accounts := p.read(c)
	ctx, by := c.Request().Context(), actor(c)
	if text(c, "try") != "" {
		p.Tried = true
		if p.Trials, err = w.Desk.TryRouting(ctx, by, p.R, accounts, triedOn); err != nil {
			return err
		}
		return w.show(c, "admin/routing/form", p)
	}
	if err := w.Desk.SaveRouting(ctx, by, p.R, accounts); err != nil {
		return w.again(c, err, "admin/routing/form", p)
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/admin/routing")
}

// read takes the form into the page.
func (p *routingPage) read(c echo.Context) map[desk.InboxID]desk.Binding {
	p.R.Channels = map[string]desk.Binding{}
	for i := range p.Channels {
		p.Channels[i].read(c)
		p.R.Channels[p.Channels[i].Channel] = p.Channels[i].B
	}
	accounts := map[desk.InboxID]desk.Binding{}
	for i := range p.Accounts {
		p.Accounts[i].read(c)
		accounts[p.Accounts[i].id] = p.Accounts[i].B
	}
	p.R.Order = nil
	for i := range desk.Bindings {
		p.R.Order = append(p.R.Order, text(c, fmt.Sprint("order_", i)))
	}
	p.R.DefaultTeamID = desk.TeamID(number(text(c, "default_team_id"), 0))
	p.R.OnlyOpen, p.R.JudgeOverload = text(c, "only_open") == "true", text(c, "judge_overload") == "true"
	p.R.ShowPosition, p.R.OwnCapacity = text(c, "show_position") == "true", text(c, "own_capacity") == "true"
	p.R.HideQueued = text(c, "read_queued") != "true"
	p.R.QueueLimit, p.R.QueueSentence = int(number(orZero(text(c, "queue_limit")), -1)), text(c, "queue_sentence")
	p.R.Grace = int(number(text(c, "grace"), -1))
	p.R.NoteAfter = int(number(orZero(text(c, "note_after")), -1))
	return accounts
}

func orZero(s string) string {
	if s == "" {
		return "0"
	}
	return s
}

func (r *bindingRow) read(c echo.Context) {
	off := text(c, r.Key+"_off")
	r.B = desk.Binding{TeamID: desk.TeamID(number(text(c, r.Key), 0)), Split: off != "", OffTeamID: desk.TeamID(number(off, 0)), ScheduleID: desk.ScheduleID(number(text(c, r.Key+"_hours"), 0))}
}

// At is the binding that is asked at a place of the order.
func (p *routingPage) At(i int) string {
	if i < len(p.R.Order) {
		return p.R.Order[i]
	}
	return ""
}

// Moved tells how many conversations would have gone elsewhere.
func (p *routingPage) Moved() int {
	n := 0
	for _, t := range p.Trials {
		if t.Team != t.Was {
			n++
		}
	}
	return n
}

// Kinds are the three bindings.
func (p *routingPage) Kinds() []string { return slices.Clone(desk.Bindings) }

// boundRow is a row with the page that has its choices.
type boundRow struct {
	Row  bindingRow
	Page *routingPage
}

// With puts a row beside the page's choices.
func (p *routingPage) With(r bindingRow) boundRow { return boundRow{r, p} }

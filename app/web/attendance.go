package web

import (
	"html/template"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

// attendancePage is when agents came, went and changed their presence.
type attendancePage struct {
	Page
	Rows   []*desk.Attended
	Ask    attendanceAsk
	Next   desk.EventID
	Agents []view.Option
}

// attendanceAsk is what the filters say, as they stand in the address.
type attendanceAsk struct{ Agent, From, To string }

func readAttendanceAsk(c echo.Context) attendanceAsk {
	f := filtersOf(c)
	return attendanceAsk{Agent: f.id("agent"), From: f.day("from"), To: f.day("to")}
}

// Any says whether something is filtered.
func (a attendanceAsk) Any() bool { return a != attendanceAsk{} }

// Params is the filters' address after the question mark.
func (a attendanceAsk) Params() template.URL {
	return template.URL(chosen(map[string]string{"agent": a.Agent, "from": a.From, "to": a.To}).Encode())
}

func (w *Web) attendanceList(c echo.Context, a attendanceAsk) desk.AttendanceList {
	l := desk.AttendanceList{AgentID: desk.AgentID(number(a.Agent, 0)), Before: desk.EventID(number(c.QueryParam("before"), 0)), Limit: pageSize}
	l.From, l.To = days(a.From, a.To, zoneOf(visitOf(c)))
	return l
}

func (w *Web) attendance(c echo.Context) error {
	ctx, by := c.Request().Context(), actor(c)
	p := &attendancePage{Ask: readAttendanceAsk(c)}
	p.Nav = "admin"
	l := w.attendanceList(c, p.Ask)
	var err error
	if p.Rows, p.Next, err = w.Desk.Attendance(ctx, by, l); err != nil {
		return err
	}
	if l.Before != 0 && target(c) == "more" {
		return w.part(c, http.StatusOK, "admin/agents/_attendance_more", p)
	}
	agents, err := w.Desk.Agents(ctx, by)
	if err != nil {
		return err
	}
	p.Agents = agentOptions(agents)
	return w.show(c, "admin/agents/attendance", p)
}

// exportAttendance writes what the list shows as a table.
func (w *Web) exportAttendance(c echo.Context) error {
	zone, say, l := zoneOf(visitOf(c)), w.sayer(c), w.attendanceList(c, readAttendanceAsk(c))
	l.Limit = 200
	page := func(after desk.EventID) ([]*desk.Attended, desk.EventID, error) {
		l.Before = after
		return w.Desk.Attendance(c.Request().Context(), actor(c), l)
	}
	presence := func(name string) string {
		if name == "" {
			return ""
		}
		return say("presence." + name)
	}
	head := w.heads(c, "audit.when", "agent.name", "agent.email", "audit.what", "attendance.was", "attendance.is", "profile.address")
	return writeTable(w, c, "attendance", head, page, func(list []*desk.Attended) (rows [][]string, err error) {
		for _, r := range list {
			rows = append(rows, []string{r.At.In(zone).Format(time.DateTime), r.Agent.Name, r.Agent.Email, say("audit.event." + string(r.Name)), presence(r.Was), presence(r.Is), r.IP})
		}
		return rows, nil
	})
}

package web

import (
	"html/template"
	"net/http"
	"net/url"
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
	return attendanceAsk{Agent: askedID(c, "agent"), From: askedDay(c, "from"), To: askedDay(c, "to")}
}

// Any says whether something is filtered.
func (a attendanceAsk) Any() bool { return a != attendanceAsk{} }

// Params is the filters' address after the question mark.
func (a attendanceAsk) Params() template.URL {
	return template.URL(url.Values{"agent": {a.Agent}, "from": {a.From}, "to": {a.To}}.Encode())
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
	for _, a := range agents {
		p.Agents = append(p.Agents, view.Option{Value: a.ID.String(), Text: a.Name})
	}
	return w.show(c, "admin/agents/attendance", p)
}

// exportAttendance writes what the list shows as a table.
func (w *Web) exportAttendance(c echo.Context) error {
	ctx, by, v := c.Request().Context(), actor(c), visitOf(c)
	l := w.attendanceList(c, readAttendanceAsk(c))
	l.Before, l.Limit = 0, 200
	list, next, err := w.Desk.Attendance(ctx, by, l)
	if err != nil {
		return err
	}
	out := w.spreadsheet(c, "attendance")
	t := func(key string) string { return w.Views.T(v.reader.Lang, key) }
	presence := func(name string) string {
		if name == "" {
			return ""
		}
		return t("presence." + name)
	}
	out.Write(t("audit.when"), t("agent.name"), t("agent.email"), t("audit.what"), t("attendance.was"), t("attendance.is"), t("profile.address"))
	for written := 0; ; {
		for _, r := range list {
			out.Write(r.At.In(zoneOf(v)).Format(time.DateTime), r.Agent.Name, r.Agent.Email, t("audit.event."+string(r.Name)), presence(r.Was), presence(r.Is), r.IP)
		}
		if err := out.Flush(); err != nil {
			return err
		}
		if written += len(list); next == 0 || written >= exportMax {
			return out.Close()
		}
		l.Before = next
		if list, next, err = w.Desk.Attendance(ctx, by, l); err != nil {
			return err
		}
	}
}

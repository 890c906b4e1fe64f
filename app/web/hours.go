package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

type schedulesPage struct {
	Page
	Schedules []*desk.Schedule
	Open      map[desk.ScheduleID]bool
}

type schedulePage struct {
	Page
	S     *desk.Schedule
	Fresh bool
	Week  [7]string // as it is written: 09:00-12:00, 13:00-18:00
	Days  string    // a line each: 2026-10-01 National Day, 2026-10-10 09:00-17:00 Make-up day
	Zones []view.Option
}

// Weekdays are the days in the order of the form, Monday first.
func (p *schedulePage) Weekdays() []int { return []int{1, 2, 3, 4, 5, 6, 0} }

// Save is where the form goes.
func (p *schedulePage) Save() string {
	if p.Fresh {
		return "/admin/hours/new"
	}
	return "/admin/hours/" + p.S.ID.String()
}

func (w *Web) schedules(c echo.Context) error {
	ctx, by := c.Request().Context(), actor(c)
	p := &schedulesPage{}
	p.Nav = "admin"
	var err error
	if p.Schedules, err = w.Desk.Schedules(ctx, by); err != nil {
		return err
	}
	if p.Open, err = w.Desk.Working(ctx, by); err != nil {
		return err
	}
	return w.show(c, "admin/hours/index", p)
}

// scheduleOf is the schedule of the path: 0 is the default, "new" one to be made.
func (w *Web) scheduleOf(c echo.Context) (*schedulePage, error) {
	p := &schedulePage{S: &desk.Schedule{}}
	p.Nav = "admin"
	if c.Param("id") == "new" {
		p.Fresh = true
		for day := time.Monday; day <= time.Friday; day++ {
			p.S.Week[day] = []desk.Span{{From: 9 * 60, To: 18 * 60}}
		}
	} else {
		id, err := strconv.ParseInt(c.Param("id"), 10, 64)
		if err != nil {
			return nil, desk.NotFound
		}
		if p.S, err = w.Desk.Schedule(c.Request().Context(), actor(c), desk.ScheduleID(id)); err != nil {
			return nil, err
		}
	}
	for i, spans := range p.S.Week {
		p.Week[i] = writeSpans(spans)
	}
	p.Days = writeDays(p.S.Days)
	p.Zones = append([]view.Option{{Text: w.Views.T(visitOf(c).reader.Lang, "profile.as_company")}}, zoneOptions(p.S.TimeZone)...)
	return p, nil
}

func (w *Web) schedule(c echo.Context) error {
	p, err := w.scheduleOf(c)
	if err != nil {
		return err
	}
	return w.show(c, "admin/hours/form", p)
}

func (w *Web) saveSchedule(c echo.Context) error {
	p, err := w.scheduleOf(c)
	if err != nil {
		return err
	}
	p.S.Name, p.S.TimeZone, p.Days = text(c, "name"), text(c, "time_zone"), text(c, "days")
	for i := range p.Week {
		p.Week[i] = text(c, fmt.Sprint("week_", i))
		p.S.Week[i] = readSpans(p.Week[i])
	}
	p.S.Days = readDays(p.Days)
	if _, err := w.Desk.SaveSchedule(c.Request().Context(), actor(c), *p.S, p.Fresh); err != nil {
		return w.again(c, err, "admin/hours/form", p)
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/admin/hours")
}

// scheduleOptions are the choices of work hours.
func (w *Web) scheduleOptions(c echo.Context) ([]view.Option, error) {
	list, err := w.Desk.Schedules(c.Request().Context(), actor(c))
	options := make([]view.Option, len(list))
	for i, s := range list {
		options[i] = view.Option{Value: s.ID.String(), Text: s.Name}
		if s.ID == 0 {
			options[i].Text = w.Views.T(visitOf(c).reader.Lang, "hours.default")
		}
	}
	return options, err
}

func writeClock(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

func writeSpans(spans []desk.Span) string {
	var parts []string
	for _, s := range spans {
		parts = append(parts, writeClock(s.From)+"-"+writeClock(s.To))
	}
	return strings.Join(parts, ", ")
}

// readSpans reads "09:00-12:00, 13:00-18:00" as people write it, with full-width signs too. What cannot be read becomes a span
// that the desk refuses.
func readSpans(s string) []desk.Span {
	s = strings.NewReplacer("：", ":", "，", ",", "、", ",", "；", ",", ";", ",", "–", "-", "—", "-", "－", "-", "~", "-", "～", "-", "至", "-").Replace(s)
	var spans []desk.Span
	for _, part := range strings.Split(s, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		from, to, _ := strings.Cut(part, "-")
		spans = append(spans, desk.Span{From: readClock(from), To: readClock(to)})
	}
	return spans
}

func readClock(s string) int {
	hour, minute, ok := strings.Cut(strings.TrimSpace(s), ":")
	h, err := strconv.Atoi(hour)
	m, err2 := 0, error(nil)
	if ok {
		m, err2 = strconv.Atoi(minute)
	}
	if err != nil || err2 != nil || h < 0 || m < 0 || m > 59 {
		return -1
	}
	return h*60 + m
}

func writeDays(days []desk.SpecialDay) string {
	var lines []string
	for _, d := range days {
		lines = append(lines, strings.Join(strings.Fields(d.Date+" "+strings.ReplaceAll(writeSpans(d.Spans), ", ", ",")+" "+d.Name), " "))
	}
	return strings.Join(lines, "\n")
}

// readDays reads a line for each special day: its date, its times unless it is a holiday, and its name.
func readDays(s string) []desk.SpecialDay {
	var days []desk.SpecialDay
	for line := range strings.Lines(s) {
		date, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if date == "" {
			continue
		}
		d := desk.SpecialDay{Date: strings.ReplaceAll(date, "/", "-")}
		if first, name, _ := strings.Cut(strings.TrimSpace(rest), " "); strings.ContainsAny(first, ":：") && first[0] >= '0' && first[0] <= '9' {
			d.Spans, rest = readSpans(first), name
		}
		d.Name = strings.TrimSpace(rest)
		days = append(days, d)
	}
	return days
}

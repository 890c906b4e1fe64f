package web

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/health"
)

type healthPage struct {
	Page
	Parts   []healthPart
	Worst   health.State
	Keep    desk.Safekeeping
	Upkeeps []upkeepRow
	Backing bool // a backup runs
	Drills  bool // a drill runs
	Exam    *examinationPart
}

// examinationPart is the last close look, or the one that is on its way.
type examinationPart struct {
	Page
	health.Examination
	List []healthPart
}

// upkeepRow is one backup or drill in the reader's words.
type upkeepRow struct {
	desk.Upkeep
	Lasted string
	Found  int // messages, by a drill
}

// upkeepsShown is how many backups, and how many drills, the page lists.
const upkeepsShown = 15

// healthPart is one part in the reader's words.
type healthPart struct {
	Name, Of string
	Held     bool // a restored copy, which can be released
	State    health.State
	Text     string
	Since    time.Time
}

func (w *Web) health(c echo.Context) error {
	p := &healthPage{}
	if err := w.fillHealth(c, p); err != nil {
		return err
	}
	return w.show(c, "admin/health/index", p)
}

// fillHealth finds out how every part is, and what was done for the data's safety.
func (w *Web) fillHealth(c echo.Context, p *healthPage) (err error) {
	p.Nav, p.Worst = "admin", health.OK
	ctx, by := c.Request().Context(), actor(c)
	if p.Keep, err = w.Desk.Safekeeping(ctx, by); err != nil {
		return err
	}
	say := w.sayer(c)
	var parts []health.Part
	if w.Health != nil {
		parts = w.Health(ctx)
	}
	p.Parts, p.Exam = inWords(parts, say), w.examined(c)
	for _, part := range parts {
		if part.State == health.Failed || part.State == health.Warn && p.Worst == health.OK {
			p.Worst = part.State
		}
	}
	// Read after the parts, so that the list never lacks what a part tells of.
	if w.Upkeeping != nil {
		p.Backing, p.Drills = w.Upkeeping(desk.Backup), w.Upkeeping(desk.Drill)
	}
	list, err := w.Desk.Upkeeps(ctx, by, upkeepsShown)
	if err != nil {
		return err
	}
	for _, u := range list {
		p.Upkeeps = append(p.Upkeeps, upkeepRow{u, health.Moment(u.Took).In(say), int(u.Messages)})
	}
	return nil
}

func inWords(parts []health.Part, say func(key string, args ...any) string) (list []healthPart) {
	for _, part := range parts {
		list = append(list, healthPart{say("health.part." + part.Name), part.Of, part.Name == "copy", part.State, part.Words.In(say), part.Since})
	}
	return list
}

func (w *Web) examined(c echo.Context) *examinationPart {
	if w.Examined == nil {
		return nil
	}
	e := w.Examined()
	return &examinationPart{Examination: e, List: inWords(e.Parts, w.sayer(c))}
}

// examination is the part of the page that fills while everything is looked at.
func (w *Web) examination(c echo.Context) error {
	p := w.examined(c)
	if p == nil {
		return desk.NotFound
	}
	return w.part(c, http.StatusOK, "admin/health/_examination", p)
}

// examine begins a close look; the page tells of it.
func (w *Web) examine(c echo.Context) error {
	if w.Examine == nil {
		return desk.NotFound
	}
	if err := w.Examine(c.Request().Context(), actor(c)); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/admin/health#examination")
}

// upkeep begins a backup or a drill; the page tells of its end.
func (w *Web) upkeep(c echo.Context) error {
	if w.Upkeep == nil {
		return desk.NotFound
	}
	if err := w.Upkeep(c.Request().Context(), actor(c), desk.UpkeepKind(c.FormValue("kind"))); err != nil {
		return err
	}
	w.notice(c, "notice.upkeep_begun")
	return c.Redirect(http.StatusSeeOther, "/admin/health#upkeep")
}

func (w *Web) changeSafekeeping(c echo.Context) error {
	count := func(name string) int { return int(number(text(c, name), -1)) }
	keep := desk.Safekeeping{Backups: c.FormValue("backups") == "true", Daily: count("daily"), Weekly: count("weekly")}
	if err := w.Desk.ChangeSafekeeping(c.Request().Context(), actor(c), keep); err != nil {
		p := &healthPage{}
		if err := w.fillHealth(c, p); err != nil {
			return err
		}
		p.Keep = keep
		return w.again(c, err, "admin/health/index", p)
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/admin/health#upkeep")
}

// release lets a restored copy work again.
func (w *Web) release(c echo.Context) error {
	if w.Release == nil {
		return desk.NotFound
	}
	if err := w.Release(c.Request().Context(), actor(c)); err != nil {
		return err
	}
	w.notice(c, "notice.released")
	return c.Redirect(http.StatusSeeOther, "/admin/health")
}

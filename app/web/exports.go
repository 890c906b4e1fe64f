package web

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// exportsPage is the files of the history that were asked for.
type exportsPage struct {
	Page
	Rows []*desk.Export
	Next desk.ExportID // 0: there is no more
	All  bool          // everybody's

	zone *time.Location
}

// Ask is what an export was asked for.
func (p *exportsPage) Ask(x *desk.Export) historyAsk {
	q, _ := url.ParseQuery(x.Words) // the desk wrote it
	return readHistoryAsk(q)
}

// Day is a date of a filter as a moment of the reader's; zero: none.
func (p *exportsPage) Day(s string) time.Time {
	t, _ := time.ParseInLocation(time.DateOnly, s, p.zone)
	return t
}

// Waits says whether one of them is being made.
func (p *exportsPage) Waits() bool {
	for _, x := range p.Rows {
		if x.State == "asked" {
			return true
		}
	}
	return false
}

// Days is how long a file is kept.
func (p *exportsPage) Days() int { return int(desk.ExportFor / (24 * time.Hour)) }

func (w *Web) exports(c echo.Context) error {
	ctx, by := c.Request().Context(), actor(c)
	p := &exportsPage{All: by.IsAdmin(), zone: zoneOf(visitOf(c))}
	p.Nav = "history"
	before := desk.ExportID(max(number(c.QueryParam("before"), 0), 0))
	var err error
	if p.Rows, p.Next, err = w.Desk.Exports(ctx, by, before, pageSize); err != nil {
		return err
	}
	switch target(c) {
	case "more":
		return w.part(c, http.StatusOK, "exports/_more", p)
	case "exports":
		return w.part(c, http.StatusOK, "exports/_list", p)
	}
	return w.show(c, "exports/index", p)
}

// askExport asks for what the history's filters show as a file.
func (w *Web) askExport(c echo.Context) error {
	ctx, by, v := c.Request().Context(), actor(c), visitOf(c)
	q, err := url.ParseQuery(c.FormValue("filter"))
	if err != nil {
		return desk.Invalid("filter", "fault.choice_unknown")
	}
	ask := readHistoryAsk(q)
	now := w.Desk.Clock().In(zoneOf(v))
	if _, err := w.Desk.AskExport(ctx, by, ask.list(now), text(c, "format"), string(ask.fixed(now).Params())); err != nil {
		return err
	}
	return w.done(c, "/exports", "exports.asked")
}

func (w *Web) exportFile(c echo.Context) error {
	id, err := param[desk.ExportID](c, "id")
	if err != nil {
		return err
	}
	x, file, err := w.Desk.TakeExport(c.Request().Context(), actor(c), id)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Type", map[string]string{"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}[x.Format])
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="history-%s.%s"`, x.CreatedAt.In(zoneOf(visitOf(c))).Format(time.DateOnly), x.Format))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-store")
	http.ServeContent(c.Response(), c.Request(), "", x.DoneAt, file)
	return nil
}

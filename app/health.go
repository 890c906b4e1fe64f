package app

import (
	"context"
	"net/http"
	"time"

	"deskbell/app/desk"

	"github.com/labstack/echo/v4"
)

// health is what /healthz and /readyz answer. A part that is well says nothing.
type health struct {
	OK    bool              `json:"ok"`
	Parts map[string]string `json:"parts,omitempty"` // by name, what is wrong, in words
}

func (h *health) part(name, wrong string) {
	h.OK = h.OK && wrong == ""
	h.Parts[name] = wrong
}

func (h health) answer(c echo.Context) error {
	if h.OK {
		return c.JSON(http.StatusOK, h)
	}
	return c.JSON(http.StatusServiceUnavailable, h)
}

// healthz says whether the process serves and its database answers.
func (a *App) healthz(c echo.Context) error {
	return health{OK: a.database(c.Request().Context()) == ""}.answer(c)
}

// readyz says whether every part is well.
func (a *App) readyz(c echo.Context) error {
	h := health{OK: true, Parts: map[string]string{}}
	h.part("database", a.database(c.Request().Context()))
	h.part("replication", a.replicated())
	return h.answer(c)
}

func (a *App) database(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if _, err := a.Desk.NeedsSetup(ctx, desk.System); err != nil {
		a.Log.Error("the database does not answer", "error", err)
		return "it does not answer"
	}
	return ""
}

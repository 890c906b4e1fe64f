package web

import (
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// cheatSheetPage is a team's cheat sheet: to read, and to write for those who keep it.
type cheatSheetPage struct {
	Page
	S    *desk.CheatSheet
	Text string // as the writer has it
	Max  int
	Back string // the page that led here
}

// Was is when the text was written that the writer has before him, in milliseconds since 1970; 0: never.
func (p *cheatSheetPage) Was() int64 {
	if p.S.ChangedAt.IsZero() {
		return 0
	}
	return p.S.ChangedAt.UnixMilli()
}

func (w *Web) cheatSheetPage(c echo.Context) (*cheatSheetPage, error) {
	id, err := param[desk.TeamID](c, "id")
	if err != nil {
		return nil, err
	}
	p := &cheatSheetPage{Max: desk.CheatSheetText, Back: localPath(c.FormValue("back"))}
	p.Nav = "conversations"
	if p.S, err = w.Desk.CheatSheet(c.Request().Context(), actor(c), id); err != nil {
		return nil, err
	}
	p.Text = p.S.Text
	return p, nil
}

func (w *Web) cheatSheet(c echo.Context) error {
	p, err := w.cheatSheetPage(c)
	if err != nil {
		return err
	}
	return w.show(c, "teams/cheat_sheet", p)
}

// changeCheatSheet takes the text. Whoever was slower is told so with his own words before him, and writes over the other's by saving again.
func (w *Web) changeCheatSheet(c echo.Context) error {
	p, err := w.cheatSheetPage(c)
	if err != nil {
		return err
	}
	var was time.Time
	if n := number(c.FormValue("was"), 0); n != 0 {
		was = time.UnixMilli(n)
	}
	p.Text = text(c, "text")
	if err := w.Desk.ChangeCheatSheet(c.Request().Context(), actor(c), p.S.TeamID, p.Text, &was); err != nil {
		return w.again(c, err, "teams/cheat_sheet", p)
	}
	w.notice(c, "notice.saved")
	to := "/teams/" + p.S.TeamID.String() + "/cheat-sheet"
	if p.Back != "/" {
		to += "?back=" + url.QueryEscape(p.Back)
	}
	return c.Redirect(http.StatusSeeOther, to)
}

// sheetOf is the cheat sheet beside a conversation; nil where the reader has none to see.
func (w *Web) sheetOf(c echo.Context, team desk.TeamID) (*desk.CheatSheet, error) {
	if team == 0 {
		return nil, nil
	}
	s, err := w.Desk.CheatSheet(c.Request().Context(), actor(c), team)
	if desk.IsNotFound(err) {
		return nil, nil
	}
	return s, err
}

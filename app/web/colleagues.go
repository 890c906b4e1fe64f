package web

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// colleaguesPage is with whom the agent can talk, and the room that is open.
type colleaguesPage struct {
	Page
	Query string
	Rows  []roomRow
	Found []*desk.RoomMessage // what was written that holds the query
	Open  *room
}

type roomRow struct {
	*desk.Room
	Current bool
	Mine    bool // the last message is the reader's own
}

// room is one room with what was written there.
type room struct {
	*desk.Room
	Me       *desk.Agent
	CSRF     string
	Messages []roomItem
	Before   desk.RoomMessageID // of earlier ones; 0: there are none
	After    desk.RoomMessageID // the last that is shown
	Limit    int
	FileMax  int64
}

type roomItem struct {
	*desk.RoomMessage
	Mine, First bool // First: by another, or much later, than the one before
	Day         bool // on another day than the one before
}

func (w *Web) rooms(c echo.Context) error {
	p, err := w.colleaguesPage(c, nil)
	if err != nil {
		return err
	}
	return w.show(c, "colleagues/index", p)
}

// roomRows is the list alone.
func (w *Web) roomRows(c echo.Context) error {
	p, err := w.colleaguesPage(c, nil)
	if err != nil {
		return err
	}
	return w.part(c, http.StatusOK, "colleagues/_rows", p)
}

func (w *Web) colleaguesPage(c echo.Context, open *room) (*colleaguesPage, error) {
	ctx, by := c.Request().Context(), actor(c)
	p := &colleaguesPage{Query: text(c, "q"), Open: open}
	p.Nav = "colleagues"
	list, err := w.Desk.Rooms(ctx, by, p.Query)
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		p.Rows = append(p.Rows, roomRow{r, open != nil && r.With == open.With || c.QueryParam("open") == r.With.String(), r.LastBy == by.Agent()})
	}
	if p.Query != "" {
		p.Found, err = w.Desk.FindRoomMessages(ctx, by, p.Query)
	}
	return p, err
}

func (w *Web) room(c echo.Context) error {
	r, err := w.openRoom(c)
	if err != nil {
		return err
	}
	if err := w.Desk.ReadRoom(c.Request().Context(), actor(c), r.With, r.After); err != nil {
		return err
	}
	r.Unread = 0
	if target(c) == "talk" {
		return w.part(c, http.StatusOK, "colleagues/_room", r)
	}
	p, err := w.colleaguesPage(c, r)
	if err != nil {
		return err
	}
	return w.show(c, "colleagues/index", p)
}

const roomPage = 50

func (w *Web) openRoom(c echo.Context) (*room, error) {
	ctx, by := c.Request().Context(), actor(c)
	with, err := desk.ParseWith(c.Param("with"))
	if err != nil {
		return nil, err
	}
	found, err := w.Desk.Room(ctx, by, with)
	if err != nil {
		return nil, err
	}
	r := &room{Room: found, Me: visitOf(c).agent, CSRF: visitOf(c).csrf, Limit: w.Desk.Limit.AgentText, FileMax: w.Desk.Limit.File}
	in := desk.RoomList{Before: desk.RoomMessageID(number(c.QueryParam("before"), 0)), After: desk.RoomMessageID(number(c.QueryParam("after"), 0)), Limit: roomPage}
	if c.QueryParam("after") != "" && in.After == 0 {
		in.After = -1 // the room was empty: all that is there is new
	}
	list, more, err := w.Desk.RoomMessages(ctx, by, with, in)
	if err != nil {
		return nil, err
	}
	zone := visitOf(c).reader.Zone
	var last *desk.RoomMessage
	for _, m := range list {
		it := roomItem{RoomMessage: m, Mine: m.AgentID == by.Agent()}
		it.First = last == nil || last.AgentID != m.AgentID || m.CreatedAt.Sub(last.CreatedAt) > 5*time.Minute
		it.Day = last == nil && in.After <= 0 || last != nil && last.CreatedAt.In(zone).Format(time.DateOnly) != m.CreatedAt.In(zone).Format(time.DateOnly)
		r.Messages, last = append(r.Messages, it), m
	}
	if last != nil {
		r.After = last.ID
	}
	if more && in.After == 0 {
		r.Before = list[0].ID
	}
	return r, nil
}

// roomMessages answers what is new in a room that is open, or what was said before.
func (w *Web) roomMessages(c echo.Context) error {
	r, err := w.openRoom(c)
	if err != nil {
		return err
	}
	if c.QueryParam("read") != "" && r.After != 0 {
		if err := w.Desk.ReadRoom(c.Request().Context(), actor(c), r.With, r.After); err != nil {
			return err
		}
	}
	return w.part(c, http.StatusOK, "colleagues/_messages", r)
}

func (w *Web) writeToColleagues(c echo.Context) error {
	with, err := desk.ParseWith(c.Param("with"))
	if err != nil {
		return err
	}
	_, err = w.Desk.WriteToColleagues(c.Request().Context(), actor(c), with, desk.RoomDraft{Text: c.FormValue("text"), FileID: text(c, "file_id"), ClientID: text(c, "client_id")})
	if err != nil {
		return err
	}
	return w.done(c, "/colleagues/"+with.String(), "")
}

func (w *Web) recallRoomMessage(c echo.Context) error {
	id, err := param[desk.RoomMessageID](c, "id")
	if err != nil {
		return err
	}
	m, err := w.Desk.RecallRoomMessage(c.Request().Context(), actor(c), id)
	if err != nil {
		return err
	}
	return w.done(c, "/colleagues/"+m.With.String(), "")
}

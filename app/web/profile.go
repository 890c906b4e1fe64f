package web

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

type profilePage struct {
	Page
	Name, Locale, Zone string
	Greeting           string
	Particulars        desk.Particulars
	Preferences        desk.Preferences
	Zones              []view.Option
	Sessions           []*desk.Session
	Current            desk.SessionID
	Tokens             []desk.Token
	Fresh              string // a token's text, shown once
}

func (w *Web) profile(c echo.Context) error {
	p, err := w.profilePage(c)
	if err != nil {
		return err
	}
	return w.show(c, "profile/show", p)
}

func (w *Web) profilePage(c echo.Context) (*profilePage, error) {
	ctx, v := c.Request().Context(), visitOf(c)
	p := &profilePage{Name: v.agent.Name, Locale: v.agent.Locale, Zone: v.agent.TimeZone, Greeting: v.agent.Greeting, Particulars: v.agent.Particulars, Preferences: v.agent.Preferences, Current: v.session.ID}
	p.Nav, p.Zones = "profile", zoneOptions(p.Zone)
	var err error
	if p.Sessions, err = w.Desk.Sessions(ctx, actor(c)); err != nil {
		return nil, err
	}
	p.Tokens, err = w.Desk.Tokens(ctx, actor(c))
	return p, err
}

func (w *Web) changeProfile(c echo.Context) error {
	p, err := w.profilePage(c)
	if err != nil {
		return err
	}
	p.Name, p.Locale, p.Zone, p.Greeting = text(c, "name"), text(c, "locale"), text(c, "time_zone"), text(c, "greeting")
	p.Preferences.Theme, p.Preferences.SendKey, p.Preferences.NoKeys = text(c, "theme"), text(c, "send_key"), text(c, "letters") != "true"
	p.Particulars = formParticulars(c)
	p.Preferences.Signature = strings.TrimSpace(strings.ReplaceAll(c.FormValue("signature"), "\r\n", "\n"))
	if p.Preferences.Theme != "light" && p.Preferences.Theme != "dark" {
		p.Preferences.Theme = ""
	}
	if p.Preferences.SendKey != "ctrl-enter" {
		p.Preferences.SendKey = ""
	}
	avatar, err := w.readAvatar(c)
	if err == nil {
		err = w.Desk.ChangeProfile(c.Request().Context(), actor(c), desk.Profile{
			Name: p.Name, Locale: p.Locale, TimeZone: p.Zone, AvatarFile: avatar, Greeting: p.Greeting, Preferences: p.Preferences, Particulars: p.Particulars,
		})
	}
	if err != nil {
		return w.again(c, err, "profile/show", p)
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/profile")
}

// readAvatar keeps the form's picture and answers its id; without a new one the id of the one that is there.
func (w *Web) readAvatar(c echo.Context) (string, error) {
	picture, err := readPicture(c, "avatar")
	if err != nil {
		return "", err
	}
	if picture == nil {
		if text(c, "avatar_removed") == "true" {
			return "", nil
		}
		return visitOf(c).agent.AvatarFile, nil
	}
	f, err := w.Desk.Upload(c.Request().Context(), actor(c), "avatar", bytes.NewReader(picture))
	if err == nil && f.Width == 0 {
		err = desk.Invalid("avatar", "fault.logo_wrong")
	}
	if err != nil {
		return "", err
	}
	return f.ID, nil
}

// setPresence says whether the agent can be given conversations.
func (w *Web) setPresence(c echo.Context) error {
	by := actor(c)
	a, err := w.Desk.SetPresence(c.Request().Context(), by, by.Agent(), text(c, "presence"))
	if errors.Is(err, desk.PresenceToAsk) {
		return w.done(c, "/profile/presence?presence="+url.QueryEscape(text(c, "presence")), "")
	}
	if err != nil {
		return err
	}
	if !isPart(c) {
		return c.Redirect(http.StatusSeeOther, "/profile")
	}
	return w.part(c, http.StatusOK, "layout/_presence", a)
}

// setCapacity says how many conversations the agent takes at once.
func (w *Web) setCapacity(c echo.Context) error {
	by := actor(c)
	if _, err := w.Desk.SetCapacity(c.Request().Context(), by, by.Agent(), int(number(text(c, "capacity"), -1))); err != nil {
		if fault := asInvalid(err); fault != nil {
			return w.queueAgain(c, fault)
		}
		return err
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/queue")
}

// optOut says whether the agent is given conversations of a team by the desk.
func (w *Web) optOut(c echo.Context) error {
	id, err := param[desk.TeamID](c, "id")
	if err != nil {
		return err
	}
	if err := w.Desk.OptOut(c.Request().Context(), actor(c), id, text(c, "receive") != "true"); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/queue")
}

func (w *Web) changePassword(c echo.Context) error {
	err := w.Desk.ChangePassword(c.Request().Context(), actor(c), visitOf(c).session.ID, c.FormValue("current"), c.FormValue("password"), text(c, "tokens") == "true")
	if err != nil {
		p, e := w.profilePage(c)
		if e != nil {
			return e
		}
		return w.again(c, err, "profile/show", p)
	}
	w.notice(c, "notice.password_changed")
	return c.Redirect(http.StatusSeeOther, "/profile")
}

func (w *Web) endSession(c echo.Context) error {
	id, err := param[desk.SessionID](c, "id")
	if err != nil {
		return err
	}
	if err := w.Desk.EndSession(c.Request().Context(), actor(c), id); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/profile")
}

// createToken shows the token's text in its answer, this once.
func (w *Web) createToken(c echo.Context) error {
	by := actor(c)
	token, err := w.Desk.CreateToken(c.Request().Context(), by, by.Agent(), text(c, "token_name"))
	p, e := w.profilePage(c)
	if e != nil {
		return e
	}
	if fault := asInvalid(err); fault != nil {
		p.faults = map[string]string{"token_name": w.faults(c, fault)["name"]}
		return w.showStatus(c, http.StatusUnprocessableEntity, "profile/show", p)
	}
	if err != nil {
		return err
	}
	p.Fresh = token
	return w.show(c, "profile/show", p)
}

func (w *Web) revokeToken(c echo.Context) error {
	id, err := param[int64](c, "id")
	if err != nil {
		return err
	}
	if err := w.Desk.RevokeToken(c.Request().Context(), actor(c), id); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/profile")
}

// hits are what the palette can go to besides the places: the latest conversations, and colleagues by name.
type hits struct {
	Conversations []*desk.Conversation
	Rooms         []*desk.Room
}

func (w *Web) palette(c echo.Context) error {
	h, err := w.paletteHits(c.Request().Context(), actor(c), text(c, "q"))
	if err != nil {
		return err
	}
	return w.part(c, http.StatusOK, "layout/_hits", h)
}

func (w *Web) paletteHits(ctx context.Context, by desk.Actor, query string) (h hits, err error) {
	if h.Conversations, _, err = w.Desk.Conversations(ctx, by, desk.ConversationList{Query: query, Limit: 8}); err != nil || query == "" {
		return h, err
	}
	h.Rooms, err = w.Desk.Rooms(ctx, by, query)
	h.Rooms = h.Rooms[:min(len(h.Rooms), 5)]
	return h, err
}

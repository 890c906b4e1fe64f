package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/push"
	"deskbell/app/view"
)

// notificationsPage is what the agent was told.
type notificationsPage struct {
	Page
	Show     string // unread, read, or all
	Category string
	Rows     []notificationRow
	Before   desk.NotificationID // of the next page; 0: there is none
	Address  string              // of the rows, drawn anew when something happens
}

type notificationRow struct {
	*desk.Notification
	Sentence, More string
}

// Shows are the tabs.
func (p *notificationsPage) Shows() []string { return []string{"unread", "read", "all"} }

// Categories are the filters; the first is for all.
func (p *notificationsPage) Categories() []string {
	return append([]string{""}, desk.NotificationCategories...)
}

// Icon is a category's.
func (r notificationRow) Icon() string {
	return map[string]string{"conversation": "message-circle", "ticket": "ticket", "delivery": "mail", "account": "circle-user-round", "system": "activity", "notice": "megaphone"}[r.Category]
}

func (w *Web) notifications(c echo.Context) error {
	p, err := w.notificationsPage(c)
	if err != nil {
		return err
	}
	return w.show(c, "notifications/index", p)
}

func (w *Web) notificationRows(c echo.Context) error {
	p, err := w.notificationsPage(c)
	if err != nil {
		return err
	}
	if p.CSRF = visitOf(c).csrf; c.QueryParam("before") != "" {
		return w.part(c, http.StatusOK, "notifications/_more", p)
	}
	return w.part(c, http.StatusOK, "notifications/_rows", p)
}

func (w *Web) notificationsPage(c echo.Context) (*notificationsPage, error) {
	p := &notificationsPage{Show: c.QueryParam("show"), Category: c.QueryParam("category")}
	p.Nav = "notifications"
	if !slices.Contains(p.Shows(), p.Show) {
		p.Show = "unread"
	}
	p.Address = "/notifications/rows?show=" + p.Show + "&category=" + p.Category
	list, more, err := w.Desk.Notifications(c.Request().Context(), actor(c), desk.NotificationList{Unread: p.Show == "unread", Read: p.Show == "read",
		Category: p.Category, Before: desk.NotificationID(number(c.QueryParam("before"), 0)), Limit: 50})
	if err != nil {
		return nil, err
	}
	for _, n := range list {
		row := notificationRow{Notification: n}
		row.Sentence, row.More = n.Say(w.sayer(c))
		p.Rows = append(p.Rows, row)
	}
	if more {
		p.Before = list[len(list)-1].ID
	}
	p.Bell, err = w.Desk.UnreadNotifications(c.Request().Context(), actor(c))
	return p, err
}

// sayer translates to the reader.
func (w *Web) sayer(c echo.Context) func(key string, args ...any) string {
	lang := visitOf(c).reader.Lang
	return func(key string, args ...any) string { return w.Views.T(lang, key, args...) }
}

// notification leads on to what it is about. A look at an address changes nothing: the page that it leads to says that it was read
// (told.js).
func (w *Web) notification(c echo.Context) error {
	id, err := param[desk.NotificationID](c, "id")
	if err != nil {
		return err
	}
	n, err := w.Desk.Notification(c.Request().Context(), actor(c), id)
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, n.Path()+"?told="+n.ID.String())
}

// readNotifications marks one, all, or those of a category, as read.
func (w *Web) readNotifications(c echo.Context) error {
	if id := text(c, "id"); id != "" {
		_, err := w.Desk.ReadNotification(c.Request().Context(), actor(c), desk.NotificationID(number(id, -1)))
		if err != nil {
			return err
		}
		return w.done(c, "/notifications", "")
	}
	if err := w.Desk.ReadNotifications(c.Request().Context(), actor(c), text(c, "category")); err != nil {
		return err
	}
	return w.done(c, "/notifications", "")
}

// noticePage is one notice, or the form of a new one.
type noticePage struct {
	Page
	N      *desk.Notice
	File   *desk.File
	Teams  []*desk.Team
	Agents []*desk.Agent
}

// Told tells whether a team or an agent is ticked.
func (p *noticePage) Told(team desk.TeamID, agent desk.AgentID) bool {
	return slices.Contains(p.N.TeamIDs, team) || slices.Contains(p.N.AgentIDs, agent)
}

func (w *Web) showNotice(c echo.Context) error {
	id, err := param[desk.NoticeID](c, "id")
	if err != nil {
		return err
	}
	p := &noticePage{}
	p.Nav = "notifications"
	if p.N, err = w.Desk.Notice(c.Request().Context(), actor(c), id); err != nil {
		return err
	}
	if p.N.FileID != "" {
		if p.File, err = w.Desk.File(c.Request().Context(), actor(c), p.N.FileID); err != nil {
			return err
		}
	}
	return w.show(c, "notifications/notice", p)
}

func (w *Web) newNotice(c echo.Context) error {
	p, err := w.noticeForm(c, &desk.Notice{})
	if err != nil {
		return err
	}
	return w.show(c, "notifications/new_notice", p)
}

func (w *Web) noticeForm(c echo.Context, n *desk.Notice) (*noticePage, error) {
	p := &noticePage{N: n}
	p.Nav = "notifications"
	var err error
	if p.Teams, err = w.Desk.Teams(c.Request().Context(), actor(c)); err != nil {
		return nil, err
	}
	p.Agents, err = w.Desk.Agents(c.Request().Context(), actor(c))
	return p, err
}

func (w *Web) sendNotice(c echo.Context) error {
	teams, err := formTeams(c)
	if err != nil {
		return err
	}
	n := &desk.Notice{Subject: text(c, "subject"), Text: c.FormValue("text"), TeamIDs: teams}
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	for _, s := range form["agent_ids"] {
		n.AgentIDs = append(n.AgentIDs, desk.AgentID(number(s, -1)))
	}
	if n.FileID, err = w.noticeFile(c); err == nil {
		_, err = w.Desk.SendNotice(c.Request().Context(), actor(c), *n)
	}
	if err != nil {
		p, e := w.noticeForm(c, n)
		if e != nil {
			return e
		}
		return w.again(c, err, "notifications/new_notice", p)
	}
	w.notice(c, "notice.notice_sent")
	return c.Redirect(http.StatusSeeOther, "/notifications")
}

// noticeFile stores the attachment, if the form has one.
func (w *Web) noticeFile(c echo.Context) (string, error) {
	head, err := c.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	f, err := w.takeOne(c, actor(c), head)
	if err != nil {
		return "", asFault("file", err)
	}
	return f.ID, nil
}

// notifyPage is how the agent wants to be told.
type notifyPage struct {
	Page
	P         desk.Preferences
	MailTimes []view.Option
	Browsers  []push.Browser
}

// Sounds are what rings.
func (p *notifyPage) Sounds() []string { return desk.Sounds }

// On tells whether a sound is not switched off by itself.
func (p *notifyPage) On(sound string) bool { return !slices.Contains(p.P.Mute, sound) }

func (w *Web) notificationSettings(c echo.Context) error {
	p, err := w.notifyPage(c, visitOf(c).agent.Preferences)
	if err != nil {
		return err
	}
	return w.show(c, "notifications/settings", p)
}

func (w *Web) notifyPage(c echo.Context, prefs desk.Preferences) (*notifyPage, error) {
	p := &notifyPage{P: prefs}
	p.Nav = "notifications"
	say := w.sayer(c)
	for _, m := range desk.MailTimes {
		text := say("notifications.mail_never")
		if m > 0 {
			text = w.Views.N(visitOf(c).reader.Lang, "notifications.mail_minutes", m)
		}
		p.MailTimes = append(p.MailTimes, view.Option{Value: strconv.Itoa(m), Text: text})
	}
	var err error
	if w.Push != nil {
		p.Browsers, err = w.Push.Browsers(c.Request().Context(), actor(c))
	}
	return p, err
}

func (w *Web) changeNotificationSettings(c echo.Context) error {
	a := visitOf(c).agent
	prefs := a.Preferences
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	prefs.Quiet, prefs.Mute = text(c, "sounds") != "true", nil
	for _, s := range desk.Sounds {
		if !slices.Contains(form["sound"], s) {
			prefs.Mute = append(prefs.Mute, s)
		}
	}
	prefs.QuietFrom, prefs.QuietTo, prefs.MailAfter = text(c, "quiet_from"), text(c, "quiet_to"), int(number(text(c, "mail_after"), 0))
	err = w.Desk.ChangeProfile(c.Request().Context(), actor(c), desk.Profile{Name: a.Name, Locale: a.Locale, TimeZone: a.TimeZone, AvatarFile: a.AvatarFile, Greeting: a.Greeting, Preferences: prefs, Particulars: a.Particulars})
	if err != nil {
		p, e := w.notifyPage(c, prefs)
		if e != nil {
			return e
		}
		return w.again(c, err, "notifications/settings", p)
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/notifications/settings")
}

// roads is what the "test me" button found out.
type roads struct{ Roads []road }

type road struct {
	Name  string // push, mail
	Of    string // the push service, the address
	OK    bool
	Words string // why not
}

// testMe tries each road on which the reader can be told, and says which worked.
func (w *Web) testMe(c echo.Context) error {
	ctx, by, say := c.Request().Context(), actor(c), w.sayer(c)
	words := func(err error) string {
		var e *desk.Error
		if errors.As(err, &e) {
			return say(e.Key, e.Args...)
		}
		return say("error.unavailable")
	}
	var r roads
	if w.Push != nil {
		failed := w.Push.Test(ctx, by)
		browsers, err := w.Push.Browsers(ctx, by)
		if err != nil {
			return err
		}
		for _, b := range browsers {
			r.Roads = append(r.Roads, road{"push", b.Service, b.Error == "", b.Error})
		}
		if len(browsers) == 0 {
			r.Roads = append(r.Roads, road{Name: "push", Words: words(failed)})
		}
	}
	m, err := w.Desk.TestSystemMail(ctx, by)
	if err != nil {
		r.Roads = append(r.Roads, road{Name: "mail", Words: words(err)})
	} else {
		r.Roads = append(r.Roads, road{Name: "mail", Of: strings.ToLower(m.To), OK: m.State != "failed", Words: m.Error})
	}
	return w.part(c, http.StatusOK, "notifications/_roads", r)
}

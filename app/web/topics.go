package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

type topicsPage struct {
	Page
	Topics []*desk.Topic
	Text   string // to be imported
	Moved  string // the path of the one that was moved
}

// topicRow is one topic of the tree, with the steps that it can take.
type topicRow struct {
	*desk.Topic
	Last bool // of its siblings
}

// Rows are the tree. A topic is the last of its siblings when the next one that is not below it stands higher.
func (p *topicsPage) Rows() []topicRow {
	rows := make([]topicRow, len(p.Topics))
	for i, t := range p.Topics {
		next := i + 1
		for next < len(p.Topics) && p.Topics[next].Depth > t.Depth {
			next++
		}
		rows[i] = topicRow{t, next == len(p.Topics) || p.Topics[next].Depth < t.Depth}
	}
	return rows
}

type topicPage struct {
	Page
	T      *desk.Topic
	Topics []*desk.Topic
}

// Parents are the places where the topic may stand, but not below itself.
func (p *topicPage) Parents(none string) []view.Option {
	options := []view.Option{{Value: "0", Text: none}}
	skip := 0
	for _, t := range p.Topics {
		if skip > 0 && t.Depth > skip {
			continue
		}
		if skip = 0; t.ID == p.T.ID {
			skip = t.Depth
			continue
		}
		if t.Depth < desk.TopicLevels {
			options = append(options, view.Option{Value: t.ID.String(), Text: t.Path})
		}
	}
	return options
}

func (w *Web) topics(c echo.Context) error {
	p, err := w.topicList(c)
	if err != nil {
		return err
	}
	return w.show(c, "admin/topics/index", p)
}

func (w *Web) topicList(c echo.Context) (*topicsPage, error) {
	p := &topicsPage{}
	p.Nav = "admin"
	var err error
	p.Topics, err = w.Desk.Topics(c.Request().Context(), actor(c))
	return p, err
}

// topicOf is the topic of the path; "new" is one to be made, below ?parent=.
func (w *Web) topicOf(c echo.Context) (*topicPage, error) {
	p := &topicPage{T: &desk.Topic{ParentID: desk.TopicID(number(c.QueryParam("parent"), 0))}}
	p.Nav = "admin"
	var err error
	if p.Topics, err = w.Desk.Topics(c.Request().Context(), actor(c)); err != nil || c.Param("id") == "new" {
		return p, err
	}
	id, err := param[desk.TopicID](c, "id")
	if err != nil {
		return nil, err
	}
	for _, t := range p.Topics {
		if t.ID == id {
			p.T = t
			return p, nil
		}
	}
	return nil, desk.NotFound
}

func (w *Web) topic(c echo.Context) error {
	p, err := w.topicOf(c)
	if err != nil {
		return err
	}
	return w.show(c, "admin/topics/form", p)
}

func (w *Web) saveTopic(c echo.Context) error {
	p, err := w.topicOf(c)
	if err != nil {
		return err
	}
	in := *p.T
	in.Name, in.ParentID = text(c, "name"), desk.TopicID(number(c.FormValue("parent_id"), 0))
	p.T = &in
	if _, err := w.Desk.SaveTopic(c.Request().Context(), actor(c), in); err != nil {
		return w.again(c, err, "admin/topics/form", p)
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/admin/topics")
}

func (w *Web) importTopics(c echo.Context) error {
	p, err := w.topicList(c)
	if err != nil {
		return err
	}
	p.Text = c.FormValue("text")
	if _, err := w.Desk.ImportTopics(c.Request().Context(), actor(c), p.Text); err != nil {
		return w.again(c, err, "admin/topics/index", p)
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/admin/topics")
}

// moveTopic takes a step, or a place that the topic was dragged to.
func (w *Web) moveTopic(c echo.Context) error {
	id, err := param[desk.TopicID](c, "id")
	if err != nil {
		return err
	}
	to := desk.TopicPlace{Step: c.FormValue("step"), ParentID: desk.TopicID(number(c.FormValue("parent_id"), 0)), Before: desk.TopicID(number(c.FormValue("before"), 0))}
	if err := w.Desk.MoveTopic(c.Request().Context(), actor(c), id, to); err != nil {
		return err
	}
	if !isPart(c) {
		return c.Redirect(http.StatusSeeOther, "/admin/topics#topic-"+id.String())
	}
	p, err := w.topicList(c)
	if err != nil {
		return err
	}
	for _, t := range p.Topics {
		if t.ID == id {
			p.Moved = t.Path
		}
	}
	return w.part(c, http.StatusOK, "admin/topics/_tree", p)
}

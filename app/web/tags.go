package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

type tagsPage struct {
	Page
	Tags []*desk.Tag
}

type tagPage struct {
	Page
	T       *desk.Tag
	Parent  *desk.Tag     // of one that is being made; nil: at the top
	Parents []view.Option // beneath which it may stand
}

// summary is what was noted of a conversation, and what can be.
type summary struct {
	*desk.Summary
	ID  desk.ConversationID
	All []*desk.Tag
}

// Has tells whether a tag is chosen.
func (s *summary) Has(id desk.TagID) bool {
	return slices.ContainsFunc(s.Tags, func(t *desk.Tag) bool { return t.ID == id })
}

func (w *Web) summaryOf(c echo.Context, id desk.ConversationID) (*summary, error) {
	ctx, by := c.Request().Context(), actor(c)
	s := &summary{ID: id}
	var err error
	if s.Summary, err = w.Desk.Summary(ctx, by, id); err != nil {
		return nil, err
	}
	s.All, err = w.Desk.Tags(ctx, by)
	return s, err
}

func (w *Web) summary(c echo.Context) error {
	id, err := param[desk.ConversationID](c, "id")
	if err != nil {
		return err
	}
	s, err := w.summaryOf(c, id)
	if err != nil {
		return err
	}
	return w.part(c, http.StatusOK, "conversations/_summary", s)
}

func (w *Web) summarise(c echo.Context) error {
	id, err := param[desk.ConversationID](c, "id")
	if err != nil {
		return err
	}
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	var tags []desk.TagID
	for _, s := range form["tag_ids"] {
		tags = append(tags, desk.TagID(number(s, -1)))
	}
	if err := w.Desk.Summarise(c.Request().Context(), actor(c), id, tags, form.Get("remark")); err != nil {
		return err
	}
	if !isPart(c) {
		return c.Redirect(http.StatusSeeOther, "/conversations/"+id.String())
	}
	return w.summary(c)
}

func (w *Web) tags(c echo.Context) error {
	p := &tagsPage{}
	p.Nav = "admin"
	var err error
	if p.Tags, err = w.Desk.Tags(c.Request().Context(), actor(c)); err != nil {
		return err
	}
	return w.show(c, "admin/tags/index", p)
}

// tagOf is the tag of the path; "new" is one to be made beneath ?parent_id=.
func (w *Web) tagOf(c echo.Context) (*tagPage, error) {
	ctx, by := c.Request().Context(), actor(c)
	p := &tagPage{T: &desk.Tag{ParentID: desk.TagID(number(c.FormValue("parent_id"), 0))}}
	p.Nav = "admin"
	var err error
	if c.Param("id") != "new" {
		id, err := param[desk.TagID](c, "id")
		if err != nil {
			return nil, err
		}
		if p.T, err = w.Desk.Tag(ctx, by, id); err != nil {
			return nil, err
		}
	}
	all, err := w.Desk.Tags(ctx, by)
	if err != nil {
		return nil, err
	}
	p.Parents = []view.Option{{Value: "0", Text: w.Views.T(visitOf(c).reader.Lang, "tags.top")}}
	beneath := 0 // the level of the tag while what stands beneath it is passed over
	for _, t := range all {
		if beneath > 0 && t.Level <= beneath {
			beneath = 0
		}
		switch {
		case t.ID == p.T.ID:
			beneath = t.Level
		case beneath == 0 && t.Level < desk.TagLevels:
			p.Parents = append(p.Parents, view.Option{Value: t.ID.String(), Text: t.Path})
		}
		if t.ID == p.T.ParentID {
			p.Parent = t
		}
	}
	return p, nil
}

func (w *Web) tag(c echo.Context) error {
	p, err := w.tagOf(c)
	if err != nil {
		return err
	}
	return w.show(c, "admin/tags/form", p)
}

func (w *Web) saveTag(c echo.Context) error {
	p, err := w.tagOf(c)
	if err != nil {
		return err
	}
	p.T.Name = text(c, "name")
	if form, err := c.FormParams(); err == nil && form.Has("parent_id") {
		p.T.ParentID = desk.TagID(number(form.Get("parent_id"), -1))
	}
	if _, err := w.Desk.SaveTag(c.Request().Context(), actor(c), *p.T); err != nil {
		return w.again(c, err, "admin/tags/form", p)
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/admin/tags")
}

// exportTags is a table with a row for each tag: the names from the top, a column for each level.
func (w *Web) exportTags(c echo.Context) error {
	all, err := w.Desk.Tags(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	head, path := make([]string, desk.TagLevels), make([]string, desk.TagLevels)
	for i := range head {
		head[i] = "level " + strconv.Itoa(i+1)
	}
	out := w.spreadsheet(c, "tags")
	out.Write(head...)
	for _, t := range all {
		path[t.Level-1] = t.Name
		out.Write(path[:t.Level]...)
	}
	return out.Close()
}

func (w *Web) importTags(c echo.Context) error {
	rows, err := readTable(c, "file")
	if len(rows) > 0 && len(rows[0]) > 0 && strings.EqualFold(rows[0][0], "level 1") {
		rows[0] = nil // the head, which exportTags wrote
	}
	if err == nil {
		_, err = w.Desk.ImportTags(c.Request().Context(), actor(c), rows)
	}
	if err != nil {
		p := &tagsPage{}
		p.Nav = "admin"
		var e error
		if p.Tags, e = w.Desk.Tags(c.Request().Context(), actor(c)); e != nil {
			return e
		}
		return w.again(c, err, "admin/tags/index", p)
	}
	w.notice(c, "notice.imported")
	return c.Redirect(http.StatusSeeOther, "/admin/tags")
}

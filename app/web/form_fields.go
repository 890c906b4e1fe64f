package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// asked is one form field with what it holds and what is wrong with it.
type asked struct {
	F     *desk.FormField
	Value string
	Fault string
	File  *desk.File // that it holds; nil: none, or another kind
	Words string     // under which a stranger sends it along, in place of its id; his browser has no page of it
}

// fileFields stores the files that came with a form, and says which field each is for.
func (w *Web) fileFields(c echo.Context, by desk.Actor, values desk.Filled) (desk.Filled, error) {
	form, err := c.MultipartForm()
	if errors.Is(err, http.ErrNotMultipart) {
		return values, nil
	}
	if err != nil {
		return nil, err
	}
	fields, err := w.Desk.FormFields(c.Request().Context(), desk.System)
	if err != nil {
		return nil, err
	}
	for _, f := range fields {
		sent := form.File[f.Input()]
		if f.Kind != "file" || len(sent) == 0 || sent[0].Size == 0 && sent[0].Filename == "" {
			continue
		}
		file, err := w.takeOne(c, by, sent[0])
		if err != nil {
			return nil, asFault(f.Input(), err)
		}
		if values == nil {
			values = desk.Filled{}
		}
		values[f.ID] = file.ID
		c.Request().Form.Set(f.Input(), file.ID) // drawn again it still has its file
	}
	return values, nil
}

// filesOf are the files that fields hold. What is gone, or not to be seen, is none.
func (w *Web) filesOf(c echo.Context, by desk.Actor, fields []*desk.FormField, values desk.Filled) (map[desk.FormFieldID]*desk.File, error) {
	files := map[desk.FormFieldID]*desk.File{}
	for _, f := range fields {
		if f.Kind != "file" || values[f.ID] == "" {
			continue
		}
		file, err := w.Desk.File(c.Request().Context(), by, values[f.ID])
		if desk.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		files[f.ID] = file
	}
	return files, nil
}

// Chosen says whether an option of a choice is taken.
func (a asked) Chosen(option string) bool {
	return slices.Contains(strings.Split(a.Value, "\n"), option)
}

// filled reads the form fields that a form names.
func filled(form url.Values) desk.Filled {
	values := desk.Filled{}
	for name, v := range form {
		digits, ok := strings.CutPrefix(name, "field_")
		if !ok {
			continue
		}
		if id, err := desk.ParseID[desk.FormFieldID](digits); err == nil {
			values[id] = strings.TrimSpace(strings.Join(v, "\n"))
		}
	}
	if len(values) == 0 {
		return nil
	}
	return values
}

type fieldsPage struct {
	Page
	Fields []*desk.FormField
}

type fieldPage struct {
	Page
	F *desk.FormField
}

func (p *fieldPage) Kinds() []string { return desk.FormFieldKinds }

// Lists says whether a field of a kind has a list: of choices, or of a file's endings.
func (p *fieldPage) Lists(kind string) bool {
	return slices.Contains([]string{"choice", "choices", "tree", "file"}, kind)
}
func (p *fieldPage) Lines() string { return strings.Join(p.F.Options, "\n") }

func (w *Web) formFields(c echo.Context) error {
	p := &fieldsPage{}
	p.Nav = "admin"
	var err error
	if p.Fields, err = w.Desk.FormFields(c.Request().Context(), actor(c)); err != nil {
		return err
	}
	return w.show(c, "admin/fields/index", p)
}

// fieldOf is the field of the path; "new" is one to be made.
func (w *Web) fieldOf(c echo.Context) (*fieldPage, error) {
	all, err := w.Desk.FormFields(c.Request().Context(), actor(c))
	if err != nil {
		return nil, err
	}
	p := &fieldPage{F: &desk.FormField{Kind: "text", Visible: true, Position: len(all) + 1}}
	p.Nav = "admin"
	if c.Param("id") == "new" {
		return p, nil
	}
	for _, f := range all {
		if f.ID.String() == c.Param("id") {
			p.F = f
			return p, nil
		}
	}
	return nil, desk.NotFound
}

func (w *Web) formField(c echo.Context) error {
	p, err := w.fieldOf(c)
	if err != nil {
		return err
	}
	return w.show(c, "admin/fields/form", p)
}

func (w *Web) saveFormField(c echo.Context) error {
	p, err := w.fieldOf(c)
	if err != nil {
		return err
	}
	f := p.F
	f.Name, f.Options = text(c, "name"), strings.Split(strings.ReplaceAll(c.FormValue("options"), "\r", ""), "\n")
	f.Required, f.Visible, f.Position = c.FormValue("required") == "true", c.FormValue("visible") == "true", int(number(c.FormValue("position"), int64(f.Position)))
	f.Public, f.Most = c.FormValue("public") == "true", int(number(c.FormValue("most"), 0))
	if f.ID == 0 {
		f.Kind = c.FormValue("kind")
	}
	if _, err := w.Desk.SaveFormField(c.Request().Context(), actor(c), *f); err != nil {
		return w.again(c, err, "admin/fields/form", p)
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/admin/fields")
}

package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"deskbell/app/view"
)

// Describe serves the description of all doors that share the rest.API, and the
// page that shows it, once every one of them has registered its calls.
func (d *Door) Describe(e *echo.Echo) {
	d.api.Finish()
	written := sync.OnceValues(func() ([]byte, error) { return json.Marshal(d.api.OpenAPI()) })
	e.GET("/api/openapi.json", func(c echo.Context) error {
		text, err := written()
		if err != nil {
			return err
		}
		h := c.Response().Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Cache-Control", "public, max-age=300")
		return c.Blob(http.StatusOK, "application/openapi+json", text)
	})
	if d.Views == nil {
		return
	}
	page := manualOf(d.api.OpenAPI())
	e.GET("/api/docs", func(c echo.Context) error {
		lang := view.Negotiate(c.QueryParam("lang"), c.Request().Header.Get("Accept-Language"))
		var b bytes.Buffer
		if err := d.Views.Page(&b, view.Reader{Lang: lang}, "api/docs", page); err != nil {
			return err
		}
		view.Guard(c.Response().Header(), view.Console)
		return c.HTMLBlob(http.StatusOK, b.Bytes())
	})
}

// manual is what views/api/docs.html shows.
type manual struct {
	Version string
	Groups  []group
	Forms   []form
}

type group struct {
	Name  string
	Calls []call
}

type call struct {
	ID, Method, Path, Summary string
	Token                     bool
	Params                    []field
	Body, Answer              string // names of forms; empty: none
	Status                    string
}

type form struct {
	Name   string
	Fields []field
}

type field struct {
	Name, In, Type, Form, Doc string
	Required                  bool
}

func manualOf(doc *huma.OpenAPI) *manual {
	m := &manual{Version: doc.Info.Version}
	groups := map[string]*group{}
	for path, item := range doc.Paths {
		for method, op := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PATCH": item.Patch, "DELETE": item.Delete} {
			if op == nil {
				continue
			}
			g := groups[op.Tags[0]]
			if g == nil {
				g = &group{Name: op.Tags[0]}
				groups[g.Name] = g
			}
			g.Calls = append(g.Calls, callOf(method, path, op))
		}
	}
	for _, g := range groups {
		slices.SortFunc(g.Calls, func(a, b call) int {
			if a.Path != b.Path {
				return strings.Compare(a.Path, b.Path)
			}
			return strings.Compare(a.Method, b.Method)
		})
		m.Groups = append(m.Groups, *g)
	}
	slices.SortFunc(m.Groups, func(a, b group) int { return strings.Compare(a.Name, b.Name) })
	for name, schema := range doc.Components.Schemas.Map() {
		m.Forms = append(m.Forms, form{name, fieldsOf(schema)})
	}
	slices.SortFunc(m.Forms, func(a, b form) int { return strings.Compare(a.Name, b.Name) })
	return m
}

func callOf(method, path string, op *huma.Operation) call {
	c := call{ID: op.OperationID, Method: method, Path: path, Summary: op.Summary, Token: len(op.Security) > 0}
	for _, p := range op.Parameters {
		kind, name := typeOf(p.Schema)
		c.Params = append(c.Params, field{Name: p.Name, In: p.In, Type: kind, Form: name, Doc: docOf(p.Description, p.Schema), Required: p.Required})
	}
	if op.RequestBody != nil {
		for _, media := range op.RequestBody.Content {
			_, c.Body = typeOf(media.Schema)
		}
	}
	for status, response := range op.Responses {
		if status == "default" {
			continue
		}
		c.Status = status
		for _, media := range response.Content {
			_, c.Answer = typeOf(media.Schema)
		}
	}
	return c
}

func fieldsOf(s *huma.Schema) []field {
	var list []field
	for name, p := range s.Properties {
		kind, of := typeOf(p)
		list = append(list, field{Name: name, Type: kind, Form: of, Doc: docOf(p.Description, p), Required: slices.Contains(s.Required, name)})
	}
	slices.SortFunc(list, func(a, b field) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// typeOf answers a schema's type in a word, and the form that it is or is made of.
func typeOf(s *huma.Schema) (kind, name string) {
	switch {
	case s == nil:
		return "", ""
	case s.Ref != "":
		return "object", s.Ref[strings.LastIndex(s.Ref, "/")+1:]
	case len(s.AnyOf) > 0:
		kind, name = typeOf(s.AnyOf[0])
		return kind + " | null", name
	case s.Items != nil:
		inner, name := typeOf(s.Items)
		return inner + "[]", name
	case s.Nullable:
		return s.Type + " | null", ""
	case s.Type == huma.TypeString && s.Format != "":
		return s.Type + " (" + s.Format + ")", ""
	}
	return s.Type, ""
}

func docOf(doc string, s *huma.Schema) string {
	if doc == "" && s != nil {
		doc = s.Description
	}
	if s != nil && len(s.Enum) > 0 {
		var choices []string
		for _, e := range s.Enum {
			if text, ok := e.(string); ok && text != "" {
				choices = append(choices, text)
			}
		}
		doc = strings.Join(choices, ", ") + ". " + doc
	}
	return strings.TrimSuffix(strings.TrimSpace(doc), ".")
}

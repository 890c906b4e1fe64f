// Package view turns templates and catalogs into pages, mails and push texts.
//
// It promises that a page is written whole or not at all (it is rendered to a
// buffer first), that every text a person reads comes from a catalog in that
// person's language, and that dates are in that person's time zone.
//
// Layout of views/: a page "tickets/show.html" defines "title" and "main" and
// ends by calling its layout, {{template "layout/desk" .}}; a partial
// "tickets/_row.html" is a template of the name "tickets/_row", open to every
// page. Catalogs are views/locales/<lang>.json: flat keys, {0} {1} for values.
//
// view.go compiles and renders, catalog.go translates, dates.go and funcs.go
// are what templates may call, form.go draws fields, assets.go and serve.go are
// the built files and their delivery, headers.go what browsers are told to forbid.
package view

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Reader is the person a page is drawn for.
type Reader struct {
	Lang string         // "en" or "zh-CN"; anything else reads English
	Zone *time.Location // nil reads UTC
}

// Views holds the compiled templates of every language.
type Views struct {
	// Now is the clock that relative dates are measured against.
	Now func() time.Time

	files    map[string]string // template name -> source
	catalogs map[string]Catalog
	assets   *Assets

	mu   sync.Mutex
	sets map[string]*set
	age  []string // keys of sets, least recently built first
}

// maxSets bounds the compiled sets: one for each language and time zone in use.
const maxSets = 16

// set is the templates of one language and one time zone, each compiled when it is first wanted: a desk needs few of them
// in most languages, and all of all would be tens of megabytes.
type set struct {
	files map[string]string
	funcs template.FuncMap

	mu       sync.Mutex
	compiled map[string]*template.Template
}

// New reads views (the views/ folder). Each template is compiled when it is first wanted.
func New(views fs.FS, assets *Assets) (*Views, error) {
	catalogs, err := readCatalogs(views)
	if err != nil {
		return nil, err
	}
	v := &Views{Now: time.Now, files: map[string]string{}, catalogs: catalogs, assets: assets, sets: map[string]*set{}}
	err = fs.WalkDir(views, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".html" {
			return err
		}
		b, err := fs.ReadFile(views, name)
		v.files[strings.TrimSuffix(name, ".html")] = string(b)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read views: %w", err)
	}
	for _, lang := range Languages {
		v.set(Reader{Lang: lang})
	}
	return v, nil
}

// Check compiles every template and keeps none. The pages are part of the program, so it is for tests: at each start it would cost as
// much as all the rest of it.
func (v *Views) Check() error {
	s := &set{files: v.files, funcs: v.funcs(Reader{Lang: Languages[0], Zone: time.UTC}), compiled: map[string]*template.Template{}}
	for name := range v.files {
		if _, err := s.template(name); err != nil {
			return err
		}
	}
	return nil
}

// Page writes a whole page with its layout.
func (v *Views) Page(w io.Writer, r Reader, name string, data any) error {
	return v.page(w, r, name, "", data)
}

// Main writes a page's title and main part without its layout, for a request
// that swaps the part into a page already there.
func (v *Views) Main(w io.Writer, r Reader, name string, data any) error {
	return v.page(w, r, name, "layout/fragment", data)
}

// Partial writes one partial, named by its path: "conversations/_message".
func (v *Views) Partial(w io.Writer, r Reader, name string, data any) error {
	t, err := v.set(r).template(name)
	if err != nil {
		return err
	}
	return write(w, t, name, data)
}

func (v *Views) page(w io.Writer, r Reader, name, entry string, data any) error {
	t, err := v.set(r).template(name)
	if err != nil {
		return err
	}
	if entry == "" {
		entry = name
	}
	return write(w, t, entry, data)
}

func write(w io.Writer, t *template.Template, name string, data any) error {
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, name, data); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	_, err := b.WriteTo(w)
	return err
}

// set answers the templates of one language and time zone: the functions that
// translate and tell the time are bound to them.
func (v *Views) set(r Reader) *set {
	if _, ok := v.catalogs[r.Lang]; !ok {
		r.Lang = Languages[0]
	}
	if r.Zone == nil {
		r.Zone = time.UTC
	}
	key := r.Lang + " " + r.Zone.String()
	v.mu.Lock()
	defer v.mu.Unlock()
	if s := v.sets[key]; s != nil {
		return s
	}
	s := &set{files: v.files, funcs: v.funcs(r), compiled: map[string]*template.Template{}}
	if len(v.age) >= maxSets {
		// The first len(Languages) are the defaults made by New: they stay.
		delete(v.sets, v.age[len(Languages)])
		v.age = slices.Delete(v.age, len(Languages), len(Languages)+1)
	}
	v.sets[key] = s
	v.age = append(v.age, key)
	return s
}

// called finds the templates that a template calls.
var called = regexp.MustCompile(`\{\{-?\s*(?:template|block)\s+"([^"]+)"`)

// template answers a page or a partial, compiled with the layout and the partials that it calls and no others.
func (s *set) template(name string) (*template.Template, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.compiled[name]; t != nil {
		return t, nil
	}
	if _, is := s.files[name]; !is {
		return nil, fmt.Errorf("render %s: no such view", name)
	}
	t := template.New("").Funcs(s.funcs).Option("missingkey=error")
	queue := []string{name}
	if isPage(name) {
		queue = append(queue, "layout/fragment")
	}
	for seen := map[string]bool{}; len(queue) > 0; queue = queue[1:] {
		part := queue[0]
		src, is := s.files[part]
		if seen[part] || !is {
			continue
		}
		seen[part] = true
		if _, err := t.New(part).Parse(src); err != nil {
			return nil, fmt.Errorf("view %s: %w", part, err)
		}
		for _, m := range called.FindAllStringSubmatch(src, -1) {
			queue = append(queue, m[1])
		}
	}
	s.compiled[name] = t
	return t, nil
}

// isPage tells pages from partials and layouts.
func isPage(name string) bool {
	dir, file := path.Split(name)
	return !strings.HasPrefix(file, "_") && dir != "layout/"
}

package apptest

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"

	"deskbell/app/desk"
)

// Browser is one browser that speaks to the shop in process: it keeps cookies, and sends forms with their token as a page
// of the desk does.
type Browser struct {
	s       *Shop
	Agent   *desk.Agent // who is logged in; nil: nobody
	cookies map[string]*http.Cookie
	token   string

	// Change may alter each request before it goes out, to play an attacker or a proxy.
	Change func(*http.Request)
}

// Browser opens one in which nobody is logged in.
func (s *Shop) Browser() *Browser { return &Browser{s: s, cookies: map[string]*http.Cookie{}} }

func (s *Shop) logIn(a *desk.Agent) *Browser {
	s.T.Helper()
	b := s.Browser()
	b.Get("/login")
	b.Post("/login", "email", a.Email, "password", Password).Status(http.StatusSeeOther)
	b.Agent, b.token = a, ""
	return b
}

// Actor is the logged-in agent as one who acts.
func (b *Browser) Actor() desk.Actor { return b.Agent.Actor() }

// Get loads a page.
func (b *Browser) Get(path string) *Page { return b.do(httptest.NewRequest(http.MethodGet, path, nil)) }

// Part asks for a part of a page as htmx does; target is the id of the element it replaces.
func (b *Browser) Part(path, target string) *Page {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("HX-Request", "true")
	r.Header.Set("HX-Target", target)
	return b.do(r)
}

// Post sends a form of names and values, with the token of the page.
func (b *Browser) Post(path string, pairs ...string) *Page { return b.do(b.form(path, pairs)) }

// PostPart sends a form as htmx does.
func (b *Browser) PostPart(path string, pairs ...string) *Page {
	r := b.form(path, pairs)
	r.Header.Set("HX-Request", "true")
	return b.do(r)
}

// Upload sends a file as the composer does.
func (b *Browser) Upload(name string, content []byte) *Page {
	return b.UploadTo("/files", name, content)
}

// UploadTo sends a file, in the field "file", and other fields to a page's form.
func (b *Browser) UploadTo(path, name string, content []byte, pairs ...string) *Page {
	return b.UploadAs(path, "file", name, content, pairs...)
}

// UploadAs does so with the file in a field of another name.
func (b *Browser) UploadAs(path, field, name string, content []byte, pairs ...string) *Page {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i+1 < len(pairs); i += 2 {
		b.s.Must(form.WriteField(pairs[i], pairs[i+1]))
	}
	part, err := form.CreateFormFile(field, name)
	b.s.Must(err)
	_, err = part.Write(content)
	b.s.Must(err)
	b.s.Must(form.Close())
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("X-CSRF-Token", b.csrf())
	r.Header.Set("Accept", "application/json")
	return b.do(r)
}

// JSON sends v as a program does.
func (b *Browser) JSON(path string, v any) *Page {
	body, err := json.Marshal(v)
	b.s.Must(err)
	r := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return b.do(r)
}

func (b *Browser) form(path string, pairs []string) *http.Request {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-CSRF-Token", b.csrf())
	r.Header.Set("Origin", "http://desk.test")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

var tokenField = regexp.MustCompile(`(?:data-csrf|name="csrf" value)="([^"]+)"`)

// csrf is the token that the last page carried; a browser that has none yet loads one.
func (b *Browser) csrf() string {
	if b.token == "" && b.Agent != nil {
		b.Get("/profile")
	}
	return b.token
}

func (b *Browser) do(r *http.Request) *Page {
	b.s.T.Helper()
	r.Host = "desk.test"
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	if b.Change != nil {
		b.Change(r)
	}
	w := httptest.NewRecorder()
	b.s.Handler().ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c
		}
	}
	if m := tokenField.FindStringSubmatch(w.Body.String()); m != nil {
		b.token = m[1]
	}
	return &Page{t: b.s.T, Request: r, Code: w.Code, Header: w.Header(), Body: w.Body.String()}
}

// Cookie is one of the browser's cookies, "" without.
func (b *Browser) Cookie(name string) string {
	if c := b.cookies[name]; c != nil {
		return c.Value
	}
	return ""
}

// Keep makes the browser hold another's cookies too: a stolen session.
func (b *Browser) Keep(other *Browser) {
	for name, c := range other.cookies {
		b.cookies[name] = c
	}
}

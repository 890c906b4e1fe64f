package apptest

import (
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Page is an answer, with what a test asks of it. Each question fails the test with a sentence and answers the page.
type Page struct {
	t       testing.TB
	Request *http.Request
	Code    int
	Header  http.Header
	Body    string

	root *html.Node
}

// Status wants this status.
func (p *Page) Status(want int) *Page {
	p.t.Helper()
	if p.Code != want {
		p.t.Errorf("%s %s: status %d, want %d\n%.300s", p.Request.Method, p.Request.URL, p.Code, want, p.Body)
	}
	return p
}

// Has wants an element that matches the selector and whose text contains text.
func (p *Page) Has(selector, text string) *Page {
	p.t.Helper()
	found := p.All(selector)
	for _, s := range found {
		if strings.Contains(s, text) {
			return p
		}
	}
	p.t.Errorf("%s %s (%d): no %s says %q; there are %q", p.Request.Method, p.Request.URL, p.Code, selector, text, found)
	return p
}

// HasNot wants no element that matches the selector and whose text contains text.
func (p *Page) HasNot(selector, text string) *Page {
	p.t.Helper()
	for _, s := range p.All(selector) {
		if strings.Contains(s, text) {
			p.t.Errorf("%s %s: %s says %q", p.Request.Method, p.Request.URL, selector, s)
		}
	}
	return p
}

// LeadsTo wants a redirect to path.
func (p *Page) LeadsTo(path string) *Page {
	p.t.Helper()
	if got := p.Header.Get("Location"); p.Code != http.StatusSeeOther || got != path {
		p.t.Errorf("%s %s: %d to %q, want 303 to %q\n%.300s", p.Request.Method, p.Request.URL, p.Code, got, path, p.Body)
	}
	return p
}

// All is the text of each element that matches, blanks run together.
func (p *Page) All(selector string) (texts []string) {
	for _, n := range p.find(selector) {
		texts = append(texts, strings.Join(strings.Fields(textOf(n)), " "))
	}
	return texts
}

// Attr is an attribute of the first element that matches, "" without.
func (p *Page) Attr(selector, name string) string {
	for _, n := range p.find(selector) {
		for _, a := range n.Attr {
			if a.Key == name {
				return a.Val
			}
		}
	}
	return ""
}

// Tokenless is the body without the forms' token, which is written otherwise each time.
func (p *Page) Tokenless() string { return tokenField.ReplaceAllString(p.Body, "") }

func (p *Page) find(selector string) []*html.Node {
	p.t.Helper()
	if p.root == nil {
		root, err := html.Parse(strings.NewReader(p.Body))
		if err != nil {
			p.t.Fatal(err)
		}
		p.root = root
	}
	return parseSelector(selector).in(p.root)
}

func textOf(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(textOf(c))
	}
	return b.String()
}

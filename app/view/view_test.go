package view

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// tea is a small site of two pages in two languages.
var tea = fstest.MapFS{
	"layout/desk.html":     {Data: []byte(`<html lang="{{lang}}"><title>{{template "title" .}}</title><main>{{template "main" .}}</main></html>`)},
	"layout/fragment.html": {Data: []byte(`<title>{{template "title" .}}</title>{{template "main" .}}`)},
	"tea/show.html":        {Data: []byte(`{{define "title"}}{{t "tea.title"}}{{end}}{{define "main"}}{{template "tea/_leaf" .}}{{end}}{{template "layout/desk" .}}`)},
	"tea/list.html":        {Data: []byte(`{{define "title"}}List{{end}}{{define "main"}}{{n "tea.left" 1}}, {{n "tea.left" 2}}{{end}}{{template "layout/desk" .}}`)},
	"tea/_leaf.html":       {Data: []byte(`<p title="{{.Name}}">{{t "tea.from" .Name}} {{rel .At}}</p>`)},
	"locales/en.json":      {Data: []byte(`{"tea.title":"Tea","tea.from":"from {0}","tea.left.one":"{0} box","tea.left.other":"{0} boxes","date.now":"now","date.layout.exact":"2006-01-02 15:04","date.minutes_ago":"{0} min ago"}`)},
	"locales/zh-CN.json":   {Data: []byte(`{"tea.title":"茶","tea.from":"来自 {0}","tea.left.other":"{0} 盒","date.now":"刚刚","date.layout.exact":"2006年1月2日 15:04","date.minutes_ago":"{0} 分钟前"}`)},
}

type leaf struct {
	Name string
	At   time.Time
}

func newTea(t *testing.T) *Views {
	t.Helper()
	assets, err := NewAssets(fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	v, err := New(tea, assets)
	if err != nil {
		t.Fatal(err)
	}
	v.Now = func() time.Time { return time.Date(2026, 4, 12, 12, 0, 0, 0, time.UTC) }
	return v
}

func TestPageHasLayoutAndMainHasNot(t *testing.T) {
	v := newTea(t)
	data := leaf{"西湖", v.Now().Add(-3 * time.Minute)}
	shanghai := time.FixedZone("Asia/Shanghai", 8*3600)

	var page, main bytes.Buffer
	if err := v.Page(&page, Reader{"zh-CN", shanghai}, "tea/show", data); err != nil {
		t.Fatal(err)
	}
	const want = `<html lang="zh-CN"><title>茶</title><main><p title="西湖">来自 西湖 <time datetime="2026-04-12T11:57:00Z" title="2026年4月12日 19:57" data-rel>3 分钟前</time></p></main></html>`
	if page.String() != want {
		t.Errorf("page is\n%s\nwant\n%s", &page, want)
	}
	if err := v.Main(&main, Reader{}, "tea/show", data); err != nil {
		t.Fatal(err)
	}
	if got := main.String(); strings.Contains(got, "<html") || !strings.HasPrefix(got, "<title>Tea</title><p ") {
		t.Errorf("main is %s", got)
	}
}

func TestNothingIsWrittenWhenATemplateFails(t *testing.T) {
	v := newTea(t)
	var b bytes.Buffer
	if err := v.Page(&b, Reader{}, "tea/show", struct{ Name string }{"x"}); err == nil {
		t.Error("a page without the field At was drawn")
	}
	if err := v.Page(&b, Reader{}, "tea/none", nil); err == nil {
		t.Error("a page that does not exist was drawn")
	}
	if b.Len() > 0 {
		t.Errorf("wrote %q", b.String())
	}
}

func TestTemplatesEscape(t *testing.T) {
	v := newTea(t)
	var b bytes.Buffer
	if err := v.Partial(&b, Reader{}, "tea/_leaf", leaf{`"><script>alert(1)</script>{0}`, v.Now()}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "<script") || strings.Contains(b.String(), `""`) {
		t.Errorf("unescaped: %s", &b)
	}
}

func TestCountsAndPlaceholders(t *testing.T) {
	v := newTea(t)
	for _, c := range []struct{ got, want string }{
		{v.N("en", "tea.left", 1), "1 box"},
		{v.N("en", "tea.left", 0), "0 boxes"},
		{v.N("zh-CN", "tea.left", 1), "1 盒"},
		{v.T("fr", "tea.from", "{0}{1}"), "from {0}{1}"},
		{v.T("en", "tea.nowhere"), "tea.nowhere"},
		{fill("{1} and {0} {9} {", []any{"a", "b"}), "b and a {9} {"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestNegotiate(t *testing.T) {
	for _, c := range []struct{ chosen, accept, want string }{
		{"zh-CN", "en", "zh-CN"},
		{"", "zh-Hans-CN,zh;q=0.9,en;q=0.8", "zh-CN"},
		{"", "zh", "zh-CN"},
		{"", "de-DE,de;q=0.9", "en"},
		{"", "en-GB,zh-CN;q=0.8", "en"},
		{"klingon", "", "en"},
		{"", ";;;,,,q=zz", "en"},
	} {
		if got := Negotiate(c.chosen, c.accept); got != c.want {
			t.Errorf("Negotiate(%q, %q) = %q, want %q", c.chosen, c.accept, got, c.want)
		}
	}
}

func TestTheCompiledSetsAreBounded(t *testing.T) {
	v := newTea(t)
	for i := range 3 * maxSets {
		zone := time.FixedZone(fmt.Sprintf("zone %d", i), i*60)
		if err := v.Page(&bytes.Buffer{}, Reader{"en", zone}, "tea/list", nil); err != nil {
			t.Fatal(err)
		}
	}
	if len(v.sets) > maxSets || v.sets["en UTC"] == nil || v.sets["zh-CN UTC"] == nil {
		t.Errorf("%d sets kept, want at most %d with both defaults", len(v.sets), maxSets)
	}
}

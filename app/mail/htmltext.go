package mail

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// TextFromHTML returns the words of HTML as plain text: blocks on lines of their own, links with their address
// behind them when it says more than the words, quotations marked with "> ". Scripts, styles and what is hidden
// are left out. It works on tokens, so that nesting does not matter.
func TextFromHTML(s string) string {
	t := &textMaker{}
	z := html.NewTokenizer(strings.NewReader(s))
	z.SetMaxBuf(maxToken)
	for {
		switch z.Next() {
		case html.ErrorToken:
			return t.finish()
		case html.TextToken:
			if t.skip == 0 {
				t.words(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			t.start(z.Token())
		case html.EndTagToken:
			name, _ := z.TagName()
			t.end(atom.Lookup(name))
		}
	}
}

// maxToken bounds one tag or one run of text.
const maxToken = 32 << 20

type textMaker struct {
	out   strings.Builder
	line  strings.Builder
	blank int       // line breaks at the end of out
	depth int       // of blockquotes
	skip  int       // inside of what is not shown
	what  atom.Atom // the element being skipped
	pre   int
	href  string // address of the open link; HTML knows no links within links
	from  int    // where in line it began
}

func (t *textMaker) words(s string) {
	if t.pre > 0 {
		for i, l := range strings.Split(s, "\n") {
			if i > 0 {
				t.newline()
			}
			t.line.WriteString(strings.ReplaceAll(l, "\u00a0", " "))
		}
		return
	}
	for i, f := range strings.FieldsFunc(s, htmlSpace) {
		if (i > 0 || htmlSpace(rune(s[0]))) && t.line.Len() > 0 && !strings.HasSuffix(t.line.String(), " ") {
			t.line.WriteByte(' ')
		}
		t.line.WriteString(f)
	}
	if s != "" && htmlSpace(rune(s[len(s)-1])) && t.line.Len() > 0 && !strings.HasSuffix(t.line.String(), " ") {
		t.line.WriteByte(' ')
	}
}

// htmlSpace is white space that HTML joins; a no-break space is not.
func htmlSpace(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == '\f' }

func (t *textMaker) start(tok html.Token) {
	if t.skip > 0 {
		if tok.DataAtom == t.what && tok.Type == html.StartTagToken && !voidElement(tok.DataAtom) {
			t.skip++
		}
		return
	}
	switch tok.DataAtom {
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Template, atom.Noscript, atom.Svg, atom.Math, atom.Object, atom.Select:
		if tok.Type == html.StartTagToken {
			t.skip, t.what = 1, tok.DataAtom
		}
		return
	case atom.Br:
		t.newline()
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Table, atom.Ul, atom.Ol:
		t.block(2)
	case atom.Pre:
		t.block(2)
		t.pre++
	case atom.Blockquote:
		t.block(1)
		t.depth = min(t.depth+1, 20)
	case atom.Li:
		t.block(1)
		t.line.WriteString("- ")
	case atom.Td, atom.Th:
		if t.line.Len() > 0 {
			t.line.WriteString(" ")
		}
	case atom.Hr:
		t.block(1)
		t.line.WriteString("--------")
		t.block(1)
	case atom.Img:
		if alt := oneLine(attr(tok, "alt")); alt != "" && len(alt) < 200 {
			t.words("[" + alt + "]")
		}
	case atom.A:
		t.link()
		t.href, t.from = strings.TrimSpace(attr(tok, "href")), t.line.Len()
	default:
		if isBlock(tok.DataAtom) {
			t.block(1)
		}
	}
	if hidden(tok) && tok.Type == html.StartTagToken && !voidElement(tok.DataAtom) && tok.DataAtom != 0 {
		t.skip, t.what = 1, tok.DataAtom
	}
}

func (t *textMaker) end(a atom.Atom) {
	if t.skip > 0 {
		if a == t.what {
			t.skip--
		}
		if a != atom.Body && a != atom.Html || t.what == atom.Head {
			return
		}
	}
	switch a {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Table, atom.Ul, atom.Ol:
		t.block(2)
	case atom.Pre:
		t.block(2)
		t.pre = max(t.pre-1, 0)
	case atom.Blockquote:
		t.block(1)
		t.depth = max(t.depth-1, 0)
	case atom.A:
		t.link()
	default:
		if isBlock(a) {
			t.block(1)
		}
	}
}

// link writes the address of a link behind its words, unless the words are the address.
func (t *textMaker) link() {
	href, low := t.href, strings.ToLower(t.href)
	t.href = ""
	if !strings.HasPrefix(low, "http://") && !strings.HasPrefix(low, "https://") || len(href) > 2000 {
		return
	}
	line := t.line.String()
	shown := strings.ToLower(strings.TrimSpace(line[min(t.from, len(line)):]))
	if shown == "" || strings.Contains(shown, ".") && strings.Contains(low, strings.TrimSuffix(shown, "/")) {
		return
	}
	t.line.WriteString(" <" + oneLine(href) + ">")
}

// newline ends the line. No more than one empty line stands between two lines.
func (t *textMaker) newline() {
	text := strings.TrimRight(strings.ReplaceAll(t.line.String(), "\u00a0", " "), " ")
	t.line.Reset()
	t.from = 0
	if t.depth > 0 && (text != "" || t.blank < 2) {
		text = strings.TrimRight(strings.Repeat("> ", t.depth)+text, " ")
	}
	if text != "" {
		t.out.WriteString(text)
		t.blank = 0
	}
	if t.out.Len() > 0 && t.blank < 2 {
		t.out.WriteByte('\n')
		t.blank++
	}
}

// block begins a new block: the line ends if it has words, and n is 2 where an empty line belongs between.
func (t *textMaker) block(n int) {
	if strings.TrimSpace(t.line.String()) != "" {
		t.newline()
	} else {
		t.line.Reset()
	}
	for t.depth == 0 && t.out.Len() > 0 && t.blank < n {
		t.out.WriteByte('\n')
		t.blank++
	}
}

func (t *textMaker) finish() string {
	if t.line.Len() > 0 {
		t.newline()
	}
	return strings.Trim(t.out.String(), "\n")
}

func attr(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// hidden tells whether an element is not shown: preheaders and trackers.
func hidden(t html.Token) bool {
	for _, a := range t.Attr {
		if a.Key == "hidden" {
			return true
		}
		if a.Key == "style" {
			s := strings.ToLower(strings.ReplaceAll(a.Val, " ", ""))
			if strings.Contains(s, "display:none") || strings.Contains(s, "visibility:hidden") || strings.Contains(s, "mso-hide:all") {
				return true
			}
		}
	}
	return false
}

func isBlock(a atom.Atom) bool {
	switch a {
	case atom.Div, atom.Tr, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Center, atom.Address, atom.Dl, atom.Dt, atom.Dd,
		atom.Form, atom.Fieldset, atom.Figure, atom.Main, atom.Nav, atom.Aside, atom.Body, atom.Html, atom.Caption, atom.Li:
		return true
	}
	return false
}

func voidElement(a atom.Atom) bool {
	switch a {
	case atom.Area, atom.Base, atom.Br, atom.Col, atom.Embed, atom.Hr, atom.Img, atom.Input, atom.Link, atom.Meta, atom.Param,
		atom.Source, atom.Track, atom.Wbr, atom.Frame:
		return true
	}
	return false
}

package mail

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// TrimHTML parts HTML as Trim parts text: what somebody wrote, and the history and signature below it. It works
// on the mail as it came, since the marks it goes by do not survive Sanitize; sanitise both results. When
// nothing would be left to see, all is visible.
func TrimHTML(s string) (visible, quoted string) {
	if limitHTML(s) != s {
		return s, ""
	}
	doc, err := html.Parse(strings.NewReader(s))
	if err != nil {
		return s, ""
	}
	body := find(doc, atom.Body)
	if body == nil {
		return s, ""
	}
	f := &folder{}
	f.lines(body)
	at := f.mark(body)
	if at == nil || at == body {
		return s, ""
	}
	if f.alone != nil { // an answer follows below: take only the quotation out
		q := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}
		for _, n := range []*html.Node{at, f.alone} {
			if n.Parent != nil && n.Parent != q && !within(n, q) {
				n.Parent.RemoveChild(n)
				q.AppendChild(n)
			}
		}
		return settled(s, body, q)
	}
	return settled(s, body, split(at, body))
}

// sentOnHTML is the part of the HTML that was sent on, without the head that stands above it; empty where it cannot be found.
func sentOnHTML(s, subject string) string {
	if s == "" || limitHTML(s) != s {
		return ""
	}
	doc, err := html.Parse(strings.NewReader(s))
	if err != nil {
		return ""
	}
	body := find(doc, atom.Body)
	if body == nil {
		return ""
	}
	f := &folder{}
	f.lines(body)
	lines := make([]string, len(f.texts))
	for i, t := range f.texts {
		lines[i] = t.text
	}
	head, _, to := forwardHead(lines, subject)
	if head == nil || to >= len(lines) {
		return ""
	}
	at := f.texts[to].node
	// Pictures and lines that stand directly above the first word belong to it.
	for at.PrevSibling != nil && at.PrevSibling.Type == html.ElementNode && (at.PrevSibling.DataAtom == atom.Img || at.PrevSibling.DataAtom == atom.Br) {
		at = at.PrevSibling
	}
	return inner(split(at, body))
}

func settled(s string, visible, quoted *html.Node) (string, string) {
	if !hasContent(visible) {
		return s, ""
	}
	pruneTail(visible)
	return inner(visible), inner(quoted)
}

// folder looks for the node where history begins.
type folder struct {
	texts []blockText // the lines as read, for marks made of words
	alone *html.Node  // the quotation, when an answer stands below it
}

// blockText is one line of text and the node that it begins in.
type blockText struct {
	text string
	node *html.Node
}

// mark returns the first node of the history, or nil.
func (f *folder) mark(body *html.Node) *html.Node {
	at := f.structural(body)
	lines := make([]string, len(f.texts))
	for i, t := range f.texts {
		lines[i] = t.text
	}
	if i := cutLine(lines); i < len(lines) {
		order := position(body)
		if at == nil || order[f.texts[i].node] < order[at] {
			at = f.texts[i].node
		}
	}
	if at == nil {
		return nil
	}
	quote := quoteAt(at, body)
	if quote == nil || strings.TrimSpace(textAfter(quote, body)) == "" {
		return at
	}
	if later := nextQuote(quote, body); later != nil { // answers between quotations: they stay as they are
		return nil
	}
	f.alone = quote
	return at
}

// quoteAt returns the blockquote that at opens: at itself, within it, or directly behind it.
func quoteAt(at, root *html.Node) *html.Node {
	order := position(root)
	var quote *html.Node
	words := 0
	walkNodes(root, func(n *html.Node) bool {
		switch {
		case quote != nil || words > 400:
			return false
		case order[n] < order[at]:
		case n.DataAtom == atom.Blockquote:
			quote = n
		case n.Type == html.TextNode:
			words += len(strings.TrimSpace(n.Data))
		}
		return true
	})
	return quote
}

// nextQuote returns a blockquote behind q, not within it.
func nextQuote(q, root *html.Node) *html.Node {
	var found *html.Node
	behind := false
	walkNodes(root, func(n *html.Node) bool {
		if n == q {
			behind = true
			return false
		}
		if behind && found == nil && n.DataAtom == atom.Blockquote {
			found = n
		}
		return found == nil
	})
	return found
}

// structural finds the elements that mail programs put around history.
func (f *folder) structural(body *html.Node) *html.Node {
	var found *html.Node
	walkNodes(body, func(n *html.Node) bool {
		if found != nil || n.Type != html.ElementNode || n == body {
			return found == nil
		}
		if isHistory(n) && !isForwardMark(firstLine(n)) {
			found = n
			return false
		}
		return true
	})
	return found
}

// historyClasses and historyIDs are what mail programs call the element around the history. Outlook on the web
// puts x_ in front of the names of others.
var historyClasses = map[string]bool{
	"gmail_quote": true, "gmail_quote_container": true, "gmail_extra": true, "yahoo_quoted": true, "moz-cite-prefix": true,
	"protonmail_quote": true, "tutanota_quote": true, "zmail_extra": true, "zmail_extra_hr": true, "outlookmessageheader": true,
	"qmbox_quote": true, "history-quote-wrapper": true, "lark-mail-quote": true, "deskbell_quote": true, "ntes-mailmaster-quote": true, "front-quote": true,
	"hcl_quote": true, "edo_quote": true, "airmail_on": true, "mailmate-quote": true, "wmquote": true, "foxmail_quote": true,
	"gmail_signature": true, "moz-signature": true,
}

var historyIDs = map[string]bool{
	"appendonsend": true, "divrplyfwdmsg": true, "isreplycontent": true, "replysplit": true, "spnavigatorquote": true, "oriquote": true,
	"mail-editor-reference-message-container": true, "zwchr": true, "yahoo_quoted": true, "origbody": true, "olk_src_body_section": true,
	"reply-intro": true, "ntes-pcmac-signature": true, "ms-outlook-mobile-signature": true, "stopspelling": true, "mailcontentoriginal": true,
}

func isHistory(n *html.Node) bool {
	style := ""
	for _, a := range n.Attr {
		v := strings.ToLower(a.Val)
		switch a.Key {
		case "class":
			for _, c := range strings.Fields(v) {
				if historyClasses[strings.TrimPrefix(c, "x_")] {
					return true
				}
			}
		case "id", "name":
			if historyIDs[strings.TrimPrefix(strings.TrimSpace(v), "x_")] || strings.HasPrefix(v, "yahoo_quoted") {
				return true
			}
		case "type":
			if n.DataAtom == atom.Blockquote && v == "cite" {
				return true
			}
		case "style":
			style = strings.ReplaceAll(v, " ", "")
		}
	}
	// Outlook's line above the head of the older mail.
	return n.DataAtom == atom.Div && strings.Contains(style, "border-top:solid#") && strings.Contains(style, "1.0pt") && headBlock(strings.Split(nodeText(n, 2000), "\n"), 0)
}

// lines collects the text of the page line by line.
func (f *folder) lines(body *html.Node) {
	var b strings.Builder
	var start *html.Node
	end := func() {
		if t := strings.TrimSpace(strings.ReplaceAll(b.String(), "\u00a0", " ")); t != "" {
			f.texts = append(f.texts, blockText{t, start})
		}
		b.Reset()
		start = nil
	}
	var visit func(n *html.Node)
	visit = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			if strings.TrimSpace(n.Data) != "" && start == nil {
				start = n
			}
			b.WriteString(strings.Join(strings.FieldsFunc(n.Data, htmlSpace), " "))
			b.WriteByte(' ')
			return
		case n.DataAtom == atom.Style || n.DataAtom == atom.Script || n.DataAtom == atom.Title:
			return
		}
		breaks := n.Type == html.ElementNode && (isBlock(n.DataAtom) || n.DataAtom == atom.P || n.DataAtom == atom.Br || n.DataAtom == atom.Blockquote || n.DataAtom == atom.Table || n.DataAtom == atom.Hr)
		if breaks {
			end()
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			visit(c)
		}
		if breaks {
			end()
		}
	}
	visit(body)
	end()
}

// split moves at and all behind it into a tree of its own, with the elements around it repeated. The result
// stands for root.
func split(at, root *html.Node) *html.Node {
	var moved *html.Node
	for n := at; n != root; n = n.Parent {
		parent, next := n.Parent, n.NextSibling
		shell := &html.Node{Type: parent.Type, Data: parent.Data, DataAtom: parent.DataAtom, Attr: parent.Attr}
		if moved == nil {
			parent.RemoveChild(at)
			moved = at
			n = &html.Node{Parent: parent}
		}
		shell.AppendChild(moved)
		for next != nil {
			c := next
			next = c.NextSibling
			parent.RemoveChild(c)
			shell.AppendChild(c)
		}
		moved = shell
	}
	return moved
}

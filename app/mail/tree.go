package mail

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// walkNodes visits n and what is below it in document order; visit returns false to leave a branch out. The
// parser bounds the depth at 512.
func walkNodes(n *html.Node, visit func(*html.Node) bool) {
	if !visit(n) {
		return
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		walkNodes(c, visit)
	}
}

func find(n *html.Node, a atom.Atom) *html.Node {
	var found *html.Node
	walkNodes(n, func(c *html.Node) bool {
		if found == nil && c.DataAtom == a {
			found = c
		}
		return found == nil
	})
	return found
}

// position numbers the nodes in document order.
func position(root *html.Node) map[*html.Node]int {
	order := map[*html.Node]int{}
	walkNodes(root, func(n *html.Node) bool {
		order[n] = len(order)
		return true
	})
	return order
}

// nodeText returns the words below n, at most max bytes, blocks on lines of their own.
func nodeText(n *html.Node, max int) string {
	var b strings.Builder
	walkNodes(n, func(c *html.Node) bool {
		if b.Len() > max || c.DataAtom == atom.Style || c.DataAtom == atom.Script || c.DataAtom == atom.Title {
			return false
		}
		if c.Type == html.TextNode {
			b.WriteString(strings.Join(strings.Fields(c.Data), " ") + " ")
		} else if isBlock(c.DataAtom) || c.DataAtom == atom.Br || c.DataAtom == atom.P {
			b.WriteByte('\n')
		}
		return true
	})
	return b.String()
}

func firstLine(n *html.Node) string {
	for _, l := range strings.Split(nodeText(n, 500), "\n") {
		if l = strings.TrimSpace(l); l != "" {
			return l
		}
	}
	return ""
}

// textAfter returns the words behind n within root.
func textAfter(n, root *html.Node) string {
	var b strings.Builder
	for ; n != nil && n != root; n = n.Parent {
		for c := n.NextSibling; c != nil && b.Len() < 2000; c = c.NextSibling {
			b.WriteString(nodeText(c, 2000))
		}
	}
	return b.String()
}

// hasContent tells whether anything is to be seen: words or pictures.
func hasContent(n *html.Node) bool {
	seen := false
	walkNodes(n, func(c *html.Node) bool {
		switch {
		case c.DataAtom == atom.Style || c.DataAtom == atom.Script || c.DataAtom == atom.Title || c.DataAtom == atom.Head:
			return false
		case c.Type == html.TextNode && strings.TrimSpace(strings.ReplaceAll(c.Data, "\u00a0", " ")) != "", c.DataAtom == atom.Img:
			seen = true
		}
		return !seen
	})
	return seen
}

// inner renders what is below n.
func inner(n *html.Node) string {
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		html.Render(&b, c)
	}
	return b.String()
}

// within tells whether n is below root.
func within(n, root *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if n == root {
			return true
		}
	}
	return false
}

// pruneTail takes out what is empty at the end.
func pruneTail(n *html.Node) {
	for n.LastChild != nil && !hasContent(n.LastChild) {
		n.RemoveChild(n.LastChild)
	}
	if n.LastChild != nil && n.LastChild.Type == html.ElementNode {
		pruneTail(n.LastChild)
	}
}

package apptest

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// selector is the part of CSS that tests need: tag, #id, .class, [attribute], [attribute="value"], and descendants.
type selector []simple

// simple is one step: all of its conditions hold for one element.
type simple struct {
	tag     string
	classes []string
	attrs   [][2]string // name and value; "" as value: any
}

var step = regexp.MustCompile(`^([a-z0-9]*)((?:[#.][\w-]+|\[[\w-]+(?:="[^"]*")?\])*)$`)
var condition = regexp.MustCompile(`([#.])([\w-]+)|\[([\w-]+)(?:="([^"]*)")?\]`)

func parseSelector(s string) (sel selector) {
	for _, word := range strings.Fields(s) {
		m := step.FindStringSubmatch(word)
		if m == nil {
			panic("apptest: selector " + s)
		}
		one := simple{tag: m[1]}
		for _, c := range condition.FindAllStringSubmatch(m[2], -1) {
			switch c[1] {
			case "#":
				one.attrs = append(one.attrs, [2]string{"id", c[2]})
			case ".":
				one.classes = append(one.classes, c[2])
			default:
				one.attrs = append(one.attrs, [2]string{c[3], c[4]})
			}
		}
		sel = append(sel, one)
	}
	return sel
}

// in lists the elements below n that match, in the order of the page.
func (sel selector) in(n *html.Node) (found []*html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		rest := sel
		if c.Type == html.ElementNode && sel[0].matches(c) {
			if len(sel) == 1 {
				found = append(found, c)
			} else {
				rest = sel[1:]
			}
		}
		found = append(found, rest.in(c)...)
	}
	return found
}

func (s simple) matches(n *html.Node) bool {
	attr := map[string]string{}
	for _, a := range n.Attr {
		attr[a.Key] = a.Val
	}
	if s.tag != "" && s.tag != n.Data {
		return false
	}
	for _, c := range s.classes {
		if !slices.Contains(strings.Fields(attr["class"]), c) {
			return false
		}
	}
	for _, a := range s.attrs {
		if v, ok := attr[a[0]]; !ok || a[1] != "" && v != a[1] {
			return false
		}
	}
	return true
}

package mail

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// SanitizeOptions say what becomes of pictures.
type SanitizeOptions struct {
	CID    func(cid string) string // address of an inline picture, "" when there is none; nil: none is shown
	Remote bool                    // leave remote pictures where they are instead of holding them back
	Leads  bool                    // links say where they lead, whatever their sender says that they do
}

const (
	maxHTML  = 4 << 20 // bytes of HTML that are looked at; pasted pictures make it long
	maxTags  = 60000   // "<" in them
	maxAttrs = 1000    // blanks between the attributes of one tag
	maxValue = 1000    // bytes of an attribute, but addresses
	maxPlain = 256 << 10
	// maxRounds bounds the search for the fixed point; hostile nesting that does not settle is shown as text.
	maxRounds = 4
)

// Sanitize makes hostile HTML of a mail fit to show within a page: no scripts, handlers, forms, frames, styles
// that leave their place, attributes that htmx or the like would follow, nor any request to a stranger. Remote
// pictures have their address in data-remote-src instead of src. cid: pictures go through opts.CID and keep
// their cid in data-cid. Links open outside with rel="noopener noreferrer nofollow".
//
// The output is what an HTML parser reads from it and writes again, and Sanitize(Sanitize(x)) == Sanitize(x)
// for equal options. HTML that does not settle, or is nested beyond sense, is shown as its text.
func Sanitize(s string, opts SanitizeOptions) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\ufffd")
	out := limitHTML(s)
	for range maxRounds {
		next, ok := sanitizeOnce(out, opts)
		if !ok {
			break
		}
		if next == out {
			return out
		}
		if limitHTML(next) != next {
			break
		}
		out = next
	}
	return plainAsHTML(TextFromHTML(limitHTML(s)))
}

// limitHTML cuts HTML that is too long, has too many tags, or a tag with too many attributes: each of them costs
// a parser a hundred times its length.
func limitHTML(s string) string {
	s = cut(s, maxHTML)
	tags, attrs, inTag := 0, 0, false
	var quote byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '<':
			if tags++; tags > maxTags {
				return s[:i]
			}
			if !inTag && i+1 < len(s) && (s[i+1]|0x20 >= 'a' && s[i+1]|0x20 <= 'z' || s[i+1] == '/') {
				inTag, attrs = true, 0
			}
		case !inTag:
		case c == '>':
			inTag = false
		case (c == '"' || c == '\'') && s[i-1] == '=':
			quote = c
		case c <= ' ' || c == '/':
			if attrs++; attrs > maxAttrs {
				return s[:i]
			}
		}
	}
	return s
}

// plainAsHTML shows words as HTML that is a fixed point of Sanitize.
func plainAsHTML(text string) string {
	lines := strings.SplitN(cut(text, maxPlain), "\n", maxTags/2)
	for i, l := range lines {
		lines[i] = html.EscapeString(strings.Join(strings.Fields(oneLine(l)), " "))
	}
	return "<div>" + strings.Join(lines, "<br/>") + "</div>"
}

func sanitizeOnce(s string, opts SanitizeOptions) (out string, ok bool) {
	nodes, err := html.ParseFragment(strings.NewReader(policy.Sanitize(s)), &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body})
	if err != nil { // nested deeper than 512
		return "", false
	}
	var b strings.Builder
	for _, n := range nodes {
		if !settleNode(n, opts) {
			continue
		}
		if html.Render(&b, n) != nil {
			return "", false
		}
	}
	return b.String(), true
}

// elements that may stay; those of the page's own structure, forms, frames, media and foreign namespaces may not.
var elements = []string{
	"a", "abbr", "address", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center", "cite", "code", "col", "colgroup",
	"dd", "del", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img",
	"ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup",
	"table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var", "wbr",
}

// attributes that may stay on any element, and what they must look like. Counted repeats make big expressions:
// lengths are checked beside them.
var attributes = map[string]*regexp.Regexp{
	"align": word, "valign": word, "dir": regexp.MustCompile(`(?i)^(ltr|rtl|auto)$`), "lang": regexp.MustCompile(`^[A-Za-z0-9-]+$`),
	"title": regexp.MustCompile(`(?s)^.*$`), "alt": regexp.MustCompile(`(?s)^.*$`),
	"bgcolor": color, "color": color, "face": regexp.MustCompile(`^[\pL\pN ,'"-]+$`), "size": regexp.MustCompile(`^[+-]?[0-9]{1,3}$`),
	"width": length, "height": length, "border": number, "cellpadding": number, "cellspacing": number,
	"colspan": number, "rowspan": number, "span": number, "start": number, "nowrap": word, "type": regexp.MustCompile(`^[1aAiI]$|^(?i)(disc|circle|square|cite)$`),
}

var (
	word   = regexp.MustCompile(`^[A-Za-z]*$`)
	number = regexp.MustCompile(`^[0-9]{1,4}$`)
	length = regexp.MustCompile(`^[0-9]{1,4}(\.[0-9]{1,3})?(px|%)?$`)
	color  = regexp.MustCompile(`^(#?[0-9A-Fa-f]{3,8}|[A-Za-z]+)$`)
)

var (
	allowedElement = map[string]bool{}
	policy         = newPolicy()
)

// newPolicy is the first sieve, on tokens. The second, settleNode, works on the tree and allows no more.
func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	for _, e := range elements {
		allowedElement[e] = true
	}
	p.AllowElements(elements...)
	p.AllowNoAttrs().OnElements(elements...)
	for name, re := range attributes {
		p.AllowAttrs(name).Matching(re).Globally()
	}
	p.AllowAttrs("style").Globally()
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("src", "data-remote-src", "data-cid").OnElements("img")
	p.SkipElementsContent("title")
	p.AllowURLSchemes("http", "https", "mailto", "tel", "cid", "data")
	p.AllowRelativeURLs(true) // settled on the tree
	p.RequireParseableURLs(false)
	p.RequireNoFollowOnLinks(false)
	return p
}

// settleNode cleans one node and what is below it. It returns false when the node itself must go.
func settleNode(n *html.Node, opts SanitizeOptions) bool {
	switch n.Type {
	case html.TextNode:
		return true
	case html.ElementNode:
	default:
		return false
	}
	if n.Namespace != "" || !allowedElement[n.Data] {
		return false
	}
	n.Attr = settleAttrs(n, opts)
	if c := n.FirstChild; n.Data == "pre" && c != nil && c.Type == html.TextNode {
		c.Data = strings.TrimLeft(c.Data, "\n") // a parser drops the first, and which is the first would change
	}
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		if !settleNode(c, opts) {
			n.RemoveChild(c)
		}
		c = next
	}
	if opts.Leads && n.Data == "a" {
		sayHost(n)
	}
	return true
}

// sayHost adds to a link whose words are an address of one place the name of the place that it leads to.
func sayHost(n *html.Node) {
	var text strings.Builder
	walkNodes(n, func(c *html.Node) bool {
		if c.Type == html.TextNode {
			text.WriteString(c.Data)
		}
		return text.Len() < 500
	})
	words := strings.TrimSpace(text.String())
	if !looksLikeHost.MatchString(words) {
		return
	}
	for _, a := range n.Attr {
		if a.Key != "href" {
			continue
		}
		u, err := url.Parse(a.Val)
		if err != nil || u.Hostname() == "" {
			return
		}
		host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
		if said := looksLikeHost.FindStringSubmatch(strings.ToLower(words))[1]; said != host {
			n.AppendChild(&html.Node{Type: html.TextNode, Data: " [" + host + "]"})
		}
	}
}

// looksLikeHost are words that are an address of the web, and its host.
var looksLikeHost = regexp.MustCompile(`^(?i)(?:https?://)?(?:www\.)?([\pL\pN-]+(?:\.[\pL\pN-]+)*\.\pL{2,})(?::[0-9]+)?(?:[/?#]\S*)?$`)

func settleAttrs(n *html.Node, opts SanitizeOptions) []html.Attribute {
	var out []html.Attribute
	raw := map[string]string{}
	for _, a := range n.Attr {
		if a.Namespace != "" {
			continue
		}
		if _, have := raw[a.Key]; have {
			continue
		}
		raw[a.Key] = a.Val
		if opts.Leads && a.Key == "title" {
			continue // a link's own, or one within a link, would say that it leads elsewhere
		}
		if re := attributes[a.Key]; re != nil && len(a.Val) <= maxValue && re.MatchString(a.Val) {
			out = append(out, html.Attribute{Key: a.Key, Val: a.Val})
		}
		if a.Key == "style" {
			if v := safeStyle(a.Val); v != "" {
				out = append(out, html.Attribute{Key: "style", Val: v})
			}
		}
	}
	switch n.Data {
	case "a":
		out = append(out, linkAttrs(raw["href"])...)
		if href := safeLink(raw["href"]); opts.Leads && href != "" {
			out = append(out, html.Attribute{Key: "title", Val: href})
		}
	case "img":
		out = append(out, pictureAttrs(raw, opts)...)
	}
	return out
}

// linkAttrs keeps links that lead out of the page, and only those.
func linkAttrs(href string) []html.Attribute {
	href = safeLink(href)
	if href == "" {
		return nil
	}
	return []html.Attribute{{Key: "href", Val: href}, {Key: "target", Val: "_blank"}, {Key: "rel", Val: "noopener noreferrer nofollow"}}
}

func safeLink(href string) string {
	href = squeezeURL(href)
	low := strings.ToLower(href)
	switch {
	case strings.HasPrefix(low, "http://"), strings.HasPrefix(low, "https://"):
		if u, err := url.Parse(href); err != nil || u.Host == "" {
			return ""
		}
		return href
	case strings.HasPrefix(low, "//"):
		return safeLink("https:" + href)
	case strings.HasPrefix(low, "mailto:"), strings.HasPrefix(low, "tel:"):
		return href
	}
	return ""
}

// squeezeURL takes out what browsers skip within an address: controls, tabs, line breaks, blanks around.
func squeezeURL(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f || r >= 0x80 && r < 0xA0 || isDirection(r) || r == 0x2028 || r == 0x2029 {
			return -1
		}
		return r
	}, s)
}

var dataPicture = regexp.MustCompile(`^data:image/(png|jpe?g|gif|webp|bmp);base64,[A-Za-z0-9+/]+=*$`)

func pictureAttrs(raw map[string]string, opts SanitizeOptions) []html.Attribute {
	src := squeezeURL(raw["src"])
	cid := contentID(raw["data-cid"])
	if len(src) > 4 && strings.EqualFold(src[:4], "cid:") {
		cid = contentID(percentDecode(src[4:]))
	}
	if cid != "" {
		out := []html.Attribute{{Key: "data-cid", Val: cid}}
		if opts.CID != nil {
			if at := opts.CID(cid); at != "" {
				out = append(out, html.Attribute{Key: "src", Val: at})
			}
		}
		return out
	}
	if dataPicture.MatchString(src) {
		return []html.Attribute{{Key: "src", Val: src}}
	}
	remote := remotePicture(src)
	if remote == "" {
		remote = remotePicture(squeezeURL(raw["data-remote-src"]))
	}
	switch {
	case remote == "":
		return nil
	case opts.Remote:
		return []html.Attribute{{Key: "src", Val: remote}, {Key: "referrerpolicy", Val: "no-referrer"}}
	}
	return []html.Attribute{{Key: "data-remote-src", Val: remote}}
}

func remotePicture(src string) string {
	if v := safeLink(src); strings.HasPrefix(strings.ToLower(v), "http") {
		return v
	}
	return ""
}

// HasRemote tells whether sanitised HTML holds back pictures.
func HasRemote(sanitized string) bool { return strings.Contains(sanitized, " data-remote-src=\"") }

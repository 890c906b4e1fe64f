package desk

import (
	"strings"
	"testing"
)

// FuzzWidgetCSS: a widget's own style sheet that is taken stays within the chat, fetches nothing, and would be taken again.
func FuzzWidgetCSS(f *testing.F) {
	for _, s := range []string{
		"p { color: red }", "body, .a:not(.b, .c) > p::before { content: \"}\" }", "@media (max-width: 20em) { p { color: red } }", "@import url(x);", "p{background:url(//evil.example)}",
		"@media x;@import 'y';{}", "p{content:\"\n}\"}", "/* } */ html{--a:1}", "a{}}b{}", "p{background:\\75rl(x)}", "p{b:image-set('x' 1x)}", "@MEDIA(x){@media(y){p{}}}",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, css string) {
		out, fault := scopeCSS(css)
		if fault != nil {
			return
		}
		low := strings.ToLower(cssString.ReplaceAllString(out, `""`))
		for _, never := range []string{"url(", "image(", "image-set(", "src(", "@import", "@font-face", "@namespace", "@charset", "@page", "expression(", "\\"} {
			if strings.Contains(low, never) {
				t.Errorf("%q became %q, with %s", css, out, never)
			}
		}
		inside(t, css, out)
	})
}

// inside walks over what was made.
func inside(t *testing.T, from, css string) {
	for strings.TrimSpace(css) != "" {
		prelude, body, rest, ok := cutRule(css)
		if !ok {
			t.Fatalf("%q became %q, which is not whole", from, css)
		}
		css = rest
		if strings.HasPrefix(prelude, "@") {
			inside(t, from, body)
			continue
		}
		depth, begin := 0, 0
		for i := 0; i <= len(prelude); i++ {
			if i == len(prelude) || prelude[i] == ',' && depth == 0 {
				if one := strings.TrimSpace(prelude[begin:i]); one != "main" && !strings.HasPrefix(one, "main ") && !cssRoot.MatchString(one) {
					t.Errorf("%q became %q, which leaves the chat by %q", from, css, one)
				}
				begin = i + 1
			} else if strings.ContainsRune("([", rune(prelude[i])) {
				depth++
			} else if strings.ContainsRune(")]", rune(prelude[i])) {
				depth--
			}
		}
	}
}

// FuzzSearch: whatever is typed into a search, the database understands the question.
func FuzzSearch(f *testing.F) {
	s := open(f)
	v := s.visitor()
	s.say(v, "龙井茶 and oolong, NEAR the lake")
	for _, q := range []string{"tea", "龙井", "NEAR(a b)", `"`, "a OR b AND NOT c", "col:x*", "^a -b", "\x00", "ﷺ", strings.Repeat("a ", 100), "茶", "';--", "𠀀𠀁", "a\"b"} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, q string) {
		if len(q) > 2000 {
			return
		}
		if _, _, err := s.Search(t.Context(), s.alice, SearchList{Text: q, Limit: 10}); err != nil {
			t.Errorf("search %q: %v", q, err)
		}
		if _, _, err := s.Conversations(t.Context(), s.alice, ConversationList{Kind: "ticket", Query: q, Limit: 10}); err != nil {
			t.Errorf("list %q: %v", q, err)
		}
		if _, _, err := s.Customers(t.Context(), s.alice, CustomerList{Query: q, Limit: 10}); err != nil {
			t.Errorf("customers %q: %v", q, err)
		}
	})
}

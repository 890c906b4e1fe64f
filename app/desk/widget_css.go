package desk

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// cssLimit is the greatest length of a widget's own style sheet, in characters.
const cssLimit = 8000

var (
	cssComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	cssCall    = regexp.MustCompile(`([a-zA-Z0-9_-]*)\(`)
	cssString  = regexp.MustCompile(`"[^"\n\r\f]*"|'[^'\n\r\f]*'`) // a browser ends a string with the line
	cssMedia   = regexp.MustCompile(`(?i)^@media[\s(][^;@]*$`)     // a semicolon would end it, and another rule begin
	cssRoot    = regexp.MustCompile(`^(:root|html|body|main)($|[^a-zA-Z0-9_-])`)
)

// cssCalls are the functions that a widget's style sheet may call. None of them fetches anything: url(), src(), image() and
// image-set() are not among them.
var cssCalls = strings.Fields(`rgb rgba hsl hsla hwb lab lch oklab oklch color-mix light-dark var env calc min max clamp minmax repeat fit-content
	linear-gradient radial-gradient conic-gradient repeating-linear-gradient repeating-radial-gradient repeating-conic-gradient
	translate translatex translatey scale scalex scaley rotate skew skewx skewy blur brightness contrast saturate grayscale sepia opacity drop-shadow
	cubic-bezier steps inset circle ellipse polygon not is where has nth-child nth-last-child nth-of-type nth-last-of-type lang dir and`)

// ScopeCSS is a widget's own style sheet as the chat gets it: every selector within the chat's main element, nothing that fetches,
// no at-rule but @media.
func (w *Widget) ScopeCSS() string {
	css, fault := scopeCSS(w.CSS)
	if fault != nil {
		return "" // written by an older version with other bounds
	}
	return css
}

// scopeCSS answers why a style sheet is refused as a field of no name.
func scopeCSS(css string) (string, *Field) {
	if utf8.RuneCountInString(css) > cssLimit {
		return "", &Field{Key: "fault.too_long", Args: []any{cssLimit}}
	}
	css = cssComment.ReplaceAllString(css, " ")
	plain := cssString.ReplaceAllString(css, `""`)
	if strings.ContainsAny(plain, `\'`) || strings.Contains(css, `\`) || strings.Contains(plain, "/*") || strings.Contains(strings.ReplaceAll(plain, `""`, ""), `"`) {
		return "", &Field{Key: "fault.css_broken"}
	}
	for _, call := range cssCall.FindAllStringSubmatch(plain, -1) {
		if name := strings.ToLower(call[1]); name != "" && !slices.Contains(cssCalls, name) {
			return "", &Field{Key: "fault.css_call", Args: []any{call[1] + "()"}}
		}
	}
	return scopeRules(css, true)
}

func scopeRules(css string, outer bool) (string, *Field) {
	var out strings.Builder
	for strings.TrimSpace(css) != "" {
		prelude, body, rest, ok := cutRule(css)
		if !ok || prelude == "" {
			return "", &Field{Key: "fault.css_broken"}
		}
		css = rest
		if strings.HasPrefix(prelude, "@") {
			if !outer || !cssMedia.MatchString(prelude) {
				return "", &Field{Key: "fault.css_rule", Args: []any{strings.Fields(prelude)[0]}}
			}
			inner, fault := scopeRules(body, false)
			if fault != nil {
				return "", fault
			}
			out.WriteString(prelude + "{" + inner + "}\n")
			continue
		}
		if strings.ContainsAny(cssString.ReplaceAllString(body, ""), "{}@") || strings.ContainsAny(prelude, "&;") {
			return "", &Field{Key: "fault.css_broken"}
		}
		out.WriteString(scopeSelectors(prelude) + "{" + strings.TrimSpace(body) + "}\n")
	}
	return out.String(), nil
}

// cutRule takes the first rule off: what stands before its braces, and what stands in them.
func cutRule(css string) (prelude, body, rest string, ok bool) {
	depth, open := 0, 0
	var quote byte
	for i := 0; i < len(css); i++ {
		switch b := css[i]; {
		case quote != 0:
			if b == quote {
				quote = 0
			}
		case b == '"' || b == '\'':
			quote = b
		case b == '{':
			if depth++; depth == 1 {
				open = i
			}
		case b == '}':
			if depth--; depth == 0 {
				return strings.TrimSpace(css[:open]), css[open+1 : i], css[i+1:], true
			}
			if depth < 0 {
				return "", "", "", false
			}
		}
	}
	return "", "", "", false
}

// scopeSelectors puts each of a list's selectors under the chat's main element; the page's root means that element.
func scopeSelectors(list string) string {
	var scoped []string
	depth, from := 0, 0
	for i := 0; i <= len(list); i++ {
		switch {
		case i == len(list) || list[i] == ',' && depth == 0:
			s := strings.TrimSpace(list[from:i])
			if m := cssRoot.FindStringSubmatch(s); m != nil {
				s = "main" + strings.TrimPrefix(s, m[1])
			} else {
				s = "main " + s
			}
			scoped = append(scoped, s)
			from = i + 1
		case list[i] == '(' || list[i] == '[':
			depth++
		case list[i] == ')' || list[i] == ']':
			depth--
		}
	}
	return strings.Join(scoped, ", ")
}

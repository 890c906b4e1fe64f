package view

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"html/template"
	"strconv"
	"strings"
	"unicode"

	"github.com/mileusna/useragent"
)

// funcs is all that a template may call.
func (v *Views) funcs(r Reader) template.FuncMap {
	c := v.catalog(r.Lang)
	d := dates{c: c, zone: r.Zone, now: v.Now}
	return template.FuncMap{
		"t":        c.text,
		"n":        c.n,
		"has":      v.Has,
		"words":    c.words,
		"lang":     func() string { return r.Lang },
		"zone":     func() string { return r.Zone.String() },
		"rel":      d.rel,
		"clock":    d.clock,
		"when":     d.when,
		"at":       d.at,
		"waited":   d.waited,
		"span":     c.span,
		"mark":     d.mark,
		"date":     d.date,
		"day":      d.day,
		"same_day": d.sameDay,
		"asset":    v.assets.URL,
		"icon":     v.icon,
		"avatar":   avatar,
		"who":      func(name, email string, id any) string { return who(c, name, email, id) },
		"browser":  Browser,
		"initials": initials,
		"hue":      hue,
		"stars":    stars,
		"bytes":    size,
		"prose":    prose,
		"notes":    notes,
		"lang_of":  langOf,
		"field":    func(name, label string, value any, fault string) Field { return newField(c, name, label, value, fault) },
		"option":   func(value any, text string) Option { return Option{Value: fmt.Sprint(value), Text: text} },
		"options":  func(o ...Option) []Option { return o },
	}
}

// icon draws a symbol of the sprite; it is decoration, so its button or link needs a name.
func (v *Views) icon(name string) template.HTML {
	return template.HTML(`<svg class="icon" aria-hidden="true"><use href="` +
		template.HTMLEscapeString(v.assets.URL("icons.svg")+"#i-"+name) + `"/></svg>`)
}

// avatar is a person as a coloured disc. seed (an id) keeps the colour when the name changes.
func avatar(name string, seed any, class string) template.HTML {
	return template.HTML(fmt.Sprintf(`<span class="avatar hue-%d %s" aria-hidden="true">%s</span>`,
		hue(seed), template.HTMLEscapeString(class), template.HTMLEscapeString(initials(name))))
}

// who names a customer: by name, else by address, else as a numbered visitor.
func who(c Catalog, name, email string, id any) string {
	switch {
	case name != "":
		return name
	case email != "":
		return email
	}
	return c.t("customer.visitor", id)
}

// Browser is a User-Agent header in words: "Chrome, Windows".
func Browser(header string) string {
	ua := useragent.Parse(header)
	if ua.Name == "" || ua.OS == "" {
		return cmp.Or(ua.Name, ua.OS, "?")
	}
	return ua.Name + ", " + ua.OS
}

// initials is what an avatar shows: the first character of a Chinese, Japanese or
// Korean name, else the first letters of the first and last word.
func initials(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
	if len(words) == 0 {
		return "?"
	}
	first := []rune(words[0])
	if isWide(first[0]) || len(words) == 1 {
		return strings.ToUpper(string(first[:1]))
	}
	last := []rune(words[len(words)-1])
	return strings.ToUpper(string(first[:1]) + string(last[:1]))
}

// hue picks one of twelve avatar colours.
func hue(seed any) int {
	h := fnv.New32a()
	fmt.Fprint(h, seed)
	return int(h.Sum32() % 12)
}

// stars draws n of five.
func stars(n int) string {
	n = min(max(n, 0), 5)
	return strings.Repeat("★", n) + strings.Repeat("☆", 5-n)
}

// size is a number of bytes in words: "182 KB".
func size(n int64) string {
	switch {
	case n < 1000:
		return strconv.FormatInt(n, 10) + " B"
	case n < 1000*1000:
		return strconv.FormatInt((n+500)/1000, 10) + " KB"
	case n < 1000*1000*1000:
		return strconv.FormatFloat(float64(n)/1e6, 'f', 1, 64) + " MB"
	}
	return strconv.FormatFloat(float64(n)/1e9, 'f', 1, 64) + " GB"
}

// prose is a person's text with its web addresses made into links. Only http and
// https become links; all else is escaped. Line breaks are kept by the style.
func prose(s string) template.HTML {
	var b strings.Builder
	for s != "" {
		i := nextURL(s)
		if i < 0 {
			break
		}
		end := urlEnd(s[i:])
		url := s[i : i+end]
		b.WriteString(template.HTMLEscapeString(s[:i]))
		esc := template.HTMLEscapeString(url)
		b.WriteString(`<a href="` + esc + `" target="_blank" rel="noopener noreferrer nofollow">` + esc + `</a>`)
		s = s[i+end:]
	}
	b.WriteString(template.HTMLEscapeString(s))
	return template.HTML(b.String())
}

// nextURL is where the next web address begins in s, or -1.
func nextURL(s string) int {
	for from := 0; ; {
		i := strings.Index(s[from:], "http")
		if i < 0 {
			return -1
		}
		i += from
		rest := s[i:]
		for _, scheme := range []string{"https://", "http://"} {
			if tail, ok := strings.CutPrefix(rest, scheme); ok && urlEnd(tail) > 2 {
				return i
			}
		}
		from = i + 4
	}
}

// urlEnd is the length of the web address at the start of s. Chinese text has no
// space after an address, so any wide character ends it; a closing stop is not part of it.
func urlEnd(s string) int {
	end := strings.IndexFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || isWide(r) || strings.ContainsRune(`<>"'`+"`", r)
	})
	if end < 0 {
		end = len(s)
	}
	trimmed := strings.TrimRight(s[:end], ".,;:!?")
	if strings.HasSuffix(trimmed, ")") && strings.Count(trimmed, "(") < strings.Count(trimmed, ")") {
		trimmed = strings.TrimSuffix(trimmed, ")")
	}
	return len(trimmed)
}

// langOf tells browsers which glyphs a customer's text wants: "zh-CN", "ja", "ko"
// or "" when it has no such characters.
func langOf(s string) string {
	han := false
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Hiragana, unicode.Katakana):
			return "ja"
		case unicode.Is(unicode.Hangul, r):
			return "ko"
		case unicode.Is(unicode.Han, r):
			han = true
		}
	}
	if han {
		return "zh-CN"
	}
	return ""
}

func isWide(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) || r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xffef
}

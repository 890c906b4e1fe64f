package mail

import (
	"regexp"
	"strings"
)

// safeStyle keeps of a style attribute the declarations that change how words look where they stand. What
// could take them elsewhere (position, negative margins, transforms), fetch something (url(), image-set()) or
// hide its meaning (escapes, comments, variables) is dropped.
func safeStyle(s string) string {
	if len(s) > maxStyle || strings.ContainsAny(s, "\\<>{}@") || strings.Contains(s, "/*") {
		return ""
	}
	var out []string
	for i, d := range strings.Split(s, ";") {
		if i >= 60 {
			break
		}
		name, value, ok := strings.Cut(d, ":")
		if !ok {
			continue
		}
		name = strings.ToLower(strings.TrimSpace(name))
		value = strings.Join(strings.Fields(strings.ToLower(value)), " ")
		value = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(strings.ReplaceAll(value, "! important", "!important")), "!important"))
		if allowedStyle(name, value) {
			out = append(out, name+": "+value)
		}
	}
	return strings.Join(out, "; ")
}

const maxStyle = 4000

var (
	styleValue  = regexp.MustCompile(`^[\pL\pN #%.,'"+/()!-]+$`)
	styleCalls  = regexp.MustCompile(`([\pL\pN_-]*)\(`)
	displayKind = regexp.MustCompile(`^(none|block|inline|inline-block|table|table-row|table-cell|inline-table|list-item)$`)
	negative    = regexp.MustCompile(`(^|[\s,(/])-`)
	bigLength   = regexp.MustCompile(`\d{5,}|\d+(vw|vh|vmin|vmax|dvh|svh|lvh)`)
	styleNames  = regexp.MustCompile(`^(color|background|background-color|font|font-(family|size|style|weight|variant)|line-height|letter-spacing|word-spacing|` +
		`text-(align|decoration|decoration-line|decoration-color|indent|transform)|vertical-align|white-space|word-(break|wrap)|overflow-wrap|direction|unicode-bidi|` +
		`margin(-(top|right|bottom|left))?|padding(-(top|right|bottom|left))?|border(-(top|right|bottom|left))?(-(color|style|width))?|border-(collapse|spacing|radius)|` +
		`width|height|max-width|min-width|max-height|list-style(-type)?|display|float|clear|table-layout|caption-side|empty-cells)$`)
)

func allowedStyle(name, value string) bool {
	if len(value) > 900 || !styleNames.MatchString(name) || !styleValue.MatchString(value) {
		return false
	}
	for _, call := range styleCalls.FindAllStringSubmatch(value, -1) {
		switch call[1] {
		case "rgb", "rgba", "hsl", "hsla":
		default:
			return false
		}
	}
	if strings.Count(value, "'")%2 == 1 || strings.Count(value, `"`)%2 == 1 || strings.Count(value, "(") != strings.Count(value, ")") {
		return false
	}
	switch {
	case name == "display":
		return displayKind.MatchString(value)
	case name != "letter-spacing" && !strings.HasPrefix(name, "font") && negative.MatchString(value):
		return false
	case bigLength.MatchString(value):
		return false
	}
	return true
}

package desk

import (
	"strings"
	"unicode"
)

// oneLine keeps of what somebody calls himself what stays within its line: no control characters, which would break logs and
// headers, and none that turn the direction of writing, which would make what stands beside the name read otherwise.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t', r == '\u2028', r == '\u2029':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "")))
}

package mail

import (
	"net/url"
	"sort"
	"strconv"
	"strings"
)

// mediaType reads a Content-Type or Content-Disposition value, whatever is wrong with it. The type is lower
// case; parameters are decoded (RFC 2231, and the encoded words and raw bytes that are sent in their place).
func mediaType(v, hint string) (kind string, params map[string]string, ok bool) {
	fields := splitParams(v)
	ok = true
	if len(fields) > 0 && !strings.Contains(fields[0], "=") {
		kind, fields = strings.ToLower(strings.TrimSpace(fields[0])), fields[1:]
	} else if len(fields) > 0 {
		// "text/html charset=x": the semicolon is missing.
		if i := strings.IndexAny(strings.TrimSpace(fields[0]), " \t"); i > 0 {
			f := strings.TrimSpace(fields[0])
			kind, fields[0] = strings.ToLower(f[:i]), f[i:]
		}
		ok = false
	}
	if i := strings.IndexAny(kind, " \t("); i >= 0 {
		kind = kind[:i]
	}
	return strings.Trim(kind, `"'`), decodeParams(fields, hint), ok
}

// splitParams cuts at semicolons outside quotes.
func splitParams(v string) []string {
	var out []string
	start, quoted := 0, false
	for i := 0; i < len(v) && len(out) < 200; i++ {
		switch c := v[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == ';' && !quoted:
			out = append(out, v[start:i])
			start = i + 1
		}
	}
	if start < len(v) {
		out = append(out, v[start:])
	}
	return out
}

// section is one piece of a parameter that RFC 2231 spreads over several.
type section struct {
	index   int
	encoded bool
	value   string
}

func decodeParams(fields []string, hint string) map[string]string {
	plain := map[string]string{}
	parts := map[string][]section{}
	for _, f := range fields {
		key, value, found := strings.Cut(f, "=")
		if !found {
			continue
		}
		key = strings.ToLower(strings.TrimSpace(key))
		value = unquote(strings.TrimSpace(value))
		if key == "" {
			continue
		}
		if name, rest, star := strings.Cut(key, "*"); star {
			s := section{value: value}
			rest, s.encoded = strings.CutSuffix("*"+rest, "*")
			s.index, _ = strconv.Atoi(strings.TrimPrefix(rest, "*"))
			parts[name] = append(parts[name], s)
			continue
		}
		if _, have := plain[key]; !have {
			plain[key] = decodeWords(value, hint)
		}
	}
	for name, list := range parts {
		// The extended form wins over the plain one (RFC 6266 section 4.3).
		plain[name] = joinSections(list, hint)
	}
	return plain
}

func joinSections(list []section, hint string) string {
	sort.SliceStable(list, func(i, j int) bool { return list[i].index < list[j].index })
	set := ""
	var b strings.Builder
	for i, s := range list {
		v := s.value
		if s.encoded {
			if i == 0 {
				if a := strings.SplitN(v, "'", 3); len(a) == 3 {
					set, v = a[0], a[2]
				}
			}
			v = percentDecode(v)
		}
		b.WriteString(v)
	}
	raw := b.String()
	if set == "" && strings.Contains(raw, "=?") {
		return decodeWords(raw, hint)
	}
	if set == "" {
		set = hint
	}
	text, _, _ := toUTF8([]byte(raw), set)
	return text
}

// percentDecode undoes %XX and leaves what is not of that form.
func percentDecode(s string) string {
	if out, err := url.PathUnescape(s); err == nil {
		return out
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func unquote(s string) string {
	if len(s) == 0 || (s[0] != '"' && s[0] != '\'') {
		if i := strings.IndexByte(s, ' '); i > 0 && !strings.Contains(s, "=?") && !strings.Contains(s, ".") {
			return s[:i]
		}
		return s
	}
	q := s[0]
	s = s[1:]
	if i := strings.LastIndexByte(s, q); i >= 0 {
		s = s[:i]
	}
	if q == '\'' || strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		// Only \" and \\ are undone: Windows programs send C:\dir\name unescaped.
		if s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\') {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

package mail

import (
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// singleGuess chooses among the single-byte sets by how natural the letters are: after a small letter no
// capital follows, letters stand beside letters of their script.
func singleGuess(b []byte) (*charmap.Charmap, string) {
	best, name, top := charmap.Windows1252, "windows-1252", -1e9
	for _, c := range []struct {
		m    *charmap.Charmap
		name string
		only *unicode.RangeTable
	}{
		{charmap.KOI8R, "koi8-r", unicode.Cyrillic},
		{charmap.Windows1251, "windows-1251", unicode.Cyrillic},
		{charmap.Windows1252, "windows-1252", unicode.Latin},
		{charmap.Windows1250, "windows-1250", unicode.Latin},
		{charmap.Windows1253, "windows-1253", unicode.Greek},
	} {
		score := letterScore(b, c.m, c.only)
		if c.name == "windows-1250" {
			score -= 0.05 // the rarer of two that look alike
		}
		if score > top {
			best, name, top = c.m, c.name, score
		}
	}
	return best, name
}

func letterScore(b []byte, m *charmap.Charmap, script *unicode.RangeTable) float64 {
	sum, n := 0.0, 0
	var before rune = ' '
	for _, c := range b {
		r := m.DecodeByte(c)
		if c >= 0x80 {
			n++
			switch {
			case unicode.Is(script, r):
				sum += 1 - neighbours(before, r, script)
			case unicode.IsLetter(r), unicode.IsControl(r), r == utf8.RuneError:
				sum -= 1
			default:
				sum += 0.1
			}
		}
		before = r
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

// neighbours returns how unlikely r is behind before: 0 natural, 1 not at all.
func neighbours(before, r rune, script *unicode.RangeTable) float64 {
	latin := script == unicode.Latin
	switch {
	case unicode.IsLower(before) && unicode.IsUpper(r):
		return 1
	case latin && before > 0x7f && unicode.IsLetter(before): // é, ö seldom come in rows
		return 0.8
	case !latin && unicode.IsLetter(before) && !unicode.Is(script, before):
		return 1
	case unicode.IsUpper(r):
		return 0.3
	}
	return 0
}

// decodeUTF7 reads RFC 2152.
func decodeUTF7(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		i := strings.IndexByte(s, '+')
		if i < 0 {
			break
		}
		b.WriteString(s[:i])
		s = s[i+1:]
		end := 0
		for end < len(s) && s[end] != '-' && s[end] != '=' && s[end] != '_' && base64Letter(s[end]) != 0 {
			end++
		}
		if end == 0 {
			b.WriteByte('+')
		}
		raw, _ := base64.RawStdEncoding.DecodeString(s[:end])
		units := make([]uint16, 0, len(raw)/2)
		for j := 0; j+1 < len(raw); j += 2 {
			units = append(units, uint16(raw[j])<<8|uint16(raw[j+1]))
		}
		b.WriteString(string(utf16.Decode(units)))
		s = strings.TrimPrefix(s[end:], "-")
	}
	b.WriteString(s)
	return b.String()
}

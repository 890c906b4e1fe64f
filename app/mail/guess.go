package mail

import (
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// guessSample is how much of a text is looked at to guess its character set.
const guessSample = 64 << 10

// guess decodes bytes whose character set is unknown. asUTF8: they claim to be UTF-8, so a few broken bytes
// in good UTF-8 are only replaced.
func guess(raw []byte, asUTF8 bool) (text, used string, ok bool) {
	if utf8.Valid(raw) {
		return string(raw), "utf-8", true
	}
	sample := raw[:min(len(raw), guessSample)]
	if asUTF8 && mostlyUTF8(sample) {
		return strings.ToValidUTF8(string(raw), "\ufffd"), "utf-8", false
	}
	gb, big := doubleScore(sample, gbClass), doubleScore(sample, big5Class)
	switch {
	case gb >= 0.55 && gb >= big:
		b, _ := simplifiedchinese.GB18030.NewDecoder().Bytes(raw)
		return string(b), "gb18030", false
	case big >= 0.55:
		b, _ := traditionalchinese.Big5.NewDecoder().Bytes(raw)
		return string(b), "big5", false
	}
	best, name := singleGuess(sample)
	b, _ := best.NewDecoder().Bytes(raw)
	return string(b), name, false
}

// mostlyUTF8: at least four good characters beyond ASCII for each broken place.
func mostlyUTF8(b []byte) bool {
	good, bad, broken := 0, 0, false
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1:
			if !broken {
				bad++
			}
			broken = true
		case n > 1:
			good++
			broken = false
		default:
			broken = false
		}
		b = b[n:]
	}
	return good >= 4*bad
}

// doubleScore rates bytes as a double-byte set: the share of pairs that are common, less those that are no
// pairs at all.
func doubleScore(b []byte, class func(lead, trail byte) float64) float64 {
	sum, n := 0.0, 0
	for i := 0; i < len(b); i++ {
		if b[i] < 0x80 {
			continue
		}
		n++
		if i+1 == len(b) {
			if len(b) == guessSample {
				n--
				break
			}
			sum -= 3
			break
		}
		sum += class(b[i], b[i+1])
		i++
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

// gbClass rates a pair: GB2312's first plane of characters is sorted by use, so B0..D7 are the common ones.
func gbClass(lead, trail byte) float64 {
	high := trail >= 0xA1 && trail != 0xFF
	switch {
	case lead == 0x80 || lead == 0xFF || trail == 0x7F || trail == 0xFF || trail < 0x30 || trail > 0x39 && trail < 0x40:
		return -3
	case high && lead >= 0xB0 && lead <= 0xD7:
		return 1
	case high && (lead == 0xA1 || lead == 0xA3):
		return 0.9
	case high && lead >= 0xD8 && lead <= 0xF7:
		return 0.3
	}
	return 0.05
}

// big5Class rates a pair: A440..C67E are the common characters.
func big5Class(lead, trail byte) float64 {
	if lead < 0xA1 || lead > 0xF9 || !(trail >= 0x40 && trail <= 0x7E || trail >= 0xA1 && trail <= 0xFE) {
		return -3
	}
	switch {
	case lead >= 0xA4 && lead <= 0xC6:
		return 1
	case lead == 0xA1:
		return 0.9
	}
	return 0.2
}

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

package mail

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
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
	if d := doubleGuess(sample); d != nil {
		b, _ := d.set.NewDecoder().Bytes(raw)
		return string(b), d.name, false
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

// double is a double-byte character set and how common its pairs are.
type double struct {
	name  string
	set   encoding.Encoding
	class func(lead, trail byte) float64
}

// doubles are tried in this order; the first of equals wins.
var doubles = []double{
	{"gb18030", simplifiedchinese.GB18030, gbClass},
	{"big5", traditionalchinese.Big5, big5Class},
	{"euc-jp", japanese.EUCJP, eucjpClass},
	{"shift-jis", japanese.ShiftJIS, sjisClass},
}

// doubleGuess returns the double-byte set that the bytes are most likely of, nil when none is likely.
func doubleGuess(sample []byte) *double {
	var best *double
	top := 0.55
	for i := range doubles {
		if score := doubleScore(sample, doubles[i].class); score > top {
			best, top = &doubles[i], score
		}
	}
	// Hangul lie within the common characters of GB2312, which no Chinese text of some length keeps to.
	if best != nil && best.name == "gb18030" && multibyte(sample) >= 16 && doubleScore(sample, euckrClass) > 0.97 {
		return &double{"euc-kr", korean.EUCKR, euckrClass}
	}
	return best
}

func high(b byte) bool { return b >= 0xA1 && b != 0xFF }

// gbClass rates a pair: GB2312's first plane of characters is sorted by use, so B0..D7 are the common ones.
func gbClass(lead, trail byte) float64 {
	switch {
	case lead == 0x80 || lead == 0xFF || trail == 0x7F || trail == 0xFF || trail < 0x30 || trail > 0x39 && trail < 0x40:
		return -3
	case high(trail) && lead >= 0xB0 && lead <= 0xD7:
		return 1
	case high(trail) && (lead == 0xA1 || lead == 0xA3):
		return 0.9
	case high(trail) && lead >= 0xD8 && lead <= 0xF7:
		return 0.3
	}
	return 0.05
}

// big5Class rates a pair: A440..C67E are the common characters.
func big5Class(lead, trail byte) float64 {
	if lead < 0xA1 || lead > 0xF9 || !(trail >= 0x40 && trail <= 0x7E || high(trail)) {
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

// eucjpClass rates a pair: A4 and A5 are kana, B0..CF the common characters.
func eucjpClass(lead, trail byte) float64 {
	switch {
	case !high(trail) || lead < 0xA1 && lead != 0x8E:
		return -3
	case lead == 0xA4 || lead == 0xA5:
		return 1
	case lead == 0xA1:
		return 0.9
	case lead >= 0xB0 && lead <= 0xCF:
		return 0.7
	}
	return 0.2
}

// sjisClass rates a pair: 82 and 83 are kana, 88..9F the common characters.
func sjisClass(lead, trail byte) float64 {
	switch {
	case trail < 0x40 || trail == 0x7F || trail > 0xFC || lead > 0x9F && lead < 0xE0 || lead > 0xEA || lead == 0x80:
		return -3
	case lead == 0x82 && trail >= 0x9F || lead == 0x83 && trail <= 0x96:
		return 1
	case lead == 0x81:
		return 0.9
	case lead >= 0x88 && lead <= 0x9F:
		return 0.6
	}
	return 0.2
}

// euckrClass rates a pair: B0..C8 are Hangul.
func euckrClass(lead, trail byte) float64 {
	switch {
	case !high(trail) || lead < 0xA1:
		return -3
	case lead >= 0xB0 && lead <= 0xC8, lead == 0xA1:
		return 1
	}
	return 0
}

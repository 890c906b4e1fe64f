package mail

import (
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"
)

// decodeWords decodes the encoded words (RFC 2047) of a header value. Neighbours of one character set are
// joined before they are decoded, since many programs cut between the bytes of one character. Bytes outside
// of encoded words are read as UTF-8, else guessed, hint first. The result is valid UTF-8.
func decodeWords(v, hint string) string {
	var out strings.Builder
	var pending []byte // bytes of joined words
	set := ""
	flush := func() {
		if len(pending) > 0 {
			s, _, _ := toUTF8(pending, set)
			out.WriteString(s)
		}
		pending, set = nil, ""
	}
	for len(v) > 0 {
		i := strings.Index(v, "=?")
		if i < 0 {
			break
		}
		word, n, ok := cutWord(v[i:])
		if !ok {
			flush()
			out.WriteString(rawText(v[:i+2], hint))
			v = v[i+2:]
			continue
		}
		between := v[:i]
		if len(pending) == 0 || strings.TrimSpace(between) != "" || !strings.EqualFold(set, word.set) {
			joined := len(pending) > 0 && strings.TrimSpace(between) == ""
			flush()
			if !joined {
				out.WriteString(rawText(between, hint))
			}
		}
		set = word.set
		pending = append(pending, word.bytes...)
		v = v[i+n:]
		if len(pending) == 0 { // an empty word still swallows the blank before the next
			v = strings.TrimLeft(v, " \t")
		}
	}
	flush()
	out.WriteString(rawText(v, hint))
	return out.String()
}

type encodedWord struct {
	set   string
	bytes []byte
}

// maxWord is the longest encoded word in bytes; the rules say 75, programs write thousands.
const maxWord = 16 << 10

// cutWord reads the encoded word that s begins with and its length. Blanks in a Q word are against the rules
// but common.
func cutWord(s string) (w encodedWord, n int, ok bool) {
	rest := s[2:]
	i := strings.IndexByte(rest, '?')
	if i <= 0 || i > 60 || i+2 >= len(rest) || rest[i+2] != '?' {
		return w, 0, false
	}
	w.set, _, _ = strings.Cut(rest[:i], "*") // RFC 2231 section 5: charset*language
	if strings.ContainsAny(w.set, " \t\r\n=") {
		return w, 0, false
	}
	how := rest[i+1]
	text := rest[i+3 : min(len(rest), i+3+maxWord)]
	end := strings.Index(text, "?=")
	if end < 0 {
		return w, 0, false
	}
	// A Q word may end in "?" before its "?=": =?utf-8?Q?what=3F?= is right, =?utf-8?Q?what??= is not.
	for strings.HasPrefix(text[end+1:], "?=") {
		end++
	}
	n = 2 + i + 3 + end + 2
	switch how {
	case 'b', 'B':
		w.bytes = base64Words(text[:end])
	case 'q', 'Q':
		w.bytes = qWord(text[:end])
	default:
		return w, 0, false
	}
	return w, n, true
}

// base64Words decodes leniently: foreign characters are skipped, padding may be missing or in the middle.
func base64Words(s string) []byte {
	var out, four []byte
	flush := func() {
		if len(four) > 1 {
			b, _ := base64.RawStdEncoding.DecodeString(string(four))
			out = append(out, b...)
		}
		four = four[:0]
	}
	for i := 0; i < len(s); i++ {
		c := base64Letter(s[i])
		if c == '=' {
			flush()
		}
		if c == '=' || c == 0 {
			continue
		}
		if four = append(four, c); len(four) == 4 {
			flush()
		}
	}
	flush()
	return out
}

func qWord(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '_':
			out = append(out, ' ')
		case s[i] == '=' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			out = append(out, s[i])
		}
	}
	return out
}

// rawText makes valid UTF-8 of header bytes that are not encoded.
func rawText(s, hint string) string {
	if utf8.ValidString(s) {
		return s
	}
	set := hint
	if isUTF8Name(set) {
		set = ""
	}
	text, _, _ := toUTF8([]byte(s), set)
	return text
}

// oneLine takes out line breaks, control and direction characters, which have no place in a subject or a name
// and serve only to deceive, and joins blanks.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.IsControl(r) || isDirection(r) || r == utf8.RuneError:
			if r == utf8.RuneError {
				return r
			}
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// isDirection reports the marks that turn the direction of writing, as in "invoice\u202Efdp.exe".
func isDirection(r rune) bool {
	return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0x200E || r == 0x200F || r == 0xFEFF
}

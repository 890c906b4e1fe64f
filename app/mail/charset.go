package mail

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// encodings are the names that are mapped by hand, since mail means more by them than the registries say:
// what is called gb2312 holds GBK characters, and what is called latin-1 holds those of Windows.
var encodings = map[string]encoding.Encoding{
	"gb2312": simplifiedchinese.GB18030, "gbk": simplifiedchinese.GB18030, "gb18030": simplifiedchinese.GB18030,
	"cp936": simplifiedchinese.GB18030, "ms936": simplifiedchinese.GB18030, "936": simplifiedchinese.GB18030,
	"x-gbk": simplifiedchinese.GB18030, "windows-936": simplifiedchinese.GB18030, "gb_2312-80": simplifiedchinese.GB18030,
	"euc-cn": simplifiedchinese.GB18030, "chinesesimplified": simplifiedchinese.GB18030, "gb-2312": simplifiedchinese.GB18030,
	"hz-gb-2312": simplifiedchinese.HZGB2312,
	"big5":       traditionalchinese.Big5, "big5-hkscs": traditionalchinese.Big5, "cp950": traditionalchinese.Big5,
	"x-x-big5": traditionalchinese.Big5, "big-5": traditionalchinese.Big5, "950": traditionalchinese.Big5,
	"iso-8859-1": charmap.Windows1252, "latin1": charmap.Windows1252, "latin-1": charmap.Windows1252,
	"iso8859-1": charmap.Windows1252, "ansi": charmap.Windows1252, "8859-1": charmap.Windows1252,
	"iso-8859-9": charmap.Windows1254, "iso-8859-11": charmap.Windows874, "tis-620": charmap.Windows874,
	"ks_c_5601-1987": korean.EUCKR, "ks_c_5601": korean.EUCKR, "ksc5601": korean.EUCKR, "cp949": korean.EUCKR, "euc-kr": korean.EUCKR,
	"iso-2022-jp": japanese.ISO2022JP, "iso-2022-jp-ms": japanese.ISO2022JP, "cp50220": japanese.ISO2022JP,
	"shift-jis": japanese.ShiftJIS, "sjis": japanese.ShiftJIS, "cp932": japanese.ShiftJIS, "ms932": japanese.ShiftJIS,
	"cp1252": charmap.Windows1252, "cp1251": charmap.Windows1251, "cp1250": charmap.Windows1250, "cp-1251": charmap.Windows1251,
	"koi8": charmap.KOI8R, "koi8-ru": charmap.KOI8U,
	"utf-16": unicode.UTF16(unicode.BigEndian, unicode.UseBOM), "utf-16le": unicode.UTF16(unicode.LittleEndian, unicode.UseBOM),
	"utf-16be": unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
}

func init() {
	for name, e := range encodings {
		charset.RegisterEncoding(name, e)
	}
}

// toUTF8 decodes bytes of the named character set. used names the set that was applied; ok is false when the
// named one was unknown or wrong and another was guessed. The result is valid UTF-8 without NUL.
func toUTF8(raw []byte, name string) (text, used string, ok bool) {
	name = setName(name)
	if text, used, ok = decodeSet(raw, name); !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\ufffd")
	}
	if strings.IndexByte(text, 0) >= 0 {
		text = strings.ReplaceAll(text, "\x00", "")
	}
	return text, used, ok
}

func decodeSet(raw []byte, name string) (string, string, bool) {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if isEscaped(raw) && (name == "" || isASCIIName(name) || isUTF8Name(name)) {
		s, _ := japanese.ISO2022JP.NewDecoder().Bytes(raw)
		return string(s), "iso-2022-jp", isASCIIName(name)
	}
	// UTF-8 that calls itself latin-1 or GBK is common, the reverse by accident nearly impossible, for texts of
	// some length.
	if utf8.Valid(raw) && !stateful(name) {
		if name == "" || isASCIIName(name) || isUTF8Name(name) || isASCII(raw) {
			return string(raw), "utf-8", true
		}
		if n := multibyte(raw); n >= 4 && (single(name) || n%2 == 1) || n >= 12 {
			return string(raw), "utf-8", false
		}
	}
	if name == "" || isASCIIName(name) {
		return guess(raw, false)
	}
	if isUTF8Name(name) {
		return guess(raw, true)
	}
	if name == "utf-7" || name == "unicode-1-1-utf-7" {
		return decodeUTF7(string(raw)), "utf-7", true
	}
	r, err := charset.Reader(name, bytes.NewReader(raw))
	if err != nil {
		s, used, _ := guess(raw, false)
		return s, used, false
	}
	b, err := io.ReadAll(r)
	if err != nil {
		s, used, _ := guess(raw, false)
		return s, used, false
	}
	return string(b), name, true
}

// setName cleans a character set name as it is sent.
func setName(s string) string {
	s = strings.ToLower(strings.Trim(strings.TrimSpace(s), `"'<>;,= `))
	s = strings.TrimPrefix(s, "charset=")
	s, _, _ = strings.Cut(s, "$") // "_iso-2022-jp$esc"
	return strings.ReplaceAll(strings.TrimPrefix(s, "_"), " ", "")
}

func isUTF8Name(s string) bool {
	switch strings.ToLower(s) {
	case "utf-8", "utf8", "utf_8", "utf-8n", "x-utf-8", "unicode-1-1-utf-8", "utf8mb4", "x-utf_8j", "unicode":
		return true
	}
	return false
}

func isASCIIName(s string) bool {
	switch s {
	case "us-ascii", "ascii", "ansi_x3.4-1968", "iso646-us", "unknown-8bit", "x-unknown", "unknown", "default",
		"default_charset", "x-user-defined", "none", "utf-8?", "binary", "8bit", "7bit":
		return true
	}
	return false
}

// stateful sets are valid ASCII or UTF-8 on the wire and mean something else.
func stateful(name string) bool {
	return strings.HasPrefix(name, "iso-2022-") || name == "cp50220" || name == "hz-gb-2312" || strings.HasPrefix(name, "utf-16") || strings.HasSuffix(name, "utf-7")
}

func single(name string) bool {
	return strings.HasPrefix(name, "iso-8859-") || strings.HasPrefix(name, "iso8859") || strings.HasPrefix(name, "windows-12") ||
		strings.HasPrefix(name, "latin") || strings.HasPrefix(name, "koi8") || name == "ansi" || strings.HasPrefix(name, "cp125")
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// multibyte counts the bytes of characters beyond ASCII.
func multibyte(b []byte) int {
	n := 0
	for _, c := range b {
		if c >= 0x80 {
			n++
		}
	}
	return n
}

// isEscaped tells whether the bytes switch character sets as ISO-2022-JP does.
func isEscaped(b []byte) bool {
	return bytes.Contains(b, []byte("\x1b$B")) || bytes.Contains(b, []byte("\x1b$@")) || bytes.Contains(b, []byte("\x1b(J"))
}

package mail

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxFileName is the longest name in bytes: what common file systems take.
const maxFileName = 200

// SafeName makes a file name of what a stranger called a file: no folders, control or direction characters,
// nothing that Windows or a shell treats specially, at most 200 bytes with its ending kept. It never returns "".
func SafeName(s string) string {
	s = strings.ToValidUTF8(s, "_")
	s = s[strings.LastIndexAny(s, `/\`)+1:]
	s = strings.Map(func(r rune) rune {
		switch {
		case isDirection(r):
			return -1
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case strings.ContainsRune(`<>:"|?*`, r), r == 0x2044, r == 0x2215, r == 0xFF0F, r == 0xFF3C:
			return '_'
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	s = strings.TrimRight(strings.TrimLeft(s, ". "), ". ")
	if s == "" {
		return "file"
	}
	if reserved(s) {
		s = "_" + s
	}
	return cutName(s)
}

// reserved reports the device names of Windows, with any ending.
func reserved(s string) bool {
	stem, _, _ := strings.Cut(strings.ToUpper(s), ".")
	switch stem = strings.TrimSpace(stem); stem {
	case "CON", "PRN", "AUX", "NUL":
		return true
	}
	return len(stem) == 4 && (strings.HasPrefix(stem, "COM") || strings.HasPrefix(stem, "LPT")) && stem[3] >= '0' && stem[3] <= '9'
}

func cutName(s string) string {
	if len(s) <= maxFileName {
		return s
	}
	ext := path.Ext(s)
	if len(ext) > 20 {
		ext = ""
	}
	stem := s[:maxFileName-len(ext)]
	for len(stem) > 0 && !utf8.ValidString(stem) {
		stem = stem[:len(stem)-1]
	}
	return strings.TrimRight(stem, ". ") + ext
}

// endings for attachments without a name.
var endings = map[string]string{
	"image/jpeg": ".jpg", "image/jpg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp", "image/bmp": ".bmp",
	"image/svg+xml": ".svg", "image/tiff": ".tif", "image/heic": ".heic", "application/pdf": ".pdf", "application/zip": ".zip",
	"text/plain": ".txt", "text/html": ".html", "text/calendar": ".ics", "text/csv": ".csv", "message/rfc822": ".eml",
	"text/vcard": ".vcf", "text/x-vcard": ".vcf", "application/msword": ".doc", "application/vnd.ms-excel": ".xls",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":       ".xlsx",
	"audio/mpeg": ".mp3", "audio/amr": ".amr", "audio/wav": ".wav", "video/mp4": ".mp4", "application/json": ".json",
	"application/pkcs7-mime": ".p7m", "application/pkcs7-signature": ".p7s", "application/pgp-signature": ".asc", "application/ms-tnef": ".dat",
}

// nameless makes a name for an attachment that came without one.
func nameless(a Attachment, description string) string {
	stem := "file"
	switch a.Kind {
	case KindPicture:
		stem = "picture"
	case KindMessage:
		stem = "message"
	case KindCalendar:
		stem = "invitation"
	case KindTNEF:
		stem = "winmail"
	case KindSMIME, KindPGP:
		if stem = "signature"; !strings.Contains(a.Type, "sign") {
			stem = "encrypted"
		}
	}
	if d := oneLine(description); d != "" {
		if stem = SafeName(d); path.Ext(stem) != "" {
			return stem
		}
	}
	return stem + endings[a.Type]
}

// typeByName guesses a media type by the ending, from the table above and not from the machine's.
func typeByName(name string) string {
	ext := strings.ToLower(path.Ext(name))
	for kind, e := range endings {
		if ext != "" && e == ext && kind != "image/jpg" && kind != "text/x-vcard" {
			return kind
		}
	}
	return "application/octet-stream"
}

package mail

import (
	"crypto/rand"
	"encoding/base32"
	"regexp"
	"strings"
)

// Message ids of ours read deskbell.RANDOM[.TOKEN]@domain. RANDOM has 128 bits. The form tells our own mail
// that comes back in a loop; it proves nothing, since anyone can write it.
const idPrefix = "deskbell."

var idSpelling = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

var ownID = regexp.MustCompile(`^deskbell\.[a-z2-7]{26}(?:\.([A-Za-z0-9_-]{1,128}))?@[^@\s<>]+$`)

// NewMessageID returns a new id for a mail from domain, without angle brackets.
func NewMessageID(domain string) string { return NewMessageIDWith(domain, "") }

// NewMessageIDWith returns a new id that carries a token, by which an answer is known even when the address
// and the subject were lost. The token consists of letters, digits, "_" and "-"; other characters are dropped.
func NewMessageIDWith(domain, token string) string {
	var raw [16]byte
	rand.Read(raw[:])
	id := idPrefix + idSpelling.EncodeToString(raw[:])
	if token = tokenLetters(token); token != "" {
		id += "." + token
	}
	return id + "@" + idDomain(domain)
}

// IsOwnID tells whether an id has the form of ours.
func IsOwnID(id string) bool { return ownID.MatchString(id) }

// IDToken returns the token that an id of ours carries, "" for none.
func IDToken(id string) string {
	if m := ownID.FindStringSubmatch(id); m != nil {
		return m[1]
	}
	return ""
}

func tokenLetters(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' {
			return r
		}
		return -1
	}, s)
	return s[:min(len(s), 128)]
}

// idDomain keeps of a domain what may stand in an id. An address gives its domain.
func idDomain(s string) string {
	s = strings.ToLower(s[strings.LastIndexByte(s, '@')+1:])
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '-' {
			return r
		}
		return -1
	}, s)
	if s = strings.Trim(s, ".-"); s == "" {
		return "localhost.invalid"
	}
	return s[:min(len(s), 200)]
}

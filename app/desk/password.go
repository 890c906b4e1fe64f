package desk

import (
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Hashing is what it takes to hash a password by Argon2id, and so to try one.
type Hashing struct {
	Passes uint32
	KiB    uint32
}

// hard is after the OWASP password storage cheat sheet.
var hard = Hashing{Passes: 2, KiB: 19 << 10}

// hashing lets at most two hashes run at once: each takes memory and a core for some 80 ms.
var hashing = make(chan struct{}, 2)

// Passwords that guessers try first, one a line, in small letters.
//
//go:embed passwords.txt
var common string

const (
	passwordMin = 10  // characters
	passwordMax = 512 // characters: a bound on the work, far above what people choose
)

func checkPassword(c *check, password, email string) {
	n := utf8.RuneCountInString(password)
	low := strings.ToLower(password)
	switch {
	case n < passwordMin:
		c.fault("password", "fault.password_short", passwordMin)
	case n > passwordMax:
		c.fault("password", "fault.password_long", passwordMax)
	case isCommon(low), email != "" && strings.Contains(low, strings.ToLower(email)):
		c.fault("password", "fault.password_common")
	}
}

// isCommon finds a password in the list, also with digits or marks behind it, and one of very few different characters.
func isCommon(low string) bool {
	different := map[rune]bool{}
	for _, r := range low {
		different[r] = true
	}
	if len(different) < 4 {
		return true
	}
	bare := strings.TrimRight(low, "0123456789!.?*#@$")
	for line := range strings.Lines(common) {
		if word := strings.TrimSpace(line); word != "" && (word == low || word == bare || word+word == low) {
			return true
		}
	}
	return false
}

func (h Hashing) hash(password string) string {
	salt := make([]byte, 16)
	rand.Read(salt)
	return h.line(salt, derive(password, salt, h.Passes, h.KiB))
}

// line is how a hash is stored, with what it took.
func (h Hashing) line(salt, sum []byte) string {
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=1$%s$%s", h.KiB, h.Passes, base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum))
}

// nobody is a hash that no password has: an unknown agent costs the same work as a known one.
func (h Hashing) nobody() string { return h.line([]byte("nobodynobodynobody"), make([]byte, 32)) }

// verify takes the same time whether the hash is empty, broken or real.
func (h Hashing) verify(hash, password string) bool {
	if utf8.RuneCountInString(password) > passwordMax {
		password = ""
	}
	known := hash != ""
	if !known {
		hash = h.nobody()
	}
	parts := strings.Split(hash, "$")
	var m, t uint32
	if len(parts) != 6 {
		return false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=1", &m, &t); err != nil {
		return false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil {
		return false
	}
	same := subtle.ConstantTimeCompare(derive(password, salt, t, m), want) == 1
	return same && known
}

func derive(password string, salt []byte, t, m uint32) []byte {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	return argon2.IDKey([]byte(password), salt, t, m, 1, 32)
}

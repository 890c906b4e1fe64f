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

// Argon2id with 19 MiB and two passes, after the OWASP password storage cheat sheet.
const (
	argonTime   = 2
	argonMemory = 19 << 10 // KiB
)

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

func checkPassword(c *check, field, password, email string) {
	n := utf8.RuneCountInString(password)
	low := strings.ToLower(password)
	switch {
	case n < passwordMin:
		c.fault(field, "fault.password_short", passwordMin)
	case n > passwordMax:
		c.fault(field, "fault.password_long", passwordMax)
	case isCommon(low), email != "" && strings.Contains(low, strings.ToLower(email)):
		c.fault(field, "fault.password_common")
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

func hashPassword(password string) string {
	salt := make([]byte, 16)
	rand.Read(salt)
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=1$%s$%s", argonMemory, argonTime,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(derive(password, salt, argonTime, argonMemory)))
}

// nobody is a hash that no password has: an unknown agent costs the same work as a known one.
var nobody = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9ib2R5$" + base64.RawStdEncoding.EncodeToString(make([]byte, 32))

// verifyPassword takes the same time whether the hash is empty, broken or real.
func verifyPassword(hash, password string) bool {
	if utf8.RuneCountInString(password) > passwordMax {
		password = ""
	}
	known := hash != ""
	if !known {
		hash = nobody
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

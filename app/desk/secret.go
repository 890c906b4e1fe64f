package desk

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Key is the 256 bits that encrypt secrets at rest. It lives outside the database.
type Key [32]byte

// ReadKey takes the key from the text (DESKBELL_SECRET_KEY: any text of 32 characters or more) or, when that is empty, from
// the file, which it makes with mode 0600 when it is missing.
func ReadKey(text, file string) (Key, error) {
	if text != "" {
		if len(text) < 32 {
			return Key{}, errors.New("DESKBELL_SECRET_KEY is shorter than 32 characters: make one with `openssl rand -hex 32`")
		}
		return sha256.Sum256([]byte(text)), nil
	}
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(file)
	}
	if err != nil {
		return Key{}, err
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(raw) != len(Key{}) {
		return Key{}, fmt.Errorf("%s does not hold 64 hexadecimal digits: put the key back that this data was written with", file)
	}
	return Key(raw), nil
}

func makeKey(file string) (Key, error) {
	var k Key
	rand.Read(k[:])
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return Key{}, err
	}
	defer f.Close()
	if _, err := fmt.Fprintln(f, hex.EncodeToString(k[:])); err != nil {
		return Key{}, err
	}
	return k, f.Sync()
}

// Box seals secrets with AES-256-GCM, and signs what must come back as it was with HMAC-SHA256.
type Box struct {
	aead cipher.AEAD
	mac  []byte // a key of its own (RFC 5869)
}

// NewBox makes a box of the key.
func NewBox(k Key) *Box {
	block, err := aes.NewCipher(k[:])
	if err != nil {
		panic(err) // 32 bytes are always a key
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	mac, err := hkdf.Expand(sha256.New, k[:], "deskbell signatures", sha256.Size)
	if err != nil {
		panic(err) // so few bytes can always be had
	}
	return &Box{aead, mac}
}

// Sign answers 160 bits that only the key makes of what; where it belongs is bound in.
func (b *Box) Sign(what, where string) string {
	h := hmac.New(sha256.New, b.mac)
	fmt.Fprintf(h, "%d %s %s", len(where), where, what)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:20])
}

// Seal encrypts what; where it belongs (such as "inbox 3") is bound in, so that it opens nowhere else.
func (b *Box) Seal(what []byte, where string) []byte {
	return b.aead.Seal(nil, nil, what, []byte(where))
}

// Unseal opens what Seal made.
func (b *Box) Unseal(sealed []byte, where string) ([]byte, error) {
	plain, err := b.aead.Open(nil, nil, sealed, []byte(where))
	if err != nil {
		return nil, &sealedError{where}
	}
	return plain, nil
}

// sealedError is about a secret that another key than the present one sealed.
type sealedError struct{ where string }

func (e *sealedError) Error() string {
	return "open the secret of " + e.where + ": the secret key is not the one it was sealed with"
}

// IsSealed says whether a secret could not be opened with the present key: it has to be entered again.
func IsSealed(err error) bool {
	var e *sealedError
	return errors.As(err, &e)
}

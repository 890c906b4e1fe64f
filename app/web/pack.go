package web

import (
	"compress/gzip"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"
)

const (
	packFrom  = 1200 // bytes: less than that is one packet anyway
	packLevel = 4    // of 9
)

var packers = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(nil, packLevel)
	return z
}}

// send answers with a page or a part of one, packed where the browser takes it so: a list is a fifth as long then, on a phone's line too.
// How long something is when it is packed tells whether it repeats itself, and so what stands in it to whoever makes the browser ask with
// words of his own (BREACH); so the forms' token never stands there twice alike (mask), and other sites' pages get no answer with our cookies.
func send(c echo.Context, status int, page []byte) error {
	h := c.Response().Header()
	h.Add("Vary", "Accept-Encoding")
	if len(page) < packFrom || !strings.Contains(c.Request().Header.Get("Accept-Encoding"), "gzip") {
		return c.HTMLBlob(status, page)
	}
	h.Set("Content-Type", echo.MIMETextHTMLCharsetUTF8)
	h.Set("Content-Encoding", "gzip")
	c.Response().WriteHeader(status)
	z := packers.Get().(*gzip.Writer)
	defer packers.Put(z)
	z.Reset(c.Response())
	if _, err := z.Write(page); err != nil {
		return err
	}
	return z.Close()
}

// mask writes a token otherwise each time: random bytes, and the token added to as many.
func mask(token string) string {
	b := make([]byte, 2*len(token))
	noise, sum := b[:len(token)], b[len(token):]
	rand.Read(noise)
	subtle.XORBytes(sum, noise, []byte(token))
	return base64.RawURLEncoding.EncodeToString(b)
}

// masked says whether words are the token, masked.
func masked(words, token string) bool {
	b, err := base64.RawURLEncoding.DecodeString(words)
	if err != nil || len(b) != 2*len(token) || token == "" {
		return false
	}
	noise, sum := b[:len(token)], b[len(token):]
	subtle.XORBytes(sum, noise, sum)
	return subtle.ConstantTimeCompare(sum, []byte(token)) == 1
}

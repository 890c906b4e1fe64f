package rest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
)

// FuzzVerify: never a panic, and nothing is believed that the secret has not signed with HS256.
func FuzzVerify(f *testing.F) {
	part := base64.RawURLEncoding.EncodeToString
	sign := func(head, body string) string {
		mac := hmac.New(sha256.New, []byte("a secret of the widget"))
		mac.Write([]byte(part([]byte(head)) + "." + part([]byte(body))))
		return part([]byte(head)) + "." + part([]byte(body)) + "." + part(mac.Sum(nil))
	}
	good := `{"sub":"42","exp":2000000000,"name":"Mei"}`
	for _, t := range []string{sign(`{"alg":"HS256"}`, good), sign(`{"alg":"none"}`, good), sign(`{"alg":"HS256","crit":["b64"]}`, good), sign(`{"alg":"HS256"}`, `[]`), "..", "a.b.c.d", "", sign("{", "{")} {
		f.Add(t)
	}
	f.Fuzz(func(t *testing.T, token string) {
		var c map[string]any
		if Verify(token, "", &c) {
			t.Errorf("believed without a secret: %q", token)
		}
		if !Verify(token, "a secret of the widget", &c) {
			return
		}
		parts := strings.Split(token, ".")
		mac := hmac.New(sha256.New, []byte("a secret of the widget"))
		mac.Write([]byte(parts[0] + "." + parts[1]))
		if sum, err := base64.RawURLEncoding.DecodeString(parts[2]); len(parts) != 3 || err != nil || !hmac.Equal(sum, mac.Sum(nil)) {
			t.Errorf("believed: %q", token)
		}
		if head, err := base64.RawURLEncoding.DecodeString(parts[0]); err != nil || !strings.Contains(string(head), "HS256") {
			t.Errorf("believed with the header %q", head)
		}
	})
}

package app

import (
	"errors"
	"strings"
	"testing"
)

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestEveryFaultAtOnce(t *testing.T) {
	_, err := ReadConfig(env("DESKBELL_LISTEN", "8080", "DESKBELL_URL", "desk.example", "DESKBELL_TRUSTED_PROXIES", "10.0.0.0/8, proxy", "DESKBELL_LOG", "xml", "DESKBELL_ADMIN_EMAIL", "a@b.example", "DESKBELL_SECRET_KEY", "short", "DESKBELL_ALLOW_PRIVATE_NETWORKS", "maybe"))
	var faults Faults
	if !errors.As(err, &faults) {
		t.Fatalf("got %v", err)
	}
	for _, name := range []string{"LISTEN", "URL", "TRUSTED_PROXIES", "LOG", "ADMIN_EMAIL", "SECRET_KEY", "ALLOW_PRIVATE_NETWORKS"} {
		if !strings.Contains(err.Error(), "DESKBELL_"+name) {
			t.Errorf("nothing about DESKBELL_%s in %s", name, err)
		}
	}
	if strings.Contains(err.Error(), "short") {
		t.Error("a secret stands in the error")
	}
}

func TestDefaults(t *testing.T) {
	c, err := ReadConfig(env())
	if err != nil || c.Listen != "127.0.0.1:8080" || c.URL != "http://127.0.0.1:8080" || c.Data != "data" || c.PrivateAllowed {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestCertificatesOfItsOwn(t *testing.T) {
	c, err := ReadConfig(env("DESKBELL_TLS_DOMAIN", "Desk.Example.com, chat.example.com"))
	if err != nil || c.Listen != ":443" || c.URL != "https://desk.example.com" || c.TLS.Redirect != ":80" || len(c.TLS.Domains) != 2 {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err = ReadConfig(env("DESKBELL_TLS_DOMAIN", "desk.example.com", "DESKBELL_TLS_REDIRECT", "off", "DESKBELL_LISTEN", ":8443")); err != nil || c.TLS.Redirect != "" || c.Listen != ":8443" {
		t.Errorf("%+v, %v", c, err)
	}
	for _, bad := range [][]string{
		{"DESKBELL_TLS_DOMAIN", "127.0.0.1"}, {"DESKBELL_TLS_DOMAIN", "*.example.com"}, {"DESKBELL_TLS_DOMAIN", "https://desk.example.com"},
		{"DESKBELL_TLS_DOMAIN", "desk.example.com", "DESKBELL_URL", "https://other.example.com"},
		{"DESKBELL_TLS_DOMAIN", "desk.example.com", "DESKBELL_URL", "http://desk.example.com"},
		{"DESKBELL_TLS_DOMAIN", "desk.example.com", "DESKBELL_TLS_REDIRECT", "80"},
	} {
		if _, err := ReadConfig(env(bad...)); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
}

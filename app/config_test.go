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

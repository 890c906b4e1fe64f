package rest

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestAKeyStandsOnce(t *testing.T) {
	for text, ok := range map[string]bool{
		`{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}`: true,
		`{"a":"a","b":"a"}`:                         true, // a value is no key
		`["a","a"]`:                                 true,
		`{"a":1,"a":1}`:                             false,
		`{"a":1,"A":2}`:                             false,
		`{"a":1,"\u0061":2}`:                        false,
		`{"b":[{"c":{"a":[],"a":[]}}]}`:             false,
		`{"a":{"x":1},"b":2,"a":3}`:                 false,
		`{"sticker":1,"\u017fticker":2}`:            false,
		`{"":1,"":2}`:                               false,
		`7`:                                         true,
	} {
		var v any
		if err := Unmarshal([]byte(text), &v); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// FuzzUnmarshal: it takes nothing that encoding/json refuses, and what it takes means the same to a reader that keeps the first of two
// keys as to one that keeps the last.
func FuzzUnmarshal(f *testing.F) {
	for _, s := range []string{`{"text":"hi","client_id":"1"}`, `{"a":1,"a":2}`, `[{"a":[]},{"a":{}}]`, `{"a":{"b":{"a":null}}}`, `"a"`, `{"K":1,"\u212a":2}`, "{", `{"a":1}{"a":2}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var v any
		err := Unmarshal([]byte(text), &v)
		if err != nil {
			return
		}
		if !json.Valid([]byte(text)) {
			t.Fatalf("%q was taken", text)
		}
		// Written and read again, it has as many values as before: none was hidden behind another.
		again, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := values(text), values(string(again)); a != b {
			t.Errorf("%q has %d values, and %q %d", text, a, again, b)
		}
	})
}

// values counts the tokens of a text.
func values(text string) (n int) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	for {
		if _, err := d.Token(); err != nil {
			return n
		}
		n++
	}
}

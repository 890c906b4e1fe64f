package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"
)

// format is JSON as huma reads and writes it, but for what is said twice.
var format = huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: Unmarshal}

// Unmarshal is json.Unmarshal that refuses an object in which a key stands twice, also in other letters: the one that looks and the one
// that acts might each take another of the two (RFC 8259 section 4).
func Unmarshal(text []byte, v any) error {
	if err := json.Unmarshal(text, v); err != nil {
		return err
	}
	return unique(text)
}

// unique reads JSON that is well-formed. It goes down as deep as the text does, and keeps a set of keys for each object that is open.
func unique(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	type level struct {
		keys  map[string]bool // nil: an array
		value bool            // a key was read, and its value is next
	}
	var open []level
	for d.More() || len(open) > 0 {
		token, err := d.Token()
		if err != nil {
			return err
		}
		var in *level
		if len(open) > 0 {
			in = &open[len(open)-1]
		}
		if key, ok := token.(string); ok && in != nil && in.keys != nil && !in.value {
			folded := strings.Map(fold, key)
			if in.keys[folded] {
				return fmt.Errorf("the key %.40q stands there twice", key)
			}
			in.keys[folded], in.value = true, true
			continue
		}
		if in != nil {
			in.value = false
		}
		switch token {
		case json.Delim('{'):
			open = append(open, level{keys: map[string]bool{}})
		case json.Delim('['):
			open = append(open, level{})
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		}
	}
	return nil
}

// fold answers the same for all letters that encoding/json takes for the same: also K and the sign for kelvin.
func fold(r rune) rune {
	for next := unicode.SimpleFold(r); ; next = unicode.SimpleFold(r) {
		if next <= r {
			return next
		}
		r = next
	}
}

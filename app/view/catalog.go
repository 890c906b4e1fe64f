package view

import (
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/language"
)

// Languages are what every text is written in; the first is for everybody else.
var Languages = []string{"en", "zh-CN"}

var matcher = language.NewMatcher([]language.Tag{language.English, language.SimplifiedChinese})

// Catalog holds the texts of one language by key. A counted text has the keys
// "key.one" and "key.other", or "key.other" alone where the language has no plural.
type Catalog map[string]string

func readCatalogs(views fs.FS) (map[string]Catalog, error) {
	all := map[string]Catalog{}
	for _, lang := range Languages {
		name := "locales/" + lang + ".json"
		b, err := fs.ReadFile(views, name)
		if err != nil {
			return nil, fmt.Errorf("read catalog: %w", err)
		}
		c := Catalog{}
		if err := json.Unmarshal(b, &c); err != nil {
			return nil, fmt.Errorf("read catalog %s: %w", name, err)
		}
		all[lang] = c
	}
	return all, nil
}

// Negotiate answers the language for a reader: the one chosen, else the best of
// an Accept-Language header (RFC 9110 12.5.4), else English.
func Negotiate(chosen, accept string) string {
	for _, lang := range Languages {
		if lang == chosen {
			return lang
		}
	}
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(tags) == 0 {
		return Languages[0]
	}
	_, i, _ := matcher.Match(tags...)
	return Languages[i]
}

// T is the text of a key in a language, {0} {1} … replaced by args. A key that
// no catalog has comes back as it is, so that it is seen.
func (v *Views) T(lang, key string, args ...any) string {
	return v.catalog(lang).t(key, args...)
}

// Who names a customer: by name, else by address, else as a numbered visitor.
func (v *Views) Who(lang, name, email string, id any) string {
	return who(v.catalog(lang), name, email, id)
}

// N is the text of a key for a count; {0} is the count, args follow it.
func (v *Views) N(lang, key string, count int, args ...any) string {
	return v.catalog(lang).n(key, count, args...)
}

// Has tells whether a key has a text.
func (v *Views) Has(key string) bool {
	_, ok := v.catalogs[Languages[0]][key]
	return ok
}

// Saying lists what follows prefix in the keys whose text in a language contains a part, in any case.
func (v *Views) Saying(lang, prefix, part string) (keys []string) {
	part = strings.ToLower(part)
	for key, s := range v.catalog(lang) {
		if short, ok := strings.CutPrefix(key, prefix); ok && strings.Contains(strings.ToLower(s), part) {
			keys = append(keys, short)
		}
	}
	return keys
}

func (v *Views) catalog(lang string) Catalog {
	if c, ok := v.catalogs[lang]; ok {
		return c
	}
	return v.catalogs[Languages[0]]
}

func (c Catalog) t(key string, args ...any) string {
	s, ok := c[key]
	if !ok {
		return key
	}
	return fill(s, args)
}

// text is t for templates. A time among the arguments is HTML already: then the others are escaped, and the whole is HTML.
func (c Catalog) text(key string, args ...any) any {
	if !slices.ContainsFunc(args, func(arg any) bool { _, is := arg.(template.HTML); return is }) {
		return c.t(key, args...)
	}
	safe := slices.Clone(args)
	for i, arg := range safe {
		if _, is := arg.(template.HTML); !is {
			safe[i] = template.HTMLEscaper(arg)
		}
	}
	return template.HTML(c.t(key, safe...))
}

func (c Catalog) n(key string, count int, args ...any) string {
	form := key + ".other"
	if one := key + ".one"; count == 1 && c[one] != "" {
		form = one
	}
	return c.t(form, append([]any{count}, args...)...)
}

// words is every text whose key begins with prefix, as JSON for a page's scripts.
func (c Catalog) words(prefix string) (template.JS, error) {
	some := map[string]string{}
	for key, s := range c {
		if short, ok := strings.CutPrefix(key, prefix); ok {
			some[short] = s
		}
	}
	b, err := json.Marshal(some) // escapes <, > and &: safe inside <script type="application/json">
	return template.JS(b), err
}

// fill replaces {0} … {9}. A value is put in once and never read again, so a
// customer named "{1}" stays "{1}".
func fill(s string, args []any) string {
	if !strings.Contains(s, "{") {
		return s
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '{')
		if i < 0 || i+2 >= len(s) {
			b.WriteString(s)
			return b.String()
		}
		n, err := strconv.Atoi(s[i+1 : i+2])
		if err != nil || s[i+2] != '}' || n >= len(args) {
			b.WriteString(s[:i+1])
			s = s[i+1:]
			continue
		}
		b.WriteString(s[:i])
		fmt.Fprint(&b, args[n])
		s = s[i+3:]
	}
}

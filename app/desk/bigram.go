package desk

import (
	"strings"
	"unicode"
)

func isCJK(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}

// runs calls each for every run of text that is wholly of Chinese, Japanese or Korean characters, or wholly not.
func runs(s string, each func(run []rune, cjk bool)) {
	rs := []rune(s)
	for i := 0; i < len(rs); {
		j, cjk := i, isCJK(rs[i])
		for j < len(rs) && isCJK(rs[j]) == cjk {
			j++
		}
		each(rs[i:j], cjk)
		i = j
	}
}

// indexed turns text into words with spaces between: Latin words as they are; every CJK run as overlapping pairs of
// characters and its last one alone, so that a search for one character finds every place by prefix.
func indexed(s string) string {
	var b strings.Builder
	runs(s, func(run []rune, cjk bool) {
		if !cjk {
			b.WriteString(string(run))
			b.WriteByte(' ')
			return
		}
		for k := range len(run) - 1 {
			b.WriteString(string(run[k : k+2]))
			b.WriteByte(' ')
		}
		b.WriteRune(run[len(run)-1])
		b.WriteByte(' ')
	})
	return b.String()
}

// match is the FTS5 expression for what a person typed. Every word is quoted, so that nothing of FTS5's own syntax gets through;
// empty when there is no word in it.
func match(q string) string {
	var parts []string
	runs(q, func(run []rune, cjk bool) {
		switch {
		case !cjk:
			for _, w := range strings.FieldsFunc(string(run), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
				parts = append(parts, `"`+w+`"*`)
			}
		case len(run) == 1:
			parts = append(parts, `"`+string(run)+`"*`)
		default:
			var pairs []string
			for k := range len(run) - 1 {
				pairs = append(pairs, string(run[k:k+2]))
			}
			parts = append(parts, `"`+strings.Join(pairs, " ")+`"`)
		}
	})
	if len(parts) > 20 {
		parts = parts[:20]
	}
	return strings.Join(parts, " AND ")
}

package sqlite

import (
	"strings"
	"sync/atomic"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// words are the runs of letters and digits of a text, in small letters.
func words(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
}

// Pairs is the SQL function pairs(text): every two neighbouring characters of each word, and its last one alone, with spaces
// between. An FTS5 table of it finds any part of a word, by PairsMatch. It is for names and subjects: it makes a text twice
// as long.
func Pairs(s string) string {
	var b strings.Builder
	for _, w := range words(s) {
		r := []rune(w)
		for i := range r {
			b.WriteString(string(r[i:min(i+2, len(r))]))
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// PairsMatch is the FTS5 expression that finds every word of what a person typed as a part of a word, in any order. It is
// empty when there is no word in it. Everything is quoted, so that nothing of FTS5's own syntax gets through.
func PairsMatch(s string) string {
	var all []string
	for _, w := range words(s) {
		r := []rune(w)
		if len(r) == 1 {
			all = append(all, `"`+w+`"*`)
			continue
		}
		var pairs []string
		for i := range len(r) - 1 {
			pairs = append(pairs, string(r[i:i+2]))
		}
		all = append(all, `"`+strings.Join(pairs, " ")+`"`)
	}
	if len(all) > 10 {
		all = all[:10]
	}
	return strings.Join(all, " AND ")
}

// Holds is the SQL function holds(text, asked): whether PairsMatch(asked) would find the text in an FTS5 table of its pairs. It asks of one text
// what the table knows of all of them, for words that nearly all have.
func Holds(text, asked string) bool {
	last := lastAsked.Load()
	if last == nil || last.text != asked {
		last = &askedWords{asked, words(plain(asked))}
		lastAsked.Store(last)
	}
	text = plain(strings.ToLower(text))
	for i, w := range last.words {
		if i == 10 {
			break
		}
		if !strings.Contains(text, w) { // there is nothing but letters and digits in it, so it stands within one word
			return false
		}
	}
	return true
}

// lastAsked is what was asked before: one question asks it of many texts.
var lastAsked atomic.Pointer[askedWords]

type askedWords struct {
	text  string
	words []string
}

// plain takes the marks off letters, as FTS5's remove_diacritics does.
func plain(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r >= 0xc0 && r < 0x2e80 }) { // Chinese has none
		return s
	}
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(s))
}

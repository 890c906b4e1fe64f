package desk

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Mark is where a text has what somebody looks for: bytes From to To, To not in it.
type Mark struct{ From, To int }

// wanted is one word of what is looked for.
type wanted struct {
	runes []rune
	word  bool // the beginning of a word; else anywhere
}

// wants reads what somebody typed as match does: Chinese, Japanese and Korean anywhere in a text, other words by their beginning.
func wants(q string) (list []wanted) {
	runs(q, func(run []rune, cjk bool) {
		if cjk {
			list = append(list, wanted{folded(string(run)), false})
			return
		}
		for _, w := range strings.FieldsFunc(string(run), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			list = append(list, wanted{folded(w), true})
		}
	})
	return list
}

// folded is a text without case and accents, a character for a character.
func folded(s string) []rune {
	rs := []rune(s)
	for i, r := range rs {
		if r >= 0x80 {
			for _, first := range norm.NFD.String(string(r)) {
				r = first
				break
			}
		}
		rs[i] = unicode.ToLower(r)
	}
	return rs
}

// Marks finds the places of what somebody looks for, in the order of the text; none when a word of it is not there at all.
func Marks(text, q string) (marks []Mark) {
	words, rs := wants(q), folded(text)
	if len(words) == 0 {
		return nil
	}
	at := make([]int, 0, len(rs)+1) // where each character begins
	for i := range text {
		at = append(at, i)
	}
	at = append(at, len(text))
	there := make([]bool, len(words))
	for i := 0; i < len(rs); {
		longest := 0
		for k, w := range words {
			if hasAt(rs, i, w) {
				there[k] = true
				longest = max(longest, len(w.runes))
			}
		}
		if longest == 0 {
			i++
			continue
		}
		marks = append(marks, Mark{at[i], at[i+longest]})
		i += longest
	}
	for k, ok := range there {
		if !ok && !stands(rs, words[k]) { // it may have stood within another's mark
			return nil
		}
	}
	return marks
}

func stands(rs []rune, w wanted) bool {
	for i := range rs {
		if hasAt(rs, i, w) {
			return true
		}
	}
	return false
}

func hasAt(rs []rune, i int, w wanted) bool {
	if len(rs)-i < len(w.runes) {
		return false
	}
	for k, r := range w.runes {
		if rs[i+k] != r {
			return false
		}
	}
	return !w.word || i == 0 || isCJK(rs[i-1]) || !unicode.IsLetter(rs[i-1]) && !unicode.IsDigit(rs[i-1])
}

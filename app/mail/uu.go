package mail

import (
	"bufio"
	"regexp"
	"strings"
)

var uuBegin = regexp.MustCompile(`(?m)^begin [0-7]{3,4} ([^\n]+)\n`)

// cutUU takes files out that were written into plain text by uuencode, and makes attachments of them.
func (w *walk) cutUU(text string) string {
	for range 50 {
		at := uuBegin.FindStringSubmatchIndex(text)
		if at == nil {
			return text
		}
		end := strings.Index(text[at[1]:], "\nend")
		if end < 0 || !uuPlausible(text[at[1]:at[1]+end]) {
			return text
		}
		stop := at[1] + end + len("\nend")
		name := strings.TrimSpace(text[at[2]:at[3]])
		a := Attachment{Type: "application/octet-stream", Kind: kindOf("", strings.ToLower(name)), named: name, Name: SafeName(name)}
		w.keep(a, &uuReader{r: bufio.NewReader(strings.NewReader(text[at[0]:stop] + "\n"))})
		text = text[:at[0]] + strings.TrimPrefix(text[stop:], "\n")
	}
	return text
}

// uuPlausible checks that the lines have the lengths they say.
func uuPlausible(s string) bool {
	for _, line := range strings.Split(s, "\n") {
		if line == "" || line == "`" {
			continue
		}
		n := int(line[0]-' ') & 63
		if want := (n + 2) / 3 * 4; len(line)-1 < want-3 || len(line)-1 > want+2 {
			return false
		}
	}
	return true
}

package mail

import (
	"html"
	"regexp"
	"strings"
	"time"
)

// Quote is the older mail that stands below an answer.
type Quote struct {
	At       time.Time // in the time zone to show
	Name     string    // who wrote it
	Text     string
	HTML     string // sanitised; "" makes it from Text
	Language string // of the line above it: "zh-CN", else English
}

// line is the sentence above the quotation, in the words that mail programs know to fold.
func (q *Quote) line() string {
	name := headerWords(q.Name, maxName)
	if strings.HasPrefix(strings.ToLower(q.Language), "zh") {
		return "在 " + q.At.Format("2006年1月2日 15:04") + "，" + name + " 写道："
	}
	return "On " + q.At.Format("Mon, 2 Jan 2006 at 15:04") + ", " + name + " wrote:"
}

func (q *Quote) text() string {
	var b strings.Builder
	b.WriteString(q.line())
	for _, l := range strings.Split(strings.Trim(normalLines(q.Text), "\n"), "\n") {
		b.WriteString("\n>")
		if l != "" && l[0] != '>' {
			b.WriteByte(' ')
		}
		b.WriteString(l)
	}
	return b.String() + "\n"
}

func (q *Quote) html() string {
	body := q.HTML
	if body == "" {
		body = HTMLFromText(normalLines(q.Text))
	}
	return `<div class="gmail_quote deskbell_quote"><div>` + html.EscapeString(q.line()) + `</div>` +
		`<blockquote type="cite" style="margin:0 0 0 0.8ex;border-left:2px solid #ccc;padding-left:1ex">` + body + `</blockquote></div>`
}

var linkInText = regexp.MustCompile(`(?i)\b(?:https?://|www\.)[^\s<>"'，。；！？、（）【】《》「」]+|\b[A-Z0-9._%+-]+@[A-Z0-9-]+(?:\.[A-Z0-9-]+)*\.[A-Z]+\b`)

// HTMLFromText makes HTML of plain text: escaped, paragraphs at blank lines, breaks at line ends, addresses of
// the web and of mail made into links.
func HTMLFromText(text string) string {
	var b strings.Builder
	for _, p := range strings.Split(strings.Trim(normalLines(text), "\n"), "\n\n") {
		if p = strings.Trim(p, "\n"); strings.TrimSpace(p) == "" {
			continue
		}
		b.WriteString("<p>")
		for i, l := range strings.Split(p, "\n") {
			if i > 0 {
				b.WriteString("<br>\n")
			}
			writeLine(&b, l)
		}
		b.WriteString("</p>\n")
	}
	return b.String()
}

func writeLine(b *strings.Builder, l string) {
	at := 0
	for _, m := range linkInText.FindAllStringIndex(l, 200) {
		word := strings.TrimRight(l[m[0]:m[1]], ".,;:!?*_)]}")
		if strings.Count(word, "(") > strings.Count(word, ")") && strings.HasPrefix(l[m[0]+len(word):], ")") {
			word += ")"
		}
		href := word
		switch low := strings.ToLower(word); {
		case strings.HasPrefix(low, "www."):
			href = "https://" + word
		case !strings.HasPrefix(low, "http"):
			href = "mailto:" + word
		}
		b.WriteString(spaces(html.EscapeString(l[at:m[0]])))
		b.WriteString(`<a href="` + html.EscapeString(href) + `">` + html.EscapeString(word) + `</a>`)
		at = m[0] + len(word)
	}
	b.WriteString(spaces(html.EscapeString(l[at:])))
}

// spaces keeps rows of blanks, as in tables made by hand.
func spaces(s string) string { return strings.ReplaceAll(s, "  ", " &nbsp;") }

package view

import (
	"html/template"
	"strings"
)

// notes draws what colleagues keep at hand: a line that begins with # is a heading, those that begin with - or * are a list, an empty
// line ends a paragraph, **words** are bold and web addresses are links. All else is text as it stands.
func notes(s string) template.HTML {
	var b strings.Builder
	open := "" // the element that lines are added to
	into := func(element string) {
		if open == element {
			return
		}
		if open != "" {
			b.WriteString("</" + open + ">")
		}
		if open = element; open != "" {
			b.WriteString("<" + open + ">")
		}
	}
	for line := range strings.Lines(strings.ReplaceAll(s, "\r\n", "\n")) {
		line = strings.TrimRight(line, " \t\n")
		bare := strings.TrimLeft(line, " \t")
		heading := strings.TrimLeft(bare, "#")
		switch {
		case bare == "":
			into("")
		case heading != bare && strings.HasPrefix(heading, " "):
			into("")
			b.WriteString("<h3>" + bold(strings.TrimSpace(heading)) + "</h3>")
		case strings.HasPrefix(bare, "- "), strings.HasPrefix(bare, "* "), strings.HasPrefix(bare, "• "):
			into("ul")
			_, item, _ := strings.Cut(bare, " ")
			b.WriteString("<li>" + bold(item) + "</li>")
		default:
			if open == "p" {
				b.WriteString("<br>")
			}
			into("p")
			b.WriteString(bold(line))
		}
	}
	into("")
	return template.HTML(b.String())
}

// bold draws one line. Stars that are not closed are stars.
func bold(s string) string {
	parts := strings.Split(s, "**")
	if len(parts)%2 == 0 {
		return string(prose(s))
	}
	var b strings.Builder
	for i, part := range parts {
		if drawn := string(prose(part)); i%2 == 1 && drawn != "" {
			b.WriteString("<b>" + drawn + "</b>")
		} else {
			b.WriteString(drawn)
		}
	}
	return b.String()
}

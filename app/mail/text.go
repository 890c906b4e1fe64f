package mail

import (
	"html"
	"io"
	"strings"
)

// segment is one stretch of the words of a mail: the same in plain text and in HTML, or one of them.
type segment struct {
	group       int // alternative it belongs to; 0: none
	plain, html string
}

// text reads a text part into the words of the mail.
func (w *walk) text(kind string, params map[string]string, src io.Reader) {
	raw, err := io.ReadAll(io.LimitReader(src, w.textLeft+1))
	if err != nil {
		w.m.fault(FaultEncoding, "text cut off")
	}
	if int64(len(raw)) > w.textLeft {
		raw = raw[:w.textLeft]
		w.m.fault(FaultLimit, "text longer than %d bytes", w.opts.Limits.Text)
	}
	w.textLeft -= int64(len(raw))
	set := params["charset"]
	if kind == "text/html" && (set == "" || isASCIIName(setName(set))) {
		set = metaCharset(raw, set)
	}
	text, used, ok := toUTF8(raw, set)
	switch {
	case !ok && set == "":
		w.m.fault(FaultCharset, "text names no character set, read as %s", used)
	case !ok:
		w.m.fault(FaultCharset, "text is not good %.40q, read as %s", set, used)
	}
	if w.hint == "" && !isASCII(raw) {
		w.hint = used
	}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	group := 0
	if n := len(w.levels); n > 0 {
		group = w.levels[n-1].group
	}
	if kind == "text/html" {
		w.addHTML(group, text)
		return
	}
	if strings.EqualFold(params["format"], "flowed") {
		text = unflow(text, strings.EqualFold(params["delsp"], "yes"))
	}
	if kind == "text/enriched" {
		text = plainFromEnriched(text)
	}
	if strings.Contains(text, "-----BEGIN PGP MESSAGE-----") {
		w.m.Encrypted = true
	}
	w.addPlain(group, w.cutUU(text))
}

func (w *walk) addPlain(group int, text string) {
	if n := len(w.segments); n > 0 && group > 0 && w.segments[n-1].group == group && w.segments[n-1].plain == "" {
		w.segments[n-1].plain = text
		return
	}
	w.segments = append(w.segments, segment{group: group, plain: text})
}

func (w *walk) addHTML(group int, text string) {
	if n := len(w.segments); n > 0 && group > 0 && w.segments[n-1].group == group && w.segments[n-1].html == "" {
		w.segments[n-1].html = text
		return
	}
	w.segments = append(w.segments, segment{group: group, html: text})
}

// words joins the segments: Text from plain parts, or from HTML where there is no plain part worth the name;
// HTML only when the mail has any.
func (w *walk) words() (text, htm string) {
	var t, h []string
	any := false
	for _, s := range w.segments {
		any = any || s.html != ""
	}
	for _, s := range w.segments {
		plain := s.plain
		if s.html != "" && hollow(plain) {
			plain = TextFromHTML(s.html)
		}
		if plain = strings.Trim(plain, "\n"); strings.TrimSpace(plain) != "" {
			t = append(t, plain)
		}
		switch {
		case !any:
		case s.html != "":
			h = append(h, s.html)
		case strings.TrimSpace(s.plain) != "":
			h = append(h, paragraphs(s.plain))
		}
	}
	return strings.Join(t, "\n\n"), strings.Join(h, "\n")
}

// hollow tells whether a plain part says nothing: empty, or only that the mail wants a better program.
func hollow(s string) bool {
	s = strings.TrimSpace(s)
	if s == "" {
		return true
	}
	if len(s) > 400 {
		return false
	}
	low := strings.ToLower(s)
	for _, phrase := range []string{
		"html-capable", "html capable", "does not support html", "doesn't support html", "cannot display html", "html email client",
		"view this email in html", "to view the message, please use an html", "this is a multi-part message in mime", "不支持html", "请使用支持html",
	} {
		if strings.Contains(low, phrase) {
			return true
		}
	}
	return false
}

// paragraphs makes HTML of plain text, for mails whose parts are of both kinds.
func paragraphs(s string) string {
	return "<div>" + strings.ReplaceAll(html.EscapeString(strings.Trim(s, "\n")), "\n", "<br>\n") + "</div>"
}

// unflow joins the lines of format=flowed (RFC 3676): a line that ends in a blank goes on in the next of the
// same quote depth. delsp takes that blank out, as Asian texts need.
func unflow(s string, delsp bool) string {
	var out strings.Builder
	depth, open := -1, false
	for _, line := range strings.Split(s, "\n") {
		d := len(line) - len(strings.TrimLeft(line, ">"))
		body := strings.TrimPrefix(line[d:], " ") // space-stuffing
		if !open || d != depth || body == "-- " {
			if depth >= 0 {
				out.WriteByte('\n')
			}
			if d > 0 {
				out.WriteString(strings.Repeat(">", min(d, 50)) + " ")
			}
		}
		depth, open = d, strings.HasSuffix(body, " ") && body != "-- "
		if open && delsp {
			body = strings.TrimSuffix(body, " ")
		}
		out.WriteString(body)
	}
	return out.String()
}

// plainFromEnriched drops the commands of text/enriched (RFC 1896).
func plainFromEnriched(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			break
		}
		b.WriteString(s[:i])
		if strings.HasPrefix(s[i:], "<<") {
			b.WriteByte('<')
			s = s[i+2:]
			continue
		}
		end := strings.IndexByte(s[i:], '>')
		if end < 0 {
			s = s[i:]
			break
		}
		tag := strings.ToLower(s[i+1 : i+end])
		s = s[i+end+1:]
		if tag == "param" {
			if j := strings.Index(strings.ToLower(s), "</param>"); j >= 0 {
				s = s[j+len("</param>"):]
			}
		}
	}
	b.WriteString(s)
	return b.String()
}

// metaCharset finds the character set that an HTML page names for itself.
func metaCharset(raw []byte, set string) string {
	head := strings.ToLower(string(raw[:min(len(raw), 4096)]))
	i := strings.Index(head, "charset=")
	if i < 0 || !strings.Contains(head[:i], "<meta") {
		return set
	}
	v := strings.TrimLeft(head[i+len("charset="):], `"' `)
	if end := strings.IndexAny(v, `"' >;/`); end >= 0 {
		v = v[:end]
	}
	return v
}

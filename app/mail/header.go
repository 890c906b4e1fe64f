package mail

import (
	"bufio"
	"bytes"
	"strings"
	"time"

	netmail "net/mail"

	"github.com/emersion/go-message/textproto"
)

// Header is the head of a mail or of a part.
type Header struct {
	h    textproto.Header
	hint string // character set to try first for raw bytes
}

// First returns the first field of that name as it stands, unfolded but not decoded.
func (h Header) First(name string) (string, bool) {
	if !h.h.Has(name) {
		return "", false
	}
	return h.h.Get(name), true
}

// Get returns the first field of that name as it stands, or "".
func (h Header) Get(name string) string { return h.h.Get(name) }

// All returns every field of that name as they stand, in order, at most 100.
func (h Header) All(name string) []string {
	v := h.h.Values(name)
	if len(v) > 100 {
		v = v[:100]
	}
	return v
}

// Text returns the first field of that name, decoded.
func (h Header) Text(name string) string { return decodeWords(h.h.Get(name), h.hint) }

// Len is the number of fields.
func (h Header) Len() int { return h.h.Len() }

func (h Header) addresses(m *Message, name, hint string) []Address {
	var list []Address
	for _, v := range h.All(name) {
		list = append(list, parseAddresses(v, hint)...)
	}
	if len(list) > maxAddresses {
		m.fault(FaultLimit, "more than %d addresses in %s", maxAddresses, name)
		list = list[:maxAddresses]
	}
	for i := range list {
		if list[i].shorten() {
			m.fault(FaultAddress, "name in %s shortened to %d characters", name, maxName)
		}
	}
	return list
}

// readHeader reads the lines of a head up to the blank line and mends what is broken. A boundary in the
// middle of a head ends it; it is put back.
func (w *walk) readHeader(top bool) Header {
	var lines [][]byte
	size, over, ended := 0, false, false
	for !ended {
		line, start, ok := w.s.piece()
		if !ok {
			break
		}
		blank := len(bytes.TrimRight(line, "\r\n")) == 0
		switch {
		case start && blank && top && len(lines) == 0:
			w.m.fault(FaultHeader, "blank lines before the head")
			continue
		case start && blank:
			ended = true
			continue
		case start:
			if _, ok := w.s.boundary(line); ok {
				w.s.unread([][]byte{bytes.Clone(line)})
				ended = true
				continue
			}
		}
		size += len(line)
		if size > w.opts.Limits.Header || len(lines) >= maxHeaderLines {
			over = true
			continue
		}
		switch n := len(lines); {
		case start:
			lines = append(lines, bytes.Clone(line))
		case n > 0: // of a boundary or of blanks, longer than the buffer, there is nothing to go on with
			lines[n-1] = append(lines[n-1], line...)
		}
	}
	if over {
		w.m.fault(FaultLimit, "head longer than %d bytes", w.opts.Limits.Header)
	}
	return w.mend(lines, ended)
}

const maxHeaderLines = 5000

// mend keeps the good lines of a head. A bad line between good ones is taken as a continuation that lost its
// indent; bad lines at the end are the body of a mail that lost its blank line, and are put back.
func (w *walk) mend(lines [][]byte, ended bool) Header {
	last, bad := -1, false
	for i, l := range lines {
		switch {
		case headerKey(l) != "" && (!bad || likelyHeader(l)):
			last = i
		case i > 0 && last >= 0 && isWSP(l[0]):
			if last == i-1 {
				last = i
			}
		default:
			bad = true
		}
	}
	var block bytes.Buffer
	mended := false
	for _, l := range lines[:last+1] {
		text := bytes.TrimRight(l, "\r\n")
		switch {
		case headerKey(l) != "":
		case block.Len() == 0: // an mbox "From " line, or a continuation of nothing
			mended = true
			continue
		case isWSP(l[0]):
		default:
			mended = true
			block.WriteByte(' ')
		}
		block.Write(bytes.ReplaceAll(text, []byte("\r"), []byte(" ")))
		block.WriteString("\r\n")
	}
	if rest := lines[last+1:]; len(rest) > 0 {
		mended = true
		if ended { // the blank line that was taken belongs to the text
			rest = append(rest[:len(rest):len(rest)], []byte("\r\n"))
		}
		w.s.unread(rest)
	}
	if mended {
		w.m.fault(FaultHeader, "broken header lines")
	}
	block.WriteString("\r\n")
	h, err := textproto.ReadHeader(bufio.NewReader(&block))
	if err != nil {
		w.m.fault(FaultHeader, "unreadable header")
	}
	return Header{h: h, hint: w.hint}
}

// headerKey returns the field name of a line, or "" when it is not one (RFC 5322 section 2.2; blanks before
// the colon are obsolete syntax but common).
func headerKey(line []byte) string {
	i := bytes.IndexByte(line, ':')
	if i <= 0 || i > 200 {
		return ""
	}
	key := bytes.TrimRight(line[:i], " \t")
	if len(key) == 0 {
		return ""
	}
	for _, c := range key {
		if c <= 32 || c >= 127 {
			return ""
		}
	}
	return string(key)
}

// likelyHeader tells whether a line behind a broken one is still of the head and not of the text.
func likelyHeader(line []byte) bool {
	key := strings.ToLower(headerKey(line))
	switch key {
	case "from", "to", "cc", "bcc", "subject", "date", "sender", "received", "references", "precedence", "lines", "organization":
		return true
	}
	return strings.Contains(key, "-") && !strings.Contains(key, "/")
}

func isWSP(c byte) bool { return c == ' ' || c == '\t' }

// readDate reads the Date header, as leniently as net/mail allows, and some forms it does not.
func (m *Message) readDate() {
	v := strings.TrimSpace(m.Header.Get("Date"))
	if v == "" {
		m.fault(FaultDate, "no date")
		return
	}
	t, ok := parseDate(v)
	if !ok {
		m.fault(FaultDate, "unreadable date")
		return
	}
	m.Date = t.UTC()
}

var dateForms = []string{
	time.RFC3339, time.ANSIC, time.UnixDate, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05", "2006/01/02 15:04:05",
	"Mon, 2 Jan 2006 15:04:05", "2 Jan 2006 15:04:05", "Mon, 2 Jan 2006 15:04 -0700", "Mon, 2 January 2006 15:04:05 -0700",
	"Mon, Jan 2 2006 15:04:05 -0700", "Mon Jan 2 15:04:05 2006 -0700", "Mon, 2 Jan 2006 15.04.05 -0700", "Mon 2 Jan 2006 15:04:05 -0700",
}

func parseDate(v string) (time.Time, bool) {
	if len(v) > 200 {
		return time.Time{}, false
	}
	if i := strings.IndexByte(v, '('); i > 0 {
		v = strings.TrimSpace(v[:i])
	}
	t, err := netmail.ParseDate(v)
	for i := 0; err != nil && i < len(dateForms); i++ {
		t, err = time.Parse(dateForms[i], v)
	}
	if err != nil || t.Year() < 1970 || t.Year() > 2200 {
		return time.Time{}, false
	}
	return t, true
}

package mail

import (
	"bytes"
	"io"
	"strings"
)

// walk goes through the parts of one mail.
type walk struct {
	m    *Message
	s    *scanner
	opts Options

	levels   []level // open multiparts, outermost first
	parts    int
	textLeft int64  // bytes of text still allowed
	hint     string // character set of the first text part that names one
	segments []segment
	groups   int // alternatives met so far

	report report  // what a delivery report says
	inner  *Header // head of the first mail inside this one
}

// level is one open multipart.
type level struct {
	subtype string // mixed, alternative, related, report, …
	group   int    // number of the innermost alternative around its parts, 0: none
}

func newWalk(m *Message, r io.Reader, opts Options) *walk {
	return &walk{m: m, s: newScanner(r), opts: opts, textLeft: opts.Limits.Text}
}

func (w *walk) run() {
	h := w.readHeader(true)
	w.m.Header = h
	end := w.part(h)
	for end.level >= 0 {
		end = w.after(end)
	}
	w.m.Header.hint = w.hint
	if w.s.err != nil {
		w.m.fault(FaultRead, "source ended early: %v", w.s.err)
	}
	if len(w.levels) > 0 {
		w.m.fault(FaultStructure, "closing boundary missing")
	}
}

// after goes on behind a boundary: to the next part, or behind the end of a multipart.
func (w *walk) after(at mark) mark {
	if at.level < len(w.levels)-1 {
		w.m.fault(FaultStructure, "closing boundary missing")
	}
	w.levels, w.s.open = w.levels[:at.level+1], w.s.open[:at.level+1]
	if at.final {
		w.levels, w.s.open = w.levels[:at.level], w.s.open[:at.level]
		return (&body{s: w.s}).finish() // the epilogue
	}
	if w.parts++; w.parts > w.opts.Limits.Parts {
		w.m.fault(FaultLimit, "more than %d parts", w.opts.Limits.Parts)
		return (&body{s: w.s}).finish()
	}
	return w.part(w.readHeader(false))
}

// part reads the entity behind its head and returns the boundary that ended it.
func (w *walk) part(h Header) mark {
	kind, params := w.typeOf(h)
	sub, multi := strings.CutPrefix(kind, "multipart/")
	if multi && len(w.levels) >= w.opts.Limits.Depth {
		w.m.fault(FaultLimit, "parts nested deeper than %d", w.opts.Limits.Depth)
		multi = false
	}
	if multi {
		bound := params["boundary"]
		if bound == "" || len(bound) > 1000 {
			bound = w.guessBoundary()
			w.m.fault(FaultStructure, "multipart without a boundary")
		}
		if bound != "" {
			w.push(sub, bound, params)
			return w.preamble()
		}
		kind = "text/plain"
	}
	b := &body{s: w.s}
	w.leaf(h, kind, params, b)
	return b.finish()
}

// preamble skips what stands above the first part. When no part comes, it is all there is, and is shown.
func (w *walk) preamble() mark {
	own := len(w.levels) - 1
	b := &body{s: w.s}
	head := &prefix{max: maxPreamble}
	io.Copy(head, b)
	if b.end.level != own && len(bytes.TrimSpace(head.buf)) > 0 {
		w.m.fault(FaultStructure, "boundary not found")
		w.text("text/plain", nil, bytes.NewReader(head.buf))
	}
	return b.end
}

const maxPreamble = 1 << 20

func (w *walk) push(sub, bound string, params map[string]string) {
	group := 0
	if n := len(w.levels); n > 0 {
		group = w.levels[n-1].group
	}
	if sub == "alternative" {
		w.groups++
		group = w.groups
	}
	switch sub {
	case "signed":
		w.m.Signed = true
	case "encrypted":
		w.m.Encrypted = true
	case "report":
		w.report.kind = strings.ToLower(params["report-type"])
		if w.report.kind == "" {
			w.report.kind = "unknown"
		}
	}
	w.levels = append(w.levels, level{sub, group})
	w.s.open = append(w.s.open, "--"+bound)
}

// typeOf reads the Content-Type of a part.
func (w *walk) typeOf(h Header) (string, map[string]string) {
	v, have := h.First("Content-Type")
	if !have || strings.TrimSpace(v) == "" {
		if n := len(w.levels); n > 0 && w.levels[n-1].subtype == "digest" {
			return "message/rfc822", nil
		}
		return "text/plain", map[string]string{}
	}
	kind, params, ok := mediaType(v, w.hint)
	switch {
	case kind == "text" || kind == "plain" || kind == "text/text":
		kind, ok = "text/plain", false
	case kind == "html":
		kind, ok = "text/html", false
	case !strings.Contains(kind, "/"):
		kind, ok = "application/octet-stream", false
	}
	if !ok {
		w.m.fault(FaultType, "unreadable Content-Type")
	}
	return kind, params
}

// guessBoundary looks ahead for a line that looks like a delimiter with a part's head behind it.
func (w *walk) guessBoundary() string {
	head, _ := w.s.br.Peek(8 << 10)
	lines := bytes.Split(head, []byte("\n"))
	for i := 0; i+1 < len(lines); i++ {
		l := bytes.TrimRight(lines[i], " \t\r")
		if len(l) > 2 && l[0] == '-' && l[1] == '-' && strings.HasPrefix(strings.ToLower(string(lines[i+1])), "content-") {
			return string(l[2:])
		}
	}
	return ""
}

// leaf reads a part that has no parts of its own.
func (w *walk) leaf(h Header, kind string, params map[string]string, b *body) {
	a := w.describe(h, kind, params)
	src := w.transfer(h, kind, b)
	switch {
	case w.isText(kind, &a):
		w.text(kind, params, src)
	case kind == "message/delivery-status" || kind == "message/global-delivery-status" ||
		kind == "message/disposition-notification" || kind == "text/rfc822-headers":
		w.readReport(kind, src)
	case kind == "message/rfc822" || kind == "message/global":
		head := &prefix{max: w.opts.Limits.Header}
		w.keep(a, io.TeeReader(src, head))
		w.readInner(head.buf)
	case a.Kind == KindCalendar:
		whole := &prefix{max: maxCalendar}
		w.keep(a, io.TeeReader(src, whole))
		if w.m.Invitation == nil {
			w.m.Invitation = readCalendar(whole.buf, a.Method, w.hint)
		}
	case a.Kind == KindTNEF:
		whole := &prefix{max: maxTNEF}
		w.keep(a, io.TeeReader(src, whole))
		w.openTNEF(whole.buf, len(w.m.Attachments)-1)
	default:
		w.keep(a, src)
	}
}

// isText tells whether a part is of the words of the mail and not a file.
func (w *walk) isText(kind string, a *Attachment) bool {
	if kind != "text/plain" && kind != "text/html" && kind != "text/enriched" && kind != "text/markdown" {
		return false
	}
	if a.disposition == "attachment" {
		return false
	}
	return a.named == "" || len(w.segments) == 0 && a.disposition != "inline"
}

// prefix keeps the first bytes written to it.
type prefix struct {
	buf []byte
	max int
}

func (p *prefix) Write(b []byte) (int, error) {
	if room := p.max - len(p.buf); room > 0 {
		p.buf = append(p.buf, b[:min(room, len(b))]...)
	}
	return len(b), nil
}

// readInner reads the head of a mail inside this one.
func (w *walk) readInner(raw []byte) {
	in := &walk{m: &Message{}, s: newScanner(bytes.NewReader(raw)), opts: w.opts, hint: w.hint}
	h := in.readHeader(true)
	if h.Len() == 0 {
		return
	}
	if w.inner == nil {
		w.inner = &h
	}
	w.report.original(h)
}

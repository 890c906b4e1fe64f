package mail

import (
	"bufio"
	"bytes"
	"io"
	"strings"

	"github.com/emersion/go-message/textproto"
)

// Bounce is what a delivery report says (RFC 3464), or what could be read from one that follows no standard.
type Bounce struct {
	Failures   []Failure `json:"failures"`
	OriginalID string    `json:"original_id,omitempty"` // Message-ID of the mail it is about
	By         string    `json:"by"`                    // how it was recognised: "delivery-status", "qmail", "exim", "exchange", "qq", …
}

// Failure is the fate of one recipient.
type Failure struct {
	Recipient  string `json:"recipient,omitempty"`
	Action     string `json:"action"`               // failed, delayed, delivered, relayed, expanded (RFC 3464 section 2.3.3)
	Status     string `json:"status,omitempty"`     // enhanced status code (RFC 3463), as 5.1.1
	Diagnostic string `json:"diagnostic,omitempty"` // the other side's own words, one line, at most 500 bytes
}

// Permanent tells whether a recipient was given up. "failed" says so whatever the status, which is still that of the last attempt when a
// mail has waited too long (RFC 3464 section 2.3.3).
func (f Failure) Permanent() bool {
	return f.Action == "failed" || f.Action == "" && strings.HasPrefix(f.Status, "5")
}

// Permanent tells whether any recipient was given up.
func (b *Bounce) Permanent() bool {
	for _, f := range b.Failures {
		if f.Permanent() {
			return true
		}
	}
	return false
}

const (
	maxFailures   = 100
	maxReport     = 256 << 10
	maxDiagnostic = 500
)

// report is what the machine-readable parts of a mail said.
type report struct {
	kind       string // report-type of multipart/report
	status     bool   // a delivery-status part was there
	failures   []Failure
	originalID string
}

// readReport reads a machine-readable part.
func (w *walk) readReport(kind string, src io.Reader) {
	raw, _ := io.ReadAll(io.LimitReader(src, maxReport))
	switch kind {
	case "text/rfc822-headers":
		w.readInner(raw)
	case "message/disposition-notification":
		for _, h := range reportFields(raw) {
			w.report.setOriginal(h.Get("Original-Message-Id"))
		}
	default:
		w.report.status = true
		for _, h := range reportFields(raw) {
			w.report.setOriginal(h.Get("X-Original-Message-Id"))
			w.report.setOriginal(h.Get("Original-Message-Id"))
			if h.Has("Action") || h.Has("Status") || h.Has("Final-Recipient") || h.Has("Original-Recipient") {
				w.report.failures = append(w.report.failures, failureOf(h))
			}
			if len(w.report.failures) >= maxFailures {
				break
			}
		}
	}
}

// reportFields reads the groups of fields of a delivery report, separated by blank lines.
func reportFields(raw []byte) []textproto.Header {
	raw = bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
	var out []textproto.Header
	for _, group := range bytes.Split(raw, []byte("\n\n")) {
		var good bytes.Buffer
		for _, l := range bytes.Split(group, []byte("\n")) {
			if headerKey(l) != "" || len(l) > 0 && isWSP(l[0]) && good.Len() > 0 {
				good.Write(append(bytes.Clone(l), "\r\n"...))
			}
		}
		if good.Len() == 0 {
			continue
		}
		good.WriteString("\r\n")
		if h, err := textproto.ReadHeader(bufio.NewReader(&good)); err == nil {
			out = append(out, h)
		}
		if len(out) > 2*maxFailures {
			break
		}
	}
	return out
}

func failureOf(h textproto.Header) Failure {
	f := Failure{
		Action:     strings.ToLower(firstWord(h.Get("Action"))),
		Status:     firstWord(h.Get("Status")),
		Diagnostic: diagnostic(afterType(h.Get("Diagnostic-Code"))),
	}
	// The original recipient is the address we wrote to; the final one may be behind a forward.
	for _, name := range []string{"Original-Recipient", "Final-Recipient", "X-Actual-Recipient"} {
		if a := cleanAddr(afterType(h.Get(name))); a != "" && f.Recipient == "" {
			f.Recipient = a
		}
	}
	if code := statusCode.FindString(f.Diagnostic); code != "" && (f.Status == "" || f.Status == "5.0.0" || f.Status == "4.0.0") {
		f.Status = code
	}
	if f.Action == "" && f.Status != "" {
		f.Action = actionOf(f.Status)
	}
	return f
}

// original takes the id of the mail that came back.
func (r *report) original(h Header) {
	r.setOriginal(h.Get("Message-Id"))
}

func (r *report) setOriginal(v string) {
	if ids := messageIDs(v); len(ids) > 0 && r.originalID == "" {
		r.originalID = ids[0]
	}
}

// readBounce tells whether the mail is a delivery report, and what it says.
func readBounce(m *Message, r report) *Bounce {
	if r.kind == "disposition-notification" || isReceipt(m) {
		return nil
	}
	var b *Bounce
	switch {
	case r.status && len(r.failures) > 0:
		b = &Bounce{Failures: r.failures, By: "delivery-status"}
	default:
		if b = freeBounce(m); b == nil && (r.status || r.kind == "delivery-status") {
			b = &Bounce{Failures: []Failure{{Action: "failed"}}, By: "delivery-status"}
		}
	}
	if b == nil {
		return nil
	}
	b.OriginalID = r.originalID
	if b.OriginalID == "" {
		b.OriginalID = quotedID(m.Text)
	}
	if b.OriginalID == "" && len(m.Ancestors) > 0 {
		b.OriginalID = m.Ancestors[0]
	}
	return b
}

func firstWord(s string) string {
	if f := strings.Fields(oneLine(rawText(s, ""))); len(f) > 0 {
		return cut(f[0], 40)
	}
	return ""
}

// afterType drops the type before the semicolon: "rfc822; a@b", "smtp; 550 …".
func afterType(s string) string {
	if kind, rest, ok := strings.Cut(s, ";"); ok && !strings.ContainsAny(strings.TrimSpace(kind), " @") {
		return strings.TrimSpace(rest)
	}
	return strings.TrimSpace(s)
}

func diagnostic(s string) string {
	return cut(strings.Join(strings.Fields(oneLine(decodeWords(s, ""))), " "), maxDiagnostic)
}

package mail

import (
	"regexp"
	"strconv"
	"strings"
)

const (
	maxAncestors = 100
	maxID        = 500 // bytes of a message id; longer ones are nobody's
)

var (
	idInBrackets = regexp.MustCompile(`<([^<>]+)>`)
	ticketNumber = regexp.MustCompile(`[\[【]\s?#\s?(\d{1,15})\s?[\]】]`)
)

// readThread fills what tells which conversation a mail belongs to.
func (m *Message) readThread() {
	if ids := messageIDs(m.Header.Get("Message-Id")); len(ids) > 0 {
		m.ID = ids[0]
	} else {
		m.fault(FaultID, "no Message-ID")
	}
	m.Ancestors = m.ancestors()
	for _, n := range ticketNumber.FindAllStringSubmatch(m.Subject, 5) {
		if v, err := strconv.ParseInt(n[1], 10, 64); err == nil {
			m.Tickets = append(m.Tickets, v)
		}
	}
	m.Tokens = m.tokens()
}

// ancestors lists the mails that this one answers, nearest first: In-Reply-To, then References from the last
// (RFC 5322 section 3.6.4).
func (m *Message) ancestors() []string {
	var refs []string
	for _, v := range m.Header.All("References") {
		refs = append(refs, messageIDs(v)...)
	}
	var all []string
	for _, v := range m.Header.All("In-Reply-To") {
		all = append(all, messageIDs(v)...)
	}
	for i := len(refs) - 1; i >= 0; i-- {
		all = append(all, refs[i])
	}
	seen := map[string]bool{m.ID: true}
	var out []string
	for _, id := range all {
		if !seen[id] && len(out) < maxAncestors {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// messageIDs returns the ids in a header value. Brackets are often missing, blanks often inside; In-Reply-To
// of old programs has words around the id.
func messageIDs(v string) []string {
	var out []string
	for _, b := range idInBrackets.FindAllStringSubmatch(v, 1000) {
		if id := cleanID(b[1]); id != "" {
			out = append(out, id)
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, f := range strings.FieldsFunc(v, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' || r == ';' }) {
		if id := cleanID(f); strings.Contains(id, "@") {
			out = append(out, id)
		}
	}
	if len(out) == 0 {
		if id := cleanID(v); id != "" && !strings.ContainsAny(strings.TrimSpace(v), " \t") {
			out = append(out, id)
		}
	}
	return out[:min(len(out), 1000)]
}

func cleanID(s string) string {
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f || r == '<' || r == '>' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if len(s) > maxID {
		return ""
	}
	return s
}

// Envelope lists the addresses that servers on the way noted, which say where a mail was sent to, whatever To says.
func (m *Message) Envelope() (all []Address) {
	for _, name := range []string{"Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To", "X-Forwarded-To"} {
		for _, v := range m.Header.All(name) {
			all = append(all, parseAddresses(v, "")...)
		}
	}
	return all
}

// tokens lists the plus-parts of the addresses that a mail went to, those of the envelope first.
func (m *Message) tokens() []Token {
	all := append(append(m.Envelope(), m.To...), m.Cc...)
	var out []Token
	seen := map[Token]bool{}
	for _, a := range all {
		at := strings.LastIndexByte(a.Addr, '@')
		if at < 0 {
			continue
		}
		local, value, ok := strings.Cut(a.Addr[:at], "+")
		t := Token{Base: local + a.Addr[at:], Value: value}
		if ok && local != "" && value != "" && !seen[t] && len(out) < 50 {
			seen[t] = true
			out = append(out, t)
		}
	}
	return out
}

package mail

import "strings"

// Verdict is what the server that received a mail found out about its sender, as it wrote it into Authentication-Results (RFC 8601):
// pass, fail, softfail, neutral, none, policy, temperror, permerror; empty where it says nothing.
type Verdict struct {
	SPF   string `json:"spf,omitempty"`   // whether the domain of the envelope allows the server that sent it
	DKIM  string `json:"dkim,omitempty"`  // whether a signature is right; of several the best one
	DMARC string `json:"dmarc,omitempty"` // whether either of them is of the domain that stands in From
}

// Verdict reads the topmost Authentication-Results of a server that is trusted. What stands below it, or was written in another's
// name, may be the sender's own work; the trusted server must remove what others write in its name (RFC 8601 section 5).
func (h Header) Verdict(trusted func(server string) bool) (v Verdict) {
	for _, field := range h.All("Authentication-Results") {
		parts := splitResults(field)
		id := strings.Fields(parts[0]) // the id, and perhaps a version
		if len(id) == 0 || strings.Contains(id[0], "=") || !trusted(strings.ToLower(strings.Trim(id[0], `"`))) {
			continue
		}
		for _, part := range parts[1:] {
			v.take(part)
		}
		return v
	}
	return v
}

var resultWords = map[string]int{"pass": 9, "policy": 5, "neutral": 4, "temperror": 3, "permerror": 2, "softfail": 2, "fail": 1, "none": 0}

func (v *Verdict) take(part string) {
	method, rest, found := strings.Cut(part, "=")
	words := strings.Fields(rest)
	if !found || len(words) == 0 {
		return
	}
	result := strings.ToLower(words[0])
	if _, known := resultWords[result]; !known {
		return
	}
	method, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(method)), "/") // a version
	switch strings.TrimSpace(method) {
	case "spf":
		if v.SPF == "" {
			v.SPF = result
		}
	case "dkim":
		if v.DKIM == "" || resultWords[result] > resultWords[v.DKIM] {
			v.DKIM = result
		}
	case "dmarc":
		if v.DMARC == "" {
			v.DMARC = result
		}
	}
}

// splitResults takes a field apart at its semicolons, without its comments; what is in quotes stays together.
func splitResults(field string) []string {
	var parts []string
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(field); i++ {
		c := field[i]
		switch {
		case c == '\\' && (quoted || depth > 0):
			i++
		case c == '"' && depth == 0:
			quoted = !quoted
		case quoted:
			if c != ';' && c != '=' { // nothing that a result could be made of
				b.WriteByte(c)
			}
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth > 0:
		case c == ';':
			parts = append(parts, b.String())
			b.Reset()
		default:
			b.WriteByte(c)
		}
	}
	return append(parts, b.String())
}

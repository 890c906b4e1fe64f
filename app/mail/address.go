package mail

import (
	"strings"
	"unicode/utf8"
)

// Address is a name and an address; either may be missing.
type Address struct {
	Name string `json:"name,omitempty"`
	Addr string `json:"addr,omitempty"` // local@domain, the domain in lower case
}

func (a Address) String() string {
	switch {
	case a.Name == "":
		return a.Addr
	case a.Addr == "":
		return a.Name
	}
	return a.Name + " <" + a.Addr + ">"
}

const (
	maxAddresses = 500
	maxName      = 200 // characters of a display name
	maxAddr      = 320 // bytes of an address: 64 + 1 + 255
)

// shorten cuts an absurdly long name, and says whether it did.
func (a *Address) shorten() bool {
	if utf8.RuneCountInString(a.Name) <= maxName {
		return false
	}
	a.Name = string([]rune(a.Name)[:maxName-1]) + "…"
	return true
}

// parseAddresses reads an address list (RFC 5322 section 3.4), whatever is wrong with it: groups, comments,
// semicolons between addresses, missing quotes or brackets, bytes that are not ASCII, "<>". Entries without
// name and address are left out.
func parseAddresses(v, hint string) []Address {
	p := addressParser{s: v, hint: hint}
	for p.i < len(p.s) && len(p.out) <= maxAddresses {
		p.step()
	}
	p.end()
	return p.out
}

type addressParser struct {
	s, hint string
	i       int
	out     []Address

	word    strings.Builder // what stands outside of brackets
	comment string
	angle   string
	bracket bool // an <…> was there
}

func (p *addressParser) step() {
	c := p.s[p.i]
	switch c {
	case '"':
		p.quote()
	case '(':
		p.note()
	case '<':
		p.brackets()
	case ',', ';':
		p.i++
		p.end()
	case ':':
		p.i++
		if !p.bracket && !strings.Contains(p.word.String(), "@") {
			p.word.Reset() // the name of a group, or "mailto:"
			return
		}
		p.word.WriteByte(c)
	case '=':
		p.encoded()
	case '\\':
		if p.i++; p.i < len(p.s) {
			p.word.WriteByte(p.s[p.i])
			p.i++
		}
	default:
		p.word.WriteByte(c)
		p.i++
	}
}

// encoded takes an encoded word as it is: there are programs that leave commas and colons in one.
func (p *addressParser) encoded() {
	n := 1
	if strings.HasPrefix(p.s[p.i:], "=?") {
		if _, long, ok := cutWord(p.s[p.i:]); ok {
			n = long
		}
	}
	p.word.WriteString(p.s[p.i : p.i+n])
	p.i += n
}

func (p *addressParser) quote() {
	start, before := p.i, p.word.String()
	for p.i++; p.i < len(p.s); p.i++ {
		c := p.s[p.i]
		if c == '\\' && p.i+1 < len(p.s) {
			p.i++
			p.word.WriteByte(p.s[p.i])
			continue
		}
		if c == '"' {
			p.i++
			p.quotedLocal(before)
			return
		}
		p.word.WriteByte(c)
	}
	// The quote never ends: leave it out and read on behind it.
	p.word.Reset()
	p.word.WriteString(before)
	p.i = start + 1
}

// quotedLocal looks at a string that stood in quotes before an @. With blanks in it, it must not be taken apart
// into a name and somebody else's address: a quote left in it makes it no address at all.
func (p *addressParser) quotedLocal(before string) {
	if p.i >= len(p.s) || p.s[p.i] != '@' {
		return
	}
	local := p.word.String()[len(before):]
	p.word.Reset()
	p.word.WriteString(before + strings.Map(func(r rune) rune {
		if r <= ' ' {
			return '"'
		}
		return r
	}, local))
}

func (p *addressParser) note() {
	depth := 0
	var b strings.Builder
	for ; p.i < len(p.s); p.i++ {
		switch c := p.s[p.i]; c {
		case '(':
			if depth++; depth > 1 {
				b.WriteByte(c)
			}
		case ')':
			if depth--; depth == 0 {
				p.i++
				p.comment = b.String()
				return
			}
			b.WriteByte(c)
		case '\\':
			p.i++
		default:
			b.WriteByte(c)
		}
	}
	p.comment = b.String()
}

func (p *addressParser) brackets() {
	inside := p.s[p.i+1 : min(len(p.s), p.i+1+maxWord)]
	end := strings.IndexByte(inside, '>')
	if end >= 0 {
		inside = inside[:end]
		p.i += end + 2
	} else if cut := strings.IndexAny(inside, ",;"); cut >= 0 {
		p.i += 1 + cut
		inside = inside[:cut]
	} else {
		p.i += 1 + len(inside)
	}
	if j := strings.LastIndexByte(inside, '<'); j >= 0 { // "<<a@b>"
		inside = inside[j+1:]
	}
	if !p.bracket || cleanAddr(p.angle) == "" {
		p.angle = inside
	}
	p.bracket = true
}

// end closes the entry that was being read.
func (p *addressParser) end() {
	word := strings.TrimSpace(p.word.String())
	a := Address{}
	switch {
	case p.bracket:
		a.Addr = cleanAddr(p.angle)
		a.Name = word
	case strings.Contains(word, "@") && !strings.Contains(word, "=?"):
		a.Name, a.Addr = bareAddr(word)
	default:
		a.Name = word
	}
	if a.Name == "" {
		a.Name = strings.TrimSpace(p.comment)
	}
	a.Name = cleanName(decodeWords(a.Name, p.hint))
	if a.Addr == "" && strings.Contains(a.Name, "@") { // the whole entry was one encoded word
		if list := strings.Fields(a.Name); len(list) > 0 {
			last := strings.Trim(list[len(list)-1], "<>")
			if addr := cleanAddr(last); addr != "" {
				a.Addr = addr
				a.Name = cleanName(strings.Join(list[:len(list)-1], " "))
			}
		}
	}
	if strings.EqualFold(a.Name, a.Addr) || a.Addr == "" && strings.HasPrefix(a.Name, "@") { // half of a source route
		a.Name = ""
	}
	if a != (Address{}) {
		p.out = append(p.out, a)
	}
	p.word.Reset()
	p.comment, p.angle, p.bracket = "", "", false
}

// bareAddr splits "Name a@b" without brackets.
func bareAddr(word string) (name, addr string) {
	fields := strings.Fields(word)
	for i, f := range fields {
		if a := cleanAddr(f); a != "" {
			rest := append(append([]string{}, fields[:i]...), fields[i+1:]...)
			return strings.Join(rest, " "), a
		}
	}
	if a := cleanAddr(strings.ReplaceAll(word, " ", "")); a != "" { // "a @ b"
		return "", a
	}
	return word, ""
}

// cleanAddr returns the address in s in its usual form, or "" when there is none.
func cleanAddr(s string) string {
	s = strings.Trim(strings.TrimSpace(s), "<>\"' \t,;.")
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	if i := strings.LastIndexByte(s, ':'); i >= 0 && strings.HasPrefix(s, "@") { // a source route, RFC 5322 section 4.4
		s = s[i+1:]
	}
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || at == len(s)-1 || len(s) > maxAddr || !utf8.ValidString(s) {
		return ""
	}
	local, domain := strings.Trim(s[:at], `"`), strings.ToLower(s[at+1:])
	if local == "" {
		return ""
	}
	for _, r := range local + domain {
		if r <= ' ' || r == '"' || r == 0x7f || r == '<' || r == '>' || r == ',' || isDirection(r) {
			return ""
		}
	}
	return local + "@" + domain
}

// cleanName tidies a decoded display name.
func cleanName(s string) string {
	s = strings.Join(strings.Fields(oneLine(s)), " ")
	s = strings.Trim(s, "<> ")
	for len(s) > 1 && (s[0] == '"' && s[len(s)-1] == '"' || s[0] == '\'' && s[len(s)-1] == '\'') {
		s = strings.TrimSpace(s[1 : len(s)-1])
	}
	return s
}

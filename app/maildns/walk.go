package maildns

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// A receiver asks DNS at most ten times for one record, and gives up a record of which more than two questions find nothing (RFC 7208
// section 4.6.4).
const (
	lookupsMost = 10
	voidsMost   = 2
	walkMost    = 40 // further we do not count
)

// term is one mechanism or modifier of an SPF record.
type term struct {
	text      string // as written
	qualifier byte   // + - ~ ?
	name      string
	value     string // behind : or =
	prefix    netip.Prefix
	four, six int // bits of a and mx
}

var (
	errMany = errors.New("more than one record")
	errNone = errors.New("no record")
)

// syntaxError is a term that no receiver understands.
type syntaxError struct{ term string }

func (e *syntaxError) Error() string { return "not understood: " + e.term }

// included tells of whose record something is wrong.
type includedError struct {
	domain string
	error
}

func (e *includedError) Unwrap() error { return e.error }

// walk follows one SPF record into those that it includes, as receivers do.
type walk struct {
	*asker
	records map[string][]term
	faults  map[string]error
	lookups int
	voids   int
	names   []string // every domain that has a say
	macros  bool
}

// record is the parsed record of a domain, asked for once.
func (w *walk) record(ctx context.Context, domain string) ([]term, error) {
	if terms, known := w.records[domain]; known {
		return terms, w.faults[domain]
	}
	terms, err := w.read(ctx, domain)
	w.records[domain], w.faults[domain] = terms, err
	return terms, err
}

func (w *walk) read(ctx context.Context, domain string) ([]term, error) {
	found, err := w.texts(ctx, domain, "v=spf1")
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, errNone
	case len(found) > 1:
		return nil, errMany
	}
	return parse(found[0])
}

func parse(record string) (terms []term, err error) {
	for i, field := range strings.Fields(record) {
		if i == 0 {
			continue
		}
		t, bad := parseTerm(field)
		if bad != nil && err == nil {
			err = bad
		}
		terms = append(terms, t)
	}
	return terms, err
}

func parseTerm(text string) (t term, err error) {
	t = term{text: text, qualifier: '+', four: 32, six: 128}
	rest := text
	if strings.ContainsRune("+-~?", rune(rest[0])) {
		t.qualifier, rest = rest[0], rest[1:]
	}
	end := strings.IndexAny(rest, ":=/")
	if end < 0 {
		end = len(rest)
	}
	t.name = strings.ToLower(rest[:end])
	if end < len(rest) && rest[end] != '/' {
		t.value = rest[end+1:]
	} else {
		t.value = rest[end:]
	}
	bad := &syntaxError{text}
	switch t.name {
	case "all":
		if t.value != "" {
			return t, bad
		}
	case "include", "exists", "redirect":
		if t.value == "" {
			return t, bad
		}
	case "ptr", "exp":
	case "a", "mx":
		if !t.bits() {
			return t, bad
		}
	case "ip4", "ip6":
		t.prefix, err = prefixOf(t.value)
		if err != nil || t.prefix.Addr().Is4() != (t.name == "ip4") {
			return t, bad
		}
	default:
		if !strings.Contains(rest, "=") { // an unknown modifier is passed over, an unknown mechanism is an error
			return t, bad
		}
	}
	return t, nil
}

// bits takes "/24//64" off the value of a and mx.
func (t *term) bits() bool {
	host, bits, found := strings.Cut(t.value, "/")
	t.value = host
	if !found {
		return true
	}
	four, six, both := strings.Cut(bits, "//")
	if strings.HasPrefix(bits, "/") {
		four, six, both = "", bits[1:], true
	}
	number := func(s string, most int, to *int) bool {
		n, err := strconv.Atoi(s)
		*to = n
		return err == nil && n >= 0 && n <= most
	}
	return (four == "" || number(four, 32, &t.four)) && (!both || number(six, 128, &t.six))
}

func prefixOf(s string) (netip.Prefix, error) {
	if strings.Contains(s, "/") {
		return netip.ParsePrefix(s)
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	return a.Prefix(a.BitLen())
}

// count adds up what a record makes a receiver ask, all branches of it, and names all who have a say.
func (w *walk) count(ctx context.Context, domain string, depth int) error {
	terms, err := w.record(ctx, domain)
	if err != nil {
		return &includedError{domain, err}
	}
	for _, t := range terms {
		switch t.name {
		case "include", "redirect", "a", "mx", "ptr", "exists":
			w.lookups++
		}
		if w.lookups > walkMost || depth > lookupsMost {
			return nil
		}
		target := t.value
		if target == "" {
			target = domain
		}
		if strings.Contains(target, "%") {
			w.macros = true
			continue
		}
		switch t.name {
		case "all":
			return nil // what stands behind it does not count
		case "include", "redirect":
			if t.name == "redirect" && hasAll(terms) {
				continue
			}
			w.names = append(w.names, relative(target))
			if err := w.count(ctx, relative(target), depth+1); err != nil {
				return err
			}
		case "a", "mx":
			w.names = append(w.names, relative(target))
			if err := w.void(ctx, t.name, target); err != nil {
				return err
			}
		}
	}
	return nil
}

func hasAll(terms []term) bool {
	for _, t := range terms {
		if t.name == "all" {
			return true
		}
	}
	return false
}

// void counts a name that leads nowhere.
func (w *walk) void(ctx context.Context, kind, name string) error {
	ips, err := w.of(ctx, kind, name)
	if err == nil && len(ips) == 0 {
		w.voids++
	}
	return err
}

// of are the addresses of a name, or of its mail servers.
func (w *walk) of(ctx context.Context, kind, name string) ([]netip.Addr, error) {
	if kind == "a" {
		return w.addresses(ctx, name)
	}
	list, err := w.r.LookupMX(ctx, absolute(name))
	if absent(err) {
		return nil, nil
	}
	var all []netip.Addr
	for _, m := range list[:min(len(list), hostsMost)] {
		ips, err := w.addresses(ctx, m.Host)
		if err != nil {
			return nil, err
		}
		all = append(all, ips...)
	}
	return all, err
}

// ask says what a receiver makes of a mail that comes from an address: + pass, - fail, ~ softfail, ? neutral.
func (w *walk) ask(ctx context.Context, domain string, ip netip.Addr, depth int) (byte, error) {
	terms, err := w.record(ctx, domain)
	if err != nil || depth > lookupsMost {
		return '?', err
	}
	redirect := ""
	for _, t := range terms {
		if t.name == "redirect" {
			redirect = t.value
			continue
		}
		hit, err := w.matches(ctx, t, domain, ip, depth)
		if err != nil {
			return '?', err
		}
		if hit {
			return t.qualifier, nil
		}
	}
	if redirect == "" {
		return '?', nil
	}
	return w.ask(ctx, relative(redirect), ip, depth+1)
}

func (w *walk) matches(ctx context.Context, t term, domain string, ip netip.Addr, depth int) (bool, error) {
	target := t.value
	if target == "" {
		target = domain
	}
	if strings.Contains(target, "%") {
		return false, nil
	}
	switch t.name {
	case "all":
		return true, nil
	case "ip4", "ip6":
		return t.prefix.Contains(ip), nil
	case "include":
		q, err := w.ask(ctx, relative(target), ip, depth+1)
		return q == '+', err
	case "exists":
		ips, err := w.addresses(ctx, target)
		return len(ips) > 0, err
	case "a", "mx":
		ips, err := w.of(ctx, t.name, target)
		bits := t.four
		if ip.Is6() {
			bits = t.six
		}
		for _, other := range ips {
			if p, bad := other.Prefix(min(bits, other.BitLen())); bad == nil && p.Contains(ip) {
				return true, nil
			}
		}
		return false, err
	}
	return false, nil
}

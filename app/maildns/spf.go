package maildns

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
)

// spf looks who may send in the domain's name (RFC 7208), and whether the mailbox's own way is among them, as far as that can be seen:
// a provider may send from other addresses than those at which it takes mail.
func (a *asker) spf(ctx context.Context) Finding {
	f := a.finding("spf", "TXT", a.domain)
	found, err := a.texts(ctx, a.domain, "v=spf1")
	f.Found = found
	switch {
	case err != nil:
		f.say(Warn, "dns.unknown", err)
		return f
	case len(found) == 0:
		f.say(Warn, "dns.spf.none", a.domain)
		f.Want = []string{a.allow(ctx, nil)}
		return f
	case len(found) > 1:
		f.say(Failed, "dns.spf.many", len(found))
		f.Want = []string{a.allow(ctx, found)}
		return f
	}
	w := &walk{asker: a, records: map[string][]term{}, faults: map[string]error{}}
	if err := w.count(ctx, a.domain, 0); err != nil {
		a.broken(&f, err)
		return f
	}
	if w.lookups > lookupsMost {
		f.say(Failed, "dns.spf.lookups", w.lookups, lookupsMost)
	}
	if w.voids > voidsMost {
		f.say(Warn, "dns.spf.voids", w.voids)
	}
	a.ending(&f, w)
	if w.lookups <= walkMost { // else whoever asks through it goes through records within records until the end of days
		a.covers(ctx, &f, w)
	}
	return f
}

// broken tells of a record that receivers cannot use: it counts as an error for every mail.
func (a *asker) broken(f *Finding, err error) {
	var wrong *syntaxError
	var where *includedError
	domain := a.domain
	if errors.As(err, &where) {
		domain = where.domain
	}
	switch {
	case errors.As(err, &wrong):
		f.say(Failed, "dns.spf.syntax", wrong.term, domain)
	case errors.Is(err, errNone):
		f.say(Failed, "dns.spf.include_none", domain)
	case errors.Is(err, errMany):
		f.say(Failed, "dns.spf.include_many", domain)
	default:
		f.say(Warn, "dns.unknown", err)
	}
}

// ending looks what is said about everybody else.
func (a *asker) ending(f *Finding, w *walk) {
	terms := w.records[a.domain]
	for _, t := range terms {
		if t.name == "all" {
			if t.qualifier == '+' || t.qualifier == '?' {
				f.say(Warn, "dns.spf.anybody", t.text)
			}
			return
		}
		if t.name == "redirect" {
			return
		}
	}
	f.say(Warn, "dns.spf.open")
}

func (a *asker) covers(ctx context.Context, f *Finding, w *walk) {
	if a.provider.include != "" {
		if a.covered = slices.Contains(w.names, a.provider.include) || a.domain == a.provider.include; a.covered {
			f.say(OK, "dns.spf.ok", a.SMTP)
			return
		}
	}
	ips, err := a.addresses(ctx, a.SMTP)
	if err != nil {
		f.say(Warn, "dns.unknown", err)
		return
	}
	passed := 0
	for _, ip := range ips {
		if q, err := w.ask(ctx, a.domain, ip, 0); err == nil && q == '+' {
			passed++
		}
	}
	kin := slices.ContainsFunc(w.names, func(n string) bool { return site(n) == site(a.SMTP) && site(n) != site(a.domain) })
	switch {
	case len(ips) > 0 && passed == len(ips):
		a.covered = true
		f.say(OK, "dns.spf.ok", a.SMTP)
	case passed > 0 || kin:
		a.covered = true
		f.say(OK, "dns.spf.likely", a.SMTP)
	case w.macros:
		a.covered = true
		f.say(OK, "dns.spf.macro")
	default:
		f.say(Warn, "dns.spf.uncovered", a.SMTP)
		f.Want = []string{a.allow(ctx, f.Found)}
	}
}

// allow writes one record that lets the mailbox's way send besides all that records said so far.
func (a *asker) allow(ctx context.Context, before []string) string {
	own := "a:" + relative(a.SMTP)
	if ip, err := netip.ParseAddr(a.SMTP); err == nil {
		own = map[bool]string{true: "ip4:", false: "ip6:"}[ip.Is4()] + ip.String()
	}
	if a.provider.include != "" {
		own = "include:" + a.provider.include
	} else if a.throughMX(ctx) {
		own = "mx"
	}
	terms, end := []string{own}, "~all"
	for _, record := range before {
		parsed, _ := parse(record)
		for _, t := range parsed {
			switch {
			case t.name == "all":
				end = t.text
			case t.name == "redirect":
				end = t.text
			case !slices.Contains(terms, t.text):
				terms = append(terms, t.text)
			}
		}
	}
	return "v=spf1 " + strings.Join(terms, " ") + " " + end
}

// throughMX says whether the server that mail is handed to is one of those that take it.
func (a *asker) throughMX(ctx context.Context) bool {
	list, err := a.r.LookupMX(ctx, absolute(a.domain))
	if err != nil {
		return false
	}
	for _, m := range list {
		if relative(m.Host) == relative(a.SMTP) {
			return true
		}
	}
	return false
}

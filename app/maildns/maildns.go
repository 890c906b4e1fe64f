// Package maildns reads what DNS says about the domain of a mail address: where its mail goes (MX), who may send in its name (SPF),
// by which key its mail is signed (DKIM), and what others are to do with mail that is neither (DMARC).
//
// It promises that every finding says what is there, where it is looked for, and, where that can be known, what should be there as a
// text to copy; that a name server which does not answer is told apart from a record which is not there; and that what a stranger's
// records can make it ask is bounded.
//
// maildns.go asks, mx.go, spf.go (walk.go follows the record), dkim.go and dmarc.go judge, provider.go knows what large providers want.
package maildns

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// State is how a record is.
type State string

// The states, the better first.
const (
	OK     State = "ok"
	Warn   State = "warn"   // it works, or may, and could be better
	Failed State = "failed" // mail is lost or refused
)

// Question is a mailbox as others see it.
type Question struct {
	Address    string // its own
	SMTP, IMAP string // the hosts that it sends and reads through
	Selector   string // of the key by which its mail is signed here; empty: it is not
	Key        string // the record of that key, as it should be in DNS
}

// Saying is a sentence of the catalogs.
type Saying struct {
	Key  string
	Args []any
}

// Finding is what was found out about one kind of record.
type Finding struct {
	Record string // mx, spf, dkim or dmarc
	State  State
	Type   string   // of the record in DNS: MX or TXT
	Name   string   // where it is, without a dot at its end
	Found  []string // what is there
	Want   []string // what should be there, to copy; empty: it is well, or only the provider knows
	Says   []Saying // how it is, and what to do
}

func (f *Finding) say(s State, key string, args ...any) {
	if s == Failed || s == Warn && f.State != Failed {
		f.State = s
	}
	f.Says = append(f.Says, Saying{key, args})
}

// Check asks about all records of a mailbox, in the order mx, spf, dkim, dmarc. r nil is the machine's own resolver.
func Check(ctx context.Context, r *net.Resolver, q Question) []Finding {
	_, domain, _ := strings.Cut(strings.ToLower(strings.TrimSpace(q.Address)), "@")
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		domain = ascii
	}
	if r == nil {
		r = net.DefaultResolver
	}
	a := &asker{r: r, Question: q, domain: domain, provider: providerOf(q.SMTP, q.IMAP)}
	list := make([]Finding, 4)
	var all sync.WaitGroup
	for i, check := range []func(context.Context) Finding{a.mx, a.spf, a.dkim, a.policy} {
		all.Go(func() { list[i] = check(ctx) })
	}
	all.Wait()
	a.judge(&list[3], &list[1], &list[2])
	return list
}

// asker asks for one mailbox.
type asker struct {
	Question
	r        *net.Resolver
	domain   string
	provider provider

	covered bool    // SPF names the way that mail goes from here
	proven  bool    // a key was found that signs it
	asked   *policy // what the domain asks of others; nil: nothing, or it could not be found out
}

func (a *asker) finding(record, kind, name string) Finding {
	return Finding{Record: record, State: OK, Type: kind, Name: name}
}

// absent says whether an error tells that there is no such record; any other tells that nobody knows.
func absent(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}

// absolute keeps the resolver from adding the machine's own domain.
func absolute(name string) string { return strings.TrimSuffix(name, ".") + "." }

func relative(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// texts are the TXT records of a name that begin with the version, in small or capital letters.
func (a *asker) texts(ctx context.Context, name, version string) ([]string, error) {
	all, err := a.r.LookupTXT(ctx, absolute(name))
	if absent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(t string) bool {
		first, _, _ := strings.Cut(strings.TrimSpace(t), " ")
		first, _, _ = strings.Cut(first, ";")
		return !strings.EqualFold(strings.TrimSpace(first), version)
	}), nil
}

func (a *asker) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip.Unmap()}, nil
	}
	ips, err := a.r.LookupNetIP(ctx, "ip", absolute(host))
	for i := range ips {
		ips[i] = ips[i].Unmap()
	}
	if absent(err) {
		return nil, nil
	}
	return ips, err
}

// site is the part of a name that one owner registered: tea.example of mail.tea.example.
func site(name string) string {
	name = relative(name)
	s, err := publicsuffix.EffectiveTLDPlusOne(name)
	if err != nil {
		return name
	}
	return s
}

package maildns

import (
	"context"
	"fmt"
	"net"
)

// hostsMost is how many of a domain's mail servers are looked up.
const hostsMost = 10

// mx looks where mail to the address goes (RFC 5321 section 5).
func (a *asker) mx(ctx context.Context) Finding {
	f := a.finding("mx", "MX", a.domain)
	f.Want = a.provider.mx
	list, err := a.r.LookupMX(ctx, absolute(a.domain))
	if err != nil && !absent(err) {
		f.say(Warn, "dns.unknown", err)
		return f
	}
	for _, m := range list {
		f.Found = append(f.Found, fmt.Sprintf("%d %s", m.Pref, relative(m.Host)))
	}
	switch {
	case len(list) == 0:
		a.withoutMX(ctx, &f)
	case len(list) == 1 && relative(list[0].Host) == "": // RFC 7505
		f.say(Failed, "dns.mx.null", a.domain)
	default:
		a.hosts(ctx, &f, list)
	}
	if f.State == OK {
		f.Want = nil
	}
	return f
}

// withoutMX tells of a domain without such a record: then its own address counts, if it has one.
func (a *asker) withoutMX(ctx context.Context, f *Finding) {
	ips, err := a.addresses(ctx, a.domain)
	switch {
	case err != nil:
		f.say(Warn, "dns.unknown", err)
	case len(ips) > 0:
		f.say(Warn, "dns.mx.implicit", a.domain, ips[0].String())
	default:
		f.say(Failed, "dns.mx.none", a.domain, a.Address)
	}
}

func (a *asker) hosts(ctx context.Context, f *Finding, list []*net.MX) {
	well := 0
	var dead []string
	for _, m := range list[:min(len(list), hostsMost)] {
		ips, err := a.addresses(ctx, m.Host)
		if err != nil {
			f.say(Warn, "dns.unknown", err)
			return
		}
		if len(ips) == 0 {
			dead = append(dead, relative(m.Host))
		} else {
			well++
		}
	}
	for _, host := range dead {
		if well == 0 {
			f.say(Failed, "dns.mx.dead", host)
		} else {
			f.say(Warn, "dns.mx.dead", host)
		}
	}
	if len(dead) == 0 {
		f.say(OK, "dns.mx.ok", a.Address)
	}
}

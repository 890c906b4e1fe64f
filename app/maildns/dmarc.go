package maildns

import (
	"context"
	"strings"
)

// policy is what a domain asks others to do with mail in its name that nothing proves (RFC 7489).
type policy struct {
	asks   string // none, quarantine or reject
	strict bool   // either proof must be of this very domain
}

// policy finds what the domain of the From asks for: its own record, or its owner's.
func (a *asker) policy(ctx context.Context) Finding {
	f := a.finding("dmarc", "TXT", "_dmarc."+a.domain)
	found, err := a.texts(ctx, f.Name, "v=DMARC1")
	owner := site(a.domain)
	inherited := err == nil && len(found) == 0 && owner != a.domain
	if inherited {
		if found, err = a.texts(ctx, "_dmarc."+owner, "v=DMARC1"); len(found) > 0 {
			f.Name = "_dmarc." + owner
		}
	}
	f.Found = found
	switch {
	case err != nil:
		f.say(Warn, "dns.unknown", err)
		return f
	case len(found) == 0:
		f.say(Warn, "dns.dmarc.none", a.domain)
	case len(found) > 1:
		f.say(Failed, "dns.dmarc.many", len(found))
	default:
		a.asked = a.read(&f, tags(found[0]), inherited)
	}
	if f.State != OK {
		f.Want = []string{"v=DMARC1; p=none; rua=mailto:" + a.Address}
	}
	return f
}

func (a *asker) read(f *Finding, t map[string]string, inherited bool) *policy {
	p := &policy{asks: strings.ToLower(t["p"]), strict: strings.EqualFold(t["aspf"], "s") || strings.EqualFold(t["adkim"], "s")}
	if sub := strings.ToLower(t["sp"]); inherited && sub != "" {
		p.asks = sub
	}
	switch p.asks {
	case "none", "quarantine", "reject":
		return p
	}
	f.say(Failed, "dns.dmarc.wrong", p.asks)
	return nil
}

// judge says what comes of the policy for mail from here. Sender and From of our mail are of one domain, and so is our own signature:
// each proof that is there is aligned, strictly too.
func (a *asker) judge(f, spf, dkim *Finding) {
	unsure := spf.unknown() || dkim.unknown()
	if len(spf.Found) == 0 && !a.proven && !unsure {
		spf.say(Failed, "dns.spf.nothing")
	}
	if a.asked == nil {
		return
	}
	switch {
	case a.covered && a.proven:
		f.say(OK, "dns.dmarc.both", a.asked.asks, a.domain)
	case a.proven:
		f.say(OK, "dns.dmarc.by_dkim", a.asked.asks, a.domain)
	case a.covered:
		f.say(OK, "dns.dmarc.by_spf", a.asked.asks, a.domain)
	case unsure:
		f.say(Warn, "dns.dmarc.unsure", a.asked.asks)
	case a.asked.asks == "none":
		f.say(Warn, "dns.dmarc.unproven_none")
	default:
		f.say(Failed, "dns.dmarc.unproven", a.asked.asks, a.domain)
	}
	if a.asked.strict && a.provider.include != "" && a.Selector == "" {
		f.say(OK, "dns.dmarc.strict", a.domain)
	}
}

// unknown says whether the name servers did not tell.
func (f *Finding) unknown() bool {
	for _, s := range f.Says {
		if s.Key == "dns.unknown" {
			return true
		}
	}
	return false
}

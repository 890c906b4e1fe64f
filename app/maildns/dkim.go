package maildns

import (
	"context"
	"strings"
	"sync"
)

// dkim looks for the key by which others check who signed the mail (RFC 6376 section 3.6): our own, or else one of the provider's.
func (a *asker) dkim(ctx context.Context) Finding {
	if a.Selector == "" {
		return a.signedElsewhere(ctx)
	}
	f := a.finding("dkim", "TXT", relative(a.Selector)+"._domainkey."+a.domain)
	f.Want = []string{a.Key}
	keys, err := a.keys(ctx, a.Selector)
	f.Found = keys
	switch {
	case err != nil:
		f.say(Warn, "dns.unknown", err)
	case len(keys) == 0:
		f.say(Failed, "dns.dkim.none", f.Name)
	case len(keys) > 1:
		f.say(Failed, "dns.dkim.many", len(keys))
	default:
		a.compare(&f, tags(keys[0]))
	}
	return f
}

func (a *asker) compare(f *Finding, there map[string]string) {
	own := tags(a.Key)
	switch {
	case there["p"] == "":
		f.say(Failed, "dns.dkim.revoked")
	case there["p"] != own["p"] || kind(there) != kind(own):
		f.say(Failed, "dns.dkim.other")
	default:
		a.proven = true
		f.Want = nil
		f.say(OK, "dns.dkim.ok", a.Selector)
		if strings.Contains(there["t"], "y") {
			f.say(Warn, "dns.dkim.testing")
		}
	}
}

func kind(key map[string]string) string {
	if key["k"] == "" {
		return "rsa"
	}
	return strings.ToLower(key["k"])
}

// signedElsewhere looks for a key under the names that the provider, or many, use: which one it is only the signature tells.
func (a *asker) signedElsewhere(ctx context.Context) Finding {
	f := a.finding("dkim", "TXT", "*._domainkey."+a.domain)
	names := append(append([]string{}, a.provider.selectors...), usual...)
	found := make([]string, len(names))
	var unknown error
	var mu sync.Mutex
	var all sync.WaitGroup
	for i, name := range names {
		all.Go(func() {
			keys, err := a.keys(ctx, name)
			if len(keys) == 1 && tags(keys[0])["p"] != "" {
				found[i] = keys[0]
			}
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				unknown = err
			}
		})
	}
	all.Wait()
	for i, key := range found {
		if key != "" {
			a.proven = true
			f.Name, f.Found = names[i]+"._domainkey."+a.domain, []string{key}
			f.say(OK, "dns.dkim.provider", names[i])
			return f
		}
	}
	if unknown != nil {
		f.say(Warn, "dns.unknown", unknown)
		return f
	}
	f.say(Warn, "dns.dkim.unsigned")
	return f
}

// keys are the records of a selector. A version is not demanded of them.
func (a *asker) keys(ctx context.Context, selector string) ([]string, error) {
	all, err := a.r.LookupTXT(ctx, absolute(selector+"._domainkey."+a.domain))
	if absent(err) {
		return nil, nil
	}
	var keys []string
	for _, t := range all {
		if _, is := tags(t)["p"]; is {
			keys = append(keys, t)
		}
	}
	return keys, err
}

// tags reads "v=DKIM1; k=rsa; p=…"; blanks within values do not count.
func tags(record string) map[string]string {
	m := map[string]string{}
	for part := range strings.SplitSeq(record, ";") {
		if name, value, ok := strings.Cut(part, "="); ok {
			m[strings.ToLower(strings.TrimSpace(name))] = strings.Join(strings.Fields(value), "")
		}
	}
	return m
}

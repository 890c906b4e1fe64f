package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"deskbell/app/channel"
	"deskbell/app/channel/email"
	"deskbell/app/desk"
	"deskbell/app/health"
	"deskbell/app/maildns"
	"deskbell/app/netguard"
	"deskbell/app/push"
)

// examiner looks closely where health's checks, which have to be quick and to disturb nobody, cannot: it sends mail, asks DNS, and comes
// to the desk from outside as far as one can from the desk's own machine.
type examiner struct {
	desk     *desk.Desk
	mail     *email.Channel
	config   Config
	resolver *net.Resolver           // nil: the machine's own
	trust    *tls.Config             // of the public address; nil: the system's authorities
	reads    func(desk.InboxID) bool // a desk reads this mailbox now
	held     bool                    // a restored copy, which must not send
}

const (
	clockSkew   = 2 * time.Minute // between the mail server's clock and ours that is worth a word
	addressWait = 10 * time.Second
	examineMost = 4 // mailboxes at a time
)

// mailboxes tries every mailbox that is in service; tell is called with what was found out about each, in any order.
func (x *examiner) mailboxes(ctx context.Context, tell func(n int, parts []health.Part)) error {
	inboxes, err := x.desk.Inboxes(ctx, desk.System, desk.Email)
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	turns := make(chan struct{}, examineMost)
	n := 0
	for _, in := range inboxes {
		if !in.Enabled {
			continue
		}
		place := n
		n++
		all.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			parts := x.mailbox(ctx, in)
			for i := range parts {
				parts[i].Of = in.Name
			}
			tell(place, parts)
		})
	}
	all.Wait()
	if n == 0 {
		tell(0, []health.Part{health.Well("mailboxes", "health.mailboxes.none")})
	}
	return nil
}

func (x *examiner) mailbox(ctx context.Context, in *desk.Inbox) (parts []health.Part) {
	ctx, cancel := context.WithTimeout(ctx, 4*time.Minute)
	defer cancel()
	err := x.mail.Check(ctx, in)
	var faults *desk.Error
	switch {
	case errors.As(err, &faults):
		for _, f := range faults.Fields {
			parts = append(parts, health.Failure("mailboxes", "doctor.fault", f.Name, health.Words{Key: f.Key, Args: f.Args}))
		}
	case err != nil:
		parts = append(parts, health.Failure("mailboxes", "doctor.failed", err))
	case x.held:
		parts = append(parts, health.Well("mailboxes", "doctor.mailbox.ok"), health.Warning("roundtrip", "doctor.roundtrip.held"))
	default:
		parts = append(parts, health.Well("mailboxes", "doctor.mailbox.ok"))
		parts = append(parts, x.roundTrip(ctx, in)...)
	}
	return append(parts, x.dns(ctx, in)...)
}

func (x *examiner) roundTrip(ctx context.Context, in *desk.Inbox) []health.Part {
	found, err := x.mail.Round(ctx, in, email.Probe{Read: x.reads(in.ID)})
	switch {
	case err != nil:
		return []health.Part{health.Failure("roundtrip", "doctor.failed", err)}
	case found.Problem != nil:
		return []health.Part{health.Failure("roundtrip", "doctor.fault", found.Problem.Field, problem(found.Problem))}
	case found.Lost:
		return []health.Part{health.Failure("roundtrip", "doctor.roundtrip.lost", health.Span(found.Took))}
	case found.Folder != "":
		return []health.Part{health.Warning("roundtrip", "doctor.roundtrip.junk", found.Folder)}
	}
	parts := []health.Part{health.Well("roundtrip", "doctor.roundtrip.ok", health.Moment(found.Took))}
	if found.Verdict.Level() == "doubtful" {
		parts = append(parts, health.Warning("roundtrip", "doctor.roundtrip.doubtful", orDash(found.Verdict.SPF), orDash(found.Verdict.DKIM), orDash(found.Verdict.DMARC)))
	}
	if found.Ahead.Abs() > clockSkew {
		key := map[bool]string{true: "doctor.clock.behind", false: "doctor.clock.ahead"}[found.Ahead > 0]
		parts = append(parts, health.Warning("clock", key, health.Span(found.Ahead.Abs())))
	}
	return append(parts, bounce(found))
}

func orDash(word string) string {
	if word == "" {
		return "–"
	}
	return word
}

// bounce says what becomes of mail that cannot be delivered.
func bounce(found email.Probed) health.Part {
	switch found.Bounce {
	case "refused":
		return health.Well("bounce", "doctor.bounce.refused", found.Answer)
	case "reported":
		return health.Well("bounce", "doctor.bounce.reported")
	case "kept":
		return health.Well("bounce", "doctor.bounce.kept")
	case "silent":
		return health.Warning("bounce", "doctor.bounce.silent")
	}
	return health.Warning("bounce", "doctor.bounce.unknown", orDash(found.Answer))
}

// dns says what DNS says, a part for each kind of record.
func (x *examiner) dns(ctx context.Context, in *desk.Inbox) (parts []health.Part) {
	list, err := x.mail.LookUp(ctx, desk.System, in)
	var known *channel.Problem
	if errors.As(err, &known) {
		return []health.Part{health.Warning("dns", "doctor.fault", known.Field, problem(known))}
	}
	if err != nil {
		return []health.Part{health.Failure("dns", "doctor.failed", err)}
	}
	states := map[maildns.State]health.State{maildns.OK: health.OK, maildns.Warn: health.Warn, maildns.Failed: health.Failed}
	for _, f := range list {
		var words health.Words
		for i, s := range f.Says {
			next := health.Words{Key: s.Key, Args: s.Args}
			if i > 0 {
				next = health.Words{Key: "doctor.and", Args: []any{words, next}}
			}
			words = next
		}
		for _, want := range f.Want {
			words = health.Words{Key: "doctor.dns_want", Args: []any{words, f.Type, f.Name, want}}
		}
		parts = append(parts, health.Part{Name: f.Record, State: states[f.State], Words: words})
	}
	return parts
}

// pushServices asks those who carry notifications whether they answer here.
func (x *examiner) pushServices(ctx context.Context) (parts []health.Part) {
	list, err := push.Reach(ctx, x.desk, x.config.guard())
	if err != nil {
		return []health.Part{health.Failure("push", "health.database.failed", err)}
	}
	for _, s := range list {
		p := health.Well("push", "doctor.push.answers", s.Browsers)
		if s.Err != nil {
			p = health.Warning("push", "doctor.push.silent", s.Browsers, s.Err)
		}
		p.Of = s.Service
		parts = append(parts, p)
	}
	return parts
}

// pushTo pushes to the browsers of an agent who asked for it.
func (x *examiner) pushTo(ctx context.Context, p *push.Push, agent desk.Actor) health.Part {
	if x.held {
		return health.Warning("push", "doctor.roundtrip.held")
	}
	err := p.Test(ctx, agent)
	var known *desk.Error
	switch {
	case err == nil:
		return health.Well("push", "doctor.push.sent")
	case errors.As(err, &known) && known.Key == "error.push_none": // its words are for the page where one switches them on
		return health.Warning("push", "doctor.push.none")
	case errors.As(err, &known):
		return health.Warning("push", known.Key, known.Args...)
	}
	return health.Failure("push", "doctor.failed", err)
}

// address comes to the public address as a browser would.
func (x *examiner) address(ctx context.Context) []health.Part {
	host := x.config.host()
	if loopback(host) || host == "" {
		return []health.Part{health.Well("address", "doctor.address.local", x.config.URL)}
	}
	ctx, cancel := context.WithTimeout(ctx, addressWait)
	defer cancel()
	r := x.resolver
	if r == nil {
		r = net.DefaultResolver
	}
	ips, err := r.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return []health.Part{health.Failure("address", "health.address.failed", host, err)}
	}
	parts := x.arrive(ctx, r)
	for _, ip := range ips {
		if !netguard.Public(ip.Unmap()) {
			parts = append(parts, health.Warning("address", "doctor.address.inside", host, ip.Unmap().String()))
			break
		}
	}
	if u, err := url.Parse(x.config.URL); err == nil && u.Scheme != "https" {
		parts = append(parts, health.Warning("address", "doctor.address.plain", x.config.URL))
	}
	return parts
}

// arrive asks the public address whether this desk answers there, and how long its certificate is good.
func (x *examiner) arrive(ctx context.Context, r *net.Resolver) []health.Part {
	var trust *tls.Config
	if x.trust != nil {
		trust = x.trust.Clone()
	}
	client := &http.Client{Transport: &http.Transport{DialContext: (&net.Dialer{Resolver: r}).DialContext, TLSClientConfig: trust, ForceAttemptHTTP2: true, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, x.config.URL+"/healthz", nil)
	if err != nil {
		return []health.Part{health.Failure("address", "doctor.failed", err)}
	}
	res, err := client.Do(req)
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	if bad := certificateFault(err); bad != nil {
		return []health.Part{health.Failure("certificate", "doctor.certificate.bad", x.config.host(), bad)}
	}
	if err != nil {
		return []health.Part{health.Warning("address", "doctor.address.silent", x.config.URL, err)}
	}
	defer res.Body.Close()
	var parts []health.Part
	if res.TLS != nil && len(res.TLS.PeerCertificates) > 0 {
		parts = append(parts, certificatePart(x.config.host(), time.Until(res.TLS.PeerCertificates[0].NotAfter)))
	}
	var said healthJSON
	if err := json.NewDecoder(io.LimitReader(res.Body, 1<<16)).Decode(&said); err != nil || said.Desk == "" {
		return append(parts, health.Failure("address", "doctor.address.other", x.config.URL, res.Status))
	}
	if said.Desk != deskName(x.desk) {
		return append(parts, health.Failure("address", "doctor.address.another", x.config.URL))
	}
	return append(parts, health.Well("address", "doctor.address.ok", x.config.URL))
}

// certificateFault is what a browser would warn of; nil when err is about something else.
func certificateFault(err error) error {
	var bad *tls.CertificateVerificationError
	var host x509.HostnameError
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &host):
		return host
	case errors.As(err, &unknown):
		return unknown
	case errors.As(err, &invalid):
		return invalid
	case errors.As(err, &bad):
		return bad
	}
	return nil
}

func certificatePart(host string, left time.Duration) health.Part {
	p := health.Well("certificate", "health.certificate.ok", health.Span(left))
	switch {
	case left < certFailed:
		p = health.Failure("certificate", "health.certificate.late", health.Span(max(0, left)))
	case left < certSoon:
		p = health.Warning("certificate", "health.certificate.late", health.Span(left))
	}
	p.Of = host
	return p
}

// deskName tells this desk from any other, to whoever knows one of them already.
func deskName(d *desk.Desk) string { return d.Box().Sign("name", "desk")[:16] }

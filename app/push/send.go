package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"deskbell/app/desk"
	"deskbell/app/netguard"

	"github.com/SherClockHolmes/webpush-go"
)

const (
	ttl         = 24 * time.Hour   // how long a push service keeps a notice for a browser that is off
	postTimeout = 10 * time.Second // for one request, its answer included
	answerBytes = 1 << 10          // read of an answer
)

type client = *http.Client

// newClient speaks to push services: through the guard, without a proxy, without following redirects.
func newClient(g *netguard.Guard) client {
	return &http.Client{
		Timeout:       postTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: g.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 5 * time.Second,
			MaxIdleConns: 16, MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 16 << 10,
		},
	}
}

// refusal is a push service's answer other than yes.
type refusal struct {
	status int
	words  string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("%d %s: %s", r.status, http.StatusText(r.status), r.words)
}

// gone says that the browser does not exist any more (RFC 8030 section 7.3).
func (r *refusal) gone() bool {
	return r.status == http.StatusNotFound || r.status == http.StatusGone
}

// passing says whether the same may well work in a while.
func passing(err error) bool {
	if errors.Is(err, netguard.ErrRefused) {
		return false
	}
	var r *refusal
	if errors.As(err, &r) {
		return r.status == http.StatusTooManyRequests || r.status >= 500
	}
	return true
}

// post encrypts a notice and hands it to the browser's push service.
func (p *Push) post(ctx context.Context, s subscription, n *Notice) error {
	payload, err := json.Marshal(n)
	if err != nil {
		return err
	}
	urgency := webpush.UrgencyNormal
	if n.urgent {
		urgency = webpush.UrgencyHigh
	}
	res, err := webpush.SendNotificationWithContext(ctx, payload, &webpush.Subscription{Endpoint: s.endpoint, Keys: webpush.Keys{P256dh: s.p256dh, Auth: s.auth}}, &webpush.Options{
		HTTPClient: p.http, Subscriber: p.Contact, VAPIDPublicKey: p.keys.Public, VAPIDPrivateKey: p.keys.Private,
		TTL: int(ttl.Seconds()), Urgency: urgency, Topic: n.Tag,
	})
	if err != nil {
		var inner *url.Error
		if errors.As(err, &inner) {
			err = inner.Err // the address is a secret: who has it may push
		}
		return fmt.Errorf("push to %s: %w", s.host(), err)
	}
	defer res.Body.Close()
	words, err := io.ReadAll(io.LimitReader(res.Body, answerBytes))
	if res.StatusCode/100 == 2 {
		return nil
	}
	if err != nil {
		words = nil
	}
	return &refusal{res.StatusCode, line(string(words), 200)}
}

// Test pushes to all browsers of the acting agent at once, so that he sees whether it works. Its error says for one of them why not.
func (p *Push) Test(ctx context.Context, by desk.Actor) error {
	agent, err := p.desk.Agent(ctx, by, by.Agent())
	if err != nil {
		return err
	}
	list, err := p.of(ctx, agent.ID)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return desk.Conflict("error.push_none")
	}
	var failed error
	for _, s := range list {
		lang, err := p.language(ctx, agent, s)
		if err != nil {
			return err
		}
		err = p.post(ctx, s, &Notice{Title: p.Translate(lang, "push.test_title"), Body: p.Translate(lang, "push.test_body"), Tag: "test", URL: "/profile", Lang: lang, urgent: true})
		if err != nil {
			p.Log.Warn("push a test", "subscription", s.id, "error", err)
			failed = desk.Conflict("error.push_refused", s.host())
		}
		if err := p.note(ctx, s, err); err != nil {
			return err
		}
	}
	return failed
}

// note keeps what came of a push of no conversation.
func (p *Push) note(ctx context.Context, s subscription, cause error) error {
	n := due{subscription: s}
	return p.desk.Write(ctx, desk.System, func(tx *desk.Tx) error { return n.outcome(tx, cause) })
}

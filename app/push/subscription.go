package push

import (
	"context"
	"crypto/ecdh"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/url"
	"strings"

	"deskbell/app/desk"
)

// perAgent bounds the browsers of one agent; the one that was pushed to longest ago makes room.
const perAgent = 20

// Subscription is a browser's own word for where to push and how to encrypt (PushSubscription.toJSON).
type Subscription struct {
	Endpoint string `json:"endpoint"`
	Keys     struct {
		P256dh string `json:"p256dh"`
		Auth   string `json:"auth"`
	} `json:"keys"`
	// Session is the log-in that asked: when it ends, so do the pushes.
	Session desk.SessionID `json:"-"`
	// Locale is the language of a browser whose agent has chosen none.
	Locale string `json:"-"`
}

// Read reads a subscription from a request's JSON, at most 8 KB of it.
func Read(r io.Reader) (s Subscription, err error) {
	if err := json.NewDecoder(io.LimitReader(r, 8<<10)).Decode(&s); err != nil {
		return s, desk.Invalid("endpoint", "fault.push_endpoint")
	}
	return s, nil
}

// Subscribe keeps a browser of the acting agent. A browser that is known already is his from now on.
func (p *Push) Subscribe(ctx context.Context, by desk.Actor, s Subscription) error {
	if by.Agent() == 0 {
		return desk.Forbidden
	}
	if err := p.check(s); err != nil {
		return err
	}
	return p.desk.Write(ctx, by, func(tx *desk.Tx) error {
		// Whoever has the browser now must not get what was meant for the one before.
		if _, err := tx.Exec("delete from pushes where subscription_id in (select id from push_subscriptions where endpoint = ? and agent_id <> ?)", s.Endpoint, by.ID); err != nil {
			return err
		}
		_, err := tx.Exec(`insert into push_subscriptions(agent_id, session_id, endpoint, p256dh, auth, locale, created_at) values (?, nullif(?, 0), ?, ?, ?, ?, ?)
			on conflict(endpoint) do update set agent_id = excluded.agent_id, session_id = excluded.session_id, p256dh = excluded.p256dh, auth = excluded.auth, locale = excluded.locale, error = ''`,
			by.ID, s.Session, s.Endpoint, s.Keys.P256dh, s.Keys.Auth, s.Locale, tx.Now().UnixMilli())
		if err != nil {
			return err
		}
		_, err = tx.Exec(`delete from push_subscriptions where agent_id = ?1 and endpoint <> ?2 and id not in
			(select id from push_subscriptions where agent_id = ?1 order by max(created_at, coalesce(pushed_at, 0)) desc, id desc limit ?3)`, by.ID, s.Endpoint, perAgent)
		return err
	})
}

// check refuses what no browser says. An address inside the network passes here and is refused when it is dialled: where a
// name leads is known only then.
func (p *Push) check(s Subscription) error {
	u, err := url.Parse(s.Endpoint)
	secure := err == nil && (u.Scheme == "https" || u.Scheme == "http" && p.Guard.AllowPrivate)
	if !secure || u.Host == "" || u.User != nil || u.Fragment != "" || len(s.Endpoint) > 2000 {
		return desk.Invalid("endpoint", "fault.push_endpoint")
	}
	point, err := decode(s.Keys.P256dh)
	if err == nil {
		_, err = ecdh.P256().NewPublicKey(point)
	}
	if secret, e := decode(s.Keys.Auth); err != nil || e != nil || len(secret) != 16 {
		return desk.Invalid("keys", "fault.push_key")
	}
	return nil
}

func decode(s string) ([]byte, error) {
	return base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
}

// Unsubscribe forgets a browser of the acting agent. One that is not known is no fault.
func (p *Push) Unsubscribe(ctx context.Context, by desk.Actor, endpoint string) error {
	if by.Agent() == 0 {
		return desk.Forbidden
	}
	return p.desk.Write(ctx, by, func(tx *desk.Tx) error {
		_, err := tx.Exec("delete from push_subscriptions where endpoint = ? and agent_id = ?", endpoint, by.ID)
		return err
	})
}

// subscription is a stored one.
type subscription struct {
	id           int64
	agentID      desk.AgentID
	endpoint     string
	p256dh, auth string
	locale       string
	error        string // of the last push; empty: it was taken, or there was none
}

const subscriptionColumns = "s.id, s.agent_id, s.endpoint, s.p256dh, s.auth, s.locale, s.error"

func (s *subscription) fields() []any {
	return []any{&s.id, &s.agentID, &s.endpoint, &s.p256dh, &s.auth, &s.locale, &s.error}
}

// of lists an agent's browsers.
func (p *Push) of(ctx context.Context, agent desk.AgentID) ([]subscription, error) {
	rows, err := p.desk.DB().Readers().QueryContext(ctx, "select "+subscriptionColumns+" from push_subscriptions s where s.agent_id = ? order by s.id", agent)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []subscription
	for rows.Next() {
		var s subscription
		if err := rows.Scan(s.fields()...); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

// Browser is one of an agent's browsers, for his profile page.
type Browser struct {
	Service string // the host of its push service
	Error   string // why the last push was not taken; empty: all is well
}

// Browsers lists the acting agent's browsers.
func (p *Push) Browsers(ctx context.Context, by desk.Actor) ([]Browser, error) {
	list, err := p.of(ctx, by.Agent())
	browsers := make([]Browser, len(list))
	for i, s := range list {
		browsers[i] = Browser{s.host(), s.error}
	}
	return browsers, err
}

func (s *subscription) host() string {
	u, err := url.Parse(s.endpoint)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// Tally sums up what push services said of all browsers last.
type Tally struct {
	All     int
	Refused int
	Last    string // why the last of them was refused
}

// Told reads what push services said last.
func Told(ctx context.Context, d *desk.Desk) (t Tally, err error) {
	err = d.DB().Readers().QueryRowContext(ctx, `select count(*), count(nullif(error, '')), coalesce((select error from push_subscriptions where error <> '' order by pushed_at desc, id desc limit 1), '')
		from push_subscriptions`).Scan(&t.All, &t.Refused, &t.Last)
	return t, err
}

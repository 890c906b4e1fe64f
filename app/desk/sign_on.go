package desk

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// Single sign-on: a login page of the company's own says who an agent is, and signs that with a secret which it shares with the desk.
// It lets in whom the desk has as an agent, and makes none.

// SignOn is where agents are signed on.
type SignOn struct {
	On   bool   `json:"on"`
	Name string `json:"name"` // what the button calls it, at most 40 characters; empty: the company's name
	URL  string `json:"url"`  // of the login page, https
}

// SignedOn is what the login page said, and the door has found to be signed and to hold now.
type SignedOn struct {
	Email string
	State string    // the words by which one browser began; they work once
	Until time.Time // from then on it would be refused anyway
	At    SessionID // in which the one at the browser is already; 0: none
}

const signOnSecret = "secret.sign_on"

func (s *SignOn) check() error {
	var c check
	s.Name, s.URL = oneLine(s.Name), strings.TrimSpace(s.URL)
	if utf8.RuneCountInString(s.Name) > 40 {
		c.fault("name", "fault.too_long", 40)
	}
	u, err := url.Parse(s.URL)
	switch {
	case len(s.URL) > 500:
		c.fault("url", "fault.too_long", 500)
	case s.URL == "" && !s.On:
	case err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Opaque != "":
		c.fault("url", "fault.sign_on_url")
	}
	return c.err()
}

// SignOn answers where agents are signed on; off without the secret, as where its key is lost.
func (d *Desk) SignOn(ctx context.Context, by Actor) (s SignOn, err error) {
	if by.Kind == ByCustomer {
		return s, Forbidden
	}
	if err := d.setting(ctx, "sign_on", &s); err != nil || !s.On {
		return s, err
	}
	secret, err := d.SignOnSecret(ctx, System)
	s.On = secret != ""
	return s, err
}

// ChangeSignOn stores where agents are signed on. It cannot be on without a secret.
func (d *Desk) ChangeSignOn(ctx context.Context, by Actor, s SignOn) error {
	if err := by.Can(ManageCompany); err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	secret, err := d.SignOnSecret(ctx, System)
	if err != nil {
		return err
	}
	if s.On && secret == "" {
		return Invalid("on", "fault.sign_on_secret")
	}
	return d.Write(ctx, by, func(tx *Tx) error { return tx.changeSetting(ctx, "sign_on", &SignOn{}, s) })
}

// NewSignOnSecret makes the secret of 256 bits that the login page signs with. It is answered once; the one before is good for nothing then.
func (d *Desk) NewSignOnSecret(ctx context.Context, by Actor) (string, error) {
	if err := by.Can(ManageCompany); err != nil {
		return "", err
	}
	raw := make([]byte, 32)
	rand.Read(raw)
	secret := base64.RawURLEncoding.EncodeToString(raw)
	return secret, d.Write(ctx, by, func(tx *Tx) error {
		if err := tx.set(signOnSecret, base64.StdEncoding.EncodeToString(d.box.Seal([]byte(secret), "setting "+signOnSecret))); err != nil {
			return err
		}
		return tx.Record(SettingChanged, 0, 0, Facts{"setting": "sign_on", "secrets": true})
	})
}

// SignOnSecret is what the login page signs with; empty when none was made.
func (d *Desk) SignOnSecret(ctx context.Context, by Actor) (string, error) {
	if !by.isSystem() {
		return "", Forbidden
	}
	var text string
	if err := d.setting(ctx, signOnSecret, &text); err != nil || text == "" {
		return "", err
	}
	sealed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", err
	}
	plain, err := d.box.Unseal(sealed, "setting "+signOnSecret)
	return string(plain), err
}

// MaySignOn counts an answer of the login page; too many from one source are TooMany.
func (d *Desk) MaySignOn(_ context.Context, _ Actor, ip string) error {
	if !d.throttle.allowSignOn(d.Clock(), ip) {
		return &Error{Kind: KindTooMany, Key: "error.too_many_logins"}
	}
	return nil
}

// LogInBySignOn lets in whom the company's login page named, by the rules of LogIn: a disabled agent stays out, and who has a second step is
// asked for its code (CodeNeeded). Where by is that agent, at his session already, it is proven anew, and there is no token. Who was
// invited has come by this, without a password.
func (d *Desk) LogInBySignOn(ctx context.Context, by Actor, said SignedOn, in Credentials) (token string, a *Agent, err error) {
	a, err = d.AgentByEmail(ctx, System, said.Email)
	if errors.Is(err, NotFound) || err == nil && !a.Enabled {
		return "", nil, &Error{Kind: KindUnauthorized, Key: "error.sign_on_nobody", Args: []any{clip(oneLine(said.Email), 100)}}
	}
	if err != nil {
		return "", nil, err
	}
	again := by.Kind == ByAgent && by.Agent() == a.ID && said.At != 0
	err = d.Write(ctx, a.Actor(), func(tx *Tx) error {
		if err := tx.useSignOn(said); err != nil {
			return err
		}
		if again {
			_, err := tx.Exec("update sessions set proved_at = ? where id = ? and agent_id = ?", ms(d.steady()), said.At, a.ID)
			return err
		}
		return tx.comeWithout(a)
	})
	if err != nil || again {
		return "", a, err
	}
	in.Email, in.SignOn = a.Email, true
	token, err = d.enter(ctx, a, in)
	return token, a, err
}

// useSignOn uses an answer up.
func (tx *Tx) useSignOn(said SignedOn) error {
	if _, err := tx.Exec("delete from sign_ons where until < ?", ms(tx.now)); err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(said.State))
	res, err := tx.Exec("insert or ignore into sign_ons(state_hash, until) values (?, ?)", sum[:], ms(said.Until))
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return &Error{Kind: KindUnauthorized, Key: "error.sign_on_state"}
	}
	return nil
}

// comeWithout notes that an invited agent has come without choosing a password: he has one that nobody knows, and may choose another by mail.
func (tx *Tx) comeWithout(a *Agent) error {
	if !a.Invited {
		return nil
	}
	if _, err := tx.Exec("delete from invitations where agent_id = ?", a.ID); err != nil {
		return err
	}
	if _, err := tx.Exec("update agents set password_hash = ? where id = ? and password_hash = ''", tx.d.Hashing.nobody(), a.ID); err != nil {
		return err
	}
	return tx.Record(AgentChanged, 0, int64(a.ID), Facts{"joined": true})
}

package webchat

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"
	"unicode/utf8"

	"deskbell/app/desk"
	"deskbell/app/rest"
)

// claims are what a site says of its visitor in a JWT (RFC 7519 section 4.1): sub and exp are needed.
type claims struct {
	Subject   string  `json:"sub"`
	Expires   float64 `json:"exp"` // seconds since 1970
	NotBefore float64 `json:"nbf"`
	Name      *string `json:"name"`
	Email     *string `json:"email"`
	Phone     *string `json:"phone"`
	Company   *string `json:"company"`
}

// skew is how far the clocks of a site and the desk may differ.
const skew = time.Minute

// signed checks who the site says that the visitor is. Empty words say nothing; all that is not signed by the widget's own secret with
// HS256, or is over, is refused in the same words.
func (d *Door) signed(ctx context.Context, inbox *desk.Inbox, token string) (*desk.Signed, error) {
	if token == "" {
		return nil, nil
	}
	secret, err := d.desk.IdentitySecret(ctx, desk.System, inbox.ID)
	if err != nil {
		return nil, err
	}
	c, ok := verify(token, secret)
	now := float64(d.desk.Clock().Unix())
	if !ok || c.Subject == "" || utf8.RuneCountInString(c.Subject) > 200 || c.Expires+skew.Seconds() < now || c.NotBefore-skew.Seconds() > now {
		return nil, desk.Invalid("identity", "fault.identity_wrong")
	}
	return &desk.Signed{ID: c.Subject, Profile: desk.CustomerChange{Name: c.Name, Email: c.Email, Phone: c.Phone, Company: c.Company}}, nil
}

// verify reads a JWT in its compact form (RFC 7515 section 7.1). The algorithm is ours to say, not the token's: RFC 8725 section 3.1.
func verify(token, secret string) (c claims, ok bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || secret == "" {
		return c, false
	}
	sum, err := base64.RawURLEncoding.DecodeString(parts[2])
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(parts[0] + "." + parts[1]))
	if err != nil || !hmac.Equal(sum, mac.Sum(nil)) {
		return c, false
	}
	var header struct {
		Algorithm string   `json:"alg"`
		Critical  []string `json:"crit"`
	}
	if !decode(parts[0], &header) || header.Algorithm != "HS256" || len(header.Critical) > 0 {
		return c, false
	}
	return c, decode(parts[1], &c)
}

func decode(part string, v any) bool {
	b, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && rest.Unmarshal(b, v) == nil
}

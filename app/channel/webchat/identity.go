package webchat

import (
	"context"
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
	var c claims
	ok := rest.Verify(token, secret, &c)
	skew, now := rest.Skew.Seconds(), float64(d.desk.Clock().Unix())
	if !ok || c.Subject == "" || utf8.RuneCountInString(c.Subject) > 200 || c.Expires+skew < now || c.NotBefore-skew > now {
		return nil, desk.Invalid("identity", "fault.identity_wrong")
	}
	return &desk.Signed{ID: c.Subject, Profile: desk.CustomerChange{Name: c.Name, Email: c.Email, Phone: c.Phone, Company: c.Company}}, nil
}

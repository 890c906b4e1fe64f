package mail

import (
	"crypto"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"
)

// Signer signs mail in a domain's name (DKIM, RFC 6376).
type Signer struct {
	Domain   string
	Selector string
	Key      crypto.Signer // RSA or Ed25519
}

// signedHeaders are what a receiver shows or goes by, there or not: whoever adds a Reply-To breaks the signature. go-mail breaks a
// list that does not fit on one line (76 characters with "h=") in the midst of a name, and then no receiver believes the signature.
var signedHeaders = []string{"From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID", "Content-Type", "MIME-Version"}

// sign has the mail signed as it is written out.
func (o *Outgoing) sign(m *gomail.Msg) error {
	if o.Sign == nil {
		return nil
	}
	domain, err := idna.Lookup.ToASCII(o.Sign.Domain)
	if err != nil {
		return err
	}
	s := gomail.NewDKIMSigner(domain, o.Sign.Selector, o.Sign.Key)
	s.SignHeaders(signedHeaders...)
	m.SetDKIM(s)
	return nil
}

package desk

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"regexp"
	"strings"
)

// minRSA is how many bits an RSA key must have: receivers do not believe shorter ones (RFC 8301 section 3.2).
const minRSA = 1024

// maxSigned is how long a domain or selector may be: go-mail breaks longer ones in the signature's head, and nobody believes it then.
const maxSigned = 63

var errDKIMKey = errors.New("no RSA or Ed25519 key in PEM")

// selectorShape is a selector as a name in DNS (RFC 6376 section 3.1).
var selectorShape = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?)*$`)

// DKIMKey reads a private key that signs mail: RSA, or Ed25519 (RFC 8463), as PEM.
func DKIMKey(text string) (crypto.Signer, error) {
	block, _ := pem.Decode([]byte(strings.TrimSpace(text)))
	if block == nil {
		return nil, errDKIMKey
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return rightSize(key)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errDKIMKey
	}
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return rightSize(key)
	case ed25519.PrivateKey:
		return key, nil
	}
	return nil, errDKIMKey
}

// NewDKIMKey makes a private key that signs mail, as PEM: RSA of 2048 bits, which every receiver can check (RFC 8301).
func NewDKIMKey() (string, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
}

// SignBy settles by which key the mailbox signs: the one that comes with the change, the stored one, or, for a mailbox that begins to
// sign without one, a new one. Without a selector none is kept.
func (m *Mailbox) SignBy(s *MailboxSecrets, given string) (err error) {
	if given = strings.TrimSpace(given); given != "" || strings.TrimSpace(m.DKIM) == "" {
		s.DKIM = given
	}
	if strings.TrimSpace(m.DKIM) != "" && s.DKIM == "" {
		if s.DKIM, err = NewDKIMKey(); err != nil {
			return err
		}
	}
	return m.CheckDKIM(s.DKIM)
}

func rightSize(key *rsa.PrivateKey) (crypto.Signer, error) {
	if key.N.BitLen() < minRSA {
		return nil, errDKIMKey
	}
	return key, nil
}

// CheckDKIM tells what is wrong with how the mailbox's mail is to be signed, with this private key. Without a selector nothing is
// signed.
func (m *Mailbox) CheckDKIM(key string) error {
	var c check
	if m.DKIM = strings.TrimSpace(m.DKIM); m.DKIM == "" {
		if key != "" {
			c.fault("dkim.selector", "fault.dkim_selector")
		}
		return c.err()
	}
	_, domain, _ := strings.Cut(m.Address, "@")
	if len(domain) > maxSigned {
		c.fault("dkim.selector", "fault.dkim_domain", maxSigned)
	} else if len(m.DKIM) > maxSigned || !selectorShape.MatchString(m.DKIM) {
		c.fault("dkim.selector", "fault.dkim_selector")
	}
	if _, err := DKIMKey(key); err != nil {
		c.fault("dkim.key", "fault.dkim_key", minRSA)
	}
	return c.err()
}

// DKIMRecord is the TXT record in DNS by which others check signatures of a key (RFC 6376 section 3.6.1): its name for a mailbox of
// this address, and its value.
func (m *Mailbox) DKIMRecord(key crypto.Signer) (name, value string, err error) {
	_, domain, _ := strings.Cut(m.Address, "@")
	name = m.DKIM + "._domainkey." + domain
	if public, ok := key.Public().(ed25519.PublicKey); ok {
		return name, "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public), nil
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	return name, "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der), err
}

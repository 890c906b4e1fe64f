package api

import (
	"context"
	"fmt"

	"deskbell/app/desk"
)

// oauthFields are by whose consent a mailbox is read, with auth xoauth2. The secrets are taken and never told.
type oauthFields struct {
	Provider     *string `json:"provider,omitempty" enum:"google,microsoft,other"`
	ClientID     *string `json:"client_id,omitempty" maxLength:"300"`
	ClientSecret *string `json:"client_secret,omitempty" maxLength:"4000"`
	RefreshToken *string `json:"refresh_token,omitempty" maxLength:"8000" doc:"When consent was given elsewhere; else it is given on the mailbox's page"`
	Tenant       *string `json:"tenant,omitempty" maxLength:"200"`
	AuthURL      *string `json:"auth_url,omitempty" maxLength:"500"`
	TokenURL     *string `json:"token_url,omitempty" maxLength:"500"`
	Scopes       *string `json:"scopes,omitempty" maxLength:"1000"`
}

func (f *oauthFields) fill(m *desk.Mailbox) {
	if f == nil {
		return
	}
	o := desk.MailOAuth{}
	if m.OAuth != nil {
		o = *m.OAuth
	}
	set(&o.Provider, f.Provider)
	set(&o.ClientID, f.ClientID)
	set(&o.Tenant, f.Tenant)
	set(&o.AuthURL, f.AuthURL)
	set(&o.TokenURL, f.TokenURL)
	set(&o.Scopes, f.Scopes)
	m.OAuth = &o
}

// MailboxDKIM is the key by which a mailbox's mail is signed; its private half is taken and never told.
type MailboxDKIM struct {
	Selector string `json:"selector"`
	Name     string `json:"record_name" doc:"Of the TXT record to add to DNS"`
	Value    string `json:"record_value"`
}

type dkimFields struct {
	Selector *string `json:"selector,omitempty" maxLength:"63" doc:"Empty: nothing is signed, and the key is forgotten"`
	Key      *string `json:"key,omitempty" maxLength:"20000" doc:"RSA or Ed25519, private, as PEM. Left out, the stored one stays; without one, one is made"`
}

// secrets are the passwords to be stored; nil leaves those that are. None is carried over to another server or account.
func (d *Door) secrets(ctx context.Context, box *desk.Inbox, after desk.Mailbox, f mailboxFields) (any, error) {
	var s desk.MailboxSecrets
	var before desk.Mailbox
	if box.ID != 0 {
		var err error
		if before, err = desk.MailboxOf(box); err != nil {
			return nil, err
		}
		if err := d.desk.InboxSecrets(ctx, desk.System, box.ID, &s); err != nil && !desk.IsSealed(err) {
			return nil, err
		}
	}
	was := s
	var given desk.MailboxSecrets
	f.secrets(&given)
	if fields := s.Elsewhere(before, after, given); len(fields) > 0 {
		return nil, &desk.Error{Kind: desk.KindInvalid, Key: "error.invalid", Fields: fields}
	}
	f.secrets(&s)
	key := ""
	if f.DKIM != nil && f.DKIM.Key != nil {
		key = *f.DKIM.Key
	}
	if err := after.SignBy(&s, key); err != nil {
		return nil, err
	}
	if s == was {
		return nil, nil
	}
	return s, nil
}

// secrets are those that came.
func (f *mailboxFields) secrets(to *desk.MailboxSecrets) {
	if f.IMAP != nil {
		set(&to.IMAP, f.IMAP.Password)
	}
	if f.SMTP != nil {
		set(&to.SMTP, f.SMTP.Password)
	}
	if f.OAuth != nil {
		set(&to.ClientSecret, f.OAuth.ClientSecret)
		set(&to.Refresh, f.OAuth.RefreshToken)
	}
}

// dkim is the public half of the key that signs; nil when nothing is signed.
func (d *Door) dkim(ctx context.Context, box *desk.Inbox, m desk.Mailbox) (*MailboxDKIM, error) {
	if m.DKIM == "" {
		return nil, nil
	}
	var s desk.MailboxSecrets
	if err := d.desk.InboxSecrets(ctx, desk.System, box.ID, &s); err != nil {
		if desk.IsSealed(err) { // under a key that is lost: the mailbox's page says so
			err = nil
		}
		return nil, err
	}
	key, err := desk.DKIMKey(s.DKIM)
	if err != nil {
		return nil, fmt.Errorf("read the key that signs the mail of inbox %d: %w", box.ID, err)
	}
	name, value, err := m.DKIMRecord(key)
	return &MailboxDKIM{m.DKIM, name, value}, err
}

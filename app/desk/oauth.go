package desk

import (
	"context"
	"net/url"
	"slices"
	"strings"
)

// MailOAuth is by whose consent a mailbox is read, in place of a password (RFC 6749): the provider, and what it knows this desk by. The
// client's secret and the token that lasts stand with the passwords, sealed.
type MailOAuth struct {
	Provider string `json:"provider"`            // google, microsoft or other
	ClientID string `json:"client_id"`           // given by the provider when the desk was registered there
	Tenant   string `json:"tenant,omitempty"`    // microsoft: the organisation; empty: any
	AuthURL  string `json:"auth_url,omitempty"`  // other: where consent is asked for
	TokenURL string `json:"token_url,omitempty"` // other: where tokens are given
	Scopes   string `json:"scopes,omitempty"`    // other: with blanks in between
}

// Consents says whether the mailbox logs in by consent on any side.
func (m *Mailbox) Consents() bool { return m.IMAP.Auth == "xoauth2" || m.SMTP.Auth == "xoauth2" }

func (m *Mailbox) checkOAuth(c *check) {
	if !m.Consents() {
		m.OAuth = nil
		return
	}
	if m.OAuth == nil {
		m.OAuth = &MailOAuth{}
	}
	o := m.OAuth
	o.ClientID, o.Tenant, o.Scopes = strings.TrimSpace(o.ClientID), strings.TrimSpace(o.Tenant), strings.TrimSpace(o.Scopes)
	o.AuthURL, o.TokenURL = strings.TrimSpace(o.AuthURL), strings.TrimSpace(o.TokenURL)
	if o.Provider == "" {
		o.Provider = "google"
	}
	if !slices.Contains([]string{"google", "microsoft", "other"}, o.Provider) {
		c.fault("oauth.provider", "fault.provider_unknown")
	}
	if o.ClientID == "" || len(o.ClientID) > 300 {
		c.fault("oauth.client_id", "fault.client_id_missing")
	}
	if strings.ContainsAny(o.Tenant, "/?# ") {
		c.fault("oauth.tenant", "fault.tenant_wrong")
	}
	if o.Provider != "other" {
		o.AuthURL, o.TokenURL, o.Scopes = "", "", ""
		return
	}
	for field, address := range map[string]string{"oauth.auth_url": o.AuthURL, "oauth.token_url": o.TokenURL} {
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1") {
			c.fault(field, "fault.https_wanted")
		}
	}
}

// KeepInboxSecrets stores an inbox's secrets as its channel renewed them. It is no change of its settings: the inbox goes on as it does.
func (d *Desk) KeepInboxSecrets(ctx context.Context, by Actor, id InboxID, secrets any) error {
	if !by.isSystem() {
		return Forbidden
	}
	return d.Write(ctx, by, func(tx *Tx) error { return tx.seal(id, secrets) })
}

// GiveConsent stores the secrets of a mailbox after somebody consented, and has the mailbox begin anew with them.
func (d *Desk) GiveConsent(ctx context.Context, by Actor, id InboxID, secrets MailboxSecrets) error {
	if err := by.Can(ManageInboxes); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		if _, err := findInbox(ctx, tx, id); err != nil {
			return err
		}
		if err := tx.seal(id, secrets); err != nil {
			return err
		}
		// What waited for the consent need not wait for its next turn.
		for _, table := range []string{"deliveries", "system_mails"} {
			if _, err := tx.Exec("update "+table+" set next_at = ?1 where inbox_id = ?2 and next_at > ?1", ms(tx.now), id); err != nil {
				return err
			}
		}
		return tx.Record(InboxChanged, 0, int64(id), Facts{"consent": true})
	})
}

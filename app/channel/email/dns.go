package email

import (
	"context"
	"time"

	"deskbell/app/desk"
	"deskbell/app/maildns"
)

// dnsWait bounds a look at a mailbox's records: name servers that are gone are asked twice.
const dnsWait = 12 * time.Second

// LookUp tells what DNS says about a mailbox's domain, and whether that fits how the mailbox sends and receives.
func (c *Channel) LookUp(ctx context.Context, by desk.Actor, in *desk.Inbox) ([]maildns.Finding, error) {
	if err := by.Can(desk.ManageInboxes); err != nil {
		return nil, err
	}
	box, secrets, err := settingsOf(ctx, c.desk, in)
	if err != nil && !desk.IsSealed(err) { // under a lost key: then the record is not known, the rest is
		return nil, err
	}
	q := maildns.Question{Address: box.Address, SMTP: box.SMTP.Host, IMAP: box.IMAP.Host}
	if key, err := desk.DKIMKey(secrets.DKIM); err == nil && box.DKIM != "" {
		q.Selector = box.DKIM
		if _, q.Key, err = box.DKIMRecord(key); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, dnsWait)
	defer cancel()
	return maildns.Check(ctx, c.Resolver, q), nil
}

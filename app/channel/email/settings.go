package email

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/publicsuffix"

	"deskbell/app/channel"
	"deskbell/app/desk"
	"deskbell/app/mail"
)

// How a connection to a mail server is protected.
const (
	TLS      = "tls"      // from the first byte
	STARTTLS = "starttls" // the connection is turned into TLS, or not used
	None     = "none"
)

// Server is one side of a mailbox with its password.
type Server struct {
	desk.MailServer
	Password string
}

func (s Server) address() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// mailbox is an email inbox as the program needs it.
type mailbox struct {
	desk.Mailbox
	imap, smtp Server
	dkim       string // the key that signs, as PEM
}

// settingsOf reads an inbox's settings and secrets.
func settingsOf(ctx context.Context, d *desk.Desk, in *desk.Inbox) (desk.Mailbox, desk.MailboxSecrets, error) {
	var secrets desk.MailboxSecrets
	box, err := desk.MailboxOf(in)
	if err != nil {
		return box, secrets, fmt.Errorf("read the settings of inbox %d: %w", in.ID, err)
	}
	err = d.InboxSecrets(ctx, desk.System, in.ID, &secrets)
	if desk.IsSealed(err) {
		return box, secrets, &channel.Problem{Field: "imap.password", Key: "mailbox.problem.sealed", Err: err}
	}
	if err != nil {
		return box, secrets, fmt.Errorf("read the secrets of inbox %d: %w", in.ID, err)
	}
	return box, secrets, nil
}

// mailbox is an inbox with all that it takes to log in.
func (c *Channel) mailbox(ctx context.Context, in *desk.Inbox) (mailbox, error) {
	box, secrets, err := settingsOf(ctx, c.desk, in)
	if err != nil {
		return mailbox{}, err
	}
	m := joined(box, secrets)
	return m, c.authorize(ctx, in.ID, &m, secrets)
}

func joined(box desk.Mailbox, secrets desk.MailboxSecrets) mailbox {
	m := mailbox{Mailbox: box, imap: Server{box.IMAP, secrets.IMAP}, smtp: Server{box.SMTP, secrets.SMTP}, dkim: secrets.DKIM}
	if m.smtp.Password == "" && strings.EqualFold(m.smtp.Username, m.imap.Username) {
		m.smtp.Password = secrets.IMAP // most providers have one password for both
	}
	if m.imap.Folder == "" {
		m.imap.Folder = "INBOX"
	}
	return m
}

// signer signs what goes out, or is nil where nothing is signed. A key that cannot be read is an error: mail that goes out
// unsigned where it is promised to be signed may be lost on its way.
func (m mailbox) signer() (*mail.Signer, error) {
	if m.DKIM == "" {
		return nil, nil
	}
	key, err := desk.DKIMKey(m.dkim)
	if err != nil {
		return nil, fmt.Errorf("read the key that signs the mail of %s: %w", m.Address, err)
	}
	_, domain, _ := strings.Cut(m.Address, "@")
	return &mail.Signer{Domain: domain, Selector: m.DKIM, Key: key}, nil
}

// trusts says whether what a server says about senders in a mail's head is believed: the one that is named in the settings, else
// the mailbox's own host and its neighbours.
func (m mailbox) trusts(server string) bool {
	if m.Authserv != "" {
		return server == m.Authserv
	}
	host := strings.ToLower(m.imap.Host)
	if host == "imap.gmail.com" {
		return server == "mx.google.com"
	}
	site, err := publicsuffix.EffectiveTLDPlusOne(host)
	return server == host || err == nil && strings.HasSuffix("."+server, "."+site)
}

// account names a folder as the ledger does: another user, host or folder is another one.
func (m mailbox) account(folder string) string {
	return strings.ToLower(m.imap.Username) + " " + strings.ToLower(m.imap.Host) + " " + folder
}

// folders are all that are watched, each by a connection of its own: IDLE tells of one.
func (m mailbox) folders() []string { return append([]string{m.imap.Folder}, m.Folders...) }

// watches says whether an account of the ledger is a folder that is watched.
func (m mailbox) watches(account string) bool {
	return slices.ContainsFunc(m.folders(), func(f string) bool { return m.account(f) == account })
}

// owns says whether an address is the mailbox's own; what stands behind a plus does not matter.
func (m mailbox) owns(address string) bool {
	address = plain(address)
	return address == plain(m.Address) || slices.ContainsFunc(m.Aliases, func(a string) bool { return plain(a) == address })
}

func plain(address string) string {
	local, domain, _ := strings.Cut(strings.ToLower(strings.TrimSpace(address)), "@")
	local, _, _ = strings.Cut(local, "+")
	return local + "@" + domain
}

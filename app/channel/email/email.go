// Package email is the mail channel: IMAP in, SMTP out.
//
// It promises that every mail that a server showed has a row in the ledger; that its bytes are stored before it is read, and read
// before it is filed; that a stop at any point loses and doubles nothing, because a mail's row and the message it becomes are
// written in one change and the database refuses a second message with the same id; that mails are filed in the order of their
// UIDs, so that an answer finds its parent, and one that a server numbered before it is put beside it later; that no mail stops the ones behind it; and that a message goes out with the same
// Message-ID however often it is tried.
//
// Where a mail belongs is told by the token in its address or by the ids that it answers, and only for senders who take part in
// the conversation: who merely knows an id gets a ticket of his own, linked to the other.
//
// In reading order: email.go (the Channel), settings.go, intake.go (a mailbox being read), walk.go (around what its server cannot list), arrival.go (one mail: read),
// file.go (and filed), unwanted.go (or not), place.go (where it belongs), addressed.go and fingerprint.go (whose it is, and whether it came before),
// rounds.go (comparing and tidying the server), deliver.go, compose.go and copy.go (out), system.go (the company's own mail), oauth.go (consent), check.go, probe.go and dns.go; below them imap.go,
// fetch.go, server.go and smtp.go (connections), wire.go and guard.go (what comes before them and what they may cost), problem.go (faults in words).
package email

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"

	"deskbell/app/channel"
	"deskbell/app/desk"
)

const (
	maxMail  = 64 << 20  // bytes; larger ones are set aside
	small    = 256 << 10 // bytes of a mail that is held in memory
	batch    = 100       // mails fetched at a time
	batchMax = 8 << 20   // bytes of them
	chunk    = 8         // mails filed in one change: long enough for one fsync to serve several, short enough not to hold up a chat
)

// Channel is the mail channel.
type Channel struct {
	// Trust is what servers are checked against; nil means the system's authorities.
	Trust *tls.Config
	// Resolver is asked what DNS says about the mailboxes' domains; nil means the machine's own.
	Resolver *net.Resolver
	// URL is the desk's public address, for links in mails; Words are the catalogs'. Without them a mail holds what was written alone.
	URL   string
	Words func(lang, key string, args ...any) string

	desk   *desk.Desk
	ledger *channel.Ledger
	dial   dialFunc
	log    *slog.Logger

	consents consents

	mu      sync.Mutex
	refused map[refusedMail]int // how often a server broke off at a mail
	out     map[desk.InboxID]*outgoing
	copying map[desk.InboxID]chan struct{} // full while a copy is put into the mailbox
}

// New makes the channel. Connections are made by dial, which is a netguard.Guard's.
func New(d *desk.Desk, dial dialFunc, log *slog.Logger) *Channel {
	return &Channel{desk: d, ledger: channel.NewLedger(d), dial: dial, log: log, refused: map[refusedMail]int{}, out: map[desk.InboxID]*outgoing{}, copying: map[desk.InboxID]chan struct{}{},
		consents: consents{asked: map[string]asked{}, given: map[desk.InboxID]*oauth2.Token{}, turn: map[desk.InboxID]*sync.Mutex{}}}
}

var (
	_ channel.Channel = (*Channel)(nil)
	_ channel.Postman = (*Channel)(nil)
)

// Kind implements channel.Channel.
func (c *Channel) Kind() string { return desk.Email }

// Hourly implements channel.Paced.
func (c *Channel) Hourly(in *desk.Inbox) int {
	box, err := desk.MailboxOf(in)
	if err != nil {
		return 0
	}
	return box.Hourly
}

// Check implements channel.Channel: it logs in to both servers and opens the folder.
func (c *Channel) Check(ctx context.Context, in *desk.Inbox) error {
	box, secrets, err := settingsOf(ctx, c.desk, in)
	var p *channel.Problem
	if errors.As(err, &p) {
		return channel.Invalid([]*channel.Problem{p})
	}
	if err != nil {
		return err
	}
	return c.CheckMailbox(ctx, in.ID, box, secrets)
}

// CheckMailbox is Check for settings that are not stored yet, as a form's test button has them; id is 0 for a new mailbox.
func (c *Channel) CheckMailbox(ctx context.Context, id desk.InboxID, box desk.Mailbox, secrets desk.MailboxSecrets) error {
	m := joined(box, secrets)
	err := c.authorize(ctx, id, &m, secrets)
	var p *channel.Problem
	if errors.As(err, &p) {
		return channel.Invalid([]*channel.Problem{p})
	}
	if err != nil {
		return err
	}
	return channel.Invalid(check(ctx, c.dial, m, c.Trust))
}

// Run implements channel.Channel: it reads the mailbox until ctx ends.
func (c *Channel) Run(parent context.Context, in *desk.Inbox, up func()) error {
	ctx := parent
	box, err := c.mailbox(ctx, in)
	if err != nil {
		return err
	}
	if err := c.intake(in, box, box.imap.Folder).resume(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var folders sync.WaitGroup
	open := atomic.Int32{} // folders that were found well
	for _, folder := range box.folders() {
		folders.Go(func() {
			well := sync.OnceFunc(func() { open.Add(1) })
			cancel(c.watchFolder(ctx, c.intake(in, box, folder), func() {
				if well(); int(open.Load()) == len(box.folders()) {
					up()
				}
			}))
		})
	}
	folders.Wait()
	return c.explained(parent, in.ID, box, context.Cause(ctx))
}

func (c *Channel) intake(in *desk.Inbox, box mailbox, folder string) *intake {
	return &intake{c: c, in: in, box: box, folder: folder, account: box.account(folder)}
}

// watchFolder reads one folder over a connection of its own, until ctx ends or something breaks that another one does not mend.
func (c *Channel) watchFolder(ctx context.Context, k *intake, up func()) error {
	for {
		err := c.readFolder(ctx, k, up)
		if !k.walk.narrows {
			return err
		}
		k.walk.narrows = false
	}
}

func (c *Channel) readFolder(ctx context.Context, k *intake, up func()) error {
	conn, err := connect(ctx, c.dial, k.box.imap, c.Trust)
	if err != nil {
		return err
	}
	defer conn.close()
	if k.box.Poll > 0 {
		conn.pause = time.Duration(k.box.Poll) * time.Second
	}
	k.r = conn
	return k.read(ctx, up)
}

// explained puts an error of the conversation with the server into words; one of the database stays what it is.
func (c *Channel) explained(ctx context.Context, in desk.InboxID, box mailbox, err error) error {
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	var own *storeError
	if asStore(err, &own) {
		return own.error
	}
	return explain("imap", box.imap, c.refusedToken(in, box.imap, err))
}

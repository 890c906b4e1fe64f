package email

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	"deskbell/app/channel"
	"deskbell/app/desk"
)

// sentNames are what folders for sent mail are called where the server does not say which it is (RFC 6154).
var sentNames = []string{"sent", "sent items", "sent messages", "sent mail", "inbox.sent", "inbox/sent", "已发送", "已发送邮件", "已发邮件"}

// junkNames are what folders for junk are called.
var junkNames = []string{"junk", "spam", "junk email", "junk e-mail", "bulk mail", "inbox.junk", "inbox.spam", "inbox/junk", "inbox/spam", "垃圾邮件", "垃圾箱"}

// copySent puts a message that went out into the mailbox's folder for sent mail, if the mailbox is to keep copies. It runs beside
// the sending: a copy that fails is a line in the log and nothing more. One is made after the other: servers count connections, and a copy is
// in memory while it is made.
func (c *Channel) copySent(ctx context.Context, in *desk.Inbox, box mailbox, m channel.Outbound, l letter) {
	if !box.KeepCopy || !firstOut(m) {
		return
	}
	turn := c.copyTurn(in.ID)
	go func() {
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		case <-ctx.Done():
			return
		}
		if err := c.putCopy(ctx, box, l); err != nil && ctx.Err() == nil {
			c.log.Warn("keep a copy of a sent mail", "inbox", in.ID, "message", m.Message.ID, "error", err)
		}
	}()
}

// firstOut says whether nobody else has got the message yet: one copy of it is enough, however many get it, and whoever of them is refused.
func firstOut(m channel.Outbound) bool {
	return !slices.ContainsFunc(m.Message.Deliveries, func(d desk.Delivery) bool {
		return d.ID != m.Delivery.ID && d.State != "queued" && d.State != "failed"
	})
}

func (c *Channel) copyTurn(id desk.InboxID) chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.copying[id] == nil {
		c.copying[id] = make(chan struct{}, 1)
	}
	return c.copying[id]
}

func (c *Channel) putCopy(ctx context.Context, box mailbox, l letter) error {
	var raw bytes.Buffer
	if _, err := l.WriteTo(&raw); err != nil {
		return err
	}
	conn, err := connect(ctx, c.dial, box.imap, c.Trust)
	if err != nil {
		return err
	}
	defer conn.close()
	return conn.store(raw.Bytes())
}

// store appends a mail that was sent to the folder for it.
func (c *connection) store(raw []byte) error {
	return c.watch(fetchWait, func() error {
		folder, err := c.sentFolder()
		if err != nil {
			return err
		}
		cmd := c.client.Append(folder, int64(len(raw)), &imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen}})
		if _, err := cmd.Write(raw); err != nil {
			return err
		}
		if err := cmd.Close(); err != nil {
			return err
		}
		_, err = cmd.Wait()
		return err
	})
}

func (c *connection) sentFolder() (string, error) {
	name, all, err := c.folderFor(imap.MailboxAttrSent, sentNames)
	if err == nil && name == "" {
		err = fmt.Errorf("none of the mailbox's %d folders is for sent mail", all)
	}
	return name, err
}

// junkFolder is where the server puts what it takes for junk; empty: nowhere.
func (c *connection) junkFolder() (name string, err error) {
	err = c.watch(commandWait, func() error {
		name, _, err = c.folderFor(imap.MailboxAttrJunk, junkNames)
		return err
	})
	return name, err
}

// folderFor finds a folder by what the server says that it is for, or else by its name.
func (c *connection) folderFor(use imap.MailboxAttr, names []string) (name string, all int, err error) {
	var options *imap.ListOptions
	if c.client.Caps().Has(imap.CapSpecialUse) && c.client.Caps().Has(imap.CapListExtended) {
		options = &imap.ListOptions{ReturnSpecialUse: true}
	}
	var folders []*imap.ListData
	var over error
	cmd := c.client.List("", "*", options)
	for f := cmd.Next(); f != nil; f = cmd.Next() {
		if len(folders) == mostFolders {
			over = c.enough(over, "folders", mostFolders)
			continue
		}
		folders = append(folders, f)
	}
	if err := cmp.Or(over, cmd.Close()); err != nil {
		return "", 0, err
	}
	for _, f := range folders {
		if slices.Contains(f.Attrs, use) {
			return f.Mailbox, len(folders), nil
		}
	}
	for _, f := range folders {
		if slices.Contains(names, strings.ToLower(f.Mailbox)) {
			return f.Mailbox, len(folders), nil
		}
	}
	return "", len(folders), nil
}

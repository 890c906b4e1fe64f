package email

import (
	"context"
	"errors"
	"time"

	"deskbell/app/channel"
	"deskbell/app/desk"
	"deskbell/app/mail"
)

const (
	idleOut = 20 * time.Second // a connection waits so long for the next message
	perConn = 50               // messages on one connection; servers count
)

// outgoing is an inbox's open SMTP connection between two messages.
type outgoing struct {
	t     *transport
	sent  int
	timer *time.Timer
}

// Deliver implements channel.Channel: it sends a message by SMTP to one recipient. The Message-ID is the stored one.
func (c *Channel) Deliver(ctx context.Context, in *desk.Inbox, m channel.Outbound) (channel.Receipt, error) {
	box, err := c.mailbox(ctx, in)
	if err != nil {
		return channel.Receipt{}, &channel.Failure{Err: err, Account: true}
	}
	letter, err := c.compose(ctx, in, box, m)
	if errors.Is(err, mail.ErrHeader) {
		return channel.Receipt{}, channel.Permanent(err)
	}
	if err != nil {
		return channel.Receipt{}, err
	}
	answer, err := c.handOver(ctx, in, box, m.Delivery.Recipient, letter)
	if err != nil {
		return channel.Receipt{}, failure(box, c.refusedToken(in.ID, box.smtp, err))
	}
	c.copySent(ctx, in, box, m, letter)
	return channel.Receipt{Code: 250, Answer: answer}, nil
}

// handOver sends over the open connection, or a new one. A server that hung up meanwhile has not seen the message: then a new
// connection is made at once.
func (c *Channel) handOver(ctx context.Context, in *desk.Inbox, box mailbox, to string, letter letter) (string, error) {
	o := c.takeOut(in.ID)
	fresh := o == nil
	for {
		if o == nil {
			t, err := openSMTP(ctx, c.dial, box.smtp, heloName(box.Address), c.Trust)
			if err != nil {
				return "", err
			}
			o = &outgoing{t: t}
		}
		answer, err := o.t.send(box.Address, to, letter)
		if err == nil {
			o.sent++
			c.keepOut(in.ID, o)
			return answer, nil
		}
		var r *refusal
		if errors.As(err, &r) && r.Code != 0 && r.Code != 421 && o.t.reset() == nil {
			c.keepOut(in.ID, o)
			return "", err
		}
		o.t.abort()
		if fresh || !errors.As(err, &r) || r.Step == "message" || ctx.Err() != nil {
			return "", err
		}
		o, fresh = nil, true
	}
}

func (c *Channel) takeOut(id desk.InboxID) *outgoing {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := c.out[id]
	delete(c.out, id)
	if o == nil || !o.timer.Stop() {
		return nil
	}
	return o
}

func (c *Channel) keepOut(id desk.InboxID, o *outgoing) {
	if o.sent >= perConn {
		o.t.close()
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out[id] = o
	o.timer = time.AfterFunc(idleOut, func() {
		c.mu.Lock()
		if c.out[id] == o {
			delete(c.out, id)
		}
		c.mu.Unlock()
		o.t.close()
	})
}

// failure tells whether the message or the mailbox is at fault, and whether it will pass.
func failure(box mailbox, err error) *channel.Failure {
	var r *refusal
	if !errors.As(err, &r) { // it never came to a transaction
		p := explain("smtp", box.smtp, err)
		return &channel.Failure{Account: true, Words: printable(err.Error()), Err: p}
	}
	f := &channel.Failure{Permanent: r.permanent(), Code: r.Code, Words: r.Said, Err: r}
	if r.Code == 0 {
		f.Words = printable(r.Error())
	}
	// A server that hangs up before it saw a recipient, or wants a log in, would do so for every message.
	f.Account = r.Step == "MAIL" && (r.Code == 0 || r.Code == 421) || r.Code == 530 || r.Code == 535
	return f
}

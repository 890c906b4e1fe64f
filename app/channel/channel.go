// Package channel carries messages between the desk and the services on which customers write: mail, WeChat, SMS …
//
// A Channel is code for one kind of service; an inbox is one account of it. The Supervisor runs every enabled inbox: it brings in
// what arrives, sends what is due in the deliveries table, starts an inbox anew when its settings change, waits longer after each
// failure, and knows the state of each side for the health page. It promises that one inbox in trouble does not touch
// the others, that every attempt of a delivery is kept with the other side's own words, and that nothing is given up before
// its time.
//
// supervisor.go starts and stops inboxes, run.go is one of them, outbox.go sends, system.go sends the company's own mail, state.go is for the health page,
// ledger.go accounts for everything that a mailbox showed. channeltest is the contract that every channel passes.
package channel

import (
	"context"
	"errors"
	"fmt"

	"deskbell/app/desk"
)

// Channel is one kind of service.
type Channel interface {
	// Kind is the word in inboxes.channel.
	Kind() string
	// Check logs in as the inbox says and tells what is wrong, field by field, as a *desk.Error.
	Check(ctx context.Context, in *desk.Inbox) error
	// Run brings in what arrives until ctx ends, and calls up whenever the account was found well. It returns within
	// a second of ctx's end, and otherwise only with an error; a *Problem is told in its own words.
	Run(ctx context.Context, in *desk.Inbox, up func()) error
	// Deliver hands one message to the other side for one recipient. When it returns nil the other side has it. Its error
	// is a *Failure, or anything else for a fault that will pass.
	Deliver(ctx context.Context, in *desk.Inbox, m Outbound) (Receipt, error)
}

// Paced is a channel whose accounts may have a limit of their own on what goes out.
type Paced interface {
	// Hourly is how many deliveries the account takes in an hour; 0: any number.
	Hourly(in *desk.Inbox) int
}

// Outbound is a message on its way to one recipient.
type Outbound struct {
	Delivery     desk.Delivery
	Message      *desk.Message
	Conversation *desk.Conversation
}

// Receipt is what the other side said when it took a message.
type Receipt struct {
	State  string // sent, or delivered when the other side vouches for it; empty: sent
	Code   int
	Answer string
}

// Failure is why a message was not taken.
type Failure struct {
	Permanent bool   // trying again is of no use
	Account   bool   // the account is in trouble, not the message: nothing else would get out either
	Code      int    // the other side's, 0 when it gave none
	Words     string // the other side's own words, or what went wrong on the way; empty: Err's
	Err       error
}

func (f *Failure) Error() string {
	if f.Err != nil {
		return f.Err.Error()
	}
	return fmt.Sprintf("%d %s", f.Code, f.Words)
}

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Err }

func (f *Failure) words() string {
	if f.Words != "" {
		return f.Words
	}
	return f.Error()
}

// Permanent is a failure of the message that no further try can mend.
func Permanent(err error) *Failure { return &Failure{Permanent: true, Err: err} }

// Problem is one thing that is wrong with an account, in words: the setting to look at, the sentence for it, the cause.
type Problem struct {
	Field string // as in the form: imap.host, smtp.password …
	Key   string // stands in the catalogs
	Args  []any
	Err   error
}

func (p *Problem) Error() string { return fmt.Sprintf("%s: %v", p.Field, p.Err) }

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.Err }

// Invalid makes one error of the problems of an account, for a form; nil when there are none.
func Invalid(problems []*Problem) error {
	if len(problems) == 0 {
		return nil
	}
	e := &desk.Error{Kind: desk.KindInvalid, Key: "error.invalid"}
	for _, p := range problems {
		e.Fields = append(e.Fields, desk.Field{Name: p.Field, Key: p.Key, Args: p.Args})
	}
	return e
}

// problemOf finds the words for an error; one without words gets general ones.
func problemOf(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	return &Problem{Key: "channel.problem.other", Args: []any{err.Error()}, Err: err}
}

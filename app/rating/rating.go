// Package rating asks customers by mail how they were served.
//
// It follows the log: when a ticket is resolved it asks, if the company wants that, and whatever is to be asked by mail it writes
// as a mail with a link, in the customer's language. It promises that a ticket's customer is asked once, however often the log is
// told again, and that the link opens a page that only shows a form: a program that looks at links rates nothing.
package rating

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"deskbell/app/desk"
	"deskbell/app/view"
)

// Rating follows the log.
type Rating struct {
	desk  *desk.Desk
	views *view.Views
	url   string
}

// New makes the follower. url is the desk's public address; without one no mail can carry a link, and none is written.
func New(d *desk.Desk, views *view.Views, url string) *Rating { return &Rating{d, views, url} }

// tooOld is the age of an event after which it is too late to ask: the desk was out of service, or this is new to it.
const tooOld = 48 * time.Hour

// React asks when a ticket is resolved, and writes the mail when one is wanted.
func (r *Rating) React(ctx context.Context, e desk.Event) error {
	if r.desk.Clock().Sub(e.At) > tooOld {
		return nil
	}
	switch e.Name {
	case desk.TicketChanged:
		return r.resolved(ctx, e)
	case desk.RatingRequested:
		var facts struct{ Mail bool }
		if err := json.Unmarshal(e.Data, &facts); err != nil || !facts.Mail {
			return err
		}
		return r.write(ctx, e)
	}
	return nil
}

// resolved asks about a ticket that is resolved now, once.
func (r *Rating) resolved(ctx context.Context, e desk.Event) error {
	survey, err := r.desk.Survey(ctx, desk.System)
	if err != nil || !survey.AfterTicket || r.url == "" {
		return err
	}
	var facts struct{ Status string }
	if err := json.Unmarshal(e.Data, &facts); err != nil || facts.Status != "resolved" {
		return err
	}
	c, err := r.desk.Conversation(ctx, desk.System, e.ConversationID)
	if desk.IsNotFound(err) {
		return nil // erased meanwhile
	}
	if err != nil || c.Ticket == nil || c.Ticket.Status != "resolved" {
		return err
	}
	_, err = r.desk.InviteRating(ctx, desk.System.CausedBy(e.ID), c.ID)
	if errors.Is(err, desk.Conflict("error.rating_asked")) || errors.Is(err, desk.Conflict("error.rating_given")) {
		return nil
	}
	return err
}

// write sends the mail that asks. Its client id makes it one, however often the event comes.
func (r *Rating) write(ctx context.Context, e desk.Event) error {
	if r.url == "" {
		return errors.New("ask for a rating by mail: DESKBELL_URL is not set, so that no link can be written")
	}
	c, err := r.desk.Conversation(ctx, desk.System, e.ConversationID)
	if desk.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	given, err := r.desk.RatingOf(ctx, desk.System, c.ID)
	if err != nil || given == nil || given.Given() {
		return err
	}
	draft, err := r.letter(ctx, c)
	if err != nil {
		return err
	}
	_, err = r.desk.Reply(ctx, desk.System.CausedBy(e.ID), c.ID, draft)
	return err
}

// letter is what views/mail/rating.html shows.
type letter struct {
	Name    string
	Subject string
	Number  string
	Link    string
	Stars   []int // five first
}

func (r *Rating) letter(ctx context.Context, c *desk.Conversation) (desk.Draft, error) {
	company, err := r.desk.Company(ctx, desk.System)
	if err != nil {
		return desk.Draft{}, err
	}
	customer, err := r.desk.Customer(ctx, desk.System, c.CustomerID)
	if err != nil {
		return desk.Draft{}, err
	}
	lang := company.Locale
	if customer.Locale != "" {
		lang = view.Negotiate("", customer.Locale)
	}
	l := letter{Name: customer.Name, Link: r.url + desk.RateYours, Stars: []int{5, 4, 3, 2, 1}}
	if c.Ticket != nil {
		l.Subject, l.Number = c.Ticket.Subject, c.Ticket.ID.String()
	}
	var html bytes.Buffer
	if err := r.views.Partial(&html, view.Reader{Lang: lang}, "mail/_rating", l); err != nil {
		return desk.Draft{}, err
	}
	hello := r.views.T(lang, "mail.hello")
	if l.Name != "" {
		hello = r.views.T(lang, "mail.hello_name", l.Name)
	}
	text := fmt.Sprintf("%s\n\n%s\n%s", hello, r.views.T(lang, "mail.rating_lead", l.Number, l.Subject), l.Link)
	return desk.Draft{Subject: r.views.T(lang, "mail.rating_subject", l.Subject), Text: text, HTML: html.String(), Auto: true, Alone: true, ClientID: "rating-" + c.ID.String()}, nil
}

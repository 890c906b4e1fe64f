package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"deskbell/app/desk"
	"deskbell/app/rest"
)

// BlockedSender is a mail address or a domain whose mails are set aside.
type BlockedSender struct {
	ID        string     `json:"id"`
	Pattern   string     `json:"pattern" doc:"A mail address, or @ and a domain"`
	Reason    string     `json:"reason"`
	Hits      int        `json:"hits" doc:"Mails that were set aside since"`
	HitAt     *time.Time `json:"hit_at"`
	CreatedAt time.Time  `json:"created_at"`
}

func (d *Door) senders() {
	const tag = "mailboxes"
	rest.On(d.api, d.op(http.MethodGet, "/blocked-senders", "list-blocked-senders", tag, "Whose mails are set aside, the newest first"), d.listSenders)
	rest.On(d.api, created(d.op(http.MethodPost, "/blocked-senders", "block-sender", tag, "Set the mails of an address or a domain aside")), d.blockSender)
	rest.On(d.api, d.op(http.MethodDelete, "/blocked-senders/{id}", "unblock-sender", tag, "Let them come again"), remove(d.desk.UnblockSender))
}

func (d *Door) listSenders(ctx context.Context, by desk.Actor, in *struct {
	rest.Page
	Q string `query:"q" maxLength:"200" doc:"Part of the address or the reason"`
}) (*rest.List[BlockedSender], error) {
	before, err := id[desk.BlockedSenderID]("query.cursor", in.Cursor)
	if err != nil {
		return nil, err
	}
	list, more, err := d.desk.BlockedSenders(ctx, by, desk.BlockedList{Query: in.Q, Before: before, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	next := ""
	if more {
		next = strconv.FormatInt(int64(list[len(list)-1].ID), 10)
	}
	return rest.ListOf(list, next, formSender), nil
}

func formSender(b *desk.BlockedSender) BlockedSender {
	f := BlockedSender{ID: b.ID.String(), Pattern: b.Pattern, Reason: b.Reason, Hits: b.Hits, CreatedAt: b.CreatedAt}
	if !b.HitAt.IsZero() {
		f.HitAt = &b.HitAt
	}
	return f
}

func (d *Door) blockSender(ctx context.Context, by desk.Actor, in *struct {
	Body struct {
		Pattern string `json:"pattern" maxLength:"254" doc:"A mail address, or @ and a domain"`
		Reason  string `json:"reason,omitempty" maxLength:"500"`
	}
}) (*rest.One[BlockedSender], error) {
	b, err := d.desk.BlockSender(ctx, by, in.Body.Pattern, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &rest.One[BlockedSender]{Body: formSender(b)}, nil
}

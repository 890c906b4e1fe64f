package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"deskbell/app/channel"
	"deskbell/app/desk"
	"deskbell/app/rest"
)

// LedgerRow is one mail that a mailbox's server showed, and what became of it.
type LedgerRow struct {
	ID          string     `json:"id"`
	UIDValidity uint32     `json:"uid_validity"`
	UID         uint32     `json:"uid"`
	MessageID   string     `json:"message_id" doc:"As it stands in the mail, without brackets; sha256:… when it has none"`
	From        string     `json:"from"`
	Subject     string     `json:"subject"`
	Size        int64      `json:"size" doc:"Bytes"`
	State       string     `json:"state" enum:"stored,filed,set_aside"`
	Cause       string     `json:"cause" doc:"Why it was set aside, or why it made no message: duplicate, elsewhere, own, bounce, system, probe, unknown_bounce, same_id, gone, too_large, withheld, unreadable, refused, blocked, flood, loop; empty for an ordinary mail"`
	Detail      string     `json:"detail" doc:"The same in a program's or a server's words"`
	TicketID    *string    `json:"ticket_id"`
	ReceivedAt  time.Time  `json:"received_at" doc:"By the mail server's clock; when it was stored, if the server does not say"`
	StoredAt    time.Time  `json:"stored_at"`
	SettledAt   *time.Time `json:"settled_at" doc:"When it was filed or set aside"`
}

type ledgerRow struct {
	rest.ByID
	Row string `path:"row" maxLength:"64" doc:"Opaque id"`
}

func (d *Door) ledger(e *echo.Echo) {
	const tag = "mailboxes"
	rest.On(d.api, d.op(http.MethodGet, "/mailboxes/{id}/ledger", "list-ledger", tag, "Every mail that the server showed, the newest first"), d.listLedger)
	rest.On(d.api, d.op(http.MethodPost, "/mailboxes/{id}/ledger/{row}/retry", "retry-mail", tag, "Make a ticket of a mail that was set aside or became no message, whatever it is"), d.retryMail)
	rest.On(d.api, d.op(http.MethodPost, "/mailboxes/{id}/reconcile", "reconcile-mailbox", tag, "Look whether every mail on the server stands in the ledger, and fetch what does not"), d.reconcile)

	raw := d.op(http.MethodGet, "/mailboxes/{id}/ledger/{row}/raw", "get-raw-mail", tag, "A mail as it came")
	e.GET(prefix+"/mailboxes/:id/ledger/:row/raw", d.entered(d.rawMail))
	d.api.Mention(raw, huma.Operation{
		Parameters: []*huma.Param{rest.PathParam("id", "Opaque id"), rest.PathParam("row", "Opaque id")},
		Responses:  rest.Answers("The bytes", d.api.Content("application/octet-stream", nil))})
}

func (d *Door) listLedger(ctx context.Context, by desk.Actor, in *struct {
	rest.ByID
	rest.Page
	State string `query:"state" enum:"stored,filed,set_aside" doc:"Only these"`
	Cause string `query:"cause" maxLength:"40" doc:"Only these"`
	Q     string `query:"q" maxLength:"200" doc:"Part of the sender or the subject"`
}) (*rest.List[LedgerRow], error) {
	box, err := d.mailbox(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	before, err := id[int64]("query.cursor", in.Cursor)
	if err != nil {
		return nil, err
	}
	rows, more, err := channel.NewLedger(d.desk).List(ctx, by, box.ID, channel.RowList{State: in.State, Cause: in.Cause, Query: in.Q, Before: before, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	next := ""
	if more {
		next = strconv.FormatInt(rows[len(rows)-1].ID, 10)
	}
	return rest.ListOf(rows, next, formRow), nil
}

func formRow(r channel.Row) LedgerRow {
	f := LedgerRow{ID: strconv.FormatInt(r.ID, 10), UIDValidity: r.UIDValidity, UID: r.UID, MessageID: r.ExternalID, From: r.From, Subject: r.Subject, Size: r.Size,
		State: r.State, Cause: r.Cause, Detail: r.Detail, ReceivedAt: r.Came(), StoredAt: r.StoredAt}
	if r.TicketID != 0 {
		f.TicketID = ptr(r.TicketID.String())
	}
	if !r.SettledAt.IsZero() {
		f.SettledAt = &r.SettledAt
	}
	return f
}

func (d *Door) retryMail(ctx context.Context, by desk.Actor, in *ledgerRow) (*rest.One[LedgerRow], error) {
	box, err := d.mailbox(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	id, err := desk.ParseID[int64](in.Row)
	if err != nil {
		return nil, err
	}
	book := channel.NewLedger(d.desk)
	if err := book.Retry(ctx, by, box.ID, id); err != nil {
		return nil, err
	}
	row, err := book.Row(ctx, by, box.ID, id)
	if err != nil {
		return nil, err
	}
	return &rest.One[LedgerRow]{Body: formRow(row)}, nil
}

// reconcile answers at once; what comes of it stands in the ledger.
func (d *Door) reconcile(ctx context.Context, by desk.Actor, in *rest.ByID) (*nothing, error) {
	box, err := d.mailbox(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	return nil, channel.NewLedger(d.desk).Compare(ctx, by, box.ID)
}

// rawMail gives a mail away as a file: nothing in it may run anywhere.
func (d *Door) rawMail(c echo.Context) error {
	r := c.Request()
	by := rest.CallerOf(r.Context()).By
	box, err := d.mailbox(r.Context(), by, c.Param("id"))
	if err != nil {
		return err
	}
	id, err := desk.ParseID[int64](c.Param("row"))
	if err != nil {
		return err
	}
	content, err := channel.NewLedger(d.desk).Raw(r.Context(), by, box.ID, id)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="mail-%d.eml"`, id))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(c.Response(), r, "", time.Time{}, content)
	return nil
}

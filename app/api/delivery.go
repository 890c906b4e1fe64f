package api

import (
	"context"
	"net/http"
	"time"

	"deskbell/app/desk"
	"deskbell/app/rest"
)

// Road is a message on its way to one recipient.
type Road struct {
	ID        string     `json:"id"`
	Recipient string     `json:"recipient"`
	State     string     `json:"state" enum:"queued,sent,delivered,read,failed,bounced"`
	Error     string     `json:"error" doc:"The other side's own words, or what went wrong on the way"`
	NextAt    *time.Time `json:"next_at" doc:"When it is tried next; null: it is over"`
	Attempts  []Attempt  `json:"attempts" nullable:"false" doc:"The oldest first; of more than 200 the newest"`
	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt time.Time  `json:"updated_at"`
}

// Attempt is one try to hand a message over.
type Attempt struct {
	N      int       `json:"n" doc:"From 1 on"`
	At     time.Time `json:"at"`
	Code   int       `json:"code" doc:"The server's; 0 when it gave none"`
	Answer string    `json:"answer" doc:"Its words, or what went wrong on the way"`
}

func (d *Door) deliveries() {
	const tag = "messages"
	rest.On(d.api, d.op(http.MethodGet, "/messages/{id}/deliveries", "list-deliveries", tag, "How a message came to each of its recipients, or is on its way: every attempt and the server's answer"), d.listDeliveries)
	rest.On(d.api, d.op(http.MethodPost, "/messages/{id}/retry", "retry-message", tag, "Send a message again to those whom it did not reach, under the same Message-ID"), d.retryMessage)
}

func (d *Door) listDeliveries(ctx context.Context, by desk.Actor, in *partsOf) (*rest.List[Road], error) {
	id, err := desk.ParseID[desk.MessageID](in.ID)
	if err != nil {
		return nil, err
	}
	roads, err := d.desk.Roads(ctx, by, id)
	return short(roads, err, in.Page, formRoad)
}

func (d *Door) retryMessage(ctx context.Context, by desk.Actor, in *rest.ByID) (*rest.List[Road], error) {
	id, err := desk.ParseID[desk.MessageID](in.ID)
	if err != nil {
		return nil, err
	}
	if err := d.desk.TryAgain(ctx, by, id); err != nil {
		return nil, err
	}
	roads, err := d.desk.Roads(ctx, by, id)
	return rest.ListOf(roads, "", formRoad), err
}

func formRoad(r desk.Road) Road {
	f := Road{ID: r.ID.String(), Recipient: r.Recipient, State: r.State, Error: r.Error, Attempts: []Attempt{}, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
	if !r.NextAt.IsZero() {
		f.NextAt = &r.NextAt
	}
	for _, t := range r.Tried {
		f.Attempts = append(f.Attempts, Attempt{t.N, t.At, t.Code, t.Answer})
	}
	return f
}

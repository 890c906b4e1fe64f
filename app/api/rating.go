package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"deskbell/app/desk"
	"deskbell/app/rest"
	"deskbell/app/wire"
)

func (d *Door) ratings() {
	rest.On(d.api, d.op(http.MethodGet, "/ratings", "list-ratings", "ratings", "Ratings that were given, the newest first; for admins"), d.listRatings)
}

func (d *Door) listRatings(ctx context.Context, by desk.Actor, in *struct {
	rest.Page
	Stars   int       `query:"stars" minimum:"0" maximum:"5" doc:"0: all"`
	AgentID string    `query:"agent_id" maxLength:"20" doc:"For whom it counts"`
	TeamID  string    `query:"team_id" maxLength:"20"`
	InboxID string    `query:"inbox_id" maxLength:"20"`
	Kind    string    `query:"kind" enum:"chat,ticket"`
	Solved  string    `query:"solved" enum:"yes,no,unsaid"`
	After   time.Time `query:"rated_after" doc:"Given at this time or later"`
	Before  time.Time `query:"rated_before" doc:"Given before this time"`
}) (*rest.List[wire.Rating], error) {
	l := desk.RatingList{Stars: in.Stars, Kind: in.Kind, Solved: in.Solved, From: in.After, To: in.Before, Before: in.Cursor, Limit: in.Limit}
	if err := errors.Join(
		keep(&l.AgentID)(id[desk.AgentID]("query.agent_id", in.AgentID)),
		keep(&l.TeamID)(id[desk.TeamID]("query.team_id", in.TeamID)),
		keep(&l.InboxID)(id[desk.InboxID]("query.inbox_id", in.InboxID)),
	); err != nil {
		return nil, err
	}
	list, next, err := d.desk.Ratings(ctx, by, l)
	return rest.ListOf(list, next, wire.Agent.Rating), inQuery(err)
}

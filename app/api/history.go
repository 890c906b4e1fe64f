package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/rest"
	"deskbell/app/wire"
)

// Ended is a chat that is over, with what it is found by.
type Ended struct {
	wire.Conversation
	Messages    int        `json:"messages" doc:"Without the lines that say what happened"`
	Agents      []string   `json:"agents" nullable:"false" doc:"Who took part in it"`
	Tags        []string   `json:"tags" nullable:"false" doc:"From the top, with \" / \" between"`
	Remark      string     `json:"remark"`
	Stars       int        `json:"stars,omitempty" doc:"That the customer gave; for those who see ratings"`
	Transfers   int        `json:"transfers" doc:"How often it was handed on"`
	Type        string     `json:"type" enum:"normal,callback"`
	ConnectedAt *time.Time `json:"connected_at" doc:"When the first agent came"`
	RepliedAt   *time.Time `json:"replied_at" doc:"When an agent answered last"`
}

// Found is a message that a search found.
type Found struct {
	Message      wire.Message      `json:"message"`
	Conversation wire.Conversation `json:"conversation"`
}

func (d *Door) history() {
	rest.On(d.api, d.op(http.MethodGet, "/history", "list-history", "history", "Chats that are over, the last closed first: an admin's all, an agent's those that he took part in"), d.listHistory)
	rest.On(d.api, d.op(http.MethodGet, "/search", "search-messages", "history", "Messages by their words, the newest first, in conversations that the agent may see. A page may hold few or none and have a next one: ask on"), d.search)
}

// ExportFile is the history, or a part of it, as a file.
type ExportFile struct {
	ID        string       `json:"id"`
	Agent     *wire.Person `json:"agent" doc:"Who asked for it"`
	Format    string       `json:"format" enum:"csv,xlsx"`
	State     string       `json:"state" enum:"asked,ready,failed"`
	Cause     string       `json:"cause,omitempty" enum:"too_large,not_allowed,fault"`
	Rows      int          `json:"rows"`
	Size      int64        `json:"size" doc:"Bytes"`
	URL       string       `json:"url,omitempty" doc:"Where it can be downloaded, for seven days"`
	CreatedAt time.Time    `json:"created_at"`
	DoneAt    *time.Time   `json:"done_at"`
}

func exportFile(x *desk.Export) ExportFile {
	w := ExportFile{ID: x.ID.String(), Agent: &wire.Person{ID: x.AgentID.String(), Name: x.AgentName}, Format: x.Format, State: x.State, Cause: x.Cause, Rows: x.Rows, Size: x.Size, CreatedAt: x.CreatedAt}
	if x.Kept {
		w.URL = prefix + "/exports/" + w.ID + "/file"
	}
	if !x.DoneAt.IsZero() {
		w.DoneAt = &x.DoneAt
	}
	return w
}

func (d *Door) exports(e *echo.Echo) {
	const tag = "history"
	rest.On(d.api, d.op(http.MethodGet, "/exports", "list-exports", tag, "Files of the history, the newest first: an admin's all, an agent's own"), func(ctx context.Context, by desk.Actor, in *struct{ rest.Page }) (*rest.List[ExportFile], error) {
		before, err := id[desk.ExportID]("query.cursor", in.Cursor)
		if err != nil {
			return nil, err
		}
		list, older, err := d.desk.Exports(ctx, by, before, in.Limit)
		next := ""
		if older != 0 {
			next = older.String()
		}
		return rest.ListOf(list, next, exportFile), err
	})
	rest.On(d.api, created(d.op(http.MethodPost, "/exports", "create-export", tag, "Ask for a file of chats that are over; it is made in the background, at most 50 MB")), func(ctx context.Context, by desk.Actor, in *struct {
		historyQuery
		Body struct {
			Format string `json:"format" enum:"csv,xlsx"`
		}
	}) (*rest.One[ExportFile], error) {
		l, err := in.list()
		if err != nil {
			return nil, err
		}
		x, err := d.desk.AskExport(ctx, by, l, in.Body.Format, "")
		if err != nil {
			return nil, err
		}
		return &rest.One[ExportFile]{Body: exportFile(x)}, nil
	})
	rest.On(d.api, d.op(http.MethodGet, "/exports/{id}", "get-export", tag, "One export"), func(ctx context.Context, by desk.Actor, in *rest.ByID) (*rest.One[ExportFile], error) {
		n, err := desk.ParseID[desk.ExportID](in.ID)
		if err != nil {
			return nil, err
		}
		x, err := d.desk.Export(ctx, by, n)
		if err != nil {
			return nil, err
		}
		return &rest.One[ExportFile]{Body: exportFile(x)}, nil
	})
	e.GET(prefix+"/exports/:id/file", d.entered(d.takeExport))
	d.api.Mention(d.op(http.MethodGet, "/exports/{id}/file", "get-export-file", tag, "The file itself"), huma.Operation{
		Parameters: []*huma.Param{rest.PathParam("id", "Opaque id")},
		Responses:  rest.Answers("The bytes", d.api.Content("application/octet-stream", nil))})
}

func (d *Door) takeExport(c echo.Context) error {
	r := c.Request()
	n, err := desk.ParseID[desk.ExportID](c.Param("id"))
	if err != nil {
		return err
	}
	x, file, err := d.desk.TakeExport(r.Context(), rest.CallerOf(r.Context()).By, n)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="history-%s.%s"`, x.ID, x.Format))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(c.Response(), r, "", x.DoneAt, file)
	return nil
}

// historyQuery is what chats that are over can be asked for by.
type historyQuery struct {
	ID          string    `query:"id" maxLength:"20" doc:"Of the conversation"`
	Query       string    `query:"q" maxLength:"200" pattern:"^[^\\x00]*$" patternDescription:"text" doc:"Part of the customer's name or address"`
	ClosedAfter time.Time `query:"closed_after"`
	ClosedUntil time.Time `query:"closed_before"`
	Channel     string    `query:"channel" maxLength:"40" example:"webchat"`
	InboxID     string    `query:"inbox_id" maxLength:"20"`
	TeamID      string    `query:"team_id" maxLength:"20"`
	AgentID     string    `query:"agent_id" maxLength:"20" doc:"Took part in it; for admins"`
	Tagged      string    `query:"tagged" enum:"with,without"`
	TagIDs      []string  `query:"tag_id" maxItems:"50" doc:"It has one of these"`
	Transferred string    `query:"transferred" enum:"yes,no"`
	Type        string    `query:"type" enum:"normal,callback"`
	Stars       int       `query:"stars" minimum:"0" maximum:"5" doc:"For those who see ratings"`
}

func (q historyQuery) list() (l desk.EndedList, err error) {
	l = desk.EndedList{Query: q.Query, From: q.ClosedAfter, To: q.ClosedUntil, Channel: q.Channel, Tagged: q.Tagged, Transferred: q.Transferred, Type: q.Type, Stars: q.Stars}
	var faults [5]error
	l.ID, faults[0] = id[desk.ConversationID]("query.id", q.ID)
	l.InboxID, faults[1] = id[desk.InboxID]("query.inbox_id", q.InboxID)
	l.TeamID, faults[2] = id[desk.TeamID]("query.team_id", q.TeamID)
	l.AgentID, faults[3] = id[desk.AgentID]("query.agent_id", q.AgentID)
	for _, s := range q.TagIDs {
		tag, err := id[desk.TagID]("query.tag_id", s)
		faults[4] = errors.Join(faults[4], err)
		l.TagIDs = append(l.TagIDs, tag)
	}
	return l, errors.Join(faults[:]...)
}

func (d *Door) listHistory(ctx context.Context, by desk.Actor, in *struct {
	rest.Page
	historyQuery
}) (*rest.List[Ended], error) {
	l, err := in.list()
	if err != nil {
		return nil, err
	}
	l.Before, l.Limit = in.Cursor, in.Limit
	list, next, err := d.desk.Ended(ctx, by, l)
	return rest.ListOf(list, next, ended), inQuery(err)
}

func ended(e *desk.Ended) Ended {
	w := Ended{Conversation: wire.Agent.Conversation(e.Conversation), Messages: e.Messages, Agents: append([]string{}, e.Agents...), Tags: append([]string{}, e.Tags...), Remark: e.Remark,
		Stars: e.Stars, Transfers: e.Transfers, Type: "normal"}
	if e.Callback {
		w.Type = "callback"
	}
	if !e.Connected.IsZero() {
		w.ConnectedAt = &e.Connected
	}
	if !e.Replied.IsZero() {
		w.RepliedAt = &e.Replied
	}
	return w
}

func (d *Door) search(ctx context.Context, by desk.Actor, in *struct {
	rest.Page
	Query   string    `query:"q" required:"true" maxLength:"200" pattern:"^[^\\x00]*$" patternDescription:"text" doc:"Words; every one of them must be there. Chinese, Japanese and Korean are found anywhere, other words by their beginning"`
	Status  string    `query:"status" enum:"open,closed"`
	TeamID  string    `query:"team_id" maxLength:"20"`
	AgentID string    `query:"agent_id" maxLength:"20" doc:"Took part in the conversation"`
	Channel string    `query:"channel" maxLength:"40" example:"webchat"`
	After   time.Time `query:"written_after"`
	Until   time.Time `query:"written_before"`
}) (*rest.List[Found], error) {
	l := desk.SearchList{Text: in.Query, Status: in.Status, Channel: in.Channel, From: in.After, To: in.Until, Limit: in.Limit}
	if err := errors.Join(
		keep(&l.TeamID)(id[desk.TeamID]("query.team_id", in.TeamID)),
		keep(&l.AgentID)(id[desk.AgentID]("query.agent_id", in.AgentID)),
		keep(&l.Before)(id[desk.MessageID]("query.cursor", in.Cursor)),
	); err != nil {
		return nil, err
	}
	list, before, err := d.desk.Search(ctx, by, l)
	if err != nil {
		return nil, err
	}
	next := ""
	if before != 0 {
		next = strconv.FormatInt(int64(before), 10)
	}
	return rest.ListOf(list, next, func(f desk.Found) Found {
		return Found{messageOf(f.Conversation)(f.Message), wire.Agent.Conversation(f.Conversation)}
	}), nil
}

package client

import (
	"context"
	"net/http"

	"deskbell/app/wire"
)

// Visitor is somebody in a chat.
type Visitor struct {
	Client
	Start string // Last-Event-ID from which the stream goes on after the session's answer
}

// Enter begins a chat; widget may be empty.
func Enter(ctx context.Context, url, widget string) (*Visitor, error) {
	v := &Visitor{Client: Client{URL: url}}
	var session struct {
		VisitorToken string `json:"visitor_token"`
		LastEventID  string `json:"last_event_id"`
	}
	body := map[string]any{"page": map[string]string{"url": "https://shop.example/"}}
	if widget != "" {
		body["widget_id"] = widget
	}
	err := v.Insist(ctx, http.MethodPost, "/visitor/v1/sessions", body, &session)
	v.Token, v.Start = session.VisitorToken, session.LastEventID
	return v, err
}

// Say sends a message until the desk has acknowledged it.
func (v *Visitor) Say(ctx context.Context, id, text string) (m wire.Message, err error) {
	return m, v.Insist(ctx, http.MethodPost, "/visitor/v1/messages", map[string]string{"client_id": id, "text": text}, &m)
}

// Listen follows the visitor's stream from the session's answer on.
func (v *Visitor) Listen(ctx context.Context) *Stream {
	return follow(ctx, v.Client, "/visitor/v1/stream", v.Start)
}

// History reads everything that was said, the oldest first.
func (v *Visitor) History(ctx context.Context) (all []wire.Message, err error) {
	before := ""
	for {
		var page list
		if err := v.Insist(ctx, http.MethodGet, "/visitor/v1/messages?limit=200&before="+before, nil, &page); err != nil {
			return nil, err
		}
		all = append(page.Items, all...)
		if page.NextCursor == nil {
			return all, nil
		}
		before = *page.NextCursor
	}
}

// Agent is somebody who answers, with an API token.
type Agent struct{ Client }

// Join joins a conversation.
func (a *Agent) Join(ctx context.Context, id string) error {
	return a.Insist(ctx, http.MethodPost, "/api/v1/conversations/"+id+"/join", nil, nil)
}

// Reply answers, or whispers, until the desk has acknowledged it.
func (a *Agent) Reply(ctx context.Context, conversation, id, text string, internal bool) (m wire.Message, err error) {
	body := map[string]string{"client_id": id, "text": text}
	if internal {
		body["visibility"] = "internal"
	}
	return m, a.Insist(ctx, http.MethodPost, "/api/v1/conversations/"+conversation+"/messages", body, &m)
}

// Listen follows the agent's stream from now on; after is as in Last-Event-ID, empty for the present.
func (a *Agent) Listen(ctx context.Context, after string) *Stream {
	return follow(ctx, a.Client, "/api/v1/stream", after)
}

// Messages reads a whole conversation, the oldest first.
func (a *Agent) Messages(ctx context.Context, conversation string) (all []wire.Message, err error) {
	cursor := ""
	for {
		var page list
		if err := a.Insist(ctx, http.MethodGet, "/api/v1/conversations/"+conversation+"/messages?limit=200&cursor="+cursor, nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.NextCursor == nil {
			return all, nil
		}
		cursor = *page.NextCursor
	}
}

type list struct {
	Items      []wire.Message `json:"items"`
	NextCursor *string        `json:"next_cursor"`
}

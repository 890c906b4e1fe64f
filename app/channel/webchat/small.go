package webchat

import (
	"context"

	"deskbell/app/desk"
	"deskbell/app/rest"
)

type nothing struct{}

type typed struct {
	Body struct {
		_    struct{} `additionalProperties:"true"`
		On   *bool    `json:"typing,omitempty" nullable:"true" doc:"false: has stopped; true by default"`
		Text string   `json:"text,omitempty" maxLength:"1500" doc:"What is written so far. Agents in the conversation read its first 100 characters where the widget says so"`
	}
}

func (d *Door) typing(ctx context.Context, by desk.Actor, in *typed) (*nothing, error) {
	c, err := d.desk.CurrentConversation(ctx, by, by.Customer(), guestOf(ctx).inbox.ID)
	if err != nil || c == nil {
		return nil, err // nobody to be told
	}
	w, err := desk.WidgetOf(guestOf(ctx).inbox)
	if err != nil {
		return nil, err
	}
	on := in.Body.On == nil || *in.Body.On
	if w.Preview && on && in.Body.Text != "" {
		if _, ok := d.limits.drafts.Allow(d.desk.Clock(), guestOf(ctx).customer.PublicID); !ok {
			return nil, nil
		}
		return nil, d.news.Drafting(ctx, by, c.ID, in.Body.Text)
	}
	return nil, d.news.Typing(ctx, by, c.ID, on)
}

type readUntil struct {
	Body struct {
		_              struct{} `additionalProperties:"true"`
		ConversationID string   `json:"conversation_id,omitempty" maxLength:"20" doc:"By default the one that is not closed"`
		Seq            int64    `json:"seq,omitempty" minimum:"0" doc:"The last message he has seen; by default all"`
	}
}

func (d *Door) read(ctx context.Context, by desk.Actor, in *readUntil) (*nothing, error) {
	seq := in.Body.Seq
	if seq == 0 {
		seq = 1 << 62
	}
	if in.Body.ConversationID != "" {
		id, err := desk.ParseID[desk.ConversationID](in.Body.ConversationID)
		if err != nil {
			return nil, err
		}
		return nil, d.desk.Read(ctx, by, id, seq)
	}
	c, err := d.desk.CurrentConversation(ctx, by, by.Customer(), guestOf(ctx).inbox.ID)
	if err != nil || c == nil {
		return nil, err
	}
	return nil, d.desk.Read(ctx, by, c.ID, seq)
}

type left struct {
	Body *struct {
		_ struct{} `additionalProperties:"true"`
	} `required:"false"`
}

func (d *Door) leave(ctx context.Context, by desk.Actor, _ *left) (*nothing, error) {
	c, err := d.desk.CurrentConversation(ctx, by, by.Customer(), guestOf(ctx).inbox.ID)
	if err != nil || c == nil {
		return nil, err
	}
	_, err = d.desk.CloseConversation(ctx, by, c.ID)
	return nil, err
}

type looked struct {
	Body      pageSeen
	UserAgent string `header:"User-Agent" hidden:"true"`
}

func (d *Door) page(ctx context.Context, by desk.Actor, in *looked) (*nothing, error) {
	defer d.moved()
	return nil, d.desk.Visited(ctx, by, desk.Visit{URL: in.Body.URL, Title: in.Body.Title, Referrer: in.Body.Referrer,
		IP: rest.CallerOf(ctx).Source, UserAgent: in.UserAgent})
}

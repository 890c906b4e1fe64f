package webchat

import (
	"context"
	"errors"
	"time"

	"deskbell/app/desk"
	"deskbell/app/rest"
)

// RatingForm is how a conversation can be, or was, rated.
type RatingForm struct {
	ConversationID string     `json:"conversation_id"`
	State          string     `json:"state" enum:"none,invited,given,late" doc:"none: nobody asked; late: it is too late to rate"`
	Stars          int        `json:"stars" minimum:"0" maximum:"5" doc:"0: not given yet"`
	Tags           []string   `json:"tags" nullable:"false"`
	Remark         string     `json:"remark"`
	Solved         *bool      `json:"solved"`
	Until          *time.Time `json:"until" doc:"When it is too late; null: no end yet"`
	Survey         Survey     `json:"survey"`
}

// Ratings say when a visitor may rate unasked.
type Ratings struct {
	Button  bool `json:"button" doc:"At any time"`
	Chat    bool `json:"chat" doc:"With the button: he has had a chat, and not notes alone"`
	OnLeave bool `json:"on_leave" doc:"He is asked when he puts the chat away"`
}

func (d *Door) whenRated(ctx context.Context, by desk.Actor, inbox *desk.Inbox, talks bool) (Ratings, error) {
	survey, err := d.desk.Survey(ctx, by)
	r := Ratings{Button: survey.Button, Chat: survey.Button && talks, OnLeave: survey.OnLeave}
	if err != nil || !survey.Button || talks {
		return r, err
	}
	_, err = d.desk.LastChat(ctx, by, inbox.ID)
	r.Chat = err == nil
	if errors.Is(err, desk.NotFound) {
		err = nil
	}
	return r, err
}

// Survey is what is asked.
type Survey struct {
	AskSolved bool     `json:"ask_solved"`
	Preselect bool     `json:"preselect" doc:"Five stars are chosen at first"`
	Stars     []OfStar `json:"stars" nullable:"false" doc:"One star first"`
}

// OfStar is what can be said beside so many stars.
type OfStar struct {
	Tags []string `json:"tags" nullable:"false" doc:"Where there are any, one at least is to be chosen"`
	One  bool     `json:"one" doc:"Only one of them"`
}

type ratingOf struct {
	ConversationID string `query:"conversation_id" maxLength:"20" doc:"By default the newest chat"`
}

type scored struct {
	Body struct {
		_              struct{} `additionalProperties:"true"`
		ConversationID string   `json:"conversation_id,omitempty" maxLength:"20" doc:"By default the newest chat"`
		Stars          int      `json:"stars" doc:"1 to 5"`
		Tags           []string `json:"tags,omitempty" maxItems:"20" doc:"Of this star"`
		Remark         string   `json:"remark,omitempty" doc:"At most 500 characters"`
		Solved         *bool    `json:"solved,omitempty" nullable:"true"`
	}
}

func (d *Door) rating(ctx context.Context, by desk.Actor, in *ratingOf) (*rest.One[RatingForm], error) {
	id, err := d.ratedChat(ctx, by, in.ConversationID)
	if err != nil {
		return nil, err
	}
	r, err := d.desk.RatingOf(ctx, by, id)
	if err != nil {
		return nil, err
	}
	return d.ratingForm(ctx, by, id, r)
}

func (d *Door) rate(ctx context.Context, by desk.Actor, in *scored) (*rest.One[RatingForm], error) {
	id, err := d.ratedChat(ctx, by, in.Body.ConversationID)
	if err != nil {
		return nil, err
	}
	r, err := d.desk.Rate(ctx, by, id, desk.Score{Stars: in.Body.Stars, Tags: in.Body.Tags, Remark: in.Body.Remark, Solved: in.Body.Solved})
	if err != nil {
		return nil, err
	}
	return d.ratingForm(ctx, by, id, r)
}

func (d *Door) ratedChat(ctx context.Context, by desk.Actor, named string) (desk.ConversationID, error) {
	if named != "" {
		return desk.ParseID[desk.ConversationID](named)
	}
	c, err := d.desk.LastChat(ctx, by, guestOf(ctx).inbox.ID)
	if err != nil {
		return 0, err
	}
	return c.ID, nil
}

func (d *Door) ratingForm(ctx context.Context, by desk.Actor, id desk.ConversationID, r *desk.Rating) (*rest.One[RatingForm], error) {
	survey, err := d.desk.Survey(ctx, by)
	if err != nil {
		return nil, err
	}
	form := RatingForm{ConversationID: id.String(), State: "none", Tags: []string{}, Survey: Survey{AskSolved: survey.AskSolved, Preselect: survey.Preselect}}
	for _, s := range survey.Stars {
		form.Survey.Stars = append(form.Survey.Stars, OfStar{append([]string{}, s.Tags...), s.One})
	}
	if r == nil {
		c, err := d.desk.Conversation(ctx, by, id)
		if err != nil {
			return nil, err
		}
		r = &desk.Rating{Until: survey.Until(c, nil)}
	} else {
		form.State, form.Stars, form.Tags, form.Remark, form.Solved = "invited", r.Stars, append(form.Tags, r.Tags...), r.Remark, r.Solved
	}
	switch {
	case r.Given():
		form.State = "given"
	case r.Late(d.desk.Clock()):
		form.State = "late"
	}
	if !r.Until.IsZero() {
		form.Until = &r.Until
	}
	return &rest.One[RatingForm]{Body: form}, nil
}

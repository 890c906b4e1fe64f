package webchat

import (
	"context"

	"deskbell/app/desk"
	"deskbell/app/wire"
)

// invitations are those that the visitor may see now. One that has to wait after a refusal comes so much later.
func (d *Door) invitations(ctx context.Context, by desk.Actor, inbox *desk.Inbox) ([]Invitation, error) {
	list := []Invitation{}
	all, err := d.desk.ProactivesFor(ctx, by, inbox.ID)
	for _, p := range all {
		list = append(list, Invitation{ID: p.ID.String(), Text: p.Text, URL: p.URL, After: max(p.After, int(p.Rest.Seconds())), Scroll: p.Scroll})
	}
	return list, err
}

// ready makes the loader's button: with the rules of the invitations, so that nothing more is loaded before one of them holds.
func (d *Door) ready(ctx context.Context, inbox *desk.Inbox, w desk.Widget) (wire.Button, error) {
	b := wire.ButtonOf(w)
	b.Watch = w.Watch
	all, err := d.desk.Inviting(ctx, desk.System, inbox.ID)
	for _, p := range all {
		b.Invite = append(b.Invite, wire.RuleOf(p))
	}
	return b, err
}

// watched says whether a chat's session begins before the visitor opens it.
func (d *Door) watched(ctx context.Context, inbox *desk.Inbox, w desk.Widget) (bool, error) {
	if w.Watch {
		return true, nil
	}
	all, err := d.desk.Inviting(ctx, desk.System, inbox.ID)
	return len(all) > 0, err
}

type came struct {
	Body struct {
		_       struct{} `additionalProperties:"true"`
		ID      string   `json:"id" maxLength:"20"`
		Outcome string   `json:"outcome" enum:"shown,accepted,refused"`
	}
}

func (d *Door) noteInvitation(ctx context.Context, by desk.Actor, in *came) (*nothing, error) {
	id, err := desk.ParseID[desk.ProactiveID](in.Body.ID)
	if err != nil {
		return nil, err
	}
	return nil, d.desk.NoteProactive(ctx, by, guestOf(ctx).inbox.ID, id, in.Body.Outcome)
}

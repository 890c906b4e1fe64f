package webchat

import (
	"context"

	"deskbell/app/desk"
	"deskbell/app/push"
	"deskbell/app/rest"
)

// PushKey is what pushManager.subscribe takes.
type PushKey struct {
	Key string `json:"key" doc:"applicationServerKey, in base64url"`
}

func (d *Door) pushKey(context.Context, desk.Actor, *nothing) (*rest.One[PushKey], error) {
	if d.push == nil {
		return nil, desk.NotFound
	}
	return &rest.One[PushKey]{Body: PushKey{d.push.Key()}}, nil
}

// subscribed is PushSubscription.toJSON(), in which browsers say more than is needed.
type subscribed struct {
	Body struct {
		_        struct{} `additionalProperties:"true"`
		Endpoint string   `json:"endpoint" maxLength:"2000"`
		Keys     struct {
			_      struct{} `additionalProperties:"true"`
			P256dh string   `json:"p256dh" maxLength:"200"`
			Auth   string   `json:"auth" maxLength:"100"`
		} `json:"keys"`
	}
}

func (d *Door) allowPush(ctx context.Context, by desk.Actor, in *subscribed) (*nothing, error) {
	if d.push == nil {
		return nil, desk.NotFound
	}
	s := push.Subscription{Endpoint: in.Body.Endpoint, Locale: rest.CallerOf(ctx).Lang}
	s.Keys.P256dh, s.Keys.Auth = in.Body.Keys.P256dh, in.Body.Keys.Auth
	return nil, d.push.SubscribeVisitor(ctx, by, guestOf(ctx).inbox.ID, s)
}

type unsubscribed struct {
	Body struct {
		_        struct{} `additionalProperties:"true"`
		Endpoint string   `json:"endpoint" maxLength:"2000"`
	}
}

func (d *Door) endPush(ctx context.Context, by desk.Actor, in *unsubscribed) (*nothing, error) {
	if d.push == nil {
		return nil, desk.NotFound
	}
	return nil, d.push.UnsubscribeVisitor(ctx, by, in.Body.Endpoint)
}

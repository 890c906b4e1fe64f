package webchat

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"

	"deskbell/app/desk"
	"deskbell/app/rest"
	"deskbell/app/wire"
)

type draft struct {
	Once
	Body struct {
		_        struct{} `additionalProperties:"true"`
		ClientID string   `json:"client_id,omitempty" maxLength:"100" doc:"The sender's own id: the same never makes a second message"`
		Text     string   `json:"text,omitempty" doc:"At most 1500 characters"`
		FileID   string   `json:"file_id,omitempty" maxLength:"64" doc:"From POST /visitor/v1/files"`
		FileIDs  []string `json:"file_ids,omitempty" maxItems:"20"`
		Sticker  string   `json:"sticker_id,omitempty" maxLength:"64" doc:"From GET /visitor/v1/stickers: the message is this and nothing else"`
		Team     string   `json:"team,omitempty" maxLength:"100" doc:"The team that the visitor asks for, by its name or id: of a message that begins a conversation"`
		Order    *card    `json:"order,omitempty" doc:"A card: what the visitor ordered"`
		Track    *card    `json:"track,omitempty" doc:"A card: what the visitor looks at"`
	}
}

// Once is the key of a call that is made once, by which every API of the desk takes it; it stands in for a client_id that is left out.
type Once struct {
	Key string `header:"Idempotency-Key" maxLength:"255" doc:"Stands in for a client_id that is left out"`
}

func (o Once) client(given string) string {
	if given != "" || o.Key == "" {
		return given
	}
	sum := sha256.Sum256([]byte(o.Key))
	return "key " + hex.EncodeToString(sum[:16])
}

// card is an order or what the visitor looks at: requirements E-app-02.
type card struct {
	_          struct{} `additionalProperties:"true"`
	Title      string   `json:"title,omitempty" maxLength:"300"`
	Price      string   `json:"price,omitempty" maxLength:"60"`
	Desc       string   `json:"desc,omitempty" maxLength:"1000"`
	ImgURL     string   `json:"img_url,omitempty" maxLength:"2000"`
	ItemURL    string   `json:"item_url,omitempty" maxLength:"2000"`
	OrderTitle string   `json:"order_title,omitempty" maxLength:"300"`
}

type sent struct {
	Status int
	Body   wire.Message
}

func (d *Door) send(ctx context.Context, by desk.Actor, in *draft) (*sent, error) {
	m := desk.Incoming{InboxID: guestOf(ctx).inbox.ID, ClientID: in.client(in.Body.ClientID), Text: in.Body.Text, FileIDs: in.Body.FileIDs, Sticker: in.Body.Sticker, Entry: in.Body.Team}
	if in.Body.FileID != "" {
		m.FileIDs = append(m.FileIDs, in.Body.FileID)
	}
	var err error
	switch {
	case in.Body.Order != nil:
		m.Kind = "order"
		m.Meta.Card, err = in.Body.Order.facts("order")
	case in.Body.Track != nil:
		m.Kind = "track"
		m.Meta.Card, err = in.Body.Track.facts("track")
	}
	if err != nil {
		return nil, err
	}
	got, err := d.desk.Receive(ctx, by, m)
	if err != nil {
		return nil, err
	}
	status := http.StatusCreated
	if got.Again {
		status = http.StatusOK
	}
	return &sent{status, wire.Visitor.Message(got.Message)}, nil
}

// facts are the card's fields that are filled. Its addresses become links for
// agents, so they must be of the web.
func (c *card) facts(part string) (map[string]string, error) {
	facts := map[string]string{}
	for name, value := range map[string]string{"title": c.Title, "price": c.Price, "desc": c.Desc, "img_url": c.ImgURL, "item_url": c.ItemURL, "order_title": c.OrderTitle} {
		if value != "" {
			facts[name] = value
		}
	}
	for _, name := range []string{"img_url", "item_url"} {
		u, err := url.Parse(facts[name])
		if facts[name] != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
			return nil, desk.Invalid(part+"."+name, "fault.address_wrong")
		}
	}
	if len(facts) == 0 {
		return nil, desk.Invalid(part, "fault.message_empty")
	}
	return facts, nil
}

type historyOf struct {
	Before string `query:"before" maxLength:"20" doc:"next_cursor of the page that is newer"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

func (d *Door) history(ctx context.Context, by desk.Actor, in *historyOf) (*rest.List[wire.Message], error) {
	var before desk.MessageID
	if in.Before != "" {
		var err error
		if before, err = desk.ParseID[desk.MessageID](in.Before); err != nil {
			return nil, rest.BadRequest("query.before", "expected next_cursor of another page")
		}
	}
	return d.messages(ctx, by, guestOf(ctx).inbox, before, in.Limit)
}

func (d *Door) messages(ctx context.Context, by desk.Actor, inbox *desk.Inbox, before desk.MessageID, limit int) (*rest.List[wire.Message], error) {
	list, next, err := d.desk.CustomerMessages(ctx, by, inbox.ID, before, limit)
	cursor := ""
	if next != 0 {
		cursor = strconv.FormatInt(int64(next), 10)
	}
	return rest.ListOf(list, cursor, readerOf(inbox).Message), err
}

package web

import (
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// printPage is a conversation as it goes on paper: what customer and agents said, the first first.
type printPage struct {
	Page
	C        *desk.Conversation
	Customer *desk.Customer
	Items    []item
	Whispers bool // what colleagues whispered is on it too
	Cut      bool // it is longer than a print may be
	Now      time.Time
}

// printMost is how many messages go on paper.
const printMost = 5000

func (w *Web) printConversation(c echo.Context) error {
	ctx, by, v := c.Request().Context(), actor(c), visitOf(c)
	id, err := param[desk.ConversationID](c, "id")
	if err != nil {
		return err
	}
	p := &printPage{Whispers: c.QueryParam("whispers") == "true", Now: w.Desk.Clock()}
	if p.C, err = w.Desk.Conversation(ctx, by, id); err != nil {
		return err
	}
	if p.Customer, err = w.Desk.Customer(ctx, by, p.C.CustomerID); err != nil {
		return err
	}
	t := &thread{C: p.C, zone: v.reader.Zone}
	var said []*desk.Message
	for l := (desk.MessageList{After: -1, Limit: 200}); ; {
		list, more, err := w.Desk.Messages(ctx, by, id, l)
		if err != nil {
			return err
		}
		for _, m := range list {
			if l.After = m.Seq; p.Whispers && !m.IsEvent() || m.Visibility == "public" {
				said = append(said, m)
			}
		}
		if p.Cut = more && len(said) >= printMost; !more || p.Cut || len(list) == 0 {
			break
		}
	}
	t.fill(said, nil)
	p.Items = t.Items
	return w.show(c, "conversations/print", p)
}

package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// messages is what came after a page's cursor, or what was before its first message.
func (w *Web) messages(c echo.Context) error {
	id, err := param[desk.ConversationID](c, "id")
	if err != nil {
		return err
	}
	if before := number(c.QueryParam("before"), 0); before > 0 {
		return w.olderMessages(c, id, before)
	}
	return w.newerMessages(c, id)
}

// newerMessages answers all after the cursor, and head and composer if they changed.
func (w *Web) newerMessages(c echo.Context, id desk.ConversationID) error {
	t, err := w.threadHead(c, id)
	if err != nil {
		return err
	}
	if moved := c.FormValue("moved"); moved != "" {
		if t.Moved = number(moved, t.C.Moved); t.Moved != t.C.Moved && c.Request().Method == http.MethodGet {
			return w.talkAgain(c, id)
		}
	}
	after := number(c.FormValue("after"), 0)
	// One more than was asked for: who spoke last decides how the next is drawn.
	list, _, err := w.Desk.Messages(c.Request().Context(), actor(c), id, desk.MessageList{After: max(after-1, 0), Limit: 200})
	if err != nil {
		return err
	}
	var before *desk.Message
	if after > 0 && len(list) > 0 && list[0].Seq <= after {
		before, list = list[0], list[1:]
	}
	t.fill(list, before)
	t.After = after
	if len(list) > 0 {
		t.After = list[len(list)-1].Seq
	}
	t.Changed = c.FormValue("state") != t.State
	t.ClientID = c.FormValue("client_id")
	return w.part(c, http.StatusOK, "conversations/_news", t)
}

func (w *Web) olderMessages(c echo.Context, id desk.ConversationID, before int64) error {
	ctx, by := c.Request().Context(), actor(c)
	t := &thread{Me: visitOf(c).agent, zone: visitOf(c).reader.Zone}
	var err error
	if t.C, err = w.Desk.Conversation(ctx, by, id); err != nil {
		return err
	}
	list, more, err := w.Desk.Messages(ctx, by, id, desk.MessageList{Before: before, Limit: messagesShown})
	if err != nil {
		return err
	}
	t.fill(list, nil)
	if more && len(list) > 0 {
		t.Older = list[0].Seq
	}
	return w.part(c, http.StatusOK, "conversations/_older", t)
}

// messageOf is the message that the address names.
func (w *Web) messageOf(c echo.Context) (*desk.Message, error) {
	id, err := param[desk.MessageID](c, "id")
	if err != nil {
		return nil, err
	}
	return w.Desk.Message(c.Request().Context(), actor(c), id)
}

// message draws one anew: its delivery moved on, or it was recalled.
func (w *Web) message(c echo.Context) error {
	m, err := w.messageOf(c)
	if err != nil {
		return err
	}
	return w.drawMessage(c, m)
}

func (w *Web) drawMessage(c echo.Context, m *desk.Message) error {
	conversation, err := w.Desk.Conversation(c.Request().Context(), actor(c), m.ConversationID)
	if err != nil {
		return err
	}
	t := &thread{Me: visitOf(c).agent}
	it := item{M: m, C: conversation, Own: t.own(m), Seq: m.Seq, First: true, Mine: m.Direction == "out", Mail: asMail(conversation, m)}
	return w.part(c, http.StatusOK, "conversations/_message", it)
}

func (w *Web) recall(c echo.Context) error {
	return w.onMessage(c, w.Desk.Recall)
}

// roadsPart is how a message came to its recipients.
type roadsPart struct {
	Page
	Roads []desk.Road
}

// deliveries shows every attempt to deliver a message, and what the other side said.
func (w *Web) deliveries(c echo.Context) error {
	id, err := param[desk.MessageID](c, "id")
	if err != nil {
		return err
	}
	p := &roadsPart{}
	if p.Roads, err = w.Desk.Roads(c.Request().Context(), actor(c), id); err != nil {
		return err
	}
	return w.part(c, http.StatusOK, "conversations/_roads", p)
}

func (w *Web) tryAgain(c echo.Context) error {
	return w.onMessage(c, w.Desk.TryAgain)
}

package web

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// What an agent does with a conversation. Each answers with what is new in it.

func (w *Web) leave(c echo.Context) error { return w.onConversation(c, w.Desk.Leave) }
func (w *Web) closeConversation(c echo.Context) error {
	return w.onConversation(c, w.Desk.CloseConversation)
}
func (w *Web) reopen(c echo.Context) error { return w.onConversation(c, w.Desk.Reopen) }

// join puts the agent into a conversation; from a list, or from the sentence that told of it, it leads him there.
func (w *Web) join(c echo.Context) error {
	if c.FormValue("go") != "true" {
		return w.onConversation(c, w.Desk.Join)
	}
	id, err := param[desk.ConversationID](c, "id")
	if err != nil {
		return err
	}
	if _, err := w.Desk.Join(c.Request().Context(), actor(c), id); err != nil {
		return w.lost(c, 0, err)
	}
	return w.done(c, "/conversations/"+id.String(), "")
}

func (w *Web) assign(c echo.Context) error {
	return w.onConversation(c, func(ctx context.Context, by desk.Actor, id desk.ConversationID) (*desk.Conversation, error) {
		was, err := w.Desk.Conversation(ctx, by, id)
		if err != nil {
			return nil, err
		}
		team, agent := was.TeamID, was.AssigneeID
		if s := c.FormValue("team_id"); s != "" {
			team, agent = desk.TeamID(number(s, -1)), 0
		}
		if s := c.FormValue("assignee_id"); s != "" {
			agent = desk.AgentID(number(s, -1))
		}
		if agent != 0 && agent != by.Agent() { // it may have to be confirmed
			return w.Desk.Transfer(ctx, by, id, desk.Handover{TeamID: team, AgentID: agent})
		}
		return w.Desk.Assign(ctx, by, id, team, agent)
	})
}

// bring invites a colleague.
func (w *Web) bring(c echo.Context) error {
	return w.onConversation(c, func(ctx context.Context, by desk.Actor, id desk.ConversationID) (*desk.Conversation, error) {
		return w.Desk.Bring(ctx, by, id, desk.AgentID(number(c.FormValue("agent_id"), -1)))
	})
}

// readers are the colleagues whom a whisper can name.
func (w *Web) readers(c echo.Context) error {
	id, err := param[desk.ConversationID](c, "id")
	if err != nil {
		return err
	}
	all, err := w.Desk.Readers(c.Request().Context(), actor(c), id)
	if err != nil {
		return err
	}
	type one struct {
		Name     string `json:"name"`
		Presence string `json:"presence"`
	}
	list := make([]one, len(all))
	for i, a := range all {
		list[i] = one{a.Name, w.Views.T(visitOf(c).reader.Lang, "presence."+a.Presence)}
	}
	return c.JSON(http.StatusOK, list)
}

// onConversation does one thing and shows how the conversation is afterwards; one
// that went out of the agent's sight leaves an empty pane.
func (w *Web) onConversation(c echo.Context, verb func(context.Context, desk.Actor, desk.ConversationID) (*desk.Conversation, error)) error {
	id, err := param[desk.ConversationID](c, "id")
	if err != nil {
		return err
	}
	after, err := verb(c.Request().Context(), actor(c), id)
	if err != nil {
		return w.lost(c, id, err)
	}
	if !isPart(c) {
		if c.FormValue("back") == "queue" {
			return c.Redirect(http.StatusSeeOther, "/queue")
		}
		return c.Redirect(http.StatusSeeOther, "/conversations/"+id.String())
	}
	if _, err := w.Desk.Conversation(c.Request().Context(), actor(c), id); err != nil {
		if after.Ticket != nil {
			return w.done(c, "/tickets", "notice.handed_over")
		}
		return w.done(c, "/conversations", "notice.handed_over")
	}
	return w.newerMessages(c, id)
}

func (w *Web) onMessage(c echo.Context, verb func(context.Context, desk.Actor, desk.MessageID) error) error {
	id, err := param[desk.MessageID](c, "id")
	if err != nil {
		return err
	}
	ctx, by := c.Request().Context(), actor(c)
	if err := verb(ctx, by, id); err != nil {
		return err
	}
	m, err := w.Desk.Message(ctx, by, id)
	if err != nil {
		return err
	}
	if !isPart(c) {
		return c.Redirect(http.StatusSeeOther, "/conversations/"+m.ConversationID.String())
	}
	return w.drawMessage(c, m)
}

// read notes how far the agent has read.
func (w *Web) read(c echo.Context) error {
	id, err := param[desk.ConversationID](c, "id")
	if err != nil {
		return err
	}
	if err := w.Desk.Read(c.Request().Context(), actor(c), id, number(c.FormValue("seq"), 0)); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// typing tells the customer that the agent writes. It is stored nowhere.
func (w *Web) typing(c echo.Context) error {
	id, err := param[desk.ConversationID](c, "id")
	if err != nil {
		return err
	}
	if err := w.News.Typing(c.Request().Context(), actor(c), id, c.FormValue("on") != "false"); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// transfer hands a conversation over, or asks whether it may.
func (w *Web) transfer(c echo.Context) error {
	to := desk.Handover{TeamID: desk.TeamID(number(c.FormValue("team_id"), 0)), AgentID: desk.AgentID(number(c.FormValue("agent_id"), 0)),
		Ask: c.FormValue("ask") == "true", Note: text(c, "note")}
	if to.TeamID == 0 && to.AgentID == 0 {
		return desk.Invalid("agent_id", "fault.agent_unknown")
	}
	return w.onConversation(c, func(ctx context.Context, by desk.Actor, id desk.ConversationID) (*desk.Conversation, error) {
		return w.Desk.Transfer(ctx, by, id, to)
	})
}

// transfers are what the agent is asked to take over: on every page, drawn anew when something happens.
func (w *Web) transfers(c echo.Context) error {
	list, err := w.Desk.AskedOf(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	return w.part(c, http.StatusOK, "layout/_requests", list)
}

// acceptTransfer takes it over and goes there.
func (w *Web) acceptTransfer(c echo.Context) error {
	id, err := param[desk.TransferID](c, "id")
	if err != nil {
		return err
	}
	got, err := w.Desk.AcceptTransfer(c.Request().Context(), actor(c), id)
	if err != nil {
		return w.lost(c, 0, err)
	}
	w.notice(c, "notice.taken_over")
	to := (&thread{C: got}).Path()
	if isPart(c) { // a page of its own: another part of the console may be open
		c.Response().Header().Set("HX-Redirect", to)
		return c.NoContent(http.StatusNoContent)
	}
	return c.Redirect(http.StatusSeeOther, to)
}

func (w *Web) refuseTransfer(c echo.Context) error {
	id, err := param[desk.TransferID](c, "id")
	if err != nil {
		return err
	}
	if err := w.Desk.RefuseTransfer(c.Request().Context(), actor(c), id); err != nil {
		return w.lost(c, 0, err)
	}
	if !isPart(c) {
		return c.Redirect(http.StatusSeeOther, "/conversations")
	}
	return w.transfers(c)
}

func (w *Web) withdrawTransfer(c echo.Context) error {
	id, err := param[desk.TransferID](c, "id")
	if err != nil {
		return err
	}
	after, err := w.Desk.WithdrawTransfer(c.Request().Context(), actor(c), id)
	if err != nil {
		return w.lost(c, 0, err)
	}
	if !isPart(c) {
		return c.Redirect(http.StatusSeeOther, "/conversations/"+after.ID.String())
	}
	return w.newerMessages(c, after.ID)
}

// callBack opens a new conversation with a customer, and goes there.
func (w *Web) callBack(c echo.Context) error {
	id, err := param[desk.CustomerID](c, "id")
	if err != nil {
		return err
	}
	made, err := w.Desk.CallBack(c.Request().Context(), actor(c), id)
	if err != nil {
		return w.lost(c, 0, err)
	}
	return w.done(c, "/conversations/"+made.ID.String(), "")
}

// handOn gives what a closed chat was about to an agent or a team, in a new chat, and goes there when the reader sees it.
func (w *Web) handOn(c echo.Context) error {
	id, err := param[desk.ConversationID](c, "id")
	if err != nil {
		return err
	}
	ctx, by := c.Request().Context(), actor(c)
	made, err := w.Desk.HandOn(ctx, by, id, desk.Handover{TeamID: desk.TeamID(number(text(c, "team_id"), 0)), AgentID: desk.AgentID(number(text(c, "assignee_id"), 0))})
	if err != nil {
		return w.lost(c, 0, err)
	}
	to := "/conversations/" + made.ID.String()
	if _, err := w.Desk.Conversation(ctx, by, made.ID); err != nil {
		to = "/history"
	}
	return w.done(c, to, "conversation.handed_on")
}

// transcript mails what was said to the customer.
func (w *Web) transcript(c echo.Context) error {
	return w.onConversation(c, func(ctx context.Context, by desk.Actor, id desk.ConversationID) (*desk.Conversation, error) {
		if _, err := w.Desk.MailTranscript(ctx, by, id, text(c, "to")); err != nil {
			return nil, err
		}
		return w.Desk.Conversation(ctx, by, id)
	})
}

// lost answers whoever came too late with a sentence, and with how things are now: in the page that he has, in the conversation,
// or, when that is out of his sight, in the list. Every other error goes its way.
func (w *Web) lost(c echo.Context, id desk.ConversationID, err error) error {
	var e *desk.Error
	if !errors.As(err, &e) || e.Kind != desk.KindConflict {
		return err
	}
	words := w.Views.T(visitOf(c).reader.Lang, e.Key, e.Args...)
	to := "/conversations"
	if id != 0 {
		if now, err := w.Desk.Conversation(c.Request().Context(), actor(c), id); err == nil {
			to = (&thread{C: now}).Path()
		} else {
			id = 0
		}
	}
	if !isPart(c) {
		w.say(c, words)
		return c.Redirect(http.StatusSeeOther, to)
	}
	news := map[string]any{"toast": map[string]string{"error": words}, "inbox": "", "transfers": ""}
	if id != 0 {
		news["conversation-"+id.String()] = ""
	}
	trigger, err := json.Marshal(news)
	if err != nil {
		return err
	}
	c.Response().Header().Set("HX-Trigger", asciiJSON(trigger))
	return c.JSON(http.StatusConflict, map[string]string{"error": words})
}

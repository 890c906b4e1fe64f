package desk

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"
)

// Handling is how the company wants conversations to be handled.
type Handling struct {
	TagRequired   bool `json:"tag_required"`            // before an agent closes one
	SoonAfter     int  `json:"soon_after"`              // minutes without an answer, after which one is soon overdue; 3 at first
	PresenceAsks  bool `json:"presence_asks,omitempty"` // an agent who is online asks before he is busy, away or invisible
	OverdueAfter  int  `json:"overdue_after"`           // minutes after which it is overdue; 5 at first
	RemindOverdue bool `json:"remind_overdue"`          // then its agent is told; on at first
	ReturnAfter   int  `json:"return_after"`            // minutes without an answer after which a chat whose agents have gone waits again; 0: never, as at first
	UndoMail      int  `json:"undo_mail"`               // seconds for which a mail can be taken back before it goes out, 0 to 60; 10 at first
	UndoChat      int  `json:"undo_chat"`               // the same of a chat message; 0 at first

	ConfirmTransfers bool `json:"confirm_transfers,omitempty"` // an agent to whom a chat is handed over says yes or no first

	AutoClose      bool `json:"auto_close"`       // chats whose customer is silent end by themselves; on at first
	AutoCloseAfter int  `json:"auto_close_after"` // hours after his last message, 1 to 720; 24 at first

	Conference string `json:"conference,omitempty"` // where video meetings take place: https://meet.example/{room}; empty: nowhere

	// What the desk says by itself, at most 500 characters each; empty: nothing.
	Speaker  string `json:"speaker,omitempty"`  // the name under which it speaks, at most 40; empty: the company's
	Greeting string `json:"greeting,omitempty"` // of an agent without one of his own, in a team without one
	Farewell string `json:"farewell,omitempty"` // when an agent ends a chat
	Timeout  string `json:"timeout,omitempty"`  // when a chat ends by itself
	OffDuty  string `json:"off_duty,omitempty"` // when a chat begins off hours and nobody is free
}

// Undo is how long an answer in a conversation can be taken back before it goes out.
func (h Handling) Undo(c *Conversation) time.Duration {
	if c.Kind == "ticket" {
		return time.Duration(h.UndoMail) * time.Second
	}
	return time.Duration(h.UndoChat) * time.Second
}

// Wait says how long a customer has waited for an answer: soon, overdue, or nothing yet.
func (h Handling) Wait(since, now time.Time) string {
	switch waited := now.Sub(since); {
	case since.IsZero() || waited < h.soon():
		return ""
	case waited < h.overdue():
		return "soon"
	}
	return "overdue"
}

func (h Handling) soon() time.Duration    { return time.Duration(h.SoonAfter) * time.Minute }
func (h Handling) overdue() time.Duration { return time.Duration(h.OverdueAfter) * time.Minute }

func (h *Handling) check() error {
	var c check
	if h.SoonAfter < 1 || h.SoonAfter >= 1440 {
		c.fault("soon_after", "fault.wait_range")
	}
	if h.OverdueAfter <= h.SoonAfter || h.OverdueAfter > 1440 {
		c.fault("overdue_after", "fault.overdue_before_soon")
	}
	if h.ReturnAfter < 0 || h.ReturnAfter > 1440 {
		c.fault("return_after", "fault.between", 0, 1440)
	}
	switch in := h.AutoCloseAfter >= 1 && h.AutoCloseAfter <= 720; {
	case !in && h.AutoClose:
		c.fault("auto_close_after", "fault.auto_close_hours")
	case !in:
		h.AutoCloseAfter = 24 // for whoever switches it on again
	}
	h.checkConference(&c)
	h.Speaker = oneLine(h.Speaker)
	for _, f := range []struct {
		name string
		text *string
		most int
	}{{"speaker", &h.Speaker, 40}, {"greeting", &h.Greeting, spokenText}, {"farewell", &h.Farewell, spokenText}, {"timeout", &h.Timeout, spokenText}, {"off_duty", &h.OffDuty, spokenText}} {
		if *f.text = strings.TrimSpace(strings.ReplaceAll(*f.text, "\r\n", "\n")); utf8.RuneCountInString(*f.text) > f.most {
			c.fault(f.name, "fault.too_long", f.most)
		}
	}
	if h.UndoMail < 0 || h.UndoMail > 60 {
		c.fault("undo_mail", "fault.undo_range")
	}
	if h.UndoChat < 0 || h.UndoChat > 60 {
		c.fault("undo_chat", "fault.undo_range")
	}
	return c.err()
}

// spokenText is how long what is said by itself may be, in characters.
const spokenText = 500

// Handling answers how conversations are to be handled; every agent may know.
func (d *Desk) Handling(ctx context.Context, by Actor) (Handling, error) {
	if by.Kind == ByCustomer {
		return Handling{}, Forbidden
	}
	return readHandling(ctx, d.read())
}

func defaultHandling() Handling {
	return Handling{SoonAfter: 3, OverdueAfter: 5, RemindOverdue: true, AutoClose: true, AutoCloseAfter: 24, UndoMail: 10}
}

func readHandling(ctx context.Context, r reader) (Handling, error) {
	h := defaultHandling()
	err := readSetting(ctx, r, "handling", &h)
	return h, err
}

// ChangeHandling stores how conversations are to be handled from now on.
func (d *Desk) ChangeHandling(ctx context.Context, by Actor, h Handling) error {
	if err := by.Can(ManageCompany); err != nil {
		return err
	}
	if err := h.check(); err != nil {
		return err
	}
	was := defaultHandling()
	return d.Write(ctx, by, func(tx *Tx) error { return tx.changeSetting(ctx, "handling", &was, h) })
}

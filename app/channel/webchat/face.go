package webchat

import (
	"context"
	"fmt"

	"deskbell/app/desk"
	"deskbell/app/news"
	"deskbell/app/wire"
)

// readerOf is a visitor of the widget as one who reads: some widgets do not tell who the agents are.
func readerOf(inbox *desk.Inbox) wire.Reader {
	w, err := desk.WidgetOf(inbox)
	return wire.VisitorOf(err != nil || w.HideAgents)
}

// faces are the agents who are in an open conversation, as far as the widget tells of them.
func (d *Door) faces(ctx context.Context, by desk.Actor, inbox *desk.Inbox, c *wire.Conversation) ([]Face, error) {
	faces := []Face{}
	w, err := desk.WidgetOf(inbox)
	if err != nil || w.HideAgents || c == nil || c.Status != "open" {
		return faces, err
	}
	id, err := desk.ParseID[desk.ConversationID](c.ID)
	if err != nil {
		return nil, err
	}
	agents, err := d.desk.Participants(ctx, by, id)
	for _, a := range agents {
		f := Face{ID: a.ID.String(), Name: a.Name}
		if a.AvatarFile != "" {
			url := prefix + "/agents/" + f.ID + "/avatar?v=" + a.AvatarFile[:8]
			f.AvatarURL = &url
		}
		if !w.HidePresence {
			f.Presence = fmt.Sprint(news.Presented(a.Presence))
		}
		faces = append(faces, f)
	}
	return faces, err
}

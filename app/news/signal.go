package news

import (
	"context"

	"deskbell/app/desk"
)

// Typing tells the other side that the actor is writing. It is stored nowhere and may be dropped.
type Typing struct {
	ConversationID string `json:"conversation_id"`
	By             string `json:"by"` // customer or agent
	AgentID        string `json:"agent_id,omitempty"`
	Name           string `json:"name,omitempty"`
	On             bool   `json:"on"`
}

// Typing tells those who see the conversation, but for the customer's own side, that the actor writes or stopped.
func (n *News) Typing(ctx context.Context, by desk.Actor, id desk.ConversationID, on bool) error {
	c, err := n.desk.Conversation(ctx, by, id)
	if err != nil {
		return err
	}
	audiences, err := n.desk.Audiences(ctx, desk.System, []desk.ConversationID{id})
	if err != nil {
		return err
	}
	a := audiences[id]
	t := Typing{ConversationID: id.String(), By: string(by.Kind), Name: by.Name, On: on}
	if by.Kind == desk.ByAgent {
		t.AgentID = by.Agent().String()
	} else {
		t.Name = c.CustomerName
	}
	if err := n.hub.SignalAll(topicsOf(a), "typing", t); err != nil {
		return err
	}
	if by.Kind == desk.ByAgent && a.Kind == "chat" {
		return n.hub.Signal(visitorTopic(a.CustomerID, a.InboxID), "typing", t)
	}
	return nil
}

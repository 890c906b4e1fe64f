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
	Text           string `json:"text,omitempty"` // what he has written so far, to the agents in the conversation
}

// Presented is an agent's presence as visitors are told it: who is invisible is away for them.
func Presented(presence any) any {
	if presence == "invisible" {
		return "away"
	}
	return presence
}

// tellVisitors tells the visitors whom an agent serves that he came or went.
func (n *News) tellVisitors(id desk.AgentID, presence any) error {
	served, err := n.desk.ServedBy(context.Background(), desk.System, id)
	if err != nil {
		return err
	}
	for _, a := range served {
		told := map[string]any{"conversation_id": a.ID.String(), "agent_id": id.String(), "presence": Presented(presence)}
		if err := n.hub.Signal(visitorTopic(a.CustomerID, a.InboxID), "presence.updated", told); err != nil {
			return err
		}
	}
	return nil
}

// Visiting tells the agents who see a visitor's open chat that he came or went.
func (n *News) Visiting(ctx context.Context, c desk.CustomerID, in desk.InboxID, here bool) error {
	chat, err := n.desk.CurrentConversation(ctx, desk.System, c, in)
	if err != nil || chat == nil {
		return err
	}
	audiences, err := n.desk.Audiences(ctx, desk.System, []desk.ConversationID{chat.ID})
	if err != nil {
		return err
	}
	return n.hub.SignalAll(topicsOf(audiences[chat.ID]), "presence.updated", map[string]any{"conversation_id": chat.ID.String(), "customer_id": c.String(), "online": here})
}

// Visits tells all agents that somebody came to the site, left it or went on to another page.
func (n *News) Visits() error { return n.hub.Signal("agents", "visitors.updated", struct{}{}) }

// preview is how much of a draft agents read, in characters.
const preview = 100

// Typing tells those who see the conversation, but for the customer's own side, that the actor writes or stopped.
func (n *News) Typing(ctx context.Context, by desk.Actor, id desk.ConversationID, on bool) error {
	return n.typing(ctx, by, id, on, "")
}

// Drafting is Typing that shows the agents in the conversation the first 100 characters of what a customer has written so far.
func (n *News) Drafting(ctx context.Context, by desk.Actor, id desk.ConversationID, text string) error {
	return n.typing(ctx, by, id, true, text)
}

func (n *News) typing(ctx context.Context, by desk.Actor, id desk.ConversationID, on bool, draft string) error {
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
	if draft != "" && by.Kind == desk.ByCustomer {
		if r := []rune(draft); len(r) > preview {
			draft = string(r[:preview])
		}
		t.Text = draft
		return n.hub.SignalAll(keysOf(a.Participants), "typing", t)
	}
	if a.Nameless {
		t.Name, t.AgentID = "", ""
	}
	if by.Kind == desk.ByAgent && a.Kind == "chat" && !a.Silent {
		return n.hub.Signal(visitorTopic(a.CustomerID, a.InboxID), "typing", t)
	}
	return nil
}

// Drafted tells the acting agent's other devices that his draft in a conversation is another one; tab is the page that knows.
func (n *News) Drafted(by desk.Actor, id desk.ConversationID, version int64, tab string) error {
	return n.hub.Signal(agentKey(by.Agent()), "draft.updated", map[string]any{"conversation_id": id.String(), "version": version, "tab": tab})
}

func keysOf(agents []desk.AgentID) []string {
	keys := make([]string, len(agents))
	for i, a := range agents {
		keys[i] = agentKey(a)
	}
	return keys
}

package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"deskbell/app/desk"
	"deskbell/app/rest"
	"deskbell/app/wire"
)

func (d *Door) conversations() {
	const tag = "conversations"
	rest.On(d.api, d.op(http.MethodGet, "/conversations", "list-conversations", tag, "Conversations that the agent may see, the last written first"), d.listConversations)
	rest.On(d.api, d.op(http.MethodGet, "/conversations/{id}", "get-conversation", tag, "One conversation"), d.getConversation)
	for _, verb := range []struct {
		name, summary string
		do            func(context.Context, desk.Actor, desk.ConversationID) (*desk.Conversation, error)
	}{
		{"join", "Join: the first to do so is its agent", d.desk.Join},
		{"leave", "Leave; when nobody is left it waits again", d.desk.Leave},
		{"close", "Close", d.desk.CloseConversation},
		{"reopen", "Open a closed one again", d.desk.Reopen},
		{"invite-rating", "Ask the customer how he was served, once", d.desk.InviteRating},
	} {
		rest.On(d.api, d.op(http.MethodPost, "/conversations/{id}/"+verb.name, verb.name+"-conversation", tag, verb.summary),
			func(ctx context.Context, by desk.Actor, in *rest.ByID) (*rest.One[wire.Conversation], error) {
				id, err := desk.ParseID[desk.ConversationID](in.ID)
				if err != nil {
					return nil, err
				}
				return conversation(verb.do(ctx, by, id))
			})
	}
	rest.On(d.api, d.op(http.MethodPost, "/conversations/{id}/transfer", "transfer-conversation", tag, "Give it to a team, or to an agent"), d.transfer)
	rest.On(d.api, d.op(http.MethodPost, "/conversations/{id}/read", "read-conversation", tag, "Say how far the agent has read"), d.read)
	rest.On(d.api, d.op(http.MethodPost, "/conversations/{id}/typing", "typing-conversation", tag, "Tell the customer that the agent is writing"), d.typing)
	rest.On(d.api, d.op(http.MethodPost, "/conversations/{id}/conference", "create-conference", tag, "Make the address of a new video meeting, to be sent; nothing is stored"), d.conference)
	rest.On(d.api, d.op(http.MethodGet, "/conversations/{id}/messages", "list-conversation-messages", tag, "Its messages, the oldest first"), d.listMessages)
	rest.On(d.api, created(d.op(http.MethodPost, "/conversations/{id}/messages", "send-conversation-message", tag, "Answer the customer, or whisper to colleagues")), d.sendMessage)
}

func (d *Door) listConversations(ctx context.Context, by desk.Actor, in *struct {
	rest.Page
	Status     string `query:"status" enum:"waiting,open,closed"`
	View       string `query:"view" enum:"all,joined,mine,online,waiting,open,closed,unserved,pending,soon,overdue" doc:"all, joined, mine and online leave closed ones out; of online the customer has the chat open now; unserved and pending wait for an answer, with nobody or somebody in it; soon and overdue have waited for long"`
	Kind       string `query:"kind" enum:"chat,ticket" doc:"Both when left out"`
	TeamID     string `query:"team_id" maxLength:"20"`
	AgentID    string `query:"agent_id" maxLength:"20" doc:"Whose they are"`
	CustomerID string `query:"customer_id" maxLength:"20"`
	Channel    string `query:"channel" maxLength:"40" example:"webchat"`
	Query      string `query:"q" maxLength:"200" pattern:"^[^\\x00]*$" patternDescription:"text" doc:"Part of the customer's name or address, or of a ticket's subject"`
}) (*rest.List[wire.Conversation], error) {
	l := desk.ConversationList{Kind: in.Kind, View: in.View, Channel: in.Channel, Query: in.Query, Before: in.Cursor, Limit: in.Limit}
	if err := errors.Join(
		keep(&l.TeamID)(id[desk.TeamID]("query.team_id", in.TeamID)),
		keep(&l.AgentID)(id[desk.AgentID]("query.agent_id", in.AgentID)),
		keep(&l.CustomerID)(id[desk.CustomerID]("query.customer_id", in.CustomerID)),
	); err != nil {
		return nil, err
	}
	if in.Status != "" {
		if l.View != "" && l.View != in.Status {
			return nil, rest.BadRequest("query.status", "choose a status or a view")
		}
		l.View = in.Status
	}
	list, next, err := d.desk.Conversations(ctx, by, l)
	return rest.ListOf(list, next, wire.Agent.Conversation), inQuery(err)
}

func (d *Door) getConversation(ctx context.Context, by desk.Actor, in *rest.ByID) (*rest.One[wire.Conversation], error) {
	id, err := desk.ParseID[desk.ConversationID](in.ID)
	if err != nil {
		return nil, err
	}
	return conversation(d.desk.Conversation(ctx, by, id))
}

func (d *Door) transfer(ctx context.Context, by desk.Actor, in *struct {
	rest.ByID
	Body struct {
		TeamID  string `json:"team_id,omitempty" maxLength:"20" doc:"It waits in this team's queue"`
		AgentID string `json:"agent_id,omitempty" maxLength:"20" doc:"He has it at once, unless the company has transfers confirmed"`
		Ask     bool   `json:"ask,omitempty" doc:"Whoever is to have it accepts or refuses it within 60 seconds; until then it stays where it is"`
		Note    string `json:"note,omitempty" maxLength:"200" doc:"To the one who is asked; agents only"`
	}
}) (*rest.One[wire.Conversation], error) {
	cid, err := desk.ParseID[desk.ConversationID](in.ID)
	if err != nil {
		return nil, err
	}
	var team desk.TeamID
	var agent desk.AgentID
	if err := errors.Join(keep(&team)(id[desk.TeamID]("body.team_id", in.Body.TeamID)), keep(&agent)(id[desk.AgentID]("body.agent_id", in.Body.AgentID))); err != nil {
		return nil, err
	}
	if team == 0 && agent == 0 {
		return nil, rest.BadRequest("body", "name a team_id or an agent_id")
	}
	return conversation(d.desk.Transfer(ctx, by, cid, desk.Handover{TeamID: team, AgentID: agent, Ask: in.Body.Ask, Note: in.Body.Note}))
}

func (d *Door) read(ctx context.Context, by desk.Actor, in *struct {
	rest.ByID
	Body struct {
		Seq int64 `json:"seq" minimum:"0" doc:"Of the last message he has seen"`
	}
}) (*nothing, error) {
	id, err := desk.ParseID[desk.ConversationID](in.ID)
	if err != nil {
		return nil, err
	}
	return nil, d.desk.Read(ctx, by, id, in.Body.Seq)
}

func (d *Door) typing(ctx context.Context, by desk.Actor, in *struct {
	rest.ByID
	Body struct {
		On *bool `json:"typing,omitempty" doc:"false: has stopped; true by default"`
	}
}) (*nothing, error) {
	id, err := desk.ParseID[desk.ConversationID](in.ID)
	if err != nil {
		return nil, err
	}
	return nil, d.News.Typing(ctx, by, id, in.Body.On == nil || *in.Body.On)
}

// Conference is a video meeting that nobody knows of yet.
type Conference struct {
	URL string `json:"url" format:"uri" doc:"Whoever has it can come in"`
}

func (d *Door) conference(ctx context.Context, by desk.Actor, in *rest.ByID) (*rest.One[Conference], error) {
	id, err := desk.ParseID[desk.ConversationID](in.ID)
	if err != nil {
		return nil, err
	}
	address, err := d.desk.Conference(ctx, by, id)
	return &rest.One[Conference]{Body: Conference{address}}, err
}

func (d *Door) listMessages(ctx context.Context, by desk.Actor, in *partsOf) (*rest.List[wire.Message], error) {
	cid, err := desk.ParseID[desk.ConversationID](in.ID)
	if err != nil {
		return nil, err
	}
	c, err := d.desk.Conversation(ctx, by, cid)
	if err != nil {
		return nil, err
	}
	return d.messages(ctx, by, c, in.Page)
}

func (d *Door) sendMessage(ctx context.Context, by desk.Actor, in *draftFor) (*rest.One[wire.Message], error) {
	cid, err := desk.ParseID[desk.ConversationID](in.ID)
	if err != nil {
		return nil, err
	}
	c, err := d.desk.Conversation(ctx, by, cid)
	if err != nil {
		return nil, err
	}
	return d.send(ctx, by, c, in.Body)
}

// partsOf asks for a page of what something has.
type partsOf struct {
	rest.ByID
	rest.Page
}

type draftFor struct {
	rest.ByID
	Body Draft
}

// Draft is a message that an agent sends.
type Draft struct {
	Text       string   `json:"text,omitempty" doc:"At most 20,000 characters"`
	HTML       string   `json:"html,omitempty" doc:"Mail only; made from the text when it is left out"`
	Visibility string   `json:"visibility,omitempty" enum:"public,internal" default:"public" doc:"internal: a whisper, for agents only"`
	FileIDs    []string `json:"file_ids,omitempty" maxItems:"20" doc:"From POST /api/v1/files"`
	CC         []string `json:"cc,omitempty" maxItems:"20" doc:"Mail only"`
	Signature  string   `json:"signature,omitempty" maxLength:"40" doc:"Mail only: the name of one of the mailbox's signatures, where it leaves a choice, or - for none; left out: the active one"`
	QuotedID   string   `json:"quoted_id,omitempty" maxLength:"20" doc:"The message of the same conversation that it answers"`
	SeenSeq    int64    `json:"seen_seq,omitempty" minimum:"0" doc:"The seq of the last message that its writer had seen: when a colleague has answered since, it is refused with 409; 0 does not ask"`
	ClientID   string   `json:"client_id,omitempty" maxLength:"100" doc:"The sender's own id: the same never makes a second message"`
}

func (f Draft) draft(ctx context.Context) desk.Draft {
	return desk.Draft{Text: f.Text, HTML: f.HTML, Internal: f.Visibility == "internal", FileIDs: f.FileIDs, CC: f.CC, Seen: f.SeenSeq, Signature: f.Signature, ClientID: clientID(ctx, f.ClientID)}
}

// read is draft with what has to be read first: the text of HTML that came alone, and ids.
func (f Draft) read(ctx context.Context) (desk.Draft, error) {
	if f.Text == "" && f.HTML != "" {
		f.Text = plain(f.HTML)
	}
	draft := f.draft(ctx)
	var err error
	draft.QuotedID, err = id[desk.MessageID]("body.quoted_id", f.QuotedID)
	return draft, err
}

func (d *Door) messages(ctx context.Context, by desk.Actor, c *desk.Conversation, p rest.Page) (*rest.List[wire.Message], error) {
	l := desk.MessageList{After: -1, Limit: p.Limit}
	if p.Cursor != "" {
		var err error
		if l.After, err = strconv.ParseInt(p.Cursor, 10, 64); err != nil || l.After < 1 {
			return nil, rest.BadRequest("query.cursor", "expected next_cursor of another page")
		}
	}
	list, more, err := d.desk.Messages(ctx, by, c.ID, l)
	if err != nil {
		return nil, err
	}
	next := ""
	if more {
		next = strconv.FormatInt(list[len(list)-1].Seq, 10)
	}
	return rest.ListOf(list, next, messageOf(c)), nil
}

func (d *Door) send(ctx context.Context, by desk.Actor, c *desk.Conversation, in Draft) (*rest.One[wire.Message], error) {
	draft, err := in.read(ctx)
	if err != nil {
		return nil, err
	}
	m, err := d.desk.Reply(ctx, by, c.ID, draft)
	if err != nil {
		return nil, err
	}
	return &rest.One[wire.Message]{Body: messageOf(c)(m)}, nil
}

// messageOf makes the form of a conversation's messages; its HTML is fit to be shown.
func messageOf(c *desk.Conversation) func(*desk.Message) wire.Message {
	return func(m *desk.Message) wire.Message {
		w := wire.Agent.Message(m)
		w.HTML = shown(w.HTML)
		if c.Ticket != nil {
			w.TicketID = c.Ticket.ID.String()
		}
		return w
	}
}

func conversation(c *desk.Conversation, err error) (*rest.One[wire.Conversation], error) {
	if err != nil {
		return nil, err
	}
	return &rest.One[wire.Conversation]{Body: wire.Agent.Conversation(c)}, nil
}

// inQuery says of a wrong cursor that it is in the query: it is of our own making, and nothing that a form would show.
func inQuery(err error) error {
	var e *desk.Error
	if errors.As(err, &e) && e.Kind == desk.KindInvalid && slices.ContainsFunc(e.Fields, func(f desk.Field) bool { return f.Name == "cursor" }) {
		return rest.BadRequest("query.cursor", "expected next_cursor of another page")
	}
	return err
}

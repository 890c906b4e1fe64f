package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"deskbell/app/desk"
	"deskbell/app/rest"
	"deskbell/app/wire"
)

type newTicket struct {
	Body struct {
		Draft
		Subject    string            `json:"subject" maxLength:"998"`
		MailboxID  string            `json:"mailbox_id,omitempty" maxLength:"20" doc:"Through which answers go; the first one when left out"`
		CustomerID string            `json:"customer_id,omitempty" maxLength:"20" doc:"For whom; or customer"`
		Customer   *contact          `json:"customer,omitempty" doc:"For whom, by mail address; added when nobody has it"`
		Priority   string            `json:"priority,omitempty" enum:"low,normal,high,urgent" default:"normal"`
		Fields     map[string]string `json:"fields,omitempty" doc:"By the id of the form field"`
		TopicID    string            `json:"topic_id,omitempty" maxLength:"20"`
		ParentID   string            `json:"parent_id,omitempty" maxLength:"20" doc:"The ticket above it"`
		LinkedID   string            `json:"linked_conversation_id,omitempty" maxLength:"20" doc:"The conversation that it comes from"`
	}
}

type contact struct {
	Email string `json:"email" maxLength:"254"`
	Name  string `json:"name,omitempty" maxLength:"140"`
}

type ticketFields struct {
	Subject    *string           `json:"subject,omitempty" maxLength:"998"`
	Status     *string           `json:"status,omitempty" enum:"open,pending,resolved,closed"`
	Priority   *string           `json:"priority,omitempty" enum:"low,normal,high,urgent"`
	TeamID     clearable         `json:"team_id,omitempty" doc:"null: everyone's"`
	AssigneeID clearable         `json:"assignee_id,omitempty" doc:"null: nobody's"`
	Fields     map[string]string `json:"fields,omitempty" doc:"By the id of the form field; empty text empties it"`
	TopicID    clearable         `json:"topic_id,omitempty" doc:"null: none"`
	StatusID   clearable         `json:"status_id,omitempty" doc:"A named status, in place of status; null takes the name off"`
	ParentID   clearable         `json:"parent_id,omitempty" doc:"The ticket above it; null: none"`
	AddTagIDs  []string          `json:"add_tag_ids,omitempty" maxItems:"50" doc:"Tags that it is to have besides"`
	DropTagIDs []string          `json:"remove_tag_ids,omitempty" maxItems:"50" doc:"Tags that it is to lose"`
}

// clearable is an id that may be left out, or null to have none.
type clearable struct {
	said bool
	id   string
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *clearable) UnmarshalJSON(b []byte) error {
	c.said = true
	return json.Unmarshal(b, &c.id)
}

// Schema tells huma what it looks like.
func (clearable) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Nullable: true, MaxLength: ptr(20)}
}

// read answers nil when it was left out and a zero id when it was null.
func read[T ~int64](location string, c clearable) (*T, error) {
	if !c.said {
		return nil, nil
	}
	n, err := id[T](location, c.id)
	return &n, err
}

func (d *Door) tickets() {
	const tag = "tickets"
	rest.On(d.api, d.op(http.MethodGet, "/tickets", "list-tickets", tag, "Tickets that the agent may see, the last written first"), d.listTickets)
	rest.On(d.api, created(d.op(http.MethodPost, "/tickets", "create-ticket", tag, "Open a ticket with its first message")), d.createTicket)
	rest.On(d.api, d.op(http.MethodPost, "/tickets/bulk", "change-tickets", tag, "Change many tickets, or merge them into one; each that cannot be is told"), d.changeTickets)
	rest.On(d.api, d.op(http.MethodGet, "/tickets/{id}", "get-ticket", tag, "One ticket"), d.getTicket)
	rest.On(d.api, d.op(http.MethodPatch, "/tickets/{id}", "change-ticket", tag, "Change a ticket; what is left out stays"), d.changeTicket)
	d.ticketCare(tag)
	d.ticketForm(tag)
	rest.On(d.api, d.op(http.MethodGet, "/tickets/{id}/messages", "list-ticket-messages", tag, "Its messages, the oldest first"), d.listTicketMessages)
	rest.On(d.api, created(d.op(http.MethodPost, "/tickets/{id}/messages", "send-ticket-message", tag, "Answer by mail, or whisper to colleagues")), d.sendTicketMessage)
}

func (d *Door) listTickets(ctx context.Context, by desk.Actor, in *struct {
	rest.Page
	Status     string   `query:"status" enum:"open,pending,resolved,closed"`
	StatusID   string   `query:"status_id" maxLength:"20" doc:"A named status"`
	View       string   `query:"view" enum:"open,mine,unassigned,followed,snoozed,done" doc:"As in the console; left out: all"`
	Priority   string   `query:"priority" enum:"low,normal,high,urgent"`
	TeamID     string   `query:"team_id" maxLength:"20"`
	AssigneeID string   `query:"assignee_id" maxLength:"20"`
	MailboxID  string   `query:"mailbox_id" maxLength:"20"`
	CustomerID string   `query:"customer_id" maxLength:"20"`
	TopicID    string   `query:"topic_id" maxLength:"20" doc:"This topic and all below it"`
	TagID      string   `query:"tag_id" maxLength:"20"`
	Fields     []string `query:"field,explode" maxItems:"10" doc:"What a form field holds, as id=value: of choices the one that is taken, of a tree also all below it, of numbers and days a value or from..to, of a file anything, of everything else a part of it"`
	Origin     string   `query:"origin" enum:"mail,note,chat,agent,api"`
	SLA        string   `query:"sla" enum:"soon,late" doc:"A promise falls due soon, or was broken and is not kept yet"`
	Sort       string   `query:"sort" maxLength:"30" pattern:"^(written|created|oldest|priority|-?field_[0-9]+)$" patternDescription:"written, created, oldest, priority, or field_ and the id of a form field, with - before it from the greatest on" default:"written" doc:"By a form field: those in which it is empty come last"`
	Query      string   `query:"q" maxLength:"200" pattern:"^[^\\x00]*$" patternDescription:"text" doc:"Part of the subject or of the customer's name or address, or the number"`
}) (*rest.List[wire.Ticket], error) {
	l := desk.ConversationList{Kind: "ticket", Status: in.Status, Priority: in.Priority, Origin: in.Origin, SLA: in.SLA, Query: in.Query, Before: in.Cursor, Limit: in.Limit}
	var errs [9]error
	if name, is := strings.CutPrefix(strings.TrimPrefix(in.Sort, "-"), "field_"); is {
		l.By, errs[8] = id[desk.FormFieldID]("query.sort", name)
		l.Down = in.Sort[0] == '-'
	} else if in.Sort != "written" {
		l.Sort = in.Sort
	}
	l.TagID, errs[6] = id[desk.TagID]("query.tag_id", in.TagID)
	l.Fields, errs[7] = fieldAsks(in.Fields)
	l.View = map[string]string{"open": "all", "unassigned": "waiting", "done": "closed", "mine": "mine", "followed": "followed", "snoozed": "snoozed"}[in.View]
	l.StatusID, errs[5] = id[desk.StatusID]("query.status_id", in.StatusID)
	l.TeamID, errs[0] = id[desk.TeamID]("query.team_id", in.TeamID)
	l.AgentID, errs[1] = id[desk.AgentID]("query.assignee_id", in.AssigneeID)
	l.InboxID, errs[2] = id[desk.InboxID]("query.mailbox_id", in.MailboxID)
	l.CustomerID, errs[3] = id[desk.CustomerID]("query.customer_id", in.CustomerID)
	l.TopicID, errs[4] = id[desk.TopicID]("query.topic_id", in.TopicID)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	return d.ticketList(ctx, by)(d.desk.Conversations(ctx, by, l))
}

// fieldAsks reads what a list asks of form fields.
func fieldAsks(in []string) (asks []desk.FieldAsk, err error) {
	for _, s := range in {
		name, v, _ := strings.Cut(s, "=")
		id, err := desk.ParseID[desk.FormFieldID](name)
		if err != nil || strings.TrimSpace(v) == "" {
			return nil, rest.BadRequest("query.field", "expected the id of a form field, = and a value")
		}
		asks = append(asks, desk.FieldAsk{ID: id, Text: v})
	}
	return asks, nil
}

func (d *Door) getTicket(ctx context.Context, by desk.Actor, in *rest.ByID) (*rest.One[wire.Ticket], error) {
	return d.oneTicket(ctx, by)(d.ticket(ctx, by, in.ID))
}

func (d *Door) ticket(ctx context.Context, by desk.Actor, number string) (*desk.Conversation, error) {
	id, err := desk.ParseID[desk.TicketID](number)
	if err != nil {
		return nil, err
	}
	return d.desk.TicketByNumber(ctx, by, id)
}

func (d *Door) createTicket(ctx context.Context, by desk.Actor, in *newTicket) (*rest.One[wire.Ticket], error) {
	b := in.Body
	t := desk.TicketDraft{NewTicket: desk.NewTicket{Subject: b.Subject, Origin: "api", Priority: b.Priority, CC: b.CC}, First: b.Draft.draft(ctx)}
	if t.First.Text == "" {
		t.First.Text = plain(b.HTML)
	}
	if err := errors.Join(
		keep(&t.CustomerID)(id[desk.CustomerID]("body.customer_id", b.CustomerID)),
		keep(&t.InboxID)(id[desk.InboxID]("body.mailbox_id", b.MailboxID)),
		keep(&t.LinkedID)(id[desk.ConversationID]("body.linked_conversation_id", b.LinkedID)),
		keep(&t.TopicID)(id[desk.TopicID]("body.topic_id", b.TopicID)),
		keep(&t.Fields)(fields("body.fields", b.Fields)),
		keep(&t.ParentID)(id[desk.TicketID]("body.parent_id", b.ParentID)),
	); err != nil {
		return nil, err
	}
	if t.InboxID == 0 {
		boxes, err := d.desk.Inboxes(ctx, desk.System, desk.Email)
		if err != nil {
			return nil, err
		}
		if len(boxes) > 0 {
			t.InboxID = boxes[0].ID
		}
	}
	if t.CustomerID == 0 {
		if b.Customer == nil {
			return nil, rest.BadRequest("body", "name a customer_id or a customer")
		}
		t.Customer = &desk.Contact{Email: b.Customer.Email, Name: b.Customer.Name}
	}
	return d.oneTicket(ctx, by)(d.desk.OpenTicket(ctx, by, t))
}

func (d *Door) changeTicket(ctx context.Context, by desk.Actor, in *struct {
	rest.ByID
	Body ticketFields
}) (*rest.One[wire.Ticket], error) {
	id, err := desk.ParseID[desk.TicketID](in.ID)
	if err != nil {
		return nil, err
	}
	ch, err := in.Body.change("body.")
	if err != nil {
		return nil, err
	}
	return d.oneTicket(ctx, by)(d.desk.ChangeTicket(ctx, by, id, ch))
}

func (f ticketFields) change(where string) (desk.TicketChange, error) {
	ch := desk.TicketChange{Subject: f.Subject, Status: f.Status, Priority: f.Priority}
	err := errors.Join(
		keep(&ch.TeamID)(read[desk.TeamID](where+"team_id", f.TeamID)),
		keep(&ch.AssigneeID)(read[desk.AgentID](where+"assignee_id", f.AssigneeID)),
		keep(&ch.TopicID)(read[desk.TopicID](where+"topic_id", f.TopicID)),
		keep(&ch.Fields)(fields(where+"fields", f.Fields)),
		keep(&ch.StatusID)(read[desk.StatusID](where+"status_id", f.StatusID)),
		keep(&ch.ParentID)(read[desk.TicketID](where+"parent_id", f.ParentID)),
		keep(&ch.Tag)(tagIDs(where+"add_tag_ids", f.AddTagIDs)),
		keep(&ch.Untag)(tagIDs(where+"remove_tag_ids", f.DropTagIDs)),
	)
	return ch, err
}

func tagIDs(location string, in []string) (tags []desk.TagID, err error) {
	for _, s := range in {
		tag, err := id[desk.TagID](location, s)
		if err != nil {
			return nil, err
		}
		tags = append(tags, tag)
	}
	return tags, nil
}

// fields reads what form fields are to hold.
func fields(location string, in map[string]string) (desk.Filled, error) {
	var f desk.Filled
	for s, v := range in {
		id, err := desk.ParseID[desk.FormFieldID](s)
		if err != nil {
			return nil, rest.BadRequest(location, "its names are ids of form fields")
		}
		if f == nil {
			f = desk.Filled{}
		}
		f[id] = v
	}
	return f, nil
}

// Bulk says of each ticket whether it was changed.
type Bulk struct {
	Changed []wire.Ticket `json:"changed" nullable:"false"`
	Failed  []Failure     `json:"failed" nullable:"false"`
}

// Failure is a ticket that was not changed, and why.
type Failure struct {
	ID      string        `json:"id"`
	Problem *rest.Problem `json:"problem"`
}

func (d *Door) changeTickets(ctx context.Context, by desk.Actor, in *struct {
	Body struct {
		IDs       []string      `json:"ids" minItems:"1" maxItems:"500"`
		Set       *ticketFields `json:"set,omitempty" doc:"What to change; or merge_into"`
		MergeInto string        `json:"merge_into,omitempty" maxLength:"20" doc:"Put what was said in them into this ticket, and close them"`
	}
}) (*rest.One[Bulk], error) {
	if (in.Body.Set == nil) == (in.Body.MergeInto == "") {
		return nil, rest.BadRequest("body", "name either set or merge_into")
	}
	var ch desk.TicketChange
	var err error
	if in.Body.Set != nil {
		ch, err = in.Body.Set.change("body.set.")
	}
	into, err1 := id[desk.TicketID]("body.merge_into", in.Body.MergeInto)
	if err := errors.Join(err, err1); err != nil {
		return nil, err
	}
	out := &rest.One[Bulk]{Body: Bulk{Changed: []wire.Ticket{}, Failed: []Failure{}}}
	var ids []desk.TicketID
	for _, number := range in.Body.IDs {
		id, err := desk.ParseID[desk.TicketID](number)
		if err != nil {
			out.Body.Failed = append(out.Body.Failed, Failure{number, d.api.Problem(ctx, err)})
			continue
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return out, nil
	}
	var results []desk.TicketResult
	if into != 0 {
		results, err = d.desk.MergeTickets(ctx, by, ids, into)
	} else {
		results, err = d.desk.ChangeTickets(ctx, by, ids, ch)
	}
	if err != nil {
		return nil, err
	}
	var changed []*desk.Conversation
	for _, r := range results {
		if r.Err == nil {
			changed = append(changed, r.Conversation)
		}
	}
	if err := d.desk.FillSLA(ctx, by, changed); err != nil {
		return nil, err
	}
	for _, r := range results {
		if r.Err != nil {
			out.Body.Failed = append(out.Body.Failed, Failure{r.ID.String(), d.api.Problem(ctx, r.Err)})
			continue
		}
		out.Body.Changed = append(out.Body.Changed, wire.Agent.Ticket(r.Conversation))
	}
	return out, nil
}

func (d *Door) listTicketMessages(ctx context.Context, by desk.Actor, in *partsOf) (*rest.List[wire.Message], error) {
	c, err := d.ticket(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	return d.messages(ctx, by, c, in.Page)
}

func (d *Door) sendTicketMessage(ctx context.Context, by desk.Actor, in *draftFor) (*rest.One[wire.Message], error) {
	c, err := d.ticket(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	return d.send(ctx, by, c, in.Body)
}

// oneTicket makes of a ticket, or of why there is none, what is sent.
func (d *Door) oneTicket(ctx context.Context, by desk.Actor) func(*desk.Conversation, error) (*rest.One[wire.Ticket], error) {
	return func(c *desk.Conversation, err error) (*rest.One[wire.Ticket], error) {
		if err == nil {
			err = d.desk.FillSLA(ctx, by, []*desk.Conversation{c})
		}
		if err != nil {
			return nil, err
		}
		return &rest.One[wire.Ticket]{Body: wire.Agent.Ticket(c)}, nil
	}
}

// ticketList makes of a page of tickets what is sent.
func (d *Door) ticketList(ctx context.Context, by desk.Actor) func([]*desk.Conversation, string, error) (*rest.List[wire.Ticket], error) {
	return func(list []*desk.Conversation, next string, err error) (*rest.List[wire.Ticket], error) {
		if err == nil {
			err = d.desk.FillSLA(ctx, by, list)
		}
		return rest.ListOf(list, next, wire.Agent.Ticket), inQuery(err)
	}
}

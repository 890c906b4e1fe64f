package webchat

import (
	"context"
	"net/http"

	"deskbell/app/desk"
	"deskbell/app/rest"
)

// RequestForm is the public form, for a page of the company's own: what it asks, and the stamp that goes back with it.
type RequestForm struct {
	Intro  string         `json:"intro"`
	Topics []RequestTopic `json:"topics" nullable:"false" doc:"A tree, each topic followed by those below it"`
	Fields []RequestField `json:"fields" nullable:"false" doc:"What is asked besides name, email, subject and text"`
	Stamp  string         `json:"stamp" doc:"Says when the form was fetched: a request comes at least three seconds and at most a day later"`
}

// RequestTopic is one of the topics.
type RequestTopic struct {
	ID   string `json:"id"`
	Path string `json:"path" doc:"The names from the first level down"`
}

// RequestField is one of the fields that customers fill in.
type RequestField struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Kind     string   `json:"kind" enum:"text,long,number,date,choice,choices,tree,phone,mail,file"`
	Options  []string `json:"options" nullable:"false" doc:"What may be chosen; of a tree the paths, with \" / \" between the levels"`
	Required bool     `json:"required"`
}

// Requested is the ticket that a request made.
type Requested struct {
	Number *string `json:"number" doc:"Its number; null when none was made, because the company does not hear this sender"`
}

type request struct {
	Once
	Body struct {
		Name     string            `json:"name,omitempty" maxLength:"140"`
		Email    string            `json:"email" maxLength:"254" doc:"Where the answer goes"`
		Subject  string            `json:"subject" maxLength:"200"`
		Text     string            `json:"text" doc:"At most 20,000 characters"`
		TopicID  string            `json:"topic_id,omitempty" maxLength:"20"`
		Fields   map[string]string `json:"fields,omitempty" doc:"By the id of the field; of several choices a line each. Files go by the page /request"`
		Stamp    string            `json:"stamp" maxLength:"400" doc:"Of the form"`
		ClientID string            `json:"client_id,omitempty" maxLength:"100" doc:"The sender's own id: the same never makes a second ticket"`
	}
}

func (d *Door) requestForm(ctx context.Context, _ desk.Actor, _ *struct{}) (*rest.One[RequestForm], error) {
	portal, err := d.desk.Portal(ctx, desk.System)
	if err == nil && !portal.Form {
		err = desk.NotFound
	}
	if err != nil {
		return nil, err
	}
	w := RequestForm{Intro: portal.Intro, Topics: []RequestTopic{}, Fields: []RequestField{}, Stamp: d.desk.FormStamp(ctx, desk.System)}
	topics, err := d.desk.Topics(ctx, desk.System)
	if err != nil {
		return nil, err
	}
	for _, t := range topics {
		w.Topics = append(w.Topics, RequestTopic{t.ID.String(), t.Path})
	}
	fields, err := d.desk.FormFields(ctx, desk.System)
	for _, f := range fields {
		if f.Public {
			w.Fields = append(w.Fields, RequestField{f.ID.String(), f.Name, f.Kind, append([]string{}, f.Options...), f.Required})
		}
	}
	return &rest.One[RequestForm]{Body: w}, err
}

// openRequest makes a ticket of what a stranger sends, as the page /request does.
func (d *Door) openRequest(ctx context.Context, _ desk.Actor, in *request) (*rest.One[Requested], error) {
	b := in.Body
	if !d.desk.FilledByHand(ctx, desk.System, b.Stamp) {
		return nil, desk.Conflict("error.form_too_fast")
	}
	if err := d.desk.AllowLetter(ctx, desk.System, 0, rest.CallerOf(ctx).Source); err != nil {
		return nil, err
	}
	topic, values := desk.TopicID(0), desk.Filled{}
	if b.TopicID != "" {
		var err error
		if topic, err = desk.ParseID[desk.TopicID](b.TopicID); err != nil {
			return nil, desk.Invalid("topic_id", "fault.topic_unknown")
		}
	}
	fields, err := d.desk.FormFields(ctx, desk.System)
	if err != nil {
		return nil, err
	}
	for _, f := range fields {
		if v := b.Fields[f.ID.String()]; f.Public && f.Kind != "file" { // what he says that files are called counts for nothing
			values[f.ID] = v
		}
	}
	got, err := d.desk.OpenRequest(ctx, desk.System, desk.Request{Name: b.Name, Email: b.Email, Subject: b.Subject, Text: b.Text, TopicID: topic, Fields: values, ClientID: in.client(b.ClientID)})
	if err != nil {
		return nil, err
	}
	c, err := d.desk.Conversation(ctx, desk.System, got.ConversationID)
	if err != nil || c.Ticket == nil {
		return &rest.One[Requested]{}, err
	}
	number := c.Ticket.ID.String()
	return &rest.One[Requested]{Body: Requested{&number}}, nil
}

// requests are open to everyone, within what strangers may do.
func (d *Door) requests(on func(method, path, name, summary string, l *rest.Limiter) rest.Op) {
	form := on(http.MethodGet, "/request", "request-form", "What the public form asks, when the company has one", nil)
	send := on(http.MethodPost, "/request", "request", "Open a ticket by the public form; answers go by mail", nil)
	form.Scheme, form.Door, send.Scheme, send.Door, send.Status = "", d.greet, "", d.greet, http.StatusCreated
	rest.On(d.api, form, d.requestForm)
	rest.On(d.api, send, d.openRequest)
}

package webchat

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"

	"deskbell/app/desk"
	"deskbell/app/live"
	"deskbell/app/rest"
	"deskbell/app/wire"
)

// begun is what a page tells when the chat opens. Pages may tell more than this
// version knows.
type begun struct {
	Body struct {
		_            struct{} `additionalProperties:"true"`
		WidgetID     *string  `json:"widget_id,omitempty" nullable:"true" maxLength:"64" doc:"As in the snippet; the first widget when it is missing"`
		VisitorToken *string  `json:"visitor_token,omitempty" nullable:"true" maxLength:"200" doc:"From an earlier session: the same visitor"`
		Team         *string  `json:"team,omitempty" nullable:"true" maxLength:"100" doc:"The team that the page names"`
		Agent        *string  `json:"agent,omitempty" nullable:"true" maxLength:"100" doc:"The agent that the page names"`
		Identity     *string  `json:"identity,omitempty" nullable:"true" maxLength:"8000" doc:"A signed JWT that says who the visitor is"`
		Link         *string  `json:"link,omitempty" nullable:"true" maxLength:"1000" doc:"From a mail that went to the visitor: he is that visitor. Refused with 422 when it is over"`
		Visitor      profile  `json:"visitor,omitempty" doc:"What the page knows of the visitor; fills what is empty, never overwrites"`
		Page         pageSeen `json:"page,omitempty" doc:"Where the visitor is"`
	}
	http huma.Context
}

// Resolve keeps the request's own words, for who he is on the network.
func (in *begun) Resolve(ctx huma.Context) []error {
	in.http = ctx
	return nil
}

type profile struct {
	_           struct{}       `additionalProperties:"true"`
	Name        string         `json:"name,omitempty" maxLength:"140"`
	Email       string         `json:"email,omitempty" maxLength:"254"`
	Phone       string         `json:"phone,omitempty" maxLength:"40"`
	Company     string         `json:"company,omitempty" maxLength:"140"`
	Description string         `json:"description,omitempty" maxLength:"2000"`
	Locale      string         `json:"locale,omitempty" maxLength:"20"`
	Data        map[string]any `json:"data,omitempty" doc:"Anything else, shown to agents"`
}

type pageSeen struct {
	_        struct{} `additionalProperties:"true"`
	URL      string   `json:"url,omitempty" maxLength:"4000"`
	Title    string   `json:"title,omitempty" maxLength:"1000"`
	Referrer string   `json:"referrer,omitempty" maxLength:"4000"`
}

// Session is how things stand when the chat opens.
type Session struct {
	VisitorToken string             `json:"visitor_token" doc:"To be kept and sent as a bearer token"`
	VisitorID    string             `json:"visitor_id"`
	Company      Company            `json:"company"`
	Widget       wire.Look          `json:"widget"`
	Open         bool               `json:"open" doc:"Whether somebody answers now"`
	Conversation *wire.Conversation `json:"conversation" doc:"The one that is not closed"`
	Agents       []Face             `json:"agents" nullable:"false" doc:"Who is in it; nobody where the widget hides them"`
	Rating       Ratings            `json:"rating"`
	Waiting      Waiting            `json:"waiting"`
	Unread       int                `json:"unread" doc:"Messages of agents in the chat that goes on and in answers to notes, that he has not seen"`
	Invitations  []Invitation       `json:"invitations" nullable:"false" doc:"What may be shown to one who has not written, each when all its conditions hold"`
	Messages     []wire.Message     `json:"messages" nullable:"false" doc:"The last ones, the oldest first"`
	NextCursor   *string            `json:"next_cursor" doc:"before of the messages before these"`
	LastEventID  string             `json:"last_event_id" doc:"Where the stream goes on from this answer"`
}

// Invitation is what a page shows by itself. All conditions must hold; what came of it is told by POST /invitations.
type Invitation struct {
	ID     string `json:"id"`
	Text   string `json:"text"`
	URL    string `json:"url" doc:"A part of the page's address, * for anything; empty: every page"`
	After  int    `json:"after" doc:"Seconds on the page"`
	Scroll int    `json:"scroll" doc:"Percent of the page that was seen"`
}

// Face is an agent as visitors see him.
type Face struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	AvatarURL *string `json:"avatar_url"`
	Presence  string  `json:"presence,omitempty" enum:"online,busy,away,offline" doc:"Missing where the widget hides it"`
}

// Company is who the visitor talks to.
type Company struct {
	Name    string  `json:"name"`
	LogoURL *string `json:"logo_url"`
}

// firstMessages is how many a session shows at once.
const firstMessages = 30

func (d *Door) begin(ctx context.Context, _ desk.Actor, in *begun) (*rest.One[Session], error) {
	inbox, err := d.chosen(ctx, in)
	if err != nil {
		return nil, err
	}
	c := humaecho.Unwrap(in.http)
	if err := allowed(c.Response().Header(), ctx.Value(originKey{}).(origin), inbox); err != nil {
		return nil, err
	}
	_, secret := splitToken(said(in.Body.VisitorToken))
	p := in.Body.Visitor
	signed, err := d.signed(ctx, inbox, said(in.Body.Identity))
	if err != nil {
		return nil, err
	}
	secret, customer, err := d.desk.Enter(ctx, desk.System, desk.Visit{
		Token:   secret,
		Profile: desk.CustomerChange{Name: &p.Name, Email: &p.Email, Phone: &p.Phone, Company: &p.Company, Description: &p.Description},
		Locale:  p.Locale, Data: p.Data,
		URL: in.Body.Page.URL, Title: in.Body.Page.Title, Referrer: in.Body.Page.Referrer,
		IP: rest.CallerOf(ctx).Source, UserAgent: c.Request().UserAgent(),
		InboxID: inbox.ID, Signed: signed, Team: said(in.Body.Team), Agent: said(in.Body.Agent), Link: said(in.Body.Link),
	})
	if err != nil {
		return nil, within("visitor.", err)
	}
	d.moved()
	s := &rest.One[Session]{Body: Session{VisitorToken: inbox.PublicID + "." + secret, VisitorID: customer.PublicID}}
	return s, d.furnish(ctx, &s.Body, desk.AsCustomer(customer.ID), inbox)
}

// chosen is the widget that the page names, or the one it had, or the first.
func (d *Door) chosen(ctx context.Context, in *begun) (*desk.Inbox, error) {
	id := said(in.Body.WidgetID)
	if id == "" {
		id, _ = splitToken(said(in.Body.VisitorToken))
	}
	if id != "" {
		inbox, err := d.widget(ctx, id)
		if errors.Is(err, desk.NotFound) {
			err = &desk.Error{Kind: desk.KindNotFound, Key: "error.widget_unknown"}
		}
		return inbox, err
	}
	all, err := d.desk.Inboxes(ctx, desk.System, desk.Webchat)
	if err != nil {
		return nil, err
	}
	for _, in := range all {
		if in.Enabled {
			return in, nil
		}
	}
	return nil, &desk.Error{Kind: desk.KindNotFound, Key: "error.widget_unknown"}
}

// furnish adds what there is. The stream's place is read first: what happens
// while the rest is read comes by the stream again, and is known by its id.
func (d *Door) furnish(ctx context.Context, s *Session, by desk.Actor, inbox *desk.Inbox) error {
	last, err := d.desk.LastEvent(ctx)
	if err != nil {
		return err
	}
	s.LastEventID = strconv.FormatInt(live.EventID(d.desk.Epoch(), int64(last)), 10)
	if err := d.dress(ctx, s, by, inbox); err != nil {
		return err
	}
	if s.Conversation, err = d.current(ctx, by, inbox); err != nil {
		return err
	}
	if s.Agents, err = d.faces(ctx, by, inbox, s.Conversation); err != nil {
		return err
	}
	if s.Open, err = d.desk.InboxOpen(ctx, desk.System, inbox.ID); err != nil {
		return err
	}
	if s.Rating, err = d.whenRated(ctx, by, inbox, s.Conversation != nil); err != nil {
		return err
	}
	if s.Unread, err = d.desk.UnreadBy(ctx, by, inbox.ID); err != nil {
		return err
	}
	if s.Waiting, err = d.waiting(ctx, by, inbox, s.Conversation); err != nil {
		return err
	}
	if s.Invitations, err = d.invitations(ctx, by, inbox); err != nil {
		return err
	}
	list, err := d.messages(ctx, by, inbox, 0, firstMessages)
	s.Messages, s.NextCursor = list.Body.Items, list.Body.NextCursor
	return err
}

// dress adds how the chat looks to this visitor, in his language.
func (d *Door) dress(ctx context.Context, s *Session, by desk.Actor, inbox *desk.Inbox) error {
	w, err := desk.WidgetOf(inbox)
	if err != nil {
		return err
	}
	company, err := d.desk.Company(ctx, by)
	if err != nil {
		return err
	}
	customer, err := d.desk.Customer(ctx, by, by.Customer())
	if err != nil {
		return err
	}
	w = w.In(rest.CallerOf(ctx).Lang)
	s.Widget = wire.LookOf(inbox.PublicID, w)
	if s.Widget.Watch, err = d.watched(ctx, inbox, w); err != nil {
		return err
	}
	s.Widget.Ask = wire.AskOf(&w, customer)
	s.Company = Company{Name: company.Name, LogoURL: logoOf(inbox, w, company)}
	return nil
}

func logoOf(inbox *desk.Inbox, w desk.Widget, company desk.Company) *string {
	url := ""
	switch {
	case w.HideLogo:
		return nil
	case w.LogoFile != "":
		url = prefix + "/widgets/" + inbox.PublicID + "/logo?v=" + w.LogoFile
	case company.LogoFile != "":
		url = prefix + "/logo?v=" + company.LogoFile
	default:
		return nil
	}
	return &url
}

func (d *Door) current(ctx context.Context, by desk.Actor, inbox *desk.Inbox) (*wire.Conversation, error) {
	c, err := d.desk.CurrentConversation(ctx, by, by.Customer(), inbox.ID)
	if err != nil || c == nil {
		return nil, err
	}
	w := readerOf(inbox).Conversation(c)
	w.QueuePosition, err = d.desk.PlaceOf(ctx, by, c)
	return &w, err
}

// Standing is how the conversation stands, for a page whose stream said that it has changed.
type Standing struct {
	Conversation *wire.Conversation `json:"conversation" doc:"The one that is not closed"`
	Agents       []Face             `json:"agents" nullable:"false" doc:"Who is in it; nobody where the widget hides them"`
	Open         bool               `json:"open" doc:"Whether somebody answers now"`
	Waiting      Waiting            `json:"waiting"`
}

func (d *Door) standing(ctx context.Context, by desk.Actor, _ *nothing) (*rest.One[Standing], error) {
	inbox := guestOf(ctx).inbox
	c, err := d.current(ctx, by, inbox)
	if err != nil {
		return nil, err
	}
	faces, err := d.faces(ctx, by, inbox, c)
	if err != nil {
		return nil, err
	}
	waits, err := d.waiting(ctx, by, inbox, c)
	if err != nil {
		return nil, err
	}
	open, err := d.desk.InboxOpen(ctx, desk.System, inbox.ID)
	return &rest.One[Standing]{Body: Standing{Conversation: c, Agents: faces, Open: open, Waiting: waits}}, err
}

// within names the part of the body that a fault is in.
func within(part string, err error) error {
	var e *desk.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 {
		return err
	}
	inner := *e
	inner.Fields = append([]desk.Field{}, e.Fields...)
	for i := range inner.Fields {
		inner.Fields[i].Name = part + inner.Fields[i].Name
	}
	return &inner
}

func said(s *string) string {
	if s == nil {
		return ""
	}
	return strings.TrimSpace(*s)
}

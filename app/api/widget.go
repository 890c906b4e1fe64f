package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"deskbell/app/desk"
	"deskbell/app/rest"
)

// Widget is a chat on the company's pages. Its id stands in the snippet.
type Widget struct {
	ID        string    `json:"id" doc:"The widget_id of the snippet"`
	Name      string    `json:"name"`
	Enabled   bool      `json:"enabled"`
	TeamID    *string   `json:"team_id" doc:"Whose its conversations are; null: everyone's"`
	Title     string    `json:"title" doc:"Empty: the company's name"`
	Color     string    `json:"color" doc:"#rrggbb; empty: Deskbell's own"`
	Greeting  string    `json:"greeting"`
	Locale    string    `json:"locale" doc:"Empty: the visitor's"`
	Position  string    `json:"position" enum:"left,right"`
	Sites     []string  `json:"sites" nullable:"false" doc:"Origins that may embed it; none: every site"`
	PoweredBy bool      `json:"powered_by"`
	CreatedAt time.Time `json:"created_at"`

	ShowAgents   bool     `json:"show_agents" doc:"The visitor reads the names of agents; false: the company's"`
	ShowPresence bool     `json:"show_presence" doc:"The visitor is told whether the agent is there"`
	ShowTyping   bool     `json:"show_typing" doc:"The visitor is told that the agent is writing"`
	Notes        bool     `json:"notes" doc:"Visitors can leave notes"`
	OffDuty      string   `json:"off_duty" enum:"note,text," doc:"What opens off hours; empty: the chat as usual"`
	OffText      string   `json:"off_text"`
	Categories   []string `json:"categories" nullable:"false" doc:"Of notes"`

	Preview bool `json:"preview" doc:"Agents read the first 100 characters of what the visitor is writing"`

	Ink        string                `json:"ink" doc:"What is written on color, #rrggbb; empty: what can be read on it"`
	ShowLogo   bool                  `json:"show_logo"`
	CSS        string                `json:"css" doc:"A style sheet for the chat; its selectors are put within main"`
	Icon       string                `json:"icon" enum:"bell,bubble,question,headset,heart" doc:"Of the button"`
	ButtonText string                `json:"button_text"`
	X          int                   `json:"x" doc:"CSS px from the side"`
	Y          int                   `json:"y" doc:"CSS px from below"`
	Width      int                   `json:"width" doc:"Of the window, CSS px"`
	Height     int                   `json:"height"`
	Drag       bool                  `json:"drag" doc:"Visitors can move the window"`
	Sounds     bool                  `json:"sounds" doc:"false: silent until the visitor wants it otherwise"`
	LeaveQueue bool                  `json:"leave_queue" doc:"Visitors are shown a way out of the queue"`
	Notice     string                `json:"notice" doc:"A line above the talk"`
	NoticeLink string                `json:"notice_link"`
	Ask        map[string]string     `json:"ask" doc:"What is asked before a chat: name, email, phone, company; may or must"`
	AskLead    string                `json:"ask_lead" doc:"A sentence above that form"`
	Words      map[string]desk.Words `json:"words" doc:"Its texts in other languages, by locale"`
	Menu       []widgetChoice        `json:"menu" nullable:"false" doc:"What a visitor may choose from before his chat"`
}

// InboxParts is what of every account can be changed.
type InboxParts struct {
	Name    *string   `json:"name,omitempty" maxLength:"80"`
	Enabled *bool     `json:"enabled,omitempty" doc:"true by default"`
	TeamID  clearable `json:"team_id,omitempty" doc:"null: everyone's"`
}

// saved is the account with what the fields say, without its settings.
func (f *InboxParts) saved(box *desk.Inbox, channel string) (desk.SavedInbox, error) {
	in := desk.SavedInbox{ID: box.ID, Channel: channel, Name: box.Name, Enabled: box.Enabled, TeamID: box.TeamID}
	set(&in.Name, f.Name)
	set(&in.Enabled, f.Enabled)
	team, err := read[desk.TeamID]("body.team_id", f.TeamID)
	if err == nil {
		set(&in.TeamID, team)
	}
	return in, err
}

type widgetFields struct {
	InboxParts
	Title     *string   `json:"title,omitempty" maxLength:"60"`
	Color     *string   `json:"color,omitempty" maxLength:"7"`
	Greeting  *string   `json:"greeting,omitempty" maxLength:"500"`
	Locale    *string   `json:"locale,omitempty" enum:"en,zh-CN,"`
	Position  *string   `json:"position,omitempty" enum:"left,right"`
	Sites     *[]string `json:"sites,omitempty" maxItems:"100"`
	PoweredBy *bool     `json:"powered_by,omitempty"`

	ShowAgents   *bool     `json:"show_agents,omitempty" doc:"true by default"`
	ShowPresence *bool     `json:"show_presence,omitempty" doc:"true by default"`
	ShowTyping   *bool     `json:"show_typing,omitempty" doc:"false by default"`
	Notes        *bool     `json:"notes,omitempty" doc:"true by default"`
	OffDuty      *string   `json:"off_duty,omitempty" enum:"note,text,"`
	OffText      *string   `json:"off_text,omitempty" maxLength:"500"`
	Categories   *[]string `json:"categories,omitempty" maxItems:"50"`

	Preview *bool `json:"preview,omitempty" doc:"false by default"`

	Ink        *string                `json:"ink,omitempty" maxLength:"7"`
	ShowLogo   *bool                  `json:"show_logo,omitempty" doc:"true by default"`
	CSS        *string                `json:"css,omitempty" maxLength:"8000"`
	Icon       *string                `json:"icon,omitempty" enum:"bell,bubble,question,headset,heart"`
	ButtonText *string                `json:"button_text,omitempty" maxLength:"30"`
	X          *int                   `json:"x,omitempty" minimum:"0" maximum:"400" doc:"0: 20"`
	Y          *int                   `json:"y,omitempty" minimum:"0" maximum:"400" doc:"0: 20"`
	Width      *int                   `json:"width,omitempty" minimum:"0" maximum:"800" doc:"280 to 800; 0: 360"`
	Height     *int                   `json:"height,omitempty" minimum:"0" maximum:"1200" doc:"320 to 1200; 0: 550"`
	Drag       *bool                  `json:"drag,omitempty" doc:"true by default"`
	Sounds     *bool                  `json:"sounds,omitempty" doc:"true by default"`
	LeaveQueue *bool                  `json:"leave_queue,omitempty" doc:"true by default"`
	Notice     *string                `json:"notice,omitempty" maxLength:"200"`
	NoticeLink *string                `json:"notice_link,omitempty" maxLength:"1000"`
	Ask        *map[string]string     `json:"ask,omitempty"`
	AskLead    *string                `json:"ask_lead,omitempty" maxLength:"200"`
	Words      *map[string]desk.Words `json:"words,omitempty"`
	Menu       *[]widgetChoice        `json:"menu,omitempty" maxItems:"10"`
}

// widgetChoice is one of a widget's menu: pressed, it is the visitor's first message.
type widgetChoice struct {
	Text   string            `json:"text" maxLength:"40"`
	Texts  map[string]string `json:"texts,omitempty" doc:"In other languages, by locale"`
	TeamID string            `json:"team_id,omitempty" maxLength:"20" doc:"Whose the chat will be; empty: whose the rules say"`
}

// change is what the fields say of the widget itself.
func (f *widgetFields) change(w *desk.Widget) {
	set(&w.Title, f.Title)
	set(&w.Color, f.Color)
	set(&w.Greeting, f.Greeting)
	set(&w.Locale, f.Locale)
	set(&w.Position, f.Position)
	set(&w.Sites, f.Sites)
	set(&w.Powered, f.PoweredBy)
	set(&w.Preview, f.Preview)
	setNot(&w.HideNote, f.Notes)
	set(&w.OffDuty, f.OffDuty)
	set(&w.OffText, f.OffText)
	set(&w.Categories, f.Categories)
	setNot(&w.HideAgents, f.ShowAgents)
	setNot(&w.HidePresence, f.ShowPresence)
	set(&w.ShowTyping, f.ShowTyping)
	set(&w.Ink, f.Ink)
	setNot(&w.HideLogo, f.ShowLogo)
	set(&w.CSS, f.CSS)
	set(&w.Icon, f.Icon)
	set(&w.ButtonText, f.ButtonText)
	set(&w.X, f.X)
	set(&w.Y, f.Y)
	set(&w.Width, f.Width)
	set(&w.Height, f.Height)
	setNot(&w.NoDrag, f.Drag)
	setNot(&w.Quiet, f.Sounds)
	setNot(&w.NoLeave, f.LeaveQueue)
	set(&w.Notice, f.Notice)
	set(&w.NoticeLink, f.NoticeLink)
	set(&w.Ask, f.Ask)
	set(&w.AskLead, f.AskLead)
	set(&w.Words, f.Words)
}

func (d *Door) widgets() {
	const tag = "widgets"
	rest.On(d.api, d.op(http.MethodGet, "/widgets", "list-widgets", tag, "All widgets"), d.listWidgets)
	rest.On(d.api, created(d.op(http.MethodPost, "/widgets", "create-widget", tag, "Add a widget")), d.createWidget)
	rest.On(d.api, d.op(http.MethodGet, "/widgets/{id}", "get-widget", tag, "One widget"), d.getWidget)
	rest.On(d.api, d.op(http.MethodPatch, "/widgets/{id}", "change-widget", tag, "Change a widget; what is left out stays"), alone(d, d.changeWidget))
	rest.On(d.api, created(d.op(http.MethodPost, "/widgets/{id}/identity-secret", "create-identity-secret", tag, "Make the secret by which the site signs who its visitors are; it is told once, and the one before is over")), d.newIdentitySecret)
	rest.On(d.api, d.op(http.MethodDelete, "/widgets/{id}", "delete-widget", tag, "Take a widget out of service; its conversations stay"), d.deleteWidget)
}

func (d *Door) listWidgets(ctx context.Context, by desk.Actor, in *struct{ rest.Page }) (*rest.List[Widget], error) {
	all, err := d.desk.Inboxes(ctx, by, desk.Webchat)
	if err != nil {
		return nil, err
	}
	some, next, err := cut(all, in.Page)
	if err != nil {
		return nil, err
	}
	forms := make([]Widget, len(some))
	for i, box := range some {
		if forms[i], err = formWidget(box); err != nil {
			return nil, err
		}
	}
	return rest.ListOf(forms, next, func(w Widget) Widget { return w }), nil
}

func (d *Door) getWidget(ctx context.Context, by desk.Actor, in *rest.ByID) (*rest.One[Widget], error) {
	return widget(d.widget(ctx, by, in.ID))
}

// widget finds a widget by the id of its snippet.
func (d *Door) widget(ctx context.Context, by desk.Actor, public string) (*desk.Inbox, error) {
	if err := by.Can(desk.ManageInboxes); err != nil {
		return nil, err
	}
	box, err := d.desk.InboxByPublicID(ctx, desk.System, public)
	if err == nil && box.Channel != desk.Webchat {
		err = desk.NotFound
	}
	return box, err
}

func (d *Door) createWidget(ctx context.Context, by desk.Actor, in *struct{ Body widgetFields }) (*rest.One[Widget], error) {
	return d.saveWidget(ctx, by, &desk.Inbox{Enabled: true}, desk.Widget{}, in.Body)
}

func (d *Door) changeWidget(ctx context.Context, by desk.Actor, in *struct {
	rest.ByID
	Body widgetFields
}) (*rest.One[Widget], error) {
	box, err := d.widget(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	settings, err := desk.WidgetOf(box)
	if err != nil {
		return nil, err
	}
	return d.saveWidget(ctx, by, box, settings, in.Body)
}

func (d *Door) saveWidget(ctx context.Context, by desk.Actor, box *desk.Inbox, w desk.Widget, f widgetFields) (*rest.One[Widget], error) {
	in, err := f.InboxParts.saved(box, desk.Webchat)
	if err != nil {
		return nil, err
	}
	f.change(&w)
	if err := d.menu(ctx, by, &w, f.Menu); err != nil {
		return nil, err
	}
	if err := w.Check(); err != nil {
		return nil, err
	}
	in.Settings = w
	return widget(d.desk.SaveInbox(ctx, by, in))
}

// IdentitySecret signs JWTs with HS256.
type IdentitySecret struct {
	Secret string `json:"secret"`
}

func (d *Door) newIdentitySecret(ctx context.Context, by desk.Actor, in *rest.ByID) (*rest.One[IdentitySecret], error) {
	box, err := d.widget(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	secret, err := d.desk.NewIdentitySecret(ctx, by, box.ID)
	return &rest.One[IdentitySecret]{Body: IdentitySecret{secret}}, err
}

func (d *Door) deleteWidget(ctx context.Context, by desk.Actor, in *rest.ByID) (*nothing, error) {
	box, err := d.widget(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	return nil, d.desk.DeleteInbox(ctx, by, box.ID)
}

// menu is what the fields say of the widget's menu.
func (d *Door) menu(ctx context.Context, by desk.Actor, w *desk.Widget, choices *[]widgetChoice) error {
	if choices == nil {
		return nil
	}
	w.Menu = nil
	for i, m := range *choices {
		where := fmt.Sprintf("body.menu[%d].team_id", i)
		team, err := id[desk.TeamID](where, m.TeamID)
		if err == nil && team != 0 {
			if _, err = d.desk.Team(ctx, by, team); errors.Is(err, desk.NotFound) {
				err = desk.Invalid(strings.TrimPrefix(where, "body."), "fault.team_unknown")
			}
		}
		if err != nil {
			return err
		}
		w.Menu = append(w.Menu, desk.MenuItem{Text: m.Text, Texts: m.Texts, TeamID: team})
	}
	return nil
}

// setNot sets what is stored the other way round.
func setNot(to *bool, from *bool) {
	if from != nil {
		*to = !*from
	}
}

func widget(box *desk.Inbox, err error) (*rest.One[Widget], error) {
	if err != nil {
		return nil, err
	}
	form, err := formWidget(box)
	return &rest.One[Widget]{Body: form}, err
}

func formWidget(box *desk.Inbox) (Widget, error) {
	s, err := desk.WidgetOf(box)
	w := Widget{ID: box.PublicID, Name: box.Name, Enabled: box.Enabled, Title: s.Title, Color: s.Color, Greeting: s.Greeting, Locale: s.Locale,
		Position: "right", Sites: append([]string{}, s.Sites...), PoweredBy: s.Powered, CreatedAt: box.CreatedAt,
		ShowAgents: !s.HideAgents, ShowPresence: !s.HidePresence, ShowTyping: s.ShowTyping, Preview: s.Preview,
		Notes: !s.HideNote, OffDuty: s.OffDuty, OffText: s.OffText, Categories: append([]string{}, s.Categories...)}
	if s.Position == "left" {
		w.Position = "left"
	}
	w.Ink, w.ShowLogo, w.CSS, w.Icon, w.ButtonText = s.Ink, !s.HideLogo, s.CSS, cmp.Or(s.Icon, "bell"), s.ButtonText
	w.X, w.Y, w.Width, w.Height = cmp.Or(s.X, 20), cmp.Or(s.Y, 20), cmp.Or(s.Width, 360), cmp.Or(s.Height, 550)
	w.Drag, w.Sounds, w.LeaveQueue, w.Notice, w.NoticeLink, w.Ask, w.AskLead, w.Words = !s.NoDrag, !s.Quiet, !s.NoLeave, s.Notice, s.NoticeLink, map[string]string{}, s.AskLead, map[string]desk.Words{}
	maps.Copy(w.Ask, s.Ask)
	maps.Copy(w.Words, s.Words)
	w.Menu = []widgetChoice{}
	for _, m := range s.Menu {
		choice := widgetChoice{Text: m.Text, Texts: m.Texts}
		if m.TeamID != 0 {
			choice.TeamID = m.TeamID.String()
		}
		w.Menu = append(w.Menu, choice)
	}
	if box.TeamID != 0 {
		w.TeamID = ptr(box.TeamID.String())
	}
	return w, err
}

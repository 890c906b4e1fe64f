package api

import (
	"context"
	"net/http"

	"deskbell/app/desk"
	"deskbell/app/rest"
)

// ticketForm is what admins say of all tickets: what is asked of them, and what their statuses are called; and the views that each agent keeps.
func (d *Door) ticketForm(tag string) {
	rest.On(d.api, created(d.op(http.MethodPost, "/ticket-fields", "create-ticket-field", tag, "Ask something more of tickets")), d.createField)
	rest.On(d.api, d.op(http.MethodPatch, "/ticket-fields/{id}", "change-ticket-field", tag, "Change a field; what is left out stays, and so does its kind"), alone(d, d.changeField))
	rest.On(d.api, d.op(http.MethodDelete, "/ticket-fields/{id}", "delete-ticket-field", tag, "Take a field out of use; tickets keep what it was filled with"), remove(d.desk.DeleteFormField))
	rest.On(d.api, created(d.op(http.MethodPost, "/ticket-statuses", "create-ticket-status", tag, "Name a status")), d.createStatus)
	rest.On(d.api, d.op(http.MethodPatch, "/ticket-statuses/{id}", "change-ticket-status", tag, "Change a named status; what is left out stays, and so does as which it counts"), alone(d, d.changeStatus))
	rest.On(d.api, d.op(http.MethodDelete, "/ticket-statuses/{id}", "delete-ticket-status", tag, "Take a named status out of use"), remove(d.desk.DeleteStatus))
	rest.On(d.api, created(d.op(http.MethodPost, "/ticket-views", "create-ticket-view", tag, "Keep a view")), d.createView)
	rest.On(d.api, d.op(http.MethodPatch, "/ticket-views/{id}", "change-ticket-view", tag, "Change a view of the agent's own; what is left out stays"), alone(d, d.changeView))
	rest.On(d.api, d.op(http.MethodDelete, "/ticket-views/{id}", "delete-ticket-view", tag, "Keep it no longer"), remove(d.desk.DeleteView))
}

// FieldParts is what of a field can be changed.
type FieldParts struct {
	Name     *string  `json:"name,omitempty" maxLength:"80"`
	Options  []string `json:"options,omitempty" maxItems:"1000"`
	MaxMB    *int     `json:"max_mb,omitempty"`
	Required *bool    `json:"required,omitempty"`
	Visible  *bool    `json:"visible,omitempty"`
	Public   *bool    `json:"public,omitempty"`
	Position *int     `json:"position,omitempty"`
}

func (p FieldParts) onto(f *desk.FormField) {
	set(&f.Name, p.Name)
	set(&f.Most, p.MaxMB)
	set(&f.Required, p.Required)
	set(&f.Visible, p.Visible)
	set(&f.Public, p.Public)
	set(&f.Position, p.Position)
	if p.Options != nil {
		f.Options = p.Options
	}
}

// put writes what was said; what was not stays.
func (d *Door) createField(ctx context.Context, by desk.Actor, in *struct {
	Body struct {
		FieldParts
		Kind string `json:"kind" enum:"text,long,number,date,choice,choices,tree,phone,mail,file"`
	}
}) (*rest.One[Field], error) {
	f := desk.FormField{Kind: in.Body.Kind, Visible: true}
	in.Body.onto(&f)
	return oneField(d.desk.SaveFormField(ctx, by, f))
}

func (d *Door) changeField(ctx context.Context, by desk.Actor, in *struct {
	rest.ByID
	Body FieldParts
}) (*rest.One[Field], error) {
	all, err := d.desk.FormFields(ctx, by)
	if err != nil {
		return nil, err
	}
	for _, f := range all {
		if f.ID.String() == in.ID {
			in.Body.onto(f)
			return oneField(d.desk.SaveFormField(ctx, by, *f))
		}
	}
	return nil, desk.NotFound
}

func oneField(f *desk.FormField, err error) (*rest.One[Field], error) {
	if err != nil {
		return nil, err
	}
	return &rest.One[Field]{Body: formField(f)}, nil
}

// StatusParts is what of a named status can be changed.
type StatusParts struct {
	Name     *string `json:"name,omitempty" maxLength:"40"`
	Position *int    `json:"position,omitempty"`
}

func (p StatusParts) onto(s *desk.NamedStatus) {
	set(&s.Name, p.Name)
	set(&s.Position, p.Position)
}

func (d *Door) createStatus(ctx context.Context, by desk.Actor, in *struct {
	Body struct {
		StatusParts
		Status string `json:"status" enum:"open,pending,resolved,closed" doc:"As which it counts"`
	}
}) (*rest.One[NamedStatus], error) {
	s := desk.NamedStatus{Kind: in.Body.Status}
	in.Body.onto(&s)
	return oneStatus(d.desk.SaveStatus(ctx, by, s))
}

func (d *Door) changeStatus(ctx context.Context, by desk.Actor, in *struct {
	rest.ByID
	Body StatusParts
}) (*rest.One[NamedStatus], error) {
	all, err := d.desk.NamedStatuses(ctx, by)
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		if s.ID.String() == in.ID {
			in.Body.onto(&s)
			return oneStatus(d.desk.SaveStatus(ctx, by, s))
		}
	}
	return nil, desk.NotFound
}

func oneStatus(s *desk.NamedStatus, err error) (*rest.One[NamedStatus], error) {
	if err != nil {
		return nil, err
	}
	return &rest.One[NamedStatus]{Body: namedStatus(*s)}, nil
}

// ViewParts is what of a view can be changed.
type ViewParts struct {
	Name   *string `json:"name,omitempty" maxLength:"40"`
	Query  *string `json:"query,omitempty" maxLength:"2000" doc:"As in the address of the console's list: its filters, sort and columns"`
	Shared *bool   `json:"shared,omitempty" doc:"Colleagues see it too"`
}

func (p ViewParts) onto(v *desk.SavedView) {
	set(&v.Name, p.Name)
	set(&v.Query, p.Query)
	set(&v.Shared, p.Shared)
}

func (d *Door) createView(ctx context.Context, by desk.Actor, in *struct{ Body ViewParts }) (*rest.One[View], error) {
	var v desk.SavedView
	in.Body.onto(&v)
	return oneView(d.desk.SaveView(ctx, by, v))
}

func (d *Door) changeView(ctx context.Context, by desk.Actor, in *struct {
	rest.ByID
	Body ViewParts
}) (*rest.One[View], error) {
	all, err := d.desk.SavedViews(ctx, by)
	if err != nil {
		return nil, err
	}
	for _, v := range all {
		if v.ID.String() == in.ID {
			in.Body.onto(&v)
			return oneView(d.desk.SaveView(ctx, by, v))
		}
	}
	return nil, desk.NotFound
}

func oneView(v *desk.SavedView, err error) (*rest.One[View], error) {
	if err != nil {
		return nil, err
	}
	return &rest.One[View]{Body: viewForm(*v)}, nil
}

func viewForm(v desk.SavedView) View {
	return View{v.ID.String(), v.Name, v.Query, v.Shared, v.Mine}
}

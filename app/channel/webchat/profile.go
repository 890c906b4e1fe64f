package webchat

import (
	"context"

	"deskbell/app/desk"
	"deskbell/app/rest"
	"deskbell/app/wire"
)

type introduction struct {
	Body struct {
		_       struct{} `additionalProperties:"true"`
		Name    string   `json:"name,omitempty" doc:"At most 140 characters"`
		Email   string   `json:"email,omitempty"`
		Phone   string   `json:"phone,omitempty"`
		Company string   `json:"company,omitempty" doc:"At most 140 characters"`
	}
}

// Introduced is what is still to be asked.
type Introduced struct {
	Ask *wire.Ask `json:"ask" doc:"null: nothing is missing"`
}

// introduce takes what the visitor says of himself in the form before a chat.
func (d *Door) introduce(ctx context.Context, by desk.Actor, in *introduction) (*rest.One[Introduced], error) {
	inbox := guestOf(ctx).inbox
	c, err := d.desk.Introduce(ctx, by, inbox.ID, desk.Customer{Name: in.Body.Name, Email: in.Body.Email, Phone: in.Body.Phone, Company: in.Body.Company})
	if err != nil {
		return nil, err
	}
	w, err := desk.WidgetOf(inbox)
	w = w.In(rest.CallerOf(ctx).Lang)
	return &rest.One[Introduced]{Body: Introduced{wire.AskOf(&w, c)}}, err
}

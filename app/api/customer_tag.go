package api

import (
	"context"
	"net/http"
	"slices"

	"deskbell/app/desk"
	"deskbell/app/rest"
)

// CustomerTag says in a word what kind of customer somebody is.
type CustomerTag struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Color string `json:"color" enum:"grey,blue,green,amber,red"`
}

// customerTagChange leaves what it does not name as it is.
type customerTagChange struct {
	Name  *string `json:"name,omitempty" maxLength:"50"`
	Color *string `json:"color,omitempty" enum:"grey,blue,green,amber,red"`
}

type customerTagFields struct {
	Name  string `json:"name" maxLength:"50"`
	Color string `json:"color,omitempty" enum:"grey,blue,green,amber,red" doc:"Left out: grey"`
}

func (d *Door) customerTags() {
	const tag = "customer-tags"
	rest.On(d.api, d.op(http.MethodGet, "/customer-tags", "list-customer-tags", tag, "The tags that customers can have, by name"), d.listCustomerTags)
	rest.On(d.api, created(d.op(http.MethodPost, "/customer-tags", "create-customer-tag", tag, "Add a tag")),
		func(ctx context.Context, by desk.Actor, in *struct{ Body customerTagFields }) (*rest.One[CustomerTag], error) {
			return d.saveCustomerTag(ctx, by, 0, in.Body)
		})
	rest.On(d.api, d.op(http.MethodPatch, "/customer-tags/{id}", "change-customer-tag", tag, "Give a tag another name and colour"),
		alone(d, func(ctx context.Context, by desk.Actor, in *struct {
			rest.ByID
			Body customerTagChange
		}) (*rest.One[CustomerTag], error) {
			id, err := desk.ParseID[desk.CustomerTagID](in.ID)
			if err != nil {
				return nil, err
			}
			return d.changeCustomerTag(ctx, by, id, in.Body)
		}))
	rest.On(d.api, d.op(http.MethodDelete, "/customer-tags/{id}", "delete-customer-tag", tag, "Take a tag away, also from all customers who have it"),
		func(ctx context.Context, by desk.Actor, in *rest.ByID) (*nothing, error) {
			id, err := desk.ParseID[desk.CustomerTagID](in.ID)
			if err != nil {
				return nil, err
			}
			return nil, d.desk.DeleteCustomerTag(ctx, by, id)
		})
}

func (d *Door) listCustomerTags(ctx context.Context, by desk.Actor, in *struct{ rest.Page }) (*rest.List[CustomerTag], error) {
	all, err := d.desk.CustomerTags(ctx, by)
	return short(all, err, in.Page, formCustomerTag)
}

func (d *Door) saveCustomerTag(ctx context.Context, by desk.Actor, id desk.CustomerTagID, in customerTagFields) (*rest.One[CustomerTag], error) {
	t, err := d.desk.SaveCustomerTag(ctx, by, desk.CustomerTag{ID: id, Name: in.Name, Color: in.Color})
	if err != nil {
		return nil, err
	}
	return &rest.One[CustomerTag]{Body: formCustomerTag(t)}, nil
}

func (d *Door) changeCustomerTag(ctx context.Context, by desk.Actor, id desk.CustomerTagID, in customerTagChange) (*rest.One[CustomerTag], error) {
	all, err := d.desk.CustomerTags(ctx, by)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(t *desk.CustomerTag) bool { return t.ID == id })
	if i < 0 {
		return nil, desk.NotFound
	}
	fields := customerTagFields{Name: all[i].Name, Color: all[i].Color}
	if in.Name != nil {
		fields.Name = *in.Name
	}
	if in.Color != nil {
		fields.Color = *in.Color
	}
	return d.saveCustomerTag(ctx, by, id, fields)
}

func formCustomerTag(t *desk.CustomerTag) CustomerTag {
	return CustomerTag{ID: t.ID.String(), Name: t.Name, Color: t.Color}
}

func formCustomerTags(tags []*desk.CustomerTag) []CustomerTag {
	list := make([]CustomerTag, len(tags))
	for i, t := range tags {
		list[i] = formCustomerTag(t)
	}
	return list
}

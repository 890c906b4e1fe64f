package api

import (
	"context"
	"net/http"
	"time"

	"deskbell/app/desk"
	"deskbell/app/rest"
	"deskbell/app/wire"
)

// Customer is a person who writes to the company.
type Customer struct {
	ID              string         `json:"id"`
	VisitorID       string         `json:"visitor_id" doc:"The id that pages and visitors see"`
	Name            string         `json:"name" doc:"Empty: a visitor"`
	Email           string         `json:"email"`
	Phone           string         `json:"phone"`
	Company         string         `json:"company"`
	Description     string         `json:"description"`
	Locale          string         `json:"locale"`
	Data            map[string]any `json:"data" nullable:"false" doc:"What pages told about him"`
	Blacklisted     bool           `json:"blacklisted"`
	BlacklistReason string         `json:"blacklist_reason,omitempty"`
	CreatedAt       time.Time      `json:"created_at"`
	SeenAt          time.Time      `json:"seen_at"`
	VIP             bool           `json:"vip" doc:"Goes first in every queue"`
	Tags            []CustomerTag  `json:"tags" nullable:"false"`
}

type customerFields struct {
	Name        *string `json:"name,omitempty" maxLength:"140"`
	Email       *string `json:"email,omitempty" maxLength:"254"`
	Phone       *string `json:"phone,omitempty" maxLength:"40"`
	Company     *string `json:"company,omitempty" maxLength:"140"`
	Description *string `json:"description,omitempty" maxLength:"2000"`

	TagIDs *[]string `json:"tag_ids,omitempty" maxItems:"50" doc:"These tags and no others; left out: as they are"`
}

func (f customerFields) change() (desk.CustomerChange, error) {
	ch := desk.CustomerChange{Name: f.Name, Email: f.Email, Phone: f.Phone, Company: f.Company, Description: f.Description}
	if f.TagIDs == nil {
		return ch, nil
	}
	ch.Tags = make([]desk.CustomerTagID, len(*f.TagIDs))
	for i, s := range *f.TagIDs {
		var err error
		if ch.Tags[i], err = id[desk.CustomerTagID]("body.tag_ids", s); err != nil {
			return ch, err
		}
	}
	return ch, nil
}

func (d *Door) customers() {
	rest.On(d.api, d.op(http.MethodGet, "/customers", "list-customers", "customers", "Customers, the last seen first"), d.listCustomers)
	rest.On(d.api, created(d.op(http.MethodPost, "/customers", "create-customer", "customers", "Add a customer")), d.createCustomer)
	rest.On(d.api, d.op(http.MethodGet, "/customers/{id}", "get-customer", "customers", "One customer"), d.getCustomer)
	rest.On(d.api, d.op(http.MethodPatch, "/customers/{id}", "change-customer", "customers", "Change a customer; what is left out stays"), d.changeCustomer)
	rest.On(d.api, created(d.op(http.MethodPost, "/customers/{id}/callback", "call-back-customer", "customers", "Open a new conversation with a customer whose last one is over; the token's agent is in it")),
		func(ctx context.Context, by desk.Actor, in *rest.ByID) (*rest.One[wire.Conversation], error) {
			id, err := desk.ParseID[desk.CustomerID](in.ID)
			if err != nil {
				return nil, err
			}
			return conversation(d.desk.CallBack(ctx, by, id))
		})
	rest.On(d.api, d.op(http.MethodPost, "/customers/{id}/blacklist", "blacklist-customer", "customers", "Keep a customer from opening conversations"), d.blacklist)
	rest.On(d.api, d.op(http.MethodDelete, "/customers/{id}/blacklist", "unblacklist-customer", "customers", "Let a customer open conversations again"), d.unblacklist)
}

func (d *Door) listCustomers(ctx context.Context, by desk.Actor, in *struct {
	rest.Page
	CreatedAfter time.Time `query:"created_after" doc:"Added at this time or later"`
	Tag          string    `query:"tag" maxLength:"20" doc:"The id of a customer tag"`
	Query        string    `query:"q" maxLength:"200" pattern:"^[^\\x00]*$" patternDescription:"text" doc:"Part of the name, the mail address or the phone number, or the visitor_id"`
}) (*rest.List[Customer], error) {
	tag, err := id[desk.CustomerTagID]("query.tag", in.Tag)
	if err != nil {
		return nil, err
	}
	list, next, err := d.desk.Customers(ctx, by, desk.CustomerList{Query: in.Query, TagID: tag, After: in.CreatedAfter, Before: in.Cursor, Limit: in.Limit})
	if err != nil {
		return nil, inQuery(err)
	}
	ids := make([]desk.CustomerID, len(list))
	for i, c := range list {
		ids[i] = c.ID
	}
	given, err := d.desk.TagsOf(ctx, by, ids...)
	return rest.ListOf(list, next, func(c *desk.Customer) Customer { return formCustomer(c, given[c.ID]) }), err
}

func (d *Door) getCustomer(ctx context.Context, by desk.Actor, in *rest.ByID) (*rest.One[Customer], error) {
	id, err := desk.ParseID[desk.CustomerID](in.ID)
	if err != nil {
		return nil, err
	}
	return d.customer(ctx, by)(d.desk.Customer(ctx, by, id))
}

func (d *Door) createCustomer(ctx context.Context, by desk.Actor, in *struct{ Body customerFields }) (*rest.One[Customer], error) {
	ch, err := in.Body.change()
	if err != nil {
		return nil, err
	}
	return d.customer(ctx, by)(d.desk.CreateCustomer(ctx, by, ch))
}

func (d *Door) changeCustomer(ctx context.Context, by desk.Actor, in *struct {
	rest.ByID
	Body customerFields
}) (*rest.One[Customer], error) {
	id, err := desk.ParseID[desk.CustomerID](in.ID)
	if err != nil {
		return nil, err
	}
	ch, err := in.Body.change()
	if err != nil {
		return nil, err
	}
	return d.customer(ctx, by)(d.desk.ChangeCustomer(ctx, by, id, ch))
}

func (d *Door) blacklist(ctx context.Context, by desk.Actor, in *struct {
	rest.ByID
	Body struct {
		Reason string `json:"reason" maxLength:"500"`
	}
}) (*nothing, error) {
	id, err := desk.ParseID[desk.CustomerID](in.ID)
	if err != nil {
		return nil, err
	}
	return nil, d.desk.Blacklist(ctx, by, id, in.Body.Reason)
}

func (d *Door) unblacklist(ctx context.Context, by desk.Actor, in *rest.ByID) (*nothing, error) {
	id, err := desk.ParseID[desk.CustomerID](in.ID)
	if err != nil {
		return nil, err
	}
	return nil, d.desk.Unblacklist(ctx, by, id)
}

// customer makes one customer's answer, with his tags.
func (d *Door) customer(ctx context.Context, by desk.Actor) func(*desk.Customer, error) (*rest.One[Customer], error) {
	return func(c *desk.Customer, err error) (*rest.One[Customer], error) {
		if err != nil {
			return nil, err
		}
		given, err := d.desk.TagsOf(ctx, by, c.ID)
		return &rest.One[Customer]{Body: formCustomer(c, given[c.ID])}, err
	}
}

func formCustomer(c *desk.Customer, tags []*desk.CustomerTag) Customer {
	data := c.Data
	if data == nil {
		data = map[string]any{}
	}
	return Customer{ID: c.ID.String(), VisitorID: c.PublicID, Name: c.Name, Email: c.Email, Phone: c.Phone, Company: c.Company, Description: c.Description,
		Locale: c.Locale, Data: data, Blacklisted: !c.BlacklistedAt.IsZero(), BlacklistReason: c.BlacklistReason, CreatedAt: c.CreatedAt, SeenAt: c.SeenAt, VIP: c.VIP, Tags: formCustomerTags(tags)}
}

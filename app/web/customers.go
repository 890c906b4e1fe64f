package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

type customersPage struct {
	Page
	List customerList
	Open *customerCard
}

type customerList struct {
	Rows  []*desk.Customer
	Given map[desk.CustomerID][]*desk.CustomerTag
	Tags  []*desk.CustomerTag // to choose from
	TagID desk.CustomerTagID  // 0: any
	Query string
	Next  string
}

// customerRow is one of them with his tags.
type customerRow struct {
	*desk.Customer
	Tags []*desk.CustomerTag
}

// Tagged are the rows with their tags.
func (l customerList) Tagged() []customerRow {
	rows := make([]customerRow, len(l.Rows))
	for i, c := range l.Rows {
		rows[i] = customerRow{c, l.Given[c.ID]}
	}
	return rows
}

// customerCard is one customer with what was said before.
type customerCard struct {
	Page
	C      *desk.Customer
	Past   []*desk.Conversation
	Trail  []desk.PageVisit
	Stars  map[desk.ConversationID]int // that he gave, as far as the reader sees it
	Erase  bool                        // the reader may take along or take away all of it
	Listed bool                        // the reader has a list of customers beside it
	Tags   *customerTagging
	Block  *customerBlock
}

// hasCustomers tells whether the reader has the page: Page.Customers before there is a page.
func hasCustomers(c echo.Context) bool {
	v := visitOf(c)
	return (&Page{Me: v.agent, Company: v.company}).Customers()
}

func (w *Web) customers(c echo.Context) error {
	if !hasCustomers(c) {
		return desk.NotFound
	}
	if target(c) == "talk" {
		return w.part(c, http.StatusOK, "customers/_none", nil)
	}
	return w.showCustomers(c, http.StatusOK, nil)
}

func (w *Web) customerRows(c echo.Context) error {
	if !hasCustomers(c) {
		return desk.NotFound
	}
	list, err := w.customerList(c)
	if err != nil {
		return err
	}
	if c.QueryParam("before") != "" {
		return w.part(c, http.StatusOK, "customers/_more", list)
	}
	return w.part(c, http.StatusOK, "customers/_rows", list)
}

func (w *Web) customer(c echo.Context) error {
	card, err := w.customerCard(c)
	if err != nil {
		return err
	}
	if target(c) == "talk" {
		return w.part(c, http.StatusOK, "customers/_opened", card)
	}
	return w.showCustomers(c, http.StatusOK, card)
}

func (w *Web) changeCustomer(c echo.Context) error {
	card, err := w.customerCard(c)
	if err != nil {
		return err
	}
	field := func(name string, into *string) *string { *into = text(c, name); return into }
	k := card.C
	k.VIP = text(c, "vip") == "true"
	_, err = w.Desk.ChangeCustomer(c.Request().Context(), actor(c), k.ID, desk.CustomerChange{
		Name: field("name", &k.Name), Email: field("email", &k.Email), Phone: field("phone", &k.Phone),
		Company: field("company", &k.Company), Description: field("description", &k.Description), VIP: &k.VIP,
	})
	if fault := asInvalid(err); fault != nil {
		card.faults = w.faults(c, fault)
		return w.showCustomers(c, http.StatusUnprocessableEntity, card)
	}
	if err != nil {
		return err
	}
	return w.done(c, "/customers/"+k.ID.String(), "notice.saved")
}

func (w *Web) showCustomers(c echo.Context, status int, open *customerCard) error {
	p := &customersPage{Open: open}
	p.Nav = "customers"
	if hasCustomers(c) { // else the one who is open stands alone
		var err error
		if p.List, err = w.customerList(c); err != nil {
			return err
		}
	}
	if open != nil {
		open.CSRF = visitOf(c).csrf
	}
	return w.showStatus(c, status, "customers/index", p)
}

func (w *Web) customerList(c echo.Context) (l customerList, err error) {
	ctx, by := c.Request().Context(), actor(c)
	l.Query, l.TagID = text(c, "q"), desk.CustomerTagID(number(c.QueryParam("tag"), 0))
	if l.Tags, err = w.Desk.CustomerTags(ctx, by); err != nil {
		return l, err
	}
	l.Rows, l.Next, err = w.Desk.Customers(ctx, by, desk.CustomerList{Query: l.Query, TagID: l.TagID, Served: !by.IsAdmin(), Before: c.QueryParam("before"), Limit: pageSize})
	if err != nil {
		return l, err
	}
	ids := make([]desk.CustomerID, len(l.Rows))
	for i, k := range l.Rows {
		ids[i] = k.ID
	}
	l.Given, err = w.Desk.TagsOf(ctx, by, ids...)
	return l, err
}

func (w *Web) customerCard(c echo.Context) (*customerCard, error) {
	ctx, by := c.Request().Context(), actor(c)
	id, err := param[desk.CustomerID](c, "id")
	if err != nil {
		return nil, err
	}
	card := &customerCard{Erase: by.May(desk.EraseCustomers), Listed: hasCustomers(c)}
	card.CSRF = visitOf(c).csrf
	if card.C, err = w.Desk.Customer(ctx, by, id); err != nil {
		return nil, err
	}
	if card.Past, _, err = w.Desk.Conversations(ctx, by, desk.ConversationList{CustomerID: id, Limit: pageSize}); err != nil {
		return nil, err
	}
	if card.Stars, err = w.Desk.StarsOf(ctx, by, id); err != nil {
		return nil, err
	}
	if card.Tags, err = w.taggingOf(c, id); err != nil {
		return nil, err
	}
	card.Block = blockOf(c, card.C)
	card.Trail, err = w.Desk.Trail(ctx, by, id)
	return card, err
}

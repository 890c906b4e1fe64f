package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// customerBlock is whether a customer is kept from opening conversations.
type customerBlock struct {
	C     *desk.Customer
	CSRF  string
	Fault string
}

func blockOf(c echo.Context, k *desk.Customer) *customerBlock {
	return &customerBlock{C: k, CSRF: visitOf(c).csrf}
}

// blacklist keeps a customer from opening conversations, or lets him again.
func (w *Web) blacklist(c echo.Context) error {
	ctx, by := c.Request().Context(), actor(c)
	id, err := param[desk.CustomerID](c, "id")
	if err != nil {
		return err
	}
	status, fault := http.StatusOK, ""
	if text(c, "end") == "true" {
		err = w.Desk.Unblacklist(ctx, by, id)
	} else {
		err = w.Desk.Blacklist(ctx, by, id, c.FormValue("reason"))
	}
	if invalid := asInvalid(err); invalid != nil {
		status, fault, err = http.StatusUnprocessableEntity, w.faults(c, invalid)["reason"], nil
	}
	if err != nil {
		return err
	}
	if !isPart(c) && fault == "" {
		return w.done(c, "/customers/"+id.String(), "notice.saved")
	}
	k, err := w.Desk.Customer(ctx, by, id)
	if err != nil {
		return err
	}
	b := blockOf(c, k)
	b.Fault = fault
	return w.part(c, status, "customers/_block", b)
}

package web

import (
	"fmt"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// customerData is what the company keeps of one customer, to be taken along or taken away.
type customerData struct {
	Page
	C *desk.Customer
	B desk.Belongings
}

func (w *Web) customerData(c echo.Context) error {
	p, err := w.dataOf(c)
	if err != nil {
		return err
	}
	return w.show(c, "customers/data", p)
}

func (w *Web) dataOf(c echo.Context) (*customerData, error) {
	ctx, by := c.Request().Context(), actor(c)
	id, err := param[desk.CustomerID](c, "id")
	if err != nil {
		return nil, err
	}
	p := &customerData{}
	p.Nav = "customers"
	if p.B, err = w.Desk.Belongings(ctx, by, id); err != nil {
		return nil, err
	}
	p.C, err = w.Desk.Customer(ctx, by, id)
	return p, err
}

// exportCustomer is a download of all that is known of a customer.
func (w *Web) exportCustomer(c echo.Context) error {
	id, err := param[desk.CustomerID](c, "id")
	if err != nil {
		return err
	}
	begun := false
	err = w.Desk.ExportCustomer(c.Request().Context(), actor(c), id, func(public string) io.Writer {
		begun = true
		h := c.Response().Header()
		h.Set(echo.HeaderContentType, "application/zip")
		h.Set(echo.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="customer-%s.zip"`, public))
		c.Response().WriteHeader(http.StatusOK)
		return c.Response()
	})
	if begun && err != nil {
		w.Log.Error("export a customer", "customer", id, "error", err)
		panic(http.ErrAbortHandler) // the browser is to see that the file is not whole
	}
	return err
}

// eraseCustomer erases a customer whose id was typed.
func (w *Web) eraseCustomer(c echo.Context) error {
	p, err := w.dataOf(c)
	if err != nil {
		return err
	}
	if text(c, "id") != p.C.PublicID {
		return w.again(c, desk.Invalid("id", "fault.erase_id"), "customers/data", p)
	}
	if err := w.Desk.EraseCustomer(c.Request().Context(), actor(c), p.C.ID); err != nil {
		return err
	}
	w.notice(c, "notice.customer_erased")
	return c.Redirect(http.StatusSeeOther, "/customers")
}

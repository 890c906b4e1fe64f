package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// bulkPage is what became of each ticket of a bulk change.
type bulkPage struct {
	Page
	Results []bulkResult
	Changed int
	Failed  int
}

// bulkResult is one ticket; Fault is why it stayed as it was, in the reader's words.
type bulkResult struct {
	ID      desk.TicketID
	Subject string
	Fault   string
}

// changeTickets changes all tickets that are ticked, in what the form names.
func (w *Web) changeTickets(c echo.Context) error {
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	var ids []desk.TicketID
	for _, s := range form["ids"] {
		ids = append(ids, desk.TicketID(number(s, -1)))
	}
	results, err := w.bulk(c, ids, form)
	if err != nil {
		return err
	}
	p := &bulkPage{}
	p.Nav = "tickets"
	for _, r := range results {
		one := bulkResult{ID: r.ID}
		if r.Err != nil {
			one.Fault = w.reason(c, r)
			p.Failed++
		} else {
			one.Subject = r.Conversation.Ticket.Subject
			p.Changed++
		}
		p.Results = append(p.Results, one)
	}
	if isPart(c) {
		return w.part(c, http.StatusOK, "tickets/_bulked", p)
	}
	return w.show(c, "tickets/bulk", p)
}

// bulk merges the ticked tickets when a number is named, and changes them otherwise.
func (w *Web) bulk(c echo.Context, ids []desk.TicketID, form url.Values) ([]desk.TicketResult, error) {
	if s := strings.TrimPrefix(strings.TrimSpace(form.Get("merge_into")), "#"); s != "" {
		return w.Desk.MergeTickets(c.Request().Context(), actor(c), ids, desk.TicketID(number(s, -1)))
	}
	return w.Desk.ChangeTickets(c.Request().Context(), actor(c), ids, bulkChange(form))
}

// reason says in the reader's words why a ticket stayed as it was. What is not for people goes into the log.
func (w *Web) reason(c echo.Context, r desk.TicketResult) string {
	status, key, args := answer(r.Err)
	if status >= http.StatusInternalServerError {
		w.Log.Error("web: change one of many tickets", "ticket", r.ID, "err", r.Err)
	}
	return w.Views.T(visitOf(c).reader.Lang, key, args...)
}

// bulkChange reads a form in which what is empty stays as it is.
func bulkChange(form url.Values) desk.TicketChange {
	filled := url.Values{}
	for name := range form {
		for _, v := range form[name] {
			if v != "" {
				filled.Add(name, v)
			}
		}
	}
	return ticketChange(filled)
}

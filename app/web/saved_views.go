package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// saveView keeps what the list shows under a name.
func (w *Web) saveView(c echo.Context) error {
	q, err := url.ParseQuery(c.FormValue("query"))
	if err != nil {
		return desk.Invalid("query", "fault.view_unknown")
	}
	view := viewOf(q)
	v, err := w.Desk.SaveView(c.Request().Context(), actor(c), desk.SavedView{Name: text(c, "name"), Query: parseTicketAsk(q).params(view), Shared: c.FormValue("shared") == "true"})
	if err != nil {
		return err
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/tickets?"+v.Query)
}

// changeView has a kept view hold what the list shows now, or shares it, or ends that.
func (w *Web) changeView(c echo.Context) error {
	ctx, by := c.Request().Context(), actor(c)
	id, err := param[desk.ViewID](c, "id")
	if err != nil {
		return err
	}
	views, err := w.Desk.SavedViews(ctx, by)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(views, func(v desk.SavedView) bool { return v.ID == id && v.Mine })
	if i < 0 {
		return desk.NotFound
	}
	v := views[i]
	if c.FormValue("change") == "shared" {
		v.Shared = !v.Shared
	} else {
		q, err := url.ParseQuery(c.FormValue("query"))
		if err != nil {
			return desk.Invalid("query", "fault.view_unknown")
		}
		v.Query = parseTicketAsk(q).params(viewOf(q))
	}
	if _, err := w.Desk.SaveView(ctx, by, v); err != nil {
		return err
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/tickets?"+v.Query)
}

// exportTickets writes what the list shows as comma-separated values.
func (w *Web) exportTickets(c echo.Context) error {
	ctx, by, v, say := c.Request().Context(), actor(c), visitOf(c), w.sayer(c)
	fields, err := w.Desk.FormFields(ctx, by)
	if err != nil {
		return err
	}
	l := readTicketAsk(c).known(fields).list(viewOf(c.QueryParams()), v)
	l.Limit = 200
	page := func(after string) ([]*desk.Conversation, string, error) {
		l.Before = after
		return w.Desk.Conversations(ctx, by, l)
	}
	head := w.heads(c, "export.number", "export.subject", "ticket.status", "ticket.priority", "ticket.topic", "ticket.origin", "export.customer", "customer.email", "ticket.team", "ticket.assignee", "tickets.mailbox", "export.created", "export.written")
	for _, f := range fields {
		head = append(head, f.Name)
	}
	when := func(t time.Time) string { return t.In(zoneOf(v)).Format(time.DateTime) }
	return writeTable(w, c, "tickets", head, page, func(list []*desk.Conversation) (rows [][]string, err error) {
		for _, k := range list {
			tk := k.Ticket
			if tk == nil {
				continue
			}
			row := []string{tk.ID.String(), tk.Subject, cmp.Or(tk.StatusName, say("ticket.status."+tk.Status)), say("ticket.priority." + tk.Priority), tk.TopicName, say("ticket.origin." + tk.Origin), k.CustomerName, k.CustomerEmail,
				k.TeamName, k.AssigneeName, k.InboxName, when(k.CreatedAt), when(k.LastAt)}
			files, err := w.filesOf(c, by, fields, tk.Fields)
			if err != nil {
				return nil, err
			}
			for _, f := range fields {
				row = append(row, fieldCell(f, tk.Fields[f.ID], files[f.ID]))
			}
			rows = append(rows, row)
		}
		return rows, nil
	})
}

// fieldCell is what a form field holds, in a table: a file by its name.
func fieldCell(f *desk.FormField, v string, file *desk.File) string {
	switch {
	case f.Kind != "file":
		return v
	case file != nil:
		return file.Name
	}
	return ""
}

func zoneOf(v *visit) *time.Location {
	if v.reader.Zone == nil {
		return time.UTC
	}
	return v.reader.Zone
}

// Package export makes the files that agents take home of their history.
//
// It follows the log: whoever asked for a file gets it made here, in his language and his time zone, with what he may see at that
// moment. It promises that a file which was begun when the desk went down is begun anew, that none is larger than desk.ExportMost,
// and that nothing of what colleagues whispered is in it.
package export

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"deskbell/app/blob"
	"deskbell/app/desk"
	"deskbell/app/sheet"
	"deskbell/app/view"
)

// Export follows the log.
type Export struct {
	desk  *desk.Desk
	views *view.Views
}

// New makes the follower.
func New(d *desk.Desk, views *view.Views) *Export { return &Export{d, views} }

// React makes a file that somebody asked for, unless that was done.
func (x *Export) React(ctx context.Context, e desk.Event) error {
	if e.Name != desk.ExportAsked {
		return nil
	}
	asked, err := x.desk.Export(ctx, desk.System, desk.ExportID(e.SubjectID))
	if desk.IsNotFound(err) || err == nil && asked.State != "asked" {
		return nil
	}
	if err != nil {
		return err
	}
	finish := func(cause string) error {
		return x.desk.FinishExport(ctx, desk.System, asked.ID, blob.Sum{}, 0, 0, cause)
	}
	agent, err := x.desk.Agent(ctx, desk.System, asked.AgentID)
	if desk.IsNotFound(err) || err == nil && (!agent.Enabled || !agent.Actor().May(desk.ExportHistory)) {
		return finish("not_allowed")
	}
	if err != nil {
		return err
	}
	sum, size, rows, err := x.store(ctx, agent, asked)
	switch {
	case err == nil:
		return x.desk.FinishExport(ctx, desk.System, asked.ID, sum, size, rows, "")
	case ctx.Err() != nil:
		return err // it is begun anew
	case errors.Is(err, errTooLarge), errors.Is(err, blob.ErrTooLarge):
		return finish("too_large")
	}
	return errors.Join(err, finish("fault"))
}

var errTooLarge = errors.New("the export is larger than it may be")

// store writes the file into the blobs while it is made, so that no part of it waits in memory.
func (x *Export) store(ctx context.Context, agent *desk.Agent, asked *desk.Export) (sum blob.Sum, size int64, rows int, err error) {
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		var err error
		rows, err = x.write(ctx, w, agent, asked)
		w.CloseWithError(err) // nil is the end of the file
		done <- err
	}()
	sum, size, err = x.desk.Blobs().Put(ctx, r, desk.ExportMost)
	r.CloseWithError(err)
	err = errors.Join(err, notClosed(<-done))
	return sum, size, rows, err
}

// notClosed leaves out what only says that the other end had enough.
func notClosed(err error) error {
	if errors.Is(err, io.ErrClosedPipe) || errors.Is(err, blob.ErrTooLarge) {
		return nil
	}
	return err
}

// writer is one export on its way.
type writer struct {
	*Export
	by     desk.Actor
	lang   string
	zone   *time.Location
	out    *sheet.Writer
	agents map[desk.AgentID]*desk.Agent
	size   int // bytes of the cells so far
}

func (x *Export) write(ctx context.Context, to io.Writer, agent *desk.Agent, asked *desk.Export) (rows int, err error) {
	company, err := x.desk.Company(ctx, desk.System)
	if err != nil {
		return 0, err
	}
	w := &writer{Export: x, by: agent.Actor(), lang: agent.Locale, zone: time.UTC, agents: map[desk.AgentID]*desk.Agent{}}
	if w.lang == "" {
		w.lang = company.Locale
	}
	for _, name := range []string{agent.TimeZone, company.TimeZone} {
		if zone, err := time.LoadLocation(name); err == nil && name != "" {
			w.zone = zone
			break
		}
	}
	all, err := x.desk.Agents(ctx, desk.System)
	if err != nil {
		return 0, err
	}
	for _, a := range all {
		w.agents[a.ID] = a
	}
	begin := sheet.NewCSV
	if asked.Format == "xlsx" {
		begin = sheet.NewXLSX
	}
	w.out = begin(to)
	head := []string{"id", "customer_id", "customer", "messages", "agent", "full_name", "created", "connected", "replied", "closed", "transferred", "type", "tags", "account", "channel", "said", "remark"}
	for i, name := range head {
		head[i] = x.views.T(w.lang, "exports.column."+name)
	}
	w.out.Write(head...)
	l := asked.Filter
	for l.Limit = 100; ; {
		list, next, err := x.desk.Ended(ctx, w.by, l)
		if err != nil {
			return rows, err
		}
		for _, e := range list {
			if err := w.row(ctx, e); err != nil {
				return rows, err
			}
			rows++
		}
		if err := w.out.Flush(); err != nil {
			return rows, err
		}
		if l.Before = next; next == "" {
			return rows, w.out.Close()
		}
	}
}

func (w *writer) row(ctx context.Context, e *desk.Ended) error {
	customer, err := w.desk.Customer(ctx, w.by, e.CustomerID)
	if err != nil {
		return err
	}
	said, err := w.said(ctx, e)
	if err != nil {
		return err
	}
	t := func(key string) string { return w.views.T(w.lang, key) }
	yes, kind, full := t("exports.no"), t("history.type.normal"), ""
	if e.Transfers > 0 {
		yes = t("exports.yes")
	}
	if e.Callback {
		kind = t("history.type.callback")
	}
	if a := w.agents[e.AssigneeID]; a != nil {
		full = a.RealName
	}
	cells := []string{e.ID.String(), customer.PublicID, e.CustomerName, strconv.Itoa(e.Messages), strings.Join(e.Agents, ", "), full, w.at(e.CreatedAt), w.at(e.Connected), w.at(e.Replied), w.at(e.ClosedAt),
		yes, kind, strings.Join(e.Tags, ", "), e.InboxName, t("channel." + e.Channel), said, e.Remark}
	for _, c := range cells {
		w.size += len(c)
	}
	if w.size > desk.ExportMost {
		return errTooLarge
	}
	w.out.Write(cells...)
	return nil
}

func (w *writer) at(when time.Time) string {
	if when.IsZero() {
		return ""
	}
	return when.In(w.zone).Format(time.DateTime)
}

// said is what customer and agents said to each other, a line for each message.
func (w *writer) said(ctx context.Context, e *desk.Ended) (string, error) {
	var b bytes.Buffer
	for l := (desk.MessageList{After: -1, Limit: 200}); ; {
		list, more, err := w.desk.Messages(ctx, w.by, e.ID, l)
		if desk.IsNotFound(err) {
			return b.String(), nil // it was opened again meanwhile, for others
		}
		if err != nil {
			return "", err
		}
		for _, m := range list {
			l.After = m.Seq
			if m.IsEvent() || m.Visibility != "public" || !m.RecalledAt.IsZero() {
				continue
			}
			name := m.AuthorName
			if m.AuthorKind == desk.ByCustomer && e.CustomerName != "" {
				name = e.CustomerName
			}
			b.WriteString(w.at(m.CreatedAt) + " " + name + ": " + m.Text)
			for _, f := range m.Attached() {
				b.WriteString(" [" + f.Name + "]")
			}
			b.WriteByte('\n')
		}
		if w.size+b.Len() > desk.ExportMost {
			return "", errTooLarge
		}
		if !more || len(list) == 0 {
			return strings.TrimRight(b.String(), "\n"), nil
		}
	}
}

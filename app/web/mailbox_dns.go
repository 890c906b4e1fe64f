package web

import (
	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/maildns"
)

// dnsPage is what DNS says about a mailbox's domain.
type dnsPage struct {
	Page
	In      *desk.Inbox
	Address string
	Records []dnsRecord
}

// dnsRecord is one kind of record in the reader's words.
type dnsRecord struct {
	maildns.Finding
	Texts []string
}

// mailboxDNS asks the name servers now: what somebody just changed is to be seen.
func (w *Web) mailboxDNS(c echo.Context) error {
	in, _, err := w.inboxOf(c, desk.Email)
	if err != nil {
		return err
	}
	if in.ID == 0 || w.LookUp == nil {
		return desk.NotFound
	}
	box, err := desk.MailboxOf(in)
	if err != nil {
		return err
	}
	p := &dnsPage{In: in, Address: box.Address}
	p.Nav = "admin"
	list, err := w.LookUp(c.Request().Context(), actor(c), in)
	if err != nil {
		return err
	}
	say := w.sayer(c)
	for _, f := range list {
		r := dnsRecord{Finding: f}
		for _, s := range f.Says {
			r.Texts = append(r.Texts, say(s.Key, s.Args...))
		}
		p.Records = append(p.Records, r)
	}
	return w.show(c, "admin/mailboxes/dns", p)
}

package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"deskbell/app/apptest"
	"deskbell/app/channel"
	"deskbell/app/desk"
)

// Whatever became of a mail stands on the ledger's page in words, is found by its cause, can be looked at as it came, and brought back.
func TestLedgerPages(t *testing.T) {
	s := apptest.Open(t)
	book := channel.NewLedger(s.Desk)
	sum, size, err := s.Desk.Blobs().Put(t.Context(), strings.NewReader("Subject: <b>raw</b>\r\n\r\n\u202ehidden\x00 words\r\n"), 1000)
	s.Must(err)
	var rows []*channel.Row
	for i, cause := range channel.Causes {
		r := &channel.Row{UID: uint32(i + 1), Size: size, State: channel.SetAside, Cause: cause, Raw: &sum}
		switch cause {
		case channel.CauseTooLarge, channel.CauseWithheld, channel.CauseGone:
			r.Raw = nil
		case channel.CauseBounce, channel.CauseDuplicate, channel.CauseElsewhere, channel.CauseOwn, channel.CauseSystem:
			r.State = channel.Filed
		}
		rows = append(rows, r)
	}
	rows = append(rows, &channel.Row{UID: 99, Size: size, State: channel.Filed, Raw: &sum})
	s.Must(book.Enter(t.Context(), s.Mailbox.ID, "account", 7, 99, rows))
	s.Must(s.Desk.Write(t.Context(), desk.System, func(tx *desk.Tx) error {
		for _, r := range rows {
			r.Subject, r.Address = fmt.Sprintf("Mail %d", r.UID), fmt.Sprintf("c%d@customer.example", r.UID)
			r.From = "Somebody <" + r.Address + ">"
			if err := book.Settle(tx, r); err != nil {
				return err
			}
		}
		return nil
	}))
	raw, err := os.ReadFile("../../views/locales/en.json")
	s.Must(err)
	catalog := map[string]string{}
	s.Must(json.Unmarshal(raw, &catalog))
	path := "/admin/mailboxes/" + s.Mailbox.ID.String() + "/ledger"
	s.Bo.Get(path).Status(http.StatusForbidden)
	all := s.Alice.Get(path)
	for i, cause := range channel.Causes {
		r, row := rows[i], fmt.Sprintf("%s/%d", path, rows[i].ID)
		words := catalog["mailbox.cause."+cause]
		all.Has("table small", words)
		s.Alice.Get(path+"?cause="+cause).Has("table td", r.Subject).HasNot("table td", "Mail 99")
		s.Alice.Get(path+"?q="+r.Address).Has("table td", r.Subject)
		s.Alice.Get(path+"?state="+r.State).Has("table td", r.Subject)
		page := s.Alice.Get(row).Has("dl.facts dd", words).Has(fmt.Sprintf(".actions form[action=%q] button", row+"/retry"), "").Has(`.actions form[action="/admin/senders"] button`, "")
		if r.Raw == nil {
			page.HasNot("pre.source", "")
			s.Alice.Get(row + "/raw").Status(http.StatusNotFound)
		} else {
			page.Has("pre.source", "<b>raw</b>").Has("pre.source", "\ufffdhidden\ufffd words").Has(".actions a[download]", "")
			s.Alice.Get(row + "/raw").Status(http.StatusOK)
		}
		s.Alice.Post(row + "/retry").LeadsTo(row)
		now, err := book.Row(t.Context(), s.Alice.Actor(), s.Mailbox.ID, r.ID)
		s.Must(err)
		if now.State != channel.Stored || !now.Forced {
			t.Errorf("%s, brought back, is %s", cause, now.State)
		}
		s.Alice.Post(row + "/retry").Status(http.StatusConflict)
		s.Bo.Post(row + "/retry").Status(http.StatusForbidden)
	}
	ordinary := fmt.Sprintf("%s/%d", path, rows[len(rows)-1].ID)
	s.Alice.Get(ordinary).HasNot(fmt.Sprintf(".actions form[action=%q]", ordinary+"/retry"), "") // an ordinary mail has its ticket
	s.Alice.Post("/admin/senders", "pattern", rows[0].Address).LeadsTo("/admin/senders")
	s.Alice.Get("/admin/senders").Has("table", rows[0].Address)
	s.Alice.Post("/admin/mailboxes/" + s.Mailbox.ID.String() + "/comparison").LeadsTo(path)
}

package api

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"
	"time"

	"deskbell/app/channel"
	"deskbell/app/desk"
)

func TestLedger(t *testing.T) {
	s := openShop(t, Limits{})
	ctx := context.Background()
	book := channel.NewLedger(s.Desk)
	sum, size, err := s.Blobs().Put(ctx, bytes.NewReader([]byte("Subject: <script>alert(1)</script>\r\n\r\nraw")), 1000)
	must(t, err)
	at := time.Date(2026, 4, 12, 6, 0, 0, 0, time.UTC)
	rows := []*channel.Row{
		{UID: 1, Size: size, State: channel.Filed, Raw: &sum, ReceivedAt: at},
		{UID: 2, Size: size, State: channel.SetAside, Cause: channel.CauseSameID, Raw: &sum, ReceivedAt: at},
		{UID: 3, Size: 1 << 30, State: channel.SetAside, Cause: channel.CauseTooLarge, ReceivedAt: at},
	}
	must(t, book.Enter(ctx, s.mailbox.ID, "account", 7, 3, rows))
	path := "/mailboxes/" + s.mailbox.ID.String() + "/ledger"

	var list struct {
		Items      []LedgerRow
		NextCursor *string `json:"next_cursor"`
	}
	s.into(&list, "GET", path+"?limit=2", s.alice, "")
	if len(list.Items) != 2 || list.Items[0].UID != 3 || list.Items[0].Cause != "too_large" || list.Items[0].UIDValidity != 7 || !list.Items[0].ReceivedAt.Equal(at) || list.NextCursor == nil {
		t.Fatalf("the first page is %+v", list)
	}
	first := *list.NextCursor
	s.into(&list, "GET", path+"?limit=2&cursor="+first, s.alice, "")
	if len(list.Items) != 1 || list.Items[0].UID != 1 || list.NextCursor != nil {
		t.Errorf("the second page is %+v", list)
	}
	s.into(&list, "GET", path+"?state=filed", s.alice, "")
	if len(list.Items) != 1 || list.Items[0].State != "filed" {
		t.Errorf("of those filed there is %+v", list)
	}
	s.problem("a wrong cursor", s.call("GET", path+"?cursor=x", s.alice, ""), 400, "error.bad_request")

	row := path + "/" + rowID(rows[1])
	a := s.call("GET", row+"/raw", s.alice, "")
	if a.StatusCode != 200 || !bytes.Contains(a.body, []byte("raw")) || a.Header.Get("Content-Type") != "application/octet-stream" || a.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("raw answered %s %v %q", a.Status, a.Header, a.body)
	}
	s.problem("one without bytes", s.call("GET", path+"/"+rowID(rows[2])+"/raw", s.alice, ""), 404, "error.not_found")

	var again LedgerRow
	if s.into(&again, "POST", row+"/retry", s.alice, "{}"); again.State != "stored" {
		t.Errorf("tried again it is %+v", again)
	}
	s.problem("another mailbox's row", s.call("POST", "/mailboxes/"+s.widget.ID.String()+"/ledger/"+rowID(rows[1])+"/retry", s.alice, "{}"), 404, "error.not_found")
	for _, call := range [][2]string{{"GET", path}, {"GET", row + "/raw"}, {"POST", row + "/retry"}} {
		s.problem("Bo: "+call[0]+" "+call[1], s.call(call[0], call[1], s.bo, "{}"), 403, "error.forbidden")
	}
	events, err := s.EventsAfter(ctx, desk.System, 0, 1000)
	must(t, err)
	if last := events[len(events)-1]; last.Name != desk.InboxChanged || last.SubjectID != int64(s.mailbox.ID) {
		t.Errorf("the last event is %s: the mailbox does not start anew", last.Name)
	}
}

// Every cause is a filter, is described, and can be tried again; of what was tried again the list shows the new state.
func TestEveryCauseOfTheLedger(t *testing.T) {
	s := openShop(t, Limits{})
	book := channel.NewLedger(s.Desk)
	sum, size, err := s.Blobs().Put(t.Context(), bytes.NewReader([]byte("Subject: tea\r\n\r\nraw")), 1000)
	must(t, err)
	filed := map[string]bool{channel.CauseBounce: true, channel.CauseDuplicate: true, channel.CauseElsewhere: true, channel.CauseOwn: true, channel.CauseSystem: true, channel.CauseProbe: true}
	bare := map[string]bool{channel.CauseTooLarge: true, channel.CauseWithheld: true, channel.CauseGone: true}
	var rows []*channel.Row
	for i, cause := range channel.Causes {
		r := &channel.Row{UID: uint32(i + 1), Size: size, State: channel.SetAside, Cause: cause, Detail: "why " + cause, Raw: &sum}
		if filed[cause] {
			r.State = channel.Filed
		}
		if bare[cause] {
			r.Raw = nil
		}
		rows = append(rows, r)
	}
	must(t, book.Enter(t.Context(), s.mailbox.ID, "account", 7, uint32(len(rows)), rows))
	path := "/mailboxes/" + s.mailbox.ID.String() + "/ledger"
	description, err := json.Marshal(s.api.OpenAPI())
	must(t, err)
	for _, r := range rows {
		var list struct{ Items []LedgerRow }
		s.into(&list, "GET", path+"?cause="+r.Cause, s.alice, "")
		if len(list.Items) != 1 || list.Items[0].UID != r.UID || list.Items[0].State != r.State || list.Items[0].Detail != "why "+r.Cause || list.Items[0].ReceivedAt.Year() < 2020 || list.Items[0].SettledAt == nil {
			t.Errorf("of the cause %s there is %+v", r.Cause, list.Items)
		}
		if !bytes.Contains(description, []byte(" "+r.Cause)) {
			t.Errorf("the cause %s is not described", r.Cause)
		}
		want := 200
		if bare[r.Cause] {
			want = 404
		}
		if a := s.call("GET", path+"/"+rowID(r)+"/raw", s.alice, ""); a.StatusCode != want {
			t.Errorf("the raw mail of the cause %s answers %s", r.Cause, a.Status)
		}
		var again LedgerRow
		if s.into(&again, "POST", path+"/"+rowID(r)+"/retry", s.alice, "{}"); again.State != "stored" || again.SettledAt != nil {
			t.Errorf("tried again, that of the cause %s is %+v", r.Cause, again)
		}
		s.problem("twice", s.call("POST", path+"/"+rowID(r)+"/retry", s.alice, "{}"), 409, "error.nothing_to_try_again")
	}
	var waiting struct{ Items []LedgerRow }
	if s.into(&waiting, "GET", path+"?state=stored&limit=100", s.alice, ""); len(waiting.Items) != len(rows) {
		t.Errorf("%d of %d wait", len(waiting.Items), len(rows))
	}
}

func rowID(r *channel.Row) string {
	b, err := json.Marshal(r.ID)
	if err != nil {
		panic(err)
	}
	return string(b)
}

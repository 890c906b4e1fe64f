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

func rowID(r *channel.Row) string {
	b, err := json.Marshal(r.ID)
	if err != nil {
		panic(err)
	}
	return string(b)
}

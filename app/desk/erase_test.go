package desk

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// told writes as a customer by chat and by mail, with files, raw mail and a visit, all of which have the word.
func (s *shop) told(word string) (Actor, *Conversation) {
	s.t.Helper()
	ctx := s.t.Context()
	c := s.mailed()
	k := AsCustomer(c.CustomerID)
	name := word + " Wu"
	_, err := s.ChangeCustomer(ctx, s.alice, c.CustomerID, CustomerChange{Name: &name})
	s.must(err)
	f, err := s.Upload(ctx, k, word+".txt", strings.NewReader("file of "+word))
	s.must(err)
	_, err = s.Receive(ctx, k, Incoming{InboxID: s.widget.ID, Text: "I am " + word, FileIDs: []string{f.ID}})
	s.must(err)
	sum, _, err := s.blobs.Put(ctx, strings.NewReader("raw mail of "+word), 1000)
	s.must(err)
	s.must(s.Write(ctx, System, func(tx *Tx) error {
		if _, err := tx.Exec("insert into visits(customer_id, url, title, at) values (?, 'https://shop.example/', ?, 1)", c.CustomerID, word); err != nil {
			return err
		}
		if _, err := tx.Exec("insert into mail_ledger(inbox_id, account, uid_validity, uid, external_id, sender, subject, size, state, raw, conversation_id, received_at, stored_at, address) values (?, 'a', 1, 1, ?, ?, ?, 5, 'filed', ?, ?, 1, 1, 'mei@example.test')",
			c.InboxID, word, word, word, sum[:], c.ID); err != nil {
			return err
		}
		return tx.Record(CustomerChanged, 0, int64(c.CustomerID), Facts{"was": word})
	}))
	s.must(s.Settle(ctx))
	s.must(s.FollowOnce())
	return k, c
}

// FollowOnce indexes all that was said.
func (s *shop) FollowOnce() error {
	events, err := s.EventsAfter(context.Background(), System, 0, 10000)
	if err != nil {
		return err
	}
	return s.Index(context.Background(), events)
}

// bytesIn counts how often a word stands in the files of the databases, in any case, when their logs are empty.
func (s *shop) bytesIn(word string) (n int) {
	s.t.Helper()
	s.must(errors.Join(s.db.Truncate(context.Background()), s.blobs.DB().Truncate(context.Background())))
	for _, path := range []string{s.db.Path(), s.blobs.DB().Path()} {
		b, err := os.ReadFile(path)
		s.must(err)
		n += bytes.Count(bytes.ToLower(b), []byte(strings.ToLower(word)))
	}
	return n
}

func TestErase(t *testing.T) {
	s, ctx := open(t), t.Context()
	s.ErasureList = filepath.Join(t.TempDir(), "erasures.jsonl")
	const word = "zanzibarine"
	other := s.visitor()
	kept := s.say(other, "I stay")
	k, c := s.told(word)
	if n := s.bytesIn(word); n < 8 {
		t.Fatalf("the word stands only %d times: nothing would be shown", n)
	}
	if err := s.EraseCustomer(ctx, s.bo, k.Customer()); !errors.Is(err, Forbidden) {
		t.Errorf("an agent: %v", err)
	}
	b, err := s.Belongings(ctx, s.alice, k.Customer())
	s.must(err)
	if b.Conversations != 2 || b.Messages != 2 || b.Files != 1 || b.Mails != 1 || b.Visits < 1 {
		t.Errorf("belongings: %+v", b)
	}
	s.now = s.now.Add(time.Minute)
	s.must(s.EraseCustomer(ctx, s.alice, k.Customer()))
	if n := s.bytesIn(word); n != 0 {
		t.Errorf("the word stands %d times in the databases", n)
	}
	for what, n := range map[string]int{
		"conversations":   s.rows("conversations where customer_id = ?", c.CustomerID),
		"mail identities": s.rows("identities where external_id = 'mei@example.test'"),
		"ledger":          s.rows("mail_ledger where address <> '' or raw is not null"),
		"facts":           s.rows("events where data like '%' || ? || '%'", word),
		"open orders":     s.rows("erasures where done_at is null"),
	} {
		if n != 0 {
			t.Errorf("%s: %d", what, n)
		}
	}
	if s.rows("mail_ledger") != 1 || s.rows("events where name = 'customer.erased' and data = '{}'") != 1 {
		t.Error("the ledger's line or the event is missing")
	}
	if m, err := s.Message(ctx, s.alice, kept.ID); err != nil || m.Text != "I stay" {
		t.Errorf("another's message: %v, %v", m, err)
	}
	list, err := os.ReadFile(s.ErasureList)
	s.must(err)
	var e Erasure
	s.must(json.Unmarshal(list, &e))
	if strings.Contains(string(list), "mei@") || !strings.HasPrefix(e.Customer, "v_") {
		t.Errorf("the list: %s", list)
	}
	if err := s.EraseCustomer(ctx, s.alice, k.Customer()); !errors.Is(err, NotFound) {
		t.Errorf("again: %v", err)
	}
}

// A copy from before the erasure erases them again, told by the file; a stop in the middle is gone on with, told by the table.
func TestErasedAgain(t *testing.T) {
	s, ctx := open(t), t.Context()
	s.ErasureList = filepath.Join(t.TempDir(), "erasures.jsonl")
	k, _ := s.told("zanzibarine")
	c, err := s.Customer(ctx, s.alice, k.Customer())
	s.must(err)
	if n, err := s.EraseAgain(ctx, System); n != 0 || err != nil {
		t.Errorf("nobody was erased: %d, %v", n, err)
	}
	s.must(s.noteErasure(Erasure{Customer: c.PublicID, At: s.now}))
	f, err := os.OpenFile(s.ErasureList, os.O_APPEND|os.O_WRONLY, 0)
	s.must(err)
	_, err = f.WriteString(`{"customer":"v_cut`)
	s.must(errors.Join(err, f.Close()))
	s.now = s.now.Add(time.Minute)
	if n, err := s.EraseAgain(ctx, System); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if s.bytesIn("zanzibarine") != 0 || s.rows("erasures where done_at is not null") != 1 {
		t.Error("he is there")
	}
	s.must(s.noteErasure(Erasure{Customer: "v_next", At: s.now}))
	if told, err := s.toldErasures(); err != nil || len(told) != 2 {
		t.Errorf("after a line that was cut short: %v, %v", told, err)
	}
	// The file was lost with the machine: the table has it.
	s.must(os.Remove(s.ErasureList))
	v := s.visitor()
	lost, err := s.Customer(ctx, s.alice, v.Customer())
	s.must(err)
	s.must(s.orderErasure(ctx, s.alice, Erasure{Customer: lost.PublicID, At: s.now}))
	if n, err := s.EraseAgain(ctx, System); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	told, err := s.toldErasures()
	s.must(err)
	if len(told) != 2 {
		t.Errorf("the file names %d", len(told))
	}
}

// Another customer's ticket that was merged into his is given back; what he wrote in another's is taken away there.
func TestEraseMerged(t *testing.T) {
	s, ctx := open(t), t.Context()
	his := s.mailed()
	got, err := s.Receive(ctx, System, Incoming{InboxID: his.InboxID, Identity: Identity{Channel: Email, ExternalID: "ann@example.test"}, Customer: Customer{Name: "Ann", Email: "ann@example.test"},
		Ticket: &NewTicket{Subject: "Lid", Origin: "mail"}, Text: "Mine is broken too", ExternalID: "2@example.test"})
	s.must(err)
	hers, err := s.Conversation(ctx, s.bo, got.ConversationID)
	s.must(err)
	_, err = s.MergeTicket(ctx, s.bo, hers.Ticket.ID, his.Ticket.ID)
	s.must(err)
	s.now = s.now.Add(time.Minute)
	s.must(s.EraseCustomer(ctx, s.alice, his.CustomerID))
	m, err := s.Message(ctx, s.alice, got.ID)
	s.must(err)
	if m.ConversationID != hers.ID || m.Text != "Mine is broken too" {
		t.Errorf("her message: %+v", m)
	}
}

// An export has all messages of a long conversation, in their order.
func TestExportIsWhole(t *testing.T) {
	s, ctx := open(t), t.Context()
	v := s.visitor()
	for i := range 203 {
		s.say(v, fmt.Sprint("message ", i))
	}
	var b bytes.Buffer
	s.must(s.ExportCustomer(ctx, s.alice, v.Customer(), func(string) io.Writer { return &b }))
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	s.must(err)
	f, err := z.Open("customer.json")
	s.must(err)
	var got exported
	s.must(json.NewDecoder(f).Decode(&got))
	if len(got.Conversations) != 1 || len(got.Conversations[0].Messages) != 203 {
		t.Fatalf("%d conversations", len(got.Conversations))
	}
	for i, m := range got.Conversations[0].Messages {
		if m.Text != fmt.Sprint("message ", i) {
			t.Fatalf("message %d: %q", i, m.Text)
		}
	}
	if err := s.ExportCustomer(ctx, s.bo, v.Customer(), nil); !errors.Is(err, Forbidden) {
		t.Errorf("an agent: %v", err)
	}
}

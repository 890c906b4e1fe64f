package desk

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// TestTicketsHoldFiles: a field takes a file of its kind and size, once; colleagues and, where it is for him, the customer see it.
func TestTicketsHoldFiles(t *testing.T) {
	s, ctx := open(t), t.Context()
	ids := s.tickets(2)
	save := func(f FormField) *FormField {
		made, err := s.SaveFormField(ctx, s.alice, f)
		s.must(err)
		return made
	}
	invoice := save(FormField{Name: "Invoice", Kind: "file", Options: []string{"PDF, *.txt", "pdf"}, Most: 1, Visible: true, Public: true})
	inner := save(FormField{Name: "Scan", Kind: "file"})
	if got := invoice.Accept(); got != ".pdf,.txt" {
		t.Errorf("it takes %q", got)
	}
	for _, f := range []FormField{{Options: []string{"exe"}}, {Options: []string{"a/b"}}, {Most: -1}, {Most: 5000}} {
		f.Name, f.Kind = "x", "file"
		if _, err := s.SaveFormField(ctx, s.alice, f); !IsInvalid(err) {
			t.Errorf("%v: %v", f, err)
		}
	}
	upload := func(by Actor, name, text string) string {
		f, err := s.Upload(ctx, by, name, strings.NewReader(text))
		s.must(err)
		return f.ID
	}
	put := func(n int, f *FormField, v string) error {
		_, err := s.ChangeTicket(ctx, s.bo, ids[n], TicketChange{Fields: Filled{f.ID: v}})
		return err
	}
	first := upload(s.bo, "bill.TXT", "seven pots")
	for name, v := range map[string]string{"unknown": "nothing", "another's": upload(s.alice, "a.pdf", "x"), "ending": upload(s.bo, "a.png", "x"), "size": upload(s.bo, "a.pdf", strings.Repeat("x", 1<<20+1))} {
		if err := put(0, invoice, v); !IsInvalid(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.must(put(0, invoice, first))
	s.must(put(0, invoice, first)) // as it is
	if err := put(1, invoice, first); !IsInvalid(err) {
		t.Errorf("in a second ticket: %v", err)
	}
	c := s.number(ids[0])
	if _, err := s.Reply(ctx, s.bo, c.ID, Draft{Text: "Here", FileIDs: []string{first}}); !IsInvalid(err) {
		t.Errorf("in a message besides: %v", err)
	}
	secret := upload(s.bo, "scan.png", "not for customers")
	s.must(put(0, inner, secret))
	maria := AsCustomer(c.CustomerID)
	for id, sees := range map[string]bool{first: true, secret: false} {
		_, err := s.File(ctx, maria, id)
		if sees && err != nil || !sees && !errors.Is(err, NotFound) {
			t.Errorf("the customer and %s: %v", id, err)
		}
		_, err = s.File(ctx, s.alice, id)
		s.must(err)
	}
	if _, err := s.File(ctx, s.visitor(), first); !errors.Is(err, NotFound) {
		t.Errorf("another customer: %v", err)
	}

	// What is held stays; what was taken out goes.
	second := upload(s.bo, "new.pdf", "eight pots")
	s.must(put(0, invoice, second))
	s.now = s.now.Add(48 * time.Hour)
	_, err := s.Expire(ctx, System)
	s.must(err)
	for id, stays := range map[string]bool{first: false, second: true, secret: true} {
		if n := s.rows("files where public_id = ?", id); (n == 1) != stays {
			t.Errorf("%s: %d rows", id, n)
		}
	}
}

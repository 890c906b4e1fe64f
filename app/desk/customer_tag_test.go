package desk

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestCustomerTags(t *testing.T) {
	s, ctx := open(t), t.Context()
	big, err := s.SaveCustomerTag(ctx, s.alice, CustomerTag{Name: " 大客户 ", Color: "green"})
	s.must(err)
	late, err := s.SaveCustomerTag(ctx, s.alice, CustomerTag{Name: "Late payer"})
	s.must(err)
	if big.Name != "大客户" || late.Color != "grey" {
		t.Errorf("kept as %+v, %+v", big, late)
	}
	for want, in := range map[string]CustomerTag{"fault.name_taken": {Name: "late PAYER"}, "fault.name_missing": {Name: " "}, "fault.too_long": {Name: strings.Repeat("茶", 51)}, "fault.choice_unknown": {Name: "x", Color: "#ff0000"}} {
		if _, err := s.SaveCustomerTag(ctx, s.alice, in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", in, err, want)
		}
	}
	if _, err := s.SaveCustomerTag(ctx, s.bo, CustomerTag{Name: "mine"}); !errors.Is(err, Forbidden) {
		t.Errorf("an agent makes a tag: %v", err)
	}
	li, han := s.visitor(), s.visitor()
	waits := s.say(li, "hello").ConversationID
	s.say(han, "hi")
	if err := s.TagCustomer(ctx, li, li.Customer(), []CustomerTagID{big.ID}); !errors.Is(err, Forbidden) {
		t.Errorf("a customer tags himself: %v", err)
	}
	if err := s.TagCustomer(ctx, s.bo, li.Customer(), []CustomerTagID{big.ID, 999}); !errors.Is(err, Invalid("tag_ids", "")) {
		t.Errorf("an unknown tag: %v", err)
	}
	s.must(s.TagCustomer(ctx, s.bo, li.Customer(), []CustomerTagID{big.ID, late.ID}))
	has := func() string {
		t.Helper()
		all, err := s.TagsOf(ctx, s.bo, li.Customer(), han.Customer())
		s.must(err)
		var names []string
		for _, tag := range all[li.Customer()] {
			names = append(names, tag.Name)
		}
		return fmt.Sprint(names, len(all[han.Customer()]))
	}
	if got := has(); got != "[Late payer 大客户] 0" {
		t.Errorf("has %s", got)
	}
	list, _, err := s.Customers(ctx, s.bo, CustomerList{TagID: big.ID, Limit: 10})
	s.must(err)
	if len(list) != 1 || list[0].ID != li.Customer() {
		t.Errorf("found %d customers", len(list))
	}
	queue, err := s.Queue(ctx, s.bo, QueueList{TagID: big.ID})
	s.must(err)
	if len(queue) != 1 || queue[0].ID != waits {
		t.Errorf("the queue shows %d", len(queue))
	}
	s.must(s.TagCustomer(ctx, s.bo, li.Customer(), []CustomerTagID{late.ID}))
	s.must(s.DeleteCustomerTag(ctx, s.alice, late.ID))
	if got := has(); got != "[] 0" {
		t.Errorf("afterwards %s", got)
	}
	if err := s.DeleteCustomerTag(ctx, s.alice, late.ID); !errors.Is(err, NotFound) {
		t.Errorf("deleted twice: %v", err)
	}
}

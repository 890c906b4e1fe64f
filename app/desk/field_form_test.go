package desk

import (
	"errors"
	"testing"
)

func TestFormFieldsAreChecked(t *testing.T) {
	for _, try := range []struct {
		f       FormField
		in, out string
		fault   string
	}{
		{FormField{Kind: "text"}, "  a \n b ", "a b", ""}, {FormField{Kind: "text", Required: true}, " ", "", "fault.field_missing"},
		{FormField{Kind: "long"}, "a\r\nb", "a\nb", ""}, {FormField{Kind: "number"}, "-12.50", "-12.50", ""}, {FormField{Kind: "number"}, "1e9", "", "fault.number_wrong"}, {FormField{Kind: "number"}, "twelve", "", "fault.number_wrong"},
		{FormField{Kind: "date"}, "2026-02-28", "2026-02-28", ""}, {FormField{Kind: "date"}, "2026-02-30", "", "fault.day_wrong"},
		{FormField{Kind: "phone"}, "+86 138 0013 8000", "+86 138 0013 8000", ""}, {FormField{Kind: "phone"}, "call me", "", "fault.phone_wrong"},
		{FormField{Kind: "mail"}, "a@b.example", "a@b.example", ""}, {FormField{Kind: "mail"}, "A <a@b.example>", "", "fault.email_wrong"},
		{FormField{Kind: "choice", Options: []string{"red", "blue"}}, "blue", "blue", ""}, {FormField{Kind: "choice", Options: []string{"red", "blue"}}, "red\nblue", "", "fault.choice_unknown"},
		{FormField{Kind: "choices", Options: []string{"red", "blue"}}, "red\nblue", "red\nblue", ""}, {FormField{Kind: "choices", Options: []string{"red"}}, "green", "", "fault.choice_unknown"},
	} {
		got, err := try.f.clean(try.in)
		var e *Error
		errors.As(err, &e)
		if (e == nil) != (try.fault == "") || e != nil && e.Fields[0].Key != try.fault || got != try.out {
			t.Errorf("%s %q: %q, %v; want %q, %s", try.f.Kind, try.in, got, err, try.out, try.fault)
		}
	}
}

func TestTicketsHoldFormFields(t *testing.T) {
	s, ctx := open(t), t.Context()
	ids := s.tickets(1)
	f, err := s.SaveFormField(ctx, s.alice, FormField{Name: "Order number", Kind: "number", Required: true, Visible: true})
	s.must(err)
	if _, err := s.SaveFormField(ctx, s.alice, FormField{Name: "Colour", Kind: "choice"}); kindOfError(err) != KindInvalid {
		t.Errorf("a choice without choices: %v", err)
	}
	if _, err := s.SaveFormField(ctx, s.bo, FormField{Name: "x", Kind: "text"}); !errors.Is(err, Forbidden) {
		t.Errorf("an agent: %v", err)
	}
	c, err := s.ChangeTicket(ctx, s.bo, ids[0], TicketChange{Fields: Filled{f.ID: "4711"}})
	s.must(err)
	if c.Ticket.Fields[f.ID] != "4711" {
		t.Errorf("the ticket holds %v", c.Ticket.Fields)
	}
	for name, in := range map[string]Filled{"empty": {f.ID: ""}, "wrong": {f.ID: "x"}, "unknown": {99: "x"}} {
		if _, err := s.ChangeTicket(ctx, s.bo, ids[0], TicketChange{Fields: in}); kindOfError(err) != KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	status := "pending" // another change keeps it
	c, err = s.ChangeTicket(ctx, s.bo, ids[0], TicketChange{Status: &status})
	s.must(err)
	if c.Ticket.Fields[f.ID] != "4711" {
		t.Errorf("after another change the ticket holds %v", c.Ticket.Fields)
	}
	in := TicketDraft{InboxID: c.InboxID, CustomerID: c.CustomerID, NewTicket: NewTicket{Subject: "New"}, First: Draft{Text: "Hello"}}
	if _, err := s.OpenTicket(ctx, s.bo, in); kindOfError(err) != KindInvalid {
		t.Errorf("a ticket without what must be filled in: %v", err)
	}
	in.NewTicket.Fields = Filled{f.ID: "12"}
	made, err := s.OpenTicket(ctx, s.bo, in)
	s.must(err)
	if made.Ticket.Fields[f.ID] != "12" {
		t.Errorf("the new ticket holds %v", made.Ticket.Fields)
	}
	s.must(s.DeleteFormField(ctx, s.alice, f.ID))
	_, err = s.OpenTicket(ctx, s.bo, TicketDraft{InboxID: c.InboxID, CustomerID: c.CustomerID, NewTicket: NewTicket{Subject: "New"}, First: Draft{Text: "Hello"}})
	s.must(err)
}

func TestTicketRaisedFromAChat(t *testing.T) {
	s, ctx := open(t), t.Context()
	s.tickets(1)
	li := s.visitor()
	first := s.say(li, "my pot is broken")
	second := s.say(li, "and the lid too")
	s.say(li, "nice weather")
	boxes, err := s.Inboxes(ctx, System, Email)
	s.must(err)
	in := TicketDraft{InboxID: boxes[0].ID, CustomerID: li.Customer(), LinkedID: first.ConversationID, CopyIDs: []MessageID{second.ID, first.ID, 1}, NewTicket: NewTicket{Subject: "Pot", Origin: "chat"}, First: Draft{Text: "look into it", Internal: true}}
	c, err := s.OpenTicket(ctx, s.bo, in)
	s.must(err)
	list, _, err := s.Messages(ctx, s.bo, c.ID, MessageList{After: 0, Limit: 50})
	s.must(err)
	var texts []string
	for _, m := range list {
		if !m.IsEvent() {
			texts = append(texts, m.Text)
		}
	}
	if len(texts) != 3 || texts[0] != "my pot is broken" || texts[1] != "and the lid too" || texts[2] != "look into it" || c.LinkedID != first.ConversationID {
		t.Errorf("the ticket of %d tells %q", c.LinkedID, texts)
	}
	chat, err := s.Conversation(ctx, s.bo, first.ConversationID)
	s.must(err)
	if chat.Status == "closed" || chat.Ticket != nil {
		t.Error("the chat did not keep its own life")
	}
}

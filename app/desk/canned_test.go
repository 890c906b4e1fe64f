package desk

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestCannedResponses(t *testing.T) {
	s, ctx := open(t), t.Context()
	chen := s.agent("Chen", Crew)
	company, err := s.SaveCanned(ctx, s.alice, Canned{Category: "问候", Text: " 您好，{{customer.name}}！\r\n我是{{agent.name}}。 "})
	s.must(err)
	if company.Text != "您好，{{customer.name}}！\n我是{{agent.name}}。" {
		t.Errorf("stored as %q", company.Text)
	}
	own, err := s.SaveCanned(ctx, s.bo, Canned{AgentID: s.bo.Agent(), Text: "One moment."})
	s.must(err)
	texts := func(by Actor) (list []string) {
		t.Helper()
		all, err := s.CannedResponses(ctx, by)
		s.must(err)
		for _, c := range all {
			list = append(list, c.Text)
		}
		return list
	}
	if got := texts(s.bo); !slices.Equal(got, []string{own.Text, company.Text}) {
		t.Errorf("Bo has %q", got)
	}
	if got := texts(chen); !slices.Equal(got, []string{company.Text}) {
		t.Errorf("Chen has %q", got)
	}

	// Nobody changes what is not his; what is another's is not there.
	_, e1 := s.SaveCanned(ctx, s.bo, Canned{Text: "for all"})
	_, e2 := s.SaveCanned(ctx, s.bo, Canned{ID: company.ID, AgentID: s.bo.Agent(), Text: "taken"})
	_, e3 := s.SaveCanned(ctx, s.alice, Canned{AgentID: s.bo.Agent(), Text: "put into his mouth"})
	for i, err := range []error{e1, e2, e3, s.DeleteCanned(ctx, s.bo, company.ID)} {
		if !errors.Is(err, Forbidden) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if _, err := s.CannedResponse(ctx, chen, own.ID); !errors.Is(err, NotFound) {
		t.Errorf("another's own: %v", err)
	}
	if err := s.DeleteCanned(ctx, chen, own.ID); !errors.Is(err, NotFound) {
		t.Errorf("another's own: %v", err)
	}
	for _, in := range []Canned{{Text: " "}, {Text: strings.Repeat("茶", 1001)}, {Text: "x", Category: strings.Repeat("茶", 21)}} {
		in.AgentID = s.bo.Agent()
		var e *Error
		if _, err := s.SaveCanned(ctx, s.bo, in); !errors.As(err, &e) || e.Kind != KindInvalid {
			t.Errorf("a bad one: %v", err)
		}
	}
	own.Text = strings.Repeat("茶", 1000)
	_, err = s.SaveCanned(ctx, s.bo, *own)
	s.must(err)
	s.must(s.DeleteCanned(ctx, s.bo, own.ID))
	if names := s.names(0); names[len(names)-1] != CannedChanged {
		t.Errorf("the log ends with %v", names)
	}
}

func TestImportCanned(t *testing.T) {
	s, ctx := open(t), t.Context()
	rows := []Canned{{Category: "a", Text: "1"}, {Category: "a", Text: "2"}, {Category: "a", Text: "1"}}
	n, err := s.ImportCanned(ctx, s.bo, s.bo.Agent(), rows)
	if s.must(err); n != 2 {
		t.Errorf("%d are new, want 2", n)
	}
	if n, err = s.ImportCanned(ctx, s.bo, s.bo.Agent(), rows); err != nil || n != 0 {
		t.Errorf("once more: %d, %v", n, err)
	}
	if _, err := s.ImportCanned(ctx, s.bo, 0, rows); !errors.Is(err, Forbidden) {
		t.Errorf("for the company: %v", err)
	}
	var e *Error
	if _, err := s.ImportCanned(ctx, s.bo, s.bo.Agent(), []Canned{{Text: "3"}, {Text: ""}}); !errors.As(err, &e) || e.Fields[0].Args[0] != 2 {
		t.Errorf("a bad line: %v", err)
	}
	many := make([]Canned, cannedEach+1)
	for i := range many {
		many[i].Text = strings.Repeat("x", i%900+1) + strings.Repeat("y", i/900)
	}
	if _, err := s.ImportCanned(ctx, s.bo, s.bo.Agent(), many); !errors.Is(err, Conflict("error.canned_full")) {
		t.Errorf("too many: %v", err)
	}
	list, err := s.CannedResponses(ctx, s.bo)
	if s.must(err); len(list) != 2 {
		t.Errorf("%d are there, want 2", len(list))
	}
}

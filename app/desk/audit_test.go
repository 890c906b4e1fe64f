package desk

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"testing"
	"time"
)

// vocabulary reads the names of all events from the source, so that none is forgotten.
func vocabulary(t *testing.T) (names []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "event.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if of, ok := v.Type.(*ast.Ident); ok && of.Name == "EventName" {
			name, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, name)
		}
		return true
	})
	if len(names) < 50 {
		t.Fatalf("only %d names of events were read", len(names))
	}
	return names
}

// TestEveryEventHasWords: the audit says each name of the vocabulary in both languages.
func TestEveryEventHasWords(t *testing.T) {
	for _, lang := range Locales {
		b, err := os.ReadFile("../../views/locales/" + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var words map[string]string
		if err := json.Unmarshal(b, &words); err != nil {
			t.Fatal(err)
		}
		known := map[string]bool{}
		for _, name := range vocabulary(t) {
			known["audit.event."+name] = true
			if words["audit.event."+name] == "" {
				t.Errorf("%s.json has no words for audit.event.%s", lang, name)
			}
		}
		for key := range words {
			if len(key) > 12 && key[:12] == "audit.event." && !known[key] {
				t.Errorf("%s.json has %s, which no event is called", lang, key)
			}
		}
	}
}

func TestAudit(t *testing.T) {
	s, ctx := open(t), t.Context()
	v := s.visitor()
	m := s.say(v, "a secret word")
	_, err := s.Join(ctx, s.bo, m.ConversationID)
	s.must(err)
	_, err = s.CloseConversation(ctx, s.bo, m.ConversationID)
	s.must(err)
	name := "50%_off Ltd"
	k, err := s.ChangeCustomer(ctx, s.alice, v.Customer(), CustomerChange{Name: &name})
	s.must(err)
	all := func(l AuditList) (list []*Audited) {
		t.Helper()
		if l.Limit == 0 {
			l.Limit = 2
		}
		for {
			rows, next, err := s.Audit(ctx, s.alice, l)
			s.must(err)
			list = append(list, rows...)
			if next == 0 {
				return list
			}
			if len(rows) != l.Limit {
				t.Errorf("a page of %d lines is not the last one", len(rows))
			}
			l.Before = next
		}
	}
	rows := all(AuditList{})
	if len(rows) < 3 || rows[0].Name != CustomerChanged || rows[0].Who != "Alice" || rows[0].CustomerID != k.ID || rows[0].Customer != name {
		t.Fatalf("first of %d: %+v", len(rows), rows[0])
	}
	for i, r := range rows {
		if r.Actor.Kind != ByAgent || i > 0 && r.ID >= rows[i-1].ID {
			t.Errorf("line %d: %+v", i, r)
		}
	}
	count := func(what string, l AuditList, want int) {
		t.Helper()
		if got := all(l); len(got) != want {
			t.Errorf("%s: %d lines, want %d", what, len(got), want)
		}
	}
	bo := AgentID(s.bo.ID)
	closed := all(AuditList{AgentID: bo, Query: "zzz", Names: []EventName{ConversationClosed}})
	if len(closed) != 1 || closed[0].ConversationID != m.ConversationID {
		t.Errorf("by words: %d", len(closed))
	}
	count("customers", AuditList{Kind: "customers"}, 1)
	count("settings", AuditList{Kind: "settings", AgentID: bo}, 0)
	count("a percent sign is no wildcard", AuditList{Query: "0%_o", Kind: "customers"}, 1)
	count("nor an underscore", AuditList{Query: "0_o", Kind: "customers"}, 0)
	count("before today", AuditList{To: s.Clock().Add(-24 * time.Hour)}, 0)
	count("since then", AuditList{From: s.Clock().Add(-time.Hour), Kind: "customers"}, 1)
	if _, _, err := s.Audit(ctx, s.bo, AuditList{Limit: 10}); err != Forbidden {
		t.Errorf("an agent: %v", err)
	}
}

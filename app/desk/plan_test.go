package desk

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// spy notes how SQLite means to answer each question.
type spy struct {
	reader
	t     *testing.T
	plans []string
}

func (s *spy) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s.explain(query, args)
	return s.reader.QueryContext(ctx, query, args...)
}

func (s *spy) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	s.explain(query, args)
	return s.reader.QueryRowContext(ctx, query, args...)
}

func (s *spy) explain(query string, args []any) {
	rows, err := s.reader.QueryContext(context.Background(), "explain query plan "+query, args...)
	type step struct {
		id, parent int
		text       string
	}
	steps, err := collect(rows, err, func(row scanner) (e step, err error) {
		var unused int
		return e, row.Scan(&e.id, &e.parent, &unused, &e.text)
	})
	if err != nil {
		s.t.Errorf("explain %s: %v", query, err)
		return
	}
	depth := map[int]int{0: 0}
	for _, e := range steps {
		depth[e.id] = depth[e.parent] + 1
		s.plans = append(s.plans, strings.Repeat("  ", depth[e.id])+e.text)
	}
}

// whole is a step that looks at every row of a table that grows with the company.
var whole = regexp.MustCompile(`SCAN (c|conversations|m|messages|k|customers|e|events|dl|deliveries|tk|tickets|files|identities|p|participants)\b`)

// TestPlans keeps how the hot questions are answered in a golden file, and fails when one looks at a whole table. The audit walks along the index
// of what agents did, the newest first, until its page is full. A list may walk along an index that has all that it asks (BenchmarkLists tells what that costs).
func TestPlans(t *testing.T) {
	s := big(t, 100)
	watch := &spy{reader: s.reader, t: t}
	s.reader = watch
	questions := asked(s)
	var b strings.Builder
	for _, name := range names(questions) {
		for _, by := range []Actor{s.alice, s.bo} {
			watch.plans = nil
			if err := questions[name](by); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if len(watch.plans) == 0 {
				continue
			}
			fmt.Fprintf(&b, "%s, by %s\n%s\n\n", name, by.Role, strings.Join(watch.plans, "\n"))
			for _, step := range watch.plans {
				if whole.MatchString(step) && !(strings.HasPrefix(name, "list ") && strings.Contains(step, "USING COVERING INDEX")) && !strings.Contains(step, "SCAN e USING INDEX events_audit") {
					t.Errorf("%s, by %s: %s", name, by.Role, strings.TrimSpace(step))
				}
			}
		}
	}
	golden(t, "testdata/plans.golden", b.String())
}

// What the program asks by itself, every minute of its life, finds few rows among many.
func TestPlansOfWhatIsMissed(t *testing.T) {
	s := big(t, 100)
	watch := &spy{reader: s.reader, t: t}
	s.reader = watch
	_, err := s.Missed(t.Context(), System, time.Hour, time.Hour)
	s.must(err)
	for _, want := range []string{"SEARCH n USING INDEX notifications_missed", "SEARCH m USING COVERING INDEX notifications_mailed"} {
		if !strings.Contains(strings.Join(watch.plans, "\n"), want) {
			t.Errorf("no %q in\n%s", want, strings.Join(watch.plans, "\n"))
		}
	}
	watch.plans = nil
	if err := s.sharedWith(t.Context(), s.alice, "nothing"); !errors.Is(err, NotFound) {
		t.Error(err)
	}
	if !strings.Contains(strings.Join(watch.plans, "\n"), "USING COVERING INDEX room_files") {
		t.Errorf("a colleague's file: %s", strings.Join(watch.plans, "\n"))
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not how it is now (go test -update writes it):\n%s", file, firstDifference(string(want), got))
	}
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("line %d\nwas %s\nis  %s", i+1, w[i], g[i])
		}
	}
	return fmt.Sprintf("%d lines, were %d", len(g), len(w))
}

// TestFindByAnyPart: what customers and tickets are found by.
func TestFindByAnyPart(t *testing.T) {
	s, ctx := open(t), t.Context()
	name, mail := "欧阳明华 O'Brien", "ming.hua@post.example"
	c, err := s.CreateCustomer(ctx, s.alice, CustomerChange{Name: &name, Email: &mail})
	s.must(err)
	other := "Zhou Enlai"
	_, err = s.CreateCustomer(ctx, s.alice, CustomerChange{Name: &other})
	s.must(err)
	s.visitor()
	found := func(q string) int {
		t.Helper()
		list, _, err := s.Customers(ctx, s.alice, CustomerList{Query: q, Limit: 10})
		s.must(err)
		for _, f := range list {
			if f.ID != c.ID {
				t.Errorf("%q finds %s", q, f.Name)
			}
		}
		return len(list)
	}
	for q, want := range map[string]int{"明": 1, "华": 1, "明华": 1, "欧阳明华": 1, "华明": 0, "brien": 1, "RIE": 1, "ming.hua@post": 1, "hua post": 1, "hua zzz": 0, c.PublicID: 1,
		`" OR "a`: 0, "!!!": 0, "*": 0, "NEAR(明 华)": 0, "pairs:明": 0} {
		if got := found(q); got != want {
			t.Errorf("%q finds %d, want %d", q, got, want)
		}
	}
	name = "Liu"
	_, err = s.ChangeCustomer(ctx, s.alice, c.ID, CustomerChange{Name: &name})
	s.must(err)
	if found("明华") != 0 || found("liu") != 1 {
		t.Error("he is found by the name that he had")
	}
	m := s.say(AsCustomer(c.ID), "hello")
	for q, want := range map[string]int{"Liu": 1, "li": 1, "post.ex": 1, "!!!": 0, "nobody": 0} {
		list, _, err := s.Conversations(ctx, s.bo, ConversationList{Query: q, Limit: 10})
		s.must(err)
		if len(list) != want || want == 1 && list[0].ID != m.ConversationID {
			t.Errorf("conversations for %q: %d, want %d", q, len(list), want)
		}
	}
}

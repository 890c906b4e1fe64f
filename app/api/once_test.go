package api

import (
	"strings"
	"sync"
	"testing"
	"time"
)

func TestAKeyDoesAThingOnce(t *testing.T) {
	s := openShop(t, Limits{})
	body := `{"name":"Returns"}`
	first := s.call("POST", "/teams", s.alice, body, "Idempotency-Key", "k1")
	again := s.call("POST", "/teams", s.alice, body, "Idempotency-Key", "k1")
	if first.StatusCode != 201 || again.StatusCode != 201 || string(first.body) != string(again.body) || again.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("first %s %s, again %s %s", first.Status, first.body, again.Status, again.body)
	}
	s.problem("the key with another body", s.call("POST", "/teams", s.alice, `{"name":"Other"}`, "Idempotency-Key", "k1"), 422, "error.key_reused")
	s.problem("the key with another query", s.call("POST", "/teams?x=1", s.alice, body, "Idempotency-Key", "k1"), 422, "error.key_reused")
	s.problem("the key with another address", s.call("POST", "/customers", s.alice, body, "Idempotency-Key", "k1"), 422, "error.key_reused")
	s.problem("without the key", s.call("POST", "/teams", s.alice, body), 422, "error.invalid")
	s.problem("another's key", s.call("POST", "/teams", s.mei, body, "Idempotency-Key", "k1"), 403, "error.forbidden")
	s.problem("a key too long", s.call("POST", "/teams", s.alice, body, "Idempotency-Key", strings.Repeat("k", 256)), 400, "error.bad_request")

	fault := s.call("POST", "/teams", s.alice, `{"name":" "}`, "Idempotency-Key", "k2")
	if repeated := s.call("POST", "/teams", s.alice, `{"name":" "}`, "Idempotency-Key", "k2"); repeated.StatusCode != 422 || string(repeated.body) != string(fault.body) {
		t.Errorf("a fault repeated: %s %s", repeated.Status, repeated.body)
	}
	now := time.Now()
	s.Clock = func() time.Time { return now.Add(25 * time.Hour) }
	s.problem("a day later", s.call("POST", "/teams", s.alice, body, "Idempotency-Key", "k1"), 422, "error.invalid") // the name is taken
}

func TestAKeySentTwiceAtOnce(t *testing.T) {
	s := openShop(t, Limits{})
	id := s.says("hi", 0).ConversationID.String()
	s.into(nil, "POST", "/conversations/"+id+"/join", s.bo, "{}")
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			if a := s.call("POST", "/conversations/"+id+"/messages", s.bo, `{"text":"hello"}`, "Idempotency-Key", "once"); a.StatusCode != 201 && a.StatusCode != 409 {
				t.Errorf("answered %s %s", a.Status, a.body)
			}
		})
	}
	wg.Wait()
	var list struct{ Items []struct{ Text, Kind string } }
	s.into(&list, "GET", "/conversations/"+id+"/messages", s.bo, "")
	n := 0
	for _, m := range list.Items {
		if m.Text == "hello" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d messages, want 1: %v", n, list.Items)
	}
}

func TestUploadOnce(t *testing.T) {
	s := openShop(t, Limits{})
	first := s.upload(s.bo, "a.txt", []byte("tea"), "Idempotency-Key", "f1")
	again := s.upload(s.bo, "a.txt", []byte("tea"), "Idempotency-Key", "f1")
	if first.StatusCode != 201 || again.StatusCode != 201 || string(first.body) != string(again.body) {
		t.Errorf("first %s %s, again %s %s", first.Status, first.body, again.Status, again.body)
	}
}

// What an answer tells once, such as an invitation's link, is not to be read in the database while it is kept for a repeated post.
func TestKeptAnswersAreSealed(t *testing.T) {
	s := openShop(t, Limits{})
	const body = `{"name":"Zoe","email":"zoe@tea.example","role_id":"agent"}`
	first := s.call("POST", "/agents", s.alice, body, "Idempotency-Key", "invite")
	_, token, found := strings.Cut(string(first.body), "/invitations/")
	if token, _, _ = strings.Cut(token, `"`); first.StatusCode != 201 || !found || len(token) < 40 {
		t.Fatalf("the invitation: %s %s", first.Status, first.body)
	}
	var kept string
	if err := s.DB().Readers().QueryRowContext(t.Context(), "select answer from idempotency where key = 'invite'").Scan(&kept); err != nil {
		t.Fatal(err)
	}
	if kept == "" || strings.Contains(kept, token) || strings.Contains(kept, "zoe") {
		t.Errorf("the database holds %s", kept)
	}
	if again := s.call("POST", "/agents", s.alice, body, "Idempotency-Key", "invite"); string(again.body) != string(first.body) {
		t.Errorf("repeated: %s %s", again.Status, again.body)
	}
}

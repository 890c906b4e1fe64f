package push

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"deskbell/app/netguard"
)

// The services of agents' and visitors' browsers are asked, each once, and nothing is pushed.
func TestReach(t *testing.T) {
	s, ctx := open(t), t.Context()
	asked := make(chan string, 10)
	answers := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Method + " " + r.URL.Path
		http.NotFound(w, r)
	}))
	defer answers.Close()
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })) // nobody else gets its port
	defer silent.Close()
	at := func(service *httptest.Server, path string) Subscription {
		sub := newBrowser(t, s.push.Key).subscription()
		sub.Endpoint = service.URL + path
		return sub
	}
	s.must(s.push.Subscribe(ctx, s.bo, at(answers, "/push/1")))
	s.must(s.push.Subscribe(ctx, s.bo, at(answers, "/push/2")))
	s.must(s.push.SubscribeVisitor(ctx, s.visitor("李梅"), s.widget.ID, at(silent, "/push/3")))
	list, err := Reach(ctx, s.Desk, s.push.Guard)
	s.must(err)
	if len(list) != 2 || list[0].Browsers != 2 || list[0].Err != nil || list[1].Browsers != 1 || list[1].Err == nil {
		t.Fatalf("%+v", list)
	}
	if what := <-asked; what != "HEAD /" || len(asked) != 0 {
		t.Errorf("asked %s, and %d times more", what, len(asked))
	}
	if list, err = Reach(ctx, s.Desk, &netguard.Guard{}); err != nil || list[0].Err == nil || len(asked) != 0 {
		t.Errorf("inside the network: %+v, %v", list, err)
	}
}

package webchat

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"deskbell/app/desk"
	"deskbell/app/rest"
	"deskbell/app/wire"
)

func TestAMessageIsStoredOnce(t *testing.T) {
	s := openShop(t, Limits{})
	token := s.session(`{}`).VisitorToken
	first := s.call("POST", "/messages", token, `{"client_id":"a1","text":"龙井到货了吗？"}`)
	again := s.call("POST", "/messages", token, `{"client_id":"a1","text":"龙井到货了吗？"}`)
	if first.StatusCode != 201 || again.StatusCode != 200 || string(first.body) != string(again.body) {
		t.Errorf("first %s %s\nagain %s %s", first.Status, first.body, again.Status, again.body)
	}
	key := []string{"Idempotency-Key", strings.Repeat("k", 255)}
	first = s.call("POST", "/messages", token, `{"text":"by a key"}`, key...)
	again = s.call("POST", "/messages", token, `{"text":"by a key"}`, key...)
	if first.StatusCode != 201 || again.StatusCode != 200 || string(first.body) != string(again.body) {
		t.Errorf("by a key: first %s %s\nagain %s %s", first.Status, first.body, again.Status, again.body)
	}
	if a := s.call("POST", "/messages", token, `{"text":"x"}`, "Idempotency-Key", strings.Repeat("k", 256)); a.StatusCode != 400 {
		t.Errorf("a key too long: %s", a.Status)
	}
	first = s.call("POST", "/messages", token, `{"client_id":"a1","text":"龙井到货了吗？"}`, key...)
	other := s.session(`{}`).VisitorToken
	if m := s.send(other, `{"client_id":"a1","text":"mine"}`); m.Text != "mine" {
		t.Errorf("another visitor's client_id met his message: %+v", m)
	}
	var m wire.Message
	first.into(t, &m)
	if m.Seq != 1 || m.Kind != "text" || m.Direction != "in" || m.Visibility != "public" || m.Author.Type != "customer" || m.Text != "龙井到货了吗？" || m.ClientID != "a1" {
		t.Errorf("stored %+v", m)
	}
}

func TestMessageFaults(t *testing.T) {
	s := openShop(t, Limits{})
	token := s.session(`{}`).VisitorToken
	for body, want := range map[string]int{
		``:                                 400,
		`{`:                                400,
		`[]`:                               400,
		`null`:                             400,
		`"hi"`:                             400,
		`{"text":7}`:                       400,
		`{"text":{"a":1}}`:                 400,
		`{"text":"a","file_ids":"x"}`:      400,
		`{"text":"a","client_id":1e999}`:   400,
		`{"text":NaN}`:                     400,
		strings.Repeat(`{"text":`, 20_000): 400,
		strings.Repeat(`[`, 100_000):       400,
		`{"text":"` + strings.Repeat("x", 300_000) + `"}`: 413,
		`{}`:                     422,
		`{"text":""}`:            422,
		`{"text":" \n\t\u3000"}`: 422,
		`{"text":"` + strings.Repeat("茶", 1501) + `"}`:                422,
		`{"file_id":"nobody"}`:                                        422,
		`{"order":{}}`:                                                422,
		`{"order":{"item_url":"javascript:alert(1)"}}`:                422,
		`{"track":{"img_url":"data:text/html,<script>"}}`:             422,
		`{"track":{"item_url":"//shop.example/no scheme"}}`:           422,
		`{"text":"a","client_id":"` + strings.Repeat("x", 101) + `"}`: 400,
	} {
		s.problem(body[:min(60, len(body))], s.call("POST", "/messages", token, body), want, "")
	}
	if got := s.session(`{"visitor_token":"` + token + `"}`); len(got.Messages) != 0 || got.Conversation != nil {
		t.Errorf("faults left something: %+v", got)
	}
	if m := s.send(token, `{"text":"hello","direction":"out","author_id":1,"visibility":"internal","created_at":"2001-01-01T00:00:00Z"}`); m.Text != "hello" || m.Direction != "in" || m.Visibility != "public" || m.CreatedAt.Year() == 2001 {
		t.Errorf("stored %+v", m)
	}
}

func TestTextComesBackAsItWas(t *testing.T) {
	s := openShop(t, Limits{})
	token := s.session(`{}`).VisitorToken
	texts := []string{"<script>alert(1)</script>", "' or 1=1 --", "\u202eevil\u202c", "a\nb\r\nc\td", "👩‍👩‍👧‍👦 é é", "{{7*7}} ${7*7} %s %n", "\\u0000 \\\"", "ﷺ", "../../etc/passwd", "data: x\nevent: y\n\n"}
	for _, text := range texts {
		b, _ := json.Marshal(map[string]string{"text": text})
		if m := s.send(token, string(b)); m.Text != text {
			t.Errorf("%q came back as %q", text, m.Text)
		}
	}
	got := s.session(`{"visitor_token":"` + token + `"}`)
	for i, text := range texts {
		if got.Messages[i].Text != text {
			t.Errorf("%q is in the history as %q", text, got.Messages[i].Text)
		}
	}
}

func TestHistory(t *testing.T) {
	s := openShop(t, Limits{})
	token := s.session(`{}`).VisitorToken
	for n := range 25 {
		s.send(token, fmt.Sprintf(`{"text":"%d"}`, n))
		if n == 11 {
			s.call("POST", "/leave", token, "{}").nothing(t)
		}
	}
	var texts []string
	before := ""
	for pages := 0; ; pages++ {
		var page rest.Items[wire.Message]
		s.call("GET", "/messages?limit=10&before="+before, token, "").into(t, &page)
		var some []string
		for _, m := range page.Items {
			if m.Kind == "text" {
				some = append(some, m.Text)
			}
		}
		texts = append(some, texts...)
		if page.NextCursor == nil {
			if pages != 2 {
				t.Errorf("%d pages before the last one, want 2", pages)
			}
			break
		}
		before = *page.NextCursor
	}
	if len(texts) != 25 || texts[0] != "0" || texts[24] != "24" {
		t.Errorf("history over two conversations: %v", texts)
	}
	for _, q := range []string{"limit=0", "limit=201", "limit=x", "before=x", "before=-1", "before=1e3"} {
		s.problem(q, s.call("GET", "/messages?"+q, token, ""), 400, "error.bad_request")
	}
}

// The first message of each chat says when that was opened, on whatever page it is, and no other does: neither of a note nor of what is set aside.
func TestTheFirstMessageOfAChatSaysWhenItBegan(t *testing.T) {
	s := openShop(t, Limits{})
	li := s.session(`{}`)
	token := li.VisitorToken
	stream := s.listen(token, li.LastEventID)
	note := s.call("POST", "/notes", token, `{"name":"Li","phone":"13800138000","text":"call me"}`)
	var left wire.Message
	note.into(t, &left)
	first := s.send(token, `{"track":{"title":"Longjing"}}`)
	s.send(token, `{"text":"is it fresh?"}`)
	s.call("POST", "/leave", token, "{}").nothing(t)
	customer := customerOf(t, s, s.conversation(first))
	called, err := s.CallBack(t.Context(), s.bo, customer)
	must(t, err)
	began := map[string]time.Time{}
	for len(began) < 3 {
		e := stream.next()
		var about struct {
			ConversationID string    `json:"conversation_id"`
			CreatedAt      time.Time `json:"created_at"`
		}
		if e.name == "conversation.created" {
			must(t, json.Unmarshal(e.data, &about))
			began[about.ConversationID] = about.CreatedAt
		}
	}
	firsts := func() (ids []string) {
		before := ""
		for {
			var page rest.Items[wire.Message]
			s.call("GET", "/messages?limit=2&before="+before, token, "").into(t, &page)
			for _, m := range slices.Backward(page.Items) {
				if m.BeganAt == nil {
					continue
				}
				ids = append(ids, m.ConversationID)
				if at := began[m.ConversationID]; !m.BeganAt.Equal(at) || m.ID != first.ID && m.Event["name"] != "conversation.joined" {
					t.Errorf("%s began at %v, the stream said %v: %+v", m.ConversationID, m.BeganAt, at, m)
				}
			}
			if page.NextCursor == nil {
				return ids
			}
			before = *page.NextCursor
		}
	}
	want := []string{called.ID.String(), first.ConversationID}
	if got := firsts(); !slices.Equal(got, want) {
		t.Errorf("chats that began: %v, want %v, and not the note %s", got, want, left.ConversationID)
	}
	s.call("POST", "/leave", token, "{}").nothing(t)
	must(t, s.Blacklist(t.Context(), s.alice, customer, "spam"))
	s.send(token, `{"text":"buy"}`)
	if got := firsts(); !slices.Equal(got, want) {
		t.Errorf("with what is set aside: %v, want %v", got, want)
	}
}

func customerOf(t *testing.T, s *shop, id desk.ConversationID) desk.CustomerID {
	t.Helper()
	c, err := s.Conversation(t.Context(), desk.System, id)
	must(t, err)
	return c.CustomerID
}

// nothing checks an answer without a body.
func (a answer) nothing(t testing.TB) {
	t.Helper()
	if a.StatusCode != 204 || len(a.body) != 0 {
		t.Errorf("%s answered %s %s, want 204", a.Request.URL.Path, a.Status, a.body)
	}
}

func TestCards(t *testing.T) {
	s := openShop(t, Limits{})
	token := s.session(`{}`).VisitorToken
	m := s.send(token, `{"order":{"order_title":"Order 7","title":"龙井 50 g","price":"¥ 88","item_url":"https://shop.example/7"}}`)
	if m.Kind != "order" || m.Card["title"] != "龙井 50 g" || m.Card["item_url"] != "https://shop.example/7" || len(m.Card) != 4 {
		t.Errorf("stored %+v", m)
	}
}

func TestLeaveEndsTheConversation(t *testing.T) {
	s := openShop(t, Limits{})
	token := s.session(`{}`).VisitorToken
	s.call("POST", "/leave", token, "").nothing(t) // there is none
	m := s.send(token, `{"text":"hi"}`)
	s.call("POST", "/leave", token, `{"why":"done"}`).nothing(t)
	if c, err := s.Conversation(t.Context(), s.bo, s.conversation(m)); err != nil || c.Status != "closed" {
		t.Errorf("after leaving: %+v, %v", c, err)
	}
	if next := s.send(token, `{"text":"one more thing"}`); next.ConversationID == m.ConversationID {
		t.Error("a message after leaving went into the closed conversation")
	}
}

func TestRead(t *testing.T) {
	s := openShop(t, Limits{})
	token := s.session(`{}`).VisitorToken
	s.call("POST", "/read", token, "{}").nothing(t) // nothing to read
	id := s.conversation(s.send(token, `{"text":"hi"}`))
	_, err := s.Join(t.Context(), s.bo, id)
	must(t, err)
	_, err = s.Reply(t.Context(), s.bo, id, desk.Draft{Text: "hello"})
	must(t, err)
	s.call("POST", "/read", token, `{"seq":2}`).nothing(t)
	if c, _ := s.Conversation(t.Context(), s.bo, id); c.CustomerReadSeq != 2 {
		t.Errorf("read to %d, want 2", c.CustomerReadSeq)
	}
	s.call("POST", "/read", token, `{"seq":99999}`).nothing(t)
	if c, _ := s.Conversation(t.Context(), s.bo, id); c.CustomerReadSeq != 3 {
		t.Errorf("read to %d, want 3", c.CustomerReadSeq)
	}
	other := s.session(`{}`).VisitorToken
	s.problem("another's conversation", s.call("POST", "/read", other, `{"conversation_id":"`+id.String()+`"}`), 404, "error.not_found")
	s.problem("a negative seq", s.call("POST", "/read", token, `{"seq":-1}`), 400, "")
}

func TestFloodsWaitAndOthersDoNot(t *testing.T) {
	s := openShop(t, Limits{Messages: Allowance{5, time.Hour}, Sessions: Allowance{3, time.Hour}})
	loud, calm := s.session(`{}`).VisitorToken, s.session(`{}`).VisitorToken
	for range 5 {
		s.send(loud, `{"text":"buy"}`)
	}
	a := s.call("POST", "/messages", loud, `{"text":"buy"}`)
	s.problem("the sixth message", a, 429, "error.too_many")
	if a.Header.Get("Retry-After") == "" {
		t.Error("429 without Retry-After")
	}
	s.send(calm, `{"text":"hi"}`)
	s.session(`{}`)
	s.problem("the fourth session", s.call("POST", "/sessions", "", `{}`), 429, "error.too_many")
}

func TestStickersAreSent(t *testing.T) {
	s := openShop(t, Limits{})
	var zipped bytes.Buffer
	w := zip.NewWriter(&zipped)
	f, err := w.Create("wave.png")
	if err == nil {
		err = errors.Join(png.Encode(f, image.NewGray(image.Rect(0, 0, 40, 30))), w.Close())
	}
	if err == nil {
		_, err = s.AddStickerPack(t.Context(), s.alice, "Tea", zipped.Bytes())
	}
	if err != nil {
		t.Fatal(err)
	}
	token := s.session(`{}`).VisitorToken
	var packs struct{ Items []wire.StickerPack }
	s.call("GET", "/stickers", token, "").into(t, &packs)
	if len(packs.Items) != 1 || len(packs.Items[0].Stickers) != 1 {
		t.Fatalf("packs %+v", packs)
	}
	one := packs.Items[0].Stickers[0]
	if got := s.call("GET", strings.TrimPrefix(one.URL, "/visitor/v1"), "", ""); got.StatusCode != 200 || got.Header.Get("Content-Type") != "image/png" || got.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("its picture: %s %v", got.Status, got.Header)
	}
	m := s.send(token, `{"client_id":"s1","sticker_id":"`+one.ID+`"}`)
	if m.Kind != "sticker" || len(m.Files) != 1 || m.Files[0].Width != 40 || m.Text != "" {
		t.Errorf("sent %+v", m)
	}
	for body, want := range map[string]int{`{"sticker_id":"nobody"}`: 422, `{"sticker_id":"` + one.ID + `","text":"and words"}`: 422} {
		if got := s.call("POST", "/messages", token, body); got.StatusCode != want {
			t.Errorf("%s: %s", body, got.Status)
		}
	}
	if got := s.call("GET", "/stickers/nobody", "", ""); got.StatusCode != 404 {
		t.Errorf("one that is not there: %s", got.Status)
	}
}

// New visitors cost nothing: what they send in files is counted by the place that they come from, whoever they say they are.
func TestOnePlaceFillsNoDisk(t *testing.T) {
	s := openShop(t, Limits{})
	now := s.Clock()
	s.Clock = func() time.Time { return now }
	taken := 0
	for range 4 {
		token := s.session(`{}`).VisitorToken
		for range 10 {
			body := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\na\r\n--x--\r\n"
			req, err := http.NewRequestWithContext(t.Context(), "POST", s.url+prefix+"/files", struct{ io.Reader }{strings.NewReader(body)}) // it does not say how long it is
			must(t, err)
			req.Header.Set("Authorization", "Bearer "+token)
			req.Header.Set("Content-Type", "multipart/form-data; boundary=x")
			switch a := s.do(req); a.StatusCode {
			case http.StatusCreated:
				taken++
			case http.StatusTooManyRequests:
			default:
				t.Fatalf("%s %s", a.Status, a.body)
			}
		}
	}
	if taken != 30 { // each counts as one of 10 MB
		t.Errorf("%d files were taken, want 30", taken)
	}
}

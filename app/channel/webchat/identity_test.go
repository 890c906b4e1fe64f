package webchat

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"deskbell/app/desk"
)

func jwt(header, body, secret string) string {
	b64 := base64.RawURLEncoding.EncodeToString
	text := b64([]byte(header)) + "." + b64([]byte(body))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return text + "." + b64(mac.Sum(nil))
}

// turned is a token with another letter in the middle of its signature.
func turned(token string) string {
	at := len(token) - 20
	return token[:at] + map[bool]string{true: "B", false: "A"}[token[at] == 'A'] + token[at+1:]
}

const hs256 = `{"alg":"HS256","typ":"JWT"}`

// Only the widget's own site opens a known customer; all else is refused and opens nobody.
func TestIdentity(t *testing.T) {
	s := openShop(t, Limits{})
	secret, err := s.NewIdentitySecret(t.Context(), s.alice, s.widget.ID)
	must(t, err)
	if _, err := s.NewIdentitySecret(t.Context(), s.bo, s.widget.ID); err == nil {
		t.Error("an agent without the right made a secret")
	}
	soon := time.Now().Add(time.Hour).Unix()
	body := fmt.Sprintf(`{"sub":"812","exp":%d,"name":"Li Lei","email":"li@tea.example"}`, soon)
	good := jwt(hs256, body, secret)
	first := s.session(`{"identity":"` + good + `"}`)
	m := s.send(first.VisitorToken, `{"text":"from home"}`)
	again := s.session(`{"identity":"` + good + `"}`)
	if again.VisitorID != first.VisitorID || again.VisitorToken == first.VisitorToken || len(again.Messages) == 0 || again.Conversation == nil || again.Conversation.ID != m.ConversationID {
		t.Errorf("the same customer elsewhere: %+v", again)
	}
	if s.session(`{"identity":"`+good+`","visitor_token":"`+again.VisitorToken+`"}`).VisitorToken != again.VisitorToken {
		t.Error("his own token was changed")
	}
	guest := s.session(`{}`)
	s.send(guest.VisitorToken, `{"text":"before the log-in"}`)
	if into := s.session(`{"visitor_token":"` + guest.VisitorToken + `","identity":"` + jwt(hs256, fmt.Sprintf(`{"sub":"900","exp":%d}`, soon), secret) + `"}`); into.VisitorID != guest.VisitorID {
		t.Error("a chat begun before the log-in did not go on")
	}
	if into := s.session(`{"visitor_token":"` + guest.VisitorToken + `","identity":"` + good + `"}`); into.VisitorID != first.VisitorID {
		t.Error("a second person at one browser is not himself")
	}
	other := s.inbox("Other", desk.Widget{})
	foreign, err := s.NewIdentitySecret(t.Context(), s.alice, other.ID)
	must(t, err)
	if in := s.session(`{"widget_id":"` + other.PublicID + `","identity":"` + jwt(hs256, body, foreign) + `"}`); in.VisitorID == first.VisitorID {
		t.Error("another site's word opened this site's customer")
	}
	for what, bad := range map[string]string{
		"another widget's secret": jwt(hs256, body, foreign), "none": jwt(`{"alg":"none"}`, body, secret), "HS512": jwt(`{"alg":"HS512"}`, body, secret), "critical": jwt(`{"alg":"HS256","crit":["x"]}`, body, secret),
		"over": jwt(hs256, fmt.Sprintf(`{"sub":"812","exp":%d}`, time.Now().Add(-time.Hour).Unix()), secret), "no end": jwt(hs256, `{"sub":"812"}`, secret), "nobody": jwt(hs256, fmt.Sprintf(`{"exp":%d}`, soon), secret),
		"not yet": jwt(hs256, fmt.Sprintf(`{"sub":"812","exp":%d,"nbf":%d}`, soon, soon), secret), "empty secret": jwt(hs256, body, ""), "unsigned": good[:len(good)-43], "changed": turned(good), "nonsense": "a.b.c", "words": "hello",
	} {
		s.problem(what, s.call("POST", "/sessions", "", `{"identity":"`+bad+`"}`), 422, "")
	}
	plain := s.inbox("Plain", desk.Widget{})
	s.problem("a widget without a secret", s.call("POST", "/sessions", "", `{"widget_id":"`+plain.PublicID+`","identity":"`+jwt(hs256, body, "")+`"}`), 422, "")
	_, err = s.NewIdentitySecret(t.Context(), s.alice, s.widget.ID)
	must(t, err)
	s.problem("the secret before", s.call("POST", "/sessions", "", `{"identity":"`+good+`"}`), 422, "")
}

// A widget tells who serves, or the company alone; it tells nothing else of the agents.
func TestFaces(t *testing.T) {
	for _, w := range []desk.Widget{{}, {HidePresence: true}, {HideAgents: true}} {
		s := openShop(t, Limits{})
		in := s.inbox("Faces", w)
		begin := `{"widget_id":"` + in.PublicID + `"}`
		token := s.session(begin).VisitorToken
		id := s.conversation(s.send(token, `{"text":"hi"}`))
		st := s.listen(token, "")
		_, err := s.Join(t.Context(), s.bo, id)
		must(t, err)
		_, err = s.Reply(t.Context(), s.bo, id, desk.Draft{Text: "hello"})
		must(t, err)
		m := st.message()
		for m.Text != "hello" {
			if m.Author.Name == "Bo" == w.HideAgents && m.Author.Type == "agent" {
				t.Errorf("%+v: a line by %+v", w, m.Author)
			}
			m = st.message()
		}
		if (m.Author.Name == "Bo") == w.HideAgents {
			t.Errorf("%+v: the stream names %+v", w, m.Author)
		}
		var now Session
		a := s.call("POST", "/sessions", "", `{"widget_id":"`+in.PublicID+`","visitor_token":"`+token+`"}`)
		a.into(t, &now)
		if w.HideAgents {
			if len(now.Agents) > 0 || now.Conversation.Agent != nil {
				t.Errorf("hidden agents: %s", a.body)
			}
			for _, m := range now.Messages {
				if m.Author.Name == "Bo" {
					t.Errorf("history names %+v", m)
				}
			}
			continue
		}
		if len(now.Agents) != 1 || now.Agents[0].Name != "Bo" || (now.Agents[0].Presence == "") != w.HidePresence {
			t.Errorf("%+v: agents %+v", w, now.Agents)
		}
		must(t, s.Connected(t.Context(), desk.System, s.bo.Agent(), true))
		_, err = s.SetPresence(t.Context(), s.bo, s.bo.Agent(), "invisible")
		must(t, err)
		_, err = s.Reply(t.Context(), s.bo, id, desk.Draft{Text: "last"})
		must(t, err)
		var told []string
		for e := st.next(); ; e = st.next() {
			if e.name == "presence.updated" {
				var p struct{ Presence string }
				must(t, json.Unmarshal(e.data, &p))
				told = append(told, p.Presence)
			}
			if e.name == "message.created" {
				break
			}
		}
		if len(told) > 0 == w.HidePresence || len(told) > 0 && told[len(told)-1] != "away" {
			t.Errorf("%+v: told of presence %q", w, told)
		}
	}
}

// Off hours nobody answers.
func TestOpenByTheHours(t *testing.T) {
	s := openShop(t, Limits{})
	if !s.session(`{}`).Open {
		t.Error("closed without hours")
	}
	_, err := s.SaveSchedule(t.Context(), s.alice, desk.Schedule{}, false)
	must(t, err)
	if s.session(`{}`).Open {
		t.Error("open in a week without hours")
	}
}

// Agents in the conversation read what is being written, where the widget says so: a hundred characters, once a second.
func TestDraftsAreRead(t *testing.T) {
	s := openShop(t, Limits{})
	for _, on := range []bool{true, false} {
		in := s.inbox("Drafts", desk.Widget{Preview: on})
		begun := s.session(`{"widget_id":"` + in.PublicID + `"}`)
		if begun.Widget.Preview != on {
			t.Errorf("preview is %v, want %v", begun.Widget.Preview, on)
		}
		id := s.conversation(s.send(begun.VisitorToken, `{"text":"hi"}`))
		_, err := s.Join(t.Context(), s.bo, id)
		must(t, err)
		sub, err := s.news.Agent(t.Context(), s.bo, 0)
		must(t, err)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _ = s.hub.Serve(w, r, sub) }))
		resp, err := http.Get(server.URL)
		must(t, err)
		st := &stream{t, bufio.NewScanner(resp.Body), nil, ""}
		long := strings.Repeat("茶", 150)
		begin := time.Now()
		for range 3 { // twice within a second, and the agents hear of one draft
			s.call("POST", "/typing", begun.VisitorToken, `{"text":"`+long+`"}`)
		}
		s.send(begun.VisitorToken, `{"text":"end"}`)
		most, drafts := 2+int(time.Since(begin)/time.Second), 0
		for e := st.next(); e.name != "message.created" || !strings.Contains(string(e.data), `"end"`); e = st.next() {
			var told struct{ Text string }
			if e.name != "typing" {
				continue
			}
			must(t, json.Unmarshal(e.data, &told))
			if told.Text != "" {
				drafts++
			}
			if told.Text != "" && told.Text != strings.Repeat("茶", 100) {
				t.Errorf("a draft of %d characters", len([]rune(told.Text)))
			}
		}
		resp.Body.Close()
		server.Close()
		if on && drafts == 0 || !on && drafts > 0 || drafts > most {
			t.Errorf("preview %v: %d drafts", on, drafts)
		}
	}
}

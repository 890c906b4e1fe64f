package webchat

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"deskbell/app/desk"
)

func dot(t *testing.T) []byte {
	im := image.NewRGBA(image.Rect(0, 0, 20, 20))
	im.Set(3, 3, color.RGBA{200, 30, 30, 255})
	var b bytes.Buffer
	must(t, png.Encode(&b, im))
	return b.Bytes()
}

// What the designer says is what a session tells, in the visitor's language.
func TestASessionTellsHowTheWidgetLooks(t *testing.T) {
	s := openShop(t, Limits{})
	ctx := t.Context()
	f, err := s.Upload(ctx, s.alice, "logo.png", bytes.NewReader(dot(t)))
	must(t, err)
	in := s.inbox("Shop", desk.Widget{Color: "#ffee00", Greeting: "Hello", LogoFile: f.ID, Icon: "heart", NoDrag: true, NoLeave: true, Quiet: true, Notice: "Closed", NoticeLink: "https://tea.example/", ButtonText: "Ask",
		Ask: map[string]string{"name": "must", "email": "may"}, Words: map[string]desk.Words{"zh-CN": {Greeting: "您好", ButtonText: "咨询"}}})
	begin := func(body string, headers ...string) (out Session) {
		s.call("POST", "/sessions", "", strings.Replace(body, "{", `{"widget_id":"`+in.PublicID+`",`, 1), headers...).into(t, &out)
		return out
	}
	en := begin(`{"visitor":{}}`, "Accept-Language", "en")
	w := en.Widget
	if w.Ink != "#1d1c1a" || w.Drag || w.Leave || !w.Quiet || w.Notice != "Closed" || w.NoticeLink == "" || w.Greeting != "Hello" || w.Button.Icon == "" || w.Button.Texts["zh-CN"] != "咨询" {
		t.Errorf("the look is %+v", w)
	}
	if w.Ask == nil || len(w.Ask.Fields) != 2 || w.Ask.Fields[0].Name != "name" || !w.Ask.Fields[0].Must || w.Ask.Fields[1].Must {
		t.Errorf("asked is %+v", w.Ask)
	}
	if zh := begin(`{"visitor":{}}`, "Accept-Language", "zh-CN"); zh.Widget.Greeting != "您好" {
		t.Errorf("in Chinese he is greeted by %q", zh.Widget.Greeting)
	}
	if a := begin(`{"visitor":{"name":"Li","email":"li@mail.example"}}`); a.Widget.Ask != nil {
		t.Errorf("asked again for what the page told: %+v", a.Widget.Ask)
	}

	s.problem("a message of nobody", s.call("POST", "/messages", en.VisitorToken, `{"text":"hi"}`), 409, "error.introduce_yourself")
	s.problem("an address that is none", s.call("POST", "/profile", en.VisitorToken, `{"name":"Li","email":"x"}`), 422, "")
	var said Introduced
	s.call("POST", "/profile", en.VisitorToken, `{"name":"Li"}`).into(t, &said)
	if said.Ask == nil || len(said.Ask.Fields) != 1 || said.Ask.Fields[0].Name != "email" {
		t.Errorf("still asked: %+v", said.Ask)
	}
	s.send(en.VisitorToken, `{"text":"hi"}`)

	url := strings.TrimPrefix(*en.Company.LogoURL, prefix)
	if logo := s.call("GET", url, "", ""); logo.StatusCode != 200 || !strings.HasPrefix(logo.Header.Get("Content-Type"), "image/") {
		t.Errorf("the widget's logo: %s %s", logo.Status, logo.Header.Get("Content-Type"))
	}
	s.problem("the logo of a widget that has none", s.call("GET", "/widgets/"+s.widget.PublicID+"/logo", "", ""), 404, "")
}

// Visitors see an agent's picture where the widget tells who the agents are, and nowhere else.
func TestVisitorsSeeTheFaceOfWhoServesThem(t *testing.T) {
	s := openShop(t, Limits{})
	ctx := t.Context()
	f, err := s.Upload(ctx, s.bo, "me.png", bytes.NewReader(dot(t)))
	must(t, err)
	must(t, s.ChangeProfile(ctx, s.bo, desk.Profile{Name: "Bo", AvatarFile: f.ID}))
	token := s.session(`{}`).VisitorToken
	_, err = s.Join(ctx, s.bo, s.conversation(s.send(token, `{"text":"hi"}`)))
	must(t, err)
	var now Standing
	s.call("GET", "/conversation", token, "").into(t, &now)
	if len(now.Agents) != 1 || now.Agents[0].AvatarURL == nil {
		t.Fatalf("the agents are %+v", now.Agents)
	}
	url := strings.TrimPrefix(*now.Agents[0].AvatarURL, prefix)
	if pic := s.call("GET", url, token, ""); pic.StatusCode != 200 || !strings.HasPrefix(pic.Header.Get("Content-Type"), "image/") {
		t.Errorf("his picture: %s", pic.Status)
	}
	s.problem("without a token", s.call("GET", url, "", ""), 401, "")
	s.problem("of nobody", s.call("GET", "/agents/999/avatar", token, ""), 404, "")
	hidden := s.inbox("Silent", desk.Widget{HideAgents: true})
	s.problem("where agents are not told of", s.call("GET", url, s.session(`{"widget_id":"`+hidden.PublicID+`"}`).VisitorToken, ""), 404, "")
}

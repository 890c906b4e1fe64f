package webchat

import (
	"strings"
	"testing"
	"time"

	"deskbell/app/desk"
)

func TestRequestsFromACompanysOwnPage(t *testing.T) {
	s := openShop(t, Limits{})
	ctx := t.Context()
	if a := s.call("GET", "/request", "", ""); a.StatusCode != 404 {
		t.Errorf("without a form: %s", a.Status)
	}
	box, err := s.SaveInbox(ctx, s.alice, desk.SavedInbox{Channel: desk.Email, Name: "Support", Enabled: true, Settings: desk.Mailbox{Address: "support@tea.example"}})
	must(t, err)
	must(t, s.ChangePortal(ctx, s.alice, desk.Portal{Links: true, Days: 30, Form: true, InboxID: box.ID, Intro: "Ask us."}))
	order, err := s.SaveFormField(ctx, s.alice, desk.FormField{Name: "Order", Kind: "number", Required: true, Public: true})
	must(t, err)
	cost, err := s.SaveFormField(ctx, s.alice, desk.FormField{Name: "Cost", Kind: "number", Visible: true})
	must(t, err)
	begun := s.Clock()
	s.Clock = func() time.Time { return begun }
	var form RequestForm
	s.call("GET", "/request", "", "").into(t, &form)
	if form.Intro != "Ask us." || len(form.Fields) != 1 || form.Fields[0].ID != order.ID.String() || !form.Fields[0].Required {
		t.Errorf("the form is %+v", form)
	}
	body := `{"email":"li@post.example","subject":"A lid","text":"It broke","fields":{"` + order.ID.String() + `":"12","` + cost.ID.String() + `":"99"},"client_id":"once","stamp":"` + form.Stamp + `"}`
	if a := s.call("POST", "/request", "", body); a.StatusCode != 409 {
		t.Errorf("at once: %s", a.Status)
	}
	s.Clock = func() time.Time { return begun.Add(time.Minute) }
	var got, again Requested
	s.call("POST", "/request", "", body).into(t, &got)
	s.call("POST", "/request", "", body).into(t, &again)
	if got.Number == nil || *got.Number != "1" || again.Number == nil || *again.Number != "1" {
		t.Fatalf("made %v, and then %v", got.Number, again.Number)
	}
	c, err := s.TicketByNumber(ctx, s.alice, 1)
	must(t, err)
	if c.Ticket.Fields[order.ID] != "12" || c.Ticket.Fields[cost.ID] != "" || c.CustomerEmail != "li@post.example" {
		t.Errorf("it made %+v of %s", c.Ticket, c.CustomerEmail)
	}
	for what, bad := range map[string]string{"no order": strings.Replace(body, `"12"`, `""`, 1), "no address": strings.Replace(body, "li@post.example", "li", 1), "no topic": strings.Replace(body, `"text"`, `"topic_id":"77","text"`, 1)} {
		if a := s.call("POST", "/request", "", bad); a.StatusCode != 422 {
			t.Errorf("%s: %s %s", what, a.Status, a.body)
		}
	}
	for range 10 {
		s.call("POST", "/request", "", body)
	}
	if a := s.call("POST", "/request", "", body); a.StatusCode != 429 {
		t.Errorf("too often: %s", a.Status)
	}
}

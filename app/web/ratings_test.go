package web_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

func survey(s *apptest.Shop, change func(*desk.Survey)) {
	s.T.Helper()
	v, err := s.Desk.Survey(context.Background(), s.Alice.Actor())
	s.Must(err)
	change(&v)
	s.Must(s.Desk.ChangeSurvey(context.Background(), s.Alice.Actor(), v))
}

func TestAgentAsksForARating(t *testing.T) {
	s := apptest.Open(t)
	lilei := s.Visitor("李雷")
	id := lilei.Say("你好").ConversationID
	path := "/conversations/" + id.String()
	s.Bo.Get(path).HasNot("#rating form", "")
	s.Bo.PostPart(path + "/participation")
	s.Bo.Get(path).Has("#rating form", "Ask for a rating")
	s.Bo.PostPart(path+"/rating").Status(http.StatusOK).Has("li.event", "Bo asked for a rating")
	s.Bo.PostPart(path + "/rating").Status(http.StatusConflict)
	s.Bo.Part(path+"/rating", "rating").Has("p.hint", "not rated yet")
	_, err := s.Desk.Rate(t.Context(), lilei.Actor(), id, desk.Score{Stars: 4, Remark: "<b>kind</b>"})
	s.Must(err)
	for _, b := range []*apptest.Browser{s.Alice, s.Bo} {
		b.Part(path+"/rating", "rating").Has(".stars", "★★★★☆").Has("blockquote", "<b>kind</b>")
	}
	s.Bo.Get("/customers/"+desk.CustomerID(lilei.ID).String()).Has(".past .stars", "★★★★☆")
	s.Chen.Get("/customers/"+desk.CustomerID(lilei.ID).String()).HasNot(".past .stars", "")
	s.Alice.Get("/admin/ratings").Has("tbody .stars", "★★★★☆").Has(".rating-sum b", "4.0")
	s.Alice.Get("/admin/ratings?stars=5").Has(".empty h2", "No ratings match")
	s.Bo.Get("/admin/ratings").Status(http.StatusForbidden)
	csv := s.Alice.Get("/admin/ratings/export").Status(http.StatusOK).Body
	if !strings.Contains(csv, ",4,,,<b>kind</b>,Asked by an agent,Bo,") {
		t.Errorf("CSV: %s", csv)
	}
}

func TestSurveySettings(t *testing.T) {
	s := apptest.Open(t)
	s.Alice.Get("/admin/survey").Has("[name=\"shared\"][checked]", "").HasNot("[name=\"on_close\"][checked]", "")
	s.Alice.Post("/admin/survey", "hours", "0", "days", "30", "shared", "true").Status(http.StatusUnprocessableEntity).Has(".fault", "Between 1 and 720 hours.")
	s.Alice.Post("/admin/survey", "hours", "24", "days", "7", "on_close", "true", "shows", "popup", "tags_1", "slow\r\nrude\r\n", "one_1", "true").Status(http.StatusSeeOther)
	v, err := s.Desk.Survey(t.Context(), s.Alice.Actor())
	s.Must(err)
	if v.Hours != 24 || v.Days != 7 || !v.OnClose || !v.Popup || !v.LastOnly || v.Button || len(v.Stars[0].Tags) != 2 || !v.Stars[0].One {
		t.Errorf("stored: %+v", v)
	}
	s.Alice.Get("/admin/survey").Has("[name=\"on_close\"][checked]", "").HasNot("[name=\"shared\"][checked]", "")
	s.Chen.Get("/admin/survey").Status(http.StatusForbidden)
}

// A resolved ticket is asked about by one mail; its link shows a form to whoever opens it and is used up by one rating.
func TestRatingByMail(t *testing.T) {
	s := apptest.Open(t)
	survey(s, func(v *desk.Survey) { v.AfterTicket = true; v.Stars[1].Tags = []string{"slow"} })
	c := s.Mail("maria@customer.example", "A broken lid", "Hello", "")
	number := "/tickets/" + c.Ticket.ID.String()
	s.Bo.Post(number, "status", "resolved").Status(http.StatusSeeOther)
	s.Bo.Post(number, "status", "open").Status(http.StatusSeeOther)
	s.Bo.Post(number, "status", "resolved").Status(http.StatusSeeOther)
	s.Must(s.Desk.Settle(t.Context()))
	list, _, err := s.Desk.Messages(t.Context(), s.Alice.Actor(), c.ID, desk.MessageList{Limit: 100})
	s.Must(err)
	var mails []*desk.Message
	for _, m := range list {
		if m.AuthorKind == desk.BySystem && !m.IsEvent() {
			mails = append(mails, m)
		}
	}
	if len(mails) != 1 || mails[0].Meta.Mail.Subject != "How did we do? A broken lid" || len(mails[0].Deliveries) != 1 {
		t.Fatalf("%d mails: %+v", len(mails), mails)
	}
	// Whoever reads the ticket here reads no link by which he could rate himself.
	if !strings.Contains(mails[0].Text, "http://desk.test"+desk.RateYours) || !strings.Contains(mails[0].HTML, desk.RateYours+"?stars=5") {
		t.Fatalf("the mail: %s\n%s", mails[0].Text, mails[0].HTML)
	}
	s.Bo.Get(desk.RateYours).Status(http.StatusNotFound).Has("body", "in the email that was sent to you").HasNot("main a", "desk")
	if _, err := s.Desk.RatePath(t.Context(), s.Bo.Actor(), c); err == nil {
		t.Error("an agent is told where a customer rates")
	}
	link, err := s.Desk.RatePath(t.Context(), desk.System, c)
	s.Must(err)
	maria := s.Browser()
	maria.Get(link+"?stars=2").Status(http.StatusOK).Has("[name=\"stars\"][value=\"2\"][checked]", "").Has("[name=\"tags_2\"][value=\"slow\"]", "")
	r, err := s.Desk.RatingOf(t.Context(), s.Alice.Actor(), c.ID)
	s.Must(err)
	if r.Given() {
		t.Error("looking at the link rated")
	}
	maria.Post(link, "stars", "2").Status(http.StatusUnprocessableEntity).Has(".fault", "Choose at least one tag for these stars.")
	maria.Post(link, "stars", "2", "tags_2", "slow", "tags_1", "ignored", "solved", "no").Status(http.StatusSeeOther)
	maria.Get(link).Has("h1", "Thank you").HasNot("form.rate", "")
	maria.Post(link, "stars", "5").Status(http.StatusConflict)
	s.Alice.Part("/conversations/"+c.ID.String()+"/rating", "rating").Has(".tag", "slow")
	s.Bo.Part("/conversations/"+c.ID.String()+"/rating", "rating").HasNot(".tag", "").Has(".hint", "Only admins can see it.") // he has answered nothing
	s.Browser().Get("/rate/nothing").Status(http.StatusNotFound)
}

package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

func TestHistoryAndSearch(t *testing.T) {
	s := apptest.Open(t)
	v := s.Visitor("李雷")
	m := v.Say("退款 <b>please</b>")
	id := m.ConversationID.String()
	s.Bo.Get("/history").Status(200).Has(".empty h2", "Nothing was closed this week").HasNot("table", "")
	s.Bo.PostPart("/conversations/" + id + "/participation").Status(200)
	s.Bo.PostPart("/conversations/" + id + "/closure").Status(200)
	events, err := s.Desk.EventsAfter(t.Context(), desk.System, 0, 1000)
	s.Must(err)
	s.Must(s.Desk.Index(t.Context(), events)) // as the follower does, some time

	s.Bo.Get("/history").Has("td a", "李雷").Has("td a", "No. "+id).Has("td", "Bo").HasNot(`[name="agent"]`, "").HasNot(`[name="stars"]`, "")
	s.Alice.Get("/history?closed=today&agent="+s.Bo.Agent.ID.String()).Has("td a", "李雷").Has(`[name="stars"]`, "")
	s.Chen.Get("/history").HasNot("td a", "李雷").Has(".empty", "本周还没有")
	s.Chen.Get("/history?q="+id).HasNot("td a", "李雷").Has(".empty", "没有符合条件")
	s.Bo.Get("/history?closed=days&from=2001-01-01&to=2001-01-02").HasNot("td a", "李雷")
	s.Bo.Get("/history?q=%23"+id+"&closed=days&to=2001-01-02").Has("td a", "李雷")
	s.Bo.Get("/history?q=雷&type=callback").HasNot("td a", "李雷").Has(".more-filters[open]", "")
	s.Bo.Get("/history?q=雷&transferred=no&tagged=without&channel=webchat&stars=5&team=x&closed=wrong").Has("td a", "李雷")

	// What is found is marked, and never markup.
	page := s.Bo.Get("/search?q=退款+please").Status(200).Has(".found mark", "退款").Has(".found mark", "please").Has(".found .said", "<b>please</b>")
	if strings.Contains(page.Body, "<b>please</b>") {
		t.Error("a message is taken for markup")
	}
	s.Chen.Get("/search?q=退款").Has(".empty", "没有找到消息")
	s.Bo.Get("/search").Has(".empty h2", "Search all messages")
	s.Bo.Get("/search?q=退款&status=open").Has(".empty h2", "No messages found").Has(`.empty a[href]`, "Clear")
	s.Bo.Get("/search?q=%22+OR+1%3D1&before=-3&team=9&written=never").Status(200)
	s.Bo.Get("/conversations/"+id+"?at="+m.ID.String()).Status(200).Has(`#talk[data-at]`, "").Has("#message-"+m.ID.String(), "退款")
	s.Bo.Get("/conversations/"+id+"?at=99999").Status(200).HasNot(`#talk[data-at]`, "")
	s.Bo.Get("/conversations/"+id+"?at="+m.ID.String()+"&find=退款").Has(".find-in a[aria-current] mark", "退款").Has(".find-in [data-find-at]", "1 of 1").Has(".find-bar [data-find-step]", "")
	s.Bo.Get("/conversations/"+id+"?find=zzz").Has(".find-in .hint", "No messages found")
	s.Alice.Get("/palette?q=x").Status(200)

	_, err = s.Desk.Reply(t.Context(), s.Alice.Actor(), m.ConversationID, desk.Draft{Text: "he is rude", Internal: true})
	s.Must(err)
	s.Bo.Get("/conversations/"+id+"/print?whispers=true").Has(".whispered .text", "he is rude")
	s.Bo.Get("/conversations/"+id+"/print").Status(200).Has("header b", "West Lake Tea").Has("h1", "李雷").Has("li .text", "退款").HasNot(".rail", "").HasNot("main", "he is rude")
	s.Chen.Get("/conversations/" + id + "/print").Status(http.StatusNotFound)
	s.Bo.Post("/exports", "filter", "closed=any&evil=1", "format", "csv").LeadsTo("/exports")
	s.Bo.Get("/exports").Status(200).Has(".exports td a", "Until ").HasNot(".exports td small", "As filtered")

	// What was asked for this week opens those days next week as well.
	s.Bo.Post("/exports", "filter", "closed=week&q=雷", "format", "csv").LeadsTo("/exports")
	company, err := s.Desk.Company(t.Context(), desk.System)
	s.Must(err)
	zone, err := time.LoadLocation(company.TimeZone)
	s.Must(err)
	now := s.Desk.Clock().In(zone) // whose day may be another than here
	days := "closed=days&from=" + now.AddDate(0, 0, -int(now.Weekday()+6)%7).Format(time.DateOnly) + "&q=%E9%9B%B7&to=" + now.Format(time.DateOnly)
	s.Bo.Get("/exports").Has(`.exports td a[href="/history?`+days+`"]`, " – ").Has(".exports td small", "As filtered")

	// From a conversation one comes back to where one came from, also when its head was drawn anew, and to nowhere else.
	list := "/history?closed=any&q=%E9%9B%B7"
	row := s.Bo.Get(list).Attr("a.who-cell", "href")
	s.Bo.Get(row).Has(`#head a.back[href="`+list+`"]`, "").Has(`#cursor input[name="back"][value="`+list+`"]`, "")
	s.Bo.Part("/conversations/"+id+"/messages?after=1&back="+url.QueryEscape(list), "messages").Has(`#head a.back[href="`+list+`"]`, "")
	for _, elsewhere := range []string{"https://evil.example/history", "//evil.example/history", "javascript:alert(1)", "/logout", "/history/../logout", strings.Repeat("x", 2000)} {
		s.Bo.Get("/conversations/"+id+"?back="+url.QueryEscape(elsewhere)).Has(`#head a.back[href="/conversations"]`, "").HasNot(`#cursor input[name="back"]`, "")
	}
	s.Bo.Get("/exports?before=1").Has(".empty h2", "No exports yet")
	s.Chen.Get("/exports").HasNot(".exports", "").Has(".empty", "还没有导出")
	s.Chen.Get("/exports/1/file").Status(http.StatusNotFound)
	s.Bo.Post("/exports", "filter", "%zz", "format", "csv").Status(http.StatusUnprocessableEntity)
	s.Bo.Post("/exports", "filter", "", "format", "exe").Status(http.StatusUnprocessableEntity)
	s.Bo.Post("/conversations/"+id+"/hand-on", "assignee_id", s.Chen.Agent.ID.String()).LeadsTo("/conversations/2")
	s.Chen.Get("/conversations/2").Status(200)
	if _, err := s.Desk.Conversation(t.Context(), s.Chen.Actor(), desk.ConversationID(m.ConversationID)); err == nil {
		t.Error("Chen sees it")
	}
	s.Chen.Get("/conversations/" + id + "?at=" + m.ID.String()).Status(http.StatusNotFound)
}

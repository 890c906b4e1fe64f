package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"deskbell/app/desk"
	"deskbell/app/rest"
	"deskbell/app/wire"
)

func TestAgents(t *testing.T) {
	s := openShop(t, Limits{})
	var a Agent
	s.into(&a, "POST", "/agents", s.alice, `{"email":"ye@tea.example","name":"Ye","password":"white tea at noon","capacity":5,"team_ids":["`+s.team.ID.String()+`"]}`)
	if a.RoleID != "agent" || a.Capacity != 5 || !a.Enabled || a.Invited || len(a.TeamIDs) != 1 || a.InvitationURL != "" {
		t.Errorf("created %+v", a)
	}
	var invited Agent
	s.into(&invited, "POST", "/agents", s.alice, `{"email":"tao@tea.example","name":"Tao","role_id":"admin"}`)
	if !invited.Invited || invited.RoleID != "admin" || !strings.HasPrefix(invited.InvitationURL, "https://desk.example/invitations/") {
		t.Errorf("invited %+v", invited)
	}
	token := invited.InvitationURL[strings.LastIndex(invited.InvitationURL, "/")+1:]
	_, err := s.AcceptInvitation(t.Context(), desk.System, token, "green tea at dawn")
	must(t, err)

	s.into(&a, "PATCH", "/agents/"+a.ID, s.alice, `{"capacity":0,"role_id":"admin","team_ids":[]}`)
	if a.Capacity != 0 || a.RoleID != "admin" || len(a.TeamIDs) != 0 || a.Name != "Ye" {
		t.Errorf("changed to %+v", a)
	}
	s.into(&a, "PATCH", "/agents/"+s.bo.Agent().String(), s.bo, `{"presence":"away"}`)
	if a.Presence != "away" {
		t.Errorf("Bo is %s, want away", a.Presence)
	}
	var ye struct{ Items []Agent }
	s.into(&ye, "GET", "/agents?limit=1&cursor=4", s.alice, "")
	a = ye.Items[0]
	s.problem("presence of one who is away", s.call("PATCH", "/agents/"+a.ID, s.alice, `{"name":"By halves","capacity":9,"presence":"online"}`), 409, "error.agent_offline")
	if s.into(&a, "GET", "/agents/"+a.ID, s.alice, ""); a.Name != "Ye" || a.Capacity != 0 {
		t.Errorf("what was refused changed him to %+v", a)
	}
	for body, want := range map[string]int{
		`{"email":"no address","name":"X","password":"long enough tea"}`:     422,
		`{"email":"bo@tea.example","name":"X","password":"long enough tea"}`: 422,
		`{"email":"x@tea.example","name":"X","password":"short"}`:            422,
		`{"email":"x@tea.example","name":"X","role_id":"owner"}`:             400,
		`{"email":"x@tea.example","name":"X","capacity":101}`:                400,
		`{"email":"x@tea.example","name":"X","team_ids":["x"]}`:              400,
		`{"email":"x@tea.example","name":"X","team_ids":["99"]}`:             422,
		`{"email":"x@tea.example","name":"X","created_at":"2001-01-01"}`:     400,
		`{"email":"x@tea.example","name":"X","password_hash":"x","id":"1"}`:  400,
		`{"name":"X"}`: 400,
	} {
		s.problem(body, s.call("POST", "/agents", s.alice, body), want, "")
	}
	s.problem("the last admin", s.call("PATCH", "/agents/"+s.alice.Agent().String(), person{token: s.person(must2(s.AgentByEmail(t.Context(), desk.System, "alice@tea.example"))(t)).token}, `{"capacity":-1}`), 400, "")
}

func must2[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T { must(t, err); return v }
}

func TestTeams(t *testing.T) {
	s := openShop(t, Limits{})
	var team Team
	s.into(&team, "POST", "/teams", s.alice, `{"name":"Returns","assignment":"grab","member_ids":["`+s.bo.Agent().String()+`"]}`)
	s.into(&team, "PATCH", "/teams/"+team.ID, s.alice, `{"name":"Returns and care"}`)
	if team.Name != "Returns and care" || team.Assignment != "grab" || len(team.MemberIDs) != 1 {
		t.Errorf("changed to %+v", team)
	}
	s.into(&team, "PATCH", "/teams/"+team.ID, s.alice, `{"cheat_sheet":"# Returns","admin_ids":["`+s.bo.Agent().String()+`"]}`)
	s.into(&team, "PATCH", "/teams/"+team.ID, s.bo, `{"cheat_sheet":"- within 30 days"}`) // he leads it
	s.problem("the rest of a team, by its admin", s.call("PATCH", "/teams/"+team.ID, s.bo, `{"cheat_sheet":"x","name":"Mine"}`), 403, "")
	s.into(&team, "GET", "/teams/"+team.ID, s.bo, "")
	if team.CheatSheet != "- within 30 days" || team.Name != "Returns and care" {
		t.Errorf("its cheat sheet: %+v", team)
	}
	if a := s.call("DELETE", "/teams/"+team.ID, s.alice, ""); a.StatusCode != 204 || len(a.body) > 0 {
		t.Errorf("deleting answered %s %s", a.Status, a.body)
	}
	s.problem("a deleted team", s.call("GET", "/teams/"+team.ID, s.alice, ""), 404, "")
	for body, want := range map[string]int{`{}`: 400, `{"name":""}`: 422, `{"name":"Orders"}`: 422, `{"name":"X","assignment":"luck"}`: 400, `{"name":"X","member_ids":["99"]}`: 422} {
		s.problem(body, s.call("POST", "/teams", s.alice, body), want, "")
	}
}

func TestPages(t *testing.T) {
	s := openShop(t, Limits{})
	for n := range 7 {
		s.into(nil, "POST", "/customers", s.alice, fmt.Sprintf(`{"name":"Customer %d"}`, n))
		s.says("hi", 0)
		s.into(nil, "POST", "/teams", s.alice, fmt.Sprintf(`{"name":"Team %d"}`, n))
	}
	for path, want := range map[string]int{"/customers": 14, "/teams": 8, "/agents": 3, "/conversations": 7} {
		seen := map[string]bool{}
		cursor, pages := "", 0
		for {
			var page rest.Items[struct {
				ID string `json:"id"`
			}]
			s.into(&page, "GET", path+"?limit=2&cursor="+cursor, s.alice, "")
			for _, i := range page.Items {
				if seen[i.ID] {
					t.Errorf("%s shows %s twice", path, i.ID)
				}
				seen[i.ID] = true
			}
			pages++
			if page.NextCursor == nil {
				break
			}
			cursor = *page.NextCursor
		}
		if len(seen) != want || pages != (want+1)/2 {
			t.Errorf("%s has %d items on %d pages, want %d", path, len(seen), pages, want)
		}
		for _, q := range []string{"limit=0", "limit=201", "limit=x", "cursor=x", "cursor=-5", "cursor=1'--"} {
			s.problem(path+"?"+q, s.call("GET", path+"?"+q, s.alice, ""), 400, "error.bad_request")
		}
	}
}

func TestCustomers(t *testing.T) {
	s := openShop(t, Limits{})
	var c Customer
	s.into(&c, "POST", "/customers", s.bo, `{"name":"李雷","email":"li@example.com","phone":"13800000000"}`)
	s.into(&c, "PATCH", "/customers/"+c.ID, s.bo, `{"company":"Bamboo Ltd"}`)
	if c.Name != "李雷" || c.Company != "Bamboo Ltd" || c.Blacklisted {
		t.Errorf("changed to %+v", c)
	}
	var found rest.Items[Customer]
	s.into(&found, "GET", "/customers?q=%E6%9D%8E", s.bo, "")
	if len(found.Items) != 1 || found.Items[0].ID != c.ID {
		t.Errorf("found %+v", found.Items)
	}
	s.problem("no reason", s.call("POST", "/customers/"+c.ID+"/blacklist", s.bo, `{"reason":" "}`), 422, "")
	s.into(nil, "POST", "/customers/"+c.ID+"/blacklist", s.bo, `{"reason":"spam"}`)
	s.into(&c, "GET", "/customers/"+c.ID, s.bo, "")
	if !c.Blacklisted || c.BlacklistReason != "spam" {
		t.Errorf("blacklisted %+v", c)
	}
	s.into(nil, "DELETE", "/customers/"+c.ID+"/blacklist", s.bo, "")
	if s.into(&c, "GET", "/customers/"+c.ID, s.bo, ""); c.Blacklisted {
		t.Error("still on the blacklist")
	}
	var tag CustomerTag
	s.into(&tag, "POST", "/customer-tags", s.alice, `{"name":"大客户","color":"green"}`)
	s.problem("an agent makes a tag", s.call("POST", "/customer-tags", s.bo, `{"name":"mine"}`), 403, "")
	s.into(&c, "PATCH", "/customers/"+c.ID, s.bo, `{"tag_ids":["`+tag.ID+`"]}`)
	if len(c.Tags) != 1 || c.Tags[0] != tag {
		t.Errorf("tagged %+v", c.Tags)
	}
	s.problem("an unknown tag", s.call("PATCH", "/customers/"+c.ID, s.bo, `{"name":"Nobody","tag_ids":["999"]}`), 422, "")
	s.into(&tag, "PATCH", "/customer-tags/"+tag.ID, s.alice, `{"name":"VIP 客户","color":"red"}`)
	if s.into(&found, "GET", "/customers?tag="+tag.ID, s.bo, ""); len(found.Items) != 1 || found.Items[0].Name != "李雷" || found.Items[0].Tags[0].Color != "red" {
		t.Errorf("found by tag %+v", found.Items)
	}
	s.into(nil, "DELETE", "/customer-tags/"+tag.ID, s.alice, "")
	if s.into(&found, "GET", "/customers?tag="+tag.ID, s.bo, ""); len(found.Items) != 0 {
		t.Errorf("found by a tag that is gone %+v", found.Items)
	}
	s.problem("a zero byte", s.call("GET", "/customers?q=%00", s.bo, ""), 400, "")
	for _, q := range []string{`%22%20NEAR%20(`, `%25`, `'%20or%201=1--`, `*`, strings.Repeat("a", 200)} {
		if s.into(&found, "GET", "/customers?q="+q, s.bo, ""); len(found.Items) != 0 {
			t.Errorf("q=%s found %d", q, len(found.Items))
		}
	}
}

func TestConversations(t *testing.T) {
	s := openShop(t, Limits{})
	id := s.says("龙井到货了吗？", 0).ConversationID.String()
	path := "/conversations/" + id
	s.problem("an answer before joining", s.call("POST", path+"/messages", s.bo, `{"text":"early"}`), 409, "error.join_first")
	var c wire.Conversation
	s.into(&c, "POST", path+"/join", s.bo, "")
	if c.Status != "open" || !c.Joined || c.Agent == nil || c.Agent.Name != "Bo" || c.Unread != 1 {
		t.Errorf("joined %+v", c)
	}
	var m wire.Message
	s.into(&m, "POST", path+"/messages", s.bo, `{"text":"昨天刚到。","client_id":"b1"}`)
	if m.Visibility != "public" || m.Direction != "out" || m.Author.Name != "Bo" || m.ConversationID != id || m.TicketID != "" {
		t.Errorf("answered %+v", m)
	}
	again := m
	if s.into(&again, "POST", path+"/messages", s.bo, `{"text":"昨天刚到。","client_id":"b1"}`); again.ID != m.ID {
		t.Error("a client_id made a second message")
	}
	s.into(&m, "POST", path+"/messages", s.mei, `{"text":"give him a discount","visibility":"internal"}`)
	if m.Visibility != "internal" {
		t.Errorf("whispered %+v", m)
	}
	var list rest.Items[wire.Message]
	s.into(&list, "GET", path+"/messages?limit=2", s.bo, "")
	if len(list.Items) != 2 || list.Items[0].Seq != 1 || list.NextCursor == nil {
		t.Fatalf("messages %+v", list)
	}
	s.into(&list, "GET", path+"/messages?limit=2&cursor="+*list.NextCursor, s.bo, "")
	if len(list.Items) != 2 || list.Items[0].Seq != 3 || list.NextCursor != nil {
		t.Errorf("the next messages %+v", list)
	}
	s.into(nil, "POST", path+"/read", s.bo, `{"seq":4}`)
	s.into(nil, "POST", path+"/typing", s.bo, `{}`)
	if s.into(&c, "GET", path, s.bo, ""); c.Unread != 0 {
		t.Errorf("unread %d after reading", c.Unread)
	}
	s.into(&c, "POST", path+"/transfer", s.bo, `{"team_id":"`+s.team.ID.String()+`"}`)
	if c.Status != "waiting" || c.Team == nil || c.Agent != nil {
		t.Errorf("transferred %+v", c)
	}
	s.problem("after the transfer", s.call("GET", path, s.bo, ""), 404, "")
	s.into(&c, "POST", path+"/transfer", s.mei, `{"agent_id":"`+s.bo.Agent().String()+`"}`)
	if c.Agent == nil || c.Agent.Name != "Bo" || c.Team == nil {
		t.Errorf("transferred back %+v", c)
	}
	s.problem("to nobody", s.call("POST", path+"/transfer", s.bo, `{}`), 400, "")
	s.problem("to an unknown", s.call("POST", path+"/transfer", s.bo, `{"agent_id":"99"}`), 422, "")
	s.into(&c, "POST", path+"/close", s.bo, "{}")
	s.problem("an answer after closing", s.call("POST", path+"/messages", s.bo, `{"text":"late"}`), 409, "error.conversation_closed")
	s.problem("joining after closing", s.call("POST", path+"/join", s.mei, ""), 409, "")
	s.into(&c, "POST", path+"/reopen", s.bo, "")
	s.into(&c, "POST", path+"/leave", s.bo, "")
	if c.Status != "waiting" || c.Joined {
		t.Errorf("left %+v", c)
	}
	for q, want := range map[string]int{"": 1, "status=waiting": 1, "status=open": 0, "view=all": 1, "view=joined": 0, "channel=webchat": 1, "channel=email": 0, "kind=chat": 1, "kind=ticket": 0,
		"team_id=" + s.team.ID.String(): 1, "agent_id=1": 0, "customer_id=" + c.Customer.ID: 1, "q=nobody": 0} {
		var found rest.Items[wire.Conversation]
		if s.into(&found, "GET", "/conversations?"+q, s.mei, ""); len(found.Items) != want {
			t.Errorf("?%s found %d, want %d", q, len(found.Items), want)
		}
	}
	for _, q := range []string{"status=lost", "view=x", "team_id=x", "status=open&view=closed"} {
		s.problem(q, s.call("GET", "/conversations?"+q, s.mei, ""), 400, "")
	}
	for body, want := range map[string]int{`{}`: 422, `{"text":""}`: 422, `{"text":7}`: 400, `{"text":"a","visibility":"secret"}`: 400, `{"text":"a","file_ids":["x"],"visibility":"internal"}`: 422, `{"text":"a","cc":["x"],"visibility":"internal"}`: 422,
		`{"text":"` + strings.Repeat("x", 20001) + `"}`: 422, `{"text":"a","author_id":1}`: 400, `{"text":"a","direction":"in"}`: 400, `{`: 400, strings.Repeat("[", 100_000): 400} {
		s.problem(body[:min(len(body), 60)], s.call("POST", path+"/messages", s.mei, body), want, "")
	}
}

func TestTickets(t *testing.T) {
	s := openShop(t, Limits{})
	s.mails("Order 7", `<p onclick="x()">Where is it?<script>alert(1)</script></p>`)
	var list rest.Items[wire.Ticket]
	s.into(&list, "GET", "/tickets?status=open", s.mei, "")
	if len(list.Items) != 1 || list.Items[0].Subject != "Order 7" || list.Items[0].Origin != "mail" || list.Items[0].Customer.Email != "li@example.com" || list.Items[0].Team == nil || list.Items[0].Assignee != nil {
		t.Fatalf("tickets %+v", list.Items)
	}
	path := "/tickets/" + list.Items[0].ID
	var messages rest.Items[wire.Message]
	s.into(&messages, "GET", path+"/messages", s.mei, "")
	if m := messages.Items[0]; m.TicketID != list.Items[0].ID || strings.Contains(m.HTML, "script") || strings.Contains(m.HTML, "onclick") || !strings.Contains(m.HTML, "Where is it?") {
		t.Errorf("the mail is %+v", m)
	}
	var m wire.Message
	s.into(&m, "POST", path+"/messages", s.mei, `{"html":"<p>On its way.</p>","cc":["boss@example.com"]}`)
	if strings.TrimSpace(m.Text) != "On its way." || m.Delivery == nil || m.Delivery.State != "queued" || m.ExternalID == "" {
		t.Errorf("answered %+v", m)
	}
	var tk wire.Ticket
	s.into(&tk, "PATCH", path, s.mei, `{"status":"pending","priority":"high","subject":"Order 7, late","assignee_id":"`+s.mei.Agent().String()+`"}`)
	if tk.Status != "pending" || tk.Priority != "high" || tk.Subject != "Order 7, late" || tk.Assignee == nil || len(tk.CC) != 1 {
		t.Errorf("changed to %+v", tk)
	}
	s.into(&tk, "PATCH", path, s.mei, `{"assignee_id":null}`)
	if tk.Assignee != nil || tk.Team == nil || tk.Status != "pending" {
		t.Errorf("with nobody: %+v", tk)
	}
	for body, want := range map[string]int{`{"status":"lost"}`: 400, `{"subject":" "}`: 422, `{"assignee_id":"x"}`: 400, `{"assignee_id":"99"}`: 422, `{"team_id":7}`: 400, `{"team_id":"99"}`: 422, `{"number":9}`: 400, `[]`: 400} {
		s.problem(body, s.call("PATCH", path, s.mei, body), want, "")
	}
	var bulk Bulk
	s.into(&bulk, "POST", "/tickets/bulk", s.mei, `{"ids":["`+tk.ID+`","99","x"],"set":{"status":"resolved"}}`)
	if len(bulk.Changed) != 1 || bulk.Changed[0].Status != "resolved" || len(bulk.Failed) != 2 || bulk.Failed[0].Problem.Status != 404 {
		t.Errorf("in bulk: %+v", bulk)
	}
}

func TestMailboxes(t *testing.T) {
	s := openShop(t, Limits{})
	var box Mailbox
	a := s.call("POST", "/mailboxes", s.alice, `{"address":"Orders@tea.example","imap":{"host":"imap.tea.example","password":"p1"},"smtp":{"host":"smtp.tea.example","security":"starttls","password":"p2"},"team_id":"`+s.team.ID.String()+`","aliases":["shop@tea.example"]}`)
	must(t, json.Unmarshal(a.body, &box))
	if a.StatusCode != 201 || box.Address != "orders@tea.example" || box.Name != "orders@tea.example" || !box.Enabled || box.IMAP.Port != 993 || box.SMTP.Port != 587 || box.IMAP.Username != "orders@tea.example" || box.TeamID == nil || strings.Contains(string(a.body), "p1") {
		t.Errorf("created %s %s", a.Status, a.body)
	}
	id, err := desk.ParseID[desk.InboxID](box.ID)
	must(t, err)
	secrets := func() (m desk.MailboxSecrets) {
		t.Helper()
		must(t, s.InboxSecrets(t.Context(), desk.System, id, &m))
		return m
	}
	path := "/mailboxes/" + box.ID
	s.into(&box, "PATCH", path, s.alice, `{"name":"Orders","enabled":false,"team_id":null,"auto_reply":{"enabled":true,"body":"We have it."},"smtp":{"security":"tls","password":"p3"}}`)
	if box.Name != "Orders" || box.Enabled || box.TeamID != nil || !box.AutoReply.Enabled || box.SMTP.Port != 465 || len(box.Aliases) != 1 || secrets() != (desk.MailboxSecrets{IMAP: "p1", SMTP: "p3"}) {
		t.Errorf("changed to %+v, %+v", box, secrets())
	}
	for _, body := range []string{`{"imap":{"host":"evil.example"}}`, `{"smtp":{"username":"eve"}}`, `{"imap":{"security":"none"}}`} {
		s.problem("the password for another server: "+body, s.call("PATCH", path, s.alice, body), 422, "error.invalid")
	}
	s.into(&box, "PATCH", path, s.alice, `{"imap":{"host":"imap2.tea.example","password":"p4"}}`)
	if box.IMAP.Host != "imap2.tea.example" || secrets().IMAP != "p4" {
		t.Errorf("changed to %+v, %+v", box, secrets())
	}
	for body, want := range map[string]int{`{}`: 422, `{"address":"x"}`: 422, `{"address":"a@tea.example","imap":{"host":"a b"},"smtp":{"host":"h.example"}}`: 422, `{"address":"a@tea.example","imap":{"port":70000}}`: 400, `{"imap":"x"}`: 400} {
		s.problem(body, s.call("POST", "/mailboxes", s.alice, body), want, "")
	}
	var test MailboxTest
	if s.into(&test, "POST", path+"/test", s.alice, "{}"); !test.OK || len(test.Errors) != 0 {
		t.Errorf("tested %+v", test)
	}
	s.checking = desk.Invalid("imap.password", "fault.password_wrong")
	if s.into(&test, "POST", path+"/test", s.alice, "{}"); test.OK || len(test.Errors) != 1 || test.Errors[0].Location != "body.imap.password" {
		t.Errorf("tested %+v", test)
	}
	s.problem("a widget is no mailbox", s.call("GET", "/mailboxes/"+s.widget.ID.String(), s.alice, ""), 404, "")
	s.into(nil, "DELETE", path, s.alice, "")
	s.problem("a deleted one", s.call("GET", path, s.alice, ""), 404, "")
}

func TestWidgets(t *testing.T) {
	s := openShop(t, Limits{})
	var w Widget
	s.into(&w, "POST", "/widgets", s.alice, `{"name":"Blog","sites":["https://blog.example/"],"color":"#0a7f5a","team_id":"`+s.team.ID.String()+`"}`)
	if w.Name != "Blog" || !w.Enabled || !w.LeaveQueue || w.Position != "right" || len(w.Sites) != 1 || w.Sites[0] != "https://blog.example" || w.TeamID == nil {
		t.Errorf("created %+v", w)
	}
	if box, err := s.InboxByPublicID(t.Context(), desk.System, w.ID); err != nil || box.TeamID != s.team.ID {
		t.Errorf("the snippet's id finds %+v, %v", box, err)
	}
	s.into(&w, "PATCH", "/widgets/"+w.ID, s.alice, `{"greeting":"你好","team_id":null,"position":"left","enabled":false,"leave_queue":false,"show_typing":true,"menu":[{"text":"Orders","texts":{"zh-CN":"订单"},"team_id":"`+s.team.ID.String()+`"},{"text":"Else"}]}`)
	if m := w.Menu; !w.ShowTyping || w.LeaveQueue || len(m) != 2 || m[0].TeamID != s.team.ID.String() || m[0].Texts["zh-CN"] != "订单" || m[1].TeamID != "" || w.Greeting != "你好" || w.TeamID != nil || w.Position != "left" || w.Enabled || w.Color != "#0a7f5a" || w.Name != "Blog" {
		t.Errorf("changed to %+v", w)
	}
	var list rest.Items[Widget]
	if s.into(&list, "GET", "/widgets", s.alice, ""); len(list.Items) != 2 {
		t.Errorf("widgets %+v", list.Items)
	}
	for body, want := range map[string]int{`{}`: 422, `{"name":"X","sites":["javascript:"]}`: 422, `{"name":"X","color":"red"}`: 422, `{"name":"X","team_id":"99"}`: 422, `{"name":"X","menu":[{"text":"x","team_id":"99"}]}`: 422, `{"name":"X","menu":[{"text":"x","team_id":"x"}]}`: 400, `{"name":"X","position":"top"}`: 400, `{"name":7}`: 400} {
		s.problem(body, s.call("POST", "/widgets", s.alice, body), want, "")
	}
	for _, c := range [][2]string{{"GET", ""}, {"POST", ""}, {"GET", "/" + w.ID}, {"PATCH", "/" + w.ID}, {"DELETE", "/" + w.ID}} {
		s.problem("Bo: "+c[0]+" widgets"+c[1], s.call(c[0], "/widgets"+c[1], s.bo, `{"name":"X"}`), 403, "")
	}
	s.problem("a mailbox is no widget", s.call("GET", "/widgets/"+s.mailbox.PublicID, s.alice, ""), 404, "")
	s.into(nil, "DELETE", "/widgets/"+w.ID, s.alice, "")
	s.problem("a deleted one", s.call("GET", "/widgets/"+w.ID, s.alice, ""), 404, "")
}

func TestFiles(t *testing.T) {
	s := openShop(t, Limits{})
	var b bytes.Buffer
	must(t, png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 50, 20))))
	var f wire.File
	a := s.upload(s.mei, "leaf.png", b.Bytes())
	must(t, json.Unmarshal(a.body, &f))
	if a.StatusCode != 201 || f.Width != 50 || f.URL != "/api/v1/files/"+f.ID {
		t.Errorf("kept %s %s", a.Status, a.body)
	}
	path := strings.TrimPrefix(f.URL, prefix)
	s.problem("another's upload", s.call("GET", path, s.bo, ""), 404, "")
	id := s.says("hi", s.team.ID).ConversationID.String()
	s.into(nil, "POST", "/conversations/"+id+"/join", s.mei, "")
	var m wire.Message
	s.into(&m, "POST", "/conversations/"+id+"/messages", s.mei, `{"file_ids":["`+f.ID+`"]}`)
	if m.Kind != "image" || len(m.Files) != 1 {
		t.Errorf("sent %+v", m)
	}
	if got := s.call("GET", path, s.mei, ""); got.StatusCode != 200 || got.Header.Get("Content-Type") != "image/png" {
		t.Errorf("the file: %s", got.Status)
	}
	s.problem("another team's file", s.call("GET", path, s.bo, ""), 404, "")
	s.problem("a forbidden ending", s.upload(s.mei, "a.ExE", []byte("x")), 422, "")
	s.problem("no form", s.call("POST", "/files", s.mei, "{}"), http.StatusUnsupportedMediaType, "")
}

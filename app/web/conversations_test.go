package web_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

func TestConversation(t *testing.T) {
	s := apptest.Open(t)
	lilei := s.Visitor("李雷")
	m := lilei.Say("你好，龙井到货了吗？")
	path := fmt.Sprintf("/conversations/%d", m.ConversationID)

	s.Bo.Get("/").LeadsTo("/conversations")
	s.Bo.Get("/conversations").Status(200).Has("#rows .row .who", "李雷").Has("#rows .row .last", "龙井").Has(".rail .dot", "1").Has("#talk h2", "No conversation is open")
	s.Bo.Get(path).Has("#messages .msg .text", "你好").Has("#head h1", "李雷").Has("#composer button", "Join").HasNot("#composer", "Whisper")
	s.Bo.PostPart(path+"/messages", "text", "too early").Status(http.StatusConflict).Has("body", "Join the conversation")

	// Joining, answering and whispering each answer with what is new, and the composer when it changed.
	news := s.Bo.PostPart(path+"/participation", "after", "1", "state", "x").Status(200)
	news.Has("li.event", "Bo joined").Has("#composer button", "Send").HasNot("li.msg", "你好")
	state := news.Attr(`#cursor input[name="state"]`, "value")
	after := news.Attr("#after", "value")
	news = s.Bo.PostPart(path+"/messages", "text", "到了！", "client_id", "c1", "after", after, "state", state)
	news.Has("li.msg.me .text", "到了").HasNot("#composer", "")
	if n := len(news.All("li")); n != 1 {
		t.Errorf("%d entries are new, want the answer alone", n)
	}
	s.Bo.PostPart(path+"/messages", "text", "到了！", "client_id", "c1", "after", "0", "state", state).Status(200)
	s.Bo.PostPart(path+"/messages", "text", "gift tins: 12 left", "internal", "true").Has("li.msg.whisper .text", "gift tins")
	page := s.Bo.Get(path).Has("#messages .msg.me", "到了").Has("#messages .msg.whisper", "gift tins").Has("#messages .event", "Bo joined")
	if n := len(page.All("#messages .msg.me")); n != 1 {
		t.Errorf("%d answers, want 1: the same client id makes no second message", n)
	}

	// What was read is not counted any more; what comes after is.
	s.Bo.Post(path+"/reading", "seq", "99").Status(http.StatusNoContent)
	s.Bo.Get("/conversations").HasNot("#rows .count", "1")
	lilei.Say("谢谢")
	s.Bo.Part(path+"/messages?after=5", "messages").Has("li.msg .text", "谢谢").HasNot("li.msg", "gift")

	s.Bo.PostPart(path+"/closure").Has("li.event", "Bo closed").Has("#composer", "is closed")
	s.Bo.Get("/conversations").HasNot("#rows .row", "李雷")
	s.Bo.Get("/conversations?view=closed").Has("#rows .row", "李雷")
	s.Bo.PostPart(path+"/reopening").Has("#composer button", "Send")
}

func TestPlainFormsWorkWithoutScripts(t *testing.T) {
	s := apptest.Open(t)
	m := s.Visitor("Maria").Say("Hello?")
	path := fmt.Sprintf("/conversations/%d", m.ConversationID)
	s.Bo.Post(path + "/participation").LeadsTo(path)
	s.Bo.Post(path+"/messages", "text", "Hello, Maria").LeadsTo(path)
	s.Bo.Get(path).Has("#messages .msg.me .text", "Hello, Maria")
	s.Bo.Post(path + "/closure").LeadsTo(path)
}

func TestAssignToAnotherTeamLeavesAnEmptyPane(t *testing.T) {
	s := apptest.Open(t)
	m := s.Visitor("Maria").Say("Hello?")
	path := fmt.Sprintf("/conversations/%d", m.ConversationID)
	s.Chen.Get(path).Status(404).HasNot("body", "Hello?")
	moved := s.Bo.PostPart(path+"/assignment", "team_id", s.Export.String())
	if moved.Status(http.StatusNoContent); !strings.Contains(moved.Header.Get("HX-Location"), `"/conversations"`) {
		t.Errorf("leads to %q", moved.Header.Get("HX-Location"))
	}
	s.Bo.Get(path).Status(404)
	s.Chen.Get(path).Status(200).Has("#messages .msg", "Hello?").Has("#composer button", "加入并回复")
}

func TestHistoryIsPaged(t *testing.T) {
	s := apptest.Open(t)
	maria := s.Visitor("Maria")
	var path string
	for i := range 60 {
		path = fmt.Sprintf("/conversations/%d", maria.Say(fmt.Sprintf("message %02d", i)).ConversationID)
	}
	page := s.Bo.Get(path)
	if n := len(page.All("#messages .msg")); n != 40 {
		t.Errorf("%d messages at first, want 40", n)
	}
	older := page.Attr("#messages .older", "data-hx-get")
	first := s.Bo.Part(older, "")
	if n := len(first.All("li.msg")); n != 20 {
		t.Errorf("%d messages before, want 20", n)
	}
	first.Has("li.msg", "message 00").HasNot("li.older", "")
}

func TestWhatCustomersWriteIsShownAsText(t *testing.T) {
	s := apptest.Open(t)
	evil := `<img src=x onerror=alert(1)> {{.}} "><script>alert(2)</script> https://ok.example/"onmouseover=1`
	m := s.Visitor(evil).Say(evil)
	for _, path := range []string{"/conversations", fmt.Sprintf("/conversations/%d", m.ConversationID), "/customers", "/palette?q=img"} {
		page := s.Alice.Get(path).Status(200)
		if strings.Contains(page.Body, "<img src=x") || strings.Contains(page.Body, "<script>alert") || strings.Contains(page.Body, `"onmouseover`) {
			t.Errorf("%s lets markup through", path)
		}
	}
}

func TestFiles(t *testing.T) {
	s := apptest.Open(t)
	m := s.Visitor("Maria").Say("Hello?")
	path := fmt.Sprintf("/conversations/%d", m.ConversationID)
	s.Bo.PostPart(path + "/participation")

	upload := s.Bo.Upload(`..\..\evil".html`, []byte("<script>alert(1)</script>")).Status(http.StatusCreated)
	var file struct{ ID, Name, URL string }
	s.Must(json.Unmarshal([]byte(upload.Body), &file))
	if file.Name != `evil".html` || file.URL != "/files/"+file.ID {
		t.Errorf("stored as %+v", file)
	}
	s.Chen.Get(file.URL).Status(404)
	s.Bo.PostPart(path+"/messages", "text", "", "file_ids", file.ID, "client_id", "f").Has("li.msg .file", `evil".html`)
	got := s.Bo.Get(file.URL).Status(200)
	h := got.Header
	if !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || h.Get("Content-Type") != "application/octet-stream" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("a page of somebody's is served as %q, %q", h.Get("Content-Type"), h.Get("Content-Disposition"))
	}
	s.Chen.Get(file.URL).Status(404)
	s.Browser().Get(file.URL).Status(http.StatusSeeOther)
	s.Bo.Upload("run.EXE", []byte("MZ")).Status(http.StatusUnprocessableEntity)
	s.Bo.Upload("big.bin", make([]byte, s.Desk.Limit.File+1)).Status(http.StatusRequestEntityTooLarge)
	// A form that is none, or is cut off, is the sender's fault and no error of ours.
	for _, body := range []string{strings.Repeat("a", 100_000), "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nhalf", "--cut\r\nContent-"} {
		s.Bo.Change = func(r *http.Request) {
			if r.Method == http.MethodPost {
				r.Body = io.NopCloser(strings.NewReader(body))
				r.Header.Set("Content-Type", "multipart/form-data; boundary=cut")
			}
		}
		s.Bo.Upload("a.txt", nil).Status(http.StatusUnprocessableEntity)
	}
}

func TestRecall(t *testing.T) {
	s := apptest.Open(t)
	m := s.Visitor("Maria").Say("Hello?")
	path := fmt.Sprintf("/conversations/%d", m.ConversationID)
	s.Bo.PostPart(path + "/participation")
	news := s.Bo.PostPart(path+"/messages", "text", "the wrong price", "after", "2")
	recall := news.Attr("li.msg .act form", "data-hx-post")
	s.Chen.PostPart(recall).Status(404)
	s.Bo.PostPart(recall).Has("li.msg.recalled .text", "taken back").HasNot("li", "price")
	s.Bo.Get(path).HasNot("body", "the wrong price")
}

// The list alone is drawn like the page's: with the numbers, and when they move though nothing happens.
func TestRowsAlone(t *testing.T) {
	s := apptest.Open(t)
	s.Visitor("Maria").Say("Hello?")
	rows := s.Bo.Part("/conversations/rows?view=unserved", "rows").Status(200).Has("#rows .row", "Maria")
	if in := rows.Attr("#rows", "data-moves"); len(in) < 5 || len(in) > 6 {
		t.Errorf("they move in %q ms, want about three minutes", in)
	}
	s.Bo.Part("/conversations/rows?view=overdue", "rows").Status(200).Has("#rows h2", "Nothing is overdue")
}

func TestInviteAColleague(t *testing.T) {
	s := apptest.Open(t)
	path := fmt.Sprintf("/conversations/%d", s.Visitor("Maria").Say("Hello?").ConversationID)
	s.Bo.PostPart(path + "/participation")
	s.Bo.Get(path).Has("#head form button", "陈晨")
	s.Bo.PostPart(path+"/participants", "agent_id", s.Chen.Agent.ID.String()).Has("li.event", "Bo invited 陈晨").Has("#head", "陈晨")
	s.Chen.Get(path).Status(200).Has("#messages .event", "Bo 邀请 陈晨 加入了会话").Has("#composer button", "发送")
	s.Bo.PostPart(path+"/participants", "agent_id", "999").Status(http.StatusUnprocessableEntity)
}

// A visitor who has gone and left an address gets mail, and the composer says so; one who is there, or left none, does not.
func TestTheComposerSaysWhenMailIsUsed(t *testing.T) {
	s := apptest.Open(t)
	li, maria := s.Visitor("Li"), s.Visitor("Maria")
	email, here := "maria@mail.example", false
	_, err := s.Desk.ChangeCustomer(t.Context(), desk.System, maria.ID, desk.CustomerChange{Email: &email})
	s.Must(err)
	s.Desk.Watching = func(desk.CustomerID, desk.InboxID) bool { return here }
	path := fmt.Sprintf("/conversations/%d", maria.Say("Hello?").ConversationID)
	other := fmt.Sprintf("/conversations/%d", li.Say("Hello?").ConversationID)
	s.Bo.PostPart(path + "/participation")
	s.Bo.PostPart(other + "/participation")
	said := "Customer is offline. Email fallback activated"
	s.Bo.Get(path).HasNot("#gone", said) // the mailbox is not in service
	box, err := desk.MailboxOf(s.Mailbox)
	s.Must(err)
	_, err = s.Desk.SaveInbox(t.Context(), desk.System, desk.SavedInbox{ID: s.Mailbox.ID, Channel: desk.Email, Name: "Support", Enabled: true, Settings: box})
	s.Must(err)
	s.Bo.Get(path).Has("#composer #gone", said)
	s.Bo.Get(other).HasNot("#gone", said)
	s.Bo.PostPart(path+"/messages", "text", "By mail, then", "after", "2").Has("#gone", said).Has("li.msg .foot", "Sending")
	here = true
	s.Bo.Part(path+"/messages?after=99", "").HasNot("#gone", said)
}

func TestListFiltersAndPins(t *testing.T) {
	s := apptest.Open(t)
	maria := s.Visitor("Maria").Say("Hello?")
	s.Visitor("Li Lei").Say("有人吗")
	path := fmt.Sprintf("/conversations/%d", maria.ConversationID)
	s.Bo.Get("/conversations").Has(".row", "Maria").Has(".filters select", "All teams").HasNot("#rows", "Pinned")
	s.Bo.PostPart(path+"/pin", "on", "true").Status(http.StatusNoContent)
	rows := s.Bo.Part("/conversations/rows", "rows")
	if got := rows.All(".row .who"); len(got) != 2 || !strings.Contains(got[0], "Maria") || !strings.Contains(got[0], "Pinned") {
		t.Errorf("the rows are %q", got)
	}
	s.Chen.Get("/conversations").HasNot("#rows", "Pinned")
	s.Bo.PostPart(path+"/pin", "on", "false").Status(http.StatusNoContent)
	if got := s.Bo.Part("/conversations/rows", "rows").All(".row .who"); !strings.Contains(got[0], "Li Lei") {
		t.Errorf("after unpinning %q", got)
	}
	s.Alice.Get("/conversations/rows?team_id="+s.Export.String()).HasNot("#rows", "Maria").Has("#rows h2", "No conversations match")
	s.Alice.Get("/conversations?team_id="+s.Sales.String()).Has(".filters option[selected]", "Sales").Has("#rows", "Li Lei").Has(".views", "2")
	s.Chen.PostPart(path+"/pin", "on", "true").Status(http.StatusNotFound)

	s.Bo.Get("/conversations").HasNot(".filters", "All channels") // one account of one channel: nothing to choose
	other, err := s.Desk.SaveInbox(t.Context(), s.Alice.Actor(), desk.SavedInbox{Channel: desk.Webchat, Name: "Wholesale page", Enabled: true, Settings: desk.Widget{}})
	if err != nil {
		t.Fatal(err)
	}
	s.Bo.Get("/conversations").Has(`.filters select[name="channel"]`, "All channels").Has(".filters option", "Wholesale page")
	s.Bo.Get("/conversations?channel=webchat").Has(".filters option[selected]", "Web").Has("#rows", "Maria").Has("#rows", "Li Lei")
	s.Bo.Get("/conversations?channel="+other.ID.String()).Has(".filters option[selected]", "Wholesale page").Has("#rows h2", "No conversations match")
	s.Bo.Get("/conversations/rows?channel=email").HasNot("#rows", "Maria")
	s.Bo.Get("/conversations/rows?channel=nonsense").Has("#rows", "Maria")
}

// Whoever opens a conversation or sees it in his list reads that the one who has it is away.
func TestAnAgentIsShownAway(t *testing.T) {
	s := apptest.Open(t)
	id := s.Visitor("Maria").Say("Hello?").ConversationID
	path := fmt.Sprintf("/conversations/%d", id)
	s.Bo.Post(path + "/participation")
	there := func(on bool) {
		t.Helper()
		if err := s.Desk.Connected(t.Context(), desk.System, s.Bo.Actor().Agent(), on); err != nil {
			t.Fatal(err)
		}
	}
	there(true)
	if got := s.Alice.Get(path).Attr(`#head summary[data-key="p"]`, "title"); !strings.HasSuffix(got, "· Bo") {
		t.Errorf("who is in it is told as %q", got)
	}
	s.Alice.Get(path).Has("#with", "Bo").HasNot("#with", "away").Has("#composer", "A colleague is replying").HasNot(".row .who", "away")
	there(false)
	s.Alice.Get(path).Has("#with", "Bo (away)").Has("#composer", "is away").Has(".row .who", "With Bo, who is away")
	s.Alice.Get(path+"/messages?after=99").Has("#with", "Bo (away)")
	s.Bo.Get(path).HasNot(".row .who", "away") // of himself he knows
}

// A chat that has just come is offered to those who may take it by themselves, and taken from the list or where it is told of. A team
// admin sees what his grab team has, and is not asked to grab.
func TestAChatIsOfferedAndTakenFromTheList(t *testing.T) {
	s := apptest.Open(t)
	team, err := s.Desk.SaveTeam(t.Context(), s.Alice.Actor(), desk.Team{Name: "Wholesale", Assignment: "grab", MemberIDs: []desk.AgentID{s.Alice.Agent.ID, s.Bo.Agent.ID, s.Chen.Agent.ID}, AdminIDs: []desk.AgentID{s.Chen.Agent.ID}})
	s.Must(err)
	for _, b := range []*apptest.Browser{s.Alice, s.Bo, s.Chen} {
		s.Must(s.Desk.Connected(t.Context(), desk.System, b.Agent.ID, true))
	}
	id := s.Visitor("Maria").Say("Hello?").ConversationID
	_, err = s.Desk.Assign(t.Context(), s.Alice.Actor(), id, team.ID, 0)
	s.Must(err)
	offered := func(b *apptest.Browser) string {
		t.Helper()
		var got struct{ Offered string }
		page := b.Get(fmt.Sprintf("/counts?offer=%d", id)).Status(http.StatusOK)
		s.Must(json.Unmarshal([]byte(page.Body), &got))
		return got.Offered
	}
	for b, want := range map[*apptest.Browser]string{s.Alice: "", s.Bo: "Maria", s.Chen: ""} {
		if got := offered(b); got != want {
			t.Errorf("%s is offered %q, want %q", b.Agent.Name, got, want)
		}
	}
	_, err = s.Desk.SetPresence(t.Context(), s.Bo.Actor(), s.Bo.Agent.ID, "busy")
	s.Must(err)
	if got := offered(s.Bo); got != "" {
		t.Errorf("Bo is busy and is offered %q", got)
	}
	path := fmt.Sprintf("/conversations/%d/participation", id)
	s.Bo.Get("/conversations").Has(".take button", "Join")
	taken := s.Bo.PostPart(path, "go", "true").Status(http.StatusNoContent)
	if to := taken.Header.Get("HX-Location"); !strings.Contains(to, fmt.Sprintf("/conversations/%d\"", id)) {
		t.Errorf("it leads to %q", to)
	}
	s.Bo.Get("/conversations").HasNot(".take button", "Join")
	if got := s.Chen.PostPart(path, "go", "true"); got.Code != http.StatusNoContent { // its team admin joins freely
		t.Errorf("a team admin: %d", got.Code)
	}
}

package webchat

import (
	"strings"
	"testing"

	"deskbell/app/desk"
	"deskbell/app/wire"
)

// A note is a ticket, linked to the chat, in nobody's queue; its answer comes back to the visitor, and to nobody else.
func TestNotes(t *testing.T) {
	s := openShop(t, Limits{})
	ctx := t.Context()
	token := s.session(`{}`).VisitorToken
	chat := s.conversation(s.send(token, `{"text":"hi"}`))
	note := `{"name":"李雷","phone":"13800138000","email":"li@mail.example","text":"` + strings.Repeat("茶", 2000) + `","client_id":"n1"}`
	var m wire.Message
	s.call("POST", "/notes", token, note).into(t, &m)
	if again := s.call("POST", "/notes", token, note); again.StatusCode != 200 {
		t.Errorf("the same note again: %s", again.Status)
	}
	list, _, err := s.Conversations(ctx, s.alice, desk.ConversationList{Kind: "ticket", Origin: "note", Limit: 10})
	must(t, err)
	if len(list) != 1 || list[0].LinkedID != chat || list[0].CustomerName != "李雷" || list[0].CustomerEmail != "li@mail.example" {
		t.Fatalf("tickets: %+v", list)
	}
	if n, err := s.Counts(ctx, s.alice, "chat"); err != nil || n.All != 1 {
		t.Errorf("%d chats, want the one (%v)", n.All, err)
	}
	left, err := s.NoteOf(ctx, s.alice, list[0].Ticket.ID)
	if err != nil || left == nil || left.Phone != "13800138000" {
		t.Errorf("the note's form: %+v %v", left, err)
	}
	st := s.listen(token, "")
	answer, err := s.Reply(ctx, s.bo, list[0].ID, desk.Draft{Text: "the answer"})
	must(t, err)
	if len(answer.Deliveries) != 0 {
		t.Error("a mail without a mailbox")
	}
	for m := st.message(); m.Text != "the answer"; m = st.message() {
	}
	if h := s.call("GET", "/messages", token, ""); !strings.Contains(string(h.body), "the answer") {
		t.Error("the answer is not in the history")
	}
	other := s.session(`{}`).VisitorToken
	if h := s.call("GET", "/messages", other, ""); strings.Contains(string(h.body), "the answer") {
		t.Error("another visitor reads it")
	}
	box, err := s.SaveInbox(ctx, s.alice, desk.SavedInbox{Channel: desk.Email, Name: "Support", Enabled: true, Settings: desk.Mailbox{Address: "support@tea.example"}})
	must(t, err)
	answer, err = s.Reply(ctx, s.bo, list[0].ID, desk.Draft{Text: "once more"})
	must(t, err)
	if len(answer.Deliveries) != 1 || answer.Deliveries[0].InboxID != box.ID || answer.Deliveries[0].Recipient != "li@mail.example" {
		t.Errorf("by mail: %+v", answer.Deliveries)
	}
	due, _, err := s.DueDeliveries(ctx, desk.System, box.ID, 10)
	if err != nil || len(due) != 1 {
		t.Errorf("the mailbox has %d to send (%v)", len(due), err)
	}
}

// Who has left notes alone has no chat to rate.
func TestNotesAloneAreNotRated(t *testing.T) {
	s := openShop(t, Limits{})
	survey, err := s.Survey(t.Context(), s.alice)
	must(t, err)
	survey.Button = true
	must(t, s.ChangeSurvey(t.Context(), s.alice, survey))
	token := s.session(`{}`).VisitorToken
	again := func() Ratings { return s.session(`{"visitor_token":"` + token + `"}`).Rating }
	if r := again(); !r.Button || r.Chat {
		t.Errorf("before he says anything: %+v", r)
	}
	s.call("POST", "/notes", token, `{"name":"Li","phone":"13800138000","text":"call me"}`).into(t, &wire.Message{})
	if r := again(); r.Chat {
		t.Errorf("after a note: %+v", r)
	}
	chat := s.conversation(s.send(token, `{"text":"hi"}`))
	if r := again(); !r.Chat {
		t.Errorf("while a chat goes on: %+v", r)
	}
	_, err = s.CloseConversation(t.Context(), s.alice, chat)
	must(t, err)
	if r := again(); !r.Chat {
		t.Errorf("after it: %+v", r)
	}
}

func TestNoteFaults(t *testing.T) {
	s := openShop(t, Limits{})
	token := s.session(`{}`).VisitorToken
	for what, body := range map[string]string{
		"no name":       `{"name":" ","phone":"13800138000","text":"x"}`,
		"a long name":   `{"name":"` + strings.Repeat("a", 141) + `","phone":"13800138000","text":"x"}`,
		"no phone":      `{"name":"a","phone":"","text":"x"}`,
		"a wrong phone": `{"name":"a","phone":"12800138000","text":"x"}`,
		"a wrong mail":  `{"name":"a","phone":"13800138000","email":"nobody","text":"x"}`,
		"no text":       `{"name":"a","phone":"13800138000","text":"  "}`,
		"a long text":   `{"name":"a","phone":"13800138000","text":"` + strings.Repeat("a", 2001) + `"}`,
		"no such file":  `{"name":"a","phone":"13800138000","text":"x","file_ids":["nope"]}`,
	} {
		if a := s.call("POST", "/notes", token, body); a.StatusCode != 422 && a.StatusCode != 404 {
			t.Errorf("%s: %s %s", what, a.Status, a.body)
		}
	}
	s.call("POST", "/notes", token, `{"name":"a","phone":"+44 20 7946 0000","text":"overseas"}`).into(t, &wire.Message{})
	list, _, err := s.Conversations(t.Context(), s.alice, desk.ConversationList{Kind: "ticket", Limit: 10})
	if err != nil || len(list) != 1 {
		t.Errorf("%d tickets, want the good one (%v)", len(list), err)
	}
	sorted := s.inbox("Sorted", desk.Widget{Categories: []string{"Tea", "Cups"}})
	token = s.session(`{"widget_id":"` + sorted.PublicID + `"}`).VisitorToken
	s.problem("a category that is none", s.call("POST", "/notes", token, `{"name":"a","phone":"13800138000","text":"x","category":"Pots"}`), 422, "")
	s.call("POST", "/notes", token, `{"name":"a","phone":"13800138000","text":"x","category":"Tea"}`).into(t, &wire.Message{})
	off := s.inbox("Off", desk.Widget{HideNote: true})
	token = s.session(`{"widget_id":"` + off.PublicID + `"}`).VisitorToken
	s.problem("switched off", s.call("POST", "/notes", token, `{"name":"a","phone":"13800138000","text":"x"}`), 409, "")
}

// A note may be spoken: a file is enough, and gives the ticket its subject. A phone that is missing is asked for, not called wrong.
func TestASpokenNote(t *testing.T) {
	s := openShop(t, Limits{})
	token := s.session(`{}`).VisitorToken
	var f wire.File
	s.upload(token, "Voice 1.weba", []byte("\x1aE\xdf\xa3spoken")).into(t, &f)
	note := `{"name":"Li","phone":"13800138000","text":"","file_ids":["` + f.ID + `"],"client_id":"n1"}`
	s.call("POST", "/notes", token, note).into(t, &wire.Message{})
	if again := s.call("POST", "/notes", token, note); again.StatusCode != 200 {
		t.Errorf("the same note again: %s", again.Status)
	}
	list, _, err := s.Conversations(t.Context(), s.alice, desk.ConversationList{Kind: "ticket", Origin: "note", Limit: 10})
	must(t, err)
	if len(list) != 1 || list[0].Ticket.Subject != "Voice 1.weba" {
		t.Errorf("tickets: %+v", list)
	}
	other := s.session(`{}`).VisitorToken
	if a := s.call("POST", "/notes", other, strings.Replace(note, "n1", "n2", 1)); a.StatusCode != 422 {
		t.Errorf("with a file of somebody else's: %s", a.Status)
	}
	if a := s.call("POST", "/notes", token, `{"name":"Li","phone":" ","text":"x"}`); a.StatusCode != 422 || !strings.Contains(string(a.body), "fault.needed") {
		t.Errorf("without a phone: %s %s", a.Status, a.body)
	}
}

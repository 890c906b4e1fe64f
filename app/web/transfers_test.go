package web_test

import (
	"net/http"
	"testing"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

func TestATransferIsAsked(t *testing.T) {
	s := apptest.Open(t)
	m := s.Visitor("Maria").Say("Where is it?")
	path := "/conversations/" + m.ConversationID.String()
	_, err := s.Desk.Join(t.Context(), s.Bo.Actor(), m.ConversationID)
	s.Must(err)
	chen := s.Chen.Agent.ID.String()
	s.Bo.PostPart(path+"/transfer", "agent_id", chen, "ask", "true").Status(http.StatusConflict).Has("body", "Nobody in 陈晨 is online")
	s.Must(s.Desk.Connected(t.Context(), desk.System, s.Chen.Agent.ID, true))
	s.Bo.PostPart(path+"/transfer", "agent_id", chen, "ask", "true", "note", "<i>Hungarian</i>").Status(http.StatusOK).Has("#head .asked", "Waiting for 陈晨").Has("li.event", "Bo asks 陈晨 to take over")
	s.Chen.Get(path).Status(http.StatusNotFound)
	s.Chen.Get("/tickets").Has(".request b", "Maria").Has(".request .note", "<i>Hungarian</i>").Has(".request", "Where is it?")
	s.Chen.Part("/transfers", "requests").Has(".request button", "接受")
	s.Alice.PostPart("/transfers/1/acceptance").Status(http.StatusNotFound)
	s.Chen.PostPart("/transfers/1/refusal").Status(http.StatusOK).HasNot(".request b", "Maria")
	s.Chen.Post("/transfers/1/acceptance").LeadsTo("/conversations")
	s.Bo.Get(path).Has("li.event", "陈晨 refused").HasNot("#head .asked", "Waiting")
	s.Bo.PostPart(path+"/transfer", "agent_id", chen, "ask", "true")
	s.Bo.PostPart("/transfers/2/withdrawal").Status(http.StatusOK).HasNot("#head .asked", "Waiting")
	s.Chen.PostPart("/transfers/2/acceptance").Status(http.StatusConflict)
	s.Bo.PostPart(path+"/transfer", "agent_id", chen, "ask", "true")
	s.Chen.Post("/transfers/3/acceptance").LeadsTo(path)
	s.Chen.Get(path).Status(http.StatusOK).Has("li.event", "陈晨")
	// The switch makes every transfer one that is asked.
	s.Alice.Post("/admin/handling", "soon_after", "3", "overdue_after", "5", "confirm_transfers", "true").LeadsTo("/admin/handling")
	s.Must(s.Desk.Connected(t.Context(), desk.System, s.Bo.Agent.ID, true))
	s.Chen.PostPart(path+"/assignment", "assignee_id", s.Bo.Agent.ID.String()).Status(http.StatusOK).Has("#head .asked", "Bo")
}

// Who comes too late gets a sentence and how things are, with or without scripts.
func TestALostRace(t *testing.T) {
	s := apptest.Open(t)
	m := s.Visitor("Maria").Say("Hello?")
	path := "/conversations/" + m.ConversationID.String()
	_, err := s.Desk.CloseConversation(t.Context(), s.Alice.Actor(), m.ConversationID)
	s.Must(err)
	s.Bo.Post(path + "/participation").LeadsTo(path)
	got := s.Bo.PostPart(path + "/participation").Status(http.StatusConflict)
	if trigger := got.Header.Get("HX-Trigger"); trigger == "" {
		t.Error("the page is not told to look again")
	}
	got.Has("body", "closed")
}

func TestATranscriptIsMailed(t *testing.T) {
	s := apptest.Open(t)
	m := s.Visitor("Maria").Say("Hello?")
	path := "/conversations/" + m.ConversationID.String()
	s.Bo.PostPart(path+"/transcript", "to", "maria@example.test").Status(http.StatusConflict).Has("body", "mailbox")
	s.Must(s.Desk.Write(t.Context(), desk.System, func(tx *desk.Tx) error {
		_, err := tx.Exec("update inboxes set enabled = 1 where id = ?", s.Mailbox.ID)
		return err
	}))
	s.Bo.PostPart(path+"/transcript", "to", "nobody").Status(http.StatusUnprocessableEntity)
	s.Bo.PostPart(path+"/transcript", "to", "maria@example.test").Status(http.StatusOK).Has("li.event", "Bo emailed the transcript to maria@example.test")
	s.Chen.PostPart(path+"/transcript", "to", "chen@home.test").Status(http.StatusNotFound)
}

func TestACustomerIsCalledBack(t *testing.T) {
	s := apptest.Open(t)
	v := s.Visitor("Maria")
	m := v.Say("Hello?")
	path := "/customers/" + v.ID.String() + "/callback"
	s.Bo.Post(path).LeadsTo("/conversations") // with a sentence: the customer has an open one
	_, err := s.Desk.CloseConversation(t.Context(), s.Alice.Actor(), m.ConversationID)
	s.Must(err)
	s.Bo.Get("/conversations/"+m.ConversationID.String()).Has("#composer button", "Call back")
	s.Bo.Post(path).LeadsTo("/conversations/" + (m.ConversationID + 1).String())
	s.Bo.Get("/conversations/"+(m.ConversationID+1).String()).Has("li.event", "Bo called back").Has("#composer button", "Send")
}

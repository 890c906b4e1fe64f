package web_test

import (
	"net/http"
	"testing"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

func TestCheatSheet(t *testing.T) {
	s := apptest.Open(t)
	m := s.Visitor("Maria").Say("Can I bring it back?")
	talk, sheet := "/conversations/"+m.ConversationID.String(), "/teams/"+s.Sales.String()+"/cheat-sheet"
	_, err := s.Desk.Assign(t.Context(), s.Alice.Actor(), m.ConversationID, s.Sales, 0)
	s.Must(err)
	s.Bo.Get(talk).Has("#cheat-sheet[hidden]", "")
	s.Bo.Get(sheet).Status(http.StatusOK).Has(".empty", "No cheat sheet yet").HasNot("textarea", "")
	s.Bo.Post(sheet, "text", "mine").Status(http.StatusForbidden)
	s.Chen.Get(sheet).Status(http.StatusNotFound)
	s.Alice.Get(talk).Has("#cheat-sheet a", "Write a cheat sheet for")
	s.Alice.Get("/admin/teams/"+s.Sales.String()).Has(`a[href="`+sheet+`?back=/admin/teams/`+s.Sales.String()+`"]`, "Cheat sheet")

	// A team admin, who has no business in admin mode, writes it.
	team, err := s.Desk.Team(t.Context(), s.Alice.Actor(), s.Sales)
	s.Must(err)
	team.AdminIDs = []desk.AgentID{s.Bo.Agent.ID}
	_, err = s.Desk.SaveTeam(t.Context(), s.Alice.Actor(), *team)
	s.Must(err)
	was := s.Alice.Get(sheet).Attr(`input[name="was"]`, "value")
	s.Bo.Post(sheet, "text", "# Returns\n- within **30** days <b>\n- https://tea.example/returns", "was", "0", "back", talk).LeadsTo(sheet + "?back=" + "%2Fconversations%2F" + m.ConversationID.String())
	s.Bo.Get(talk).Has("#cheat-sheet details h3", "Returns").Has("#cheat-sheet li", "within 30 days <b>").Has(`#cheat-sheet a[href="https://tea.example/returns"]`, "").Has("#cheat-sheet a", "Edit")
	page := s.Alice.Post(sheet, "text", "Alice's", "was", was, "back", "//evil.example").Status(http.StatusConflict).Has(".notice.bad", "Bo has changed").Has("textarea", "Alice's").Has(".sheet-text li", "within 30 days")
	s.Alice.Post(sheet, "text", "Alice's", "was", page.Attr(`input[name="was"]`, "value"), "back", "//evil.example").LeadsTo(sheet)
	s.Alice.Get("/admin/audit?kind=people").Has("td", "Changed a cheat sheet")
	s.Chen.Get("/admin/audit").Status(http.StatusForbidden)

	// It goes where the conversation goes.
	_, err = s.Desk.Join(t.Context(), s.Bo.Actor(), m.ConversationID)
	s.Must(err)
	s.Bo.Part(talk+"/messages?after=0&state=old", "messages").Has("#cheat-sheet p", "Alice's")
	_, err = s.Desk.Transfer(t.Context(), s.Alice.Actor(), m.ConversationID, desk.Handover{TeamID: s.Export})
	s.Must(err)
	s.Chen.Get(talk).Has("#cheat-sheet[hidden]", "").HasNot("#cheat-sheet", "Alice's")
	ticket := s.Mail("mei@example.test", "Cup", "It is broken", "")
	_, err = s.Desk.Assign(t.Context(), s.Alice.Actor(), ticket.ID, s.Sales, 0)
	s.Must(err)
	s.Bo.Get("/tickets/"+ticket.Ticket.ID.String()).Has("#cheat-sheet p", "Alice's")
}

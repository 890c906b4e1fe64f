package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

// rules is the routing form as a browser sends it, with what is to be different.
func rules(s *apptest.Shop, differ ...string) []string {
	form := []string{"order_0", "entry", "order_1", "inbox", "order_2", "channel", "channel_webchat", "0", "channel_webchat_hours", "0",
		"channel_email", "0", "channel_email_hours", "0", "default_team_id", "0", "queue_limit", "0", "queue_sentence", "", "grace", "20"}
	inboxes, err := s.Desk.Inboxes(s.T.Context(), desk.System, "")
	s.Must(err)
	for _, in := range inboxes {
		form = append(form, "inbox_"+in.ID.String()+"_hours", "0")
		if in.ID != s.Widget.ID {
			form = append(form, "inbox_"+in.ID.String(), in.TeamID.String())
		}
	}
	return append(differ, form...) // the first of a name counts
}

func TestRoutingPage(t *testing.T) {
	s := apptest.Open(t)
	m := s.Visitor("李雷").Say("你好")
	team, err := s.Desk.SaveTeam(t.Context(), s.Alice.Actor(), desk.Team{Name: "Night", Assignment: "auto"})
	s.Must(err)
	s.Alice.Get("/admin/routing").Status(200).Has("form", "Default team").Has("select option", "Night").HasNot("#tried", "")
	inbox := fmt.Sprint("inbox_", s.Widget.ID)

	// Tried, not stored: the page keeps what was chosen, the desk does not.
	tried := s.Alice.Post("/admin/routing", rules(s, inbox, team.ID.String(), "try", "true")...).Status(200)
	tried.Has("#tried tbody tr", "李雷").Has("#tried tbody b", "Night").Has("#tried .lead", "1 conversation would")
	bound, err := s.Desk.AccountBindings(t.Context(), s.Alice.Actor())
	s.Must(err)
	if bound[s.Widget.ID].TeamID == team.ID {
		t.Error("a trial was stored")
	}

	s.Alice.Post("/admin/routing", rules(s, "order_0", "channel")...).Status(http.StatusUnprocessableEntity).Has(".fault", "each of the three once")
	s.Alice.Post("/admin/routing", rules(s, "queue_limit", "many")...).Status(http.StatusUnprocessableEntity).Has(".field.wrong .fault", "0 to 100,000")
	s.Alice.Post("/admin/routing", rules(s, inbox, team.ID.String(), inbox+"_off", "0")...).LeadsTo("/admin/routing")
	bound, err = s.Desk.AccountBindings(t.Context(), s.Alice.Actor())
	s.Must(err)
	if bound[s.Widget.ID] != (desk.Binding{TeamID: team.ID, Split: true}) {
		t.Errorf("stored %+v", bound[s.Widget.ID])
	}

	// Why it went where it went stands in its timeline, for agents.
	next := s.Visitor("Maria").Say("Hello?")
	if next.ConversationID == m.ConversationID {
		t.Fatal("two visitors share a conversation")
	}
	s.Alice.Get(fmt.Sprintf("/conversations/%d", next.ConversationID)).Has("li.event", "Waiting in Night: nobody is online · by channel account · within work hours")
}

func TestHoursPage(t *testing.T) {
	s := apptest.Open(t)
	s.Alice.Get("/admin/hours").Status(200).Has("tbody tr", "Default").Has("tbody .tag", "Open now")
	form := []string{"name", "Office", "time_zone", "Asia/Shanghai", "week_1", "9:00 – 12:00，13：00-18:00", "week_5", "22:00-06:00", "days", "2026-10-01 国庆节\n2026/10/10 09:00-17:00 调休"}
	s.Alice.Post("/admin/hours/new", form...).LeadsTo("/admin/hours")
	list, err := s.Desk.Schedules(t.Context(), s.Alice.Actor())
	s.Must(err)
	path := "/admin/hours/" + list[len(list)-1].ID.String()
	page := s.Alice.Get(path).Status(200).Has("textarea", "2026-10-01 国庆节").Has("textarea", "2026-10-10 09:00-17:00 调休")
	if got := page.Attr("#f-week_1", "value"); got != "09:00-12:00, 13:00-18:00" {
		t.Errorf("Monday is %q", got)
	}
	again := s.Alice.Post(path, "name", "Office", "time_zone", "", "week_3", "nine to five", "days", "tomorrow").Status(http.StatusUnprocessableEntity)
	again.Has(".field.wrong .fault", "Write times like").Has(".field.wrong .fault", "“tomorrow” is not a date")
	if got := again.Attr("#f-week_3", "value"); got != "nine to five" {
		t.Errorf("what was written is now %q", got)
	}
	s.Alice.Post("/admin/hours/0", "week_0", "00:00-24:00").LeadsTo("/admin/hours") // the default has no name to give
	s.Alice.Post(path + "/deletion").LeadsTo("/admin/hours")
	s.Alice.Get(path).Status(404)
	s.Bo.Get("/admin/hours").Status(403)
}

func TestTeamPage(t *testing.T) {
	s := apptest.Open(t)
	bo, chen := s.Bo.Agent.ID, s.Chen.Agent.ID
	s.Alice.Post("/admin/teams/new", "name", "Night", "assignment", "grab", "member_ids", bo.String(), "admin_ids", chen.String(), "schedule_id", "0",
		"greeting", "Good evening", "overflow", "true", "overflow_over", "3", "overflow_team_id", s.Sales.String(), "overflow_notice", "true").LeadsTo("/admin/teams")
	s.Alice.Get("/admin/teams").Has("tbody tr", "Grab")
	teams, err := s.Desk.Teams(t.Context(), desk.System)
	s.Must(err)
	for _, team := range teams {
		if team.Name != "Night" {
			continue
		}
		if fmt.Sprint(team.MemberIDs, team.AdminIDs, team.Overflow, team.OverflowOver, team.OverflowTeamID, team.Greeting) !=
			fmt.Sprint([]desk.AgentID{bo, chen}, []desk.AgentID{chen}, true, 3, s.Sales, "Good evening") {
			t.Errorf("stored %+v", team)
		}
		s.Alice.Post("/admin/teams/"+team.ID.String(), "name", "Night", "overflow_team_id", team.ID.String()).Status(http.StatusUnprocessableEntity).Has(".field.wrong .fault", "team")
		return
	}
	t.Error("the team was not stored")
}

func TestQueuePage(t *testing.T) {
	s := apptest.Open(t)
	s.Bo.Get("/queue").Status(200).Has(".empty", "Nobody is waiting").Has(".lead", "at most 10")
	m := s.Visitor("李雷").Say("你好")
	s.Visitor("Maria").Say("Hello?")
	s.Bo.Get("/queue").Has("tbody tr", "李雷").Has("tbody tr", "Maria").HasNot("tbody .pop", "")
	s.Bo.Get("/queue?vip=true").HasNot("tbody tr", "").Has(".empty", "fewer filters")
	s.Bo.Get("/queue?q="+url.QueryEscape("李雷")).Has("tbody tr", "李雷").HasNot("tbody tr", "Maria")
	s.Alice.Get("/queue").Has("tbody .pop button", "Close")
	path := fmt.Sprintf("/conversations/%d", m.ConversationID)
	s.Alice.Post(path+"/assignment", "assignee_id", s.Bo.Agent.ID.String(), "back", "queue").LeadsTo("/queue")
	s.Bo.Part("/queue/rows", "queue-rows").Status(200).HasNot("tbody tr", "李雷").Has("tbody tr", "Maria")
	s.Bo.Post("/profile/capacity", "capacity", "3").Status(403)
	s.Must(s.Desk.SaveRouting(t.Context(), s.Alice.Actor(), desk.Routing{Order: desk.Bindings, OwnCapacity: true}, nil))
	s.Bo.Post("/profile/capacity", "capacity", "101").Status(http.StatusUnprocessableEntity).Has(".field.wrong .fault", "100")
	s.Bo.Post("/profile/capacity", "capacity", "3").LeadsTo("/queue")
	s.Bo.Get("/queue").Has(".lead", "You have 1 of at most 3")
}

func TestAdminChangesPresence(t *testing.T) {
	s := apptest.Open(t)
	path := "/admin/agents/" + s.Bo.Agent.ID.String()
	s.Alice.Get(path).HasNot("#f-presence", "")
	form := []string{"email", s.Bo.Agent.Email, "name", "Bo", "role", "agent", "capacity", "4", "enabled", "true", "team_ids", s.Sales.String()}
	s.Alice.Post(path, append(form, "presence", "online")...).Status(http.StatusConflict)
	s.Must(s.Desk.Connected(t.Context(), desk.System, s.Bo.Agent.ID, true))
	s.Alice.Get(path).Has("#f-presence option", "Away")
	s.Alice.Post(path, append(form, "presence", "away")...).LeadsTo("/admin/agents")
	a, err := s.Desk.Agent(t.Context(), desk.System, s.Bo.Agent.ID)
	s.Must(err)
	if a.Presence != "away" || a.Capacity != 4 {
		t.Errorf("afterwards %s with %d", a.Presence, a.Capacity)
	}
}

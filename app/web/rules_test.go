package web_test

import (
	"testing"
	"time"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

// An admin makes a rule, tries it before, and the desk follows it by itself.
func TestRulesInTheBrowser(t *testing.T) {
	s := apptest.Open(t)
	priority := func(c *desk.Conversation) string {
		now, err := s.Desk.Conversation(t.Context(), desk.System, c.ID)
		s.Must(err)
		return now.Ticket.Priority
	}
	s.Alice.Get("/admin/rules").Status(200).Has(".empty", "No rules yet")
	s.Alice.Get("/admin/rules/new").Status(200)
	old := s.Mail("jane@partner.example", "Invoice 17", "Please send it again.", "")
	s.Alice.Post("/admin/rules/new", "name", "", "happens", "created").Status(422).Has(".fault", "name").Has(".notice.bad", "Choose at least one action")
	fields := []string{"name", "Partners", "happens", "created", "kind", "ticket", "from", "@partner.example", "then_priority", "high", "note", "A partner", "enabled", "true"}
	tried := s.Alice.Post("/admin/rules/new", append(fields, "try", "1")...).Status(200).Has("#tried", "1 conversation matches.").Has("#tried a", "Invoice 17")
	tried.Has("#f-name", "")
	if got := priority(old); got != "normal" {
		t.Errorf("the trial changed the ticket: %s", got)
	}
	s.Alice.Post("/admin/rules/new", fields...).LeadsTo("/admin/rules")
	c := s.Mail("jane@partner.example", "Invoice 18", "And this one.", "")
	other := s.Mail("jane@else.example", "Invoice 19", "And this one.", "")
	for deadline := time.Now().Add(time.Minute); priority(c) != "high"; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the rule was not followed")
		}
	}
	s.Bo.Get("/tickets/"+c.Ticket.ID.String()).Has(".event", "Rule “Partners” was applied")
	if got := priority(other); got != "normal" {
		t.Errorf("another's ticket: %s", got)
	}
	s.Alice.Get("/admin/rules").Has("td", "1 time")
	s.Bo.Get("/admin/rules").Status(403)
	s.Bo.Post("/admin/rules/new", fields...).Status(403)
	// What it asks of the company's own is shown again.
	s.Alice.Post("/admin/fields/new", "name", "Tea", "kind", "tree", "options", "Green / Longjing\nBlack", "position", "1").LeadsTo("/admin/fields")
	s.Alice.Post("/admin/statuses/new", "name", "In repair", "kind", "pending", "position", "1").LeadsTo("/admin/statuses")
	s.Alice.Post("/admin/rules/1", append(fields, "asks_1", "Green", "statuses", "open", "statuses", "1", "channel", "email", "vip", "no", "origins", "mail", "then_status", "1", "field_id", "1", "value", "Black")...).LeadsTo("/admin/rules")
	page := s.Alice.Get("/admin/rules/1").Has(`[name="asks_1"] option[selected]`, "Green").Has(`[name="channel"] option[selected]`, "Mail").Has(`[name="then_status"] option[selected]`, "In repair").Has(`[name="field_id"] option[selected]`, "Tea")
	page.Has(`[name="statuses"][value="1"][checked]`, "").Has(`[name="statuses"][value="open"][checked]`, "").Has(`[name="origins"][value="mail"][checked]`, "").Has(`[name="vip"] option[selected]`, "no").Has(`[name="value"][value="Black"]`, "")
	s.Alice.Post("/admin/rules/1", append(fields, "field_id", "1", "value", "Coffee")...).Status(422).Has(".fault", "Choose one from the list")
	// The form shows the parts that are used, and how long a rule waits in the unit that says it best.
	s.Alice.Post("/admin/rules/new", "name", "Silent", "happens", "silent", "minutes", "2", "unit", "1440", "then_priority", "low").LeadsTo("/admin/rules")
	s.Alice.Get("/admin/rules").Has("td", "2 days")
	page = s.Alice.Get("/admin/rules/2").Has(`[name="minutes"][value="2"]`, "").Has(`[name="unit"] option[selected]`, "days").Has(".part.set label", "Set priority")
	page.HasNot(`.part.set [name="kind"]`, "")
	s.Alice.Post("/admin/rules/2", "name", "Silent", "happens", "silent", "minutes", "2", "unit", "7", "then_priority", "low").Status(422).Has(".fault", "1")
	s.Alice.Post("/admin/rules/1/deletion").LeadsTo("/admin/rules")
	s.Alice.Get("/admin/rules/1").Status(404)
}

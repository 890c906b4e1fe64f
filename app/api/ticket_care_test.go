package api

import (
	"testing"

	"deskbell/app/desk"
	"deskbell/app/wire"
)

func TestTicketCare(t *testing.T) {
	s := openShop(t, Limits{})
	s.mails("an order", "")
	s.mails("the order again", "")
	var a, b wire.Ticket
	s.into(&b, "POST", "/tickets/1/merge", s.mei, `{"into":"2"}`)
	s.into(&a, "GET", "/tickets/1", s.mei, "")
	if b.ID != "2" || a.MergedInto == nil || *a.MergedInto != "2" || a.Status != "closed" {
		t.Errorf("merged: %+v into %+v", a, b)
	}
	s.problem("merged twice", s.call("POST", "/tickets/1/merge", s.mei, `{"into":"2"}`), 409, "error.ticket_merged")
	s.problem("into none", s.call("POST", "/tickets/2/merge", s.mei, `{"into":"77"}`), 422, "")
	if s.into(&a, "DELETE", "/tickets/1/merge", s.mei, ""); a.MergedInto != nil || a.Status != "open" {
		t.Errorf("undone: %+v", a)
	}
	s.problem("undone twice", s.call("DELETE", "/tickets/1/merge", s.mei, ""), 409, "error.not_merged")

	if s.into(&a, "POST", "/tickets/1/snooze", s.mei, `{}`); !a.Snoozed || a.SnoozedUntil != nil {
		t.Errorf("asleep until an answer: %+v", a)
	}
	var list struct{ Items []wire.Ticket }
	if s.into(&list, "GET", "/tickets?view=open", s.mei, ""); len(list.Items) != 1 || list.Items[0].ID != "2" {
		t.Errorf("open are %+v", list.Items)
	}
	s.problem("until a time that is over", s.call("POST", "/tickets/1/snooze", s.mei, `{"until":"2020-01-01T00:00:00Z"}`), 422, "")
	if s.into(&a, "DELETE", "/tickets/1/snooze", s.mei, ""); a.Snoozed {
		t.Error("it sleeps on")
	}

	s.into(&a, "POST", "/tickets/1/followers/"+s.mei.Agent().String(), s.mei, "")
	var people struct{ Items []wire.Person }
	if s.into(&people, "GET", "/tickets/1/followers", s.mei, ""); len(people.Items) != 1 || people.Items[0].ID != s.mei.Agent().String() {
		t.Errorf("followers %+v", people.Items)
	}
	s.problem("who may not see it", s.call("POST", "/tickets/1/followers/"+s.bo.Agent().String(), s.mei, ""), 422, "")
	s.into(&a, "DELETE", "/tickets/1/followers/"+s.mei.Agent().String(), s.mei, "")

	repair, err := s.SaveStatus(t.Context(), s.alice.Actor, desk.NamedStatus{Name: "In repair", Kind: "pending"})
	must(t, err)
	if s.into(&a, "PATCH", "/tickets/1", s.mei, `{"status_id":"`+repair.ID.String()+`","parent_id":"2"}`); a.Status != "pending" || a.NamedStatus == nil || a.NamedStatus.Name != "In repair" || a.ParentID == nil || *a.ParentID != "2" {
		t.Errorf("changed: %+v", a)
	}
	var named struct{ Items []NamedStatus }
	if s.into(&named, "GET", "/ticket-statuses", s.mei, ""); len(named.Items) != 1 || named.Items[0].Status != "pending" {
		t.Errorf("named statuses %+v", named.Items)
	}
	if s.into(&list, "GET", "/tickets?status_id="+repair.ID.String(), s.mei, ""); len(list.Items) != 1 {
		t.Errorf("in repair: %+v", list.Items)
	}
	if s.into(&list, "GET", "/tickets/2/children", s.mei, ""); len(list.Items) != 1 || list.Items[0].ID != "1" {
		t.Errorf("below it: %+v", list.Items)
	}
	var messages struct{ Items []wire.Message }
	s.into(&messages, "GET", "/tickets/1/messages", s.mei, "")
	s.problem("all of it split off", s.call("POST", "/tickets/1/split", s.mei, `{"subject":"x","message_ids":["`+messages.Items[0].ID+`"]}`), 422, "")
}

func TestFieldsViewsAndNewCustomers(t *testing.T) {
	s := openShop(t, Limits{})
	s.mails("an order", "")
	_, err := s.SaveFormField(t.Context(), s.alice.Actor, desk.FormField{Name: "Tea", Kind: "tree", Options: []string{"Green/Longjing", "Green / Biluochun "}, Public: true, Visible: true})
	must(t, err)
	_, err = s.SaveView(t.Context(), s.mei.Actor, desk.SavedView{Name: "Late", Query: "view=open&q=late"})
	must(t, err)
	var fields struct{ Items []Field }
	if s.into(&fields, "GET", "/ticket-fields", s.mei, ""); len(fields.Items) != 1 || fields.Items[0].Kind != "tree" || fields.Items[0].Options[0] != "Green / Longjing" || !fields.Items[0].Public {
		t.Errorf("fields %+v", fields.Items)
	}
	var a wire.Ticket
	if s.into(&a, "PATCH", "/tickets/1", s.mei, `{"fields":{"1":"Green / Biluochun"}}`); a.Fields["1"] != "Green / Biluochun" {
		t.Errorf("holds %v", a.Fields)
	}
	s.problem("a branch", s.call("PATCH", "/tickets/1", s.mei, `{"fields":{"1":"Green"}}`), 422, "")
	var views struct{ Items []View }
	if s.into(&views, "GET", "/ticket-views", s.mei, ""); len(views.Items) != 1 || !views.Items[0].Mine {
		t.Errorf("views %+v", views.Items)
	}
	if s.into(&views, "GET", "/ticket-views", s.bo, ""); len(views.Items) != 0 {
		t.Errorf("another's views %+v", views.Items)
	}
	var people struct{ Items []Customer }
	if s.into(&people, "GET", "/customers?created_after=2020-01-01T00:00:00Z", s.mei, ""); len(people.Items) == 0 {
		t.Error("nobody since 2020")
	}
	if s.into(&people, "GET", "/customers?created_after=2099-01-01T00:00:00Z", s.mei, ""); len(people.Items) != 0 {
		t.Errorf("from the future: %+v", people.Items)
	}
	s.problem("no time", s.call("GET", "/customers?created_after=soon", s.mei, ""), 400, "")
}

func TestPromisesOfTickets(t *testing.T) {
	s := openShop(t, Limits{})
	c := s.mails("an order", "")
	_, err := s.SaveSLAPlan(t.Context(), s.alice.Actor, desk.SLAPlan{Name: "All", Always: true, Enabled: true, Targets: map[string]desk.SLATarget{"normal": {First: 10}}})
	must(t, err)
	_, err = s.ReckonSLA(t.Context(), desk.System, c.ConversationID)
	must(t, err)
	var a wire.Ticket
	if s.into(&a, "GET", "/tickets/1", s.mei, ""); len(a.SLA) != 1 || a.SLA[0].Kind != "first" || a.SLA[0].State != "running" || a.SLA[0].DueAt == nil || a.SLA[0].Late {
		t.Errorf("promised: %+v", a.SLA)
	}
	var list struct{ Items []wire.Ticket }
	if s.into(&list, "GET", "/tickets", s.mei, ""); len(list.Items) != 1 || len(list.Items[0].SLA) != 1 {
		t.Errorf("listed: %+v", list.Items)
	}
	if s.into(&list, "GET", "/tickets?sla=late", s.mei, ""); len(list.Items) != 0 {
		t.Errorf("late: %+v", list.Items)
	}
	s.problem("an unknown state", s.call("GET", "/tickets?sla=never", s.mei, ""), 400, "")
}

func TestTagsOfManyTickets(t *testing.T) {
	s := openShop(t, Limits{})
	c := s.mails("an order", "")
	tag, err := s.SaveTag(t.Context(), s.alice.Actor, desk.Tag{Name: "Broken"})
	must(t, err)
	var done Bulk
	if s.into(&done, "POST", "/tickets/bulk", s.mei, `{"ids":["1","77"],"set":{"add_tag_ids":["`+tag.ID.String()+`"]}}`); len(done.Changed) != 1 || len(done.Failed) != 1 {
		t.Errorf("tagged: %+v", done)
	}
	sum, err := s.Summary(t.Context(), s.alice.Actor, c.ConversationID)
	must(t, err)
	if len(sum.Tags) != 1 || sum.Tags[0].ID != tag.ID {
		t.Errorf("the tags are %+v", sum.Tags)
	}
	s.problem("a tag that is none", s.call("PATCH", "/tickets/1", s.mei, `{"add_tag_ids":["99"]}`), 422, "")
}

func TestFieldsStatusesAndViewsAreMadeByProgram(t *testing.T) {
	s := openShop(t, Limits{})
	var f Field
	if s.into(&f, "POST", "/ticket-fields", s.alice, `{"name":"Invoice","kind":"file","options":["PDF"],"max_mb":2,"public":true}`); f.Kind != "file" || f.Options[0] != ".pdf" || f.MaxMB != 2 || !f.Visible || !f.Public {
		t.Errorf("the field is %+v", f)
	}
	if s.into(&f, "PATCH", "/ticket-fields/"+f.ID, s.alice, `{"required":true}`); !f.Required || f.Name != "Invoice" || f.Options[0] != ".pdf" {
		t.Errorf("changed it is %+v", f)
	}
	s.problem("a choice without choices", s.call("POST", "/ticket-fields", s.alice, `{"name":"x","kind":"choice"}`), 422, "")
	s.problem("by an agent", s.call("POST", "/ticket-fields", s.mei, `{"name":"x","kind":"text"}`), 403, "")
	if got := s.call("DELETE", "/ticket-fields/"+f.ID, s.alice, ""); got.StatusCode != 204 {
		t.Errorf("removed: %d", got.StatusCode)
	}
	s.problem("a field that is gone", s.call("PATCH", "/ticket-fields/"+f.ID, s.alice, `{"name":"y"}`), 404, "")
	var n NamedStatus
	s.into(&n, "POST", "/ticket-statuses", s.alice, `{"name":"In repair","status":"pending"}`)
	if s.into(&n, "PATCH", "/ticket-statuses/"+n.ID, s.alice, `{"position":4}`); n.Name != "In repair" || n.Status != "pending" || n.Position != 4 {
		t.Errorf("the status is %+v", n)
	}
	if got := s.call("DELETE", "/ticket-statuses/"+n.ID, s.alice, ""); got.StatusCode != 204 {
		t.Errorf("removed: %d", got.StatusCode)
	}
	var v View
	if s.into(&v, "POST", "/ticket-views", s.mei, `{"name":"Late ones","query":"sla=late&view=open","shared":true}`); !v.Mine || !v.Shared || v.Query != "sla=late&view=open" {
		t.Errorf("the view is %+v", v)
	}
	s.problem("another's view", s.call("DELETE", "/ticket-views/"+v.ID, s.bo, ""), 404, "")
	s.problem("another's view, shared", s.call("PATCH", "/ticket-views/"+v.ID, s.alice, `{"name":"Mine now"}`), 404, "")
	s.problem("a view without a name", s.call("PATCH", "/ticket-views/"+v.ID, s.mei, `{"name":" "}`), 422, "")
	if s.into(&v, "PATCH", "/ticket-views/"+v.ID, s.mei, `{"name":"Late","shared":false}`); v.Name != "Late" || v.Shared || !v.Mine || v.Query != "sla=late&view=open" {
		t.Errorf("changed it is %+v", v)
	}
	if got := s.call("DELETE", "/ticket-views/"+v.ID, s.mei, ""); got.StatusCode != 204 {
		t.Errorf("removed: %d", got.StatusCode)
	}
}

func TestMergeManyByProgram(t *testing.T) {
	s := openShop(t, Limits{})
	for _, subject := range []string{"a cup", "two cups", "three cups"} {
		s.mails(subject, "")
	}
	var done Bulk
	if s.into(&done, "POST", "/tickets/bulk", s.mei, `{"ids":["1","2","3","77"],"merge_into":"3"}`); len(done.Changed) != 2 || len(done.Failed) != 1 || done.Failed[0].ID != "77" {
		t.Errorf("merged: %+v", done)
	}
	var a wire.Ticket
	if s.into(&a, "GET", "/tickets/2", s.mei, ""); a.MergedInto == nil || *a.MergedInto != "3" {
		t.Errorf("the second is %+v", a)
	}
	s.problem("into none", s.call("POST", "/tickets/bulk", s.mei, `{"ids":["1"],"merge_into":"99"}`), 422, "")
	s.problem("into itself alone", s.call("POST", "/tickets/bulk", s.mei, `{"ids":["3"],"merge_into":"3"}`), 422, "")
	s.problem("neither", s.call("POST", "/tickets/bulk", s.mei, `{"ids":["1"]}`), 400, "")
	s.problem("both", s.call("POST", "/tickets/bulk", s.mei, `{"ids":["1"],"merge_into":"3","set":{"status":"closed"}}`), 400, "")
}

func TestTopicsMoveByProgram(t *testing.T) {
	s := openShop(t, Limits{})
	var n Imported
	if s.into(&n, "POST", "/topics/import", s.alice, `{"text":"Orders\n  Late\nReturns\n  Broken"}`); n.Added != 4 {
		t.Errorf("%d were added", n.Added)
	}
	s.problem("a jump of levels", s.call("POST", "/topics/import", s.alice, `{"text":"A\n      B"}`), 422, "")
	s.problem("by an agent", s.call("POST", "/topics/import", s.mei, `{"text":"A"}`), 403, "")
	var topic Topic
	if s.into(&topic, "PATCH", "/topics/3", s.alice, `{"name":"Sent back","before_id":"1"}`); topic.Name != "Sent back" || topic.ParentID != "" {
		t.Errorf("moved: %+v", topic)
	}
	if s.into(&topic, "PATCH", "/topics/2", s.alice, `{"parent_id":"3","before_id":"4"}`); topic.Path != "Sent back / Late" || topic.Depth != 2 {
		t.Errorf("moved below: %+v", topic)
	}
	var list struct{ Items []Topic }
	s.into(&list, "GET", "/topics", s.mei, "")
	order := ""
	for _, one := range list.Items {
		order += one.ID
	}
	if order != "3241" {
		t.Errorf("their order is %s", order)
	}
	s.problem("a name that is taken there", s.call("PATCH", "/topics/1", s.alice, `{"name":"late","parent_id":"3"}`), 422, "")
	if s.into(&topic, "PATCH", "/topics/1", s.alice, `{"name":"Order"}`); topic.Path != "Order" {
		t.Errorf("renamed: %+v", topic)
	}
	s.problem("below itself", s.call("PATCH", "/topics/3", s.alice, `{"parent_id":"2"}`), 422, "")
	s.problem("moved by an agent", s.call("PATCH", "/topics/3", s.mei, `{"parent_id":"1"}`), 403, "")
}

func TestTicketsByTagAndField(t *testing.T) {
	s := openShop(t, Limits{})
	s.mails("a cup", "")
	s.mails("two cups", "")
	tag, err := s.SaveTag(t.Context(), s.alice.Actor, desk.Tag{Name: "Broken"})
	must(t, err)
	f, err := s.SaveFormField(t.Context(), s.alice.Actor, desk.FormField{Name: "Order", Kind: "number"})
	must(t, err)
	var a wire.Ticket
	s.into(&a, "PATCH", "/tickets/2", s.mei, `{"fields":{"`+f.ID.String()+`":"12"},"add_tag_ids":["`+tag.ID.String()+`"]}`)
	for query, want := range map[string]int{"tag_id=" + tag.ID.String(): 1, "tag_id=77": 0, "field=" + f.ID.String() + "%3D12": 1, "field=" + f.ID.String() + "%3D10..20&tag_id=" + tag.ID.String(): 1, "field=" + f.ID.String() + "%3D13..": 0} {
		var list struct{ Items []wire.Ticket }
		if s.into(&list, "GET", "/tickets?"+query, s.mei, ""); len(list.Items) != want {
			t.Errorf("%s finds %d, want %d", query, len(list.Items), want)
		}
	}
	var list struct{ Items []wire.Ticket }
	for sort, want := range map[string]string{"field_" + f.ID.String(): "2", "-field_" + f.ID.String(): "2", "oldest": "1"} {
		if s.into(&list, "GET", "/tickets?sort="+sort, s.mei, ""); len(list.Items) != 2 || list.Items[0].ID != want {
			t.Errorf("sorted by %s: %+v", sort, list.Items)
		}
	}
	s.problem("by a field that is none", s.call("GET", "/tickets?sort=field_99", s.mei, ""), 422, "")
	s.problem("by nothing known", s.call("GET", "/tickets?sort=colour", s.mei, ""), 400, "")
	s.problem("without a value", s.call("GET", "/tickets?field="+f.ID.String(), s.mei, ""), 400, "")
	s.problem("of a field that is none", s.call("GET", "/tickets?field=99%3Dx", s.mei, ""), 422, "")
}

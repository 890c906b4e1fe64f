package web_test

import (
	"net/http"
	"testing"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

func TestMergeAndSplitPages(t *testing.T) {
	s := apptest.Open(t)
	a := s.Mail("maria@customer.example", "A broken lid", "Hello", "")
	b := s.Mail("maria@customer.example", "The lid again", "Any news?", "")
	other := s.Mail("jo@customer.example", "Late", "Hello", "")
	path := "/tickets/" + a.Ticket.ID.String()
	s.Bo.Get(path).Has("#head .pop a", "Merge").Has("#head .pop button", "Tomorrow morning")
	s.Bo.Get(path+"/merge").Has("fieldset label", "The lid again").HasNot("fieldset", "Late")
	s.Bo.Post(path+"/merge", "number", "4711").Status(http.StatusUnprocessableEntity).Has(".fault", "#4711")
	s.Bo.Post(path+"/merge", "number", a.Ticket.ID.String()).Status(http.StatusUnprocessableEntity).Has(".fault", "a different ticket")
	s.Bo.Post(path+"/merge", "into", b.Ticket.ID.String()).LeadsTo("/tickets/" + b.Ticket.ID.String())
	s.Bo.Get("/tickets/"+b.Ticket.ID.String()).Has("#messages .event", "merged #"+a.Ticket.ID.String()).Has("#messages .msg", "Hello")
	s.Bo.Get(path).Has("#composer .ask", "was merged into").HasNot("#head .pop", "Merge")
	s.Bo.PostPart(path, "status", "open").Status(http.StatusConflict)
	s.Bo.Part(path+"/history", "history").Has(".history li", "Merged into")

	// The page of the other shows messages that go: it is drawn anew.
	s.Bo.Post(path + "/unmerge").LeadsTo(path)
	s.Bo.Get(path).Has("#messages .msg", "Hello").Has("#composer textarea", "")
	s.Bo.Part("/conversations/"+b.ID.String()+"/messages?after=99&moved=0", "messages").Has("section#talk", "").HasNot("#messages .msg", "Hello")

	ids := []string{"ids", b.Ticket.ID.String(), "ids", other.Ticket.ID.String(), "ids", a.Ticket.ID.String(), "merge_into", "#" + a.Ticket.ID.String()}
	s.Bo.PostPart("/tickets/bulk", ids...).Status(200).Has(".bulked summary", "2 tickets changed")

	s.Bo.Get(path+"/split").Has("fieldset label", "Any news?")
	s.Bo.Post(path+"/split", "subject", "News").Status(http.StatusUnprocessableEntity).Has(".fault", "at least one")
	list, _, err := s.Desk.Messages(t.Context(), desk.System, a.ID, desk.MessageList{Limit: 100})
	s.Must(err)
	for _, m := range list {
		if m.Text == "Any news?" {
			s.Bo.Post(path+"/split", "subject", "News", "message_ids", m.ID.String()).LeadsTo("/tickets/4")
		}
	}
	s.Bo.Get("/tickets/4").Has("#head h1", "News").Has("#messages .msg", "Any news?").Has("#messages .event", "split this off")
	_, err = s.Desk.Assign(t.Context(), s.Alice.Actor(), a.ID, s.Export, 0)
	s.Must(err)
	for _, p := range []string{"/merge", "/split"} {
		s.Bo.Get(path + p).Status(http.StatusNotFound)
	}
}

func TestSnoozeFollowAndChildren(t *testing.T) {
	s := apptest.Open(t)
	a := s.Mail("maria@customer.example", "A broken lid", "Hello", "")
	path := "/tickets/" + a.Ticket.ID.String()
	s.Bo.PostPart(path+"/snooze", "until", "2020-01-01T10:00").Status(http.StatusUnprocessableEntity)
	s.Bo.PostPart(path+"/snooze", "for", "someday").Status(http.StatusUnprocessableEntity)
	s.Bo.PostPart(path+"/snooze", "for", "tomorrow").Status(200)
	s.Bo.Get("/tickets").HasNot("#rows", "A broken lid").Has(".views a", "Snoozed 1")
	s.Bo.Get("/tickets?view=snoozed").Has("#rows .row", "A broken lid")
	s.Bo.Get(path).Has("#head small time", "Tomorrow, ").Has("#head .pop button", "End snooze")
	s.Bo.PostPart(path + "/waking").Status(200)
	s.Bo.PostPart(path+"/snooze", "for", "answer").Status(200)
	s.Bo.Get(path).Has("#head small", "snoozed until a reply")
	s.Bo.PostPart(path + "/waking").Status(200)

	s.Bo.PostPart(path+"/followers", "agent_id", s.Bo.Agent.ID.String()).Status(200)
	s.Bo.Get("/tickets?view=followed").Has("#rows .row", "A broken lid")
	s.Bo.Get(path).Has(".followers li", "Bo").Has("#head .pop button", "Unfollow")
	s.Bo.PostPart(path+"/followers/removal", "agent_id", s.Bo.Agent.ID.String()).Status(200)
	s.Chen.Get("/tickets?view=followed").HasNot("#rows", "A broken lid")

	s.Bo.Get("/tickets/new?parent="+a.Ticket.ID.String()+"&customer="+a.CustomerID.String()).Has("form .lead", "belong to #1")
	s.Bo.Post("/tickets", "parent", "1", "customer", a.CustomerID.String(), "mailbox_id", s.Mailbox.ID.String(), "subject", "Order a lid", "text", "please", "internal", "true").LeadsTo("/tickets/2")
	s.Bo.Get("/tickets/2").Has("#controls a", "Part of #1")
	s.Bo.PostPart("/tickets/2", "status", "resolved").Status(200)
	s.Bo.Get(path).Has("#controls .children a", "Order a lid").Has("#controls h3", "1 of 1 done")
	s.Bo.PostPart("/tickets/2", "parent_id", "2").Status(http.StatusUnprocessableEntity)
	s.Bo.PostPart("/tickets/2", "parent_id", "").Status(200)
	s.Bo.Get(path).HasNot("#controls", "Order a lid")
}

func TestNamedStatusPages(t *testing.T) {
	s := apptest.Open(t)
	a := s.Mail("maria@customer.example", "A broken lid", "Hello", "")
	path := "/tickets/" + a.Ticket.ID.String()
	s.Bo.Get("/admin/statuses").Status(http.StatusForbidden)
	s.Alice.Get("/admin/statuses").Has(".empty h2", "No custom statuses")
	s.Alice.Post("/admin/statuses/new", "name", "", "kind", "pending").Status(http.StatusUnprocessableEntity).Has(".fault", "")
	s.Alice.Post("/admin/statuses/new", "name", "In repair", "kind", "pending").LeadsTo("/admin/statuses")
	s.Alice.Get("/admin/statuses").Has("tbody tr", "In repair")
	s.Bo.Get(path).Has("#t-status option", "In repair")
	s.Bo.PostPart(path, "status", "1").Status(200)
	s.Bo.Get("/tickets?status=1").Has("#rows .tag.soon", "In repair")
	s.Bo.Get("/tickets?status=open").HasNot("#rows", "A broken lid")
	s.Bo.Part(path+"/history", "history").Has(".history li", "Status: In repair")
	s.Bo.PostPart("/tickets/bulk", "ids", a.Ticket.ID.String(), "status", "99").Status(200).Has(".fault", "")
	s.Alice.Post("/admin/statuses/1", "name", "In the workshop", "position", "3").LeadsTo("/admin/statuses")
	s.Bo.Get(path).Has("#t-status option[selected]", "In the workshop")
	s.Alice.Post("/admin/statuses/1/deletion").LeadsTo("/admin/statuses")
	s.Bo.Get("/tickets").Has("#rows .tag", "In the workshop")
}

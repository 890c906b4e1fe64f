package web_test

import (
	"net/http"
	"strings"
	"testing"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

func TestBulk(t *testing.T) {
	s := apptest.Open(t)
	a := s.Mail("maria@customer.example", "A broken lid", "Hello", "")
	b := s.Mail("jo@customer.example", "Late", "Hello", "")
	_, err := s.Desk.Assign(t.Context(), s.Alice.Actor(), b.ID, s.Export, 0) // out of Bo's sight
	s.Must(err)
	s.Bo.Get("/tickets").Status(200).Has("#bulk", "").Has("#rows .tick-row", "A broken lid").HasNot("#rows", "Late")

	// Both are named; one is not Bo's to see. What is left empty stays.
	ids := []string{"ids", a.Ticket.ID.String(), "ids", b.Ticket.ID.String(), "status", "pending", "priority", "", "assignee_id", s.Bo.Agent.ID.String()}
	s.Bo.PostPart("/tickets/bulk", ids...).Status(200).Has(".bulked summary", "1 ticket changed. 1 could not").Has("li a", "A broken lid").Has("li .fault", "#"+b.Ticket.ID.String())
	c, err := s.Desk.TicketByNumber(t.Context(), desk.System, a.Ticket.ID)
	s.Must(err)
	if c.Ticket.Status != "pending" || c.Ticket.Priority != "normal" || c.AssigneeID != s.Bo.Agent.ID {
		t.Errorf("the ticket is %s, %s, of %d", c.Ticket.Status, c.Ticket.Priority, c.AssigneeID)
	}
	s.Alice.Post("/admin/tags/new", "name", "Broken").Status(http.StatusSeeOther)
	s.Alice.Post("/admin/tags/new", "name", "Late").Status(http.StatusSeeOther)
	s.Bo.Get("/tickets").Has("#bulk .many", "Broken").Has(`#bulk .many [name="tag_id"]`, "").Has(`#bulk .many [name="untag_id"]`, "")
	s.Bo.PostPart("/tickets/bulk", "ids", a.Ticket.ID.String(), "tag_id", "1", "tag_id", "2").Status(200).Has(".bulked summary", "1 ticket changed.")
	s.Bo.Get("/conversations/"+a.ID.String()+"/summary").Has(".chosen .tag", "Broken").Has(".chosen .tag", "Late")
	s.Bo.PostPart("/tickets/bulk", "ids", a.Ticket.ID.String(), "untag_id", "1", "untag_id", "2").Status(200)
	s.Bo.Get("/conversations/"+a.ID.String()+"/summary").HasNot(".chosen", "Broken")
	s.Chen.Post("/tickets/bulk", "ids", b.Ticket.ID.String(), "team_id", "0").Status(200).Has("h1", "批量修改工单").Has(".bulked summary", "已修改 1 个工单")
	s.Bo.PostPart("/tickets/bulk", "status", "open").Status(http.StatusUnprocessableEntity).Has("body", "at least one")
	s.Bo.PostPart("/tickets/bulk", "ids", "1").Status(http.StatusUnprocessableEntity).Has("body", "Choose what to change")
}

func TestTicketViewsAndExport(t *testing.T) {
	s := apptest.Open(t)
	a := s.Mail("maria@customer.example", `=HYPERLINK("http://x")`, "Hello", "")
	s.Mail("jo@customer.example", "Late & 晚", "Hello", "")
	s.Alice.Post("/admin/topics/import", "text", "Orders\n  Late").LeadsTo("/admin/topics")
	s.Alice.Get("/admin/topics").Has(".tree li", "Orders").Has(".tree .depth-2", "Late")
	s.Alice.Post("/admin/topics/import", "text", "A\n      B").Status(http.StatusUnprocessableEntity).Has(".fault", "Line 2")
	s.Alice.Post("/admin/topics/new", "name", "", "parent_id", "0").Status(http.StatusUnprocessableEntity).Has(".fault", "")
	s.Alice.Post("/admin/topics/new", "name", "Returns", "parent_id", "1").LeadsTo("/admin/topics")
	s.Alice.Get("/admin/topics").Has(`.tree .grip`, "").Has(`button[formaction="/admin/topics/2/move"][value="out"]`, "out")
	s.Alice.Post("/admin/topics/2/move", "step", "out").LeadsTo("/admin/topics#topic-2")
	s.Alice.PostPart("/admin/topics/2/move", "parent_id", "1", "before", "3").Status(200).Has("p", "Moved: Orders / Late").Has(".tree .depth-2", "Late")
	s.Alice.PostPart("/admin/topics/1/move", "parent_id", "2").Status(http.StatusUnprocessableEntity)
	s.Bo.Post("/admin/topics/2/move", "step", "up").Status(http.StatusForbidden)
	s.Bo.Get("/admin/topics").Status(http.StatusForbidden)
	s.Bo.PostPart("/tickets/"+a.Ticket.ID.String(), "topic_id", "2").Status(200)
	s.Bo.Get("/tickets/"+a.Ticket.ID.String()).Has("#t-topic option", "Orders / Late")

	s.Bo.Get("/tickets?topic=1").Has("#rows", "HYPERLINK").HasNot("#rows", "Late & 晚").Has(".more-filters", "")
	s.Bo.Get("/tickets?q=late+%26&assignee=none&sort=oldest").Has("#rows .row", "Late & 晚").HasNot("#rows", "HYPERLINK")
	s.Bo.Get("/tickets/rows?from=2031-01-01").HasNot("#rows", "Late &").Has("#rows h2", "No tickets found")
	s.Bo.Get("/tickets?sort=priority&status=wrong&team=x&from=yesterday").Status(200).Has("#rows .row", "Late & 晚")

	// A kept view is its maker's, a shared one everybody's; nobody else may forget it but an admin.
	s.Bo.Post("/tickets/views", "name", "Late", "query", "status=open&q=late&evil=1").LeadsTo("/tickets?q=late&status=open&view=open")
	s.Bo.Post("/tickets/views", "name", "Ours", "shared", "true", "query", "topic=1").LeadsTo("/tickets?topic=1&view=open")
	s.Bo.Get("/tickets?q=late&status=open&view=open").Has(`.views a[aria-current]`, "Late 1").Has(".views", "Ours 1").Has(`.views a[href="/tickets?view=done"] b`, "0")
	s.Chen.Get("/tickets").HasNot(".views", "Late").Has(".views", "Ours")
	s.Chen.Post("/tickets/views/2", "change", "query", "query", "view=mine").Status(http.StatusNotFound)
	s.Bo.Post("/tickets/views/1", "change", "query", "query", "q=late&sort=oldest").LeadsTo("/tickets?q=late&sort=oldest&view=open")
	s.Bo.Post("/tickets/views/1", "change", "shared").LeadsTo("/tickets?q=late&sort=oldest&view=open")
	s.Chen.Get("/tickets").Has(".views", "Late 0")
	s.Bo.Post("/tickets/views/1", "change", "shared").LeadsTo("/tickets?q=late&sort=oldest&view=open")
	s.Chen.Post("/tickets/views/2/deletion").Status(http.StatusNotFound)
	s.Alice.Post("/tickets/views/1/deletion").Status(http.StatusNotFound)
	s.Alice.Post("/tickets/views/2/deletion").LeadsTo("/tickets")
	s.Bo.Post("/tickets/views", "name", " ", "query", "").Status(http.StatusUnprocessableEntity)

	// Form fields and tags filter too, and what a kept view asks of a field that is gone counts for nothing.
	s.Alice.Post("/admin/fields/new", "name", "Tea", "kind", "tree", "options", "Green / Longjing\nBlack", "position", "1").LeadsTo("/admin/fields")
	s.Alice.Post("/admin/fields/new", "name", "Cups", "kind", "number", "position", "2").LeadsTo("/admin/fields")
	s.Alice.Post("/admin/tags/new", "name", "Broken").Status(http.StatusSeeOther)
	s.Bo.PostPart("/tickets/"+a.Ticket.ID.String(), "field_1", "Green / Longjing", "field_2", "7", "tag_id", "1").Status(200)
	s.Bo.Get("/tickets?field_1=Green").Has("#rows", "HYPERLINK").HasNot("#rows", "Late & 晚").Has(`.more-filters[open] [name="field_1"] option[selected]`, "Green")
	s.Bo.Get("/tickets?field_2_from=8").HasNot("#rows", "HYPERLINK").Has(`[name="field_2_from"][value="8"]`, "")
	s.Bo.Get("/tickets?field_2_from=5&field_2_to=7&tag=1").Has("#rows", "HYPERLINK").HasNot("#rows", "Late & 晚").Has(`[data-params="field_2=5..7&tag=1&view=open"]`, "")
	s.Bo.Get("/tickets?field_99=x").Has("#rows", "HYPERLINK").Has("#rows", "Late & 晚")
	if csv := s.Bo.Get("/tickets/export?field_1=Green+%2F+Longjing").Body; !strings.Contains(csv, "Tea,Cups") || !strings.Contains(csv, "Green / Longjing,7") || strings.Contains(csv, "晚") {
		t.Errorf("the file of some is %q", csv)
	}

	csv := s.Bo.Get("/tickets/export?view=open").Status(200).Body
	if !strings.HasPrefix(csv, "\ufeffNumber,Subject,") || !strings.Contains(csv, `"'=HYPERLINK(""http://x"")"`) || !strings.Contains(csv, "Late & 晚") {
		t.Errorf("the file is %q", csv)
	}
	if csv := s.Chen.Get("/tickets/export").Status(200).Body; strings.Contains(csv, "晚") || !strings.Contains(csv, "编号") {
		t.Errorf("another team's file is %q", csv)
	}
}

// A view shows the columns that its maker chose, also form fields, and can be in their order; what is gone is left out.
func TestColumnsOfTickets(t *testing.T) {
	s := apptest.Open(t)
	one := s.Mail("maria@customer.example", "One cup", "Hello", "")
	s.Mail("maria@customer.example", "Two cups", "Hello", "")
	s.Mail("maria@customer.example", "No cup", "Hello", "")
	s.Alice.Post("/admin/fields/new", "name", "Order", "kind", "number", "position", "1").LeadsTo("/admin/fields")
	s.Alice.Post("/admin/fields/new", "name", "Likes", "kind", "choices", "options", "red\nblue", "position", "2").LeadsTo("/admin/fields")
	s.Bo.PostPart("/tickets/1", "field_1", "100", "field_2", "red", "field_2", "blue", "priority", "low").Status(200)
	s.Bo.PostPart("/tickets/2", "field_1", "20").Status(200)
	first := func(query, want string) {
		t.Helper()
		if got := s.Bo.Get("/tickets?" + query).All("#rows .who"); len(got) != 3 || got[0] != want {
			t.Errorf("by %s: %q", query, got)
		}
	}
	first("sort=field_1", "Two cups")
	first("sort=-field_1", "One cup")
	first("sort=field_2", "No cup") // it cannot be sorted by: as ever
	first("sort=field_99", "No cup")
	s.Bo.Get("/tickets").Has(`.choose-columns input[value="field_2"]`, "").HasNot("#rows .heads", "")
	p := s.Bo.Get("/tickets?columns=field_2&columns=priority&columns=field_1,evil,field_77&sort=field_1")
	p.Has(`#rows.of-3[data-params="columns=priority%2Cfield_1%2Cfield_2&sort=field_1&view=open"]`, "").Has(".heads", "Likes").Has(`.heads a[aria-current]`, "Order")
	if cells := p.All(`#row-` + one.ID.String() + ` .cell`); len(cells) != 3 || cells[0] != "PriorityLow" || cells[1] != "Order100" || cells[2] != "Likesred, blue" {
		t.Errorf("its cells are %q", cells)
	}
	if to := p.Attr(`.heads a[aria-current]`, "href"); to != "/tickets?columns=priority%2Cfield_1%2Cfield_2&sort=-field_1&view=open" {
		t.Errorf("pressed again it leads to %s", to)
	}
	s.Bo.Post("/tickets/views", "name", "Orders", "query", "columns=field_1&sort=-field_1").LeadsTo("/tickets?columns=field_1&sort=-field_1&view=open")
	s.Alice.Post("/admin/fields/1/deletion").LeadsTo("/admin/fields")
	s.Bo.Get("/tickets?columns=field_1&sort=-field_1&view=open").HasNot("#rows .cell", "").Has("#rows .row", "One cup")
}

func TestNewTicketWithFormFields(t *testing.T) {
	s := apptest.Open(t)
	s.Bo.Get("/admin/fields").Status(http.StatusForbidden)
	s.Alice.Post("/admin/fields/new", "name", "", "kind", "text").Status(http.StatusUnprocessableEntity)
	s.Alice.Post("/admin/fields/new", "name", "Order", "kind", "number", "required", "true", "visible", "true", "position", "2").LeadsTo("/admin/fields")
	s.Alice.Post("/admin/fields/new", "name", "Colours", "kind", "choices", "options", "red\r\nblue", "visible", "true", "position", "1").LeadsTo("/admin/fields")
	s.Alice.Get("/admin/fields").Has("tbody tr", "Colours")
	s.Bo.Get("/tickets/new").Has("form label", "Order").Has("fieldset label", "blue")

	in := []string{"email", "jo@post.example", "name", "Jo", "mailbox_id", s.Mailbox.ID.String(), "subject", "Two pots", "priority", "high", "text", "They are on their way.", "field_2", "red", "field_2", "blue"}
	s.Bo.Post("/tickets", append(in, "field_1", "many")...).Status(http.StatusUnprocessableEntity).Has(".fault", "not a number").Has("textarea", "on their way")
	s.Bo.Post("/tickets", "subject", "x", "text", "y").Status(http.StatusUnprocessableEntity).Has(".fault", "")
	s.Bo.Post("/tickets", append(in, "field_1", "12")...).LeadsTo("/tickets/1")
	s.Bo.Get("/tickets/1").Has("#head h1", "Two pots").Has("#messages .msg.me", "on their way").Has("#controls .fields", "Colours")
	s.Bo.PostPart("/tickets/1", "field_1", "13", "field_2", "").Status(200)
	c, err := s.Desk.TicketByNumber(t.Context(), desk.System, 1)
	s.Must(err)
	if c.Ticket.Fields[1] != "13" || len(c.Ticket.Fields) != 1 || c.Ticket.Priority != "high" {
		t.Errorf("the ticket holds %v, %s", c.Ticket.Fields, c.Ticket.Priority)
	}

	s.Bo.Part("/tickets/customers?email=jo@po", "known").Status(200).Has(`option[value="jo@post.example"]`, "Jo")
	s.Bo.Part("/tickets/customers?email=nobody", "known").Status(200).HasNot("body", "option")

	m := s.Visitor("李雷").Say("壶坏了")
	from := "/tickets/new?from=" + m.ConversationID.String()
	s.Bo.Get(from).Has(".take label", "壶坏了").Has(".person", "李雷")
	s.Chen.Get(from).Status(http.StatusNotFound)
	s.Bo.Post("/tickets", "from", m.ConversationID.String(), "message_ids", m.ID.String(), "mailbox_id", s.Mailbox.ID.String(), "subject", "Broken", "text", "look", "internal", "true", "field_1", "1").LeadsTo("/tickets/2")
	s.Bo.Get("/tickets/2").Has("#messages .msg", "壶坏了").Has("#controls a", "Created from")
}

func TestTicketHistory(t *testing.T) {
	s := apptest.Open(t)
	path := "/tickets/" + s.Mail("maria@customer.example", "A broken lid", "Hello", "").Ticket.ID.String()
	s.Bo.PostPart(path, "status", "pending").Status(200)
	s.Bo.PostPart(path, "assignee_id", s.Bo.Agent.ID.String()).Status(200)
	h := s.Bo.Part(path+"/history", "history").Status(200).Has(".history li", "Ticket created").Has(".history li", "Status: Pending.").Has(".history small", "Bo")
	if all := h.All(".history li"); len(all) == 0 || !strings.Contains(all[0], "Assigned to Bo") {
		t.Errorf("the newest come first: %q", all)
	}
	s.Chen.Get(path + "/history").Status(http.StatusNotFound)
}

package desk

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

// number is the ticket as an admin sees it.
func (s *shop) number(id TicketID) *Conversation {
	s.t.Helper()
	c, err := s.TicketByNumber(s.t.Context(), s.alice, id)
	s.must(err)
	return c
}

func (s *shop) mailTo(c *Conversation, from, text string) *Received {
	s.t.Helper()
	m, err := s.Receive(s.t.Context(), System, Incoming{InboxID: c.InboxID, ConversationID: c.ID, Identity: Identity{Channel: Email, ExternalID: from}, Customer: Customer{Email: from}, Text: text})
	s.must(err)
	return m
}

func (s *shop) texts(by Actor, id ConversationID) (list []string) {
	s.t.Helper()
	messages, _, err := s.Messages(s.t.Context(), by, id, MessageList{After: 0, Limit: 100})
	s.must(err)
	for _, m := range messages {
		if !m.IsEvent() {
			list = append(list, m.Text)
		}
	}
	return list
}

func TestMergeAndUndo(t *testing.T) {
	s, ctx := open(t), t.Context()
	ids := s.tickets(2)
	a, b := s.number(ids[0]), s.number(ids[1])
	s.now = s.now.Add(time.Minute)
	_, err := s.Reply(ctx, s.bo, a.ID, Draft{Text: "On its way", CC: []string{"dad@post.example"}})
	s.must(err)
	s.now = s.now.Add(time.Minute)
	s.mailTo(a, "mei0@post.example", "It came broken")
	pending := "pending"
	_, err = s.ChangeTicket(ctx, s.bo, ids[0], TicketChange{Status: &pending})
	s.must(err)
	before := s.number(ids[0])

	into, err := s.MergeTicket(ctx, s.bo, ids[0], ids[1])
	s.must(err)
	if got, want := s.texts(s.bo, b.ID), []string{"Where is it?", "Where is it?", "On its way", "It came broken"}; !slices.Equal(got, want) {
		t.Errorf("the other holds %q, want %q", got, want)
	}
	if into.LastText != "It came broken" || into.WaitingSince.IsZero() || !slices.Equal(into.Ticket.CC, []string{"dad@post.example"}) {
		t.Errorf("the other is %q, waiting since %v, with copies to %v", into.LastText, into.WaitingSince, into.Ticket.CC)
	}
	merged := s.number(ids[0])
	if merged.Status != "closed" || merged.Ticket.MergedInto != ids[1] || len(s.texts(s.bo, a.ID)) != 0 {
		t.Errorf("the merged one is %s, in %d", merged.Status, merged.Ticket.MergedInto)
	}
	// Its own customer's answer goes on in the other; nothing else can be done with it.
	if m := s.mailTo(merged, "mei0@post.example", "Hello?"); m.ConversationID != b.ID {
		t.Errorf("an answer came into %d, want %d", m.ConversationID, b.ID)
	}
	gone := Conflict("error.ticket_merged")
	open := "open"
	_, err1 := s.Reply(ctx, s.bo, a.ID, Draft{Text: "x"})
	_, err2 := s.ChangeTicket(ctx, s.bo, ids[0], TicketChange{Status: &open})
	_, err3 := s.Reopen(ctx, s.bo, a.ID)
	_, err4 := s.MergeTicket(ctx, s.bo, ids[0], ids[1])
	_, err5 := s.MergeTicket(ctx, s.bo, ids[1], ids[0])
	for i, err := range []error{err1, err2, err3, err4, err5} {
		if !errors.Is(err, gone) {
			t.Errorf("%d: %v", i+1, err)
		}
	}
	// Another customer's words are not for this one's eyes: neither what came with the merge, nor what he writes since.
	own := []string{"Where is it?"}
	if got := s.texts(AsCustomer(b.CustomerID), b.ID); !slices.Equal(got, own) {
		t.Errorf("the customer of the other reads %q", got)
	}
	var file bytes.Buffer
	s.must(s.ExportCustomer(ctx, s.alice, b.CustomerID, func(string) io.Writer { return &file }))
	if n := strings.Count(unzipped(t, &file), `"text":`); n != 1 {
		t.Errorf("the customer of the other is given %d messages, want 1", n)
	}

	back, err := s.UnmergeTicket(ctx, s.bo, ids[0])
	s.must(err)
	if back.Ticket.Status != "pending" || back.Status != before.Status || back.Ticket.MergedInto != 0 || back.LastText != before.LastText {
		t.Errorf("after undoing: %s, %s, in %d, %q", back.Ticket.Status, back.Status, back.Ticket.MergedInto, back.LastText)
	}
	if got, want := s.texts(s.bo, a.ID), []string{"Where is it?", "On its way", "It came broken"}; !slices.Equal(got, want) {
		t.Errorf("it got %q back, want %q", got, want)
	}
	if got, want := s.texts(s.bo, b.ID), []string{"Where is it?", "Hello?"}; !slices.Equal(got, want) {
		t.Errorf("the other kept %q, want %q", got, want)
	}
	if got := s.texts(AsCustomer(b.CustomerID), b.ID); !slices.Equal(got, own) {
		t.Errorf("the customer of the other reads %q", got)
	}
	if c := s.number(ids[1]); len(c.Ticket.CC) != 0 || c.Moved != 1 {
		t.Errorf("the other keeps copies to %v; moved %d", c.Ticket.CC, c.Moved)
	}
	if _, err := s.UnmergeTicket(ctx, s.bo, ids[0]); !errors.Is(err, Conflict("error.not_merged")) {
		t.Errorf("undone twice: %v", err)
	}
	for _, id := range []ConversationID{a.ID, b.ID} {
		if n := s.names(id); !slices.Contains(n, TicketMerged) || !slices.Contains(n, TicketUnmerged) {
			t.Errorf("the log of %d says %v", id, n)
		}
	}
}

// unzipped is customer.json of an export.
func unzipped(t *testing.T, file *bytes.Buffer) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open("customer.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestMergeRefuses(t *testing.T) {
	s, ctx := open(t), t.Context()
	ids := s.tickets(3)
	if _, err := s.MergeTicket(ctx, s.bo, ids[0], ids[0]); kindOfError(err) != KindInvalid {
		t.Errorf("with itself: %v", err)
	}
	if _, err := s.MergeTicket(ctx, s.bo, ids[0], 999); kindOfError(err) != KindInvalid {
		t.Errorf("with none: %v", err)
	}
	sales, err := s.SaveTeam(ctx, s.alice, Team{Name: "Sales", Assignment: "collaboration"})
	s.must(err)
	_, err = s.ChangeTicket(ctx, s.alice, ids[2], TicketChange{TeamID: &sales.ID}) // out of Bo's sight
	s.must(err)
	if _, err := s.MergeTicket(ctx, s.bo, ids[0], ids[2]); kindOfError(err) != KindInvalid {
		t.Errorf("with one out of sight: %v", err)
	}
	if _, err := s.MergeTicket(ctx, s.bo, ids[2], ids[0]); !errors.Is(err, NotFound) {
		t.Errorf("one out of sight: %v", err)
	}
	// A chain is undone from its end.
	_, err = s.MergeTicket(ctx, s.alice, ids[0], ids[1])
	s.must(err)
	_, err = s.MergeTicket(ctx, s.alice, ids[1], ids[2])
	s.must(err)
	if _, err := s.UnmergeTicket(ctx, s.alice, ids[0]); !errors.Is(err, Conflict("error.merged_on")) {
		t.Errorf("the first of a chain undone first: %v", err)
	}
	if m := s.mailTo(s.number(ids[0]), "mei0@post.example", "And now?"); m.ConversationID != s.number(ids[2]).ID {
		t.Errorf("an answer stops on its way along the chain: %d", m.ConversationID)
	}
	_, err = s.UnmergeTicket(ctx, s.alice, ids[1])
	s.must(err)
	_, err = s.UnmergeTicket(ctx, s.alice, ids[0])
	s.must(err)
	for _, id := range ids {
		if got := s.texts(s.alice, s.number(id).ID); !slices.Contains(got, "Where is it?") {
			t.Errorf("ticket %d holds %q", id, got)
		}
	}
}

func TestSplit(t *testing.T) {
	s, ctx := open(t), t.Context()
	a := s.number(s.tickets(1)[0])
	cc := "aunt@post.example"
	_, err := s.Reply(ctx, s.bo, a.ID, Draft{Text: "Soon", CC: []string{cc}})
	s.must(err)
	s.now = s.now.Add(time.Minute)
	m := s.mailTo(a, cc, "By the way, do you sell cups?")
	if _, err := s.SplitTicket(ctx, s.bo, a.Ticket.ID, "Cups", nil); kindOfError(err) != KindInvalid {
		t.Errorf("nothing: %v", err)
	}
	if _, err := s.SplitTicket(ctx, s.bo, a.Ticket.ID, "Cups", []MessageID{99999}); kindOfError(err) != KindInvalid {
		t.Errorf("a message of another: %v", err)
	}
	made, err := s.SplitTicket(ctx, s.bo, a.Ticket.ID, "Cups", []MessageID{m.ID})
	s.must(err)
	if made.CustomerEmail != cc || made.Ticket.Subject != "Cups" || made.LastText != "By the way, do you sell cups?" || made.WaitingSince.IsZero() || made.AssigneeID != s.bo.Agent() {
		t.Errorf("the new one is of %s, %q, %q, waiting since %v, of %d", made.CustomerEmail, made.Ticket.Subject, made.LastText, made.WaitingSince, made.AssigneeID)
	}
	if c := s.number(a.Ticket.ID); c.LastText != "Soon" || !c.WaitingSince.IsZero() || c.Moved != 1 {
		t.Errorf("the old one: %q, waiting since %v, moved %d", c.LastText, c.WaitingSince, c.Moved)
	}
	left := s.texts(s.bo, a.ID)
	list, _, err := s.Messages(ctx, s.bo, a.ID, MessageList{Limit: 100})
	s.must(err)
	var all []MessageID
	for _, m := range list {
		all = append(all, m.ID)
	}
	if _, err := s.SplitTicket(ctx, s.bo, a.Ticket.ID, "All", all); kindOfError(err) != KindInvalid || len(left) != 2 {
		t.Errorf("all of it: %v, %q", err, left)
	}
	_, err = s.MergeTicket(ctx, s.bo, made.Ticket.ID, a.Ticket.ID) // and back
	s.must(err)
	if got := s.texts(s.bo, a.ID); len(got) != 3 {
		t.Errorf("brought back: %q", got)
	}
}

func TestSnooze(t *testing.T) {
	s, ctx := open(t), t.Context()
	ids := s.tickets(3)
	listed := func(view string) int {
		t.Helper()
		list, _, err := s.Conversations(ctx, s.bo, ConversationList{Kind: "ticket", View: view, Limit: 50})
		s.must(err)
		return len(list)
	}
	if _, err := s.SnoozeTicket(ctx, s.bo, ids[0], s.now.Add(-time.Hour)); kindOfError(err) != KindInvalid {
		t.Errorf("until a time that is over: %v", err)
	}
	c, err := s.SnoozeTicket(ctx, s.bo, ids[0], s.now.Add(time.Hour))
	s.must(err)
	if !c.Ticket.Snoozed || !c.Ticket.SnoozedUntil.Equal(s.now.Add(time.Hour)) {
		t.Errorf("asleep %v until %v", c.Ticket.Snoozed, c.Ticket.SnoozedUntil)
	}
	_, err = s.SnoozeTicket(ctx, s.bo, ids[1], time.Time{})
	s.must(err)
	n, err := s.Counts(ctx, s.bo, "ticket")
	s.must(err)
	if listed("all") != 1 || listed("snoozed") != 2 || listed("waiting") != 1 || n.All != 1 || n.Snoozed != 2 {
		t.Errorf("awake %d, asleep %d, counted %+v", listed("all"), listed("snoozed"), n)
	}
	if woken, err := s.WakeDue(ctx, System); err != nil || woken != 0 {
		t.Errorf("before the time: %d, %v", woken, err)
	}
	s.now = s.now.Add(2 * time.Hour)
	if told, _, err := s.Notifications(ctx, s.bo, NotificationList{Limit: 10}); err != nil || len(told) != 0 {
		t.Errorf("told before: %v, %v", told, err)
	}
	if woken, err := s.WakeDue(ctx, System); err != nil || woken != 1 {
		t.Errorf("after it: %d, %v", woken, err)
	}
	if told, _, err := s.Notifications(ctx, s.bo, NotificationList{Limit: 10}); err != nil || len(told) != 1 || told[0].What != "ticket_woken" || told[0].TicketID != ids[0] {
		t.Errorf("told: %v, %v", told, err)
	}
	if told, _, err := s.Notifications(ctx, s.alice, NotificationList{Limit: 10}); err != nil || len(told) != 0 {
		t.Errorf("others are told: %v, %v", told, err)
	}
	if top, _, err := s.Conversations(ctx, s.bo, ConversationList{Kind: "ticket", View: "all", Limit: 1}); err != nil || top[0].Ticket.ID != ids[0] {
		t.Errorf("what woke does not stand first: %v", err)
	}
	// An automatic answer wakes nobody; a person's does.
	b := s.number(ids[1])
	_, err = s.Receive(ctx, System, Incoming{InboxID: b.InboxID, ConversationID: b.ID, Identity: Identity{Channel: Email, ExternalID: "mei1@post.example"}, Text: "Out of office", Meta: Meta{Auto: true}})
	s.must(err)
	if !s.number(ids[1]).Ticket.Snoozed {
		t.Error("woken by an automatic answer")
	}
	s.mailTo(b, "mei1@post.example", "Still waiting")
	if s.number(ids[1]).Ticket.Snoozed {
		t.Error("not woken by an answer")
	}
	// Closing ends the sleep; what is closed cannot sleep.
	_, err = s.SnoozeTicket(ctx, s.bo, ids[2], time.Time{})
	s.must(err)
	resolved := "resolved"
	_, err = s.ChangeTicket(ctx, s.bo, ids[2], TicketChange{Status: &resolved})
	s.must(err)
	if s.number(ids[2]).Ticket.Snoozed {
		t.Error("closed and asleep")
	}
	if _, err := s.SnoozeTicket(ctx, s.bo, ids[2], time.Time{}); !errors.Is(err, Conflict("error.snooze_closed")) {
		t.Errorf("a closed one: %v", err)
	}
	_, err = s.SnoozeTicket(ctx, s.bo, ids[0], time.Time{})
	s.must(err)
	if c, err := s.WakeTicket(ctx, s.bo, ids[0]); err != nil || c.Ticket.Snoozed {
		t.Errorf("woken by hand: %v", err)
	}
}

func TestFollowers(t *testing.T) {
	s, ctx := open(t), t.Context()
	ids := s.tickets(1)
	c, err := s.FollowTicket(ctx, s.alice, ids[0], s.bo.Agent())
	s.must(err)
	_, err = s.FollowTicket(ctx, s.bo, ids[0], s.bo.Agent()) // twice is once
	s.must(err)
	list, err := s.Followers(ctx, s.bo, c.ID)
	s.must(err)
	if len(list) != 1 || list[0].ID != s.bo.Agent() {
		t.Errorf("followers %v", list)
	}
	if mine, _, err := s.Conversations(ctx, s.bo, ConversationList{Kind: "ticket", View: "followed", Limit: 5}); err != nil || len(mine) != 1 {
		t.Errorf("followed: %d, %v", len(mine), err)
	}
	sales, err := s.SaveTeam(ctx, s.alice, Team{Name: "Sales", Assignment: "collaboration"})
	s.must(err)
	_, err = s.ChangeTicket(ctx, s.alice, ids[0], TicketChange{TeamID: &sales.ID})
	s.must(err)
	chen := s.agent("Chen", Crew)
	if _, err := s.FollowTicket(ctx, s.alice, ids[0], chen.Agent()); kindOfError(err) != KindInvalid {
		t.Errorf("one who may not see it: %v", err)
	}
	if mine, _, err := s.Conversations(ctx, s.bo, ConversationList{Kind: "ticket", View: "followed", Limit: 5}); err != nil || len(mine) != 0 {
		t.Errorf("out of sight, yet followed: %d, %v", len(mine), err)
	}
	_, err = s.UnfollowTicket(ctx, s.alice, ids[0], s.bo.Agent())
	s.must(err)
	if list, err := s.Followers(ctx, s.alice, c.ID); err != nil || len(list) != 0 {
		t.Errorf("after leaving: %v, %v", list, err)
	}
}

func TestNamedStatuses(t *testing.T) {
	s, ctx := open(t), t.Context()
	ids := s.tickets(2)
	if _, err := s.SaveStatus(ctx, s.bo, NamedStatus{Name: "In repair", Kind: "pending"}); !errors.Is(err, Forbidden) {
		t.Errorf("an agent: %v", err)
	}
	repair, err := s.SaveStatus(ctx, s.alice, NamedStatus{Name: " In  repair ", Kind: "pending"})
	s.must(err)
	sent, err := s.SaveStatus(ctx, s.alice, NamedStatus{Name: "Sent back", Kind: "resolved"})
	s.must(err)
	for _, in := range []NamedStatus{{Name: "", Kind: "open"}, {Name: "in repair", Kind: "open"}, {Name: "x", Kind: "odd"}} {
		if _, err := s.SaveStatus(ctx, s.alice, in); kindOfError(err) != KindInvalid {
			t.Errorf("%+v: %v", in, err)
		}
	}
	c, err := s.ChangeTicket(ctx, s.bo, ids[0], TicketChange{StatusID: &repair.ID})
	s.must(err)
	if c.Ticket.Status != "pending" || c.Ticket.StatusName != "In repair" || c.Status == "closed" {
		t.Errorf("it is %s, %q, %s", c.Ticket.Status, c.Ticket.StatusName, c.Status)
	}
	if list, _, err := s.Conversations(ctx, s.bo, ConversationList{Kind: "ticket", StatusID: repair.ID, Limit: 5}); err != nil || len(list) != 1 {
		t.Errorf("in repair: %d, %v", len(list), err)
	}
	if c, err = s.ChangeTicket(ctx, s.bo, ids[0], TicketChange{StatusID: &sent.ID}); err != nil || c.Status != "closed" || c.Ticket.Status != "resolved" {
		t.Errorf("sent back: %v", err)
	}
	s.mailTo(c, "mei0@post.example", "Thank you")
	if c = s.number(ids[0]); c.Ticket.Status != "open" || c.Ticket.StatusID != 0 || c.Status == "closed" {
		t.Errorf("after an answer it is %s, %q", c.Ticket.Status, c.Ticket.StatusName)
	}
	h, err := s.History(ctx, s.bo, c.ID)
	s.must(err)
	if !slices.ContainsFunc(h, func(h Happening) bool { return h.Status == "In repair" && h.Who == "Bo" }) {
		t.Errorf("the history knows no repair: %+v", h)
	}
	_, err = s.ChangeTicket(ctx, s.bo, ids[1], TicketChange{StatusID: &repair.ID})
	s.must(err)
	s.must(s.DeleteStatus(ctx, s.alice, repair.ID))
	if c := s.number(ids[1]); c.Ticket.StatusName != "In repair" {
		t.Errorf("a ticket lost the name that it had: %q", c.Ticket.StatusName)
	}
	if _, err := s.ChangeTicket(ctx, s.bo, ids[0], TicketChange{StatusID: &repair.ID}); kindOfError(err) != KindInvalid {
		t.Errorf("one that is out of use: %v", err)
	}
	pending := "pending"
	if c, err := s.ChangeTicket(ctx, s.bo, ids[1], TicketChange{Status: &pending}); err != nil || c.Ticket.StatusID != 0 {
		t.Errorf("plainly pending: %v", err)
	}
}

func TestChildren(t *testing.T) {
	s, ctx := open(t), t.Context()
	ids := s.tickets(3)
	_, err := s.ChangeTicket(ctx, s.bo, ids[1], TicketChange{ParentID: &ids[0]})
	s.must(err)
	for name, try := range map[string][2]TicketID{"below itself": {ids[0], ids[0]}, "below a child": {ids[2], ids[1]}, "a parent below": {ids[0], ids[2]}, "below none": {ids[2], 999}} {
		if _, err := s.ChangeTicket(ctx, s.bo, try[0], TicketChange{ParentID: &try[1]}); kindOfError(err) != KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	list, err := s.Children(ctx, s.bo, ids[0])
	s.must(err)
	if len(list) != 1 || list[0].Ticket.ID != ids[1] || list[0].Ticket.ParentID != ids[0] {
		t.Errorf("below it stand %v", list)
	}
	none := TicketID(0)
	_, err = s.ChangeTicket(ctx, s.bo, ids[1], TicketChange{ParentID: &none})
	s.must(err)
	if list, err := s.Children(ctx, s.bo, ids[0]); err != nil || len(list) != 0 {
		t.Errorf("after taking it out: %v, %v", list, err)
	}
}

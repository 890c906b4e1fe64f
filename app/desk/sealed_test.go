package desk

import (
	"errors"
	"testing"
)

// Who waits is seen by all of a team; what he wrote is read by those who took it, and by admins, when the company wants it so.
func TestWhatWaitsIsSealed(t *testing.T) {
	s, ctx := open(t), t.Context()
	li := s.visitor()
	m := s.say(li, "longjing secret")
	events, err := s.EventsAfter(ctx, System, 0, 1000)
	s.must(err)
	s.must(s.Index(ctx, events))
	reads := func(by Actor) bool {
		t.Helper()
		c, err := s.Conversation(ctx, by, m.ConversationID)
		s.must(err)
		list, _, err := s.Messages(ctx, by, c.ID, MessageList{Limit: 50})
		s.must(err)
		_, err = s.Message(ctx, by, m.ID)
		if err != nil && !errors.Is(err, NotFound) {
			t.Error(err)
		}
		rows, _, err2 := s.Conversations(ctx, by, ConversationList{Kind: "chat", View: "all", Limit: 50})
		s.must(err2)
		said := [4]bool{len(list) > 0, err == nil, c.LastText != "", rows[0].LastText != ""}
		if by.Kind == ByAgent {
			found, _, err := s.Search(ctx, by, SearchList{Text: "longjing", Limit: 50})
			s.must(err)
			if said[0] != (len(found) > 0) {
				t.Errorf("%s: search finds %d", by.Name, len(found))
			}
			if _, err := s.Arrived(ctx, by, c.ID, 0); (err == nil) != said[0] {
				t.Errorf("%s: what arrived: %v", by.Name, err)
			}
		}
		if said != [4]bool{said[0], said[0], said[0], said[0]} || said[0] == c.Sealed {
			t.Errorf("%s reads %v of it, sealed %v", by.Name, said, c.Sealed)
		}
		return said[0]
	}
	if !reads(s.bo) {
		t.Error("without the switch Bo reads nothing")
	}
	s.must(s.SaveRouting(ctx, s.alice, Routing{Order: Bindings, HideQueued: true}, nil))
	if reads(s.bo) {
		t.Error("Bo reads what waits")
	}
	if !reads(s.alice) || !reads(li) {
		t.Error("an admin, or the customer himself, does not read it")
	}
	if _, err := s.MailTranscript(ctx, s.bo, m.ConversationID, "bo@home.example"); !errors.Is(err, NotFound) {
		t.Errorf("Bo mails himself what waits: %v", err)
	}
	box, err := s.SaveInbox(ctx, s.alice, SavedInbox{Channel: Email, Name: "Support", Enabled: true, Settings: Mailbox{Address: "support@tea.example"}})
	s.must(err)
	tk, err := s.OpenTicket(ctx, s.bo, TicketDraft{InboxID: box.ID, CustomerID: li.Customer(), LinkedID: m.ConversationID, CopyIDs: []MessageID{m.ID}, NewTicket: NewTicket{Subject: "Tea"}, First: Draft{Text: "note", Internal: true}})
	s.must(err)
	copied, _, err := s.Messages(ctx, s.alice, tk.ID, MessageList{Limit: 50})
	s.must(err)
	for _, c := range copied {
		if c.Text == m.Text {
			t.Error("Bo copies what waits")
		}
	}
	queue, err := s.Queue(ctx, s.bo, QueueList{})
	s.must(err)
	if len(queue) != 1 || queue[0].LastText != "" {
		t.Errorf("the queue: %+v", queue)
	}
	chen := s.agent("Chen", Crew)
	s.there(chen)
	_, err = s.Transfer(ctx, s.bo, m.ConversationID, Handover{AgentID: chen.Agent(), Ask: true})
	s.must(err)
	if asked := s.asked(chen); asked.LastText != "" {
		t.Errorf("who is asked to take it reads %q", asked.LastText)
	}
	_, err = s.Join(ctx, s.bo, m.ConversationID)
	s.must(err)
	if !reads(s.bo) {
		t.Error("Bo joined and reads nothing")
	}
}

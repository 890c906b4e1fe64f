package desk

import (
	"context"
	"strings"
	"testing"
)

// TestCheckFindsWhatIsBroken breaks one promise after the other behind the desk's back.
func TestCheckFindsWhatIsBroken(t *testing.T) {
	for want, breaks := range map[string]string{
		"the number of its messages":  "delete from messages where seq = 2",
		"received is wrong":           "update conversations set received_count = 7, answered_count = 0",
		"more was answered":           "update conversations set answered_count = received_count + 1",
		"last message is not":         "update conversations set last_message_id = 4711 where id = 1",
		"closed without a time":       "update conversations set status = 'closed'",
		"a chat with one":             "update conversations set kind = 'chat'",
		"its ticket stands otherwise": "update conversations set ticket_status = 'pending' where kind = 'ticket'",
		"its assignee is not in it":   "update participants set left_at = 1",
		"is stuck":                    "update deliveries set next_at = null",
		"beyond the end of the log":   "insert into cursors(name, event_id, updated_at) values ('x', 100000, 0)",
		"older than its cause":        "update events set cause_id = id + 1 where id = 3",
		"customer 1 cannot be found":  "delete from customer_search",
		"ticket 1 cannot be found":    "delete from ticket_search",
		"bytes of file":               "insert into files(public_id, uploader_kind, uploader_id, name, size, content_type, sha256, created_at) values ('x', 'agent', 1, 'a', 1, 'text/plain', zeroblob(32), 0)",
	} {
		s := unchecked(t)
		ctx := context.Background()
		name := "Li"
		li := s.visitor()
		_, err := s.ChangeCustomer(ctx, li, li.Customer(), CustomerChange{Name: &name})
		s.must(err)
		c := s.say(li, "hello").ConversationID
		_, err = s.Join(ctx, s.bo, c)
		s.must(err)
		mail, err := s.SaveInbox(ctx, s.alice, SavedInbox{Channel: Email, Name: "Support", Enabled: true, Settings: Mailbox{Address: "support@tea.example"}})
		s.must(err)
		m, err := s.Receive(ctx, System, Incoming{InboxID: mail.ID, Ticket: &NewTicket{Subject: "A lid", Origin: "mail"}, Identity: Identity{Channel: Email, ExternalID: "mei@post.example"}, Customer: Customer{Email: "mei@post.example"}, Text: "broken", ExternalID: "1@post.example"})
		s.must(err)
		_, err = s.Reply(ctx, s.bo, m.ConversationID, Draft{Text: "Sorry!"})
		s.must(err)
		s.must(s.Check(ctx))
		s.must(s.Write(ctx, System, func(tx *Tx) error { _, err := tx.Exec(breaks); return err }))
		if err := s.Check(ctx); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngives %v\nwant %q", breaks, err, want)
		}
	}
}

package app

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deskbell/app/desk"
	"deskbell/app/replica"
)

// foundIn counts how often a word stands in the databases of a folder, in any case.
func foundIn(t *testing.T, dir, word string) (n int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.db*"))
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		n += bytes.Count(bytes.ToLower(b), []byte(word))
	}
	return n
}

// A backup is made, then a customer is erased, then the backup is brought back: when the desk serves he is not there, neither in the
// lists, nor in what is searched, nor in the bytes of the databases.
func TestARestoredBackupErasesAgain(t *testing.T) {
	const word = "zanzibarine"
	ctx, dir, saved := t.Context(), t.TempDir(), filepath.Join(t.TempDir(), "before.tar.gz")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	a := beginIn(t, dir, false)
	alice, err := a.Desk.AgentByEmail(ctx, desk.System, "alice@tea.example")
	must(err)
	widget, err := a.Desk.SaveInbox(ctx, desk.System, desk.SavedInbox{Channel: desk.Webchat, Name: "Shop", Enabled: true, Settings: desk.Widget{}})
	must(err)
	box, err := a.Desk.SaveInbox(ctx, desk.System, desk.SavedInbox{Channel: desk.Email, Name: "Mail", Settings: desk.Mailbox{Address: "support@tea.example"}})
	must(err)
	_, other, err := a.Desk.Enter(ctx, desk.System, desk.Visit{InboxID: widget.ID})
	must(err)
	kept, err := a.Desk.Receive(ctx, desk.AsCustomer(other.ID), desk.Incoming{InboxID: widget.ID, Text: "I stay"})
	must(err)
	raw, _, err := a.Desk.Blobs().Put(ctx, strings.NewReader("raw mail of "+word), 1000)
	must(err)
	got, err := a.Desk.Receive(ctx, desk.System, desk.Incoming{InboxID: box.ID, Identity: desk.Identity{Channel: desk.Email, ExternalID: word + "@example.test"},
		Customer: desk.Customer{Name: word + " Wu", Email: word + "@example.test"}, Ticket: &desk.NewTicket{Subject: word, Origin: "mail"}, Text: "I am " + word, ExternalID: "1@example.test"})
	must(err)
	must(a.Desk.Write(ctx, desk.System, func(tx *desk.Tx) error {
		_, err := tx.Exec("insert into mail_ledger(inbox_id, account, uid_validity, uid, external_id, sender, subject, size, state, raw, conversation_id, received_at, stored_at, address) values (?, 'a', 1, 1, ?, ?, ?, 5, 'filed', ?, ?, 1, 1, ?)",
			box.ID, word, word, word, raw[:], got.ConversationID, word+"@example.test")
		return err
	}))
	f, err := a.Desk.Upload(ctx, alice.Actor(), word+".txt", strings.NewReader("file of "+word))
	must(err)
	_, err = a.Desk.Reply(ctx, alice.Actor(), got.ConversationID, desk.Draft{Text: "Dear " + word, FileIDs: []string{f.ID}})
	must(err)
	must(a.Desk.Settle(ctx))
	c, err := a.Desk.Conversation(ctx, alice.Actor(), got.ConversationID)
	must(err)

	must(replica.Snapshot(ctx, a.Desk.DB().Readers(), a.Desk.Blobs().DB().Readers(), saved, "1"))
	must(a.Desk.EraseCustomer(ctx, alice.Actor(), c.CustomerID))
	must(a.Close())
	_, err = replica.RestoreFile(ctx, dir, saved)
	must(err)
	if foundIn(t, dir, word) < 5 {
		t.Fatal("he is not in the backup: nothing would be shown")
	}

	again := beginIn(t, dir, false)
	if _, err := again.Desk.Customer(ctx, alice.Actor(), c.CustomerID); !errors.Is(err, desk.NotFound) {
		t.Errorf("the customer: %v", err)
	}
	if _, err := again.Desk.Conversation(ctx, alice.Actor(), got.ConversationID); !errors.Is(err, desk.NotFound) {
		t.Errorf("his ticket: %v", err)
	}
	if found, _, err := again.Desk.Conversations(ctx, alice.Actor(), desk.ConversationList{View: "all", Query: word, Limit: 5}); err != nil || len(found) > 0 {
		t.Errorf("a search finds %d of his tickets, %v", len(found), err)
	}
	if m, err := again.Desk.Message(ctx, alice.Actor(), kept.ID); err != nil || m.Text != "I stay" {
		t.Errorf("another's message: %v %v", m, err)
	}
	must(errors.Join(again.Desk.DB().Truncate(context.Background()), again.Desk.Blobs().DB().Truncate(context.Background())))
	if n := foundIn(t, dir, word); n != 0 {
		t.Errorf("his word stands %d times in the databases", n)
	}
}

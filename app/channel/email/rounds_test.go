package email

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"deskbell/app/apptest/mailhost"
	"deskbell/app/channel"
	"deskbell/app/desk"
)

// Whatever is missing in the ledger is found: when the desk starts, once a day, and when somebody asks.
func TestComparisonFindsWhatIsMissing(t *testing.T) {
	t.Parallel()
	host := mailhost.StartIMAPOnly(t)
	o := newOffice(t, host)
	var raws []string
	for i := range 20 {
		raws = append(raws, letterFrom(fmt.Sprintf("c%d@home.test", i), fmt.Sprintf("%d@x", i), fmt.Sprintf("Mail %d", i), fmt.Sprintf("words %d", i)))
	}
	host.Fill(support, raws...)
	o.start()
	o.awaitRows("filed", 20)
	o.until("the first comparison", func() bool { return o.count("select count(*) from mail_folders where compared_at is not null") == 1 })

	lose := func(where string) { // as when rows were lost: the mails themselves are on the server
		t.Helper()
		o.must(o.Write(t.Context(), desk.System, func(tx *desk.Tx) error {
			for _, q := range []string{"delete from mail_ledger where " + where, "delete from tickets where conversation_id not in (select conversation_id from mail_ledger)",
				"delete from messages where conversation_id not in (select conversation_id from mail_ledger)"} {
				if _, err := tx.Exec(q); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	complete := func(what string, missed int) {
		t.Helper()
		o.until(what, func() bool {
			return o.count("select count(*) from mail_ledger where state = 'filed'") == 20 && o.count("select missed from mail_folders") == missed
		})
		if n := o.count("select count(*) from tickets"); n != 20 {
			t.Errorf("%s: %d tickets", what, n)
		}
	}
	lose("uid in (3, 4, 11)")
	o.must(o.ch.ledger.Compare(t.Context(), o.alice, o.inbox.ID))
	complete("by button", 3)

	o.halt()
	lose("uid in (1, 20)")
	o.start()
	complete("at start", 2)

	lose("uid = 7")
	o.until("the mailbox is up", o.up)
	o.later(25 * time.Hour)
	host.Expunge(support, 5) // whatever wakes it
	host.Fill(support, letterFrom("late@home.test", "late@x", "Late", "late"))
	o.until("once a day", func() bool { return o.count("select count(*) from mail_ledger where uid = 7 and state = 'filed'") == 1 })
	o.wantFolder(channel.Folder{Shown: 20, Missed: 1})
	if o.count("select count(*) from mail_ledger where uid = 5") != 1 {
		t.Error("a mail that is gone on the server left the ledger")
	}
	if err := o.ch.ledger.Compare(t.Context(), o.crew(), o.inbox.ID); !errors.Is(err, desk.Forbidden) {
		t.Errorf("an agent compares: %v", err)
	}
}

func (o *office) wantFolder(want channel.Folder) {
	o.t.Helper()
	o.until("the comparison", func() bool {
		list, err := o.ch.ledger.Folders(o.t.Context(), o.alice, o.inbox.ID)
		o.must(err)
		return len(list) == 1 && list[0].Shown == want.Shown && list[0].Missed == want.Missed
	})
}

// crew is an agent who is no admin.
func (o *office) crew() desk.Actor {
	o.t.Helper()
	a, err := o.CreateAgent(o.t.Context(), o.alice, desk.NewAgent{Email: "bo@tea.example", Name: "Bo", Password: "longjing before rain", Role: desk.Crew})
	o.must(err)
	return a.Actor()
}

// Who is blocked writes into the ledger and nowhere else, and all of it can be brought back.
func TestBlockedSenders(t *testing.T) {
	t.Parallel()
	host := mailhost.StartIMAPOnly(t)
	o := newOffice(t, host)
	for _, bad := range []string{"", "nobody", "@", "@com", "@a b.test", support, "@example.test", "*@spam.test"} {
		if _, err := o.BlockSender(t.Context(), o.alice, bad, ""); !isKind(err, desk.KindInvalid) {
			t.Errorf("%q was blocked: %v", bad, err)
		}
	}
	if _, err := o.BlockSender(t.Context(), o.crew(), "eve@home.test", ""); !errors.Is(err, desk.Forbidden) {
		t.Errorf("an agent blocks: %v", err)
	}
	eve, err := o.BlockSender(t.Context(), o.alice, " Eve@Home.test ", "offers")
	o.must(err)
	again, err := o.BlockSender(t.Context(), o.alice, "eve@home.test", "twice")
	o.must(err)
	if again.ID != eve.ID || again.Reason != "offers" {
		t.Errorf("blocked twice: %+v", again)
	}
	_, err = o.BlockSender(t.Context(), o.alice, "@spam.test", "")
	o.must(err)
	o.start()
	host.Fill(support,
		letterFrom("EVE@home.test", "1@x", "Offer", "buy"),
		letterFrom("a@deep.spam.test", "2@x", "Win", "now"),
		letterFrom("a@nospam.test", "3@x", "Tea", "please"),
		letterFrom("mei@home.test", "4@x", "Rude", "words"))
	o.awaitRows("filed", 2)
	o.awaitRows("set_aside", 2)
	o.wantTickets("Tea: 1 waiting", "Rude: 1 waiting")
	o.must(o.Blacklist(t.Context(), o.alice, o.conversation(2).CustomerID, "rude"))
	host.Fill(support, letterFrom("mei@home.test", "5@x", "Re: Rude", "more words", "4@x"))
	o.awaitRows("set_aside", 3)
	if got, want := o.ledger(), "1 set_aside blocked, 2 set_aside blocked, 3 filed, 4 filed, 5 set_aside blocked"; got != want {
		t.Errorf("ledger: %s\nwant:   %s", got, want)
	}
	list, _, err := o.BlockedSenders(t.Context(), o.alice, desk.BlockedList{Query: "HOME", Limit: 10})
	o.must(err)
	if len(list) != 1 || list[0].Hits != 1 || list[0].HitAt.IsZero() || list[0].AgentName != "Alice" {
		t.Errorf("blocked: %+v", list[0])
	}
	o.must(o.UnblockSender(t.Context(), o.alice, eve.ID))
	host.Fill(support, letterFrom("eve@home.test", "6@x", "Sorry", "about the offer"))
	o.awaitRows("filed", 3)
	n, err := o.ch.ledger.RetryAll(t.Context(), o.alice, o.inbox.ID, channel.CauseBlocked)
	o.must(err)
	o.awaitRows("filed", 6)
	o.wantTickets("Tea: 1 waiting", "Rude: 2 waiting", "Sorry: 1 waiting", "Offer: 1 waiting", "Win: 1 waiting")
	if n != 3 {
		t.Errorf("%d were brought back", n)
	}
}

func isKind(err error, kind desk.Kind) bool {
	var e *desk.Error
	return errors.As(err, &e) && e.Kind == kind
}

// What was filed without becoming a message becomes a ticket when somebody wants it, once.
func TestMakeItATicketAnyway(t *testing.T) {
	t.Parallel()
	host := mailhost.StartIMAPOnly(t)
	o := newOffice(t, host).start()
	raw := letterFrom("mei@home.test", "1@x", "Tea", "one")
	host.Fill(support, raw, "Received: again\n"+raw)
	o.awaitRows("filed", 2)
	o.wantTickets("Tea: 1 waiting")
	id := int64(o.count("select id from mail_ledger where cause = 'duplicate'"))
	o.must(o.ch.ledger.Retry(t.Context(), o.alice, o.inbox.ID, id))
	o.until("the second ticket", func() bool { return len(o.tickets()) == 2 })
	o.wantTickets("Tea: 1 waiting", "Tea: 1 waiting")
	if c := o.conversation(2); c.LinkedID != o.conversation(1).ID {
		t.Error("the ticket of a double is not linked to the first")
	}
	if err := o.ch.ledger.Retry(t.Context(), o.alice, o.inbox.ID, id); !isKind(err, desk.KindConflict) {
		t.Errorf("once more: %v", err)
	}
}

// Whatever the cause for which a mail became no message, by one press it is a ticket, once.
func TestEveryCauseCanBeBroughtBack(t *testing.T) {
	t.Parallel()
	host := mailhost.StartIMAPOnly(t)
	o := newOffice(t, host)
	var raws []string
	for _, cause := range channel.Causes {
		raws = append(raws, letterFrom(cause+"@home.test", cause+"@x", cause, "words of "+cause))
	}
	host.Fill(support, raws...)
	o.start()
	o.awaitRows("filed", len(raws))
	o.halt()
	o.must(o.Write(t.Context(), desk.System, func(tx *desk.Tx) error { // as if each had become none for its cause
		for _, q := range []string{"delete from tickets", "delete from messages", "update mail_ledger set cause = subject, state = 'set_aside', message_id = null, conversation_id = null",
			"update mail_ledger set state = 'filed' where cause in ('bounce', 'duplicate', 'elsewhere', 'own', 'system')", "update mail_ledger set raw = null where cause in ('too_large', 'withheld', 'gone')"} {
			if _, err := tx.Exec(q); err != nil {
				return err
			}
		}
		return nil
	}))
	o.start()
	rows, _, err := o.ch.ledger.List(t.Context(), o.alice, o.inbox.ID, channel.RowList{Limit: 100})
	o.must(err)
	for _, r := range rows {
		if !r.Undone() {
			t.Errorf("%s cannot be brought back", r.Cause)
		}
		o.must(o.ch.ledger.Retry(t.Context(), o.alice, o.inbox.ID, r.ID))
	}
	o.until("a ticket of each", func() bool {
		return o.count("select count(*) from mail_ledger where state = 'filed' and cause = ''") == len(raws)
	})
	if n, m := o.count("select count(distinct subject) from tickets"), o.count("select count(*) from messages where direction = 'in'"); n != len(raws) || m != len(raws) {
		t.Errorf("%d tickets and %d messages of %d mails; %s", n, m, len(raws), o.ledger())
	}
}

// However many are brought back whose bytes could not be had, each is asked for again.
func TestManyAreAskedForAgain(t *testing.T) {
	t.Parallel()
	host := mailhost.StartIMAPOnly(t)
	o := newOffice(t, host)
	const many = batch + 20
	var raws []string
	for i := range many {
		raws = append(raws, letterFrom(fmt.Sprintf("c%d@home.test", i), fmt.Sprintf("%d@x", i), "Tea", fmt.Sprint("words ", i)))
	}
	host.Fill(support, raws...)
	o.start()
	o.awaitRows("filed", many)
	o.halt()
	o.must(o.Write(t.Context(), desk.System, func(tx *desk.Tx) error {
		_, err := tx.Exec("update mail_ledger set state = 'set_aside', cause = 'withheld', raw = null, message_id = null, conversation_id = null")
		return err
	}))
	n, err := o.ch.ledger.RetryAll(t.Context(), o.alice, o.inbox.ID, channel.CauseWithheld)
	o.must(err)
	if n != many {
		t.Errorf("%d of %d were brought back", n, many)
	}
	o.start()
	o.until("a message of each", func() bool {
		return o.count("select count(*) from mail_ledger where state = 'filed' and cause = ''") == many
	})
}

// A sender who writes too much, or the same again and again, is set aside; the others are not.
func TestLoopsAndFloodsAreSetAside(t *testing.T) {
	t.Parallel()
	host := mailhost.StartIMAPOnly(t)
	o := newOffice(t, host)
	o.box.Flood = 8
	o.save()
	var raws []string
	for i := range 7 {
		raws = append(raws, letterFrom("robot@home.test", fmt.Sprintf("r%d@x", i), strings.Repeat("Re: ", i)+"Away", "I am away.\n\nOn Friday, you wrote:\n> "+fmt.Sprint(i)))
	}
	for i := range 10 {
		raws = append(raws, letterFrom("lots@home.test", fmt.Sprintf("l%d@x", i), fmt.Sprintf("Alarm %d", i), fmt.Sprintf("disk %d", i)))
	}
	raws = append(raws, letterFrom("mei@home.test", "m@x", "Tea", "I am away."))
	host.Fill(support, raws...)
	o.start()
	o.awaitRows("filed", 5+8+1)
	o.awaitRows("set_aside", 2+2)
	for cause, want := range map[string]int{channel.CauseLoop: 2, channel.CauseFlood: 2} {
		if n := o.count("select count(*) from mail_ledger where cause = ?", cause); n != want {
			t.Errorf("%d mails are set aside as %s, want %d", n, cause, want)
		}
	}
}

// What the mailbox wants done with a mail is done when the mail is here, and never before.
func TestAfterwardsOnTheServer(t *testing.T) {
	t.Parallel()
	host := mailhost.StartIMAPOnly(t)
	o := newOffice(t, host)
	o.start()
	host.Fill(support, letterFrom("mei@home.test", "0@x", "Kept", "zero"))
	o.awaitRows("filed", 1)

	o.box.After = "seen"
	o.resave()
	host.Fill(support, letterFrom("mei@home.test", "1@x", "Seen", "one"))
	o.awaitRows("filed", 2)
	o.until("the flag", func() bool { return strings.Join(host.Flags(support), " ") == "- seen" })

	o.box.After, o.box.MoveTo = "move", "Archive/Desk"
	o.resave()
	host.Fill(support, letterFrom("mei@home.test", "2@x", "Moved", "two"))
	o.until("the move", func() bool { return len(host.Mailbox(support)) == 2 && o.filed() == 3 })
	if moved := host.Folder(support, "Archive/Desk"); len(moved) != 1 || !moved[0].Has("Moved") {
		t.Errorf("%d mails were moved", len(moved))
	}

	o.box.After = "delete"
	o.resave()
	host.Fill(support, letterFrom("mei@home.test", "3@x", "Deleted", "three"))
	o.until("the deletion", func() bool { return len(host.Mailbox(support)) == 2 && o.filed() == 4 })
	o.wantTickets("Kept: 1 waiting", "Seen: 1 waiting", "Moved: 1 waiting", "Deleted: 1 waiting")
}

// When the desk stops between storing a mail and deleting it on the server, it is deleted at the next start; a mail whose bytes could not
// be stored is never touched.
func TestAfterwardsSurvivesAStop(t *testing.T) {
	t.Parallel()
	host := mailhost.StartIMAPOnly(t)
	o := newOffice(t, host).start()
	host.Fill(support, letterFrom("mei@home.test", "1@x", "Tea", "one"), letterFrom("mei@home.test", "2@x", "Two", "two"))
	o.awaitRows("filed", 2)
	o.halt()
	o.must(o.Write(t.Context(), desk.System, func(tx *desk.Tx) error {
		_, err := tx.Exec("update mail_ledger set after = 'delete', raw = iif(uid = 2, null, raw)")
		return err
	}))
	o.box.After = "delete"
	o.save()
	o.start()
	o.until("the deletion", func() bool { return len(host.Mailbox(support)) == 1 })
	o.until("the mailbox is up", o.up)
	if left := host.Mailbox(support); !left[0].Has("Two") {
		t.Error("a mail that is not here was deleted")
	}
}

// Several folders are watched at once; one that is missing is told in words.
func TestFolders(t *testing.T) {
	t.Parallel()
	host := mailhost.StartIMAPOnly(t)
	o := newOffice(t, host)
	o.box.Folders = []string{"Done"}
	o.save()
	o.start()
	o.until("the mailbox is up", o.up)
	host.Fill(support, letterFrom("mei@home.test", "1@x", "Tea", "one"))
	o.awaitRows("filed", 1)
	host.MoveAll(support, "INBOX", "Done") // a filter, or a colleague: the same mail in another folder
	o.awaitRows("filed", 2)
	o.wantTickets("Tea: 1 waiting")
	host.Put(support, "Done", letterFrom("mei@home.test", "2@x", "Two", "two"))
	o.awaitRows("filed", 3)
	o.wantTickets("Tea: 1 waiting", "Two: 1 waiting")

	o.box.Folders = []string{"Done", "Nowhere"}
	o.save()
	o.until("the problem", func() bool { return o.state().Receiving.Down() })
	if p := o.state().Receiving.Problem; p.Key != "mailbox.problem.no_folder" || p.Args[0] != "Nowhere" {
		t.Errorf("the problem is %s %v", p.Key, p.Args)
	}
}

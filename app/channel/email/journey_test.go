package email

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"deskbell/app/apptest/mailhost"
	"deskbell/app/desk"
	"deskbell/app/mail"
)

// A mail becomes a ticket, the agent answers, the customer answers that, and all of it is one ticket.
func TestMailToTicketToAnswerToAnswer(t *testing.T) {
	t.Parallel()
	h := mailhost.Start(t)
	o := newOffice(t, h)
	o.box.KeepCopy = true
	o.save()
	o.start()
	begin := time.Now()
	h.Deliver("mei@example.test", support, letterFrom("王梅 <mei@example.test>", "1@example.test", "Tea", "Is it fresh?"))
	o.awaitRows("filed", 1)
	t.Logf("from SMTP to the ticket: %v", time.Since(begin).Round(time.Millisecond))
	o.wantTickets("Tea: 1 waiting")

	up, err := o.Upload(t.Context(), o.alice, "leaf.txt", strings.NewReader("a leaf"))
	o.must(err)
	sent := o.reply(1, "Yes, picked today.\n您好！", up.ID)
	got := h.Await("mei@example.test", func(m mailhost.Mail) bool { return true })
	t.Logf("the answer, as sent:\n%s", got.Raw)
	for name, want := range map[string]string{"In-Reply-To": "<1@example.test>", "References": "<1@example.test>", "Subject": "Re: Tea [#1]", "Message-ID": "<" + sent.ExternalID + ">", "From": `"Tea shop" <` + support + ">"} {
		if got.Header(name) != want {
			t.Errorf("%s is %q, want %q", name, got.Header(name), want)
		}
	}
	if !got.Has("leaf.txt") || got.Header("Auto-Submitted") != "" {
		t.Errorf("the answer lacks its file, or is marked as automatic:\n%s", got.Raw)
	}
	o.until("the copy in the folder for sent mail", func() bool {
		kept := h.Folder(support, "Sent")
		return len(kept) == 1 && kept[0].Header("Message-ID") == got.Header("Message-ID") && kept[0].Has("leaf.txt") && kept[0].Has("YSBsZWFm") // a leaf
	})
	if d := o.awaitDelivery(sent, "sent"); d.Attempts != 1 {
		t.Errorf("%d attempts", d.Attempts)
	}

	h.Deliver("mei@example.test", support, letterFrom("mei@example.test", "2@example.test", "Re: Tea", "Thanks!\n\nOn Friday, Tea shop wrote:\n> Yes, picked today.", "1@example.test", sent.ExternalID))
	o.awaitRows("filed", 2)
	o.wantTickets("Tea: 3 open")
	msgs, _, err := o.Messages(t.Context(), desk.System, o.conversation(1).ID, desk.MessageList{Limit: 50})
	o.must(err)
	last := msgs[len(msgs)-1]
	if last.Text != "Thanks!" || !strings.Contains(last.Meta.Quoted, "picked today") || last.AuthorName != "王梅" {
		t.Errorf("the answer was kept as %q by %q, quoted %q", last.Text, last.AuthorName, last.Meta.Quoted)
	}
}

// Who knows a Message-ID without taking part gets a ticket of his own, linked; a number in the subject is no key either.
func TestStrangersGetTheirOwnTicket(t *testing.T) {
	t.Parallel()
	h := mailhost.StartIMAPOnly(t)
	o := newOffice(t, h)
	h.Fill(support, // before anybody looks: a server may number what comes meanwhile against its order
		letterFrom("mei@example.test", "1@x", "Tea", "one"),
		letterFrom("eve@example.test", "2@x", "Re: Tea", "let me in", "1@x"),
		letterFrom("eve@example.test", "3@x", "Re: Tea [#1]", "let me in"),
		letterFrom("mei@example.test", "4@x", "Re: something [#1]", "by number"),
		strings.Replace(letterFrom("Bo <bo@example.test>", "5@x", "Copy", "with Li"), "Subject:", "Cc: li@example.test\nSubject:", 1),
		letterFrom("li@example.test", "6@x", "Re: Copy", "I am Li", "5@x"),
	)
	o.start()
	o.awaitRows("filed", 6)
	o.wantTickets("Tea: 2 waiting", "Re: Tea: 1 waiting", "Re: Tea [#1]: 1 waiting", "Copy: 2 waiting")
	if c := o.conversation(2); c.LinkedID != o.conversation(1).ID {
		t.Errorf("the stranger's ticket is linked to %d", c.LinkedID)
	}
	if c := o.conversation(3); c.LinkedID != 0 {
		t.Errorf("a mere number made a link to %d", c.LinkedID)
	}
	if cc := o.conversation(4).Ticket.CC; len(cc) != 1 || cc[0] != "li@example.test" {
		t.Errorf("copies go to %v", cc)
	}
}

// An answer that the server numbers before its parent comes beside it when that is there; a stranger's is linked to it.
func TestAnswersBeforeTheirParent(t *testing.T) {
	t.Parallel()
	h := mailhost.StartIMAPOnly(t)
	o := newOffice(t, h).start()
	h.Fill(support,
		letterFrom("mei@example.test", "3@x", "Re: Tea", "three", "1@x", "2@x"),
		letterFrom("eve@example.test", "4@x", "Re: Tea", "let me in", "1@x"),
		letterFrom("li@example.test", "2@x", "Re: Tea", "two", "1@x"),
	)
	o.awaitRows("filed", 3)
	h.Fill(support, strings.Replace(letterFrom("mei@example.test", "1@x", "Tea", "one"), "Subject:", "Cc: li@example.test\nSubject:", 1))
	o.awaitRows("filed", 4)
	parent := o.conversation(o.count("select id from tickets where subject = 'Tea'"))
	msgs, _, err := o.Messages(t.Context(), desk.System, parent.ID, desk.MessageList{Limit: 50})
	o.must(err)
	var said []string
	for _, m := range msgs {
		if !m.IsEvent() {
			said = append(said, m.Text)
		}
	}
	slices.Sort(said)
	if got := strings.Join(said, " "); got != "one three two" {
		t.Errorf("the parent's ticket holds %q", got)
	}
	if n := o.count("select count(*) from conversations where linked_id = ?", parent.ID); n != 1 {
		t.Errorf("%d tickets are linked to it, want the stranger's; %q", n, o.tickets())
	}
}

// However many mails lie between an answer and its parent, they are beside each other in the end, also where the answer's ticket was
// given to somebody meanwhile, and answers to answers with it; one that an agent has dealt with is left to him, and linked.
func TestAnswersLongBeforeTheirParent(t *testing.T) {
	t.Parallel()
	h := mailhost.StartIMAPOnly(t)
	o := newOffice(t, h)
	const pairs = 60
	var mails []string
	for i := range pairs { // the answers, some of which are answered, then all the others
		from := fmt.Sprintf("c%d@example.test", i)
		mails = append(mails, letterFrom(from, fmt.Sprintf("b%d@x", i), "Re: Tea", "two", fmt.Sprintf("a%d@x", i)))
		if i%3 == 0 {
			mails = append(mails, letterFrom(from, fmt.Sprintf("c%d@x", i), "Re: Tea", "three", fmt.Sprintf("a%d@x", i), fmt.Sprintf("b%d@x", i)))
		}
	}
	h.Fill(support, mails...)
	o.start()
	o.awaitRows("filed", len(mails))
	o.reply(1, "I have seen to it.")
	ticket := func(n int) *desk.Conversation {
		return o.conversation(o.count("select t.id from tickets t join messages m on m.conversation_id = t.conversation_id where m.external_id = ?", fmt.Sprintf("b%d@x", n)))
	}
	_, err := o.Assign(t.Context(), o.alice, ticket(1).ID, 0, o.alice.Agent())
	o.must(err)
	var parents []string
	for i := range pairs {
		parents = append(parents, letterFrom(fmt.Sprintf("c%d@example.test", i), fmt.Sprintf("a%d@x", i), "Tea", "one"))
	}
	h.Fill(support, parents...)
	o.awaitRows("filed", len(mails)+pairs)
	if n := o.count(`select count(distinct m.external_id) from messages m join messages p on p.conversation_id = m.conversation_id
		where m.external_id glob '[bc]*@x' and p.external_id = 'a' || substr(m.external_id, 2)`); n != len(mails)-2 {
		t.Errorf("%d answers are beside their parents, want %d", n, len(mails)-2)
	}
	if n := o.count("select count(*) from tickets where merged_into is null"); n != pairs+1 {
		t.Errorf("%d tickets, want one for each mail that began, and the one that was answered", n)
	}
	if c := o.conversation(1); c.LinkedID == 0 || c.LinkedID != o.conversation(o.count("select t.id from tickets t join messages m on m.conversation_id = t.conversation_id where m.external_id = 'a0@x'")).ID {
		t.Errorf("the ticket that an agent answered is linked to %d", c.LinkedID)
	}
	if n := o.count("select count(*) from awaited"); n != 0 {
		t.Errorf("%d mails are awaited still", n)
	}
}

// A closed ticket opens again for a person and stays closed for a program.
func TestClosedTickets(t *testing.T) {
	t.Parallel()
	h := mailhost.StartIMAPOnly(t)
	o := newOffice(t, h).start()
	h.Fill(support, letterFrom("mei@example.test", "1@x", "Tea", "one"))
	o.awaitRows("filed", 1)
	closed := "closed"
	_, err := o.ChangeTicket(t.Context(), o.alice, 1, desk.TicketChange{Status: &closed})
	o.must(err)
	h.Fill(support, strings.Replace(letterFrom("mei@example.test", "2@x", "Out of office", "away", "1@x"), "Subject:", "Auto-Submitted: auto-replied\nSubject:", 1))
	o.awaitRows("filed", 2)
	o.wantTickets("Tea: 2 closed")
	h.Fill(support, letterFrom("mei@example.test", "3@x", "Re: Tea", "I am back", "1@x"))
	o.awaitRows("filed", 3)
	if c := o.conversation(1); c.Status == "closed" {
		t.Error("the customer's answer left the ticket closed")
	}
}

func TestAutoReplyOncePerSenderAndDay(t *testing.T) {
	t.Parallel()
	h := mailhost.Start(t)
	o := newOffice(t, h)
	o.box.AutoReply = desk.AutoReply{Enabled: true, Subject: "We got it", Body: "We will answer soon."}
	o.save()
	o.start()
	h.Fill(support,
		strings.Replace(letterFrom("mei@example.test", "1@x", "Tea", "buy cheap oolong"), "Subject:", "Cc: li@example.test\nSubject:", 1),
		letterFrom("mei@example.test", "2@x", "More tea", "two"),
		strings.Replace(letterFrom("robot@example.test", "3@x", "Report", "beep"), "Subject:", "Auto-Submitted: auto-generated\nSubject:", 1),
		letterFrom("no-reply@example.test", "4@x", "Ping", "beep"),
	)
	o.awaitRows("filed", 4)
	got := h.Await("mei@example.test", func(m mailhost.Mail) bool { return true })
	if got.Header("Subject") != "We got it" || got.Header("Auto-Submitted") != "auto-replied" {
		t.Errorf("the automatic answer has subject %q, Auto-Submitted %q", got.Header("Subject"), got.Header("Auto-Submitted"))
	}
	// Anybody can write a mail in another's name: that one is sent nothing of it.
	if read := mail.Parse(got.Raw); !strings.Contains(read.Text, "We will answer soon.") || strings.Contains(read.Text+read.HTML, "cheap oolong") {
		t.Errorf("the automatic answer reads %q", read.Text)
	}
	if n := o.count("select count(*) from deliveries"); n != 1 {
		t.Errorf("%d automatic answers, want 1", n)
	}
}

func TestBounce(t *testing.T) {
	t.Parallel()
	h := mailhost.Start(t)
	o := newOffice(t, h).start()
	h.Fill(support, letterFrom("gone@bounce.test", "1@x", "Tea", "one"))
	o.awaitRows("filed", 1)
	sent := o.reply(1, "Where are you?")
	d := o.awaitDelivery(sent, "bounced")
	if !strings.Contains(d.Error, "mailbox does not exist") {
		t.Errorf("the bounce's words are %q", d.Error)
	}
	o.wantTickets("Tea: 2 open")
	o.until("the report's row", func() bool { return strings.HasSuffix(o.ledger(), "filed bounce") })
}

// A copy of our own mail that comes back makes nothing; another desk's mail does, though its ids look like ours.
func TestOwnMailAndAnotherDesks(t *testing.T) {
	t.Parallel()
	h := mailhost.Start(t)
	o := newOffice(t, h).start()
	h.Fill(support, letterFrom("Bo <bo@example.test>", "1@x", "Tea", "one"))
	o.awaitRows("filed", 1)
	sent := o.reply(1, "Yes.")
	h.Await("bo@example.test", func(m mailhost.Mail) bool { return true })
	h.Fill(support,
		letterFrom("Tea shop <"+support+">", sent.ExternalID, "Re: Tea", "Yes.", "1@x"),
		letterFrom("eve@example.test", sent.ExternalID, "Re: Tea", "a guess", "1@x"),
		letterFrom("desk@other.test", "deskbell.aaaaaaaaaaaaaaaaaaaaaaaaaa.bbbb@other.test", "Order", "We need 20 kg"),
	)
	o.awaitRows("filed", 3)
	o.awaitRows("set_aside", 1)
	if want := "1 filed, 2 filed own, 3 set_aside same_id, 4 filed"; o.ledger() != want {
		t.Errorf("ledger: %s\nwant:   %s", o.ledger(), want)
	}
	o.wantTickets("Tea: 2 open", "Order: 1 waiting")
	if n := o.count("select received_count from conversations where id = ?", o.conversation(2).ID); n != 1 {
		t.Error("another desk's mail counts as a program's")
	}
}

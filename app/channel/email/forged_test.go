package email

import (
	"strings"
	"testing"

	"deskbell/app/apptest/mailhost"
	"deskbell/app/desk"
)

// judged puts above a mail what the mailbox's own server found out about its sender.
func judged(dmarc, raw string) string {
	return "Authentication-Results: mx.example.test; dmarc=" + dmarc + "\n" + raw
}

// Whose sender is doubtful gets nothing that anybody could ask for in another's name: a number in the subject opens no ticket to him, no
// answers come to his mail, and nobody is answered automatically in his place. Who knows an id of ours gets in, and is marked.
func TestForgedSenders(t *testing.T) {
	t.Parallel()
	h := mailhost.StartIMAPOnly(t)
	o := newOffice(t, h)
	o.box.Authserv = "mx.example.test"
	o.box.AutoReply = desk.AutoReply{Enabled: true, Subject: "We got it", Body: "We will answer soon."}
	o.save()
	h.Fill(support,
		judged("pass", letterFrom("mei@example.test", "1@x", "Tea", "one")),
		judged("fail", letterFrom("mei@example.test", "2@x", "Re: Tea [#1]", "send it to another address")),
		judged("fail", letterFrom("mei@example.test", "3@x", "Re: Tea", "through a list", "1@x")),
		judged("pass", letterFrom("mei@example.test", "4@x", "Re: Tea [#1]", "by number")),
		judged("pass", letterFrom("li@example.test", "6@x", "Re: Cups", "an answer", "5@x")),
		judged("fail", strings.Replace(letterFrom("bo@example.test", "5@x", "Cups", "forged"), "Subject:", "Cc: li@example.test\nReply-To: eve@home.test\nSubject:", 1)),
	)
	o.start()
	o.awaitRows("filed", 6)
	o.wantTickets("Tea: 4 waiting", "Re: Tea [#1]: 1 waiting", "Re: Cups: 2 waiting", "Cups: 1 waiting")
	forged := o.conversation(2)
	if forged.LinkedID != o.conversation(1).ID {
		t.Errorf("the forged mail's ticket is linked to %d", forged.LinkedID)
	}
	if got := o.word("select meta ->> '$.facts.why' || ' ' || (meta ->> '$.facts.ticket') || ' ' || visibility from messages where conversation_id = ? and text = 'conversation.linked'", forged.ID); got != "forged 1 internal" {
		t.Errorf("its notice says %q", got)
	}
	for id, want := range map[string]string{"1@x": "pass", "2@x": "fail", "3@x": "fail"} {
		if got := o.word("select meta ->> '$.mail.verdict.dmarc' from messages where external_id = ?", id); got != want {
			t.Errorf("%s is marked %q", id, got)
		}
	}
	if got := o.word("select group_concat(external_id, ' ') from (select external_id from messages where meta ->> '$.mail.quiet' order by external_id)"); got != "2@x 3@x 5@x" {
		t.Errorf("programs leave the senders of %s alone", got)
	}
	if c := o.conversation(4); len(c.Ticket.CC) != 0 {
		t.Errorf("a forged mail has answers sent to %v", c.Ticket.CC)
	}
	if n := o.count("select count(*) from deliveries where recipient = 'bo@example.test'"); n != 0 {
		t.Error("somebody was answered automatically who has not written")
	}
}

const forwarded = `Please help her, she is a dear customer.

---------- Forwarded message ---------
From: Han Meimei <han@home.test>
Date: Sun, Nov 1, 2026 at 9:00 AM
Subject: Broken cup
To: <alice@tea.example>

The cup arrived broken.
`

// A colleague's forward is the mail of its writer, and one press makes it the colleague's; what he wrote above it is for agents alone.
// A forged one, and anybody else's, stays its sender's, until somebody presses.
func TestForwardedMail(t *testing.T) {
	t.Parallel()
	h := mailhost.StartIMAPOnly(t)
	o := newOffice(t, h)
	o.box.Authserv = "mx.example.test"
	o.save()
	html := strings.Replace(letterFrom("Alice <alice@tea.example>", "5@x", "Fwd: Cups", ""), "\n\n", "\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n", 1) +
		`<div>Look at this, a rude one.</div><br><div class="gmail_quote"><div>---------- Forwarded message ---------<br>From: <b>Han Meimei</b> &lt;<a href="mailto:han@home.test">han@home.test</a>&gt;<br>Date: Sun, Nov 1, 2026<br>Subject: Cups<br>To: &lt;alice@tea.example&gt;<br></div><br><div>The <b>second</b> cup, too.</div></div>`
	h.Fill(support,
		letterFrom("Alice <Alice@tea.example>", "1@x", "Fwd: Broken cup", forwarded),
		judged("fail", letterFrom("Alice <alice@tea.example>", "2@x", "Fwd: Broken cup", forwarded)),
		letterFrom("Zhao <zhao@home.test>", "3@x", "Fwd: Broken cup", forwarded),
		html,
	)
	o.start()
	o.awaitRows("filed", 4)
	o.wantTickets("Broken cup: 1 waiting", "Fwd: Broken cup: 1 waiting", "Fwd: Broken cup: 1 waiting", "Cups: 1 waiting")
	for ticket, want := range []string{"han@home.test", "alice@tea.example", "zhao@home.test", "han@home.test"} {
		if c := o.conversation(ticket + 1); c.CustomerEmail != want {
			t.Errorf("ticket %d is %s's, want %s", ticket+1, c.CustomerEmail, want)
		}
	}
	first, second := o.messages(1)[0], o.messages(4)[0]
	if first.Text != "The cup arrived broken." || first.AuthorName != "Han Meimei" || first.Meta.Mail.Forward.Note != "Please help her, she is a dear customer." {
		t.Errorf("the forward reads %q by %s, with the note %q", first.Text, first.AuthorName, first.Meta.Mail.Forward.Note)
	}
	if strings.Contains(second.HTML, "rude") || strings.Contains(second.HTML, "Forwarded message") || !strings.Contains(second.HTML, "<b>second</b> cup") {
		t.Errorf("its customer may read %s", second.HTML)
	}
	for ticket, want := range map[int]string{1: "alice@tea.example", 2: "han@home.test"} { // there, and back
		c := o.conversation(ticket)
		old, err := o.TicketLink(t.Context(), desk.System, c.ID)
		o.must(err)
		id := o.messages(ticket)[0].ID
		turned, err := o.TurnForward(t.Context(), o.alice, id)
		o.must(err)
		if turned.CustomerEmail != want {
			t.Errorf("pressed, ticket %d is %s's, want %s", ticket, turned.CustomerEmail, want)
		}
		if _, err := o.TicketByLink(t.Context(), desk.System, old, "192.0.2.1"); !desk.IsNotFound(err) && !isKind(err, desk.KindNotFound) {
			t.Errorf("whose ticket it was still reads it: %v", err)
		}
		turned, err = o.TurnForward(t.Context(), o.alice, id)
		o.must(err)
		if turned.CustomerEmail != c.CustomerEmail {
			t.Errorf("pressed twice, ticket %d is %s's", ticket, turned.CustomerEmail)
		}
	}
	if _, err := o.TurnForward(t.Context(), desk.AsCustomer(o.conversation(1).CustomerID), first.ID); err == nil {
		t.Error("a customer gives a ticket away")
	}
	// The answer goes to who wrote it, and does not tell him what the colleague said.
	m := o.reply(1, "We send you a new one.")
	if d := o.count("select count(*) from deliveries where message_id = ? and recipient = 'han@home.test'", m.ID); d != 1 {
		t.Error("the answer does not go to the writer")
	}
}

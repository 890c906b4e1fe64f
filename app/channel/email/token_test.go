package email

import (
	"strings"
	"testing"

	"deskbell/app/desk"
	"deskbell/app/mail"
)

// Where the server takes plus addresses, an answer is asked for at the ticket's own, and is known by it without any other sign, as its
// customer's alone: who has the address takes no part by it, and one that is guessed is nobody's.
func TestAnswersAtTheTicketsAddress(t *testing.T) {
	t.Parallel()
	o, f, h := officeWith(t, func(b *desk.Mailbox) { b.PlusReply = true })
	o.awaitDelivery(o.reply(1, "Yes"), "sent")
	read := mail.Parse(f.Await(1)[0].Raw)
	if len(read.ReplyTo) != 1 {
		t.Fatalf("answers go to %v", read.ReplyTo)
	}
	at := read.ReplyTo[0].Addr
	token, found := strings.CutPrefix(at, "support+")
	if token, _, _ = strings.Cut(token, "@"); !found || len(token) < 26 {
		t.Fatalf("answers go to %s", at)
	}
	to := func(address, letter string) string { return strings.Replace(letter, support, address, 1) }
	guess := strings.Replace(at, "+"+token[:1], "+"+map[bool]string{true: "b", false: "a"}[token[0] == 'a'], 1)
	h.Fill(support,
		to(strings.ToUpper(at), letterFrom("mei@example.test", "2@x", "Hm", "no other sign")),
		to(at, letterFrom("eve@example.test", "3@x", "Hm", "it was forwarded to me")),
		to(guess, letterFrom("mei@example.test", "4@x", "Guess", "anybody's?")),
	)
	o.awaitRows("filed", 4)
	o.wantTickets("Tea: 3 open", "Hm: 1 waiting", "Guess: 1 waiting")
	if c := o.conversation(2); c.LinkedID != o.conversation(1).ID {
		t.Errorf("what came with another's address is linked to %d", c.LinkedID)
	}
	if c := o.conversation(3); c.LinkedID != 0 {
		t.Errorf("a guess is linked to %d", c.LinkedID)
	}
	for n := 1; n <= 3; n++ {
		if cc := o.conversation(n).Ticket.CC; len(cc) != 0 {
			t.Errorf("ticket %d copies %v", n, cc)
		}
	}
}

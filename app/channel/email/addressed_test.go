package email

import (
	"fmt"
	"strings"
	"testing"

	"deskbell/app/apptest/mailhost"
	"deskbell/app/desk"
	"deskbell/app/routing"
)

// house is an office with two mailboxes and a team and an agent for each.
type house struct {
	*office
	sales, export desk.TeamID
	bo, chen      desk.Actor
	other         *desk.Inbox
}

const exportBox = "export@example.test"

func newHouse(t *testing.T, host *mailhost.Host) *house {
	t.Helper()
	h := &house{office: newOffice(t, host)}
	h.Decide = routing.Decide
	var err error
	team := func(name, email string) (desk.TeamID, desk.Actor) {
		t.Helper()
		tm, err := h.SaveTeam(t.Context(), h.alice, desk.Team{Name: name, Assignment: "collaboration"})
		h.must(err)
		a, err := h.CreateAgent(t.Context(), h.alice, desk.NewAgent{Email: email, Name: name + " agent", Password: "longjing before rain", Role: desk.Crew, TeamIDs: []desk.TeamID{tm.ID}})
		h.must(err)
		return tm.ID, a.Actor()
	}
	h.sales, h.bo = team("Sales", "bo@tea.example")
	h.export, h.chen = team("Export", "chen@tea.example")
	h.team = h.sales
	h.save()
	box := h.box
	box.Address, box.IMAP.Username, box.SMTP.Username = exportBox, exportBox, exportBox
	h.other, err = h.SaveInbox(t.Context(), desk.System, desk.SavedInbox{Channel: desk.Email, Name: "Export", Enabled: true, TeamID: h.export, Settings: box,
		Secrets: desk.MailboxSecrets{IMAP: mailhost.Password, SMTP: mailhost.Password}})
	h.must(err)
	return h
}

// sees says whether an agent sees a ticket, by itself and in his list, and hears of it.
func (h *house) sees(by desk.Actor, ticket int) bool {
	h.t.Helper()
	c := h.conversation(ticket)
	_, err := h.Conversation(h.t.Context(), by, c.ID)
	if err != nil && !desk.IsNotFound(err) {
		h.t.Fatal(err)
	}
	list, _, err := h.Conversations(h.t.Context(), by, desk.ConversationList{Kind: "ticket", Limit: 200})
	h.must(err)
	listed := false
	for _, l := range list {
		listed = listed || l.ID == c.ID
	}
	_, alone := h.Conversation(h.t.Context(), by, c.ID)
	if listed != (alone == nil) {
		h.t.Errorf("ticket %d: the list says %v, by itself %v", ticket, listed, alone)
	}
	return listed
}

func (h *house) wantSeen(ticket int, bo, chen bool) {
	h.t.Helper()
	if b, c := h.sees(h.bo, ticket), h.sees(h.chen, ticket); b != bo || c != chen {
		h.t.Errorf("ticket %d: sales see it %v (want %v), export %v (want %v)", ticket, b, bo, c, chen)
	}
}

func to(raw string, addresses ...string) string {
	return strings.Replace(raw, "To: "+support, "To: "+strings.Join(addresses, ", "), 1)
}

// Both receivers get every mail at the same time, and whoever is faster: one ticket for each, of the mailbox that stands first in
// To, seen by both teams, listed twice in the ledger.
func TestMailToTwoMailboxesIsOneTicket(t *testing.T) {
	t.Parallel()
	host := mailhost.StartIMAPOnly(t)
	h := newHouse(t, host)
	var here, there []string
	const n = 30
	for i := range n {
		raw := letterFrom("mei@example.test", fmt.Sprintf("%d@x", i), fmt.Sprintf("Tea %d", i), fmt.Sprintf("question %d", i))
		raw = to(raw, exportBox, support)
		if i%3 == 0 { // a program that gives its mails no id
			raw = strings.Replace(raw, fmt.Sprintf("Message-ID: <%d@x>\n", i), "", 1)
		}
		here, there = append(here, "Received: from a by b; 1\n"+raw), append(there, "Received: from c by d; 2\n"+raw)
	}
	host.Fill(support, here...)
	host.Fill(exportBox, there...)
	h.start()
	h.awaitRows("filed", 2*n)
	if got := h.count("select count(*) from tickets"); got != n {
		t.Errorf("%d tickets of %d mails to two mailboxes each", got, n)
	}
	if got := h.count("select count(*) from messages where direction = 'in'"); got != n {
		t.Errorf("%d messages", got)
	}
	if got := h.count("select count(*) from conversations where inbox_id = ?", h.other.ID); got != n {
		t.Errorf("%d tickets are of the mailbox that stands first in To", got)
	}
	if got := h.count("select count(*) from mail_ledger where cause in ('duplicate', 'elsewhere') and conversation_id is not null"); got != n {
		t.Errorf("%d rows say that the mail had come before", got)
	}
	for i := range n {
		h.wantSeen(i+1, true, true)
	}
	// Whoever may see it is told of it, too.
	a, err := h.Audiences(t.Context(), desk.System, []desk.ConversationID{h.conversation(1).ID})
	h.must(err)
	if also := a[h.conversation(1).ID].Also; len(also) != 1 || also[0] != h.sales {
		t.Errorf("the news goes to teams %v besides", also)
	}
}

// A secret copy, an answer to another mailbox, and what only one was sent.
func TestWhoWasAddressedSees(t *testing.T) {
	t.Parallel()
	host := mailhost.StartIMAPOnly(t)
	h := newHouse(t, host)
	h.start()
	secret := letterFrom("mei@example.test", "1@x", "Secret copy", "one")
	host.Fill(support, secret)
	h.awaitRows("filed", 1)
	h.wantSeen(1, true, false)
	host.Fill(exportBox, secret) // Bcc: it does not say so
	h.awaitRows("filed", 2)
	h.wantSeen(1, true, true)

	host.Fill(support, letterFrom("li@example.test", "2@x", "Alone", "two"))
	h.awaitRows("filed", 3)
	h.wantSeen(2, true, false)
	host.Fill(exportBox, to(letterFrom("li@example.test", "3@x", "Re: Alone", "and you?", "2@x"), exportBox))
	h.awaitRows("filed", 4)
	h.wantTickets("Secret copy: 1 waiting", "Alone: 2 waiting")
	h.wantSeen(2, true, true)
	if cc := h.conversation(2).Ticket.CC; len(cc) != 0 {
		t.Errorf("our own mailbox would get copies: %v", cc)
	}

	// The same id with other words is another mail, however it got its id.
	host.Fill(exportBox, to(letterFrom("eve@example.test", "1@x", "Secret copy", "another"), exportBox))
	h.awaitRows("filed", 5)
	h.wantTickets("Secret copy: 1 waiting", "Alone: 2 waiting", "Secret copy: 1 waiting")
	h.wantSeen(3, false, true)
}

// One account that catches a whole domain brings mail for all mailboxes; addresses and tags say whose it is.
func TestAliasesTagsAndCatchAll(t *testing.T) {
	t.Parallel()
	host := mailhost.StartIMAPOnly(t)
	h := newHouse(t, host)
	h.box.Aliases = []string{"help@example.test"}
	h.box.Routes = []desk.MailRoute{{Address: "returns@example.test", TeamID: h.export}, {Address: "+export", TeamID: h.export}, {Address: "*@example.test"}}
	h.save()
	for i, address := range []string{"help@example.test", "returns@example.test", "support+export@example.test", "help+spring@example.test", "whoever@example.test", exportBox} {
		raw := to(letterFrom("mei@home.test", fmt.Sprintf("%d@x", i), address, "hello "+address), "Tea <"+address+">")
		host.Fill(support, raw)
	}
	copied := to(letterFrom("mei@home.test", "8@x", "copied", "hello"), "friend@home.test")
	host.Fill(support, strings.Replace(copied, "Subject:", "Cc: Returns <RETURNS@example.test>\nSubject:", 1))
	host.Fill(support, "Delivered-To: returns@example.test\n"+to(letterFrom("mei@home.test", "9@x", "hidden", "hello"), "undisclosed-recipients:;"))
	h.start()
	h.awaitRows("filed", 8)
	for ticket, want := range []desk.TeamID{h.sales, h.export, h.export, h.sales, h.sales, h.export, h.export, h.export} {
		if got := h.conversation(ticket + 1).TeamID; got != want {
			t.Errorf("%s is team %d's, want %d", h.conversation(ticket+1).Ticket.Subject, got, want)
		}
	}
	if c := h.conversation(6); c.InboxID != h.other.ID {
		t.Error("what was sent to the other mailbox is answered by this one")
	}
	h.wantSeen(6, false, true)
}

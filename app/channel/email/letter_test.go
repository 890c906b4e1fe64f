package email

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"

	"deskbell/app/desk"
	"deskbell/app/mail"
)

// A letter set in type goes out with its picture inside, in the name of its writer, and nobody learns who got it besides.
func TestALetterInType(t *testing.T) {
	t.Parallel()
	o, f := faultyOffice(t)
	agent, err := o.Agent(t.Context(), desk.System, o.alice.Agent())
	o.must(err)
	o.must(o.ChangeProfile(t.Context(), o.alice, desk.Profile{Name: agent.Name, TimeZone: "UTC", Preferences: desk.Preferences{Signature: "Alice, by the lake"}}))
	var b bytes.Buffer
	o.must(png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 40, 30))))
	up, err := o.Upload(t.Context(), o.alice, "map.png", &b)
	o.must(err)
	m, err := o.Reply(t.Context(), o.alice, o.conversation(1).ID, desk.Draft{HTML: `<p>Here is <b>the way</b>:</p><img src="cid:` + up.ID + `">`, FileIDs: []string{up.ID}, CC: []string{"dad@example.test"}, AllCC: true, BCC: []string{"boss@example.test"}})
	o.must(err)
	o.awaitDelivery(m, "sent")
	got := f.Await(3)
	for _, one := range got {
		raw := string(one.Raw)
		head, _, _ := strings.Cut(raw, "\r\n\r\n")
		if strings.Contains(raw, "boss@example.test") || !strings.Contains(head, "dad@example.test") {
			t.Errorf("who got it stands otherwise in it:\n%s", head)
		}
		read := mail.Parse(one.Raw)
		if !strings.Contains(read.Text, "Here is the way") || !strings.Contains(read.Text, "-- \nAlice, by the lake") {
			t.Errorf("its text is %q", read.Text)
		}
		if !strings.Contains(read.HTML, "<b>the way</b>") || !strings.Contains(read.HTML, "cid:"+up.ID) || !strings.Contains(strings.ToLower(raw), "content-id: <"+up.ID+">") {
			t.Errorf("its HTML is %q", read.HTML)
		}
	}

	// A mail that asks for a rating has the customer's own link in his copy, and in no other's.
	c := o.conversation(1)
	path, err := o.RatePath(t.Context(), desk.System, c)
	o.must(err)
	m, err = o.Reply(t.Context(), desk.System, c.ID, desk.Draft{Text: "https://desk.test" + desk.RateYours, HTML: `<a href="https://desk.test` + desk.RateYours + `?stars=5">*</a>`, Auto: true})
	o.must(err)
	o.awaitDelivery(m, "sent")
	own := 0
	for _, one := range f.Await(5)[3:] {
		read := mail.Parse(one.Raw)
		if strings.Contains(read.Text, path) && strings.Contains(read.HTML, path+"?stars=5") {
			own++
		} else if strings.Contains(string(one.Raw), path[len("/rate/"):]) || !strings.Contains(read.Text, desk.RateYours) {
			t.Errorf("another's copy reads %q", read.Text)
		}
	}
	if own != 1 {
		t.Errorf("%d copies with a link", own)
	}
}

// Where a ticket of somebody else's went into this one, its customer is sent nothing of what that one wrote, nor the ids of his mails.
func TestALetterHoldsNothingOfAnothers(t *testing.T) {
	t.Parallel()
	o, f := faultyOffice(t)
	into := o.conversation(1)
	agent, err := o.Agent(t.Context(), desk.System, o.alice.Agent())
	o.must(err)
	got, err := o.Receive(t.Context(), desk.System, desk.Incoming{InboxID: into.InboxID, Identity: desk.Identity{Channel: desk.Email, ExternalID: "zoe@post.example"}, Customer: desk.Customer{Name: "Zoe", Email: "zoe@post.example"},
		Ticket: &desk.NewTicket{Subject: "Mine", Origin: "mail"}, Text: "my secret address", ExternalID: "zoes@post.example"})
	o.must(err)
	from, err := o.Conversation(t.Context(), desk.System, got.ConversationID)
	o.must(err)
	_, err = o.MergeTicket(t.Context(), agent.Actor(), from.Ticket.ID, into.Ticket.ID)
	o.must(err)
	_, err = o.Receive(t.Context(), desk.System, desk.Incoming{InboxID: into.InboxID, ConversationID: from.ID, Identity: desk.Identity{Channel: desk.Email, ExternalID: "zoe@post.example"}, Text: "my secret address, again", ExternalID: "zoes.2@post.example"})
	o.must(err)
	m := o.reply(1, "It is on its way")
	o.awaitDelivery(m, "sent")
	raw := string(f.Await(1)[0].Raw)
	if read := mail.Parse([]byte(raw)); !strings.Contains(read.Text, "on its way") || strings.Contains(read.Text, "secret address") {
		t.Errorf("it reads %q", read.Text)
	}
	if strings.Contains(raw, "zoes@") || strings.Contains(raw, "zoes.2@") || !strings.Contains(raw, "In-Reply-To: <") {
		t.Errorf("it goes on with another's mail:\n%s", raw)
	}
}

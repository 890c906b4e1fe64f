package email

import (
	"context"
	"strings"
	"testing"
	"time"

	"deskbell/app/apptest/mailhost"
	"deskbell/app/desk"
)

func (o *office) round(p Probe) Probed {
	o.t.Helper()
	got, err := o.ch.Round(o.t.Context(), o.inbox, p)
	o.must(err)
	return got
}

// A desk that tries its own mailbox finds its mail again, makes no ticket of it, and leaves nothing behind, whatever becomes of mail to
// nobody, and whether the desk reads the mailbox meanwhile or not.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	h := mailhost.Start(t)
	o := newOffice(t, h)
	try := func(mode, want string, p Probe) {
		t.Helper()
		h.SetNobody(mode)
		got := o.round(p)
		if got.Problem != nil || got.Lost || got.Folder != "" || got.Took <= 0 || got.Ahead.Abs() > time.Minute || got.Bounce != want {
			t.Errorf("mail to nobody is to %s: %+v %v", mode, got, got.Problem)
		}
		if left := h.Mailbox(support); len(left) != 0 {
			t.Errorf("mail to nobody is to %s: %d mails are left, the first\n%s", mode, len(left), left[0].Raw)
		}
	}
	try("refuse", "refused", Probe{})
	o.start()
	o.until("the mailbox to be read", o.up)
	try("report", "reported", Probe{Read: true, Wait: time.Minute, Report: time.Minute})
	try("keep", "kept", Probe{Read: true, Wait: time.Minute, Report: time.Minute})
	o.box.After, o.box.MoveTo = "move", "Done"
	o.save()
	o.until("the mailbox to be read anew", o.up)
	try("refuse", "refused", Probe{Read: true, Wait: time.Minute})
	if left := h.Folder(support, "Done"); len(left) != 0 {
		t.Errorf("%d probes were moved and are left", len(left))
	}
	if n := o.count("select (select count(*) from tickets) + (select count(*) from conversations)"); n != 0 {
		t.Errorf("%d tickets came of it; ledger: %s", n, o.ledger())
	}
	if n := o.count("select count(*) from mail_ledger where cause <> 'probe'"); n != 0 {
		t.Errorf("the ledger holds more than probes: %s", o.ledger())
	}
}

// What does not work is told as of the test of the settings, and a mail that does not come is told as lost.
func TestRoundTripsThatEndEarly(t *testing.T) {
	t.Parallel()
	h := mailhost.Start(t)
	o := newOffice(t, h)
	well := o.box
	for name, c := range map[string]struct {
		change func(*desk.Mailbox)
		want   string
	}{
		"no IMAP":           {func(b *desk.Mailbox) { b.IMAP.Port = h.SMTPS }, "imap.port mailbox.problem.is_smtp"},
		"no folder":         {func(b *desk.Mailbox) { b.IMAP.Folder = "Nowhere" }, "imap.folder mailbox.problem.no_folder"},
		"no SMTP":           {func(b *desk.Mailbox) { b.SMTP.Port = h.IMAPS }, "smtp.port mailbox.problem.is_imap"},
		"it is not taken":   {func(b *desk.Mailbox) { b.Address = "nouser@example.test" }, "smtp.host mailbox.problem.not_taken"},
		"it goes elsewhere": {func(b *desk.Mailbox) { b.IMAP.Folder = "Done" }, "lost"},
	} {
		o.box = well
		c.change(&o.box)
		o.save()
		p := o.round(Probe{Wait: time.Nanosecond})
		got := ""
		if p.Problem != nil {
			got = p.Problem.Field + " " + p.Problem.Key
		} else if p.Lost {
			got = "lost"
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s; %v", name, got, c.want, p.Problem)
		}
	}
}

// A probe that was taken for junk is found there.
func TestProbeAmongTheJunk(t *testing.T) {
	t.Parallel()
	h := mailhost.StartIMAPOnly(t)
	o := newOffice(t, h)
	box, err := o.ch.mailbox(t.Context(), o.inbox)
	o.must(err)
	conn, err := connect(t.Context(), anywhere, box.imap, h.TLS())
	o.must(err)
	defer conn.close()
	r := &round{c: o.ch, in: o.inbox, box: box, conn: conn}
	o.must(conn.client.Create("Spam", nil).Wait())
	id, letter, err := r.letter(t.Context(), support)
	o.must(err)
	var raw strings.Builder
	_, err = letter.WriteTo(&raw)
	o.must(err)
	h.Put(support, "Spam", letterFrom("eve@example.test", "1@x", "Offer", "cheap"))
	h.Put(support, "Spam", raw.String())
	if folder, err := r.among(id); err != nil || folder != "Spam" {
		t.Errorf("found in %q, %v", folder, err)
	}
	if left := h.Folder(support, "Spam"); len(left) != 1 || !left[0].Has("cheap") {
		t.Errorf("%d mails are left", len(left))
	}
}

// Nobody but the desk itself can mark a mail so that it makes no ticket.
func TestProbesCannotBeMade(t *testing.T) {
	t.Parallel()
	h := mailhost.StartIMAPOnly(t)
	o := newOffice(t, h)
	other := New(o.Desk, anywhere, o.log())
	r := &round{c: other, in: o.inbox, box: mailbox{Mailbox: o.box}}
	id, _, err := r.letter(context.Background(), support)
	o.must(err)
	forged := id[:len(id)-1] + map[bool]string{true: "B", false: "A"}[strings.HasSuffix(id, "A")]
	h.Fill(support,
		strings.Replace(letterFrom("mei@example.test", "1@x", "Tea", "one"), "Subject:", "X-Deskbell-Probe: "+forged+"\nSubject:", 1),
		letterFrom("mei@example.test", forged+"@example.test", "More tea", "two"),
		strings.Replace(letterFrom("mei@example.test", "3@x", "No tea", "three"), "Subject:", "X-Deskbell-Probe: "+id+"\nSubject:", 1),
		letterFrom("mei@example.test", "4@x", "Re: probe", "away", id+"@example.test"),
	)
	o.start()
	o.awaitRows("filed", 4)
	o.wantTickets("Tea: 1 waiting", "More tea: 1 waiting")
	if want := "1 filed, 2 filed, 3 filed probe, 4 filed probe"; o.ledger() != want {
		t.Errorf("ledger: %s\nwant:   %s", o.ledger(), want)
	}
}

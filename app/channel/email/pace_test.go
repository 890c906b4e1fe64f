package email

import (
	"fmt"
	"testing"
	"time"

	"deskbell/app/apptest/mailhost"
	"deskbell/app/desk"
)

// What is over the mailbox's limit waits and goes out when there is room again.
func TestHourlyLimit(t *testing.T) {
	t.Parallel()
	h := mailhost.Start(t)
	o := newOffice(t, h)
	o.box.Hourly = 2
	o.save()
	o.start()
	h.Fill(support, letterFrom("mei@example.test", "1@x", "Tea", "one"))
	o.awaitRows("filed", 1)
	var last *desk.Message
	for i := range 3 {
		last = o.reply(1, fmt.Sprintf("answer %d", i))
	}
	o.until("two that are sent", func() bool { return o.count("select count(*) from deliveries where state = 'sent'") == 2 })
	if d := o.awaitDelivery(last, "queued"); d.Attempts != 0 {
		t.Errorf("the third was tried %d times", d.Attempts)
	}
	o.later(61 * time.Minute)
	o.awaitDelivery(last, "sent")
}

// Somebody who tries again what was given up gets the whole schedule again, not one more attempt.
func TestTryAgainBeginsAnew(t *testing.T) {
	t.Parallel()
	h := mailhost.Start(t)
	o := newOffice(t, h)
	o.start()
	h.Fill(support, letterFrom("tempfail@example.test", "1@x", "Tea", "one"))
	o.awaitRows("filed", 1)
	m := o.reply(1, "are you there?")
	o.until("the first attempt", func() bool { return o.count("select attempts from deliveries") == 1 })
	o.later(6 * 24 * time.Hour)
	o.awaitDelivery(m, "failed")
	o.must(o.TryAgain(t.Context(), o.alice, m.ID))
	o.until("another attempt", func() bool { return o.count("select attempts from deliveries") == 3 })
	d := o.awaitDelivery(m, "queued")
	if wait := d.NextAt.Sub(d.UpdatedAt); d.Tries != 1 || wait != 5*time.Minute {
		t.Errorf("after %d tries it waits %v", d.Tries, wait)
	}
}

// A customer whom an agent wrote down by hand is the one whose mail comes.
func TestCustomerByHandIsKnownByMail(t *testing.T) {
	t.Parallel()
	h := mailhost.StartIMAPOnly(t)
	o := newOffice(t, h).start()
	name, address, other := "Mei", "Mei@home.test", "li@home.test"
	mei, err := o.CreateCustomer(t.Context(), o.alice, desk.CustomerChange{Name: &name, Email: &address})
	o.must(err)
	if _, err := o.CreateCustomer(t.Context(), o.alice, desk.CustomerChange{Name: &name, Email: &address}); !isKind(err, desk.KindInvalid) {
		t.Errorf("the same address twice: %v", err)
	}
	_, err = o.ChangeCustomer(t.Context(), o.alice, mei.ID, desk.CustomerChange{Email: &other})
	o.must(err)
	h.Fill(support, letterFrom("mei@home.test", "1@x", "Tea", "one"), letterFrom("LI@home.test", "2@x", "More", "two"))
	o.awaitRows("filed", 2)
	for ticket := 1; ticket <= 2; ticket++ {
		if c := o.conversation(ticket); c.CustomerID != mei.ID {
			t.Errorf("ticket %d is customer %d's, not %d's", ticket, c.CustomerID, mei.ID)
		}
	}
}

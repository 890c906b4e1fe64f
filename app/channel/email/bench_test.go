package email

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"deskbell/app/apptest/mailhost"
)

// BenchmarkMailbox reads a mailbox of 2,000 mails, half of them answers, into tickets. Run it with -benchtime 1x.
func BenchmarkMailbox(b *testing.B) {
	h := mailhost.StartIMAPOnly(b)
	h.Fill(support, many(1, 2000)...)
	for b.Loop() {
		o := newOffice(b, h)
		begin := time.Now()
		o.start()
		o.awaitRows("filed", 2000)
		took := time.Since(begin)
		o.wantAll(2000)
		o.close()
		b.ReportMetric(2000/took.Seconds(), "mails/s")
		b.ReportMetric(0, "ns/op")
	}
}

// BenchmarkNewMail measures from the end of a delivery by LMTP to the ticket, with IDLE. Dovecot itself waits half a second.
func BenchmarkNewMail(b *testing.B) {
	h := mailhost.StartIMAPOnly(b)
	o := newOffice(b, h).start()
	o.until("the mailbox", func() bool { return o.up() })
	var delays []time.Duration
	for i := 1; b.Loop(); i++ {
		h.Fill(support, letterFrom("mei@example.test", fmt.Sprintf("%d@x", i), "Tea", "one"))
		begin := time.Now()
		o.awaitRows("filed", i)
		delays = append(delays, time.Since(begin))
	}
	slices.Sort(delays)
	b.ReportMetric(float64(delays[len(delays)/2].Milliseconds()), "ms/p50")
	b.ReportMetric(float64(delays[len(delays)*99/100].Milliseconds()), "ms/p99")
	b.ReportMetric(0, "ns/op")
}

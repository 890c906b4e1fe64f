package email

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"deskbell/app/apptest/mailhost"
)

// A mail of 50 MB becomes a ticket with its file, is shown and fetched, and is never held in memory whole.
func TestLargeMailInLittleMemory(t *testing.T) {
	h := mailhost.StartIMAPOnly(t)
	line := strings.Repeat("QUJD", 19) + "\n"
	large := fmt.Sprintf("From: mei@example.test\nTo: %s\nSubject: Large\nMessage-ID: <1@x>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nsee the file\n--b\nContent-Type: application/zip; name=\"tea.zip\"\nContent-Disposition: attachment; filename=\"tea.zip\"\nContent-Transfer-Encoding: base64\n\n%s--b--\n",
		support, strings.Repeat(line, 50_000_000/len(line)))
	h.Fill(support, large, letterFrom("bo@example.test", "2@x", "Behind it", "fine"))
	large, line = "", ""
	o := newOffice(t, h)
	// What is held counts, not what was let go: a collector that is never far behind shows it, however busy the machine is.
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	inUse := func() uint64 {
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		return now.HeapInuse
	}
	runtime.GC() // of the mail, and of what hashing a password took
	before, peak := inUse(), uint64(0)
	look := func() { peak = max(peak, inUse()) }
	o.start()
	o.until("the mails", func() bool {
		look()
		return o.filed() == 2
	})
	_, content, err := o.OpenFile(t.Context(), o.alice, o.messages(1)[0].Files[0].ID, false)
	o.must(err)
	raw, err := o.ch.ledger.Raw(t.Context(), o.alice, o.inbox.ID, 1)
	o.must(err)
	for _, r := range []io.Reader{content, raw} {
		for n, err := int64(1), error(nil); err == nil; look() {
			if n, err = io.CopyN(io.Discard, r, 4<<20); err != nil && err != io.EOF {
				t.Fatalf("after %d bytes: %v", n, err)
			}
		}
	}
	grown := int64(peak) - int64(before)
	t.Logf("heap grew by %d MB", grown>>20)
	if grown > 20<<20 {
		t.Errorf("the heap grew by %d MB over a mail of 50 MB", grown>>20)
	}
	if size := o.count("select size from files where name = 'tea.zip'"); size < 36_000_000 {
		t.Errorf("the file has %d bytes", size)
	}
}

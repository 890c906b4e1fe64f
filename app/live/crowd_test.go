package live

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Two hundred readers who never read are cut, cost little until then, and keep nobody waiting who does read.
func TestReadersThatNeverRead(t *testing.T) {
	const readers, events, each = 200, 1_000, 1 << 10
	d := start(t, Config{WriteTimeout: 300 * time.Millisecond})
	healthy := d.listen(t, "key=healthy&topic=x")
	for n := range readers {
		d.stuck(t, fmt.Sprintf("key=slow-%d&topic=x", n))
	}
	before, most := inUse(), uint64(0)
	for n := 1; n <= events; n++ {
		d.publish(t, "message.created", strings.Repeat("x", each), "x")
		if got := healthy.next(); got.id != wire(int64(n)) {
			t.Fatalf("the healthy reader got id %s, want that of %d", got.id, n)
		}
		if n%100 == 0 {
			most = max(most, inUse())
		}
	}
	eventually(t, "all of them are cut", func() bool { return d.Streams() == 1 })
	grown := int64(most) - int64(before) // what is read was read, and what is not read is not kept for ever
	t.Logf("%d bytes more while they were there", grown)
	if grown > readers*256<<10 && !raceDetector {
		t.Errorf("%d bytes more for %d readers", grown, readers)
	}
}

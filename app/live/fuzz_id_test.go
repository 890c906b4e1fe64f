package live

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"
)

// FuzzLastEventID: whatever a client sends, it is an id, the present, or what no epoch knows; the header goes before the address.
func FuzzLastEventID(f *testing.F) {
	for _, s := range [][2]string{{"", ""}, {"1", "2"}, {"-1", ""}, {"9223372036854775808", ""}, {"0x10", ""}, {"1099511627777", ""}, {" 7", ""}, {"", "٣"}, {"1\r\n2", ""}, {"+5", ""}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, header, query string) {
		r := &http.Request{Header: http.Header{"Last-Event-Id": {header}}, URL: &url.URL{RawQuery: url.Values{"last_event_id": {query}}.Encode()}}
		id := LastEventID(r)
		said := header
		if said == "" {
			said = query
		}
		n, err := strconv.ParseInt(said, 10, 64)
		switch {
		case id < -1, said == "" && id != 0, id >= 0 && said != "" && (err != nil || n != id), id == -1 && err == nil && n >= 0:
			t.Errorf("%q, %q: %d", header, query, id)
		}
		if epoch, pk := Split(max(id, 0)); EventID(epoch, pk) != max(id, 0) {
			t.Errorf("%d is put together as %d", id, EventID(epoch, pk))
		}
	})
}

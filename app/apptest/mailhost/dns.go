package mailhost

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// DNS is a real name server on loopback. Its zone names records as "TYPE name" (MX tea.example), each with its values: "10 mx.tea.example", a
// text, an address or a name. A name that has none does not exist; under "FAIL name" the server says that it is in trouble.
type DNS struct {
	Zone map[string][]string
	conn net.PacketConn
}

// StartDNS starts a name server and stops it when the test ends.
func StartDNS(t testing.TB, zone map[string][]string) *DNS {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("start a name server: %v", err)
	}
	d := &DNS{Zone: zone, conn: conn}
	done := make(chan struct{})
	go func() { defer close(done); d.serve() }()
	t.Cleanup(func() { conn.Close(); <-done })
	return d
}

// Resolver asks this server alone.
func (d *DNS) Resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", d.conn.LocalAddr().String())
	}}
}

func (d *DNS) serve() {
	in := make([]byte, 1500)
	for {
		n, from, err := d.conn.ReadFrom(in)
		if err != nil {
			return
		}
		var p dnsmessage.Parser
		head, err := p.Start(in[:n])
		if err != nil {
			continue
		}
		question, err := p.Question()
		if err != nil {
			continue
		}
		m := dnsmessage.Message{Header: dnsmessage.Header{ID: head.ID, Response: true, RecursionDesired: true, RecursionAvailable: true}, Questions: []dnsmessage.Question{question}}
		d.answer(&m, question)
		out, err := m.Pack()
		if err == nil {
			d.conn.WriteTo(out, from)
		}
	}
}

func (d *DNS) answer(m *dnsmessage.Message, q dnsmessage.Question) {
	name := strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))
	if _, ill := d.Zone["FAIL "+name]; ill {
		m.RCode = dnsmessage.RCodeServerFailure
		return
	}
	for key, values := range d.Zone {
		kind, owner, _ := strings.Cut(key, " ")
		if owner != name {
			continue
		}
		m.RCode = dnsmessage.RCodeSuccess
		for _, v := range values {
			if body := resource(kind, v); body != nil && "Type"+kind == q.Type.String() {
				m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: 60}, Body: body})
			}
		}
		defer func() { m.RCode = dnsmessage.RCodeSuccess }()
	}
	if len(m.Answers) == 0 {
		m.RCode = dnsmessage.RCodeNameError
	}
}

func resource(kind, value string) dnsmessage.ResourceBody {
	switch kind {
	case "A":
		return &dnsmessage.AResource{A: netip.MustParseAddr(value).As4()}
	case "AAAA":
		return &dnsmessage.AAAAResource{AAAA: netip.MustParseAddr(value).As16()}
	case "MX":
		pref, host, _ := strings.Cut(value, " ")
		n, _ := strconv.Atoi(pref)
		return &dnsmessage.MXResource{Pref: uint16(n), MX: dnsmessage.MustNewName(strings.TrimSuffix(host, ".") + ".")}
	case "TXT":
		var parts []string // of 255 bytes at most
		for ; len(value) > 255; value = value[255:] {
			parts = append(parts, value[:255])
		}
		return &dnsmessage.TXTResource{TXT: append(parts, value)}
	}
	return nil
}

package netguard

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
)

func TestPublic(t *testing.T) {
	for ip, want := range map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "2606:4700::1111": true, "64:ff9b::808:808": true,
		"127.0.0.1": false, "127.8.9.1": false, "0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "172.16.9.9": false,
		"192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false, "198.18.0.1": false, "224.0.0.1": false,
		"255.255.255.255": false, "240.0.0.1": false, "192.0.2.1": false,
		"::1": false, "::": false, "::ffff:127.0.0.1": false, "::127.0.0.1": false, "fe80::1": false, "fc00::1": false, "fd12::1": false,
		"64:ff9b::7f00:1": false, "64:ff9b::a00:1": false, "2002:7f00:1::": false, "2001:0:1::": false, "ff02::1": false, "fec0::1": false,
	} {
		if got := Public(netip.MustParseAddr(ip)); got != want {
			t.Errorf("Public(%s) = %v, want %v", ip, got, want)
		}
	}
}

func TestDial(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())

	for name, c := range map[string]struct {
		guard Guard
		host  string
		ok    bool
	}{
		"loopback":               {Guard{}, "127.0.0.1", false},
		"name of loopback":       {Guard{}, "localhost", false},
		"mapped loopback":        {Guard{}, "::ffff:127.0.0.1", false},
		"private allowed":        {Guard{AllowPrivate: true}, "127.0.0.1", true},
		"name on the list":       {Guard{Allowed: []string{"LOCALHOST"}}, "localhost", true},
		"name with port":         {Guard{Allowed: []string{"localhost:" + port}}, "localhost", true},
		"name with another port": {Guard{Allowed: []string{"localhost:1"}}, "localhost", false},
		"address on the list":    {Guard{Allowed: []string{"127.0.0.1"}}, "localhost", true},
		"prefix on the list":     {Guard{Allowed: []string{"127.0.0.0/8"}}, "localhost", true},
		"another on the list":    {Guard{Allowed: []string{"mail.example", "10.0.0.0/8"}}, "127.0.0.1", false},
	} {
		conn, err := c.guard.DialContext(context.Background(), "tcp4", net.JoinHostPort(c.host, port))
		if err == nil {
			conn.Close()
		}
		if (err == nil) != c.ok {
			t.Errorf("%s: dial %s: %v, want success %v", name, c.host, err, c.ok)
		}
		if !c.ok && !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v is not a refusal", name, err)
		}
	}
}

// An open and a closed port get the same answer, so that the guard tells nothing about the network.
func TestRefusalTellsNothing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	var g Guard
	_, open := g.DialContext(context.Background(), "tcp", "127.0.0.1:"+port)
	l.Close()
	_, closed := g.DialContext(context.Background(), "tcp", "127.0.0.1:"+port)
	if open == nil || closed == nil || open.Error() != closed.Error() {
		t.Errorf("open port: %v, closed port: %v", open, closed)
	}
	if !strings.Contains(open.Error(), "DESKBELL_ALLOWED_HOSTS") {
		t.Errorf("%v does not say what to do", open)
	}
}

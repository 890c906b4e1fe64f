// Package netguard keeps connections that come from settings away from the inside of the network.
//
// An admin types the host of a mail server or the address of a webhook; without a guard that is a way to reach
// the desk's own machine and its neighbours (databases, metadata services, routers). Guard refuses every address that
// is not a public one, after the name was resolved and before a byte is sent, so that a name which answers
// with a public address first and a private one later gains nothing. The refusal does not depend on
// what listens there: it is no port scanner.
//
// Guard promises: with AllowPrivate off, a dial reaches only public unicast addresses and the hosts of Allowed.
package netguard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// ErrRefused is wrapped by every refusal of a Guard.
var ErrRefused = errors.New("the address is not public")

// Refused says which address a Guard did not connect to.
type Refused struct {
	Host string     // as it was asked for, without the port
	Addr netip.Addr // what it resolved to
}

func (r *Refused) Error() string {
	return fmt.Sprintf("%s is %s, which is not a public address: allow the host in DESKBELL_ALLOWED_HOSTS or set DESKBELL_ALLOW_PRIVATE_NETWORKS", r.Host, r.Addr)
}

// Unwrap makes errors.Is(err, ErrRefused) true.
func (r *Refused) Unwrap() error { return ErrRefused }

// Guard is a dialer that refuses addresses inside the network. The zero value allows public addresses only.
type Guard struct {
	// AllowPrivate switches the guard off (DESKBELL_ALLOW_PRIVATE_NETWORKS).
	AllowPrivate bool
	// Allowed are hosts that are let through wherever they point (DESKBELL_ALLOWED_HOSTS): names, addresses
	// or prefixes ("mail.lan", "10.0.0.7", "10.1.0.0/16"), each with or without ":port".
	Allowed []string
	// Resolver resolves names; nil means net.DefaultResolver.
	Resolver *net.Resolver
}

// Timeout bounds one connection attempt.
const Timeout = 15 * time.Second

// DialContext connects to address ("host:port") unless it lies inside the network. It fits http.Transport and
// the mail clients. A refusal is a *Refused, wrapped in *net.OpError.
func (g *Guard) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	d := &net.Dialer{
		Timeout:         Timeout,
		Resolver:        g.Resolver,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 60 * time.Second, Interval: 20 * time.Second, Count: 3},
	}
	if !g.AllowPrivate && !g.namesHost(host, port) {
		d.ControlContext = func(_ context.Context, _, resolved string, _ syscall.RawConn) error {
			return g.check(host, resolved)
		}
	}
	return d.DialContext(ctx, network, address)
}

// namesHost reports whether the host itself, as it was typed, is on the list.
func (g *Guard) namesHost(host, port string) bool {
	for _, a := range g.Allowed {
		h, p := splitAllowed(a)
		if strings.EqualFold(strings.TrimSuffix(h, "."), strings.TrimSuffix(host, ".")) && (p == "" || p == port) {
			return true
		}
	}
	return false
}

// check refuses one resolved "ip:port".
func (g *Guard) check(host, resolved string) error {
	ap, err := netip.ParseAddrPort(resolved)
	if err != nil {
		return fmt.Errorf("read resolved address %q: %w", resolved, err)
	}
	ip := ap.Addr().WithZone("").Unmap()
	if Public(ip) || g.namesAddr(ip, fmt.Sprint(ap.Port())) {
		return nil
	}
	return &Refused{Host: host, Addr: ip}
}

// namesAddr reports whether an address or prefix of the list covers ip.
func (g *Guard) namesAddr(ip netip.Addr, port string) bool {
	for _, a := range g.Allowed {
		h, p := splitAllowed(a)
		if p != "" && p != port {
			continue
		}
		if prefix, err := netip.ParsePrefix(h); err == nil && prefix.Contains(ip) {
			return true
		}
		if addr, err := netip.ParseAddr(h); err == nil && addr.Unmap() == ip {
			return true
		}
	}
	return false
}

func splitAllowed(a string) (host, port string) {
	a = strings.TrimSpace(a)
	if h, p, err := net.SplitHostPort(a); err == nil {
		return h, p
	}
	return strings.Trim(a, "[]"), ""
}

// Public reports whether ip is an ordinary address of the public internet: not loopback, private, link-local,
// shared, reserved, multicast or documentation (RFC 6890), and not an IPv6 form that carries such an IPv4 one.
func Public(ip netip.Addr) bool {
	ip = ip.Unmap()
	if !ip.IsValid() || !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() {
		return false
	}
	for _, p := range special {
		if p.Contains(ip) {
			return false
		}
	}
	if nat64.Contains(ip) { // RFC 6052: the last four bytes are the IPv4 address
		b := ip.As16()
		return Public(netip.AddrFrom4([4]byte(b[12:16])))
	}
	return true
}

var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// special are the blocks of RFC 6890 and its successors that net/netip does not name.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network
	netip.MustParsePrefix("100.64.0.0/10"),   // shared by carriers
	netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relays
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved and broadcast
	netip.MustParsePrefix("::/96"),           // IPv4-compatible, unspecified, loopback
	netip.MustParsePrefix("64:ff9b:1::/48"),  // local translation
	netip.MustParsePrefix("100::/64"),        // discard
	netip.MustParsePrefix("2001::/23"),       // Teredo and other protocol assignments
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("2002::/16"),       // 6to4 carries any IPv4 address
	netip.MustParsePrefix("3fff::/20"),       // documentation
	netip.MustParsePrefix("fec0::/10"),       // site-local
}

package mail

import (
	netmail "net/mail"
	"strings"

	"golang.org/x/net/idna"
)

// Wireable writes an address as servers want it: the domain in ASCII (RFC 5890), and in quotes what must stand in quotes (RFC 5321
// section 4.1.2). It is empty for what is no address.
func Wireable(addr string) string {
	a := wireable(addr)
	if a == nil {
		return ""
	}
	return strings.Trim(a.String(), "<>")
}

func wireable(addr string) *netmail.Address {
	at := strings.LastIndexByte(addr, '@')
	if at <= 0 || len(addr) > maxAddr || strings.ContainsFunc(addr, func(r rune) bool { return r < ' ' || r == 0x7f || isDirection(r) }) {
		return nil
	}
	local, domain := addr[:at], asciiDomain(addr[at+1:])
	if domain == "" {
		return nil
	}
	parsed, err := netmail.ParseAddress("<" + local + "@" + domain + ">")
	if err != nil && dotted(local) {
		return &netmail.Address{Address: local + "@" + domain} // which is written in quotes
	}
	if err != nil {
		return nil
	}
	return parsed
}

// dotted says whether a local part has nothing wrong but where its dots stand, as in those that Japan's telephone companies gave out.
func dotted(local string) bool {
	return !strings.ContainsFunc(local, func(r rune) bool {
		return r < 0x80 && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune(".!#$%&'*+-/=?^_`{|}~", r)
	})
}

// asciiDomain is a domain as it goes over the line. Those in ASCII are taken as they are: mail lives under names that the rules for
// names do not allow, with "_" or "--" in them.
func asciiDomain(domain string) string {
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		return ascii
	}
	if strings.HasPrefix(domain, "[") {
		return domain
	}
	if domain == "" || strings.ContainsFunc(domain, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '.' && r != '-' && r != '_'
	}) {
		return ""
	}
	return domain
}

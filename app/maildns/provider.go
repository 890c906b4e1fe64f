package maildns

import "strings"

// provider is what a mail provider wants to be in its customers' DNS, by its own help pages.
type provider struct {
	hosts     []string // how its servers are called, or end
	mx        []string
	include   string   // of SPF
	selectors []string // under which it publishes keys in its customers' names
}

// providers are those whose records are the same for every customer.
var providers = []provider{
	{[]string{"smtp.gmail.com", "imap.gmail.com", "smtp-relay.gmail.com"}, []string{"1 smtp.google.com"}, "_spf.google.com", []string{"google"}},
	{[]string{".office365.com", ".outlook.com"}, nil, "spf.protection.outlook.com", []string{"selector1", "selector2"}},
	{[]string{".fastmail.com", ".messagingengine.com"}, []string{"10 in1-smtp.messagingengine.com", "20 in2-smtp.messagingengine.com"}, "spf.messagingengine.com", []string{"fm1", "fm2", "fm3"}},
	{[]string{".exmail.qq.com"}, []string{"5 mxbiz1.qq.com", "10 mxbiz2.qq.com"}, "spf.mail.qq.com", nil},
	{[]string{".qiye.aliyun.com", ".mxhichina.com"}, []string{"5 mx1.qiye.aliyun.com", "10 mx2.qiye.aliyun.com", "15 mx3.qiye.aliyun.com"}, "spf.qiye.aliyun.com", nil},
}

// usual are selectors that other providers and mail programs like.
var usual = []string{"default", "dkim", "mail", "k1", "s1", "s2", "key1", "zoho", "protonmail", "mx"}

func providerOf(hosts ...string) provider {
	for _, p := range providers {
		for _, host := range hosts {
			for _, known := range p.hosts {
				if host = relative(host); host == known || strings.HasPrefix(known, ".") && strings.HasSuffix(host, known) {
					return p
				}
			}
		}
	}
	return provider{}
}

package maildns

import (
	"fmt"
	"strings"
	"testing"

	"deskbell/app/apptest/mailhost"
)

// key is a real one: it is longer than one string of a TXT record.
var key = "v=DKIM1; k=rsa; p=" + strings.Repeat("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A", 12)

// well is a shop that has done everything, and zones change it.
var well = map[string][]string{
	"MX tea.example":                  {"10 mx1.tea.example", "20 mx2.tea.example"},
	"A mx1.tea.example":               {"192.0.2.1"},
	"AAAA mx2.tea.example":            {"2001:db8::2"},
	"A smtp.tea.example":              {"192.0.2.7"},
	"TXT tea.example":                 {"some-verification=1", "v=spf1 ip4:192.0.2.0/24 -all"},
	"TXT desk._domainkey.tea.example": {key},
	"TXT _dmarc.tea.example":          {"v=DMARC1; p=reject; rua=mailto:post@tea.example"},
}

func with(changes ...string) map[string][]string {
	zone := map[string][]string{}
	for k, v := range well {
		zone[k] = v
	}
	for _, c := range changes {
		key, value, _ := strings.Cut(c, " = ")
		delete(zone, key)
		if value != "" {
			zone[key] = strings.Split(value, " & ")
		}
	}
	return zone
}

var ours = Question{Address: "support@tea.example", SMTP: "smtp.tea.example", IMAP: "imap.tea.example", Selector: "desk", Key: key}

func asking(change func(*Question)) Question {
	q := ours
	change(&q)
	return q
}

// found is a finding in short: its state and the keys of what it says.
func found(f Finding) string {
	s := string(f.State)
	for _, say := range f.Says {
		s += " " + strings.TrimPrefix(strings.TrimPrefix(say.Key, "dns."), f.Record+".")
	}
	return s
}

// fan is a zone in which each of many records includes the next one very often: one question through all of them would never end.
func fan() map[string][]string {
	zone := with("TXT tea.example = v=spf1" + strings.Repeat(" include:s0.fan.example", 20) + " ~all")
	for i := range 12 {
		zone[fmt.Sprintf("TXT s%d.fan.example", i)] = []string{"v=spf1" + strings.Repeat(fmt.Sprintf(" include:s%d.fan.example", i+1), 20) + " ?all"}
	}
	return zone
}

func TestRecords(t *testing.T) {
	t.Parallel()
	elsewhere := func(q *Question) { q.Selector, q.Key = "", "" }
	for name, c := range map[string]struct {
		zone  map[string][]string
		ask   Question
		which int // mx, spf, dkim, dmarc
		want  string
		text  string // to copy
	}{
		"spf: a fan":          {fan(), ours, 1, "failed lookups", ""},
		"mx":                  {with(), ours, 0, "ok ok", ""},
		"mx: none":            {with("MX tea.example"), ours, 0, "failed none", ""},
		"mx: its own address": {with("MX tea.example", "A tea.example = 192.0.2.9"), ours, 0, "warn implicit", ""},
		"mx: takes no mail":   {with("MX tea.example = 0 ."), ours, 0, "failed null", ""},
		"mx: one is dead":     {with("A mx1.tea.example"), ours, 0, "warn dead", ""},
		"mx: all are dead":    {with("A mx1.tea.example", "AAAA mx2.tea.example"), ours, 0, "failed dead dead", ""},
		"mx: no answer":       {with("FAIL tea.example = 1"), ours, 0, "warn unknown", ""},
		"mx: of a provider":   {with("MX tea.example"), asking(func(q *Question) { q.SMTP = "smtp.gmail.com" }), 0, "failed none", "1 smtp.google.com"},

		"spf":              {with(), ours, 1, "ok ok", ""},
		"spf: none":        {with("TXT tea.example"), ours, 1, "warn none", "v=spf1 a:smtp.tea.example ~all"},
		"spf: none at all": {with("TXT tea.example"), asking(elsewhere), 1, "failed none nothing", "v=spf1 a:smtp.tea.example ~all"},
		"spf: two": {with("TXT tea.example = v=spf1 mx ~all & v=spf1 include:_spf.post.example -all"), ours, 1, "failed many",
			"v=spf1 a:smtp.tea.example mx include:_spf.post.example -all"},
		"spf: not our way":       {with("TXT tea.example = v=spf1 mx -all"), ours, 1, "warn uncovered", "v=spf1 a:smtp.tea.example mx -all"},
		"spf: through the mx":    {with("TXT tea.example = v=spf1 ip4:198.51.100.1 -all"), asking(func(q *Question) { q.SMTP = "mx1.tea.example" }), 1, "warn uncovered", "v=spf1 mx ip4:198.51.100.1 -all"},
		"spf: by a":              {with("TXT tea.example = v=spf1 a:smtp.tea.example -all"), ours, 1, "ok ok", ""},
		"spf: by a network of a": {with("TXT tea.example = v=spf1 a:mx1.tea.example/24 -all"), ours, 1, "ok ok", ""},
		"spf: a wrong network":   {with("TXT tea.example = v=spf1 a:mx1.tea.example/33 -all"), ours, 1, "failed syntax", ""},
		"spf: by include":        {with("TXT tea.example = v=spf1 include:_spf.post.example -all", "TXT _spf.post.example = v=spf1 ip4:192.0.2.7 ?all"), ours, 1, "ok ok", ""},
		"spf: include says no":   {with("TXT tea.example = v=spf1 include:_spf.post.example -all", "TXT _spf.post.example = v=spf1 -ip4:192.0.2.7 +all"), ours, 1, "warn uncovered", "v=spf1 a:smtp.tea.example include:_spf.post.example -all"},
		"spf: by redirect":       {with("TXT tea.example = v=spf1 redirect=_spf.post.example", "TXT _spf.post.example = v=spf1 a:smtp.tea.example -all"), ours, 1, "ok ok", ""},
		"spf: include of none":   {with("TXT tea.example = v=spf1 include:_spf.post.example -all"), ours, 1, "failed include_none", ""},
		"spf: include of two":    {with("TXT tea.example = v=spf1 include:_spf.post.example -all", "TXT _spf.post.example = v=spf1 -all & v=spf1 ~all"), ours, 1, "failed include_many", ""},
		"spf: include of itself": {with("TXT tea.example = v=spf1 include:tea.example -all"), ours, 1, "failed lookups uncovered", "v=spf1 a:smtp.tea.example include:tea.example -all"},
		"spf: not understood":    {with("TXT tea.example = v=spf1 ip4:192.0.2.300 -all"), ours, 1, "failed syntax", ""},
		"spf: unknown mechanism": {with("TXT tea.example = v=spf1 ipv4:192.0.2.7 -all"), ours, 1, "failed syntax", ""},
		"spf: unknown modifier":  {with("TXT tea.example = v=spf1 ip4:192.0.2.7 later=x -all"), ours, 1, "ok ok", ""},
		"spf: anybody":           {with("TXT tea.example = v=spf1 +all"), ours, 1, "warn anybody ok", ""},
		"spf: open":              {with("TXT tea.example = v=spf1 ip4:192.0.2.7"), ours, 1, "warn open ok", ""},
		"spf: a macro":           {with("TXT tea.example = v=spf1 exists:%{i}._spf.post.example -all"), ours, 1, "ok macro", ""},
		"spf: nowhere":           {with("TXT tea.example = v=spf1 a:x.tea.example a:y.tea.example mx:z.tea.example ip4:192.0.2.7 -all"), ours, 1, "warn voids ok", ""},
		"spf: eleven questions":  {with("TXT tea.example = v=spf1" + strings.Repeat(" a:smtp.tea.example", 11) + " -all"), ours, 1, "failed lookups ok", ""},
		"spf: ten questions":     {with("TXT tea.example = v=spf1" + strings.Repeat(" a:smtp.tea.example", 10) + " -all"), ours, 1, "ok ok", ""},
		"spf: of a provider": {with("TXT tea.example = v=spf1 include:_spf.google.com ~all", "TXT _spf.google.com = v=spf1 ip4:198.51.100.0/24 ~all"),
			asking(func(q *Question) { q.SMTP = "smtp.gmail.com" }), 1, "ok ok", ""},
		"spf: without the provider": {with(), asking(func(q *Question) { q.SMTP = "SMTP.Office365.com" }), 1, "warn uncovered", "v=spf1 include:spf.protection.outlook.com ip4:192.0.2.0/24 -all"},
		"spf: of the same house": {with("TXT tea.example = v=spf1 include:_spf.post.example ~all", "TXT _spf.post.example = v=spf1 ip4:198.51.100.0/24 ~all"),
			asking(func(q *Question) { q.SMTP = "out.post.example" }), 1, "ok likely", ""},
		"spf: a mere address":  {with(), asking(func(q *Question) { q.SMTP = "192.0.2.7" }), 1, "ok ok", ""},
		"spf: another address": {with(), asking(func(q *Question) { q.SMTP = "2001:db8::1" }), 1, "warn uncovered", "v=spf1 ip6:2001:db8::1 ip4:192.0.2.0/24 -all"},
		"spf: no answer":       {with("FAIL tea.example = 1"), ours, 1, "warn unknown", ""},

		"dkim":             {with(), ours, 2, "ok ok", ""},
		"dkim: none":       {with("TXT desk._domainkey.tea.example"), ours, 2, "failed none", key},
		"dkim: another":    {with("TXT desk._domainkey.tea.example = v=DKIM1; p=AAAA"), ours, 2, "failed other", key},
		"dkim: two":        {with("TXT desk._domainkey.tea.example = p=AAAA & " + key), ours, 2, "failed many", key},
		"dkim: revoked":    {with("TXT desk._domainkey.tea.example = v=DKIM1; p="), ours, 2, "failed revoked", key},
		"dkim: blanks":     {with("TXT desk._domainkey.tea.example = " + strings.Replace(key, "AAOC", "AA OC", 1)), ours, 2, "ok ok", ""},
		"dkim: on trial":   {with("TXT desk._domainkey.tea.example = t=y; " + key), ours, 2, "warn ok testing", ""},
		"dkim: elsewhere":  {with("TXT google._domainkey.tea.example = " + key), asking(func(q *Question) { elsewhere(q); q.IMAP = "imap.gmail.com" }), 2, "ok provider", ""},
		"dkim: not signed": {with(), asking(elsewhere), 2, "warn unsigned", ""},
		"dkim: no answer":  {with("FAIL desk._domainkey.tea.example = 1"), ours, 2, "warn unknown", key},

		"dmarc":               {with(), ours, 3, "ok both", ""},
		"dmarc: none":         {with("TXT _dmarc.tea.example"), ours, 3, "warn none", "v=DMARC1; p=none; rua=mailto:support@tea.example"},
		"dmarc: two":          {with("TXT _dmarc.tea.example = v=DMARC1; p=none & v=DMARC1; p=reject"), ours, 3, "failed many", "v=DMARC1; p=none; rua=mailto:support@tea.example"},
		"dmarc: wrong":        {with("TXT _dmarc.tea.example = v=DMARC1; p=refuse"), ours, 3, "failed wrong", "v=DMARC1; p=none; rua=mailto:support@tea.example"},
		"dmarc: by its key":   {with("TXT tea.example = v=spf1 mx -all"), ours, 3, "ok by_dkim", ""},
		"dmarc: by its way":   {with("TXT desk._domainkey.tea.example"), ours, 3, "ok by_spf", ""},
		"dmarc: by nothing":   {with("TXT tea.example = v=spf1 mx -all", "TXT desk._domainkey.tea.example"), ours, 3, "failed unproven", ""},
		"dmarc: lenient":      {with("TXT tea.example = v=spf1 mx -all", "TXT desk._domainkey.tea.example", "TXT _dmarc.tea.example = v=DMARC1;p=none"), ours, 3, "warn unproven_none", ""},
		"dmarc: nobody knows": {with("FAIL tea.example = 1", "TXT desk._domainkey.tea.example"), ours, 3, "warn unsure", ""},
		"dmarc: of its owner": {with("TXT _dmarc.tea.example = v=DMARC1; p=reject; sp=none", "TXT desk._domainkey.de.tea.example = "+key), asking(func(q *Question) { q.Address = "hallo@de.tea.example" }), 3, "ok by_dkim", ""},
		"dmarc: strict":       {with("TXT tea.example = v=spf1 include:_spf.google.com ~all", "TXT _spf.google.com = v=spf1 ~all", "TXT _dmarc.tea.example = v=DMARC1; p=reject; aspf=s"), asking(func(q *Question) { elsewhere(q); q.SMTP = "smtp.gmail.com" }), 3, "ok by_spf strict", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := Check(t.Context(), mailhost.StartDNS(t, c.zone).Resolver(), c.ask)[c.which]
			if found(f) != c.want || strings.Join(f.Want, " | ") != c.text {
				t.Errorf("got %s, want %s; to copy: %q, want %q\n%+v", found(f), c.want, f.Want, c.text, f)
			}
		})
	}
}

// What is said names what it is about, and the record where it was found.
func TestFindingsNameTheirRecord(t *testing.T) {
	t.Parallel()
	list := Check(t.Context(), mailhost.StartDNS(t, with("TXT _dmarc.tea.example = v=DMARC1; p=reject; sp=none", "TXT de.tea.example = v=spf1 ipv4:1.2.3.4 -all")).Resolver(),
		asking(func(q *Question) { q.Address = "Hallo@DE.tea.example" }))
	want := []string{"MX de.tea.example []", "TXT de.tea.example [v=spf1 ipv4:1.2.3.4 -all]", "TXT desk._domainkey.de.tea.example []", "TXT _dmarc.tea.example [v=DMARC1; p=reject; sp=none]"}
	for i, f := range list {
		if got := fmt.Sprint(f.Type, " ", f.Name, " ", f.Found); got != want[i] {
			t.Errorf("got %s, want %s", got, want[i])
		}
	}
	if args := list[1].Says[0].Args; fmt.Sprint(args) != "[ipv4:1.2.3.4 de.tea.example]" {
		t.Errorf("the fault is told as %v", args)
	}
}

// A name that is written in Chinese is asked for as DNS has it.
func TestNamesOfOtherAlphabets(t *testing.T) {
	t.Parallel()
	zone := map[string][]string{"MX xn--hxt182f.example": {"10 mx.xn--hxt182f.example"}, "A mx.xn--hxt182f.example": {"192.0.2.1"}}
	f := Check(t.Context(), mailhost.StartDNS(t, zone).Resolver(), Question{Address: "客服@茶店.example", SMTP: "smtp.x.example"})[0]
	if f.State != OK || f.Name != "xn--hxt182f.example" {
		t.Errorf("%+v", f)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"v=spf1 a:x/24//64 mx -all", "v=spf1 + ip4:1.2.3.4/99", "v=spf1 redirect=x exp=%{i} \x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, record string) {
		terms, _ := parse(record)
		for _, term := range terms {
			if term.text == "" {
				t.Errorf("an empty term in %q", record)
			}
		}
	})
}

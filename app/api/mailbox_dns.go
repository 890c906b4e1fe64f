package api

import (
	"context"

	"deskbell/app/desk"
	"deskbell/app/maildns"
	"deskbell/app/rest"
)

// DNSFinding is what DNS says about one kind of record of a mailbox's domain.
type DNSFinding struct {
	Record string   `json:"record" enum:"mx,spf,dkim,dmarc"`
	State  string   `json:"state" enum:"ok,warn,failed"`
	Type   string   `json:"type" enum:"MX,TXT"`
	Name   string   `json:"name" doc:"Where the record is, or should be"`
	Found  []string `json:"found" nullable:"false" doc:"What is there"`
	Want   []string `json:"want" nullable:"false" doc:"What should be there; empty: it is well, or only the mail provider knows"`
	Texts  []string `json:"texts" nullable:"false" doc:"How it is and what to do, in the language of the request"`
	Codes  []string `json:"codes" nullable:"false" doc:"The same for programs, such as dns.spf.many"`
}

// MailboxDNS is all of them.
type MailboxDNS struct {
	OK      bool         `json:"ok" doc:"Nothing has failed"`
	Records []DNSFinding `json:"records" nullable:"false"`
}

func (d *Door) lookUpMailbox(ctx context.Context, by desk.Actor, in *rest.ByID) (*rest.One[MailboxDNS], error) {
	box, err := d.mailbox(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	list, err := d.LookUp(ctx, by, box)
	if err != nil {
		return nil, err
	}
	out := MailboxDNS{OK: true, Records: []DNSFinding{}}
	for _, f := range list {
		out.OK = out.OK && f.State != maildns.Failed
		w := DNSFinding{Record: f.Record, State: string(f.State), Type: f.Type, Name: f.Name, Found: append([]string{}, f.Found...), Want: append([]string{}, f.Want...), Texts: []string{}, Codes: []string{}}
		for _, s := range f.Says {
			w.Texts, w.Codes = append(w.Texts, d.api.Translate(rest.CallerOf(ctx).Lang, s.Key, s.Args...)), append(w.Codes, s.Key)
		}
		out.Records = append(out.Records, w)
	}
	return &rest.One[MailboxDNS]{Body: out}, nil
}

package web

import (
	"strconv"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// Signatures are the mailbox's, with room for one more.
func (p *mailboxPage) Signatures() []desk.MailSignature {
	list := p.Box.Signatures
	if len(list) == 0 && p.Box.Signature != "" { // as older versions stored it
		list = []desk.MailSignature{{Text: p.Box.Signature, Active: true}}
	}
	list = append(list[:len(list):len(list)], desk.MailSignature{})
	if len(list) == 1 {
		list[0].Active = true
	}
	return list
}

// Unsigned says whether nothing stands below the mails of whoever does not choose.
func (p *mailboxPage) Unsigned() bool { return p.Box.Signature == "" && len(p.Box.Signatures) > 0 }

func (p *mailboxPage) readSignatures(c echo.Context) {
	b := &p.Box
	b.Signatures, b.Signature, b.SignatureChoice = nil, "", text(c, "signature_choice") == "true"
	form, err := c.FormParams()
	if err != nil {
		return
	}
	names, active := form["signature.name"], form.Get("signature.active")
	for i, words := range form["signature.text"] {
		s := desk.MailSignature{Text: words, Active: active == strconv.Itoa(i)}
		if i < len(names) {
			s.Name = names[i]
		}
		b.Signatures = append(b.Signatures, s)
	}
}

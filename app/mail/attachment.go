package mail

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"strings"
)

// AttachmentKind tells what an attachment is to the reader of a mail.
type AttachmentKind string

// The kinds of attachments.
const (
	KindFile     AttachmentKind = "file"
	KindPicture  AttachmentKind = "picture"
	KindCalendar AttachmentKind = "calendar" // an invitation or an answer to one
	KindMessage  AttachmentKind = "message"  // a mail inside the mail
	KindTNEF     AttachmentKind = "tnef"     // winmail.dat of Outlook
	KindSMIME    AttachmentKind = "smime"    // signature or envelope
	KindPGP      AttachmentKind = "pgp"      // signature, key or envelope
)

// Attachment is a file of a mail.
type Attachment struct {
	Name   string         `json:"name"` // safe to show and to save under; never empty
	Type   string         `json:"type"` // as claimed by the sender; sniff before trusting
	Kind   AttachmentKind `json:"kind"`
	CID    string         `json:"cid,omitempty"`    // Content-ID without brackets
	Inline bool           `json:"inline,omitempty"` // shown in the text, not beside it
	Size   int64          `json:"size"`             // bytes, decoded
	SHA256 string         `json:"sha256"`           // hex, of the decoded bytes
	Method string         `json:"method,omitempty"` // of a calendar: REQUEST, REPLY, CANCEL
	Opened bool           `json:"opened,omitempty"` // of TNEF: its files are listed behind it, so that it need not be shown
	Data   []byte         `json:"-"`                // the bytes, without Options.Keep

	named       string // name as sent, "" when there was none
	disposition string
}

// describe reads the head of a part as that of an attachment.
func (w *walk) describe(h Header, kind string, params map[string]string) Attachment {
	disp, dparams, _ := mediaType(h.Get("Content-Disposition"), w.hint)
	name := dparams["filename"]
	if name == "" {
		name = params["name"]
	}
	a := Attachment{Type: kind, disposition: disp, named: oneLine(name), CID: contentID(h.Get("Content-Id"))}
	a.Kind = kindOf(kind, strings.ToLower(name))
	if a.Kind == KindCalendar {
		a.Method = strings.ToUpper(params["method"])
	}
	switch {
	case kind == "application/pkcs7-mime" || kind == "application/x-pkcs7-mime":
		if t := strings.ToLower(params["smime-type"]); t == "signed-data" {
			w.m.Signed = true
		} else {
			w.m.Encrypted = true
		}
	case a.Kind == KindSMIME, kind == "application/pgp-signature":
		w.m.Signed = true
	case kind == "application/pgp-encrypted":
		w.m.Encrypted = true
	}
	a.Name = SafeName(name)
	if name == "" {
		a.Name = nameless(a, h.Text("Content-Description"))
	}
	return a
}

func kindOf(kind, name string) AttachmentKind {
	switch {
	case kind == "application/ms-tnef" || kind == "application/vnd.ms-tnef" || name == "winmail.dat":
		return KindTNEF
	case kind == "text/calendar" || kind == "application/ics" || strings.HasSuffix(name, ".ics"):
		return KindCalendar
	case strings.HasPrefix(kind, "application/pkcs7-") || strings.HasPrefix(kind, "application/x-pkcs7-") || strings.HasSuffix(name, ".p7m") || strings.HasSuffix(name, ".p7s"):
		return KindSMIME
	case strings.HasPrefix(kind, "application/pgp"):
		return KindPGP
	case kind == "message/rfc822" || kind == "message/global":
		return KindMessage
	case strings.HasPrefix(kind, "image/"):
		return KindPicture
	}
	return KindFile
}

// keep takes the bytes of an attachment.
func (w *walk) keep(a Attachment, src io.Reader) {
	sum := &counter{r: src, h: sha256.New()}
	if w.opts.Keep == nil {
		data, err := io.ReadAll(sum)
		a.Data = data
		if err != nil {
			w.m.fault(FaultAttachment, "attachment %d cut off", len(w.m.Attachments)+1)
		}
	} else if err := w.opts.Keep(&a, sum); err != nil {
		w.m.fault(FaultAttachment, "attachment %d not kept: %v", len(w.m.Attachments)+1, err)
	}
	io.Copy(io.Discard, sum)
	a.Size, a.SHA256 = sum.n, hex.EncodeToString(sum.h.Sum(nil))
	w.m.Attachments = append(w.m.Attachments, a)
}

// counter measures what is read through it.
type counter struct {
	r io.Reader
	h hash.Hash
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.h.Write(p[:n])
	c.n += int64(n)
	return n, err
}

// contentID cleans a Content-ID: <x@y>, x@y, sometimes with blanks or quotes.
func contentID(s string) string {
	s = strings.Trim(strings.TrimSpace(s), `<>"' `)
	if len(s) > 500 {
		s = s[:500]
	}
	return oneLine(rawText(s, ""))
}

// markInline decides which pictures stand in the text: those the HTML names by cid, and those sent inline
// beside plain text.
func markInline(m *Message) {
	used := usedCIDs(m.HTML)
	for i := range m.Attachments {
		a := &m.Attachments[i]
		switch {
		case a.CID != "" && used[strings.ToLower(a.CID)]:
			a.Inline = true
		case a.Kind == KindPicture && a.disposition == "inline" && m.HTML == "":
			a.Inline = true
		}
	}
}

// usedCIDs lists the cid: addresses in HTML, in lower case.
func usedCIDs(html string) map[string]bool {
	used := map[string]bool{}
	low := strings.ToLower(html)
	for range 2000 {
		i := strings.Index(low, "cid:")
		if i < 0 {
			break
		}
		low = low[i+4:]
		id := low[:min(len(low), 500)]
		if end := strings.IndexAny(id, "\"' )>\t\r\n"); end >= 0 {
			id = id[:end]
		}
		used[id], used[percentDecode(id)] = true, true
	}
	return used
}

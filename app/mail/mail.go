// Package mail reads and writes mail: RFC 5322 and MIME as they are in the field, not as they should be.
//
// It is for everything between the bytes of a mailbox and the words on a page. It is pure: no network, no
// database, no clock of its own, and nothing of ours is imported.
//
// It promises:
//
//   - Parse and Read never fail and never panic. What cannot be read is listed in Message.Faults; the rest is shown.
//   - Work and memory are bounded by Limits, whatever the mail is. Structure is found in one pass over the bytes,
//     with a stack of boundaries, so that nesting costs nothing; attachments are streamed and never held when
//     Options.Keep is given.
//   - Text that leaves the package is valid UTF-8 without NUL; names and addresses have no line breaks.
//   - HTML in Message.HTML is hostile until it has been through Sanitize, whose output is a fixed point of itself.
//   - Compose writes no header that the caller did not ask for, whatever the fields contain.
//
// Message ids are kept without their angle brackets everywhere.
//
// Layout, in reading order: mail.go (Message, Parse, Read), walk.go and scan.go (parts, boundaries), header.go,
// word.go, param.go, address.go (the head), transfer.go, charset.go and guess*.go (bytes to text), attachment.go,
// filename.go, tnef.go and uu.go (files), text.go and htmltext.go (the words), trim*.go and signature.go (quoted
// history), thread.go, id.go and forward.go (what it belongs to), auto.go and bounce*.go (who or what wrote it),
// sanitize.go, css.go and tree.go (HTML fit to show), compose.go and quote.go (mail of our own).
package mail

import (
	"bytes"
	"io"
	"time"
)

// Message is a mail that has been read.
type Message struct {
	ID        string   // Message-ID without angle brackets; "" when missing
	Ancestors []string // ids this mail answers, nearest first: In-Reply-To, then References from the last
	Subject   string   // decoded, one line

	From    []Address // usually one; entries may lack an address or a name
	Sender  []Address
	ReplyTo []Address
	To      []Address
	Cc      []Address

	ReturnPath *Address  // nil: no Return-Path; Addr "" : the empty path of bounces, "<>"
	Date       time.Time // the Date header in UTC; zero when missing or unreadable: use the server's date

	Text        string // the words: text/plain, else made from HTML
	HTML        string // as sent, hostile: pass it through Sanitize; "" when the mail has none
	Attachments []Attachment

	Tickets []int64 // numbers in the subject, as [#123]
	Tokens  []Token // plus-parts of the addresses it was sent to
	Forward *Forward

	Invitation *Invitation // the first that it brings; nil: none
	Auto       Auto
	Bounce     *Bounce

	Encrypted bool // S/MIME or PGP: there is nothing we can read in it
	Signed    bool // carries a signature, which is not checked here

	Header Header  // every field of the head
	Faults []Fault // what could not be read; empty for a good mail
}

// Token is the part behind the plus of an address the mail was sent to: support+TOKEN@example.com.
type Token struct {
	Base  string `json:"base"`  // support@example.com
	Value string `json:"value"` // TOKEN
}

// Limits bound the work on one mail. Zero fields take the defaults.
type Limits struct {
	Depth  int   // of nested multiparts; 20
	Parts  int   // 500
	Text   int64 // bytes of all text parts together; 25 MB
	Header int   // bytes of one head; 256 KB
}

// Options say how to read.
type Options struct {
	Limits Limits

	// Keep takes the decoded bytes of an attachment as they come, so that a mail of any size is read in little
	// memory. It need not read all; what it returns as an error becomes a fault. The attachment's size and
	// SHA-256 are known only afterwards. nil keeps the bytes in Attachment.Data.
	Keep func(a *Attachment, body io.Reader) error
}

// Parse reads a mail that is in memory, keeping its attachments in Attachment.Data.
func Parse(raw []byte) *Message { return Read(bytes.NewReader(raw), Options{}) }

// Read reads a mail from a stream. An error of r becomes a fault, and what came before it is shown.
func Read(r io.Reader, opts Options) *Message {
	opts.Limits = opts.Limits.withDefaults()
	m := &Message{}
	w := newWalk(m, r, opts)
	w.run()
	m.readHead(w.hint)
	m.Text, m.HTML = w.words()
	m.settle(w)
	return m
}

// Writer is the best known author: From, else Sender, Reply-To or Return-Path. Addr is "" when nobody is named.
func (m *Message) Writer() Address {
	var named Address
	lists := [][]Address{m.From, m.Sender, m.ReplyTo}
	if m.ReturnPath != nil {
		lists = append(lists, []Address{*m.ReturnPath})
	}
	for _, list := range lists {
		for _, a := range list {
			if a.Addr != "" {
				if a.Name == "" {
					a.Name = named.Name
				}
				return a
			}
			if named.Name == "" {
				named = a
			}
		}
	}
	return named
}

// Words parts Text into what the author wrote and what stands below it, as Trim does; what was sent on to us
// is all visible.
func (m *Message) Words() (visible, quoted string) {
	if m.Forward != nil {
		return m.Text, ""
	}
	return Trim(m.Text)
}

// Page parts HTML as Words parts Text. Both results are hostile until sanitised.
func (m *Message) Page() (visible, quoted string) {
	if m.Forward != nil {
		return m.HTML, ""
	}
	return TrimHTML(m.HTML)
}

func (l Limits) withDefaults() Limits {
	if l.Depth <= 0 {
		l.Depth = 20
	}
	if l.Parts <= 0 {
		l.Parts = 500
	}
	if l.Text <= 0 {
		l.Text = 25 << 20
	}
	if l.Header <= 0 {
		l.Header = 256 << 10
	}
	return l
}

// readHead fills what stands in the head of the mail.
func (m *Message) readHead(hint string) {
	h := m.Header
	m.Subject = oneLine(h.Text("Subject"))
	m.From = h.addresses(m, "From", hint)
	m.Sender = h.addresses(m, "Sender", hint)
	m.ReplyTo = h.addresses(m, "Reply-To", hint)
	m.To = h.addresses(m, "To", hint)
	m.Cc = h.addresses(m, "Cc", hint)
	if v, ok := h.First("Return-Path"); ok {
		list := parseAddresses(v, hint)
		path := Address{}
		if len(list) > 0 {
			path = list[0]
		}
		m.ReturnPath = &path
	}
	m.readDate()
	m.readThread()
}

// settle works out what can be known only when all has been read.
func (m *Message) settle(w *walk) {
	if m.Writer().Addr == "" {
		m.fault(FaultFrom, "no address of an author")
	}
	markInline(m)
	m.Bounce = readBounce(m, w.report)
	m.Auto = readAuto(m)
	m.Forward = readForward(m, w.inner)
}

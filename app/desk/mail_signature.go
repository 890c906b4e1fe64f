package desk

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"
)

// MailSignature is one of the texts that may stand below a mailbox's mails, below that of the agent who writes.
type MailSignature struct {
	Name   string `json:"name"` // by which agents choose it
	Text   string `json:"text"`
	Active bool   `json:"active,omitempty"` // it stands where nobody chooses
}

// NoSignature is chosen by who wants none below a message.
const NoSignature = "-"

// A mailbox has so many signatures at most, each so many characters long.
const (
	signaturesMost = 20
	signatureText  = 2000
	signatureName  = 40
)

// checkSignatures drops empty signatures, names those without a name by their first line, and sees to it that one is active at most.
// Signature is the text of that one.
func (m *Mailbox) checkSignatures(c *check) {
	if len(m.Signatures) == 0 && strings.TrimSpace(m.Signature) != "" {
		m.Signatures = []MailSignature{{Text: m.Signature, Active: true}}
	}
	m.Signature = ""
	var list []MailSignature
	for _, s := range m.Signatures {
		s.Name, s.Text = strings.Join(strings.Fields(s.Name), " "), strings.TrimSpace(strings.ReplaceAll(s.Text, "\r\n", "\n"))
		if s.Text == "" && s.Name == "" {
			continue
		}
		if s.Text == "" {
			c.fault("signatures", "fault.signature_empty", s.Name)
		}
		if s.Name == "" {
			first, _, _ := strings.Cut(s.Text, "\n")
			r := []rune(strings.Join(strings.Fields(first), " "))
			s.Name = strings.TrimSpace(string(r[:min(len(r), signatureName)]))
		}
		if utf8.RuneCountInString(s.Name) > signatureName {
			c.fault("signatures", "fault.too_long", signatureName)
		}
		if utf8.RuneCountInString(s.Text) > signatureText {
			c.fault("signatures", "fault.too_long", signatureText)
		}
		if s.Name == NoSignature || slices.ContainsFunc(list, func(o MailSignature) bool { return strings.EqualFold(o.Name, s.Name) }) {
			c.fault("signatures", "fault.signature_twice", s.Name)
		}
		if s.Active = s.Active && m.Signature == ""; s.Active {
			m.Signature = s.Text
		}
		list = append(list, s)
	}
	if m.Signatures = list; len(list) > signaturesMost {
		c.fault("signatures", "fault.too_many_signatures", signaturesMost)
	}
}

// Sign gives the active signature another text; without one it makes one, and without a text none is active any more.
func (m *Mailbox) Sign(text string) {
	i := slices.IndexFunc(m.Signatures, func(s MailSignature) bool { return s.Active })
	switch {
	case i < 0 && strings.TrimSpace(text) != "":
		m.Signatures = append(m.Signatures, MailSignature{Text: text, Active: true})
	case i >= 0 && strings.TrimSpace(text) == "":
		m.Signatures = slices.Delete(slices.Clone(m.Signatures), i, i+1)
	case i >= 0:
		m.Signatures = slices.Clone(m.Signatures)
		m.Signatures[i].Text = text
	}
	m.Signature = ""
}

// SignatureOf is the text below a message for which this one was chosen; a name that is gone, or none, is the active one.
func (m *Mailbox) SignatureOf(chosen string) string {
	if chosen == NoSignature {
		return ""
	}
	for _, s := range m.Signatures {
		if chosen != "" && s.Name == chosen {
			return s.Text
		}
	}
	return m.Signature
}

// Signatures lists the names that an agent may choose from for a conversation's mails, the active one first; empty where the mailbox
// leaves him no choice.
func (d *Desk) Signatures(ctx context.Context, by Actor, id ConversationID) ([]string, error) {
	c, err := d.Conversation(ctx, by, id)
	if err != nil {
		return nil, err
	}
	return signaturesFor(ctx, d.read(), c)
}

func signaturesFor(ctx context.Context, r reader, c *Conversation) (names []string, err error) {
	if c.Channel != Email {
		return nil, nil
	}
	in, err := findInbox(ctx, r, c.InboxID)
	if IsNotFound(err) { // another mailbox sends in its place
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	box, err := MailboxOf(in)
	if err != nil || !box.SignatureChoice {
		return nil, err
	}
	for _, s := range box.Signatures {
		if s.Active {
			names = append([]string{s.Name}, names...)
		} else {
			names = append(names, s.Name)
		}
	}
	return names, nil
}

// maySign looks whether the writer may choose the signature that he chose.
func (tx *Tx) maySign(ctx context.Context, c *Conversation, draft Draft) error {
	if draft.Signature == "" || draft.Internal {
		return nil
	}
	names, err := signaturesFor(ctx, tx, c)
	if err != nil {
		return err
	}
	if len(names) == 0 || draft.Signature != NoSignature && !slices.Contains(names, draft.Signature) {
		return Invalid("signature", "fault.signature_unknown")
	}
	return nil
}

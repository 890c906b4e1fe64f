package web

import (
	"time"

	"deskbell/app/desk"
)

// item is one entry of the log as it is drawn.
type item struct {
	M     *desk.Message
	Day   bool // a day begins
	First bool // another person begins to speak, or after a pause
	Mine  bool // from us
	Own   bool // the reader's own, which he can take back
	Mail  bool
	Read  bool // the last of ours that the customer has read
	Seq   int64
	C     *desk.Conversation
}

// pause is after how long a speaker is named again.
const pause = 5 * time.Minute

// fill makes items of messages; before is the message in front of them, nil at the
// beginning of what is shown.
func (t *thread) fill(list []*desk.Message, before *desk.Message) {
	last := before
	var read *item
	t.Items = make([]item, 0, len(list))
	for _, m := range list {
		it := item{M: m, C: t.C, Seq: m.Seq, Mine: m.Direction == "out", Mail: asMail(t.C, m)}
		it.Day = last == nil || !sameDay(last.CreatedAt, m.CreatedAt, t.zone)
		it.Own = t.own(m)
		it.First = it.Day || last.IsEvent() || last.AuthorKind != m.AuthorKind || last.AuthorID != m.AuthorID ||
			last.Visibility != m.Visibility || m.CreatedAt.Sub(last.CreatedAt) > pause
		t.Items = append(t.Items, it)
		if it.Mine && !m.IsEvent() && m.Visibility == "public" && m.Seq <= t.C.CustomerReadSeq {
			read = &t.Items[len(t.Items)-1]
		}
		last = m
	}
	if read != nil && t.C.Channel == desk.Webchat {
		read.Read = true
	}
}

// own says whether the reader can take a message back: his, and not gone out by mail.
func (t *thread) own(m *desk.Message) bool {
	return t.Me != nil && m.AuthorKind == desk.ByAgent && m.AuthorID == int64(t.Me.ID) && len(m.Deliveries) == 0 && m.RecalledAt.IsZero()
}

func sameDay(a, b time.Time, zone *time.Location) bool {
	ay, am, ad := a.In(zone).Date()
	by, bm, bd := b.In(zone).Date()
	return ay == by && am == bm && ad == bd
}

// asMail says whether a message is drawn over the whole width, as a letter: in a chat only what is set in type is.
func asMail(c *desk.Conversation, m *desk.Message) bool {
	return m.HTML != "" || m.Meta.Mail != nil && c.Ticket != nil
}

// Delivery and Words say how far a message of ours has come, and in whose words it failed.
func (i item) Delivery() string { state, _ := i.M.DeliveryState(); return state }
func (i item) Words() string    { _, words := i.M.DeliveryState(); return words }

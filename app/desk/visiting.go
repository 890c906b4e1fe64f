package desk

import (
	"context"
	"encoding/json"
	"strings"
	"time"
)

// Here is a visitor who has a page with the chat open now.
type Here struct {
	CustomerID CustomerID
	InboxID    InboxID
}

// Visiting is who he is, where he is and how he came there.
type Visiting struct {
	*Customer
	InboxID   InboxID
	InboxName string
	Trail     []PageVisit   // of this visit, the newest first; never empty in a list
	Chat      *Conversation // his chat, if he has one that the reader may see
	Talks     bool          // he has one, whoever may see it
}

// Now is the page that he looks at.
func (v *Visiting) Now() PageVisit { return v.Trail[0] }

// First is the page where this visit began: its referrer tells where he came from.
func (v *Visiting) First() PageVisit { return v.Trail[len(v.Trail)-1] }

// VisitingList asks for those who are on the site, out of those who are here.
type VisitingList struct {
	Here   []Here
	Query  string // part of a name, an address or a page
	Before string // cursor of the page before
	Limit  int
}

// visitGap is after how long without a page a new visit begins.
const visitGap = 30 * time.Minute

// Visitors lists who is on the site now, whoever moved last first, and answers the cursor of the next page.
func (d *Desk) Visitors(ctx context.Context, by Actor, l VisitingList) ([]*Visiting, string, error) {
	if err := by.Can(Serve); err != nil {
		return nil, "", err
	}
	here, err := json.Marshal(l.Here)
	if err != nil {
		return nil, "", err
	}
	cur, err := parseCursor(l.Before)
	if err != nil {
		return nil, "", err
	}
	rows, err := d.read().QueryContext(ctx, `select `+customerColumns+`, i.id, i.name, coalesce(v.at, c.seen_at) moved from json_each(?1) h
		join customers c on c.id = h.value ->> 'CustomerID' join inboxes i on i.id = h.value ->> 'InboxID'
		left join visits v on v.id = (select max(id) from visits where customer_id = c.id)
		where (coalesce(v.at, c.seen_at), c.id) < (?2, ?3) and (?4 = '' or instr(lower(c.name || ' ' || c.email || ' ' || coalesce(v.url || ' ' || v.title, '')), ?4))
		order by moved desc, c.id desc limit ?5`, string(here), cur.at, cur.id, strings.ToLower(strings.TrimSpace(l.Query)), l.Limit+1)
	moved := map[CustomerID]int64{}
	list, err := collect(rows, err, func(row scanner) (*Visiting, error) {
		var v Visiting
		var when int64
		var err error
		v.Customer, err = scanCustomer(with(row, &v.InboxID, &v.InboxName, &when))
		if err == nil {
			moved[v.ID] = when
		}
		return &v, err
	})
	if err != nil {
		return nil, "", err
	}
	list, next, _ := page(list, l.Limit, func(v *Visiting) cursor { return cursor{moved[v.ID], int64(v.ID)} })
	for _, v := range list {
		if err := d.completeVisit(ctx, by, v); err != nil {
			return nil, "", err
		}
	}
	return list, next, nil
}

func (d *Desk) completeVisit(ctx context.Context, by Actor, v *Visiting) error {
	trail, err := d.Trail(ctx, by, v.ID)
	if err != nil {
		return err
	}
	if len(trail) == 0 { // an app, which has no pages
		trail = []PageVisit{{At: ms(v.SeenAt)}}
	}
	v.Trail = trail[:1]
	for n := 1; n < len(trail) && trail[n-1].At-trail[n].At < visitGap.Milliseconds(); n++ {
		v.Trail = trail[:n+1]
	}
	id, err := current(ctx, d.read(), v.ID, v.InboxID)
	if err != nil || id == 0 {
		return err
	}
	v.Talks = true
	if v.Chat, err = d.Conversation(ctx, by, id); IsNotFound(err) {
		return nil
	}
	return err
}

// SpeakFirst opens a chat with a visitor who has not written: the acting agent is in it, and his words are its beginning.
func (d *Desk) SpeakFirst(ctx context.Context, by Actor, to Here, draft Draft) (*Conversation, error) {
	if err := by.Can(Serve); err != nil || by.Agent() == 0 {
		return nil, Forbidden
	}
	draft.Internal = false
	if err := d.checkDraft(&draft); err != nil {
		return nil, err
	}
	var made *Conversation
	err := d.Write(ctx, by, func(tx *Tx) error {
		inbox, err := findInbox(ctx, tx, to.InboxID)
		if err != nil || inbox.Channel != Webchat {
			return orElse(err, NotFound)
		}
		customer, err := findCustomer(ctx, tx, to.CustomerID)
		if err != nil {
			return err
		}
		if !customer.BlacklistedAt.IsZero() {
			return Conflict("error.customer_blacklisted")
		}
		if other, err := current(ctx, tx, customer.ID, inbox.ID); err != nil || other != 0 {
			return orElse(err, Conflict("error.customer_has_open"))
		}
		if made, err = tx.newConversation(ctx, Conversation{InboxID: inbox.ID, CustomerID: customer.ID, Kind: "chat", Status: "waiting", TeamID: inbox.TeamID}); err != nil {
			return err
		}
		if err := tx.join(made, by.Agent(), by.Name); err != nil {
			return err
		}
		made.Joined = true
		if _, err := tx.reply(ctx, by, made, draft); err != nil {
			return err
		}
		made, err = tx.conversation(ctx, by, made.ID)
		return err
	})
	return made, err
}

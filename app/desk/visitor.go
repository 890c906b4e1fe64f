package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
)

// Visit is what a page tells of its visitor when the chat opens.
type Visit struct {
	Token     string // as he was given it; empty or unknown makes a new visitor
	Profile   CustomerChange
	Locale    string
	Data      map[string]any
	URL       string
	Title     string
	Referrer  string
	IP        string
	UserAgent string

	// What the page names for the inbox's next conversation: team and agent by id or name. Nobody of the name is nobody.
	InboxID     InboxID
	Signed      *Signed // who he is by the word of the company's site, checked by the caller; nil: nobody said
	Team, Agent string
	Link        string // of a mail that went to him: Desk.Link
}

// visitorData is how much a page may tell of a visitor in Data, in bytes of JSON.
const visitorData = 16 << 10

func visitorIdentity(token string) Identity {
	sum := sha256.Sum256([]byte(token))
	return Identity{Channel: Webchat, ExternalID: hex.EncodeToString(sum[:])}
}

// Visitor finds the visitor of a token: Unauthorized when there is none.
func (d *Desk) Visitor(ctx context.Context, by Actor, token string) (*Customer, error) {
	if !by.isSystem() {
		return nil, Forbidden
	}
	c, err := findByIdentity(ctx, d.read(), visitorIdentity(token))
	if errors.Is(err, NotFound) {
		return nil, Unauthorized
	}
	return c, err
}

// Enter welcomes a visitor: the one of his token, or a new one with a new token of 256 random bits, of which only the hash is
// kept. What the page tells fills empty fields of his profile; it never overwrites what is there, for anybody can say anything.
func (d *Desk) Enter(ctx context.Context, by Actor, v Visit) (token string, c *Customer, err error) {
	if !by.isSystem() {
		return "", nil, Forbidden
	}
	var told Customer
	if _, err := v.Profile.apply(&told); err != nil {
		return "", nil, err
	}
	if data, err := json.Marshal(v.Data); err != nil || len(data) > visitorData {
		return "", nil, Invalid("data", "fault.data_large", visitorData>>10)
	}
	told.Locale, told.Data = clip(v.Locale, 20), v.Data
	token = v.Token
	err = d.Write(ctx, by, func(tx *Tx) error {
		if v.Link != "" {
			if token, c, err = tx.linkedVisitor(ctx, v); err != nil {
				return err
			}
		} else if v.Signed != nil {
			if token, c, err = tx.signedVisitor(ctx, v, told); err == nil {
				err = tx.applySigned(c, v.Signed.Profile)
			}
			if err != nil {
				return err
			}
		}
		c, err = findByIdentity(ctx, tx, visitorIdentity(token))
		if token == "" || errors.Is(err, NotFound) {
			token = NewToken("")
			c, err = tx.newCustomer(ctx, visitorIdentity(token), told)
		} else if err == nil {
			err = tx.completeProfile(c, told)
		}
		if err != nil {
			return err
		}
		if err := tx.enters(ctx, c, v); err != nil {
			return err
		}
		return tx.visited(c, v)
	})
	return token, c, err
}

func (tx *Tx) completeProfile(c *Customer, told Customer) error {
	changed := false
	for _, f := range []struct {
		have *string
		told string
	}{{&c.Name, told.Name}, {&c.Email, told.Email}, {&c.Phone, told.Phone}, {&c.Company, told.Company}, {&c.Description, told.Description}} {
		if *f.have == "" && f.told != "" {
			*f.have, changed = f.told, true
		}
	}
	if !changed {
		return nil
	}
	if err := tx.updateCustomer(c); err != nil {
		return err
	}
	return tx.Record(CustomerChanged, 0, int64(c.ID), nil)
}

func (tx *Tx) visited(c *Customer, v Visit) error {
	if _, err := tx.Exec("update customers set seen_at = ? where id = ?", ms(tx.now), c.ID); err != nil || v.URL == "" {
		return err
	}
	var there bool // the same page, asked for once more
	if err := tx.QueryRow("select coalesce((select url = ?2 and at > ?3 from visits where customer_id = ?1 order by id desc limit 1), 0)", c.ID, clip(v.URL, 2000), ms(tx.now.Add(-visitGap))).Scan(&there); err != nil || there {
		return err
	}
	if _, err := tx.Exec("insert into visits(customer_id, url, title, referrer, ip, user_agent, at) values (?, ?, ?, ?, ?, ?, ?)",
		c.ID, clip(v.URL, 2000), clip(v.Title, 300), clip(v.Referrer, 2000), clip(v.IP, 60), clip(v.UserAgent, 300), ms(tx.now)); err != nil {
		return err
	}
	// The trail is for the talk, not for ever.
	_, err := tx.Exec("delete from visits where customer_id = ?1 and id <= (select id from visits where customer_id = ?1 order by id desc limit 1 offset 50)", c.ID)
	return err
}

// Visited notes that a visitor looks at a page.
func (d *Desk) Visited(ctx context.Context, by Actor, v Visit) error {
	if by.Customer() == 0 {
		return Forbidden
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		c, err := findCustomer(ctx, tx, by.Customer())
		if err != nil {
			return err
		}
		return tx.visited(c, v)
	})
}

// PageVisit is one step of a visitor's trail.
type PageVisit struct {
	URL, Title, Referrer, IP, UserAgent string
	At                                  int64 // Unix milliseconds
}

// Trail lists a customer's last pages, the newest first, at most 50.
func (d *Desk) Trail(ctx context.Context, by Actor, id CustomerID) ([]PageVisit, error) {
	if err := by.Can(Serve); err != nil {
		return nil, err
	}
	rows, err := d.read().QueryContext(ctx, "select url, title, referrer, ip, user_agent, at from visits where customer_id = ? order by id desc limit 50", id)
	return collect(rows, err, func(row scanner) (v PageVisit, err error) {
		return v, row.Scan(&v.URL, &v.Title, &v.Referrer, &v.IP, &v.UserAgent, &v.At)
	})
}

package desk

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"deskbell/app/sqlite"
)

// Customer is a person who writes to the company; without a name, a visitor.
type Customer struct {
	ID              CustomerID
	PublicID        string
	Name            string
	Email           string
	Phone           string
	Company         string
	Description     string
	Locale          string
	Data            map[string]any // what the company's pages told about him
	BlacklistedAt   time.Time      // zero: not
	BlacklistReason string
	CreatedAt       time.Time
	SeenAt          time.Time
	VIP             bool // goes first in every queue
}

const customerColumns = "c.id, c.public_id, c.name, c.email, c.phone, c.company, c.description, c.locale, c.data, c.blacklisted_at, c.blacklist_reason, c.created_at, c.seen_at, c.vip"

func scanCustomer(row scanner) (*Customer, error) {
	var c Customer
	var data string
	var black sql.NullInt64
	var created, seen int64
	err := row.Scan(&c.ID, &c.PublicID, &c.Name, &c.Email, &c.Phone, &c.Company, &c.Description, &c.Locale, &data, &black, &c.BlacklistReason, &created, &seen, &c.VIP)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	if err != nil {
		return nil, err
	}
	c.BlacklistedAt, c.CreatedAt, c.SeenAt = atNull(black), at(created), at(seen)
	return &c, json.Unmarshal([]byte(data), &c.Data)
}

func findCustomer(ctx context.Context, r reader, id CustomerID) (*Customer, error) {
	return scanCustomer(r.QueryRowContext(ctx, "select "+customerColumns+" from customers c where c.id = ?", id))
}

// Customer finds one customer: agents see all, a customer himself.
func (d *Desk) Customer(ctx context.Context, by Actor, id CustomerID) (*Customer, error) {
	if by.Kind == ByCustomer && by.Customer() != id {
		return nil, NotFound
	}
	return findCustomer(ctx, d.read(), id)
}

// CustomerList asks for a page of customers.
type CustomerList struct {
	Query  string // part of name, mail address, phone or id
	TagID  CustomerTagID
	After  time.Time // added since then; zero: any time
	Served bool      // only those whom the acting agent has served
	Before string    // cursor of the page before
	Limit  int       // 1 to 200
}

// Customers lists customers, the last seen first, and answers the cursor of the next page, empty at the end.
func (d *Desk) Customers(ctx context.Context, by Actor, l CustomerList) ([]*Customer, string, error) {
	if err := by.Can(ManageCustomers); err != nil {
		return nil, "", err
	}
	where, args := "1", []any{}
	if q := strings.TrimSpace(l.Query); q != "" {
		match := sqlite.PairsMatch(q)
		where = "+c.id in (select rowid from customer_search where ? <> '' and customer_search match ? union all select id from customers where public_id = ?)"
		args = append(args, match, match, q)
	}
	if l.TagID != 0 {
		where += " and +c.id in (select customer_id from tagged_customers where tag_id = ?)"
		args = append(args, l.TagID)
	}
	if !l.After.IsZero() {
		where += " and c.created_at >= ?"
		args = append(args, ms(l.After))
	}
	if l.Served {
		where += " and +c.id in (select v.customer_id from participants p join conversations v on v.id = p.conversation_id where p.agent_id = ?)"
		args = append(args, by.Agent())
	}
	cur, err := parseCursor(l.Before)
	if err != nil {
		return nil, "", err
	}
	where += " and (c.seen_at, c.id) < (?, ?)"
	args = append(args, cur.at, cur.id, l.Limit+1)
	rows, err := d.read().QueryContext(ctx, "select "+customerColumns+" from customers c where "+where+" order by c.seen_at desc, c.id desc limit ?", args...)
	list, err := collect(rows, err, scanCustomer)
	if err != nil {
		return nil, "", err
	}
	return page(list, l.Limit, func(c *Customer) cursor { return cursor{ms(c.SeenAt), int64(c.ID)} })
}

// CustomerChange is what may be changed of a customer; nil leaves it.
type CustomerChange struct {
	Name, Email, Phone, Company, Description *string

	VIP  *bool           // agents only
	Tags []CustomerTagID // agents only: these and no others; nil leaves them
}

// ChangeCustomer changes a customer's profile.
func (d *Desk) ChangeCustomer(ctx context.Context, by Actor, id CustomerID, ch CustomerChange) (*Customer, error) {
	if by.Customer() != id || id == 0 {
		if err := by.Can(ManageCustomers); err != nil {
			return nil, err
		}
	}
	if by.Kind == ByCustomer {
		ch.VIP, ch.Tags = nil, nil
	}
	var c *Customer
	err := d.Write(ctx, by, func(tx *Tx) (err error) {
		if c, err = findCustomer(ctx, tx, id); err != nil {
			return err
		}
		was := c.Email
		changed, err := ch.apply(c)
		if err == nil && ch.Tags != nil {
			err = tx.tagCustomer(id, ch.Tags)
		}
		if err != nil || !changed {
			return err
		}
		if by.Kind == ByAgent && !strings.EqualFold(was, c.Email) { // what a visitor says of himself proves nothing
			if err := tx.knowByMail(ctx, c); err != nil {
				return err
			}
		}
		if err := tx.updateCustomer(c); err != nil {
			return err
		}
		return tx.Record(CustomerChanged, 0, int64(id), nil)
	})
	return c, err
}

func (ch *CustomerChange) apply(c *Customer) (changed bool, err error) {
	var faults check
	set := func(name string, to *string, from *string, limit int) {
		if to == nil {
			return
		}
		v := strings.TrimSpace(*to)
		if name != "description" {
			v = oneLine(v)
		}
		if utf8.RuneCountInString(v) > limit {
			faults.fault(name, "fault.too_long", limit)
		}
		changed = changed || v != *from
		*from = v
	}
	if ch.Email != nil && strings.TrimSpace(*ch.Email) != "" {
		checkEmail(&faults, "email", *ch.Email)
	}
	set("name", ch.Name, &c.Name, 140)
	set("email", ch.Email, &c.Email, 254)
	set("phone", ch.Phone, &c.Phone, 40)
	set("company", ch.Company, &c.Company, 140)
	set("description", ch.Description, &c.Description, 2000)
	if ch.VIP != nil {
		changed = changed || *ch.VIP != c.VIP
		c.VIP = *ch.VIP
	}
	return changed, faults.err()
}

func (tx *Tx) updateCustomer(c *Customer) error {
	_, err := tx.Exec("update customers set name = ?, email = ?, phone = ?, company = ?, description = ?, vip = ? where id = ?", c.Name, c.Email, c.Phone, c.Company, c.Description, c.VIP, c.ID)
	return err
}

// Identity says who a customer is on a channel.
type Identity struct {
	Channel    string // webchat, email …
	ExternalID string // the hash of a visitor's token, a mail address in small letters, an openid …
}

// newCustomer is a customer with his first identity.
func (tx *Tx) newCustomer(ctx context.Context, id Identity, c Customer) (*Customer, error) {
	data, err := json.Marshal(c.Data)
	if err != nil || c.Data == nil {
		data = []byte("{}")
	}
	res, err := tx.Exec("insert into customers(public_id, name, email, phone, company, description, locale, data, vip, created_at, seen_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		"v_"+randomID()[:16], c.Name, c.Email, c.Phone, c.Company, c.Description, c.Locale, string(data), c.VIP, ms(tx.now), ms(tx.now))
	if err != nil {
		return nil, err
	}
	n, err := res.LastInsertId()
	if err != nil {
		return nil, err
	}
	if id.Channel != "" {
		if _, err := tx.Exec("insert into identities(customer_id, channel, external_id, created_at) values (?, ?, ?, ?)", n, id.Channel, id.ExternalID, ms(tx.now)); err != nil {
			return nil, err
		}
	}
	if err := tx.Record(CustomerCreated, 0, n, Facts{"channel": id.Channel}); err != nil {
		return nil, err
	}
	return findCustomer(ctx, tx, CustomerID(n))
}

// CreateCustomer adds a customer by hand.
func (d *Desk) CreateCustomer(ctx context.Context, by Actor, ch CustomerChange) (*Customer, error) {
	if err := by.Can(ManageCustomers); err != nil {
		return nil, err
	}
	var c Customer
	if _, err := ch.apply(&c); err != nil {
		return nil, err
	}
	if c.Name == "" {
		return nil, Invalid("name", "fault.name_missing")
	}
	var made *Customer
	err := d.Write(ctx, by, func(tx *Tx) (err error) {
		id, err := tx.mailIdentity(ctx, c.Email, 0)
		if err != nil {
			return err
		}
		if made, err = tx.newCustomer(ctx, id, c); err != nil || ch.Tags == nil {
			return err
		}
		return tx.tagCustomer(made.ID, ch.Tags)
	})
	return made, err
}

// mailIdentity is by what a customer is known whose address an agent wrote down: his first mail makes no second customer. An address
// that is another customer's is refused.
func (tx *Tx) mailIdentity(ctx context.Context, address string, of CustomerID) (Identity, error) {
	if address == "" {
		return Identity{}, nil
	}
	id := Identity{Channel: Email, ExternalID: strings.ToLower(address)}
	known, err := findByIdentity(ctx, tx, id)
	if errors.Is(err, NotFound) || err == nil && known.ID == of {
		return id, nil
	}
	if err != nil {
		return id, err
	}
	return id, Invalid("email", "fault.email_of_other", known.Name)
}

func (tx *Tx) knowByMail(ctx context.Context, c *Customer) error {
	id, err := tx.mailIdentity(ctx, c.Email, c.ID)
	if err != nil || id.Channel == "" {
		return err
	}
	_, err = tx.Exec("insert into identities(customer_id, channel, external_id, created_at) values (?, ?, ?, ?) on conflict do nothing", c.ID, id.Channel, id.ExternalID, ms(tx.now))
	return err
}

// identified finds the customer of an identity, or makes him.
func (tx *Tx) identified(ctx context.Context, id Identity, otherwise Customer) (*Customer, error) {
	c, err := findByIdentity(ctx, tx, id)
	if errors.Is(err, NotFound) {
		return tx.newCustomer(ctx, id, otherwise)
	}
	return c, err
}

// CustomerOf finds the customer of an identity, or makes him: for a ticket that is opened for an address.
func (d *Desk) CustomerOf(ctx context.Context, by Actor, id Identity, otherwise CustomerChange) (*Customer, error) {
	if err := by.Can(ManageCustomers); err != nil {
		return nil, err
	}
	var told Customer
	if _, err := otherwise.apply(&told); err != nil {
		return nil, err
	}
	var c *Customer
	err := d.Write(ctx, by, func(tx *Tx) (err error) {
		c, err = tx.identified(ctx, id, told)
		return err
	})
	return c, err
}

func findByIdentity(ctx context.Context, r reader, id Identity) (*Customer, error) {
	return scanCustomer(r.QueryRowContext(ctx, "select "+customerColumns+" from identities i join customers c on c.id = i.customer_id where i.channel = ? and i.external_id = ?", id.Channel, id.ExternalID))
}

// Blacklist keeps a customer from opening conversations; what he writes is taken, but nobody is disturbed.
func (d *Desk) Blacklist(ctx context.Context, by Actor, id CustomerID, reason string) error {
	if err := by.Can(ManageCustomers); err != nil {
		return err
	}
	if reason = strings.TrimSpace(reason); reason == "" || utf8.RuneCountInString(reason) > 500 {
		return Invalid("reason", "fault.reason_missing")
	}
	return d.setBlacklist(ctx, by, id, true, reason)
}

// Unblacklist takes a customer off the blacklist.
func (d *Desk) Unblacklist(ctx context.Context, by Actor, id CustomerID) error {
	if err := by.Can(ManageCustomers); err != nil {
		return err
	}
	return d.setBlacklist(ctx, by, id, false, "")
}

func (d *Desk) setBlacklist(ctx context.Context, by Actor, id CustomerID, on bool, reason string) error {
	return d.Write(ctx, by, func(tx *Tx) error {
		since := sql.NullInt64{Int64: ms(tx.now), Valid: on}
		res, err := tx.Exec("update customers set blacklisted_at = ?, blacklisted_by = ?, blacklist_reason = ? where id = ?", since, nullID(by.Agent()), reason, id)
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return NotFound
		}
		return tx.Record(CustomerBlacklisted, 0, int64(id), Facts{"on": on})
	})
}

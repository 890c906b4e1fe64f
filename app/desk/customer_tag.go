package desk

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"unicode/utf8"
)

// CustomerTagID is the id of a customer tag.
type CustomerTagID int64

func (id CustomerTagID) String() string { return strconv.FormatInt(int64(id), 10) }

// CustomerTag says in a word what kind of customer somebody is. Admins make them, agents give them.
type CustomerTag struct {
	ID    CustomerTagID
	Name  string // up to 50 characters, once
	Color string // one of TagColors
}

// TagColors are the colours of customer tags, which the console shows legibly in both themes.
var TagColors = []string{"grey", "blue", "green", "amber", "red"}

// The limits of customer tags.
const (
	customerTagName  = 50
	customerTagsAll  = 500
	customerTagsEach = 50 // of one customer
)

func scanCustomerTag(row scanner) (*CustomerTag, error) {
	var t CustomerTag
	err := row.Scan(&t.ID, &t.Name, &t.Color)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	return &t, err
}

// CustomerTags lists all, by name.
func (d *Desk) CustomerTags(ctx context.Context, by Actor) ([]*CustomerTag, error) {
	if err := by.Can(ManageCustomers); err != nil {
		return nil, err
	}
	rows, err := d.read().QueryContext(ctx, "select id, name, color from customer_tags order by name, id")
	return collect(rows, err, scanCustomerTag)
}

// CustomerTag finds one.
func (d *Desk) CustomerTag(ctx context.Context, by Actor, id CustomerTagID) (*CustomerTag, error) {
	if err := by.Can(ManageCustomers); err != nil {
		return nil, err
	}
	return findCustomerTag(ctx, d.read(), id)
}

func findCustomerTag(ctx context.Context, r reader, id CustomerTagID) (*CustomerTag, error) {
	return scanCustomerTag(r.QueryRowContext(ctx, "select id, name, color from customer_tags where id = ?", id))
}

// SaveCustomerTag makes a tag (id 0; without a colour it is grey), or gives one another name and colour.
func (d *Desk) SaveCustomerTag(ctx context.Context, by Actor, t CustomerTag) (*CustomerTag, error) {
	if err := by.Can(ManageCompany); err != nil {
		return nil, err
	}
	var c check
	if t.Name = oneLine(t.Name); t.Name == "" {
		c.fault("name", "fault.name_missing")
	}
	if utf8.RuneCountInString(t.Name) > customerTagName {
		c.fault("name", "fault.too_long", customerTagName)
	}
	if t.Color == "" {
		t.Color = TagColors[0]
	}
	if !slices.Contains(TagColors, t.Color) {
		c.fault("color", "fault.choice_unknown")
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	err := d.Write(ctx, by, func(tx *Tx) error {
		was := tx.before("customer_tags", t.ID)
		if err := tx.storeCustomerTag(ctx, &t); err != nil {
			return err
		}
		return tx.recordChange(CustomerTagChanged, int64(t.ID), nil, was)
	})
	return &t, err
}

func (tx *Tx) storeCustomerTag(ctx context.Context, t *CustomerTag) error {
	if t.ID != 0 {
		if _, err := findCustomerTag(ctx, tx, t.ID); err != nil {
			return err
		}
	}
	var taken bool
	var n int
	if err := tx.QueryRow("select coalesce(max(name = ?1 and id <> ?2), 0), count(*) from customer_tags", t.Name, t.ID).Scan(&taken, &n); err != nil {
		return err
	}
	switch {
	case taken:
		return Invalid("name", "fault.name_taken")
	case t.ID != 0:
		_, err := tx.Exec("update customer_tags set name = ?, color = ? where id = ?", t.Name, t.Color, t.ID)
		return err
	case n >= customerTagsAll:
		return Conflict("error.tags_full", customerTagsAll)
	}
	return tx.QueryRow("insert into customer_tags(name, color, created_at) values (?, ?, ?) returning id", t.Name, t.Color, ms(tx.now)).Scan(&t.ID)
}

// DeleteCustomerTag takes a tag away, also from all customers who have it.
func (d *Desk) DeleteCustomerTag(ctx context.Context, by Actor, id CustomerTagID) error {
	if err := by.Can(ManageCompany); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		if _, err := findCustomerTag(ctx, tx, id); err != nil {
			return err
		}
		for _, table := range []string{"tagged_customers where tag_id", "customer_tags where id"} {
			if _, err := tx.Exec("delete from "+table+" = ?", id); err != nil {
				return err
			}
		}
		return tx.Record(CustomerTagChanged, 0, int64(id), Facts{"deleted": true})
	})
}

// TagCustomer gives a customer these tags and no others.
func (d *Desk) TagCustomer(ctx context.Context, by Actor, id CustomerID, tags []CustomerTagID) error {
	if err := by.Can(ManageCustomers); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		if _, err := findCustomer(ctx, tx, id); err != nil {
			return err
		}
		return tx.tagCustomer(id, tags)
	})
}

func (tx *Tx) tagCustomer(id CustomerID, tags []CustomerTagID) error {
	if len(tags) > customerTagsEach {
		return Invalid("tag_ids", "fault.too_many_tags", customerTagsEach)
	}
	var unknown bool
	if err := tx.QueryRow("select count(*) > 0 from json_each(?) where value not in (select id from customer_tags)", jsonList(tags)).Scan(&unknown); err != nil {
		return err
	}
	if unknown {
		return Invalid("tag_ids", "fault.tag_unknown")
	}
	var changed int64
	for _, sql := range []string{
		"delete from tagged_customers where customer_id = ?1 and tag_id not in (select value from json_each(?2))",
		"insert into tagged_customers(customer_id, tag_id) select ?1, value from json_each(?2) where true on conflict do nothing",
	} {
		res, err := tx.Exec(sql, id, jsonList(tags))
		if err != nil {
			return err
		}
		n, _ := res.RowsAffected()
		changed += n
	}
	if changed == 0 {
		return nil
	}
	return tx.Record(CustomerChanged, 0, int64(id), Facts{"tags": append([]CustomerTagID{}, tags...)})
}

// TagsOf are the tags of customers, by name; who has none is not in it.
func (d *Desk) TagsOf(ctx context.Context, by Actor, ids ...CustomerID) (map[CustomerID][]*CustomerTag, error) {
	if err := by.Can(ManageCustomers); err != nil {
		return nil, err
	}
	type given struct {
		to  CustomerID
		tag CustomerTag
	}
	rows, err := d.read().QueryContext(ctx, `select g.customer_id, t.id, t.name, t.color from tagged_customers g join customer_tags t on t.id = g.tag_id
		where g.customer_id in (select value from json_each(?)) order by t.name, t.id`, jsonList(ids))
	list, err := collect(rows, err, func(row scanner) (g given, err error) {
		return g, row.Scan(&g.to, &g.tag.ID, &g.tag.Name, &g.tag.Color)
	})
	all := map[CustomerID][]*CustomerTag{}
	for _, g := range list {
		all[g.to] = append(all[g.to], &g.tag)
	}
	return all, err
}

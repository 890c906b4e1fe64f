package desk

import "context"

// Setup is what the first visit asks for.
type Setup struct {
	Company  Company
	Name     string // of the first admin
	Email    string
	Password string
}

// NeedsSetup says whether there is no agent yet.
func (d *Desk) NeedsSetup(ctx context.Context, _ Actor) (bool, error) {
	var n int
	err := d.read().QueryRowContext(ctx, "select count(*) from agents").Scan(&n)
	return n == 0, err
}

// SetUp stores the company and makes the first admin. It works once: of many at the same moment one wins, and the others,
// like all that come later, are told that it is done.
func (d *Desk) SetUp(ctx context.Context, by Actor, in Setup) (*Agent, error) {
	if !by.isSystem() {
		return nil, Forbidden
	}
	admin := NewAgent{Email: in.Email, Name: in.Name, Password: in.Password, Role: Admin}
	err := joinFaults(checkCompany(&in.Company), checkAgent(&admin))
	if admin.Password == "" {
		err = joinFaults(err, Invalid("password", "fault.password_short", passwordMin))
	}
	if err != nil {
		return nil, err
	}
	if needed, err := d.NeedsSetup(ctx, by); err != nil || !needed {
		return nil, orConflict(err)
	}
	hash := d.Hashing.hash(admin.Password)
	var a *Agent
	err = d.Write(ctx, by, func(tx *Tx) error {
		var n int
		if err := tx.QueryRow("select count(*) from agents").Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return orConflict(nil)
		}
		if err := tx.set("company", in.Company); err != nil {
			return err
		}
		var err error
		a, err = tx.insertAgent(ctx, admin, hash)
		return err
	})
	return a, err
}

func orConflict(err error) error {
	if err != nil {
		return err
	}
	return Conflict("error.already_set_up")
}

// joinFaults tells the faults of several inputs at once.
func joinFaults(errs ...error) error {
	var c check
	for _, err := range errs {
		e, ok := err.(*Error)
		if ok && e.Kind == KindInvalid {
			c.fields = append(c.fields, e.Fields...)
		} else if err != nil {
			return err
		}
	}
	return c.err()
}

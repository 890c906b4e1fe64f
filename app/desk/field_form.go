package desk

import (
	"context"
	"encoding/json"
	"errors"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// FormFieldID is the id of a form field.
type FormFieldID int64

func (id FormFieldID) String() string { return strconv.FormatInt(int64(id), 10) }

// FormField is something asked of tickets besides what every ticket has.
type FormField struct {
	ID       FormFieldID
	Name     string
	Kind     string   // one of FormFieldKinds
	Options  []string // of choice, choices and tree; of a tree the paths to what may be chosen, "Tea / Green / Longjing"; of file the endings that it takes, none: any
	Most     int      // of file: megabytes, 0: as large as any file
	Required bool
	Visible  bool // in the form that makes a ticket
	Public   bool // customers see it on their ticket's page, and fill it in
	Position int  // among the others, the least first
}

// FormFieldKinds are the kinds of form fields.
var FormFieldKinds = []string{"text", "long", "number", "date", "choice", "choices", "tree", "phone", "mail", "file"}

// Filled is what form fields hold: text; of several choices a line each; of a file its id.
type Filled map[FormFieldID]string

// Input is the field's name in forms and in faults.
func (f *FormField) Input() string { return "field_" + f.ID.String() }

// formFieldsMax is how many fields there may be.
const formFieldsMax = 100

// FormFields lists the fields in their order.
func (d *Desk) FormFields(ctx context.Context, by Actor) ([]*FormField, error) {
	if err := by.Can(Serve); err != nil {
		return nil, err
	}
	return formFields(ctx, d.read())
}

func formFields(ctx context.Context, r reader) ([]*FormField, error) {
	rows, err := r.QueryContext(ctx, "select id, name, kind, options, required, visible, position, public, most from ticket_fields where deleted_at is null order by position, id")
	return collect(rows, err, func(row scanner) (*FormField, error) {
		var f FormField
		var options string
		if err := row.Scan(&f.ID, &f.Name, &f.Kind, &options, &f.Required, &f.Visible, &f.Position, &f.Public, &f.Most); err != nil {
			return nil, err
		}
		return &f, json.Unmarshal([]byte(options), &f.Options)
	})
}

// SaveFormField makes a field (without an id) or changes one. The kind of one that is there stays.
func (d *Desk) SaveFormField(ctx context.Context, by Actor, in FormField) (*FormField, error) {
	if err := by.Can(ManageTickets); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	options, err := json.Marshal(in.Options)
	if err != nil {
		return nil, err
	}
	err = d.Write(ctx, by, func(tx *Tx) error {
		all, err := formFields(ctx, tx)
		if err != nil {
			return err
		}
		was := tx.before("ticket_fields", in.ID)
		if in.ID == 0 {
			if len(all) >= formFieldsMax {
				return Invalid("name", "fault.too_many_fields", formFieldsMax)
			}
			res, err := tx.Exec("insert into ticket_fields(name, kind, options, required, visible, position, public, most, created_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)", in.Name, in.Kind, string(options), in.Required, in.Visible, in.Position, in.Public, in.Most, ms(tx.now))
			if err != nil {
				return err
			}
			id, err := res.LastInsertId()
			if err != nil {
				return err
			}
			in.ID = FormFieldID(id)
		} else {
			res, err := tx.Exec("update ticket_fields set name = ?, options = ?, required = ?, visible = ?, position = ?, public = ?, most = ? where id = ? and kind = ? and deleted_at is null", in.Name, string(options), in.Required, in.Visible, in.Position, in.Public, in.Most, in.ID, in.Kind)
			if err != nil {
				return err
			}
			if n, _ := res.RowsAffected(); n == 0 {
				return NotFound
			}
		}
		return tx.recordChange(FormFieldChanged, int64(in.ID), nil, was)
	})
	return &in, err
}

func (f *FormField) check() error {
	var c check
	if f.Name = strings.Join(strings.Fields(f.Name), " "); f.Name == "" {
		c.fault("name", "fault.name_missing")
	}
	if utf8.RuneCountInString(f.Name) > 80 {
		c.fault("name", "fault.too_long", 80)
	}
	if !slices.Contains(FormFieldKinds, f.Kind) {
		c.fault("kind", "fault.field_kind_unknown")
	}
	if f.Kind == "file" {
		f.checkFile(&c)
		return c.err()
	}
	f.Most = 0
	var options []string
	for _, o := range f.Options {
		if f.Kind == "tree" {
			o = treePath(o)
			if strings.Count(o, levels) >= TopicLevels {
				c.fault("options", "fault.tree_too_deep", TopicLevels)
			}
		}
		if o = strings.TrimSpace(o); o != "" && !slices.Contains(options, o) {
			options = append(options, o)
		}
	}
	f.Options = options
	if chosen := f.Kind == "choice" || f.Kind == "choices" || f.Kind == "tree"; chosen && len(options) == 0 {
		c.fault("options", "fault.options_missing")
	} else if !chosen {
		f.Options = []string{}
	}
	if most := map[bool]int{true: 1000, false: 200}[f.Kind == "tree"]; len(options) > most {
		c.fault("options", "fault.too_many_options", most)
	}
	return c.err()
}

const levels = " / " // between the levels of a path

// treePath writes one with a single blank on both sides of each slash, and without empty levels.
func treePath(s string) string {
	var parts []string
	for _, p := range strings.Split(s, "/") {
		if p = strings.Join(strings.Fields(p), " "); p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, levels)
}

// DeleteFormField takes a field out of use. Tickets keep what it was filled with.
func (d *Desk) DeleteFormField(ctx context.Context, by Actor, id FormFieldID) error {
	if err := by.Can(ManageTickets); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		res, err := tx.Exec("update ticket_fields set deleted_at = ? where id = ? and deleted_at is null", ms(tx.now), id)
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return NotFound
		}
		return tx.Record(FormFieldChanged, 0, int64(id), Facts{"deleted": true})
	})
}

// fill puts values into what a ticket's fields hold already and checks them; without whole, only those that are given.
func (tx *Tx) fill(ctx context.Context, have, in Filled, whole bool) (changed []FormFieldID, err error) {
	all, err := formFields(ctx, tx)
	if err != nil {
		return nil, err
	}
	var c check
	known := map[FormFieldID]bool{}
	for _, f := range all {
		known[f.ID] = true
		v, given := in[f.ID]
		if !given && !(whole && f.Visible) {
			continue
		}
		v, err = f.clean(v)
		if err == nil && f.Kind == "file" && v != "" && v != have[f.ID] {
			err = tx.takeFile(ctx, f, v)
		}
		if err != nil {
			var e *Error
			if !errors.As(err, &e) {
				return nil, err
			}
			c.fields = append(c.fields, e.Fields...)
		} else if have[f.ID] != v {
			changed = append(changed, f.ID)
			if have[f.ID] = v; v == "" {
				delete(have, f.ID)
			}
		}
	}
	for id := range in {
		if !known[id] {
			c.fault("field_"+id.String(), "fault.field_unknown")
		}
	}
	return changed, c.err()
}

var (
	numberForm = regexp.MustCompile(`^[-+]?\d{1,15}([.]\d{1,9})?$`)
	phoneForm  = regexp.MustCompile(`^\+?[\d][\d ()./-]{2,29}$`)
)

// clean is a value as it is kept, or the field's fault.
func (f *FormField) clean(v string) (string, error) {
	v = strings.TrimSpace(strings.ReplaceAll(v, "\r\n", "\n"))
	if v == "" {
		if f.Required {
			return "", Invalid(f.Input(), "fault.field_missing")
		}
		return "", nil
	}
	limit, fault := 500, ""
	switch f.Kind {
	case "text":
		v = strings.Join(strings.Fields(v), " ")
	case "long":
		limit = 20_000
	case "number":
		if !numberForm.MatchString(v) {
			fault = "fault.number_wrong"
		}
	case "date":
		if _, err := time.Parse(time.DateOnly, v); err != nil {
			fault = "fault.day_wrong"
		}
	case "phone":
		if !phoneForm.MatchString(v) {
			fault = "fault.phone_wrong"
		}
	case "mail":
		if a, err := mail.ParseAddress(v); err != nil || a.Address != v {
			fault = "fault.email_wrong"
		}
	case "choice", "choices", "tree":
		limit = 20_000
		lines := strings.Split(v, "\n")
		if f.Kind != "choices" && len(lines) > 1 || slices.ContainsFunc(lines, func(l string) bool { return !slices.Contains(f.Options, l) }) {
			fault = "fault.choice_unknown"
		}
	}
	if fault == "" && utf8.RuneCountInString(v) > limit {
		return "", Invalid(f.Input(), "fault.too_long", limit)
	}
	if fault != "" {
		return "", Invalid(f.Input(), fault)
	}
	return v, nil
}

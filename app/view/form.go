package view

import "fmt"

// Field is one labelled input of a form with its fault beside it; form/_field.html draws it.
// A template makes one by {{field "email" "agent.email" .Form.Email (.Fault "email")}} and
// refines it by its methods: ((field …).As "email").Must.
type Field struct {
	Name, Label, Value, Fault string
	Kind                      string // an input type, "textarea", "select" or "check"
	Hint                      string // a sentence under the input
	Complete                  string // the autocomplete token; "off" unless set
	Placeholder               string
	Required, Focus, Checked  bool
	Rows, Max                 int
	Options                   []Option

	c Catalog
}

// Option is one choice of a select.
type Option struct{ Value, Text string }

func newField(c Catalog, name, label string, value any, fault string) Field {
	f := Field{Name: name, Label: c.t(label), Fault: fault, Kind: "text", Complete: "off", c: c}
	if on, ok := value.(bool); ok {
		f.Kind, f.Checked = "check", on
	} else if value != nil {
		f.Value = fmt.Sprint(value)
	}
	return f
}

// As sets the input's type.
func (f Field) As(kind string) Field { f.Kind = kind; return f }

// Must marks the field as required.
func (f Field) Must() Field { f.Required = true; return f }

// First puts the cursor here when the page opens.
func (f Field) First() Field { f.Focus = true; return f }

// Fill sets the autocomplete token (HTML 4.10.18.7).
func (f Field) Fill(token string) Field { f.Complete = token; return f }

// Say sets the sentence under the input.
func (f Field) Say(text string) Field { f.Hint = text; return f }

// Like sets the placeholder: an example, never the label.
func (f Field) Like(example string) Field { f.Placeholder = example; return f }

// Long makes a text area of so many rows.
func (f Field) Long(rows int) Field { f.Kind, f.Rows = "textarea", rows; return f }

// Limit sets the greatest number of characters.
func (f Field) Limit(n int) Field { f.Max = n; return f }

// Of makes a select of these options.
func (f Field) Of(options []Option) Field { f.Kind, f.Options = "select", options; return f }

// ID is the input's id in the page.
func (f Field) ID() string { return "f-" + f.Name }

// Described is what aria-describedby names.
func (f Field) Described() string {
	switch {
	case f.Fault != "":
		return f.ID() + "-fault"
	case f.Hint != "":
		return f.ID() + "-hint"
	}
	return ""
}

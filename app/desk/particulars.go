package desk

import "unicode/utf8"

// Particulars are what a company writes down of an agent besides the name that customers see. Admins see them, and he himself.
type Particulars struct {
	RealName       string // at most 80 characters
	Phone          string // at most 40
	EmployeeNumber string // at most 40
}

// check cleans them and finds their faults.
func (p *Particulars) check(c *check) {
	for _, f := range []struct {
		name string
		text *string
		most int
	}{{"real_name", &p.RealName, 80}, {"phone", &p.Phone, 40}, {"employee_number", &p.EmployeeNumber, 40}} {
		if *f.text = oneLine(*f.text); utf8.RuneCountInString(*f.text) > f.most {
			c.fault(f.name, "fault.too_long", f.most)
		}
	}
}

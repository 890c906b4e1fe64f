package desk

import "testing"

func TestNamesStayInTheirLine(t *testing.T) {
	s := open(t)
	name, company := "Li\u202e gnaW\x1b[31m\nlevel=ERROR\x00", "茶\u2066 & Söhne 👩‍🌾"
	_, c, err := s.Enter(t.Context(), System, Visit{Profile: CustomerChange{Name: &name, Company: &company}})
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "Li gnaW[31m level=ERROR" || c.Company != "茶 & Söhne 👩‍🌾" {
		t.Errorf("kept %q and %q", c.Name, c.Company)
	}
}

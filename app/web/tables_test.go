package web_test

import (
	"bytes"
	"net/http"
	"slices"
	"testing"

	"deskbell/app/apptest"
	"deskbell/app/sheet"
)

// TestTables: what is exported, as CSV or as a workbook, can be imported, and what is no table is refused in words.
func TestTables(t *testing.T) {
	s := apptest.Open(t)
	book := func(rows ...[]string) []byte {
		var b bytes.Buffer
		w := sheet.NewXLSX(&b)
		for _, row := range rows {
			w.Write(row...)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	table := func(b *apptest.Browser, path string) [][]string {
		t.Helper()
		rows, err := sheet.Read([]byte(b.Get(path).Status(http.StatusOK).Body))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		return rows
	}
	s.Alice.UploadTo("/canned/import", "canned.xlsx", book([]string{"category", "text"}, []string{"问候", "=您好"}, nil, []string{"", "Bye"}), "company", "1").LeadsTo("/canned")
	for _, path := range []string{"/canned/export?company=1", "/canned/export.xlsx?company=1"} {
		if got := table(s.Bo, path); len(got) != 3 || !slices.ContainsFunc(got, func(r []string) bool { return slices.Equal(r, []string{"问候", "=您好"}) }) {
			t.Errorf("%s: %q", path, got)
		}
	}
	s.Alice.UploadTo("/canned/import", "canned.xlsx", book([]string{"one column"})).Status(http.StatusUnprocessableEntity).Has(".fault", "two columns")
	s.Alice.UploadTo("/canned/import", "canned.xlsx", []byte("PK\x03\x04 no workbook")).Status(http.StatusUnprocessableEntity).Has(".fault", "workbook cannot be read")
	s.Alice.UploadTo("/canned/import", "canned.csv", make([]byte, 2<<20+1)).Status(http.StatusUnprocessableEntity).Has(".fault", "too large")

	s.Alice.UploadTo("/admin/tags/import", "tags.xlsx", book([]string{"level 1", "level 2"}, []string{"Orders"}, []string{"Orders", "Late"})).LeadsTo("/admin/tags")
	s.Alice.Get("/admin/tags").Has("#tags a", "Late")
	if got := table(s.Alice, "/admin/tags/export.xlsx"); len(got) != 3 || !slices.Equal(got[2], []string{"Orders", "Late"}) {
		t.Errorf("tags %q", got)
	}
	s.Alice.UploadTo("/admin/tags/import", "tags.csv", []byte("A,,B\n")).Status(http.StatusUnprocessableEntity).Has(".fault", "Row 1 is not a valid tag path")
	s.Bo.Get("/admin/tags/export").Status(http.StatusForbidden)
	s.Mail("maria@customer.example", "=1+1", "Broken lid", "")
	if got := table(s.Alice, "/tickets/export.xlsx"); len(got) != 2 || got[1][1] != "=1+1" {
		t.Errorf("tickets %q", got)
	}
	if got := s.Alice.Get("/tickets/export.xlsx").Header.Get("Content-Type"); got != "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" {
		t.Errorf("its type is %s", got)
	}
}

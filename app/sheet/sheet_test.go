package sheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// kinds are the two kinds of file.
var kinds = map[string]func(io.Writer) *Writer{"csv": NewCSV, "xlsx": NewXLSX}

func written(t testing.TB, begin func(io.Writer) *Writer, rows ...[]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := begin(&b)
	for _, row := range rows {
		w.Write(row...)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWhatIsWrittenComesBack(t *testing.T) {
	rows := [][]string{
		{"category", "text"},
		{"问候", "您好，\n有什么可以帮您？"},
		{"", "=cmd|'/c calc'!A0"}, {"+1", "-2"}, {"@SUM(A1)", "\tx"}, {"'quoted'", `say "hi", then go`},
		{"＝1+1", "'=kept"}, {"\nx", "''@"},
		{"0012", "1e5"}, {"2026-04-12", "TRUE"}, {"<b>&amp;", "😀"},
	}
	for kind, begin := range kinds {
		got, err := Read(written(t, begin, rows...))
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", rows) {
			t.Errorf("%s:\n%q\nwant\n%q", kind, got, rows)
		}
	}
	// In a spreadsheet none of it is computed.
	if b := string(written(t, NewCSV, rows...)); strings.Contains(b, ",=cmd") || strings.Contains(b, "\n@SUM") || strings.Contains(b, "\n＝") || !strings.HasPrefix(b, "\ufeff") {
		t.Errorf("as CSV: %q", b)
	}
	f, err := excelize.OpenReader(bytes.NewReader(written(t, NewXLSX, rows...)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i := range rows {
		for _, column := range []string{"A", "B"} {
			cell := fmt.Sprint(column, i+1)
			formula, err := f.GetCellFormula(f.GetSheetName(0), cell)
			kind, kindErr := f.GetCellType(f.GetSheetName(0), cell)
			if formula != "" || errors.Join(err, kindErr) != nil || kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString && kind != excelize.CellTypeUnset {
				t.Errorf("%s is of type %v with formula %q, %v %v", cell, kind, formula, err, kindErr)
			}
		}
	}
}

func TestWhatACellCannotHold(t *testing.T) {
	got, err := Read(written(t, NewXLSX, []string{"a\x00b\x1fc\uffff", "\xff", strings.Repeat("茶", 40_000)}))
	if err != nil || got[0][0] != "abc" || got[0][1] != "" || len([]rune(got[0][2])) != cellMost {
		t.Errorf("%.100q, %v", got, err)
	}
}

// parted is a zip file of these parts.
func parted(t testing.TB, content map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, c := range content {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(c)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestHostileFiles(t *testing.T) {
	bomb := parted(t, map[string][]byte{"xl/worksheets/sheet1.xml": make([]byte, unpacked+1)})
	liar := bytes.Clone(bomb) // its directory says that it unpacks to nothing
	at := bytes.LastIndex(liar, []byte("PK\x01\x02"))
	copy(liar[at+24:], []byte{0, 0, 0, 0})
	many := map[string][]byte{}
	for i := range parts + 1 {
		many[fmt.Sprintf("xl/%d.xml", i)] = nil
	}
	tags := parted(t, map[string][]byte{"xl/sharedStrings.xml": bytes.Repeat([]byte("<si/>"), marks+1)})
	wide := make([]string, Columns+1)
	long := slices.Repeat([][]string{{"x"}}, Rows+1)
	sound := written(t, NewXLSX, []string{"a"})
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"a bomb of tags": {tags, ErrTooLarge}, "a bomb": {bomb, ErrTooLarge}, "a bomb that lies": {liar, ErrWorkbook}, "many parts": {parted(t, many), ErrTooLarge},
		"no workbook": {parted(t, map[string][]byte{"a.txt": []byte("hi")}), ErrWorkbook}, "cut": {sound[:len(sound)/2], ErrWorkbook},
		"a sheet of nonsense": {parted(t, map[string][]byte{"xl/workbook.xml": []byte("<<<<"), "[Content_Types].xml": []byte("<Types/>")}), ErrWorkbook},
		"wide CSV":            {[]byte(strings.Join(wide, ",")), ErrTooLarge}, "wide": {written(t, NewXLSX, slices.Repeat([]string{"x"}, Columns+1)), ErrTooLarge},
		"long CSV": {[]byte(strings.Repeat("x\n", Rows+1)), ErrTooLarge}, "long": {written(t, NewXLSX, long...), ErrTooLarge},
		"GBK": {[]byte("\xce\xca\xba\xf2,\xc4\xfa\xba\xc3"), ErrNotUTF8}, "old Excel": {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00"), ErrNotUTF8}, "an open quote": {[]byte("a,b\n\"c"), LineError(2)},
	} {
		if rows, err := Read(c.file); !errors.Is(err, c.want) {
			t.Errorf("%s: %d rows, %v, want %v", name, len(rows), err, c.want)
		}
	}
	if rows, err := Read(nil); err != nil || len(rows) != 0 {
		t.Errorf("nothing: %v, %v", rows, err)
	}
}

// FuzzRead: whatever bytes come, they are refused or are a table within its bounds.
func FuzzRead(f *testing.F) {
	for _, begin := range kinds {
		f.Add(written(f, begin, []string{"a", "=b"}, []string{"", "茶"}))
	}
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, err := Read(b)
		if err != nil && rows != nil {
			t.Fatalf("both rows and %v", err)
		}
		if len(rows) > Rows || slices.ContainsFunc(rows, func(r []string) bool { return len(r) > Columns }) {
			t.Fatalf("%d rows", len(rows))
		}
	})
}

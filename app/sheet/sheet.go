// Package sheet is tables as files: CSV (RFC 4180) and xlsx, the workbook of Excel and its kin (ISO/IEC 29500).
//
// It promises that what it writes comes back as it was, that no cell of it is taken for a formula, and that a file from anywhere,
// whatever it claims of itself, is read within bounds: of a workbook the first sheet, as text, with dates and numbers as they are
// shown. It knows nothing of a desk.
package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// The bounds of a file that is read.
const (
	Rows     = 20_000
	Columns  = 200
	unpacked = 64 << 20 // bytes of a workbook's parts together
	parts    = 200      // files in a workbook
	marks    = 1 << 20  // XML tags in them together: the library needs up to 350 bytes for each
)

// The faults of a file that is read.
var (
	ErrNotUTF8  = errors.New("the text is not UTF-8")
	ErrTooLarge = errors.New("the table is too large")
	ErrWorkbook = errors.New("the workbook cannot be read")
)

// LineError is a fault of one line of CSV, counted from 1.
type LineError int

func (e LineError) Error() string { return fmt.Sprintf("line %d does not fit", int(e)) }

// Writer writes one table. What goes wrong is kept, told by Error, and ends the writing.
type Writer struct {
	to   io.Writer
	csv  *csv.Writer            // or
	book *excelize.File         // a workbook
	rows *excelize.StreamWriter // of its only sheet
	n    int
	err  error
}

// NewCSV begins with a byte order mark, by which Excel knows UTF-8. A cell that a spreadsheet would take for a formula gets an
// apostrophe before it (OWASP, "CSV Injection"), which Read takes away.
func NewCSV(w io.Writer) *Writer {
	out := &Writer{to: w, csv: csv.NewWriter(w)}
	out.csv.UseCRLF = true
	_, out.err = io.WriteString(w, "\ufeff")
	return out
}

// NewXLSX is a workbook with one sheet. Its cells are texts, never formulas; the first row stays in sight. It is written by Close.
func NewXLSX(w io.Writer) *Writer {
	out := &Writer{to: w, book: excelize.NewFile()}
	if out.rows, out.err = out.book.NewStreamWriter(out.book.GetSheetName(0)); out.err == nil {
		out.err = out.rows.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
	}
	return out
}

// Write adds a row.
func (w *Writer) Write(row ...string) {
	if w.err != nil {
		return
	}
	w.n++
	if w.csv != nil {
		safe := make([]string, len(row))
		for i, cell := range row {
			if safe[i] = cell; guarded(cell) {
				safe[i] = "'" + cell
			}
		}
		w.err = w.csv.Write(safe)
		return
	}
	cells := make([]any, len(row))
	for i, cell := range row {
		cells[i] = clean(cell)
	}
	w.err = w.rows.SetRow(fmt.Sprint("A", w.n), cells)
}

// Flush sends on what was written, as far as the kind of file allows, and answers what went wrong until now.
func (w *Writer) Flush() error {
	if w.csv != nil && w.err == nil {
		w.csv.Flush()
		w.err = w.csv.Error()
	}
	return w.err
}

// Close finishes the file. It does not close what it was written to.
func (w *Writer) Close() error {
	if w.book == nil {
		return w.Flush()
	}
	defer w.book.Close()
	if w.err == nil {
		w.err = w.rows.Flush()
	}
	if w.err == nil {
		w.err = w.book.Write(w.to)
	}
	return w.err
}

// guarded tells whether a spreadsheet would compute a cell of CSV, also in the wide letters that it reads as narrow ones in Chinese and
// Japanese, or the cell looks like one that was kept from that.
func guarded(cell string) bool {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(cell, "'"))
	return strings.ContainsRune("=+-@\t\r\n＝＋－＠", first)
}

// cellMost is how many characters a cell of a workbook holds; what is longer is cut.
const cellMost = 32767

// clean leaves out what XML 1.0 cannot say, and what a cell cannot hold.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if utf8.RuneCountInString(s) > cellMost {
		s = string([]rune(s)[:cellMost])
	}
	return s
}

// Read reads a table: a workbook when it is one, else CSV.
func Read(b []byte) ([][]string, error) {
	if bytes.HasPrefix(b, []byte("PK\x03\x04")) {
		return readXLSX(b)
	}
	return readCSV(b)
}

func readCSV(b []byte) ([][]string, error) {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	if !utf8.Valid(b) || bytes.IndexByte(b, 0) >= 0 {
		return nil, ErrNotUTF8
	}
	r := csv.NewReader(bytes.NewReader(b))
	r.FieldsPerRecord = -1
	var rows [][]string
	for {
		row, err := r.Read()
		if err == io.EOF {
			return rows, nil
		}
		if bad := (*csv.ParseError)(nil); errors.As(err, &bad) {
			return nil, LineError(bad.Line)
		}
		if err != nil {
			return nil, err
		}
		if len(rows) == Rows || len(row) > Columns {
			return nil, ErrTooLarge
		}
		for i, cell := range row {
			if len(cell) > 1 && cell[0] == '\'' && guarded(cell[1:]) {
				row[i] = cell[1:]
			}
		}
		rows = append(rows, row)
	}
}

// readXLSX reads the first sheet. What its parts would unpack to is added up before any is read, and the library is held to it
// besides, for a file may lie about that.
func readXLSX(b []byte) (rows [][]string, err error) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, ErrWorkbook
	}
	var total uint64
	for _, f := range z.File {
		total += min(f.UncompressedSize64, unpacked+1)
	}
	if len(z.File) > parts || total > unpacked {
		return nil, ErrTooLarge
	}
	reading.Lock() // one at a time: what a workbook costs in memory is paid once
	defer reading.Unlock()
	if err := count(z); err != nil {
		return nil, err
	}
	defer func() {
		if recover() != nil { // the library trusts that a workbook is sound
			rows, err = nil, ErrWorkbook
		}
	}()
	f, err := excelize.OpenReader(bytes.NewReader(b), excelize.Options{UnzipSizeLimit: unpacked, UnzipXMLSizeLimit: unpacked})
	if err != nil {
		return nil, ErrWorkbook
	}
	defer f.Close()
	return firstSheet(f)
}

var reading sync.Mutex

// count refuses a workbook of more tags than a table within the bounds has: twelve million empty ones pack into 91 kB, and would take
// more than four gigabytes.
func count(z *zip.Reader) error {
	n, buf := 0, make([]byte, 64<<10)
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			return ErrWorkbook
		}
		for err == nil && n <= marks {
			var got int
			got, err = in.Read(buf)
			n += bytes.Count(buf[:got], []byte("<"))
		}
		in.Close()
		if n > marks {
			return ErrTooLarge
		}
		if err != io.EOF {
			return ErrWorkbook
		}
	}
	return nil
}

func firstSheet(f *excelize.File) (rows [][]string, err error) {
	in, err := f.Rows(f.GetSheetName(0))
	if err != nil {
		return nil, ErrWorkbook
	}
	defer in.Close()
	for in.Next() {
		row, err := in.Columns()
		if err != nil {
			return nil, ErrWorkbook
		}
		if len(rows) == Rows || len(row) > Columns {
			return nil, ErrTooLarge
		}
		rows = append(rows, row)
	}
	if in.Error() != nil {
		return nil, ErrWorkbook
	}
	for len(rows) > 0 && len(rows[len(rows)-1]) == 0 { // rows that were only coloured
		rows = rows[:len(rows)-1]
	}
	return rows, nil
}

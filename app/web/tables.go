package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/sheet"
)

// tableMost is how many bytes a table that comes in may have.
const tableMost = 2 << 20

// spreadsheet begins a table that is saved as a file: a workbook where the address ends so, else CSV.
func (w *Web) spreadsheet(c echo.Context, name string) *sheet.Writer {
	kind, begin, ending := "text/csv; charset=utf-8", sheet.NewCSV, "csv"
	if strings.HasSuffix(c.Path(), ".xlsx") {
		kind, begin, ending = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", sheet.NewXLSX, "xlsx"
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, kind)
	h.Set(echo.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="%s-%s.%s"`, name, w.Desk.Clock().In(zoneOf(visitOf(c))).Format(time.DateOnly), ending))
	c.Response().WriteHeader(http.StatusOK)
	return begin(c.Response())
}

// exportMax bounds the rows of a table that shows what a list does.
const exportMax = 200_000

// writeTable writes what a list shows, page by page, as a table: lines makes the rows of a page. What goes wrong with the first page
// is answered as on any page; the file has begun when the others come.
func writeTable[T any, Next comparable](w *Web, c echo.Context, name string, head []string, page func(after Next) ([]T, Next, error), lines func([]T) ([][]string, error)) error {
	var first Next
	list, next, err := page(first)
	if err != nil {
		return err
	}
	out := w.spreadsheet(c, name)
	out.Write(head...)
	for written := 0; ; {
		rows, err := lines(list)
		if err != nil {
			return err
		}
		for _, row := range rows {
			out.Write(row...)
		}
		if err := out.Flush(); err != nil {
			return err
		}
		if written += len(list); next == first || written >= exportMax {
			return out.Close()
		}
		if list, next, err = page(next); err != nil {
			return err
		}
	}
}

// heads are the heads of a table's columns.
func (w *Web) heads(c echo.Context, keys ...string) []string {
	say := w.sayer(c)
	for i, key := range keys {
		keys[i] = say(key)
	}
	return keys
}

// readTable reads the table of an upload, CSV or a workbook. Its faults are of the field.
func readTable(c echo.Context, field string) ([][]string, error) {
	b, err := readUpload(c, field, tableMost)
	if err != nil {
		return nil, err
	}
	if len(b) > tableMost {
		return nil, desk.Invalid(field, "fault.table_too_large")
	}
	rows, err := sheet.Read(b)
	var line sheet.LineError
	switch {
	case errors.As(err, &line):
		return nil, desk.Invalid(field, "fault.csv_line", int(line))
	case errors.Is(err, sheet.ErrNotUTF8):
		return nil, desk.Invalid(field, "fault.csv_not_utf8")
	case errors.Is(err, sheet.ErrTooLarge):
		return nil, desk.Invalid(field, "fault.table_too_large")
	case errors.Is(err, sheet.ErrWorkbook):
		return nil, desk.Invalid(field, "fault.workbook_broken")
	}
	return rows, err
}

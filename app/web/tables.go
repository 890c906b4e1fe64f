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

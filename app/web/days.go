package web

import (
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
)

// askedID and askedDay are a filter of the address, as it stands there; empty when it is not one.
func askedID(c echo.Context, name string) string {
	if n := number(c.QueryParam(name), 0); n > 0 {
		return strconv.FormatInt(n, 10)
	}
	return ""
}

func askedDay(c echo.Context, name string) string { return dayText(c.QueryParam(name)) }

func dayText(s string) string {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t.Format(time.DateOnly)
	}
	return ""
}

// days are the moments at which the first day begins and the last one is over, in the reader's zone; zero where none is named.
func days(from, to string, zone *time.Location) (begin, end time.Time) {
	if t, err := time.ParseInLocation(time.DateOnly, from, zone); err == nil {
		begin = t
	}
	if t, err := time.ParseInLocation(time.DateOnly, to, zone); err == nil {
		end = t.AddDate(0, 0, 1)
	}
	return begin, end
}

package web

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

// filters are those of a list, as they stand in its address. What is none of what may stand there is empty.
type filters url.Values

func filtersOf(c echo.Context) filters { return filters(c.QueryParams()) }

func (f filters) get(name string) string { return url.Values(f).Get(name) }

// known is one of the choices that there are.
func (f filters) known(name string, of ...string) string {
	if s := f.get(name); slices.Contains(of, s) {
		return s
	}
	return ""
}

func (f filters) id(name string) string {
	if n := number(f.get(name), 0); n > 0 {
		return strconv.FormatInt(n, 10)
	}
	return ""
}

// day is a day of the reader's calendar.
func (f filters) day(name string) string {
	if t, err := time.Parse(time.DateOnly, f.get(name)); err == nil {
		return t.Format(time.DateOnly)
	}
	return ""
}

// chosen are filters as they stand in an address: those that ask for something.
func chosen(filters map[string]string) url.Values {
	q := url.Values{}
	for name, v := range filters {
		if v != "" {
			q.Set(name, v)
		}
	}
	return q
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

func agentOptions(agents []*desk.Agent) (options []view.Option) {
	for _, a := range agents {
		options = append(options, view.Option{Value: a.ID.String(), Text: a.Name})
	}
	return options
}

func inboxOptions(inboxes []*desk.Inbox) (options []view.Option) {
	for _, in := range inboxes {
		options = append(options, view.Option{Value: in.ID.String(), Text: in.Name})
	}
	return options
}

// channelOptions are the choices of a channel, the first for all.
func channelOptions(say func(key string, args ...any) string) []view.Option {
	options := []view.Option{{Text: say("queue.all_channels")}}
	for _, name := range desk.Channels {
		options = append(options, view.Option{Value: name, Text: say("channel." + name)})
	}
	return options
}

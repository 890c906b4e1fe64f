package view

import (
	"html/template"
	"time"
)

// dates tells the time as one reader reads it. The words and the layouts (Go's
// reference time) are in the catalog under "date.".
type dates struct {
	c    Catalog
	zone *time.Location
	now  func() time.Time
}

// rel is a date as a colleague would say it ("3 min ago", "14:02", "Yesterday",
// "12 Apr"), with the exact time on hover. A script keeps data-rel ones fresh.
func (d dates) rel(t time.Time) template.HTML {
	if t.IsZero() {
		return ""
	}
	return d.element(t, d.relText(t, "date.minutes_ago"), ` data-rel`)
}

// clock is the time of day, with the exact time on hover.
func (d dates) clock(t time.Time) template.HTML {
	if t.IsZero() {
		return ""
	}
	return d.element(t, t.In(d.zone).Format("15:04"), "")
}

// when is the exact date and time.
func (d dates) when(t time.Time) template.HTML {
	if t.IsZero() {
		return ""
	}
	return d.element(t, d.exact(t), "")
}

// at is a moment that is planned or due, to the minute: "14:02" is today's, then "Tomorrow, 09:00", "12 Apr, 09:00".
func (d dates) at(t time.Time) template.HTML {
	if t.IsZero() {
		return ""
	}
	text, day := t.In(d.zone).Format("15:04"), ""
	switch ago := d.daysAgo(t); {
	case ago == 1:
		day = d.c.t("date.yesterday")
	case ago == -1:
		day = d.c.t("date.tomorrow")
	case ago != 0 && t.In(d.zone).Year() == d.now().In(d.zone).Year():
		day = t.In(d.zone).Format(d.c["date.layout.short"])
	case ago != 0:
		day = d.date(t)
	}
	if day != "" {
		text = d.c.t("date.at", day, text)
	}
	return d.element(t, text, "")
}

// After so long a customer who waits is late.
const late = 5 * time.Minute

// waited is how long somebody has waited since t, marked when that is too long.
func (d dates) waited(t time.Time) template.HTML {
	if t.IsZero() {
		return ""
	}
	class := ` class="wait"`
	if d.now().Sub(t) >= late {
		class = ` class="wait late"`
	}
	return d.element(t, d.relText(t, "date.minutes"), class+` data-rel`)
}

// mark is how long somebody has waited since t, in the colour of state: soon or overdue.
func (d dates) mark(t time.Time, state string) template.HTML {
	class := ` class="wait"`
	if state == "overdue" {
		class = ` class="wait late"`
	}
	return d.element(t, d.relText(t, "date.minutes"), class+` data-rel data-mark`)
}

// day heads the messages of one day: "Today", "Yesterday", "12 April 2026".
func (d dates) day(t time.Time) string {
	switch d.daysAgo(t) {
	case 0:
		return d.c.t("date.today")
	case 1:
		return d.c.t("date.yesterday")
	}
	if t.In(d.zone).Year() == d.now().In(d.zone).Year() {
		return t.In(d.zone).Format(d.c["date.layout.day"])
	}
	return d.date(t)
}

// date is the day for paper, which is read on another.
func (d dates) date(t time.Time) string { return t.In(d.zone).Format(d.c["date.layout.day_year"]) }

// sameDay tells whether two messages stand under one day's heading.
func (d dates) sameDay(a, b time.Time) bool {
	ay, am, ad := a.In(d.zone).Date()
	by, bm, bd := b.In(d.zone).Date()
	return ay == by && am == bm && ad == bd
}

// relText says the minutes of the last hour by the word minutes: how long it is ago, or how long it has lasted.
func (d dates) relText(t time.Time, minutes string) string {
	ago := d.now().Sub(t)
	switch {
	case ago < -time.Minute: // a clock that jumped, or a due time: say it exactly
		return d.exact(t)
	case ago < time.Minute:
		return d.c.t("date.now")
	case ago < time.Hour:
		return d.c.t(minutes, int(ago/time.Minute))
	}
	switch d.daysAgo(t) {
	case 0:
		return t.In(d.zone).Format("15:04")
	case 1:
		return d.c.t("date.yesterday")
	}
	if ago < 300*24*time.Hour {
		return t.In(d.zone).Format(d.c["date.layout.short"])
	}
	return t.In(d.zone).Format(d.c["date.layout.short_year"])
}

func (d dates) exact(t time.Time) string {
	return t.In(d.zone).Format(d.c["date.layout.exact"])
}

// daysAgo counts midnights between t and now in the reader's zone.
func (d dates) daysAgo(t time.Time) int {
	midnight := func(t time.Time) time.Time {
		y, m, day := t.In(d.zone).Date()
		return time.Date(y, m, day, 0, 0, 0, 0, time.UTC)
	}
	return int(midnight(d.now()).Sub(midnight(t)) / (24 * time.Hour))
}

func (d dates) element(t time.Time, text, attr string) template.HTML {
	return template.HTML(`<time datetime="` + t.UTC().Format(time.RFC3339) + `" title="` +
		template.HTMLEscapeString(d.exact(t)) + `"` + attr + `>` + template.HTMLEscapeString(text) + `</time>`)
}

// span says so many minutes in the largest unit that they fill: 2880 are 2 days, 90 are 90 minutes.
func (c Catalog) span(minutes int) string {
	switch {
	case minutes != 0 && minutes%(24*60) == 0:
		return c.n("date.span_days", minutes/(24*60))
	case minutes != 0 && minutes%60 == 0:
		return c.n("date.span_hours", minutes/60)
	}
	return c.n("date.span_minutes", minutes)
}

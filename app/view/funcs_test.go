package view

import (
	"html/template"
	"strings"
	"testing"
	"time"
)

func TestInitials(t *testing.T) {
	for name, want := range map[string]string{
		"李雷": "李", "Maria Kovács": "MK", "Bo": "B", "ann lee chen": "AC", "": "?", "🍵": "?", "Visitor 8": "V8", "陈 小姐": "陈",
	} {
		if got := initials(name); got != want {
			t.Errorf("initials(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestProse(t *testing.T) {
	link := func(u string) string {
		return `<a href="` + u + `" target="_blank" rel="noopener noreferrer nofollow">` + u + `</a>`
	}
	for in, want := range map[string]string{
		"see https://tea.example/a?b=1&c=2.":  "see " + link("https://tea.example/a?b=1&amp;c=2") + ".",
		"看https://tea.example/龙井":             "看" + link("https://tea.example/") + "龙井",
		"(http://a.example/x_(y))":            "(" + link("http://a.example/x_(y)") + ")",
		"javascript:alert(1) https:// http":   "javascript:alert(1) https:// http",
		"<b>https://x.example\"onclick=1</b>": "&lt;b&gt;" + link("https://x.example") + "&#34;onclick=1&lt;/b&gt;",
		"a\nb":                                "a\nb",
	} {
		if got := string(prose(in)); got != want {
			t.Errorf("prose(%q) =\n%s, want\n%s", in, got, want)
		}
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 182_400: "182 KB", 1_250_000: "1.2 MB", 5_000_000_000: "5.0 GB"} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestLangOf(t *testing.T) {
	for s, want := range map[string]string{"hello": "", "明前龙井": "zh-CN", "ください 茶": "ja", "차": "ko"} {
		if got := langOf(s); got != want {
			t.Errorf("langOf(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestRelativeDates(t *testing.T) {
	zone := time.FixedZone("", 8*3600)
	now := time.Date(2026, 4, 12, 9, 0, 0, 0, zone)
	d := dates{zone: zone, now: func() time.Time { return now }, c: Catalog{
		"date.now": "now", "date.minutes": "{0} min", "date.minutes_ago": "{0} min ago", "date.tomorrow": "Tomorrow", "date.at": "{0}, {1}", "date.yesterday": "Yesterday", "date.today": "Today", "date.layout.short": "2 Jan",
		"date.layout.short_year": "Jan 2006", "date.layout.day": "2 January", "date.layout.day_year": "2 January 2006", "date.layout.exact": "2 Jan 2006, 15:04",
	}}
	for _, c := range []struct {
		ago       time.Duration
		want, day string
	}{
		{0, "now", "Today"}, {59 * time.Second, "now", "Today"}, {3 * time.Minute, "3 min ago", "Today"}, {2 * time.Hour, "07:00", "Today"},
		{10 * time.Hour, "Yesterday", "Yesterday"}, {50 * time.Hour, "10 Apr", "10 April"}, {400 * 24 * time.Hour, "Mar 2025", "8 March 2025"},
		{-time.Hour, "12 Apr 2026, 10:00", "Today"},
	} {
		at := now.Add(-c.ago).UTC()
		if got := d.relText(at, "date.minutes_ago"); got != c.want {
			t.Errorf("%v ago reads %q, want %q", c.ago, got, c.want)
		}
		if got := d.day(at); got != c.day {
			t.Errorf("%v ago stands under %q, want %q", c.ago, got, c.day)
		}
	}
	if got := string(d.rel(time.Time{})); got != "" {
		t.Errorf("no time reads %q", got)
	}
	if got := string(d.mark(now.Add(-3*time.Minute), "soon")); !strings.Contains(got, ">3 min<") {
		t.Errorf("three minutes of waiting read %s", got)
	}
	for in, want := range map[time.Duration]string{0: "09:00", -10 * time.Hour: "Yesterday, 23:00", 24 * time.Hour: "Tomorrow, 09:00", 48 * time.Hour: "14 Apr, 09:00", 300 * 24 * time.Hour: "6 February 2027, 09:00"} {
		if got := string(d.at(now.Add(in))); !strings.Contains(got, ">"+want+"<") {
			t.Errorf("what is due in %v reads %s, want %q", in, got, want)
		}
	}
	if !strings.Contains(string(d.clock(now)), ">09:00<") {
		t.Errorf("clock reads %s", d.clock(now))
	}
}

// What holds a time is HTML in a sentence, and nothing else is.
func TestASentenceMayHoldATime(t *testing.T) {
	c := Catalog{"asleep": "{1} until {0}"}
	if got, want := c.text("asleep", template.HTML("<time>09:00</time>"), "<b>Tea</b>"), any(template.HTML("&lt;b&gt;Tea&lt;/b&gt; until <time>09:00</time>")); got != want {
		t.Errorf("it reads %#v, want %#v", got, want)
	}
	if got, want := c.text("asleep", "09:00", "<b>Tea</b>"), any("<b>Tea</b> until 09:00"); got != want {
		t.Errorf("without a time it reads %#v, want %#v", got, want)
	}
}

func TestSpansAreSaidInTheUnitThatTheyFill(t *testing.T) {
	c := Catalog{"date.span_days.one": "{0} day", "date.span_days.other": "{0} days", "date.span_hours.other": "{0} hours", "date.span_minutes.other": "{0} minutes"}
	for minutes, want := range map[int]string{2880: "2 days", 1440: "1 day", 120: "2 hours", 90: "90 minutes", 0: "0 minutes"} {
		if got := c.span(minutes); got != want {
			t.Errorf("%d minutes are %q, not %q", minutes, got, want)
		}
	}
}

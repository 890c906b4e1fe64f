package mail

import (
	"strconv"
	"strings"
	"time"
)

// Invitation is what a calendar in a mail says (RFC 5545; what Method means is in RFC 5546).
type Invitation struct {
	Method    string    `json:"method,omitempty"` // REQUEST, CANCEL, REPLY, COUNTER, PUBLISH; "" when the calendar does not say
	Summary   string    `json:"summary,omitempty"`
	Start     time.Time `json:"start"`              // in UTC
	End       time.Time `json:"end,omitzero"`       // zero: not said
	AllDay    bool      `json:"all_day,omitempty"`  // Start and End are days, End the last of them
	Local     string    `json:"local,omitempty"`    // the hour where it was written, such as "15:04"
	Zone      string    `json:"zone,omitempty"`     // where that is, by the calendar's word
	Floating  bool      `json:"floating,omitempty"` // the zone cannot be known: Start and End are as they stand
	Repeats   string    `json:"repeats,omitempty"`  // daily, weekly, monthly, yearly; "" when it does not
	Place     string    `json:"place,omitempty"`
	Organizer *Address  `json:"organizer,omitempty"`
	Guests    []Guest   `json:"guests,omitempty"`
	Changed   bool      `json:"changed,omitempty"` // it was sent before, and something is other now
	Others    int       `json:"others,omitempty"`  // further events of the same calendar
}

// Guest is somebody who is invited.
type Guest struct {
	Address
	Answer string `json:"answer,omitempty"` // accepted, declined, tentative; "" when he has not answered
}

const (
	maxCalendar = 256 << 10 // bytes that are read of one
	maxGuests   = 100
)

// Cancelled says whether the event does not take place.
func (i *Invitation) Cancelled() bool { return i.Method == "CANCEL" }

// property is a line of a calendar: NAME;PARAM=value:value.
type property struct {
	name   string
	params map[string]string
	value  string
}

// readCalendar reads the first event of a calendar; nil when it has none with a time.
func readCalendar(raw []byte, method, hint string) *Invitation {
	text := strings.ReplaceAll(rawText(string(raw), hint), "\r\n", "\n")
	text = strings.NewReplacer("\n ", "", "\n\t", "").Replace(text) // RFC 5545 section 3.1
	in := &Invitation{Method: method}
	zones := &offsets{}
	var within []string
	var duration string
	events := 0
	for line := range strings.SplitSeq(text, "\n") {
		p, ok := readProperty(line)
		if !ok {
			continue
		}
		switch {
		case p.name == "BEGIN":
			within = append(within, strings.ToUpper(p.value))
			if strings.EqualFold(p.value, "VEVENT") {
				events++
			}
		case p.name == "END" && len(within) > 0:
			within = within[:len(within)-1]
		case p.name == "METHOD" && in.Method == "":
			in.Method = strings.ToUpper(oneLine(p.value))
		case len(within) > 1 && within[1] == "VTIMEZONE":
			zones.take(p)
		case len(within) == 2 && within[1] == "VEVENT" && events == 1:
			if p.name == "DURATION" {
				duration = p.value
			}
			in.take(p, zones)
		}
	}
	if in.Start.IsZero() || beyondYears(in.Start) {
		return nil
	}
	in.settle(duration)
	in.Others = max(events-1, 0)
	return in
}

func (i *Invitation) take(p property, zones *offsets) {
	switch p.name {
	case "SUMMARY":
		i.Summary = calendarText(p.value, 300)
	case "LOCATION":
		i.Place = calendarText(p.value, 500)
	case "DTSTART":
		i.Start, i.AllDay = i.moment(p, zones)
	case "DTEND":
		i.End, _ = i.moment(p, zones)
	case "RRULE":
		for part := range strings.SplitSeq(strings.ToLower(p.value), ";") {
			if freq, ok := strings.CutPrefix(part, "freq="); ok && (freq == "daily" || freq == "weekly" || freq == "monthly" || freq == "yearly") {
				i.Repeats = freq
			}
		}
	case "STATUS":
		if strings.EqualFold(p.value, "CANCELLED") {
			i.Method = "CANCEL"
		}
	case "SEQUENCE":
		n, _ := strconv.Atoi(p.value)
		i.Changed = n > 0
	case "ORGANIZER":
		if a := p.person(); a.Addr != "" {
			i.Organizer = &a
		}
	case "ATTENDEE":
		if a := p.person(); a.Addr != "" && len(i.Guests) < maxGuests {
			g := Guest{Address: a}
			switch answer := strings.ToLower(p.params["PARTSTAT"]); answer {
			case "accepted", "declined", "tentative":
				g.Answer = answer
			}
			i.Guests = append(i.Guests, g)
		}
	}
}

// settle works out what stands in two properties.
func (i *Invitation) settle(duration string) {
	if d := calendarDuration(duration); i.End.IsZero() && d > 0 {
		i.End = i.Start.Add(d)
	}
	if i.AllDay && i.End.After(i.Start) {
		i.End = i.End.AddDate(0, 0, -1) // the day behind the last one
	}
	if i.End.Before(i.Start) || beyondYears(i.End) {
		i.End = time.Time{}
	}
}

// beyondYears says of a time that there is no writing it down (RFC 3339 has years of four digits): 9999 is some programs' "for ever", and its last
// evening in New York is another year's in UTC.
func beyondYears(t time.Time) bool { return t.Year() < 1 || t.Year() > 9999 }

// moment reads a date, or a time in UTC, in a zone, or in none (RFC 5545 section 3.3.5).
func (i *Invitation) moment(p property, zones *offsets) (t time.Time, day bool) {
	if t, err := time.Parse("20060102", p.value); err == nil {
		return t, true
	}
	if t, err := time.Parse("20060102T150405Z", p.value); err == nil {
		return t, false
	}
	t, err := time.Parse("20060102T150405", p.value)
	if err != nil {
		return time.Time{}, false
	}
	zone := oneLine(p.params["TZID"])
	if p.name == "DTSTART" {
		i.Local, i.Zone = t.Format("15:04"), zone
	}
	where := zones.place(zone)
	if where == nil && p.name != "DTSTART" && !i.Floating {
		return time.Time{}, false
	}
	if where == nil {
		i.Floating = true
		return t, false
	}
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, where).UTC(), false
}

// person reads an organizer or a guest: ORGANIZER;CN="Li Lei":mailto:li@example.com.
func (p property) person() Address {
	v := p.value
	if len(v) > 7 && strings.EqualFold(v[:7], "mailto:") {
		v = v[7:]
	}
	a := Address{Name: oneLine(p.params["CN"]), Addr: cleanAddr(v)}
	if strings.EqualFold(a.Name, a.Addr) {
		a.Name = ""
	}
	a.shorten()
	return a
}

// readProperty takes a line apart; names and parameters' values may stand in quotes.
func readProperty(line string) (p property, ok bool) {
	line = strings.TrimRight(line, "\r \t")
	quoted, cut := false, -1
	var marks []int
	for i := 0; i < len(line) && cut < 0; i++ {
		switch c := line[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ';':
			marks = append(marks, i)
		case c == ':':
			cut = i
		}
	}
	if cut < 1 {
		return p, false
	}
	p.value, p.params = line[cut+1:], map[string]string{}
	marks = append(marks, cut)
	p.name = strings.ToUpper(line[:marks[0]])
	for n := 0; n+1 < len(marks); n++ {
		name, value, _ := strings.Cut(line[marks[n]+1:marks[n+1]], "=")
		p.params[strings.ToUpper(name)] = strings.Trim(value, `"`)
	}
	return p, true
}

// calendarText undoes the escapes of RFC 5545 section 3.3.11 and keeps one line of at most n characters.
func calendarText(s string, n int) string {
	s = oneLine(strings.NewReplacer(`\\`, `\`, `\n`, " ", `\N`, " ", `\,`, ",", `\;`, ";").Replace(s))
	if r := []rune(s); len(r) > n {
		s = string(r[:n-1]) + "…"
	}
	return s
}

// calendarDuration reads P1DT2H30M (RFC 5545 section 3.3.6); 0 when it is none.
func calendarDuration(s string) (d time.Duration) {
	units := map[byte]time.Duration{'W': 7 * 24 * time.Hour, 'D': 24 * time.Hour, 'H': time.Hour, 'M': time.Minute, 'S': time.Second}
	n := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			n = min(10*n+int(c-'0'), 100_000)
		default:
			d += time.Duration(n) * units[c]
			n = 0
		}
	}
	return d
}

package mail

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// offsets are the zones that a calendar brings along: how far each is from UTC at any time of the year.
type offsets struct {
	reading string
	of      map[string][]int // seconds
}

// take reads a line of a zone.
func (o *offsets) take(p property) {
	switch p.name {
	case "TZID":
		o.reading = oneLine(p.value)
	case "TZOFFSETTO":
		if o.of == nil {
			o.of = map[string][]int{}
		}
		if s, ok := offset(p.value); ok && len(o.of[o.reading]) < 100 && !slices.Contains(o.of[o.reading], s) {
			o.of[o.reading] = append(o.of[o.reading], s)
		}
	}
}

// place finds a zone by its name: that of the tz database, the one that Windows has for it, or the offset that the calendar gives where
// it is the same all the year. Nil: it cannot be known.
func (o *offsets) place(name string) *time.Location {
	known := name
	if iana := windowsZones[strings.ToLower(name)]; iana != "" {
		known = iana
	}
	if i := strings.LastIndex(known, "/tzid/"); i >= 0 { // as some libraries write it: /citadel.org/20210210_1/Europe/Berlin
		known = known[i+6:]
	} else if parts := strings.Split(known, "/"); strings.HasPrefix(known, "/") && len(parts) > 2 {
		known = strings.Join(parts[len(parts)-2:], "/")
	}
	if known != "" && known != "Local" {
		if where, err := time.LoadLocation(known); err == nil {
			return where
		}
	}
	if all := o.of[name]; len(all) == 1 {
		return time.FixedZone(name, all[0])
	}
	return nil
}

// offset reads +0800 or -033000.
func offset(s string) (seconds int, ok bool) {
	if len(s) < 5 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	h, err := strconv.Atoi(s[1:3])
	m, bad := strconv.Atoi(s[3:5])
	if err != nil || bad != nil || h > 14 || m > 59 {
		return 0, false
	}
	seconds = h*3600 + m*60
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

// windowsZones are the names that Windows and Exchange write, after CLDR's windowsZones.xml, for the zones where most people live.
var windowsZones = map[string]string{
	"utc": "UTC", "gmt standard time": "Europe/London", "greenwich standard time": "Atlantic/Reykjavik", "w. europe standard time": "Europe/Berlin",
	"central europe standard time": "Europe/Budapest", "romance standard time": "Europe/Paris", "central european standard time": "Europe/Warsaw",
	"e. europe standard time": "Europe/Chisinau", "fle standard time": "Europe/Kyiv", "gtb standard time": "Europe/Bucharest", "turkey standard time": "Europe/Istanbul",
	"russian standard time": "Europe/Moscow", "israel standard time": "Asia/Jerusalem", "egypt standard time": "Africa/Cairo", "south africa standard time": "Africa/Johannesburg",
	"w. central africa standard time": "Africa/Lagos", "e. africa standard time": "Africa/Nairobi", "arab standard time": "Asia/Riyadh", "arabian standard time": "Asia/Dubai",
	"iran standard time": "Asia/Tehran", "pakistan standard time": "Asia/Karachi", "india standard time": "Asia/Kolkata", "bangladesh standard time": "Asia/Dhaka",
	"se asia standard time": "Asia/Bangkok", "china standard time": "Asia/Shanghai", "taipei standard time": "Asia/Taipei", "singapore standard time": "Asia/Singapore",
	"w. australia standard time": "Australia/Perth", "korea standard time": "Asia/Seoul", "tokyo standard time": "Asia/Tokyo", "aus eastern standard time": "Australia/Sydney",
	"e. australia standard time": "Australia/Brisbane", "cen. australia standard time": "Australia/Adelaide", "new zealand standard time": "Pacific/Auckland",
	"hawaiian standard time": "Pacific/Honolulu", "alaskan standard time": "America/Anchorage", "pacific standard time": "America/Los_Angeles",
	"us mountain standard time": "America/Phoenix", "mountain standard time": "America/Denver", "central standard time": "America/Chicago",
	"central standard time (mexico)": "America/Mexico_City", "eastern standard time": "America/New_York", "atlantic standard time": "America/Halifax",
	"newfoundland standard time": "America/St_Johns", "sa pacific standard time": "America/Bogota", "venezuela standard time": "America/Caracas",
	"sa western standard time": "America/La_Paz", "pacific sa standard time": "America/Santiago", "e. south america standard time": "America/Sao_Paulo",
	"argentina standard time": "America/Buenos_Aires", "west asia standard time": "Asia/Tashkent", "central asia standard time": "Asia/Bishkek",
	"中国标准时间": "Asia/Shanghai", "台北标准时间": "Asia/Taipei",
}

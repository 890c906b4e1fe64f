package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"deskbell/app/view"
)

// zones are those that people choose from: one for each set of clocks in use, by
// the largest cities. A browser's own zone, if it is another, is added to the list.
var zones = strings.Fields(`
Pacific/Midway Pacific/Honolulu America/Anchorage America/Los_Angeles America/Denver America/Phoenix America/Chicago America/Mexico_City
America/New_York America/Bogota America/Lima America/Toronto America/Halifax America/Caracas America/Santiago America/St_Johns America/Sao_Paulo
America/Argentina/Buenos_Aires Atlantic/South_Georgia Atlantic/Azores Africa/Abidjan Europe/London Europe/Dublin Europe/Lisbon Africa/Casablanca Africa/Lagos
Europe/Berlin Europe/Madrid Europe/Paris Europe/Rome Europe/Warsaw Europe/Zurich Africa/Cairo Africa/Johannesburg Europe/Athens Europe/Helsinki Europe/Kyiv Asia/Jerusalem
Europe/Istanbul Europe/Moscow Africa/Nairobi Asia/Riyadh Asia/Tehran Asia/Dubai Asia/Kabul Asia/Karachi Asia/Tashkent Asia/Kolkata Asia/Kathmandu
Asia/Dhaka Asia/Almaty Asia/Yangon Asia/Bangkok Asia/Ho_Chi_Minh Asia/Jakarta Asia/Shanghai Asia/Hong_Kong Asia/Taipei Asia/Singapore Asia/Kuala_Lumpur Asia/Manila
Asia/Urumqi Asia/Macau Australia/Perth Asia/Seoul Asia/Tokyo Australia/Adelaide Australia/Darwin Australia/Brisbane Australia/Sydney Pacific/Guam Pacific/Noumea
Pacific/Auckland Pacific/Fiji Pacific/Tongatapu UTC`)

// zoneOptions lists the zones with their present distance from UTC, west first;
// chosen is in it even if it is not one of ours.
func zoneOptions(chosen string) []view.Option {
	type place struct {
		name   string
		offset int
	}
	var places []place
	names := zones
	if chosen != "" && !slices.Contains(zones, chosen) {
		names = append(slices.Clone(zones), chosen)
	}
	now := time.Now()
	for _, name := range names {
		z, err := time.LoadLocation(name)
		if err != nil {
			continue
		}
		_, offset := now.In(z).Zone()
		places = append(places, place{name, offset})
	}
	slices.SortFunc(places, func(a, b place) int {
		if a.offset != b.offset {
			return a.offset - b.offset
		}
		return strings.Compare(a.name, b.name)
	})
	options := make([]view.Option, len(places))
	for i, p := range places {
		sign, off := '+', p.offset
		if off < 0 {
			sign, off = '−', -off
		}
		options[i] = view.Option{Value: p.name, Text: fmt.Sprintf("%s (UTC%c%d:%02d)", strings.ReplaceAll(p.name, "_", " "), sign, off/3600, off%3600/60)}
	}
	return options
}

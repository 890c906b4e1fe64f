package desk

import (
	"slices"
	"time"
)

// horizon is how far ahead work hours are looked for.
const horizon = 400 // days

type window struct{ from, to time.Time }

// windows are the times of work of one date, over midnight too. Where the clock on the wall leaves an hour out, it is left out of
// them; where an hour comes twice, it counts once.
func (s *Schedule) windows(day time.Time, zone *time.Location) (list []window) {
	y, m, d := day.Date()
	for _, span := range s.spans(day) {
		to := span.To
		if to <= span.From {
			to += 24 * 60
		}
		w := window{time.Date(y, m, d, 0, span.From, 0, 0, zone), time.Date(y, m, d, 0, to, 0, 0, zone)}
		if w.to.After(w.from) {
			list = append(list, w)
		}
	}
	slices.SortFunc(list, func(a, b window) int { return a.from.Compare(b.from) })
	return list
}

// each calls do with the times of work from a moment on, in order and without overlaps, until it answers false.
func (s *Schedule) each(from time.Time, company *time.Location, do func(window) bool) {
	zone := company
	if z, err := time.LoadLocation(s.TimeZone); err == nil && s.TimeZone != "" {
		zone = z
	}
	if zone == nil {
		zone = time.UTC
	}
	y, m, d := from.In(zone).Date()
	cursor := from
	for i := -1; i < horizon; i++ {
		for _, w := range s.windows(time.Date(y, m, d+i, 12, 0, 0, 0, zone), zone) {
			if w.from.Before(cursor) {
				w.from = cursor
			}
			if !w.to.After(w.from) {
				continue
			}
			if cursor = w.to; !do(w) {
				return
			}
		}
	}
}

// Add is the moment at which so much work time has passed since from; the zero time when that is more than a year ahead.
func (s *Schedule) Add(from time.Time, work time.Duration, company *time.Location) (at time.Time) {
	s.each(from, company, func(w window) bool {
		if length := w.to.Sub(w.from); work > length {
			work -= length
			return true
		}
		at = w.from.Add(work)
		return false
	})
	return at
}

// Between is how much work time lies between two moments.
func (s *Schedule) Between(from, to time.Time, company *time.Location) (work time.Duration) {
	s.each(from, company, func(w window) bool {
		if !w.from.Before(to) {
			return false
		}
		if w.to.After(to) {
			w.to = to
		}
		work += w.to.Sub(w.from)
		return true
	})
	return work
}

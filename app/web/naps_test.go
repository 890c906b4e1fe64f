package web

import (
	"testing"
	"time"
)

// "Monday" is the next one: tomorrow on a Sunday, in a week on a Monday.
func TestNapsUntilMonday(t *testing.T) {
	for day := 1; day <= 7; day++ { // 1 March 2026 is a Sunday
		now := time.Date(2026, 3, day, 23, 30, 0, 0, time.UTC)
		want := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		if day > 1 {
			want = want.AddDate(0, 0, 7)
		}
		for _, n := range naps(now) {
			if n.Name == "monday" && !n.At.Equal(want) {
				t.Errorf("on a %v it is %v", now.Weekday(), n.At)
			}
		}
	}
}

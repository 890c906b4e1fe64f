package desk

import (
	"errors"
	"testing"
	"time"
)

func TestOpen(t *testing.T) {
	day := []Span{{9 * 60, 12 * 60}, {13 * 60, 18 * 60}}
	office := Schedule{Week: [7][]Span{nil, day, day, day, day, day, nil}, Days: []SpecialDay{
		{Date: "2026-10-01", Name: "国庆节"}, {Date: "2026-10-10", Name: "补班", Spans: []Span{{9 * 60, 17 * 60}}}}}
	night := Schedule{Week: [7][]Span{nil, nil, nil, nil, nil, {{22 * 60, 6 * 60}}, nil}, Days: []SpecialDay{{Date: "2026-04-17"}}}
	always := Schedule{Week: [7][]Span{{{0, 1440}}, {{0, 1440}}, {{0, 1440}}, {{0, 1440}}, {{0, 1440}}, {{0, 1440}}, {{0, 1440}}}}
	berlin := Schedule{TimeZone: "Europe/Berlin", Week: [7][]Span{{{2*60 + 30, 4 * 60}}, {{9 * 60, 10 * 60}}, nil, nil, nil, nil, {{23 * 60, 3 * 60}}}}
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		s    Schedule
		at   string // in UTC; Shanghai is eight hours ahead
		open bool
	}{
		{"Monday 09:00, the first minute", office, "2026-04-13T01:00:00Z", true},
		{"Monday 08:59", office, "2026-04-13T00:59:59Z", false},
		{"Monday noon, the first minute of the break", office, "2026-04-13T04:00:00Z", false},
		{"Monday 17:59", office, "2026-04-13T09:59:59Z", true},
		{"Monday 18:00", office, "2026-04-13T10:00:00Z", false},
		{"Sunday", office, "2026-04-12T03:00:00Z", false},
		{"a holiday on a Thursday", office, "2026-10-01T03:00:00Z", false},
		{"a Saturday that is worked", office, "2026-10-10T03:00:00Z", true},
		{"that Saturday's end", office, "2026-10-10T09:00:00Z", false},
		{"Friday 22:00", night, "2026-04-10T14:00:00Z", true},
		{"Saturday 05:59, of Friday's night", night, "2026-04-10T21:59:00Z", true},
		{"Saturday 06:00", night, "2026-04-10T22:00:00Z", false},
		{"Friday 05:00, of no night", night, "2026-04-09T21:00:00Z", false},
		{"a Friday night that is a holiday", night, "2026-04-17T15:00:00Z", false},
		{"and its morning", night, "2026-04-17T20:00:00Z", false},
		{"midnight of an always open desk", always, "2026-04-12T16:00:00Z", true},
		{"23:59:59 of an always open desk", always, "2026-04-12T15:59:59Z", true},
		// 29 March 2026, 02:00 in Berlin is 03:00: half past two does not come, three does.
		{"the hour that is left out", berlin, "2026-03-29T00:59:00Z", true}, // 01:59, of Saturday's night
		{"after the hour that is left out", berlin, "2026-03-29T01:00:00Z", true},
		{"the end of that morning", berlin, "2026-03-29T02:00:00Z", false}, // 04:00
		// 25 October 2026, 03:00 in Berlin is 02:00 again.
		{"half past two", berlin, "2026-10-25T00:30:00Z", true},
		{"half past two again", berlin, "2026-10-25T01:30:00Z", true},
		{"before four, an hour later than in summer", berlin, "2026-10-25T02:59:00Z", true},
		{"Monday by the new time", berlin, "2026-10-26T08:30:00Z", true},
		{"Monday by the old time", berlin, "2026-10-26T07:30:00Z", false},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.s.Open(at, shanghai); got != c.open {
			t.Errorf("%s: open %v", c.name, got)
		}
	}
}

func TestSchedules(t *testing.T) {
	s, ctx := open(t), t.Context()
	if open, err := s.Working(ctx, System); err != nil || !open[0] {
		t.Errorf("a new desk works %v, %v", open, err)
	}
	made, err := s.SaveSchedule(ctx, s.alice, Schedule{Name: "Office", Week: [7][]Span{1: {{540, 1080}}}, Days: []SpecialDay{{Date: "2026-05-01"}}}, true)
	s.must(err)
	if made.ID == 0 {
		t.Error("a new schedule took the default's place")
	}
	again, err := s.Schedule(ctx, s.bo, made.ID)
	s.must(err)
	if again.Name != "Office" || len(again.Week[1]) != 1 || len(again.Days) != 1 {
		t.Errorf("stored %+v", again)
	}
	for name, bad := range map[string]Schedule{
		"no name": {}, "taken": {Name: "office"}, "backward": {Name: "x", Week: [7][]Span{{{600, 600}}}}, "late": {Name: "x", Week: [7][]Span{{{0, 1441}}}},
		"no date": {Name: "x", Days: []SpecialDay{{Date: "2026-02-30"}}}, "twice": {Name: "x", Days: []SpecialDay{{Date: "2026-02-03"}, {Date: "2026-02-03"}}},
		"zone": {Name: "x", TimeZone: "Mars/Olympus"},
	} {
		if _, err := s.SaveSchedule(ctx, s.alice, bad, true); !errors.Is(err, &Error{Kind: KindInvalid, Key: "error.invalid"}) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.SaveSchedule(ctx, s.bo, *made, false); !errors.Is(err, Forbidden) {
		t.Errorf("an agent changed work hours: %v", err)
	}
	if err := s.DeleteSchedule(ctx, s.alice, 0); err == nil {
		t.Error("the default was deleted")
	}
	s.must(s.DeleteSchedule(ctx, s.alice, made.ID))
	if _, err := s.Schedule(ctx, s.alice, made.ID); !errors.Is(err, NotFound) {
		t.Errorf("after its deletion: %v", err)
	}
}

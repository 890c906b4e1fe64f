package desk

import (
	"testing"
	"time"
)

func TestWorkTimeIsCounted(t *testing.T) {
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	office := &Schedule{}
	for day := time.Monday; day <= time.Friday; day++ {
		office.Week[day] = []Span{{9 * 60, 12 * 60}, {13 * 60, 18 * 60}}
	}
	office.Days = []SpecialDay{{Date: "2026-10-01"}, {Date: "2026-10-10", Spans: []Span{{9 * 60, 11 * 60}}}}
	night := &Schedule{}
	for day := range night.Week {
		night.Week[day] = []Span{{22 * 60, 6 * 60}}
	}
	at := func(zone *time.Location, s string) time.Time {
		t.Helper()
		m, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for _, c := range []struct {
		s        *Schedule
		zone     *time.Location
		from     string
		work     time.Duration
		want     string
		backward bool
	}{
		{office, shanghai, "2026-09-21 10:00", time.Hour, "2026-09-21 11:00", true},      // a Monday
		{office, shanghai, "2026-09-21 11:30", time.Hour, "2026-09-21 13:30", true},      // over the break
		{office, shanghai, "2026-09-25 17:30", time.Hour, "2026-09-28 09:30", true},      // over the weekend
		{office, shanghai, "2026-09-26 15:00", time.Hour, "2026-09-28 10:00", true},      // from a Saturday
		{office, shanghai, "2026-09-30 17:00", 2 * time.Hour, "2026-10-02 10:00", true},  // a holiday between
		{office, shanghai, "2026-10-09 17:00", 4 * time.Hour, "2026-10-12 10:00", true},  // a Saturday that is worked
		{office, shanghai, "2026-09-21 09:00", 40 * time.Hour, "2026-09-25 18:00", true}, // to the end of a week
		{night, shanghai, "2026-09-21 23:00", 4 * time.Hour, "2026-09-22 03:00", true},   // over midnight
		{night, shanghai, "2026-09-22 03:00", 4 * time.Hour, "2026-09-22 23:00", true},   // by day nobody works
		{office, berlin, "2026-10-23 17:00", 2 * time.Hour, "2026-10-26 10:00", true},    // the clocks are put back between
		{night, berlin, "2026-10-24 23:00", 8 * time.Hour, "2026-10-25 06:00", true},     // a night of nine hours
		{night, berlin, "2026-03-28 23:00", 7 * time.Hour, "2026-03-29 22:00", false},    // a night of seven: six are left of it at eleven
		{office, shanghai, "2026-09-21 10:00", 0, "2026-09-21 10:00", true},              // nothing
	} {
		from, want := at(c.zone, c.from), at(c.zone, c.want)
		got := c.s.Add(from, c.work, c.zone)
		if c.backward && !got.Equal(want) {
			t.Errorf("%v of work from %s: %v, not %s", c.work, c.from, got.In(c.zone), c.want)
		}
		if back := c.s.Between(from, got, c.zone); back != c.work {
			t.Errorf("between %s and %v are %v, not %v", c.from, got.In(c.zone), back, c.work)
		}
	}
	if got := (&Schedule{}).Add(at(shanghai, "2026-09-21 10:00"), time.Hour, shanghai); !got.IsZero() {
		t.Errorf("where nobody ever works: %v", got)
	}
}

// promise makes a plan for day and night: ten minutes, twenty, an hour.
func (s *shop) promise() *SLAPlan {
	s.t.Helper()
	target := SLATarget{First: 10, Next: 20, Resolution: 60}
	p, err := s.SaveSLAPlan(s.t.Context(), s.alice, SLAPlan{Name: "All", Always: true, Enabled: true,
		Targets: map[string]SLATarget{"low": target, "normal": target, "high": target, "urgent": {First: 5, Next: 5, Resolution: 30}}})
	s.must(err)
	return p
}

func (s *shop) clocks(c *Conversation) map[string]SLAClock {
	s.t.Helper()
	ctx := s.t.Context()
	_, err := s.ReckonSLA(ctx, System, c.ID)
	s.must(err)
	_, err = s.ReckonSLA(ctx, System, c.ID) // as often as one likes
	s.must(err)
	now, err := s.Conversation(ctx, s.alice, c.ID)
	s.must(err)
	s.must(s.FillSLA(ctx, s.alice, []*Conversation{now}))
	clocks := map[string]SLAClock{}
	for _, k := range now.Ticket.SLA {
		clocks[k.Kind] = k
	}
	return clocks
}

func TestClocksOfATicket(t *testing.T) {
	s, ctx := open(t), t.Context()
	s.promise()
	c := s.mailed()
	began := s.now
	pass := func(minutes int) { s.now = s.now.Add(time.Duration(minutes) * time.Minute) }
	k := s.clocks(c)
	if !k["first"].DueAt.Equal(began.Add(10*time.Minute)) || !k["first"].WarnAt.Equal(began.Add(8*time.Minute)) || !k["resolution"].DueAt.Equal(began.Add(time.Hour)) || len(k) != 2 {
		t.Fatalf("at first: %+v", k)
	}
	pass(9)
	_, err := s.DueSLA(ctx, System)
	s.must(err)
	listed := func(sla, want string) {
		t.Helper()
		list, _, err := s.Conversations(ctx, s.alice, ConversationList{Kind: "ticket", SLA: sla, Limit: 10})
		s.must(err)
		got := ""
		for _, one := range list {
			got += one.Ticket.ID.String()
		}
		if got != want {
			t.Errorf("the tickets that are %s are %q, not %q", sla, got, want)
		}
	}
	listed("soon", c.Ticket.ID.String())
	listed("late", "")
	if state := s.clocks(c)["first"].State(); state != "soon" {
		t.Errorf("after nine of ten minutes it is %s", state)
	}
	_, err = s.Reply(ctx, s.alice, c.ID, Draft{Text: "We look into it.", ClientID: "1"})
	s.must(err)
	_, err = s.Receive(ctx, System, Incoming{InboxID: c.InboxID, ConversationID: c.ID, Identity: Identity{Channel: Email, ExternalID: "mei@example.test"}, Text: "I am on holiday.", Meta: Meta{Auto: true}})
	s.must(err)
	s.clocks(c)
	listed("soon", "")
	if k := s.clocks(c); k["first"].State() != "met" || k["first"].BreachedAt != (time.Time{}) || len(k) != 2 {
		t.Errorf("answered: %+v", k)
	}
	pass(1)
	s.mailTo(c, "mei@example.test", "And?")
	waited := s.now
	if k := s.clocks(c)["next"]; !k.DueAt.Equal(waited.Add(20 * time.Minute)) {
		t.Errorf("she waits again: %+v", k)
	}
	pass(5)
	pending := "pending"
	_, err = s.ChangeTicket(ctx, s.alice, c.Ticket.ID, TicketChange{Status: &pending})
	s.must(err)
	if k := s.clocks(c)["resolution"]; k.State() != "paused" || k.Spent != 15*time.Minute {
		t.Errorf("it waits for her: %+v", k)
	}
	pass(100)
	opened := "open"
	_, err = s.ChangeTicket(ctx, s.alice, c.Ticket.ID, TicketChange{Status: &opened})
	s.must(err)
	if k := s.clocks(c); !k["resolution"].DueAt.Equal(s.now.Add(45*time.Minute)) || k["next"].State() != "running" {
		t.Errorf("it goes on where it stood: %+v", k)
	}
	_, err = s.DueSLA(ctx, System)
	s.must(err)
	_, err = s.DueSLA(ctx, System) // once
	s.must(err)
	listed("late", c.Ticket.ID.String())
	if state := s.clocks(c)["next"].State(); state != "breached" {
		t.Errorf("after 105 of 20 minutes: %s", state)
	}
	var lines, told int
	s.must(s.read().QueryRowContext(ctx, "select count(*) from messages where conversation_id = ? and kind = 'event' and text = ? and visibility = 'internal'", c.ID, SLABreached).Scan(&lines))
	s.must(s.read().QueryRowContext(ctx, "select count(*) from notifications where conversation_id = ? and what = 'sla_breached_next'", c.ID).Scan(&told))
	if lines != 1 || told != 1 {
		t.Errorf("%d lines, %d told", lines, told)
	}
	urgent := "urgent"
	_, err = s.ChangeTicket(ctx, s.alice, c.Ticket.ID, TicketChange{Priority: &urgent})
	s.must(err)
	if k := s.clocks(c)["resolution"]; !k.DueAt.Equal(s.now.Add(15 * time.Minute)) {
		t.Errorf("urgent: %+v", k)
	}
	resolved := "resolved"
	_, err = s.ChangeTicket(ctx, s.alice, c.Ticket.ID, TicketChange{Status: &resolved})
	s.must(err)
	if k := s.clocks(c); k["resolution"].State() != "met" || k["next"].State() != "breached" || k["next"].MetAt.IsZero() {
		t.Errorf("resolved: %+v", k)
	}
	if next, err := s.DueSLA(ctx, System); err != nil || !next.IsZero() {
		t.Errorf("something falls due still: %v, %v", next, err)
	}
}

func TestWhichPlanCounts(t *testing.T) {
	s, ctx := open(t), t.Context()
	c := s.mailed()
	if k := s.clocks(c); len(k) != 0 {
		t.Errorf("without a plan: %+v", k)
	}
	targets := func(first int) map[string]SLATarget { return map[string]SLATarget{"normal": {First: first}} }
	other, err := s.SaveSLAPlan(ctx, s.alice, SLAPlan{Name: "Other", Position: 1, Always: true, Enabled: true, Inboxes: []InboxID{c.InboxID + 100}, Targets: targets(1)})
	s.must(err)
	mine, err := s.SaveSLAPlan(ctx, s.alice, SLAPlan{Name: "Mine", Position: 2, Enabled: true, Inboxes: []InboxID{c.InboxID}, Targets: targets(2)}) // in the default hours
	s.must(err)
	all, err := s.SaveSLAPlan(ctx, s.alice, SLAPlan{Name: "All", Position: 3, Always: true, Enabled: true, Targets: targets(3)})
	s.must(err)
	if k := s.clocks(c); k["first"].PlanID != mine.ID || len(k) != 1 {
		t.Errorf("%+v", k)
	}
	s.must(s.DeleteSLAPlan(ctx, s.alice, mine.ID))
	if k := s.clocks(c); k["first"].PlanID != all.ID || k["first"].DueAt.Sub(k["first"].StartedAt) != 3*time.Minute {
		t.Errorf("%+v", k)
	}
	all.Enabled = false
	_, err = s.SaveSLAPlan(ctx, s.alice, *all)
	s.must(err)
	s.must(s.ReckonAllSLA(ctx, System))
	if k := s.clocks(c); len(k) != 0 {
		t.Errorf("with all plans off: %+v", k)
	}
	for name, bad := range map[string]SLAPlan{"no name": {Always: true, Targets: targets(1)}, "no promise": {Name: "x", Always: true}, "no such hours": {Name: "x", ScheduleID: 99, Targets: targets(1)},
		"less than nothing": {Name: "x", Always: true, Targets: targets(-1)}, "no such priority": {Name: "x", Always: true, Targets: map[string]SLATarget{"huge": {First: 1}}}} {
		if _, err := s.SaveSLAPlan(ctx, s.alice, bad); !IsInvalid(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.SaveSLAPlan(ctx, s.bo, *other); err == nil {
		t.Error("an agent changed a promise")
	}
}

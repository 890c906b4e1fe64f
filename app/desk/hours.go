package desk

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Schedule is named work hours. Number 0 is the default, which everything uses that chose none.
type Schedule struct {
	ID       ScheduleID
	Name     string       // empty for the default
	TimeZone string       // IANA name; empty: the company's
	Week     [7][]Span    // by time.Weekday, Sunday first
	Days     []SpecialDay // by date
}

// Span is a time of the day in minutes after midnight by the clock on the wall. One that ends before it begins goes on over
// midnight; 1440 is the day's end.
type Span struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// SpecialDay stands in the place of its date's weekday: without spans a holiday.
type SpecialDay struct {
	Date  string `json:"date"` // 2006-01-02
	Name  string `json:"name,omitempty"`
	Spans []Span `json:"spans,omitempty"`
}

// Open says whether work goes on at a moment; company is the zone of a schedule that names none. It reads the clock on the
// wall: where an hour is left out or comes twice, the spans are left out and come twice with it.
func (s *Schedule) Open(at time.Time, company *time.Location) bool {
	zone := company
	if s.TimeZone != "" {
		if z, err := time.LoadLocation(s.TimeZone); err == nil {
			zone = z
		}
	}
	if zone == nil {
		zone = time.UTC
	}
	local := at.In(zone)
	minute := local.Hour()*60 + local.Minute()
	for _, span := range s.spans(local) {
		if minute >= span.From && (minute < span.To || span.To <= span.From) {
			return true
		}
	}
	y, m, d := local.Date()
	yesterday := time.Date(y, m, d-1, 12, 0, 0, 0, time.UTC) // noon: a date, whatever the zone does
	for _, span := range s.spans(yesterday) {
		if span.To <= span.From && minute < span.To {
			return true
		}
	}
	return false
}

func (s *Schedule) spans(day time.Time) []Span {
	date := day.Format(time.DateOnly)
	for _, d := range s.Days {
		if d.Date == date {
			return d.Spans
		}
	}
	return s.Week[day.Weekday()]
}

func scanSchedule(row scanner) (*Schedule, error) {
	var s Schedule
	var week, days string
	err := row.Scan(&s.ID, &s.Name, &s.TimeZone, &week, &days)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	if err != nil {
		return nil, err
	}
	return &s, errors.Join(json.Unmarshal([]byte(week), &s.Week), json.Unmarshal([]byte(days), &s.Days))
}

const scheduleColumns = "id, name, time_zone, week, days"

func findSchedule(ctx context.Context, r reader, id ScheduleID) (*Schedule, error) {
	return scanSchedule(r.QueryRowContext(ctx, "select "+scheduleColumns+" from schedules where id = ?", id))
}

func schedules(ctx context.Context, r reader) ([]*Schedule, error) {
	rows, err := r.QueryContext(ctx, "select "+scheduleColumns+" from schedules order by id <> 0, name")
	return collect(rows, err, scanSchedule)
}

// Schedule finds one schedule. Agents and the program see them.
func (d *Desk) Schedule(ctx context.Context, by Actor, id ScheduleID) (*Schedule, error) {
	if by.Kind == ByCustomer {
		return nil, NotFound
	}
	return findSchedule(ctx, d.read(), id)
}

// Schedules lists all, the default first, the others by name.
func (d *Desk) Schedules(ctx context.Context, by Actor) ([]*Schedule, error) {
	if by.Kind == ByCustomer {
		return nil, NotFound
	}
	return schedules(ctx, d.read())
}

// Working says of every schedule whether work goes on now.
func (d *Desk) Working(ctx context.Context, _ Actor) (map[ScheduleID]bool, error) {
	return working(ctx, d.read(), d.Clock())
}

func working(ctx context.Context, r reader, at time.Time) (map[ScheduleID]bool, error) {
	list, err := schedules(ctx, r)
	if err != nil {
		return nil, err
	}
	zone, err := companyZone(ctx, r)
	open := make(map[ScheduleID]bool, len(list))
	for _, s := range list {
		open[s.ID] = s.Open(at, zone)
	}
	return open, err
}

func companyZone(ctx context.Context, r reader) (*time.Location, error) {
	c := Company{TimeZone: "UTC"}
	if err := readSetting(ctx, r, "company", &c); err != nil {
		return nil, err
	}
	return time.LoadLocation(c.TimeZone)
}

// SaveSchedule changes a schedule, or makes one when create says so (the default has the id 0, so that an id cannot say it).
func (d *Desk) SaveSchedule(ctx context.Context, by Actor, in Schedule, create bool) (*Schedule, error) {
	if err := by.Can(ManageTeams); err != nil {
		return nil, err
	}
	if err := in.check(create); err != nil {
		return nil, err
	}
	err := d.Write(ctx, by, func(tx *Tx) error {
		was := snapshot{table: "schedules"}
		if !create {
			was = tx.before("schedules", in.ID)
		}
		if err := tx.storeSchedule(&in, create); err != nil {
			return err
		}
		return tx.recordChange(SettingChanged, int64(in.ID), Facts{"setting": "schedule"}, was)
	})
	return &in, err
}

func (tx *Tx) storeSchedule(in *Schedule, create bool) error {
	week, err := json.Marshal(in.Week)
	if err != nil {
		return err
	}
	days, err := json.Marshal(in.Days)
	if err != nil {
		return err
	}
	var taken bool
	if err := tx.QueryRow("select count(*) from schedules where name = ? and (id <> ? or ?)", in.Name, in.ID, create).Scan(&taken); err != nil {
		return err
	}
	if taken {
		return Invalid("name", "fault.name_taken")
	}
	if create {
		return tx.QueryRow("insert into schedules(name, time_zone, week, days, created_at) values (?, ?, ?, ?, ?) returning id",
			in.Name, in.TimeZone, string(week), string(days), ms(tx.now)).Scan(&in.ID)
	}
	res, err := tx.Exec("update schedules set name = ?, time_zone = ?, week = ?, days = ? where id = ?", in.Name, in.TimeZone, string(week), string(days), in.ID)
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return NotFound
	}
	return nil
}

func (s *Schedule) check(create bool) error {
	var c check
	s.Name = strings.TrimSpace(s.Name)
	if !create && s.ID == 0 {
		s.Name = ""
	} else if s.Name == "" {
		c.fault("name", "fault.name_missing")
	}
	if utf8.RuneCountInString(s.Name) > 80 {
		c.fault("name", "fault.too_long", 80)
	}
	if _, err := time.LoadLocation(s.TimeZone); err != nil || s.TimeZone == "Local" {
		c.fault("time_zone", "fault.time_zone_unknown")
	}
	for i, day := range s.Week {
		checkSpans(&c, fmt.Sprint("week_", i), day)
	}
	if len(s.Days) > 400 {
		c.fault("days", "fault.too_many_days", 400)
	}
	seen := map[string]bool{}
	for _, day := range s.Days {
		if _, err := time.Parse(time.DateOnly, day.Date); err != nil {
			c.fault("days", "fault.date_wrong", day.Date)
		}
		if seen[day.Date] {
			c.fault("days", "fault.date_twice", day.Date)
		}
		if seen[day.Date] = true; utf8.RuneCountInString(day.Name) > 80 {
			c.fault("days", "fault.too_long", 80)
		}
		checkSpans(&c, "days", day.Spans)
	}
	slices.SortFunc(s.Days, func(a, b SpecialDay) int { return strings.Compare(a.Date, b.Date) })
	return c.err()
}

func checkSpans(c *check, field string, spans []Span) {
	if len(spans) > 6 {
		c.fault(field, "fault.too_many_spans", 6)
	}
	for _, s := range spans {
		if s.From < 0 || s.From >= 24*60 || s.To < 0 || s.To > 24*60 || s.From == s.To {
			c.fault(field, "fault.span_wrong")
		}
	}
}

// DeleteSchedule ends a schedule; what used it goes by the default then.
func (d *Desk) DeleteSchedule(ctx context.Context, by Actor, id ScheduleID) error {
	if err := by.Can(ManageTeams); err != nil {
		return err
	}
	if id == 0 {
		return Conflict("error.default_schedule")
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		res, err := tx.Exec("delete from schedules where id = ?", id)
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return NotFound
		}
		for _, q := range []string{"update teams set schedule_id = 0 where schedule_id = ?", "update inboxes set schedule_id = 0 where schedule_id = ?"} {
			if _, err := tx.Exec(q, id); err != nil {
				return err
			}
		}
		return tx.Record(SettingChanged, 0, int64(id), Facts{"setting": "schedule", "deleted": true})
	})
}

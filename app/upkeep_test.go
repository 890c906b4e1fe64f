package app

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"deskbell/app/desk"
	"deskbell/app/health"
	"deskbell/app/replica"
)

func TestWhenUpkeepIsDue(t *testing.T) {
	night := time.Date(2026, 11, 21, 3, 10, 0, 0, time.UTC)
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	ago := func(from time.Time, d time.Duration, fault string) desk.Upkeep {
		return desk.Upkeep{At: from.Add(-d), Fault: fault}
	}
	for name, c := range map[string]struct {
		now, begun time.Time
		last       desk.Upkeep
		well       time.Duration // ago; 0: never
		want       bool
	}{
		"before it is set up":            {now: noon},
		"not at once after it was":       {now: noon, begun: noon.Add(-time.Minute)},
		"the first":                      {now: noon, begun: noon.Add(-firstUpkeep), want: true},
		"at night":                       {now: night, last: ago(night, 24*time.Hour, ""), well: 24 * time.Hour, want: true},
		"once a night":                   {now: night, last: ago(night, 20*time.Minute, ""), well: 20 * time.Minute},
		"not by day":                     {now: noon, last: ago(noon, 30*time.Hour, ""), well: 30 * time.Hour},
		"by day when a night was missed": {now: noon, last: ago(noon, 40*time.Hour, ""), well: 40 * time.Hour, want: true},
		"after a failure not at once":    {now: night, last: ago(night, time.Minute, "full"), well: 24 * time.Hour},
		"after a failure again":          {now: noon, last: ago(noon, 2*time.Hour, "full"), well: 10 * time.Hour, want: true},
		"the clock was a year ahead":     {now: noon, last: ago(noon, -8760*time.Hour, ""), well: -8760 * time.Hour, want: true},
		"and it failed then":             {now: noon, last: ago(noon, -8760*time.Hour, "full"), well: 10 * time.Hour, want: true},
		"the clock is two hours back":    {now: noon, last: ago(noon, -2*time.Hour, ""), well: -2 * time.Hour},
	} {
		var well time.Time
		if c.well != 0 {
			well = c.now.Add(-c.well)
		}
		if got := dueAt(c.now, c.begun, c.last, well); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestWhatIsSaidOfUpkeep(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	day, old, late := now.Add(-24*time.Hour), now.Add(-1000*time.Hour), now.Add(-lateAfter-1)
	for name, c := range map[string]struct {
		started, begun time.Time
		last           desk.Upkeep
		well           time.Time
		want           health.State
		key            string
	}{
		"before the first":     {begun: now.Add(-time.Minute), want: health.OK, key: "health.backup.soon"},
		"the first is due":     {begun: day, want: health.OK, key: "health.backup.due"},
		"it never came about":  {begun: late.Add(-firstUpkeep), want: health.Warn, key: "health.backup.missed"},
		"well":                 {begun: old, last: desk.Upkeep{At: day}, well: day, want: health.OK, key: "health.backup.done"},
		"never well":           {begun: old, last: desk.Upkeep{At: day, Fault: "full"}, want: health.Failed, key: "health.backup.never"},
		"failed":               {begun: old, last: desk.Upkeep{At: now, Fault: "full"}, well: day, want: health.Failed, key: "health.backup.lapsed"},
		"late":                 {begun: old, last: desk.Upkeep{At: late}, well: late, want: health.Failed, key: "health.backup.late"},
		"the desk stood still": {started: now.Add(-time.Minute), begun: old, last: desk.Upkeep{At: late}, well: late, want: health.Warn, key: "health.backup.late"},
	} {
		if p := upkeepPart(upkeepNow{now, c.started, c.begun}, desk.Backup, c.last, c.well); p.State != c.want || p.Words.Key != c.key {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func TestWhichBackupsAreKept(t *testing.T) {
	dir := t.TempDir()
	start := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC) // a Saturday
	for i := range 40 {
		name := "deskbell-" + start.AddDate(0, 0, -i).Format(backupStamp) + ".tar.gz"
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, other := range []string{"deskbell-mine.tar.gz", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(dir, other), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 { // a clock that was ahead
		if err := os.WriteFile(filepath.Join(dir, "deskbell-"+start.AddDate(1, 0, i).Format(backupStamp)+".tar.gz"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	gone, err := thin(dir, "deskbell-"+start.Format(backupStamp)+".tar.gz", desk.Safekeeping{Daily: 3, Weekly: 3})
	if err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range left {
		names = append(names, e.Name())
	}
	// The newest three days, the newest of the two weeks before (this week's is among the three), and what is not ours.
	want := []string{"deskbell-20261108T030000Z.tar.gz", "deskbell-20261115T030000Z.tar.gz", "deskbell-20261119T030000Z.tar.gz",
		"deskbell-20261120T030000Z.tar.gz", "deskbell-20261121T030000Z.tar.gz", "deskbell-mine.tar.gz", "notes.txt"}
	if !slices.Equal(names, want) || len(gone) != 38 {
		t.Errorf("%d went, left are %v", len(gone), names)
	}
}

// A replica that gave back fewer events than the log has is a drill that failed, whatever else it gave back; and the admins hear of it.
func TestADrillIsHeldAgainstTheLog(t *testing.T) {
	a, ctx := begin(t), t.Context()
	k := newKeeper(a)
	u := desk.Upkeep{Kind: desk.Drill, At: a.Desk.Clock().Add(behindLimit + time.Minute)} // all that is there is older than what may be lacking
	all, err := a.Desk.EventsUntil(ctx, desk.System, a.Desk.Clock().Add(time.Minute))
	if err != nil || all < 1 {
		t.Fatalf("%d events, %v", all, err)
	}
	gave := func(name string, events int64) replica.Drilled {
		return replica.Drilled{Databases: []replica.DrilledDatabase{{Name: name, Rows: map[string]int64{"events": events}}}}
	}
	if err := k.compare(ctx, &u, gave(replica.DeskName, all)); err != nil {
		t.Errorf("all of them: %v", err)
	}
	if err := k.compare(ctx, &u, gave(replica.DeskName, all-1)); err == nil {
		t.Error("one of them is missing, and the drill went well")
	}
	if err := k.compare(ctx, &u, gave(replica.BlobsName, all)); err == nil {
		t.Error("the replica has files only, and the drill went well")
	}

	if err := a.Desk.NoteUpkeep(ctx, desk.System, desk.Upkeep{Kind: desk.Drill, At: a.Desk.Clock(), Fault: "events are missing"}, nil); err != nil {
		t.Fatal(err)
	}
	a.Health.Add(func(ctx context.Context) []health.Part { // a desk without a replica, as this one, says nothing of drills
		last, well, err := a.Desk.LastUpkeep(ctx, desk.System, desk.Drill)
		if err != nil {
			t.Error(err)
		}
		return []health.Part{upkeepPart(upkeepNow{now: a.Desk.Clock()}, desk.Drill, last, well)}
	})
	var before map[string]bool
	for range 2 { // once may be an accident
		if before, err = a.alarmOnce(ctx, before); err != nil {
			t.Fatal(err)
		}
	}
	told, err := a.Desk.FailedParts(ctx, desk.System)
	if err != nil || !told["drill "] {
		t.Errorf("told is %v, %v", told, err)
	}
}

// What a demo makes up of its past is no reason for a backup as soon as it is looked at.
func TestADemoIsNotOverdue(t *testing.T) {
	a := beginIn(t, t.TempDir(), true)
	for _, kind := range []desk.UpkeepKind{desk.Backup, desk.Drill} {
		if due, err := a.keeper.due(t.Context(), kind); err != nil || due {
			t.Errorf("%s: %v, %v", kind, due, err)
		}
	}
}

// Which backup is the last one is not a question of the clock: what one noted that was a year ahead is over when the next was made.
func TestUpkeepInTheOrderInWhichItWasDone(t *testing.T) {
	a, ctx := begin(t), t.Context()
	now := a.Desk.Clock().Truncate(time.Second)
	for _, at := range []time.Time{now.AddDate(1, 0, 0), now} {
		if err := a.Desk.NoteUpkeep(ctx, desk.System, desk.Upkeep{Kind: desk.Backup, At: at}, nil); err != nil {
			t.Fatal(err)
		}
	}
	last, well, err := a.Desk.LastUpkeep(ctx, desk.System, desk.Backup)
	if err != nil || !last.At.Equal(now) || !well.Equal(now) {
		t.Errorf("the last one was %v, it went well %v: %v", last.At, well, err)
	}
	list, err := a.Desk.Upkeeps(ctx, desk.System, 1)
	if err != nil || len(list) != 1 || !list[0].At.Equal(now) {
		t.Errorf("the list has %v: %v", list, err)
	}
}

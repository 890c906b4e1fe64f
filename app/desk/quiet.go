package desk

import (
	"context"
	"slices"
	"time"
)

// Sounds are what rings, each to be switched off by itself.
var Sounds = []string{"message", "waiting", "notification", "colleague"}

// MailTimes are the minutes after which a mail tells an agent what nothing else could; less than 0 is never.
var MailTimes = []int{-1, 5, 15, 30, 60, 240}

func (p *Preferences) check() error {
	var c check
	p.Mute = slices.DeleteFunc(p.Mute, func(s string) bool { return !slices.Contains(Sounds, s) })
	for name, clock := range map[string]string{"quiet_from": p.QuietFrom, "quiet_to": p.QuietTo} {
		if _, err := time.Parse("15:04", clock); clock != "" && err != nil {
			c.fault(name, "fault.time_wrong")
		}
	}
	if p.QuietFrom == "" || p.QuietTo == "" {
		p.QuietFrom, p.QuietTo = "", ""
	}
	if !slices.Contains(MailTimes, p.MailAfter) {
		p.MailAfter = 0
	}
	return c.err()
}

// Rings says whether a sound is on.
func (p Preferences) Rings(sound string) bool { return !p.Quiet && !slices.Contains(p.Mute, sound) }

// MailAfterMinutes is the choice as one of MailTimes.
func (p Preferences) MailAfterMinutes() int {
	if p.MailAfter == 0 {
		return 30
	}
	return p.MailAfter
}

// IsQuiet says whether an agent is not to be disturbed now: between his two hours, which may lie on both sides of midnight.
func (d *Desk) IsQuiet(ctx context.Context, _ Actor, a *Agent) (bool, error) {
	from, to := a.Preferences.QuietFrom, a.Preferences.QuietTo
	if from == "" || to == "" || from == to {
		return false, nil
	}
	name := a.TimeZone
	if name == "" {
		company, err := d.Company(ctx, System)
		if err != nil {
			return false, err
		}
		name = company.TimeZone
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return false, err
	}
	now := d.Clock().In(zone).Format("15:04")
	if from < to {
		return from <= now && now < to, nil
	}
	return now >= from || now < to, nil
}

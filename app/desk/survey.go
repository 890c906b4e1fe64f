package desk

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"
)

// Survey is how the company asks its customers how they were served.
type Survey struct {
	Popup       bool      `json:"popup,omitempty"`        // an invitation opens by itself; else it stands among the messages
	OnClose     bool      `json:"on_close,omitempty"`     // the desk asks when a chat that somebody served ends
	OnLeave     bool      `json:"on_leave,omitempty"`     // the widget asks when the visitor puts it away
	Button      bool      `json:"button,omitempty"`       // visitors may rate at any time
	AskSolved   bool      `json:"ask_solved,omitempty"`   // it asks besides whether the problem is solved
	Preselect   bool      `json:"preselect,omitempty"`    // five stars are chosen at first
	Hours       int       `json:"hours"`                  // after a chat has ended, in which it can be rated; 8 at first
	LastOnly    bool      `json:"last_only,omitempty"`    // a rating counts for the last agent alone, not for all who served
	AfterTicket bool      `json:"after_ticket,omitempty"` // a mail asks when a ticket is resolved
	Days        int       `json:"days"`                   // in which the link in such a mail is good; 30 at first
	Stars       [5]OfStar `json:"stars"`                  // one star first
}

// OfStar is what can be said beside so many stars. Where there are tags, one at least is to be chosen.
type OfStar struct {
	Tags []string `json:"tags,omitempty"` // at most 20 of at most 30 characters
	One  bool     `json:"one,omitempty"`  // only one of them
}

func (s *Survey) check() error {
	var c check
	if s.Hours < 1 || s.Hours > 720 {
		c.fault("hours", "fault.hours_range", 1, 720)
	}
	if s.Days < 1 || s.Days > 365 {
		c.fault("days", "fault.days_range", 1, 365)
	}
	for i := range s.Stars {
		of := &s.Stars[i]
		of.Tags = lines(of.Tags)
		name := []string{"tags_1", "tags_2", "tags_3", "tags_4", "tags_5"}[i]
		if len(of.Tags) > 20 {
			c.fault(name, "fault.too_many_tags", 20)
		}
		if slices.ContainsFunc(of.Tags, func(t string) bool { return utf8.RuneCountInString(t) > 30 }) {
			c.fault(name, "fault.too_long", 30)
		}
	}
	return c.err()
}

// Survey answers how customers are asked; everyone may know.
func (d *Desk) Survey(ctx context.Context, _ Actor) (Survey, error) { return readSurvey(ctx, d.read()) }

func readSurvey(ctx context.Context, r reader) (Survey, error) {
	s := Survey{Hours: 8, Days: 30}
	err := readSetting(ctx, r, "survey", &s)
	return s, err
}

// ChangeSurvey stores how customers are asked from now on.
func (d *Desk) ChangeSurvey(ctx context.Context, by Actor, s Survey) error {
	if err := by.Can(ManageCompany); err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error { return tx.changeSetting(ctx, "survey", &Survey{Hours: 8, Days: 30}, s) })
}

// Until is when a conversation can be rated no more; zero: no end yet. What was asked for by mail waits for a person to read his mail.
func (s *Survey) Until(c *Conversation, r *Rating) time.Time {
	end := time.Time{}
	if !c.ClosedAt.IsZero() {
		end = c.ClosedAt.Add(time.Duration(s.Hours) * time.Hour)
	}
	if c.Ticket == nil || r == nil || r.InvitedAt.IsZero() {
		return end
	}
	return r.InvitedAt.AddDate(0, 0, s.Days)
}

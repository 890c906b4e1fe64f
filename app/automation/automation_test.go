package automation_test

import (
	"runtime"
	"testing"
	"time"

	"deskbell/app/apptest"
	"deskbell/app/automation"
	"deskbell/app/desk"
)

// A rule follows what happens once it is there, also where the follower was behind when it was made.
func TestWhatWasBeforeSetsNoRuleOff(t *testing.T) {
	s := apptest.Open(t)
	c := s.Mail("jane@partner.example", "Jane", "Invoice 17", "Please send it again.")
	s.Must(s.Desk.Settle(t.Context()))
	for begun := s.Desk.Clock(); s.Desk.Clock().Sub(begun) < 2*time.Millisecond; { // what happens in the millisecond in which a rule is made does set it off
		runtime.Gosched()
	}
	_, err := s.Desk.SaveRule(t.Context(), s.Alice.Actor(), desk.Rule{Name: "Partners", Enabled: true, Happens: "created", Then: desk.RuleThen{Priority: "high"}})
	s.Must(err)
	events, err := s.Desk.EventsAfter(t.Context(), desk.System, 0, 1000)
	s.Must(err)
	rules := automation.New(s.Desk)
	for _, e := range events {
		s.Must(rules.React(t.Context(), e))
	}
	now, err := s.Desk.Conversation(t.Context(), desk.System, c.ID)
	s.Must(err)
	if now.Ticket.Priority != "normal" {
		t.Errorf("the ticket from before is %s", now.Ticket.Priority)
	}
}

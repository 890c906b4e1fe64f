// Package sla keeps the clocks of what the company promises about its tickets.
//
// It promises that each ticket's clocks are right soon after whatever changed it, that a warning and a breach are told once each, and
// that nothing of it is forgotten by a restart: a clock is a row. The arithmetic is the desk's (sla.go, hours_count.go); this
// package follows the log and wakes when the next promise falls due.
package sla

import (
	"context"
	"encoding/json"
	"time"

	"deskbell/app/desk"
)

// SLA follows the log.
type SLA struct {
	desk  *desk.Desk
	nudge chan struct{}
}

// New makes a follower.
func New(d *desk.Desk) *SLA { return &SLA{desk: d, nudge: make(chan struct{}, 1)} }

// React sets the clocks that an event concerns.
func (s *SLA) React(ctx context.Context, e desk.Event) error {
	by, matters, err := desk.System.CausedBy(e.ID), true, error(nil)
	switch e.Name {
	case desk.TicketCreated, desk.TicketChanged, desk.TicketMerged, desk.TicketUnmerged, desk.TicketSnoozed, desk.TicketWoken,
		desk.MessageSent, desk.MessageReceived, desk.MessageRecalled, desk.ConversationClosed, desk.ConversationReopened:
		matters, err = s.desk.ReckonSLA(ctx, by, e.ConversationID)
	case desk.SettingChanged:
		var facts struct {
			Setting string `json:"setting"`
		}
		_ = json.Unmarshal(e.Data, &facts) // the desk wrote it
		if facts.Setting != "sla" && facts.Setting != "schedule" && facts.Setting != "company" {
			return nil
		}
		err = s.desk.ReckonAllSLA(ctx, by)
	default:
		return nil
	}
	if !matters {
		return err
	}
	select {
	case s.nudge <- struct{}{}:
	default:
	}
	return err
}

// Run tells of what falls due until ctx ends. While doubt says that the clock cannot be trusted it waits: a clock that jumps ahead for an
// hour must not break every promise.
func (s *SLA) Run(ctx context.Context, doubt func() bool) error {
	for {
		wait := time.Minute
		if !doubt() {
			next, err := s.desk.DueSLA(ctx, desk.System)
			if ctx.Err() != nil {
				return nil
			}
			if err != nil {
				return err
			}
			if !next.IsZero() {
				wait = min(wait, max(next.Sub(s.desk.Clock()), 100*time.Millisecond))
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-s.nudge:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// Package automation follows the company's rules: when something happens to a conversation, or nothing does for a while, and all of a rule's
// conditions hold, the desk does what it says.
//
// It promises that a cause sets a rule off once, that what a rule does is done wholly or not at all and stands in the conversation, and
// that rules never answer each other: what one does sets off none. Conditions and actions are the desk's (app/desk/rule.go); this
// package follows the log and looks at the clock.
package automation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deskbell/app/desk"
)

// Automation follows the log.
type Automation struct{ desk *desk.Desk }

// New makes a follower.
func New(d *desk.Desk) *Automation { return &Automation{d} }

const (
	lookEvery = time.Minute
	tooOld    = 24 * time.Hour // of an event: the desk was out of service, or rules are new to it
)

// React follows the rules that an event sets off, in their order.
func (a *Automation) React(ctx context.Context, e desk.Event) error {
	happens := cause(e)
	if happens == "" || e.ConversationID == 0 || a.desk.Clock().Sub(e.At) > tooOld {
		return nil
	}
	rules, err := a.desk.Rules(ctx, desk.System)
	if err != nil {
		return err
	}
	var faults []error
	for _, r := range rules {
		if r.Enabled && r.Happens == happens && !e.At.Before(r.CreatedAt) {
			faults = append(faults, a.apply(ctx, r, e.ConversationID, fmt.Sprint("e", e.ID), e.ID))
		}
	}
	return errors.Join(faults...)
}

// cause is what an event is to a rule, empty when it sets none off. What a rule did (the program acts, under the rule's id) is none.
func cause(e desk.Event) string {
	if e.Actor.Kind == desk.BySystem && e.Actor.ID != 0 {
		return ""
	}
	switch e.Name {
	case desk.ConversationCreated:
		return "created"
	case desk.MessageReceived:
		return "received"
	case desk.MessageSent:
		if e.Actor.Kind == desk.ByAgent {
			return "sent"
		}
	case desk.TicketChanged, desk.ConversationAssigned, desk.ConversationTagged:
		return "changed"
	case desk.ConversationClosed:
		return "closed"
	case desk.SLAWarned:
		return "sla_warned"
	case desk.SLABreached:
		return "sla_breached"
	}
	return ""
}

// apply follows one rule. What the desk refuses, and would refuse again, is left: a team that is gone, a ticket that was merged.
func (a *Automation) apply(ctx context.Context, r *desk.Rule, id desk.ConversationID, cause string, event desk.EventID) error {
	err := a.desk.ApplyRule(ctx, desk.System.CausedBy(event), r, id, cause)
	if desk.Refused(err) {
		a.desk.Log.Warn("a rule could not be followed", "rule", r.ID, "conversation", id, "error", err)
		return nil
	}
	return err
}

// Run looks once a minute for what time sets off, until ctx ends. While doubt says that the clock cannot be trusted it waits.
func (a *Automation) Run(ctx context.Context, doubt func() bool) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if doubt() {
			continue
		}
		if err := a.Look(ctx); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// Look follows the rules that time sets off now.
func (a *Automation) Look(ctx context.Context) error {
	rules, err := a.desk.Rules(ctx, desk.System)
	faults := []error{err}
	for _, r := range rules {
		if !r.Enabled {
			continue
		}
		due, err := a.desk.RuleDue(ctx, desk.System, r)
		faults = append(faults, err)
		for id, cause := range due {
			faults = append(faults, a.apply(ctx, r, id, cause, 0))
		}
	}
	return errors.Join(faults...)
}

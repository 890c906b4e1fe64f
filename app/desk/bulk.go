package desk

import (
	"context"
	"slices"
	"sync"
)

// MaxBulk is how many tickets one bulk change may name.
const MaxBulk = 500

// TicketResult is what became of one ticket of a bulk change: how it is now, or why it stayed as it was.
type TicketResult struct {
	ID           TicketID
	Conversation *Conversation
	Err          error
}

// ChangeTickets makes one change to many tickets, each in a transaction of its own, so that one which cannot be changed keeps
// none of the others back. The results stand in the order of the ids; an id named twice counts once.
func (d *Desk) ChangeTickets(ctx context.Context, by Actor, ids []TicketID, ch TicketChange) ([]TicketResult, error) {
	if err := by.Can(Serve); err != nil {
		return nil, err
	}
	if err := checkBulk(ids, ch); err != nil {
		return nil, err
	}
	var results []TicketResult
	for _, id := range ids {
		if !slices.ContainsFunc(results, func(r TicketResult) bool { return r.ID == id }) {
			results = append(results, TicketResult{ID: id})
		}
	}
	// Writes that wait at the same time share a commit: so many at once that its price hardly counts, and few enough that the
	// others who write get their turn in between.
	var all sync.WaitGroup
	turns := make(chan struct{}, 32)
	for i := range results {
		turns <- struct{}{}
		all.Go(func() {
			r := &results[i]
			r.Conversation, r.Err = d.ChangeTicket(ctx, by, r.ID, ch)
			<-turns
		})
	}
	all.Wait()
	return results, nil
}

// MergeTickets merges many tickets into one, each in a transaction of its own; the one itself may be among them and stays.
func (d *Desk) MergeTickets(ctx context.Context, by Actor, ids []TicketID, into TicketID) ([]TicketResult, error) {
	if err := by.Can(Serve); err != nil {
		return nil, err
	}
	if err := checkBulk(ids, TicketChange{Subject: new(string)}); err != nil {
		return nil, err
	}
	if _, err := d.TicketByNumber(ctx, by, into); err != nil {
		return nil, Invalid("into", "fault.ticket_unknown", into)
	}
	var results []TicketResult
	for _, id := range ids {
		if id == into || slices.ContainsFunc(results, func(r TicketResult) bool { return r.ID == id }) {
			continue
		}
		r := TicketResult{ID: id}
		r.Conversation, r.Err = d.MergeTicket(ctx, by, id, into)
		results = append(results, r)
	}
	if len(results) == 0 {
		return nil, Invalid("into", "fault.merge_itself")
	}
	return results, nil
}

func checkBulk(ids []TicketID, ch TicketChange) error {
	var c check
	switch {
	case len(ids) == 0:
		c.fault("ids", "fault.tickets_missing")
	case len(ids) > MaxBulk:
		c.fault("ids", "fault.too_many_tickets", MaxBulk)
	}
	if ch.empty() {
		c.fault("set", "fault.change_missing")
	}
	return c.err()
}

// empty says whether the change changes nothing.
func (ch *TicketChange) empty() bool {
	return ch.Subject == nil && ch.Status == nil && ch.StatusID == nil && ch.ParentID == nil && ch.Priority == nil && ch.TopicID == nil && ch.TeamID == nil && ch.AssigneeID == nil && len(ch.Fields) == 0 && len(ch.Tag) == 0 && len(ch.Untag) == 0
}

package desk

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// MergeTicket puts what was said in one ticket behind what was said in another, and closes the one: what is answered to it goes on in
// the other. UnmergeTicket undoes it. A customer never reads what was another customer's: see Messages.
func (d *Desk) MergeTicket(ctx context.Context, by Actor, from, into TicketID) (*Conversation, error) {
	if err := by.Can(Serve); err != nil || by.Agent() == 0 {
		return nil, Forbidden
	}
	var to *Conversation
	err := d.Write(ctx, by, func(tx *Tx) error {
		source, err := findConversation(ctx, tx, by, "tk.id", from)
		if err != nil {
			return err
		}
		if to, err = findConversation(ctx, tx, by, "tk.id", into); errors.Is(err, NotFound) {
			return Invalid("into", "fault.ticket_unknown", into)
		}
		if err != nil {
			return err
		}
		if err := mayMerge(source, to); err != nil {
			return err
		}
		if err := tx.merge(ctx, source, to); err != nil {
			return err
		}
		to, err = findConversation(ctx, tx, asAgentOrSystem(by), "c.id", to.ID)
		return err
	})
	return to, err
}

func mayMerge(from, into *Conversation) error {
	switch {
	case from.ID == into.ID:
		return Invalid("into", "fault.merge_itself")
	case from.Ticket.MergedInto != 0:
		return Conflict("error.ticket_merged", from.Ticket.MergedInto)
	case into.Ticket.MergedInto != 0:
		return Conflict("error.ticket_merged", into.Ticket.MergedInto)
	case from.CustomerID != into.CustomerID && into.Channel == Webchat:
		return Conflict("error.merge_into_note") // its customer reads it in the chat
	}
	return nil
}

func (tx *Tx) merge(ctx context.Context, from, into *Conversation) error {
	cc := newCopies(into, from.Ticket.CC)
	res, err := tx.Exec("insert into merges(from_id, into_id, status, status_id, cc, agent_id, at) values (?, ?, ?, ?, ?, ?, ?)",
		from.ID, into.ID, from.Ticket.Status, nullID(from.Ticket.StatusID), jsonList(cc), tx.by.ID, ms(tx.now))
	if err != nil {
		return err
	}
	merge, err := res.LastInsertId()
	if err != nil {
		return err
	}
	if err := tx.line(into, TicketMerged, "internal", Facts{"by": tx.by.Name, "ticket": from.Ticket.ID}); err != nil {
		return err
	}
	if _, err := tx.Exec("insert into merged_messages(message_id, merge_id, seq) select id, ?, seq from messages where conversation_id = ? and kind <> 'event'", merge, from.ID); err != nil {
		return err
	}
	if err := tx.moveMessages(from, into, "select message_id from merged_messages where merge_id = ?", merge); err != nil {
		return err
	}
	if err := tx.wake(from, "closed"); err != nil {
		return err
	}
	if err := tx.line(from, TicketMerged, "internal", Facts{"by": tx.by.Name, "into": into.Ticket.ID}); err != nil {
		return err
	}
	if _, err := tx.Exec("update tickets set status = 'closed', status_id = null, merged_into = ?, updated_at = ? where id = ?", into.Ticket.ID, ms(tx.now), from.Ticket.ID); err != nil {
		return err
	}
	if _, err := tx.Exec("update conversations set status = 'closed', closed_at = coalesce(closed_at, ?), closed_by = 'merge' where id = ?", ms(tx.now), from.ID); err != nil {
		return err
	}
	if err := tx.setCopies(into, append(into.Ticket.CC, cc...)); err != nil {
		return err
	}
	if err := errors.Join(tx.recount(ctx, from.ID), tx.recount(ctx, into.ID)); err != nil {
		return err
	}
	if err := tx.Record(TicketMerged, from.ID, int64(from.Ticket.ID), Facts{"into": into.Ticket.ID}); err != nil {
		return err
	}
	return tx.Record(TicketMerged, into.ID, int64(into.Ticket.ID), Facts{"from": from.Ticket.ID})
}

// newCopies are the addresses that a ticket has not yet.
func newCopies(c *Conversation, addresses []string) (list []string) {
	for _, a := range addresses {
		same := func(b string) bool { return strings.EqualFold(a, b) }
		if !same(c.CustomerEmail) && !slices.ContainsFunc(c.Ticket.CC, same) && !slices.ContainsFunc(list, same) {
			list = append(list, a)
		}
	}
	return list
}

func (tx *Tx) setCopies(c *Conversation, cc []string) error {
	c.Ticket.CC = cc
	_, err := tx.Exec("update tickets set cc = ?, updated_at = ? where id = ?", jsonList(cc), ms(tx.now), c.Ticket.ID)
	return err
}

// UnmergeTicket gives a merged ticket back what went to the other, and the status that it had. What was written in the other since stays there.
func (d *Desk) UnmergeTicket(ctx context.Context, by Actor, id TicketID) (*Conversation, error) {
	if err := by.Can(Serve); err != nil || by.Agent() == 0 {
		return nil, Forbidden
	}
	return d.changeNumber(ctx, by, id, func(tx *Tx, from *Conversation) error {
		if from.Ticket.MergedInto == 0 {
			return Conflict("error.not_merged")
		}
		into, err := findConversation(ctx, tx, by, "tk.id", from.Ticket.MergedInto)
		if err != nil {
			return err
		}
		if into.Ticket.MergedInto != 0 {
			return Conflict("error.merged_on", into.Ticket.ID, into.Ticket.MergedInto)
		}
		return tx.unmerge(ctx, from, into)
	})
}

func (tx *Tx) unmerge(ctx context.Context, from, into *Conversation) error {
	var merge int64
	var status, added string
	var named sql.NullInt64
	err := tx.QueryRow("select id, status, status_id, cc from merges where from_id = ? and into_id = ? and undone_at is null order by id desc limit 1", from.ID, into.ID).Scan(&merge, &status, &named, &added)
	if err != nil {
		return err
	}
	var cc []string
	if err := json.Unmarshal([]byte(added), &cc); err != nil {
		return err
	}
	// Those that were split off meanwhile are elsewhere, and stay there.
	if _, err := tx.Exec(`update messages set conversation_id = ?1, seq = x.seq from merged_messages x where x.message_id = messages.id and x.merge_id = ?2 and messages.conversation_id = ?3`, from.ID, merge, into.ID); err != nil {
		return err
	}
	if _, err := tx.Exec("update files set conversation_id = ?1 where message_id in (select id from messages where conversation_id = ?1)", from.ID); err != nil {
		return err
	}
	if _, err := tx.Exec("update merges set undone_at = ? where id = ?", ms(tx.now), merge); err != nil {
		return err
	}
	if _, err := tx.Exec("update conversations set moved = moved + 1 where id = ?", into.ID); err != nil {
		return err
	}
	if _, err := tx.Exec("update tickets set status = ?, status_id = ?, merged_into = null, updated_at = ? where id = ?", status, named, ms(tx.now), from.Ticket.ID); err != nil {
		return err
	}
	if status == "open" || status == "pending" {
		if _, err := tx.Exec("update conversations set closed_at = null, closed_by = '', status = iif(assignee_id is null, 'waiting', 'open') where id = ?", from.ID); err != nil {
			return err
		}
	}
	if err := tx.setCopies(into, slices.DeleteFunc(into.Ticket.CC, func(a string) bool { return slices.Contains(cc, a) })); err != nil {
		return err
	}
	if err := tx.line(from, TicketUnmerged, "internal", Facts{"by": tx.by.Name, "ticket": into.Ticket.ID}); err != nil {
		return err
	}
	if err := tx.line(into, TicketUnmerged, "internal", Facts{"by": tx.by.Name, "ticket": from.Ticket.ID}); err != nil {
		return err
	}
	if err := errors.Join(tx.recount(ctx, from.ID), tx.recount(ctx, into.ID)); err != nil {
		return err
	}
	if err := tx.Record(TicketUnmerged, from.ID, int64(from.Ticket.ID), Facts{"from": into.Ticket.ID}); err != nil {
		return err
	}
	return tx.Record(TicketUnmerged, into.ID, int64(into.Ticket.ID), Facts{"ticket": from.Ticket.ID})
}

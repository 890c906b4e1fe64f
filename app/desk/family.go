package desk

import "context"

// family is below which ticket another may stand: one level, so that nobody has to look for work in a tree.
func (tx *Tx) family(ctx context.Context, by Actor, t *Ticket, parent TicketID) error {
	if parent == 0 {
		return nil
	}
	above, err := findConversation(ctx, tx, by, "tk.id", parent)
	if err != nil {
		return Invalid("parent_id", "fault.ticket_unknown", parent)
	}
	var below bool
	if err := tx.QueryRowContext(ctx, "select exists(select 1 from tickets where parent_id = ?)", t.ID).Scan(&below); err != nil {
		return err
	}
	if above.Ticket.ID == t.ID || above.Ticket.ParentID != 0 || above.Ticket.MergedInto != 0 || below {
		return Invalid("parent_id", "fault.parent_depth")
	}
	return nil
}

// Children lists the tickets below one that the actor may see, those that he may see, the oldest first.
func (d *Desk) Children(ctx context.Context, by Actor, id TicketID) ([]*Conversation, error) {
	if _, err := d.TicketByNumber(ctx, by, id); err != nil {
		return nil, err
	}
	visible, args := visibleTo(by)
	rows, err := d.read().QueryContext(ctx, "select "+conversationColumns+conversationJoins+" where c.id in (select conversation_id from tickets where parent_id = ?2) and "+numbered(visible, 3)+" order by c.id",
		append([]any{by.Agent(), id}, args...)...)
	return collect(rows, err, scanConversation)
}

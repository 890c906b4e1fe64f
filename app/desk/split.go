package desk

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// SplitTicket makes a new ticket of some of a ticket's messages, which go there with their files. It is the one of the customer who wrote the
// first of them. MergeTicket brings them back.
func (d *Desk) SplitTicket(ctx context.Context, by Actor, id TicketID, subject string, messages []MessageID) (*Conversation, error) {
	if err := by.Can(Serve); err != nil || by.Agent() == 0 {
		return nil, Forbidden
	}
	var c check
	if subject = strings.TrimSpace(subject); subject == "" {
		c.fault("subject", "fault.subject_missing")
	}
	if utf8.RuneCountInString(subject) > 998 {
		c.fault("subject", "fault.too_long", 998)
	}
	if len(messages) == 0 {
		c.fault("message_ids", "fault.split_none")
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	var made *Conversation
	err := d.Write(ctx, by, func(tx *Tx) error {
		from, err := findConversation(ctx, tx, by, "tk.id", id)
		if err != nil {
			return err
		}
		if made, err = tx.split(ctx, from, subject, messages); err != nil {
			return err
		}
		made, err = findConversation(ctx, tx, asAgentOrSystem(by), "c.id", made.ID)
		return err
	})
	return made, err
}

func (tx *Tx) split(ctx context.Context, from *Conversation, subject string, messages []MessageID) (*Conversation, error) {
	set, err := json.Marshal(messages)
	if err != nil {
		return nil, err
	}
	const chosen = "select id from messages where conversation_id = ? and kind <> 'event' and id in (select value from json_each(?))"
	var picked, all int
	customer := from.CustomerID
	if err := tx.QueryRow(`select count(*) filter (where id in (select value from json_each(?2))), count(*),
		coalesce((select author_id from messages where conversation_id = ?1 and author_kind = 'customer' and id in (select value from json_each(?2)) order by seq limit 1), ?3)
		from messages where conversation_id = ?1 and kind <> 'event'`, from.ID, string(set), from.CustomerID).Scan(&picked, &all, &customer); err != nil {
		return nil, err
	}
	if picked == 0 {
		return nil, Invalid("message_ids", "fault.split_none")
	}
	if picked == all {
		return nil, Invalid("message_ids", "fault.split_all")
	}
	made, err := tx.newConversation(ctx, Conversation{InboxID: from.InboxID, CustomerID: customer, Kind: "ticket", Status: "waiting", TeamID: from.TeamID, LinkedID: from.ID})
	if err != nil {
		return nil, err
	}
	t := from.Ticket
	fields, err := tx.withoutFiles(ctx, t.Fields)
	if err != nil {
		return nil, err
	}
	if err := tx.insertTicket(made, NewTicket{Subject: subject, Origin: t.Origin, Priority: t.Priority, TopicID: t.TopicID, Fields: fields}); err != nil {
		return nil, err
	}
	if _, err := tx.Exec("insert into notes(ticket_id, name, phone, email, category) select ?, name, phone, email, category from notes where ticket_id = ?", made.Ticket.ID, t.ID); err != nil {
		return nil, err
	}
	if err := tx.line(made, TicketSplit, "internal", Facts{"by": tx.by.Name, "ticket": t.ID}); err != nil {
		return nil, err
	}
	if err := tx.moveMessages(from, made, chosen, from.ID, string(set)); err != nil {
		return nil, err
	}
	if err := tx.line(from, TicketSplit, "internal", Facts{"by": tx.by.Name, "into": made.Ticket.ID}); err != nil {
		return nil, err
	}
	if err := errors.Join(tx.recount(ctx, from.ID), tx.recount(ctx, made.ID)); err != nil {
		return nil, err
	}
	if from.AssigneeID != 0 {
		if err := tx.assign(ctx, made, made.TeamID, from.AssigneeID); err != nil {
			return nil, err
		}
	}
	if err := tx.Record(TicketSplit, from.ID, int64(t.ID), Facts{"into": made.Ticket.ID}); err != nil {
		return nil, err
	}
	return made, tx.Record(TicketSplit, made.ID, int64(made.Ticket.ID), Facts{"from": t.ID})
}

// moveMessages puts the messages that the question picks behind those of another conversation, in their order.
func (tx *Tx) moveMessages(from, into *Conversation, picked string, args ...any) error {
	rows, err := tx.Query("select id from messages where id in ("+picked+") order by seq", args...)
	ids, err := collect(rows, err, func(row scanner) (id MessageID, err error) { return id, row.Scan(&id) })
	if err != nil {
		return err
	}
	for _, id := range ids {
		into.LastSeq++
		if _, err := tx.Exec("update messages set conversation_id = ?, seq = ? where id = ?", into.ID, into.LastSeq, id); err != nil {
			return err
		}
		if _, err := tx.Exec("update files set conversation_id = ? where message_id = ?", into.ID, id); err != nil {
			return err
		}
	}
	if _, err := tx.Exec("update conversations set last_seq = ? where id = ?", into.LastSeq, into.ID); err != nil {
		return err
	}
	_, err = tx.Exec("update conversations set moved = moved + 1 where id = ?", from.ID)
	return err
}

// recount makes a conversation's summary anew from its messages, after some came or went. Nothing of it is new to those who had read it.
func (tx *Tx) recount(ctx context.Context, id ConversationID) error {
	_, err := tx.Exec(`with pub as (select direction, created_at, coalesce(meta ->> '$.auto', 0) as auto, author_kind from messages where conversation_id = ?1 and visibility = 'public' and kind <> 'event'),
			answer as (select coalesce(max(created_at), -1) as at from pub where direction = 'out' and author_kind = 'agent' and not auto),
			late as (select count(*) as n, min(iif(auto, null, created_at)) as since from pub, answer where direction = 'in' and created_at > answer.at)
		update conversations set last_seq = max(last_seq, (select coalesce(max(seq), 0) from messages where conversation_id = ?1)),
			received_count = (select count(*) from pub where direction = 'in'),
			answered_count = (select count(*) from pub where direction = 'in') - iif(status = 'closed', 0, (select n from late)),
			waiting_since = iif(status = 'closed', null, (select since from late)),
			last_message_id = null, last_text = '', last_direction = 'in'
		where id = ?1`, id)
	if err != nil {
		return err
	}
	if _, err := tx.Exec("update reads set received_count = (select received_count from conversations where id = ?1) where conversation_id = ?1", id); err != nil {
		return err
	}
	m, err := findMessage(ctx, tx, "m.conversation_id = ? and m.visibility = 'public' and m.kind <> 'event' order by m.created_at desc, m.seq desc limit 1", id)
	if errors.Is(err, NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := complete(ctx, tx, []*Message{m}); err != nil {
		return err
	}
	_, err = tx.Exec("update conversations set last_message_id = ?, last_text = ?, last_direction = ?, last_at = ? where id = ?", m.ID, preview(m), m.Direction, ms(m.CreatedAt), id)
	return err
}

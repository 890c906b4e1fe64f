package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// RuleDue lists the conversations that a rule which time sets off is due for, at most two hundred, each with its cause.
func (d *Desk) RuleDue(ctx context.Context, by Actor, r *Rule) (map[ConversationID]string, error) {
	if !by.isSystem() {
		return nil, Forbidden
	}
	basis := map[string]string{"waiting": "c.waiting_since", "silent": "iif(c.last_direction = 'out', c.last_at, null)", "age": "c.created_at"}[r.Happens]
	if basis == "" {
		return nil, nil
	}
	where, args, err := r.If.where(ctx, d.read())
	if err != nil {
		return nil, gone(err)
	}
	cut := ms(d.Clock().Add(-time.Duration(r.Minutes) * time.Minute))
	rows, err := d.read().QueryContext(ctx, "select c.id, 't' || "+basis+" from conversations c where c.status <> 'closed' and "+basis+" <= ? and "+where+
		" and not exists (select 1 from rule_runs x where x.rule_id = ? and x.conversation_id = c.id and x.cause = 't' || "+basis+") order by c.id limit ?",
		append(append([]any{cut}, args...), r.ID, rulesTogether)...)
	due := map[ConversationID]string{}
	_, err = collect(rows, err, func(row scanner) (bool, error) {
		var id ConversationID
		var cause string
		err := row.Scan(&id, &cause)
		due[id] = cause
		return true, err
	})
	return due, err
}

// gone lets a rule rest that asks for a field which is out of use.
func gone(err error) error {
	if IsInvalid(err) {
		return nil
	}
	return err
}

// ApplyRule does what a rule says to a conversation, if its conditions hold now, once for each cause, all of it or nothing.
func (d *Desk) ApplyRule(ctx context.Context, by Actor, r *Rule, id ConversationID, cause string) error {
	if !by.isSystem() {
		return Forbidden
	}
	by.ID, by.Name = int64(r.ID), r.Name
	err := d.Write(ctx, by, func(tx *Tx) error {
		fits, err := tx.fits(ctx, r, id, cause)
		if err != nil || !fits {
			return err
		}
		if _, err := tx.Exec("insert into rule_runs(rule_id, conversation_id, cause, at) values (?, ?, ?, ?)", r.ID, id, cause, ms(tx.now)); err != nil {
			return err
		}
		if _, err := tx.Exec("update rules set applied = applied + 1, applied_at = ? where id = ?", ms(tx.now), r.ID); err != nil {
			return err
		}
		// What happened is told once, but a moment from which time is counted may stay the same for years.
		if _, err := tx.Exec("delete from rule_runs where rule_id = ? and at < ? and cause glob 'e*'", r.ID, ms(tx.now.Add(-ruleRunsKept))); err != nil {
			return err
		}
		c, err := tx.conversation(ctx, System, id)
		if err != nil {
			return err
		}
		return tx.follow(ctx, r, c, cause)
	})
	// What is refused would be refused again at each look at the clock, and so many of those would keep all others from their turn.
	if Refused(err) {
		err = errors.Join(err, d.Write(ctx, by, func(tx *Tx) error {
			_, err := tx.Exec("insert or ignore into rule_runs(rule_id, conversation_id, cause, at) select r.id, c.id, ?, ? from rules r, conversations c where r.id = ? and c.id = ?", cause, ms(tx.now), r.ID, id)
			return err
		}))
	}
	return err
}

// fits says whether a rule is to be followed here and now: it exists, was not for this cause, and not too often within the hour.
func (tx *Tx) fits(ctx context.Context, r *Rule, id ConversationID, cause string) (fits bool, err error) {
	if right, err := r.If.now(ctx, tx, tx.now); err != nil || !right {
		return false, err
	}
	where, args, err := r.If.where(ctx, tx)
	if err != nil {
		return false, gone(err)
	}
	err = tx.QueryRowContext(ctx, `select exists (select 1 from conversations c where c.id = ? and `+where+`) and exists (select 1 from rules where id = ? and enabled)
		and not exists (select 1 from rule_runs where rule_id = ? and conversation_id = ? and cause = ?)
		and (select count(*) from rule_runs where conversation_id = ? and at > ?) < ?`,
		append(append([]any{id}, args...), r.ID, r.ID, id, cause, id, ms(tx.now.Add(-time.Hour)), rulesAnHour)...).Scan(&fits)
	return fits, err
}

// follow does each of a rule's actions, and says in the conversation which.
func (tx *Tx) follow(ctx context.Context, r *Rule, c *Conversation, cause string) error {
	var did []string
	step := func(name string, wanted bool, do func() error) error {
		if !wanted {
			return nil
		}
		did = append(did, name)
		if err := do(); err != nil {
			return err
		}
		now, err := tx.conversation(ctx, System, c.ID) // the next step begins where this one ended
		if err == nil {
			*c = *now
		}
		return err
	}
	then := r.Then
	open := c.Kind == "ticket" || c.Status != "closed"
	alone, err := tx.leftAlone(ctx, c.ID, r.Happens == "created" || r.Happens == "received")
	if err != nil {
		return err
	}
	enough, err := tx.saidEnough(ctx, c)
	if err != nil {
		return err
	}
	err = errors.Join(
		step("assigned", open && (then.TeamID != 0 && then.TeamID != c.TeamID || then.AgentID != 0), func() error {
			team := c.TeamID
			if then.TeamID != 0 {
				team = then.TeamID
			}
			return tx.assign(ctx, c, team, then.AgentID)
		}),
		step("ticket", c.Ticket != nil && c.Ticket.MergedInto == 0 && (then.Status != "" || then.StatusID != 0 || then.Priority != "" || then.TopicID != 0 || then.FieldID != 0), func() error {
			var ch TicketChange
			if then.Status != "" {
				ch.Status = &then.Status
			}
			if then.Priority != "" {
				ch.Priority = &then.Priority
			}
			if then.TopicID != 0 {
				ch.TopicID = &then.TopicID
			}
			if then.StatusID != 0 {
				ch.Status, ch.StatusID = nil, &then.StatusID
			}
			if then.FieldID != 0 {
				ch.Fields = Filled{then.FieldID: then.Value}
			}
			return tx.changeTicket(ctx, System, c, ch)
		}),
		step("closed", c.Ticket == nil && c.Status != "closed" && (then.Status == "closed" || then.Status == "resolved"), func() error { return tx.close(ctx, c) }),
		step("tagged", then.TagID != 0, func() error { return tx.tagByRule(c.ID, then.TagID) }),
		step("untagged", then.UntagID != 0, func() error { return tx.untagByRule(c.ID, then.UntagID) }),
		step("noted", then.Note != "", func() error { return tx.whisperByRule(r, c) }),
		step("replied", (then.Reply != "" || then.CannedID != 0) && open && !alone && !enough, func() error { return tx.replyByRule(ctx, r, c, cause) }),
		step("notified", then.Notify != "", func() error { return tx.notifyByRule(ctx, r, c) }),
	)
	if err != nil || len(did) == 0 {
		return err
	}
	if err := tx.line(c, RuleApplied, "internal", Facts{"rule": r.Name, "did": strings.Join(did, " ")}); err != nil {
		return err
	}
	return tx.Record(RuleApplied, c.ID, int64(r.ID), Facts{"rule": r.Name, "did": did, "cause": cause})
}

func (tx *Tx) tagByRule(id ConversationID, tag TagID) error {
	res, err := tx.Exec("insert or ignore into conversation_tags(conversation_id, tag_id) values (?, ?)", id, tag)
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return nil
	}
	return tx.Record(ConversationTagged, id, 0, Facts{"tag": tag})
}

func (tx *Tx) untagByRule(id ConversationID, tag TagID) error {
	res, err := tx.Exec("delete from conversation_tags where conversation_id = ? and tag_id = ?", id, tag)
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return nil
	}
	return tx.Record(ConversationTagged, id, 0, Facts{"untag": tag})
}

func (tx *Tx) whisperByRule(r *Rule, c *Conversation) error {
	m := &Message{Kind: "text", Visibility: "internal", Direction: "out", AuthorKind: BySystem, AuthorName: r.Name, Text: named(r.Then.Note, c.CustomerName, c.AssigneeName), Meta: Meta{Auto: true}}
	if err := tx.insertMessage(c, m); err != nil {
		return err
	}
	return tx.Record(MessageWhispered, c.ID, int64(m.ID), Facts{"seq": m.Seq, "auto": true})
}

func (tx *Tx) replyByRule(ctx context.Context, r *Rule, c *Conversation, cause string) error {
	reply := r.Then.Reply
	if r.Then.CannedID != 0 {
		canned, err := findCanned(ctx, tx, System, r.Then.CannedID)
		if IsNotFound(err) {
			return nil // it was removed
		}
		if err != nil {
			return err
		}
		reply = canned.Text
	}
	if c.Kind == "chat" {
		h, err := readHandling(ctx, tx)
		if err != nil {
			return err
		}
		return tx.announce(c, h, reply)
	}
	text := named(reply, c.CustomerName, c.AssigneeName)
	// To the customer alone: whoever merely got a copy has asked nothing (RFC 3834 section 4).
	return tx.Answer(ctx, c.ID, Draft{Text: text, Auto: true, Alone: true, ClientID: fmt.Sprintf("rule:%d:%d:%s", r.ID, c.ID, cause)})
}

func (tx *Tx) notifyByRule(ctx context.Context, r *Rule, c *Conversation) error {
	sql := map[string]string{
		"assignee": "select assignee_id from conversations where id = ?1 and assignee_id is not null",
		"team":     "select agent_id from team_members where team_id = (select team_id from conversations where id = ?1)",
		"admins":   "select id from agents where ?1 = ?1 and role = 'admin' and enabled and deleted_at is null",
	}[r.Then.Notify]
	rows, err := tx.QueryContext(ctx, sql, c.ID)
	to, err := collect(rows, err, func(row scanner) (id AgentID, err error) { return id, row.Scan(&id) })
	if err != nil {
		return err
	}
	category := "conversation"
	if c.Ticket != nil {
		category = "ticket"
	}
	return tx.notifyNow(NewNotification{To: slices.Compact(to), Category: category, What: "rule", ConversationID: c.ID, By: r.Name})
}

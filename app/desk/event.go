package desk

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// EventName is one word of the vocabulary that the log, the live topics, automation, webhooks and the audit share.
type EventName string

const (
	ConversationCreated    EventName = "conversation.created"
	ConversationRouted     EventName = "conversation.routed" // the desk itself chose a team or an agent
	ConversationAssigned   EventName = "conversation.assigned"
	ConversationJoined     EventName = "conversation.joined"
	ConversationLeft       EventName = "conversation.left"
	ConversationClosed     EventName = "conversation.closed"
	ConversationReopened   EventName = "conversation.reopened"
	ConversationRead       EventName = "conversation.read"
	ConversationShown      EventName = "conversation.shown"  // a further team sees it: it was addressed too
	ConversationLinked     EventName = "conversation.linked" // its sender knows of another, in which he takes no part
	ConversationTagged     EventName = "conversation.tagged" // its tags or its remark are other ones
	MessageReceived        EventName = "message.received"    // from the customer
	MessageSent            EventName = "message.sent"        // to the customer
	MessageWhispered       EventName = "message.whispered"
	MessageNoted           EventName = "message.noted" // a line that says what happened
	MessageRecalled        EventName = "message.recalled"
	MessageDelivered       EventName = "message.delivered" // its delivery moved on
	MessageFailed          EventName = "message.failed"
	TransferAsked          EventName = "transfer.asked" // somebody is asked to take it over
	TransferAccepted       EventName = "transfer.accepted"
	TransferRefused        EventName = "transfer.refused" // by one of those who are asked; the state says whether it is over
	TransferTimedOut       EventName = "transfer.timed_out"
	TransferWithdrawn      EventName = "transfer.withdrawn"
	TranscriptMailed       EventName = "conversation.transcript" // what was said was mailed to the customer
	ReplyPlanned           EventName = "reply.planned"           // it goes out later, and can be withdrawn until then
	ReplyWithdrawn         EventName = "reply.withdrawn"         // its writer took it back
	ReplyStopped           EventName = "reply.stopped"           // it does not go out by itself: its writer is asked
	SenderBlocked          EventName = "sender.blocked"
	TicketCreated          EventName = "ticket.created"
	TicketChanged          EventName = "ticket.changed"
	TicketMerged           EventName = "ticket.merged" // told of both; facts say into which, or which came
	TicketUnmerged         EventName = "ticket.unmerged"
	TicketSplit            EventName = "ticket.split" // told of both
	TicketSnoozed          EventName = "ticket.snoozed"
	TicketWoken            EventName = "ticket.woken"    // why: agent, answer, time or closed
	TicketGiven            EventName = "ticket.given"    // to another customer
	TicketFollowed         EventName = "ticket.followed" // facts say by whom
	TicketUnfollowed       EventName = "ticket.unfollowed"
	StatusChanged          EventName = "ticket_status.changed" // a named one
	CustomerCreated        EventName = "customer.created"
	CustomerChanged        EventName = "customer.changed"
	CustomerBlacklisted    EventName = "customer.blacklisted"
	CustomerExported       EventName = "customer.exported" // an admin took along all that is known of him
	CustomerErased         EventName = "customer.erased"   // nothing personal stays, this line neither
	AgentCreated           EventName = "agent.created"
	AgentChanged           EventName = "agent.changed"
	AgentDeleted           EventName = "agent.deleted"
	AgentLoggedIn          EventName = "agent.logged_in"
	AgentLoggedOut         EventName = "agent.logged_out"
	AgentPresence          EventName = "agent.presence"
	AgentCapacity          EventName = "agent.capacity"
	PresenceAsked          EventName = "presence.asked"
	PresenceAnswered       EventName = "presence.answered"
	TeamChanged            EventName = "team.changed"
	CheatSheetChanged      EventName = "cheat_sheet.changed" // a team's
	TeamJoined             EventName = "team.joined"         // an agent takes part in a team's queue, or does not
	QueueOverflowed        EventName = "queue.overflowed"
	DeskUpgraded           EventName = "desk.upgraded" // another version of the program serves the data
	UpkeepDone             EventName = "upkeep.done"   // a backup or a drill, well or not
	InboxChanged           EventName = "inbox.changed"
	SettingChanged         EventName = "setting.changed"
	FormFieldChanged       EventName = "form_field.changed"
	TopicChanged           EventName = "topic.changed"
	TokenCreated           EventName = "token.created"
	TokenRevoked           EventName = "token.revoked"
	TagChanged             EventName = "tag.changed"
	CustomerTagChanged     EventName = "customer_tag.changed"
	ProactiveChanged       EventName = "proactive.changed"
	CannedChanged          EventName = "canned.changed" // a response, or many at once
	MailQueued             EventName = "mail.queued"    // system mail: from the company to an agent
	MailSent               EventName = "mail.sent"
	MailFailed             EventName = "mail.failed"
	RatingRequested        EventName = "rating.requested"
	RatingGiven            EventName = "rating.given"
	StickersChanged        EventName = "stickers.changed"
	SnippetChanged         EventName = "snippet.changed"
	NotificationCreated    EventName = "notification.created" // an agent was told something
	NotificationRead       EventName = "notification.read"
	NoticeSent             EventName = "notice.sent"         // an admin told the agents something
	PartFailed             EventName = "part.failed"         // of the desk: a mailbox, the disk …
	PartWell               EventName = "part.well"           // it works again
	DeskReleased           EventName = "desk.released"       // another version of the program
	ConversationPinned     EventName = "conversation.pinned" // the acting agent keeps it at the top of his list, or no more
	ColleagueWrote         EventName = "colleague.wrote"     // to a colleague or a team, not to a customer
	ColleagueRead          EventName = "colleague.read"
	ColleagueRecalled      EventName = "colleague.recalled"
	ConversationCalledBack EventName = "conversation.called_back" // an agent opened it, after the customer's last one was over
	ExportAsked            EventName = "export.asked"             // somebody wants what his history shows as a file
	ExportDone             EventName = "export.done"              // it is ready, or cannot be had
	ExportTaken            EventName = "export.taken"             // somebody downloaded it
	SLAWarned              EventName = "sla.warned"               // four fifths of what was promised are gone
	RuleChanged            EventName = "rule.changed"
	RuleApplied            EventName = "rule.applied"
	SLABreached            EventName = "sla.breached"
)

// Event is one line of the log: ids and small facts, never message text, so that erasing a person rewrites no history.
type Event struct {
	ID             EventID
	At             time.Time
	Name           EventName
	Actor          Actor // kind and id; not the name
	ConversationID ConversationID
	SubjectID      int64
	Data           json.RawMessage
	CauseID        EventID
}

// Facts are the small facts of an event.
type Facts map[string]any

// Record writes an event in the change: it happened if and only if the change did.
func (tx *Tx) Record(name EventName, conversation ConversationID, subject int64, facts Facts) error {
	data := []byte("{}")
	if facts != nil {
		var err error
		if data, err = json.Marshal(facts); err != nil {
			return err
		}
	}
	tx.fresh = true
	_, err := tx.Exec(`insert into events(at, name, actor_kind, actor_id, conversation_id, subject_id, data, cause_id) values (?, ?, ?, ?, ?, ?, ?, ?)`,
		ms(tx.now), name, tx.by.Kind, tx.by.ID, nullID(conversation), nullID(EventID(subject)), string(data), nullID(tx.cause))
	return err
}

const eventColumns = "id, at, name, actor_kind, actor_id, conversation_id, subject_id, data, cause_id"

func scanEvent(row scanner) (Event, error) {
	var e Event
	var when int64
	var data string
	var conversation, subject, cause sql.NullInt64
	err := row.Scan(&e.ID, &when, &e.Name, &e.Actor.Kind, &e.Actor.ID, &conversation, &subject, &data, &cause)
	e.At, e.Data = at(when), json.RawMessage(data)
	e.ConversationID, e.SubjectID, e.CauseID = ConversationID(conversation.Int64), subject.Int64, EventID(cause.Int64)
	return e, err
}

// EventsAfter reads up to limit events after the id, in the order of their commits.
func (d *Desk) EventsAfter(ctx context.Context, by Actor, after EventID, limit int) ([]Event, error) {
	if !by.isSystem() {
		return nil, Forbidden
	}
	rows, err := d.read().QueryContext(ctx, "select "+eventColumns+" from events where id > ? order by id limit ?", after, limit)
	return collect(rows, err, scanEvent)
}

// LastEvent is the newest event's id, 0 when there is none.
func (d *Desk) LastEvent(ctx context.Context) (EventID, error) {
	var id EventID
	err := d.read().QueryRowContext(ctx, "select coalesce(max(id), 0) from events").Scan(&id)
	return id, err
}

// EventsUntil counts the events until a moment.
func (d *Desk) EventsUntil(ctx context.Context, by Actor, until time.Time) (n int64, err error) {
	if !by.isSystem() {
		return 0, Forbidden
	}
	err = d.read().QueryRowContext(ctx, "select count(*) from events where at <= ?", ms(until)).Scan(&n)
	return n, err
}

// Epoch changes when the data was restored, so that a client that saw the lost future starts afresh.
func (d *Desk) Epoch() int64 { return d.epoch }

func (d *Desk) readEpoch(ctx context.Context) (int64, error) {
	var n int64
	err := d.read().QueryRowContext(ctx, "select cast(value as integer) from settings where name = 'epoch'").Scan(&n)
	if err == sql.ErrNoRows {
		return 0, nil
	}
	return n, err
}

// Restored begins a new epoch. It is called once after the files came back from a backup.
// The number is at least the days since 2025, so that two restores of one backup differ. Everybody logs in again: what was ended after the
// copy was made, and links that were used since, would be good once more.
func (d *Desk) Restored(ctx context.Context) error {
	days := int64(d.Clock().Sub(time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)).Hours() / 24)
	next := max(d.epoch+1, days)
	err := d.Write(ctx, System, func(tx *Tx) error {
		for _, table := range []string{"sessions", "login_steps", "invitations"} {
			if _, err := tx.Exec("delete from " + table); err != nil {
				return err
			}
		}
		_, err := tx.Exec("insert into settings(name, value) values ('epoch', ?) on conflict(name) do update set value = excluded.value", fmt.Sprint(next))
		return err
	})
	if err == nil {
		d.epoch = next
	}
	return err
}

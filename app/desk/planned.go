package desk

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"
)

// Planned is an answer that goes out later: in some seconds, for which it can be taken back, or at the time that its writer chose.
// It is a row until then, so that it goes out once whatever happens in between: the message is stored where the row goes away, in
// one transaction.
type Planned struct {
	ID             PlannedID
	ConversationID ConversationID
	AgentID        AgentID
	AgentName      string
	Orphan         bool // its writer was removed: whoever takes it back has it
	Draft          Draft
	Files          []File
	Way            string // undo or schedule
	UnlessAnswered bool   // not when the customer writes first
	State          string // due, stopped (its writer is asked) or withdrawn
	Cause          string // of a stopped one: a key of the catalogs
	DueAt          time.Time
	CreatedAt      time.Time
}

// When says when an answer is to go out. The zero value is now, or as soon as it can be taken back no more.
type When struct {
	At             time.Time
	UnlessAnswered bool // not when the customer writes first
}

// farthest is how far ahead an answer can be planned.
const farthest = 366 * 24 * time.Hour

// Submit sends what an agent wrote in the console: at once, or held for as long as it can be taken back, or at the time he chose.
// What he had kept as a draft is done with. Of the two answers one is nil. The same client id is planned and sent once.
func (d *Desk) Submit(ctx context.Context, by Actor, id ConversationID, draft Draft, when When) (m *Message, p *Planned, err error) {
	if err := by.Can(Serve); err != nil || by.Agent() == 0 {
		return nil, nil, Forbidden
	}
	if err := d.checkDraft(&draft); err != nil {
		return nil, nil, err
	}
	if err := when.check(d.Clock(), draft); err != nil {
		return nil, nil, err
	}
	err = d.Write(ctx, by, func(tx *Tx) error {
		c, err := tx.conversation(ctx, by, id)
		if err != nil {
			return err
		}
		if err := tx.maySign(ctx, c, draft); err != nil {
			return err
		}
		if m, p, err = tx.submit(ctx, by, c, draft, when); err != nil {
			return err
		}
		_, err = tx.Exec("delete from drafts where conversation_id = ? and agent_id = ? and version <= ?", id, by.ID, draft.Version) // not what he has begun since
		return err
	})
	if err == nil && p != nil {
		d.nudge()
	}
	return m, p, err
}

func (w When) check(now time.Time, draft Draft) error {
	switch {
	case w.At.IsZero():
		return nil
	case draft.Internal:
		return Invalid("at", "fault.plan_whisper")
	case !w.At.After(now):
		return Invalid("at", "fault.plan_past")
	case w.At.Sub(now) > farthest:
		return Invalid("at", "fault.plan_far")
	}
	return nil
}

func (tx *Tx) submit(ctx context.Context, by Actor, c *Conversation, draft Draft, when When) (*Message, *Planned, error) {
	how, err := readHandling(ctx, tx)
	if err != nil {
		return nil, nil, err
	}
	p := &Planned{ConversationID: c.ID, AgentID: by.Agent(), AgentName: by.Name, Draft: draft, Way: "schedule", UnlessAnswered: when.UnlessAnswered, DueAt: when.At}
	if when.At.IsZero() {
		p.Way, p.DueAt, p.UnlessAnswered = "undo", tx.now.Add(how.Undo(c)), false
	}
	if draft.Internal || !p.DueAt.After(tx.now) {
		m, err := tx.reply(ctx, by, c, draft)
		return m, nil, err
	}
	if draft.ClientID == "" {
		p.Draft.ClientID = randomID()
	}
	if was, err := tx.plannedAs(ctx, by.Agent(), p.Draft.ClientID); err != nil || was != nil {
		return nil, was, err
	}
	m, err := findMessage(ctx, tx, "m.author_kind = ? and m.author_id = ? and m.client_id = ?", by.Kind, by.ID, p.Draft.ClientID)
	if err == nil {
		return m, nil, complete(ctx, tx, []*Message{m}) // it has gone out
	}
	if !errors.Is(err, NotFound) {
		return nil, nil, err
	}
	return nil, p, tx.plan(ctx, by, c, p)
}

// plan looks now at all that could be wrong with the answer, while its writer is there to hear of it.
func (tx *Tx) plan(ctx context.Context, by Actor, c *Conversation, p *Planned) error {
	if err := tx.mayReply(ctx, by, c, p.Draft); err != nil {
		return err
	}
	if err := tx.mayQuote(ctx, c, p.Draft); err != nil {
		return err
	}
	if err := tx.nobodyElse(ctx, by, c, p.Draft); err != nil {
		return err
	}
	if _, err := tx.claimFiles(ctx, by, p.Draft.FileIDs); err != nil {
		return err
	}
	if c.Channel == Email && c.CustomerEmail == "" {
		return Invalid("text", "fault.customer_without_email")
	}
	text, err := json.Marshal(p.Draft)
	if err != nil {
		return err
	}
	p.State, p.CreatedAt = "due", tx.now
	err = tx.QueryRowContext(ctx, `insert into planned(conversation_id, agent_id, client_id, draft, way, unless_answered, state, due_at, created_at) values (?, ?, ?, ?, ?, ?, 'due', ?, ?) returning id`,
		c.ID, p.AgentID, p.Draft.ClientID, string(text), p.Way, p.UnlessAnswered, ms(p.DueAt), ms(tx.now)).Scan(&p.ID)
	if err != nil {
		return err
	}
	return tx.Record(ReplyPlanned, c.ID, int64(p.ID), Facts{"way": p.Way, "due": p.DueAt})
}

const plannedColumns = "p.id, p.conversation_id, p.agent_id, a.name, a.deleted_at is not null, p.draft, p.way, p.unless_answered, p.state, p.cause, p.due_at, p.created_at"
const plannedTables = " from planned p join agents a on a.id = p.agent_id "

func scanPlanned(row scanner) (*Planned, error) {
	var p Planned
	var text string
	var due, created int64
	err := row.Scan(&p.ID, &p.ConversationID, &p.AgentID, &p.AgentName, &p.Orphan, &text, &p.Way, &p.UnlessAnswered, &p.State, &p.Cause, &due, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	if err != nil {
		return nil, err
	}
	p.DueAt, p.CreatedAt = at(due), at(created)
	if text == "" {
		return &p, nil
	}
	return &p, json.Unmarshal([]byte(text), &p.Draft)
}

// plannedAs finds what was planned from the same client id; nil: nothing.
func (tx *Tx) plannedAs(ctx context.Context, agent AgentID, client string) (*Planned, error) {
	p, err := scanPlanned(tx.QueryRowContext(ctx, "select "+plannedColumns+plannedTables+"where p.agent_id = ? and p.client_id = ?", agent, client))
	if errors.Is(err, NotFound) {
		return nil, nil
	}
	return p, err
}

// PlannedReplies lists what is to go out later in a conversation that the actor may see, the next first, and what was stopped.
func (d *Desk) PlannedReplies(ctx context.Context, by Actor, id ConversationID) ([]*Planned, error) {
	if by.Agent() == 0 && !by.isSystem() {
		return nil, NotFound
	}
	if _, err := d.Conversation(ctx, by, id); err != nil {
		return nil, err
	}
	rows, err := d.read().QueryContext(ctx, "select "+plannedColumns+plannedTables+"where p.conversation_id = ? and p.state <> 'withdrawn' order by p.due_at, p.id", id)
	list, err := collect(rows, err, scanPlanned)
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		if p.Files, err = uploads(ctx, d.read(), p.AgentID, p.Draft.FileIDs); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Withdraw takes back an answer that has not gone out: its writer's, by himself or an admin. Its words become his draft again,
// unless they are to be dropped. That of a writer who was removed becomes the draft of whoever takes it. One that went out meanwhile
// is a Conflict.
func (d *Desk) Withdraw(ctx context.Context, by Actor, id PlannedID, drop bool) (*Planned, error) {
	return d.onPlanned(ctx, by, id, func(tx *Tx, _ *Conversation, p *Planned) error {
		if _, err := tx.Exec("update planned set state = 'withdrawn', draft = '' where id = ?", id); err != nil {
			return err
		}
		if p.Orphan && !drop {
			if err := tx.inherit(p, by.Agent()); err != nil {
				return err
			}
		}
		if !drop {
			if err := tx.putBack(ctx, p.AgentID, p.ConversationID, p.Draft); err != nil {
				return err
			}
		}
		return tx.Record(ReplyWithdrawn, p.ConversationID, int64(id), nil)
	})
}

// inherit gives an answer and its files to another writer.
func (tx *Tx) inherit(p *Planned, to AgentID) error {
	_, err := tx.Exec("update files set uploader_id = ? where uploader_kind = 'agent' and uploader_id = ? and message_id is null and conversation_id is null and public_id in (select value from json_each(?))",
		to, p.AgentID, jsonList(p.Draft.FileIDs))
	p.AgentID = to
	return err
}

// SendPlanned sends an answer now that was to go out later, or was stopped: its writer has seen what came meanwhile.
func (d *Desk) SendPlanned(ctx context.Context, by Actor, id PlannedID) (*Planned, error) {
	return d.onPlanned(ctx, by, id, func(tx *Tx, c *Conversation, p *Planned) error {
		if p.AgentID != by.Agent() {
			return Forbidden // nobody speaks in another's name
		}
		if _, err := tx.conversation(ctx, by, c.ID); err != nil {
			return err // what left his sight he may take back, not send
		}
		p.Draft.Seen = 0
		if _, err := tx.reply(ctx, by, c, p.Draft); err != nil {
			return err
		}
		_, err := tx.Exec("delete from planned where id = ?", id)
		return err
	})
}

func (d *Desk) onPlanned(ctx context.Context, by Actor, id PlannedID, do func(*Tx, *Conversation, *Planned) error) (p *Planned, err error) {
	if err := by.Can(Serve); err != nil {
		return nil, err
	}
	err = d.Write(ctx, by, func(tx *Tx) error {
		if p, err = scanPlanned(tx.QueryRowContext(ctx, "select "+plannedColumns+plannedTables+"where p.id = ?", id)); err != nil {
			if errors.Is(err, NotFound) {
				return Conflict("error.planned_gone")
			}
			return err
		}
		if p.AgentID != by.Agent() && !p.Orphan && !by.IsAdmin() {
			return NotFound
		}
		if p.State == "withdrawn" {
			return Conflict("error.planned_gone")
		}
		c, err := tx.conversation(ctx, by, p.ConversationID)
		if errors.Is(err, NotFound) && p.AgentID == by.Agent() { // it left his sight: he may take his own words back
			c, err = tx.conversation(ctx, System, p.ConversationID)
		}
		if err != nil {
			return err
		}
		return do(tx, c, p)
	})
	return p, err
}

// stopPlanned keeps a conversation's planned answers from going out by themselves; which says which of them, as SQL.
func (tx *Tx) stopPlanned(id ConversationID, cause, which string) error {
	return tx.stopAll(cause, "p.conversation_id = ? and "+which, id)
}

// stopAll is stopPlanned of whatever the SQL condition says.
func (tx *Tx) stopAll(cause, which string, args ...any) error {
	rows, err := tx.Query("select "+plannedColumns+plannedTables+"where p.state = 'due' and "+which, args...)
	list, err := collect(rows, err, scanPlanned)
	if err != nil {
		return err
	}
	for _, p := range list {
		if err := tx.stopOne(p, cause); err != nil {
			return err
		}
	}
	return nil
}

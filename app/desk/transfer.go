package desk

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// Transfer is a conversation that an agent asks another, or any of a team, to take over. Until somebody says yes it stays where it
// is; a minute without an answer is a no. It is a row with a time, so that a restart forgets none.
type Transfer struct {
	ID             TransferID
	ConversationID ConversationID
	FromID         AgentID // who asks
	FromName       string
	TeamID         TeamID // of whom it will be; 0: as before
	TeamName       string
	AgentID        AgentID // who is asked; 0: everyone in the team who is there
	AgentName      string
	Note           string // from the one to the other
	State          string // asked, accepted, refused, timed_out or withdrawn
	AskedAt        time.Time
	DueAt          time.Time

	// What the one who is asked may know of the conversation before he has it.
	Kind          string
	CustomerID    CustomerID
	CustomerName  string
	CustomerEmail string
	LastText      string
}

// Handover says to whom a conversation is to go.
type Handover struct {
	TeamID  TeamID  // 0: it stays the team's
	AgentID AgentID // 0: it waits in the team's queue, or everyone in the team is asked
	Ask     bool    // who gets it says yes or no first
	Note    string  // to the one who is asked, at most 200 characters
}

// confirmWithin is how long somebody who is asked has time to answer.
const confirmWithin = time.Minute

// Transfer hands a conversation that the actor may see to an agent or a team: at once, or as soon as somebody who is asked says
// yes. Where the company wants every transfer between agents to be confirmed, only admins hand over at once.
func (d *Desk) Transfer(ctx context.Context, by Actor, id ConversationID, to Handover) (*Conversation, error) {
	if err := by.Can(Serve); err != nil {
		return nil, err
	}
	to.Note = strings.TrimSpace(to.Note)
	if utf8.RuneCountInString(to.Note) > 200 {
		return nil, Invalid("note", "fault.too_long", 200)
	}
	c, err := d.change(ctx, by, id, func(tx *Tx, c *Conversation) error {
		if c.Status == "closed" {
			return Conflict("error.conversation_closed")
		}
		how, err := readHandling(ctx, tx)
		if err != nil {
			return err
		}
		between := c.Kind == "chat" && c.AssigneeID != 0 && to.AgentID != 0 && to.AgentID != by.Agent()
		if to.Ask || between && how.ConfirmTransfers && !by.IsAdmin() {
			return tx.ask(ctx, by, c, to)
		}
		team := to.TeamID
		if team == 0 {
			team = c.TeamID
		}
		return tx.assign(ctx, c, team, to.AgentID)
	})
	if err == nil {
		d.nudge()
	}
	return c, err
}

// ask asks those who are to take a conversation over; only those who are there can be asked.
func (tx *Tx) ask(ctx context.Context, by Actor, c *Conversation, to Handover) error {
	if by.Agent() == 0 {
		return Forbidden
	}
	if to.AgentID == by.Agent() || to.AgentID != 0 && to.AgentID == c.AssigneeID {
		return Invalid("agent_id", "fault.transfer_to_holder")
	}
	if t, err := pending(ctx, tx, c.ID); err != nil || t != nil {
		return orElse(err, Conflict("error.transfer_pending"))
	}
	t := &Transfer{ConversationID: c.ID, FromID: by.Agent(), TeamID: to.TeamID, AgentID: to.AgentID, Note: to.Note, DueAt: tx.now.Add(confirmWithin)}
	asked, err := tx.whom(ctx, t)
	if err != nil {
		return err
	}
	err = tx.QueryRowContext(ctx, "insert into transfers(conversation_id, from_id, team_id, agent_id, note, state, asked_at, due_at) values (?, ?, ?, ?, ?, 'asked', ?, ?) returning id",
		c.ID, t.FromID, nullID(t.TeamID), nullID(t.AgentID), t.Note, ms(tx.now), ms(t.DueAt)).Scan(&t.ID)
	if err != nil {
		return err
	}
	for _, a := range asked {
		if _, err := tx.Exec("insert into transfer_asked(transfer_id, agent_id) values (?, ?)", t.ID, a); err != nil {
			return err
		}
	}
	if err := tx.line(c, TransferAsked, "public", Facts{"agent": t.AgentName, "team": t.TeamName, "by": by.Name}); err != nil {
		return err
	}
	return tx.Record(TransferAsked, c.ID, int64(t.ID), Facts{"from": t.FromID, "asked": asked, "state": "asked"})
}

// whom finds those who are asked, and names them in the transfer.
func (tx *Tx) whom(ctx context.Context, t *Transfer) ([]AgentID, error) {
	if t.TeamID != 0 {
		team, err := findTeam(ctx, tx, t.TeamID)
		if err != nil {
			return nil, Invalid("team_id", "fault.team_unknown")
		}
		t.TeamName = team.Name
	}
	if t.AgentID != 0 {
		a, err := findAgent(ctx, tx, t.AgentID)
		if err != nil || !a.Enabled {
			return nil, orElse(notMissing(err), Invalid("agent_id", "fault.agent_unknown"))
		}
		if a.Presence == "offline" {
			return nil, Conflict("error.nobody_there", a.Name)
		}
		t.AgentName = a.Name
		return []AgentID{a.ID}, nil
	}
	if t.TeamID == 0 {
		return nil, Invalid("team_id", "fault.team_unknown")
	}
	rows, err := tx.QueryContext(ctx, "select a.id from team_members m join agents a on a.id = m.agent_id where m.team_id = ? and a.id <> ? and a.enabled and a.deleted_at is null and a.presence <> 'offline' order by a.id", t.TeamID, t.FromID)
	asked, err := collect(rows, err, func(row scanner) (id AgentID, err error) { return id, row.Scan(&id) })
	if err == nil && len(asked) == 0 {
		err = Conflict("error.nobody_there", t.TeamName)
	}
	return asked, err
}

const transferColumns = `t.id, t.conversation_id, t.from_id, f.name, coalesce(t.team_id, 0), coalesce(g.name, ''), coalesce(t.agent_id, 0), coalesce(a.name, ''), t.note, t.state, t.asked_at, t.due_at,
	c.kind, c.customer_id, k.name, k.email, iif(c.kind = 'chat' and c.status = 'waiting' and coalesce((select value ->> 'hide_queued' from settings where name = 'routing'), 0), '', c.last_text)
	from transfers t join agents f on f.id = t.from_id left join teams g on g.id = t.team_id left join agents a on a.id = t.agent_id
	join conversations c on c.id = t.conversation_id join customers k on k.id = c.customer_id `

func scanTransfer(row scanner) (*Transfer, error) {
	var t Transfer
	var asked, due int64
	err := row.Scan(&t.ID, &t.ConversationID, &t.FromID, &t.FromName, &t.TeamID, &t.TeamName, &t.AgentID, &t.AgentName, &t.Note, &t.State, &asked, &due,
		&t.Kind, &t.CustomerID, &t.CustomerName, &t.CustomerEmail, &t.LastText)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	t.AskedAt, t.DueAt = at(asked), at(due)
	return &t, err
}

// pending is the transfer of a conversation that waits for an answer; nil: none.
func pending(ctx context.Context, r reader, id ConversationID) (*Transfer, error) {
	t, err := scanTransfer(r.QueryRowContext(ctx, "select "+transferColumns+"where t.conversation_id = ? and t.state = 'asked'", id))
	if errors.Is(err, NotFound) {
		return nil, nil
	}
	return t, err
}

// PendingTransfer is the transfer that waits for an answer, of a conversation that the actor may see; nil: none.
func (d *Desk) PendingTransfer(ctx context.Context, by Actor, id ConversationID) (*Transfer, error) {
	if _, err := d.Conversation(ctx, by, id); err != nil {
		return nil, err
	}
	return pending(ctx, d.read(), id)
}

// AskedOf lists what the acting agent is asked to take over now, the longest asked first.
func (d *Desk) AskedOf(ctx context.Context, by Actor) ([]*Transfer, error) {
	rows, err := d.read().QueryContext(ctx, "select "+transferColumns+"where t.state = 'asked' and t.due_at > ? and t.id in (select transfer_id from transfer_asked where agent_id = ? and refused_at is null) order by t.id", ms(d.Clock()), by.Agent())
	return collect(rows, err, scanTransfer)
}

// askedIDs are those whom a transfer concerns: all who were asked.
func (tx *Tx) askedIDs(ctx context.Context, id TransferID) ([]AgentID, error) {
	rows, err := tx.QueryContext(ctx, "select agent_id from transfer_asked where transfer_id = ? order by agent_id", id)
	return collect(rows, err, func(row scanner) (id AgentID, err error) { return id, row.Scan(&id) })
}

// TransferOf reads what an event says of a transfer: who was asked, and who asked.
func (e Event) TransferOf() (asked []AgentID, from AgentID, ok bool) {
	switch e.Name {
	case TransferAsked, TransferAccepted, TransferRefused, TransferTimedOut, TransferWithdrawn:
	default:
		return nil, 0, false
	}
	var facts struct {
		From  AgentID
		Asked []AgentID
	}
	_ = json.Unmarshal(e.Data, &facts) // the desk wrote it
	return facts.Asked, facts.From, true
}

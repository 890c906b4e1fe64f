package desk

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"deskbell/app/sqlite"
)

// RoomMessage is what a colleague wrote.
type RoomMessage struct {
	ID         RoomMessageID
	RoomID     RoomID
	AgentID    AgentID
	AgentName  string
	Text       string
	File       *File // nil: none
	ClientID   string
	RecalledAt time.Time
	CreatedAt  time.Time
	With       With // with whom the reader talks there
	Where      string
}

// Next is the id after it: a list of those before that ends with it.
func (m *RoomMessage) Next() RoomMessageID { return m.ID + 1 }

// RoomDraft is what a colleague is about to write.
type RoomDraft struct {
	Text     string
	FileID   string // uploaded before
	ClientID string // the same never makes a second message
}

const roomMessageColumns = "m.id, m.room_id, m.agent_id, a.name, m.text, m.file, m.client_id, m.recalled_at, m.created_at"

func scanRoomMessage(row scanner) (*RoomMessage, error) {
	var m RoomMessage
	var file string
	var recalled sql.NullInt64
	var created int64
	err := row.Scan(&m.ID, &m.RoomID, &m.AgentID, &m.AgentName, &m.Text, &file, &m.ClientID, &recalled, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	if file != "" {
		m.File = &File{ID: file}
	}
	m.RecalledAt, m.CreatedAt = atNull(recalled), at(created)
	return &m, err
}

// WriteToColleagues sends a message to a colleague or a team of the acting agent's.
func (d *Desk) WriteToColleagues(ctx context.Context, by Actor, with With, draft RoomDraft) (*RoomMessage, error) {
	draft.Text = strings.TrimSpace(draft.Text)
	switch {
	case draft.Text == "" && draft.FileID == "":
		return nil, Invalid("text", "fault.message_empty")
	case utf8.RuneCountInString(draft.Text) > d.Limit.AgentText:
		return nil, Invalid("text", "fault.too_long", d.Limit.AgentText)
	}
	if draft.ClientID == "" {
		draft.ClientID = randomID()
	}
	var m *RoomMessage
	err := d.Write(ctx, by, func(tx *Tx) (err error) {
		r, err := tx.room(ctx, with)
		if err != nil {
			return err
		}
		if r.Gone {
			return Conflict("error.colleague_gone", r.Name)
		}
		m, err = tx.writeInRoom(ctx, r, draft)
		return err
	})
	if err != nil {
		return nil, err
	}
	return m, d.completeRoom(ctx, []*RoomMessage{m})
}

func (tx *Tx) writeInRoom(ctx context.Context, r *Room, draft RoomDraft) (*RoomMessage, error) {
	const columns = "select " + roomMessageColumns + " from room_messages m join agents a on a.id = m.agent_id where "
	if m, err := scanRoomMessage(tx.QueryRow(columns+"m.agent_id = ? and m.client_id = ?", tx.by.ID, draft.ClientID)); !IsNotFound(err) {
		return m, err
	}
	if draft.FileID != "" {
		if _, err := tx.claimFiles(ctx, tx.by, []string{draft.FileID}); err != nil {
			return nil, err
		}
	}
	var id RoomMessageID
	if err := tx.QueryRow("insert into room_messages(room_id, agent_id, text, file, client_id, created_at) values (?, ?, ?, ?, ?, ?) returning id",
		r.ID, tx.by.ID, draft.Text, draft.FileID, clip(draft.ClientID, 100), ms(tx.now)).Scan(&id); err != nil {
		return nil, err
	}
	if _, err := tx.Exec("update rooms set last_id = ? where id = ?", id, r.ID); err != nil {
		return nil, err
	}
	if _, err := tx.Exec("insert into room_reads(room_id, agent_id, message_id) values (?, ?, ?) on conflict do update set message_id = excluded.message_id", r.ID, tx.by.ID, id); err != nil {
		return nil, err
	}
	if err := tx.Record(ColleagueWrote, 0, int64(id), tx.inRoom(r)); err != nil {
		return nil, err
	}
	return scanRoomMessage(tx.QueryRow(columns+"m.id = ?", id))
}

// inRoom are the facts of an event by which those are found whom it concerns.
func (tx *Tx) inRoom(r *Room) Facts {
	if r.With.TeamID != 0 {
		return Facts{"room": r.ID, "team": r.With.TeamID}
	}
	return Facts{"room": r.ID, "agents": []AgentID{tx.by.Agent(), r.With.AgentID}}
}

// RoomList says which messages of a room are wanted: those before one, after one, or the newest.
type RoomList struct {
	Before, After RoomMessageID
	Limit         int
}

// RoomMessages reads a room, the oldest first, and says whether there are more in the direction that was read.
func (d *Desk) RoomMessages(ctx context.Context, by Actor, with With, in RoomList) (list []*RoomMessage, more bool, err error) {
	r, err := d.Room(ctx, by, with)
	if err != nil || r.ID == 0 {
		return nil, false, err
	}
	in.Limit = min(max(in.Limit, 1), 200)
	question := "select " + roomMessageColumns + " from room_messages m join agents a on a.id = m.agent_id where m.room_id = ?1 and "
	args := []any{r.ID, in.After, in.Limit + 1}
	if in.After != 0 {
		question += "m.id > ?2 order by m.id limit ?3"
	} else {
		question += "(m.id < ?2 or ?2 = 0) order by m.id desc limit ?3"
		args[1] = in.Before
	}
	rows, err := d.read().QueryContext(ctx, question, args...)
	if list, err = collect(rows, err, scanRoomMessage); err != nil {
		return nil, false, err
	}
	if more = len(list) > in.Limit; more {
		list = list[:in.Limit]
	}
	if in.After == 0 {
		slices.Reverse(list)
	}
	for _, m := range list {
		m.With, m.Where = with, r.Name
	}
	return list, more, d.completeRoom(ctx, list)
}

// completeRoom reads the files of messages. What was recalled has none.
func (d *Desk) completeRoom(ctx context.Context, list []*RoomMessage) error {
	for _, m := range list {
		if m.File == nil {
			continue
		}
		f, err := scanFile(d.read().QueryRowContext(ctx, "select "+fileColumns+" from files where public_id = ?", m.File.ID))
		if err != nil {
			return err
		}
		m.File = &f
	}
	return nil
}

// RoomMessage finds a message that the acting agent may read, with where it stands.
func (d *Desk) RoomMessage(ctx context.Context, by Actor, id RoomMessageID) (*RoomMessage, error) {
	m, err := scanRoomMessage(d.read().QueryRowContext(ctx, "select "+roomMessageColumns+" from room_messages m join agents a on a.id = m.agent_id where m.id = ?", id))
	if err != nil {
		return nil, err
	}
	with, err := d.withOf(ctx, by, m.RoomID)
	if err != nil {
		return nil, err
	}
	r, err := d.Room(ctx, by, with) // NotFound for who is not in it
	if err != nil {
		return nil, err
	}
	m.With, m.Where = with, r.Name
	return m, d.completeRoom(ctx, []*RoomMessage{m})
}

// withOf is with whom the acting agent talks in a room.
func (d *Desk) withOf(ctx context.Context, by Actor, id RoomID) (w With, err error) {
	var low, high AgentID
	err = d.read().QueryRowContext(ctx, "select coalesce(team_id, 0), coalesce(low_id, 0), coalesce(high_id, 0) from rooms where id = ?", id).Scan(&w.TeamID, &low, &high)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return w, NotFound
	case err != nil || w.TeamID != 0:
		return w, err
	case low == by.Agent():
		w.AgentID = high
	case high == by.Agent():
		w.AgentID = low
	default:
		return w, NotFound
	}
	return w, nil
}

// RecallRoomMessage takes back what the acting agent wrote. Its words are forgotten.
func (d *Desk) RecallRoomMessage(ctx context.Context, by Actor, id RoomMessageID) (*RoomMessage, error) {
	m, err := d.RoomMessage(ctx, by, id)
	if err != nil {
		return nil, err
	}
	if m.AgentID != by.Agent() {
		return nil, Forbidden
	}
	if !m.RecalledAt.IsZero() {
		return m, nil
	}
	err = d.Write(ctx, by, func(tx *Tx) error {
		if _, err := tx.Exec("update room_messages set text = '', file = '', recalled_at = ? where id = ?", ms(tx.now), id); err != nil {
			return err
		}
		return tx.Record(ColleagueRecalled, 0, int64(id), tx.inRoom(&Room{ID: m.RoomID, With: m.With}))
	})
	if err != nil {
		return nil, err
	}
	return d.RoomMessage(ctx, by, id)
}

// FindRoomMessages searches what the acting agent may read of what colleagues wrote, the newest first, at most 30.
func (d *Desk) FindRoomMessages(ctx context.Context, by Actor, text string) ([]*RoomMessage, error) {
	match := sqlite.PairsMatch(text)
	if match == "" || by.Agent() == 0 {
		return nil, nil
	}
	rows, err := d.read().QueryContext(ctx, "select "+roomMessageColumns+`, coalesce(r.team_id, 0), iif(r.low_id = ?1, r.high_id, coalesce(r.low_id, 0)), coalesce(t.name, (select name from agents where id = iif(r.low_id = ?1, r.high_id, r.low_id)))
		from room_search s join room_messages m on m.id = s.rowid join agents a on a.id = m.agent_id join rooms r on r.id = m.room_id left join teams t on t.id = r.team_id
		where room_search match ?2 and (r.low_id = ?1 or r.high_id = ?1 or r.team_id in (select team_id from team_members where agent_id = ?1)) order by s.rowid desc limit 30`, by.ID, match)
	list, err := collect(rows, err, func(row scanner) (*RoomMessage, error) {
		var in With
		var where string
		m, err := scanRoomMessage(with(row, &in.TeamID, &in.AgentID, &where))
		if err == nil {
			m.With, m.Where = in, where
		}
		return m, err
	})
	if err != nil {
		return nil, err
	}
	return list, d.completeRoom(ctx, list)
}

package desk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// RoomID is a room's; RoomMessageID that of a message in one.
type (
	RoomID        int64
	RoomMessageID int64
)

func (id RoomMessageID) String() string { return fmt.Sprint(int64(id)) }

// With says with whom an agent talks: one colleague, or one of his teams.
type With struct {
	AgentID AgentID
	TeamID  TeamID
}

// String is how it stands in an address: agent-3 or team-2.
func (w With) String() string {
	if w.TeamID != 0 {
		return "team-" + w.TeamID.String()
	}
	return "agent-" + w.AgentID.String()
}

// ParseWith reads how it stands in an address; what is none is not found.
func ParseWith(s string) (w With, err error) {
	if id, ok := strings.CutPrefix(s, "team-"); ok {
		w.TeamID, err = ParseID[TeamID](id)
		return w, err
	}
	id, ok := strings.CutPrefix(s, "agent-")
	if !ok {
		return w, NotFound
	}
	w.AgentID, err = ParseID[AgentID](id)
	return w, err
}

// Room is where colleagues talk, as one of them sees it. It need not have been used yet.
type Room struct {
	ID        RoomID // 0: nobody has written there
	With      With
	Name      string // the colleague's or the team's
	Presence  string // the colleague's
	Gone      bool   // the colleague is disabled: what was said can be read, nothing can be added
	LastText  string
	LastFile  bool
	LastBy    AgentID
	LastAt    time.Time // zero: never
	Unread    int       // at most 100
	Recalled  bool      // the last message was
	MessageID RoomMessageID
}

// A colleague's row, and a team's. ?1 is the acting agent.
const (
	colleagueRooms = `select coalesce(r.id, 0) as id, a.id as agent, 0 as team, a.name as name, a.presence as presence, not a.enabled or a.deleted_at is not null as gone, coalesce(r.last_id, 0) as last_id
		from agents a left join rooms r on r.low_id = min(a.id, ?1) and r.high_id = max(a.id, ?1)
		where a.id <> ?1 and (a.enabled and a.deleted_at is null or r.id is not null)`
	teamRooms = `select coalesce(r.id, 0), 0, t.id, t.name, '', 0, coalesce(r.last_id, 0)
		from team_members m join teams t on t.id = m.team_id left join rooms r on r.team_id = t.id where m.agent_id = ?1 and t.deleted_at is null`
	roomColumns = `select o.id, o.agent, o.team, o.name, o.presence, o.gone, coalesce(m.id, 0), coalesce(m.agent_id, 0), coalesce(m.text, ''), coalesce(m.file, '') <> '', m.recalled_at is not null, m.created_at,
		(select count(*) from (select 1 from room_messages n where n.room_id = o.id and n.id > coalesce((select message_id from room_reads d where d.room_id = o.id and d.agent_id = ?1), 0) and n.agent_id <> ?1 and n.recalled_at is null limit 100))
		from (` + colleagueRooms + " union all " + teamRooms + `) o left join room_messages m on m.id = o.last_id`
)

func scanRoom(row scanner) (*Room, error) {
	var r Room
	var last sql.NullInt64
	err := row.Scan(&r.ID, &r.With.AgentID, &r.With.TeamID, &r.Name, &r.Presence, &r.Gone, &r.MessageID, &r.LastBy, &r.LastText, &r.LastFile, &r.Recalled, &last, &r.Unread)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	r.LastAt = atNull(last)
	return &r, err
}

// Rooms lists with whom the acting agent can talk, those where something was said last first, then by name; find keeps those
// whose names hold it.
func (d *Desk) Rooms(ctx context.Context, by Actor, find string) ([]*Room, error) {
	if by.Agent() == 0 {
		return nil, Forbidden
	}
	rows, err := d.read().QueryContext(ctx, roomColumns+" where ?2 = '' or instr(lower(o.name), lower(?2)) order by o.last_id desc, o.team = 0, o.name collate nocase limit 500", by.ID, strings.TrimSpace(find))
	return collect(rows, err, scanRoom)
}

// Room finds where the acting agent talks with a colleague or a team of his; any other is NotFound.
func (d *Desk) Room(ctx context.Context, by Actor, with With) (*Room, error) {
	return findRoom(ctx, d.read(), by, with)
}

func findRoom(ctx context.Context, r reader, by Actor, with With) (*Room, error) {
	if by.Agent() == 0 {
		return nil, NotFound
	}
	return scanRoom(r.QueryRowContext(ctx, roomColumns+" where o.agent = ?2 and o.team = ?3", by.ID, with.AgentID, with.TeamID))
}

// UnreadRooms counts the messages of colleagues that the acting agent has not read.
func (d *Desk) UnreadRooms(ctx context.Context, by Actor) (n int, err error) {
	err = d.read().QueryRowContext(ctx, `select count(*) from (select 1 from (select id from rooms where low_id = ?1 union all select id from rooms where high_id = ?1
			union all select r.id from team_members m join rooms r on r.team_id = m.team_id where m.agent_id = ?1) o
		join room_messages n on n.room_id = o.id and n.id > coalesce((select message_id from room_reads d where d.room_id = o.id and d.agent_id = ?1), 0)
		where n.agent_id <> ?1 and n.recalled_at is null limit 100)`, by.ID).Scan(&n)
	return n, err
}

// room opens the room, making it when nobody has written there yet.
func (tx *Tx) room(ctx context.Context, with With) (*Room, error) {
	r, err := findRoom(ctx, tx, tx.by, with)
	if err != nil || r.ID != 0 {
		return r, err
	}
	low, high := min(with.AgentID, tx.by.Agent()), max(with.AgentID, tx.by.Agent())
	if with.TeamID != 0 {
		low, high = 0, 0
	}
	err = tx.QueryRow("insert into rooms(team_id, low_id, high_id, created_at) values (?, ?, ?, ?) returning id", nullID(with.TeamID), nullID(low), nullID(high), ms(tx.now)).Scan(&r.ID)
	return r, err
}

// ReadRoom notes how far the acting agent has read.
func (d *Desk) ReadRoom(ctx context.Context, by Actor, with With, upTo RoomMessageID) error {
	r, err := d.Room(ctx, by, with)
	if err != nil || r.Unread == 0 {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		_, err := tx.Exec(`insert into room_reads(room_id, agent_id, message_id) values (?, ?, min(?, (select last_id from rooms where id = ?1))) on conflict do update set message_id = max(message_id, excluded.message_id)`, r.ID, by.ID, upTo)
		if err != nil {
			return err
		}
		return tx.Record(ColleagueRead, 0, int64(r.ID), Facts{"agents": []AgentID{by.Agent()}})
	})
}

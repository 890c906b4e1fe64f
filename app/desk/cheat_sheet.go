package desk

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// CheatSheet is what a team's agents want at hand while they serve. Customers never see it.
type CheatSheet struct {
	TeamID    TeamID
	Team      string
	Text      string    // plain, with a little markup that pages draw; empty: nothing yet
	By        string    // who changed it last
	ChangedAt time.Time // zero: nobody yet
	Keeps     bool      // the acting agent may change it: an admin, or an admin of the team
}

// CheatSheetText is how long a cheat sheet may be, in characters.
const CheatSheetText = 10_000

// CheatSheet finds a team's cheat sheet for its members and for admins; for others it is NotFound.
func (d *Desk) CheatSheet(ctx context.Context, by Actor, id TeamID) (*CheatSheet, error) {
	return cheatSheet(ctx, d.read(), by, id)
}

func cheatSheet(ctx context.Context, r reader, by Actor, id TeamID) (*CheatSheet, error) {
	s := &CheatSheet{TeamID: id}
	var changed sql.NullInt64
	var member, leads bool
	err := r.QueryRowContext(ctx, `select t.name, coalesce(s.text, ''), coalesce(a.name, ''), s.changed_at, m.agent_id is not null, coalesce(m.admin, 0) from teams t
		left join cheat_sheets s on s.team_id = t.id left join agents a on a.id = s.agent_id
		left join team_members m on m.team_id = t.id and m.agent_id = ? where t.id = ? and t.deleted_at is null`, by.Agent(), id).Scan(&s.Team, &s.Text, &s.By, &changed, &member, &leads)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	if err != nil {
		return nil, err
	}
	if s.Keeps = leads || by.May(ManageTeams); !s.Keeps && !member {
		return nil, NotFound
	}
	s.ChangedAt = atNull(changed)
	return s, nil
}

// CheatSheets are the texts that the acting agent may read, by their teams.
func (d *Desk) CheatSheets(ctx context.Context, by Actor) (map[TeamID]string, error) {
	type sheet struct {
		team TeamID
		text string
	}
	rows, err := d.read().QueryContext(ctx, "select team_id, text from cheat_sheets where ? or team_id in (select team_id from team_members where agent_id = ?)", by.May(ManageTeams), by.Agent())
	list, err := collect(rows, err, func(row scanner) (s sheet, err error) { return s, row.Scan(&s.team, &s.text) })
	texts := map[TeamID]string{}
	for _, s := range list {
		texts[s.team] = s.text
	}
	return texts, err
}

// ChangeCheatSheet writes a team's cheat sheet; empty takes it away. was is when the text that the writer had before him was written, by
// which nobody writes over what he has not read (Conflict); nil does not ask.
func (d *Desk) ChangeCheatSheet(ctx context.Context, by Actor, id TeamID, text string, was *time.Time) error {
	text, err := sheetText(text)
	if err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error { return tx.changeCheatSheet(ctx, id, text, was) })
}

// sheetText is a cheat sheet's text as it is kept.
func sheetText(text string) (string, error) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	if utf8.RuneCountInString(text) > CheatSheetText {
		return "", Invalid("text", "fault.too_long", CheatSheetText)
	}
	return text, nil
}

func (tx *Tx) changeCheatSheet(ctx context.Context, id TeamID, text string, was *time.Time) error {
	by := tx.by
	if by.Agent() == 0 {
		return Forbidden
	}
	now, err := cheatSheet(ctx, tx, by, id)
	switch {
	case err != nil:
		return err
	case !now.Keeps:
		return Forbidden
	case now.Text == text:
		return nil
	case was != nil && !was.Equal(now.ChangedAt):
		return Conflict("error.cheat_sheet_changed", now.By)
	}
	if _, err := tx.Exec("insert into cheat_sheets(team_id, text, agent_id, changed_at) values (?1, ?2, ?3, ?4) on conflict(team_id) do update set text = ?2, agent_id = ?3, changed_at = ?4", id, text, by.ID, ms(tx.now)); err != nil {
		return err
	}
	return tx.Record(CheatSheetChanged, 0, int64(id), nil)
}

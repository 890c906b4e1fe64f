package desk

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"deskbell/app/mail"
)

// SnippetID is the id of a code snippet.
type SnippetID int64

func (id SnippetID) String() string { return strconv.FormatInt(int64(id), 10) }

// Snippet is code that a company pastes into a page once: what stands there is decided by the desk, each time it is asked for. The first of
// its levels that is available shows its widget; when none is, the offline contents show.
type Snippet struct {
	ID       SnippetID `json:"-"`
	PublicID string    `json:"-"` // in the code; cannot be guessed
	Name     string    `json:"-"`

	Kind     string  `json:"kind"` // one of SnippetKinds
	NoScript string  `json:"no_script,omitempty"`
	Offline  string  `json:"offline,omitempty"` // contents are HTML, sanitised when they are stored
	Online   string  `json:"online,omitempty"`  // not of the embedded kind, which shows the chat itself
	Levels   []Level `json:"levels"`
}

// Level is one row of a snippet's service levels: whose widget it is, and whose it is when nobody is named.
type Level struct {
	TeamID  TeamID  `json:"team_id,omitempty"` // 0 and no agent: anybody
	AgentID AgentID `json:"agent_id,omitempty"`
	InboxID InboxID `json:"inbox_id"`
}

// SnippetKinds are how the chat stands on the page: in the place of the code, in a window of its own, or behind a tab at the page's edge.
var SnippetKinds = []string{"tab", "embedded", "popup"}

// The limits of snippets: levels of one, characters of each of its contents.
const (
	SnippetLevels   = 20
	snippetContents = 20_000
)

const snippetColumns = "id, public_id, name, settings"

func scanSnippet(row scanner) (*Snippet, error) {
	var s Snippet
	var settings string
	err := row.Scan(&s.ID, &s.PublicID, &s.Name, &settings)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	if err != nil {
		return nil, err
	}
	return &s, json.Unmarshal([]byte(settings), &s)
}

// Snippets lists the snippets in the order in which they were made.
func (d *Desk) Snippets(ctx context.Context, by Actor) ([]*Snippet, error) {
	if err := by.Can(ManageInboxes); err != nil {
		return nil, err
	}
	rows, err := d.read().QueryContext(ctx, "select "+snippetColumns+" from snippets where deleted_at is null order by id")
	return collect(rows, err, scanSnippet)
}

// Snippet finds one.
func (d *Desk) Snippet(ctx context.Context, by Actor, id SnippetID) (*Snippet, error) {
	if err := by.Can(ManageInboxes); err != nil {
		return nil, err
	}
	return findSnippet(ctx, d.read(), id)
}

func findSnippet(ctx context.Context, r reader, id SnippetID) (*Snippet, error) {
	return scanSnippet(r.QueryRowContext(ctx, "select "+snippetColumns+" from snippets where id = ? and deleted_at is null", id))
}

// SnippetByPublicID finds the one that a page's code names.
func (d *Desk) SnippetByPublicID(ctx context.Context, by Actor, public string) (*Snippet, error) {
	if !by.isSystem() {
		return nil, Forbidden
	}
	return scanSnippet(d.read().QueryRowContext(ctx, "select "+snippetColumns+" from snippets where public_id = ? and deleted_at is null", public))
}

// SaveSnippet makes a snippet (id 0) or changes one; its public id stays.
func (d *Desk) SaveSnippet(ctx context.Context, by Actor, in Snippet) (*Snippet, error) {
	if err := by.Can(ManageInboxes); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	var stored *Snippet
	err := d.Write(ctx, by, func(tx *Tx) error {
		if err := tx.checkLevels(ctx, in.Levels); err != nil {
			return err
		}
		was := tx.before("snippets", in.ID)
		if err := tx.storeSnippet(&in); err != nil {
			return err
		}
		if err := tx.recordChange(SnippetChanged, int64(in.ID), nil, was); err != nil {
			return err
		}
		var err error
		stored, err = findSnippet(ctx, tx, in.ID)
		return err
	})
	return stored, err
}

func (s *Snippet) check() error {
	var c check
	if s.Name = oneLine(s.Name); s.Name == "" {
		c.fault("name", "fault.name_missing")
	}
	if utf8.RuneCountInString(s.Name) > 80 {
		c.fault("name", "fault.too_long", 80)
	}
	if !slices.Contains(SnippetKinds, s.Kind) {
		c.fault("kind", "fault.snippet_kind")
	}
	for _, of := range []struct {
		name string
		text *string
	}{{"no_script", &s.NoScript}, {"offline", &s.Offline}, {"online", &s.Online}} {
		if utf8.RuneCountInString(*of.text) > snippetContents {
			c.fault(of.name, "fault.too_long", snippetContents)
			continue
		}
		*of.text = strings.TrimSpace(mail.Sanitize(*of.text, mail.SanitizeOptions{Remote: true}))
	}
	if len(s.Levels) == 0 || len(s.Levels) > SnippetLevels {
		c.fault("levels", "fault.snippet_levels", SnippetLevels)
	}
	return c.err()
}

func (tx *Tx) checkLevels(ctx context.Context, levels []Level) error {
	for _, l := range levels {
		if in, err := findInbox(ctx, tx, l.InboxID); err != nil || in.Channel != Webchat {
			return orElse(notMissing(err), Invalid("levels", "error.widget_unknown"))
		}
		if l.TeamID != 0 {
			if _, err := findTeam(ctx, tx, l.TeamID); err != nil {
				return orElse(notMissing(err), Invalid("levels", "fault.team_unknown"))
			}
		}
		if l.AgentID != 0 {
			if _, err := findAgent(ctx, tx, l.AgentID); err != nil {
				return orElse(notMissing(err), Invalid("levels", "fault.agent_unknown"))
			}
		}
	}
	return nil
}

func (tx *Tx) storeSnippet(s *Snippet) error {
	settings, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if s.ID != 0 {
		res, err := tx.Exec("update snippets set name = ?, settings = ? where id = ? and deleted_at is null", s.Name, string(settings), s.ID)
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return NotFound
		}
		return nil
	}
	res, err := tx.Exec("insert into snippets(public_id, name, settings, created_at) values (?, ?, ?, ?)", randomID()[:12], s.Name, string(settings), ms(tx.now))
	if err != nil {
		return err
	}
	id, err := res.LastInsertId()
	s.ID = SnippetID(id)
	return err
}

// DeleteSnippet takes a snippet out of service: pages that carry it show nothing any more.
func (d *Desk) DeleteSnippet(ctx context.Context, by Actor, id SnippetID) error {
	if err := by.Can(ManageInboxes); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		res, err := tx.Exec("update snippets set deleted_at = ? where id = ? and deleted_at is null", ms(tx.now), id)
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return NotFound
		}
		return tx.Record(SnippetChanged, 0, int64(id), Facts{"deleted": true})
	})
}

// Available is the first of a snippet's levels that is available, with its widget; nil: none is. An agent is when he is online; a team when
// somebody of it is who takes part in its queue; nobody named, when anybody is. A widget that is switched off never is.
func (d *Desk) Available(ctx context.Context, by Actor, s *Snippet) (*Level, *Inbox, error) {
	if !by.isSystem() {
		return nil, nil, Forbidden
	}
	for _, l := range s.Levels {
		in, err := findInbox(ctx, d.read(), l.InboxID)
		if errors.Is(err, NotFound) || err == nil && !in.Enabled {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		var online bool
		err = d.read().QueryRowContext(ctx, `select exists (select 1 from agents a where a.presence = 'online' and a.enabled and a.deleted_at is null and (?1 = 0 or a.id = ?1)
			and (?2 = 0 or exists (select 1 from team_members m join teams t on t.id = m.team_id where m.team_id = ?2 and m.agent_id = a.id and not m.opted_out and t.deleted_at is null)))`, l.AgentID, l.TeamID).Scan(&online)
		if err != nil || online {
			return &l, in, err
		}
	}
	return nil, nil, nil
}

package desk

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"strings"
	"time"
)

// Token is a key to the API that acts as its agent.
type Token struct {
	ID        int64
	AgentID   AgentID
	Name      string
	CreatedAt time.Time
	UsedAt    time.Time // zero: never
}

// CreateToken makes an API token for the agent; its text is answered once and never stored. Admins may make one for others.
func (d *Desk) CreateToken(ctx context.Context, by Actor, agent AgentID, name string) (string, error) {
	if !by.isSystem() && by.Agent() != agent && !by.IsAdmin() {
		return "", Forbidden
	}
	if name = strings.TrimSpace(name); name == "" || len(name) > 200 {
		return "", Invalid("name", "fault.name_missing")
	}
	token := NewToken("db_")
	sum := sha256.Sum256([]byte(token))
	return token, d.Write(ctx, by, func(tx *Tx) error {
		if _, err := findAgent(ctx, tx, agent); err != nil {
			return err
		}
		res, err := tx.Exec("insert into tokens(token_hash, agent_id, name, created_at) values (?, ?, ?, ?)", sum[:], agent, name, ms(tx.now))
		if err != nil {
			return err
		}
		id, err := res.LastInsertId()
		if err != nil {
			return err
		}
		return tx.Record(TokenCreated, 0, id, Facts{"agent": agent})
	})
}

// Tokens lists the acting agent's tokens, the newest first.
func (d *Desk) Tokens(ctx context.Context, by Actor) ([]Token, error) {
	rows, err := d.read().QueryContext(ctx, "select id, agent_id, name, created_at, used_at from tokens where agent_id = ? order by id desc", by.Agent())
	return collect(rows, err, func(row scanner) (Token, error) {
		var t Token
		var created int64
		var used sql.NullInt64
		err := row.Scan(&t.ID, &t.AgentID, &t.Name, &created, &used)
		t.CreatedAt, t.UsedAt = at(created), atNull(used)
		return t, err
	})
}

// RevokeToken ends one of the acting agent's tokens.
func (d *Desk) RevokeToken(ctx context.Context, by Actor, id int64) error {
	return d.Write(ctx, by, func(tx *Tx) error {
		res, err := tx.Exec("delete from tokens where id = ? and agent_id = ?", id, by.Agent())
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return NotFound
		}
		return tx.Record(TokenRevoked, 0, id, nil)
	})
}

// endTokens ends all of an agent's tokens where that is wanted. A new password alone leaves them: programs that have one never had the password,
// and would stop at every change of it.
func (tx *Tx) endTokens(agent AgentID, wanted bool) error {
	if !wanted {
		return nil
	}
	rows, err := tx.Query("delete from tokens where agent_id = ? returning id", agent)
	ids, err := collect(rows, err, func(row scanner) (id int64, err error) { return id, row.Scan(&id) })
	for _, id := range ids {
		err = errors.Join(err, tx.Record(TokenRevoked, 0, id, nil))
	}
	return err
}

// AgentByToken finds the enabled agent for whom an API token acts, else Unauthorized. A token of 256 random bits needs no
// slow hash.
func (d *Desk) AgentByToken(ctx context.Context, _ Actor, token string) (*Agent, error) {
	sum := sha256.Sum256([]byte(token))
	var id AgentID
	var used sql.NullInt64
	err := d.read().QueryRowContext(ctx, "select agent_id, used_at from tokens where token_hash = ?", sum[:]).Scan(&id, &used)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, Unauthorized
	}
	if err != nil {
		return nil, err
	}
	a, err := findAgent(ctx, d.read(), id)
	if errors.Is(err, NotFound) || err == nil && !a.Enabled {
		return nil, Unauthorized
	}
	if err != nil {
		return nil, err
	}
	if now := d.Clock(); now.Sub(atNull(used)) > time.Minute {
		err = d.db.Write(context.WithoutCancel(ctx), func(tx *sql.Tx) error {
			_, err := tx.Exec("update tokens set used_at = ? where token_hash = ?", ms(now), sum[:])
			return err
		})
	}
	return a, err
}

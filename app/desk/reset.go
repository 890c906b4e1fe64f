package desk

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"time"
)

const (
	resetFor = time.Hour

	// Anybody can ask for anybody's link, and a newer one ends those before. For so long the last one stays, and no other mail is sent.
	resetPause = 5 * time.Minute
)

// RequestReset mails a link by which an agent who has forgotten his password chooses another. Whether there is such an agent its answer does
// not tell; too many requests for an address, or from a source, are TooMany. Where one was made within the last five minutes nothing
// is done: whoever asks again and again does not keep the link that was mailed from working. Call it where nobody waits for it: it takes
// longer when there is one.
func (d *Desk) RequestReset(ctx context.Context, by Actor, email, ip string) error {
	a, err := d.AgentByEmail(ctx, System, email)
	if errors.Is(err, NotFound) || err == nil && (!a.Enabled || a.Invited) {
		return nil
	}
	if err != nil {
		return err
	}
	company, err := d.Company(ctx, by)
	if err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		var lately bool
		err := tx.QueryRowContext(ctx, "select exists (select 1 from invitations where agent_id = ? and kind = 'reset' and created_at > ?)", a.ID, ms(tx.now.Add(-resetPause))).Scan(&lately)
		if err != nil || lately {
			return err
		}
		token, err := tx.newReset(a.ID)
		if err != nil {
			return err
		}
		if _, err = tx.SendSystemMail(ctx, SystemMail{AgentID: a.ID, What: "reset", Words: SystemWords{Args: []string{company.Name}, Path: "/password-reset/" + token}}); err != nil {
			return err
		}
		return tx.Record(AgentChanged, 0, int64(a.ID), Facts{"reset": "asked", "ip": ip})
	})
}

// MayRequestReset counts a request; see RequestReset.
func (d *Desk) MayRequestReset(_ context.Context, _ Actor, email, ip string) error {
	if !d.throttle.allow(d.Clock(), "reset of "+email, ip) {
		return &Error{Kind: KindTooMany, Key: "error.too_many_logins"}
	}
	return nil
}

// MakeReset makes the same link for an admin to hand over, where no mail goes out.
func (d *Desk) MakeReset(ctx context.Context, by Actor, id AgentID) (token string, err error) {
	if err := by.Can(ManageAgents); err != nil {
		return "", err
	}
	return token, d.Write(ctx, by, func(tx *Tx) error {
		a, err := findAgent(ctx, tx, id)
		if err != nil {
			return err
		}
		if a.Invited {
			return Conflict("error.not_joined", a.Name)
		}
		if token, err = tx.newReset(id); err != nil {
			return err
		}
		return tx.Record(AgentChanged, 0, int64(id), Facts{"reset": "made"})
	})
}

// newReset makes a token; those before it die.
func (tx *Tx) newReset(id AgentID) (string, error) {
	if _, err := tx.Exec("delete from invitations where agent_id = ?", id); err != nil {
		return "", err
	}
	token := NewToken("")
	sum := sha256.Sum256([]byte(token))
	_, err := tx.Exec("insert into invitations(token_hash, agent_id, kind, created_at, expires_at) values (?, ?, 'reset', ?, ?)", sum[:], id, ms(tx.now), ms(tx.now.Add(resetFor)))
	return token, err
}

// Resetting finds the agent of a link; one that is used, old, wrong, or of an agent who is disabled is NotFound.
func (d *Desk) Resetting(ctx context.Context, _ Actor, token string) (*Agent, error) {
	return invited(ctx, d.read(), token, "reset", d.Clock())
}

// ResetPassword sets the password by a link, and ends every session of the agent; with tokens also his API tokens. Of two at the same
// moment one wins. A second step at log-in stays.
func (d *Desk) ResetPassword(ctx context.Context, by Actor, token, password string, tokens bool) (*Agent, error) {
	a, err := d.Resetting(ctx, by, token)
	if err != nil {
		return nil, err
	}
	var c check
	checkPassword(&c, password, a.Email)
	if err := c.err(); err != nil {
		return nil, err
	}
	hash := d.Hashing.hash(password)
	return a, d.Write(ctx, a.Actor(), func(tx *Tx) error {
		if _, err := invited(ctx, tx, token, "reset", tx.now); err != nil {
			return err
		}
		if err := tx.endTokens(a.ID, tokens); err != nil {
			return err
		}
		return tx.setPassword(ctx, a.ID, 0, hash)
	})
}

// Recover lets somebody who has the machine back in: it sets an agent's password and takes the second step away.
func (d *Desk) Recover(ctx context.Context, by Actor, id AgentID, password string) error {
	if !by.isSystem() {
		return Forbidden
	}
	a, err := d.Agent(ctx, by, id)
	if err != nil {
		return err
	}
	var c check
	checkPassword(&c, password, a.Email)
	if err := c.err(); err != nil {
		return err
	}
	hash := d.Hashing.hash(password)
	return d.Write(ctx, by, func(tx *Tx) error {
		if err := tx.setPassword(ctx, id, 0, hash); err != nil {
			return err
		}
		return tx.endTwoFactor(id)
	})
}

func invited(ctx context.Context, r reader, token, kind string, now time.Time) (*Agent, error) {
	sum := sha256.Sum256([]byte(token))
	var id AgentID
	err := r.QueryRowContext(ctx, "select agent_id from invitations where token_hash = ? and kind = ? and used_at is null and expires_at > ?", sum[:], kind, ms(now)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	if err != nil {
		return nil, err
	}
	a, err := findAgent(ctx, r, id)
	if err == nil && !a.Enabled {
		return nil, NotFound
	}
	return a, err
}

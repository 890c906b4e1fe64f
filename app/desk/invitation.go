package desk

import (
	"context"
	"crypto/sha256"
	"time"
)

const invitedFor = 7 * 24 * time.Hour

// Invite makes a link's token by which the agent sets his first password. It works once, for seven days; a newer one, like
// a password that was set, ends it.
func (d *Desk) Invite(ctx context.Context, by Actor, id AgentID) (token string, err error) {
	if err := by.Can(ManageAgents); err != nil {
		return "", err
	}
	token = NewToken("")
	sum := sha256.Sum256([]byte(token))
	return token, d.Write(ctx, by, func(tx *Tx) error {
		a, err := findAgent(ctx, tx, id)
		if err != nil {
			return err
		}
		if !a.Invited {
			return Conflict("error.already_joined", a.Name)
		}
		if _, err := tx.Exec("delete from invitations where agent_id = ?", id); err != nil {
			return err
		}
		_, err = tx.Exec("insert into invitations(token_hash, agent_id, kind, created_at, expires_at) values (?, ?, 'invitation', ?, ?)",
			sum[:], id, ms(tx.now), ms(tx.now.Add(invitedFor)))
		return err
	})
}

// Invitation is the mail that brings an invited agent his link.
func Invitation(c Company, id AgentID, token string) SystemMail {
	return SystemMail{AgentID: id, What: "invitation", Words: SystemWords{Args: []string{c.Name}, Path: "/invitations/" + token}}
}

// Invited finds the agent whom a link invites; a link that is used, old or wrong is NotFound.
func (d *Desk) Invited(ctx context.Context, _ Actor, token string) (*Agent, error) {
	return invited(ctx, d.read(), token, "invitation", d.Clock())
}

// AcceptInvitation sets the invited agent's password. Of two at the same moment one wins.
func (d *Desk) AcceptInvitation(ctx context.Context, by Actor, token, password string) (*Agent, error) {
	a, err := d.Invited(ctx, by, token)
	if err != nil {
		return nil, err
	}
	var c check
	checkPassword(&c, password, a.Email)
	if err := c.err(); err != nil {
		return nil, err
	}
	hash, sum := d.Hashing.hash(password), sha256.Sum256([]byte(token))
	err = d.Write(ctx, a.Actor(), func(tx *Tx) error {
		res, err := tx.Exec("delete from invitations where token_hash = ? and kind = 'invitation' and expires_at > ?", sum[:], ms(tx.now))
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return NotFound
		}
		if _, err := tx.Exec("update agents set password_hash = ?, password_changed_at = ? where id = ?", hash, ms(tx.now), a.ID); err != nil {
			return err
		}
		return tx.Record(AgentChanged, 0, int64(a.ID), Facts{"joined": true})
	})
	return a, err
}

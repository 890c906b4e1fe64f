package desk

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Answer is what an API post was answered with.
type Answer struct {
	Request []byte // SHA-256 of what was asked
	Status  int
	Body    string
}

// answersKept is how long a repeated post gets its first answer.
const answersKept = 24 * time.Hour

// sealedAnswer stands before an answer that is sealed at rest: some tell secrets, once. Those before this was so have no such mark.
const sealedAnswer = "sealed "

func answerTo(by Actor, key string) string { return fmt.Sprintf("answer %d %s", by.ID, key) }

// Answered finds the answer that the acting agent's key got in the last 24 hours; nil when there is none, or the desk's key was lost since.
func (d *Desk) Answered(ctx context.Context, by Actor, key string) (*Answer, error) {
	var a Answer
	err := d.read().QueryRowContext(ctx, "select request, status, answer from idempotency where agent_id = ? and key = ? and created_at > ?", by.Agent(), key, ms(d.Clock().Add(-answersKept))).
		Scan(&a.Request, &a.Status, &a.Body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	words, sealed := strings.CutPrefix(a.Body, sealedAnswer)
	if err != nil || !sealed {
		return &a, err
	}
	body, err := base64.StdEncoding.DecodeString(words)
	if err != nil {
		return nil, err
	}
	if body, err = d.box.Unseal(body, answerTo(by, key)); err != nil {
		if IsSealed(err) {
			err = nil
		}
		return nil, err
	}
	a.Body = string(body)
	return &a, nil
}

// KeepAnswer keeps the answer to the acting agent's key, and drops this agent's that are too old.
func (d *Desk) KeepAnswer(ctx context.Context, by Actor, key string, a Answer) error {
	if by.Agent() == 0 {
		return Forbidden
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		if _, err := tx.Exec("delete from idempotency where agent_id = ? and created_at <= ?", by.ID, ms(tx.now.Add(-answersKept))); err != nil {
			return err
		}
		_, err := tx.Exec("insert into idempotency(agent_id, key, request, status, answer, created_at) values (?, ?, ?, ?, ?, ?) on conflict do nothing",
			by.ID, key, a.Request, a.Status, sealedAnswer+base64.StdEncoding.EncodeToString(d.box.Seal([]byte(a.Body), answerTo(by, key))), ms(tx.now))
		return err
	})
}

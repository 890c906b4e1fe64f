package desk

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"time"
)

// How long a session lives without a request: requirements, section 4.
const (
	keptFor = 7 * 24 * time.Hour // with "keep me logged in"
	idleFor = 12 * time.Hour

	atMost = 30 * 24 * time.Hour // however it is used: a stolen cookie ends too
)

// Session is one browser in which an agent is logged in.
type Session struct {
	ID        SessionID
	AgentID   AgentID
	CSRF      string
	Keep      bool
	CreatedAt time.Time
	SeenAt    time.Time
	ProvedAt  time.Time // when the password was last said here
	IP        string
	UserAgent string

	asked time.Time // the present when it was found
}

// Credentials are what the log-in page asks for, and where it was asked.
type Credentials struct {
	Email     string
	Password  string
	Keep      bool
	IP        string
	UserAgent string
	Browser   string // in words, for the mail about a log-in from a new place
	SignOn    bool   // the company's login page said who it is, and no password
}

// LogIn checks the credentials and opens a session; the token goes into the cookie and only its hash is stored. Where the agent has a
// second step it opens none: the error is CodeNeeded, and the token is for CompleteLogIn.
// Unknown, wrong and disabled get the same answer after the same work (Unauthorized with one key), too many tries TooMany.
func (d *Desk) LogIn(ctx context.Context, _ Actor, in Credentials) (token string, a *Agent, err error) {
	if d.throttle.stranger(in.Email, in.IP) && d.beenThere(ctx, in.Email, in.IP) {
		d.throttle.succeeded(d.Clock(), in.Email, in.IP) // before a restart
	}
	if !d.throttle.allow(d.Clock(), in.Email, in.IP) {
		return "", nil, &Error{Kind: KindTooMany, Key: "error.too_many_logins"}
	}
	a, err = d.AgentByEmail(ctx, System, in.Email)
	if err != nil && !errors.Is(err, NotFound) {
		return "", nil, err
	}
	hash := ""
	if a != nil {
		if err := d.read().QueryRowContext(ctx, "select password_hash from agents where id = ?", a.ID).Scan(&hash); err != nil {
			return "", nil, err
		}
	}
	if !d.Hashing.verify(hash, in.Password) || !a.Enabled {
		return "", nil, &Error{Kind: KindUnauthorized, Key: "error.login_wrong"}
	}
	token, err = d.enter(ctx, a, in)
	return token, a, err
}

// enter lets an agent in who has shown that he is the one: with a session, or with the step before it and CodeNeeded.
func (d *Desk) enter(ctx context.Context, a *Agent, in Credentials) (token string, err error) {
	d.throttle.succeeded(d.Clock(), a.Email, in.IP)
	if !a.TwoFactor {
		return d.openSession(ctx, a, in)
	}
	if token, err = d.askForCode(ctx, a, in); err == nil {
		err = CodeNeeded
	}
	return token, err
}

func (d *Desk) openSession(ctx context.Context, a *Agent, in Credentials) (string, error) {
	token := NewToken("")
	sum := sha256.Sum256([]byte(token))
	err := d.Write(ctx, a.Actor(), func(tx *Tx) error {
		if err := tx.arrived(ctx, a, in); err != nil {
			return err
		}
		res, err := tx.Exec("insert into sessions(token_hash, agent_id, csrf, keep, created_at, seen_at, proved_at, ip, user_agent) values (?, ?, ?, ?, ?5, ?5, ?5, ?, ?)",
			sum[:], a.ID, NewToken(""), in.Keep, ms(d.steady()), in.IP, clip(in.UserAgent, 300))
		if err != nil {
			return err
		}
		id, err := res.LastInsertId()
		if err != nil {
			return err
		}
		facts := Facts{"session": id, "ip": in.IP}
		if in.SignOn {
			facts["sign_on"] = true
		}
		return tx.Record(AgentLoggedIn, 0, int64(a.ID), facts)
	})
	return token, err
}

// clip cuts a text to n bytes at a character's boundary.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}

const sessionColumns = "id, agent_id, csrf, keep, created_at, seen_at, proved_at, ip, user_agent"

func scanSession(row scanner) (*Session, error) {
	var s Session
	var created, seen, proved int64
	err := row.Scan(&s.ID, &s.AgentID, &s.CSRF, &s.Keep, &created, &seen, &proved, &s.IP, &s.UserAgent)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, Unauthorized
	}
	s.CreatedAt, s.SeenAt, s.ProvedAt = at(created), at(seen), at(proved)
	return &s, err
}

// steady is the time that sessions are counted by.
func (d *Desk) steady() time.Time {
	if d.Steady == nil {
		return d.Clock()
	}
	return d.Steady()
}

// EvenClock begins a clock that says now what the machine's does, and from then on goes on evenly, by up.
func EvenClock(up func() time.Duration) func() time.Time {
	begun, since := time.Now().Round(0), up()
	return func() time.Time { return begun.Add(up() - since) }
}

// Session finds the living session of a cookie's token, and its agent; else Unauthorized. It notes once a minute that the
// session was used.
func (d *Desk) Session(ctx context.Context, _ Actor, token string) (*Session, *Agent, error) {
	sum := sha256.Sum256([]byte(token))
	s, err := scanSession(d.read().QueryRowContext(ctx, "select "+sessionColumns+" from sessions where token_hash = ?", sum[:]))
	if err != nil {
		return nil, nil, err
	}
	now := d.steady()
	s.asked = now
	if now.Sub(s.SeenAt) > s.lives() || now.Sub(s.CreatedAt) > atMost {
		return nil, nil, Unauthorized
	}
	a, err := findAgent(ctx, d.read(), s.AgentID)
	if errors.Is(err, NotFound) || err == nil && !a.Enabled {
		return nil, nil, Unauthorized
	}
	if err != nil {
		return nil, nil, err
	}
	if now.Sub(s.SeenAt) > time.Minute {
		err = d.db.Write(context.WithoutCancel(ctx), func(tx *sql.Tx) error {
			_, err := tx.Exec("update sessions set seen_at = ? where id = ?", ms(now), s.ID)
			return err
		})
	}
	return s, a, err
}

func (s *Session) lives() time.Duration {
	if s.Keep {
		return keptFor
	}
	return idleFor
}

// Sessions lists the acting agent's own sessions, the last used first.
func (d *Desk) Sessions(ctx context.Context, by Actor) ([]*Session, error) {
	oldest := d.steady().Add(-keptFor)
	rows, err := d.read().QueryContext(ctx, "select "+sessionColumns+" from sessions where agent_id = ? and seen_at > ? order by seen_at desc, id desc", by.Agent(), ms(oldest))
	list, err := collect(rows, err, scanSession)
	off := d.Clock().Sub(d.steady()) // people read them by the machine's clock
	for _, s := range list {
		s.CreatedAt, s.SeenAt = s.CreatedAt.Add(off), s.SeenAt.Add(off)
	}
	return list, err
}

// EndSession ends one of the acting agent's own sessions: log out, here or elsewhere.
func (d *Desk) EndSession(ctx context.Context, by Actor, id SessionID) error {
	return d.Write(ctx, by, func(tx *Tx) error {
		res, err := tx.Exec("delete from sessions where id = ? and agent_id = ?", id, by.Agent())
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return NotFound
		}
		return tx.Record(AgentLoggedOut, 0, by.ID, Facts{"session": id})
	})
}

// ChangePassword changes the acting agent's password, given the current one, and ends his other sessions and the links that would
// reset it; with tokens also his API tokens.
func (d *Desk) ChangePassword(ctx context.Context, by Actor, keep SessionID, current, fresh string, tokens bool) error {
	if err := d.checkOwn(ctx, by, "current", current); err != nil {
		return err
	}
	a, err := d.Agent(ctx, by, by.Agent())
	if err != nil {
		return err
	}
	var c check
	checkPassword(&c, fresh, a.Email)
	if err := c.err(); err != nil {
		return err
	}
	hash := d.Hashing.hash(fresh)
	return d.Write(ctx, by, func(tx *Tx) error {
		if err := tx.endTokens(a.ID, tokens); err != nil {
			return err
		}
		return tx.setPassword(ctx, a.ID, keep, hash)
	})
}

// checkOwn checks the acting agent's password, said again; field is where a fault is told.
func (d *Desk) checkOwn(ctx context.Context, by Actor, field, password string) error {
	a, err := d.Agent(ctx, by, by.Agent())
	if err != nil {
		return err
	}
	if !d.throttle.allow(d.Clock(), a.Email, ownSession) {
		return &Error{Kind: KindTooMany, Key: "error.too_many_logins"}
	}
	var hash string
	if err := d.read().QueryRowContext(ctx, "select password_hash from agents where id = ?", a.ID).Scan(&hash); err != nil {
		return err
	}
	if !d.Hashing.verify(hash, password) {
		return Invalid(field, "fault.password_wrong")
	}
	return nil
}

// setPassword changes an agent's password, ends his sessions but one, and the links that would change it, and tells him.
func (tx *Tx) setPassword(ctx context.Context, id AgentID, keep SessionID, hash string) error {
	if _, err := tx.Exec("update agents set password_hash = ?, password_changed_at = ? where id = ?", hash, ms(tx.now), id); err != nil {
		return err
	}
	if err := tx.endAccess(id, keep); err != nil {
		return err
	}
	tx.d.throttle.renewed(id)
	a, err := findAgent(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := tx.tell(ctx, a, "password"); err != nil {
		return err
	}
	return tx.Record(AgentChanged, 0, int64(id), Facts{"password": true})
}

// endAccess ends an agent's sessions but one, log-ins that are half done, and the links by which a password is chosen.
func (tx *Tx) endAccess(id AgentID, but SessionID) error {
	for _, table := range []string{"invitations", "login_steps"} {
		if _, err := tx.Exec("delete from "+table+" where agent_id = ?", id); err != nil {
			return err
		}
	}
	return tx.endSessions(id, but)
}

// endSessions ends all of an agent's sessions but one.
func (tx *Tx) endSessions(id AgentID, but SessionID) error {
	_, err := tx.Exec("delete from sessions where agent_id = ? and id <> ?", id, but)
	return err
}

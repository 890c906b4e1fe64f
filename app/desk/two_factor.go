package desk

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base32"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

// The second step at log-in is a code of six digits from an app on the agent's phone (TOTP, RFC 6238), or one of ten recovery
// codes, each of which works once.

const (
	stepPeriod    = 30               // seconds for which a code is shown
	stepSkew      = 1                // periods by which clocks may differ
	stepLives     = 10 * time.Minute // between password and code
	stepTries     = 5                // codes for one password
	recoveryCount = 10
	freshLives    = time.Hour // a secret for another phone that no code was given of
)

// CodeNeeded answers a log-in whose password is right: the token that comes with it goes to CompleteLogIn with a code.
var CodeNeeded = &Error{Kind: KindUnauthorized, Key: "error.code_needed"}

var codeWrong = Invalid("code", "fault.code_wrong")

// TwoFactor is how the acting agent's second step stands.
type TwoFactor struct {
	On       bool
	Secret   string // begun and not yet confirmed, at first or for another phone: what the app needs, in letters
	URL      string // the same for a picture: otpauth://…
	Recovery int    // codes that are left
}

// TwoFactor tells the acting agent how his second step stands.
func (d *Desk) TwoFactor(ctx context.Context, by Actor) (t TwoFactor, err error) {
	a, err := d.Agent(ctx, by, by.Agent())
	if err != nil {
		return t, err
	}
	t.On = a.TwoFactor
	if err := d.read().QueryRowContext(ctx, "select count(*) from recovery_codes where agent_id = ?", a.ID).Scan(&t.Recovery); err != nil {
		return t, err
	}
	secret, _, err := d.secretBegun(ctx, d.read(), a)
	if err != nil || secret == "" {
		return t, err
	}
	company, err := d.Company(ctx, by)
	t.Secret, t.URL = secret, otpURL(company.Name, a.Email, secret)
	return t, err
}

func otpURL(company, email, secret string) string {
	q := url.Values{"secret": {secret}, "issuer": {company}, "period": {fmt.Sprint(stepPeriod)}, "digits": {"6"}, "algorithm": {"SHA1"}}
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + company + ":" + email, RawQuery: strings.ReplaceAll(q.Encode(), "+", "%20")}
	return u.String()
}

// BeginTwoFactor makes a new secret for the acting agent, which counts when ConfirmTwoFactor is given a code of it. Until then the one
// before does: for another phone, or after the key was lost, nobody has to be without a second step.
func (d *Desk) BeginTwoFactor(ctx context.Context, by Actor) error {
	raw := make([]byte, 20) // RFC 4226, section 4: 160 bits
	rand.Read(raw)
	secret := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw)
	return d.Write(ctx, by, func(tx *Tx) error {
		a, err := findAgent(ctx, tx, by.Agent())
		if err != nil {
			return err
		}
		sealed := d.box.Seal([]byte(secret), twoFactorOf(a.ID))
		if a.TwoFactor {
			_, err = tx.Exec("update two_factors set fresh = ?, fresh_at = ? where agent_id = ?", sealed, ms(tx.now), a.ID)
			return err
		}
		_, err = tx.Exec("insert into two_factors(agent_id, secret) values (?1, ?2) on conflict(agent_id) do update set secret = ?2, confirmed_at = null, last_step = 0", a.ID, sealed)
		return err
	})
}

// ConfirmTwoFactor switches the second step on by a first code, and answers the recovery codes, this once.
func (d *Desk) ConfirmTwoFactor(ctx context.Context, by Actor, code string) (recovery []string, err error) {
	if !d.throttle.allow(d.Clock(), codeOf(by.Agent()), ownSession) {
		return nil, &Error{Kind: KindTooMany, Key: "error.too_many_logins"}
	}
	return recovery, d.Write(ctx, by, func(tx *Tx) error {
		a, err := findAgent(ctx, tx, by.Agent())
		if err != nil {
			return err
		}
		secret, last, err := d.secretBegun(ctx, tx, a)
		if err != nil {
			return err
		}
		step := codeStep(secret, code, tx.now, last)
		if step == 0 {
			return codeWrong
		}
		if _, err := tx.Exec("update two_factors set secret = coalesce(fresh, secret), fresh = null, fresh_at = null, confirmed_at = ?, last_step = ? where agent_id = ?", ms(tx.now), step, a.ID); err != nil {
			return err
		}
		if _, err := tx.Exec("update agents set two_factor = 1 where id = ?", by.Agent()); err != nil {
			return err
		}
		if recovery, err = tx.newRecovery(by.Agent()); err != nil {
			return err
		}
		return tx.Record(AgentChanged, 0, by.ID, Facts{"two_factor": true})
	})
}

// NewRecoveryCodes makes ten anew, and ends those before.
func (d *Desk) NewRecoveryCodes(ctx context.Context, by Actor) (recovery []string, err error) {
	return recovery, d.Write(ctx, by, func(tx *Tx) error {
		a, err := findAgent(ctx, tx, by.Agent())
		if err != nil {
			return err
		}
		if !a.TwoFactor {
			return Conflict("error.two_factor_off")
		}
		if recovery, err = tx.newRecovery(a.ID); err != nil {
			return err
		}
		return tx.Record(AgentChanged, 0, by.ID, Facts{"recovery_codes": true})
	})
}

// EndTwoFactor switches the second step off: an agent his own, where the company does not require it, or an admin that of
// somebody who has lost phone and recovery codes.
func (d *Desk) EndTwoFactor(ctx context.Context, by Actor, id AgentID) error {
	own := by.Kind == ByAgent && by.Agent() == id
	if !own {
		if err := by.Can(ManageAgents); err != nil {
			return err
		}
	}
	company, err := d.Company(ctx, by)
	if err != nil {
		return err
	}
	if own && company.RequiresTwoFactor(by.Role) {
		return Conflict("error.two_factor_required")
	}
	return d.Write(ctx, by, func(tx *Tx) error { return tx.endTwoFactor(id) })
}

func (tx *Tx) endTwoFactor(id AgentID) error {
	res, err := tx.Exec("update agents set two_factor = 0 where id = ? and deleted_at is null", id)
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return NotFound
	}
	for _, table := range []string{"two_factors", "recovery_codes", "login_steps"} {
		if _, err := tx.Exec("delete from "+table+" where agent_id = ?", id); err != nil {
			return err
		}
	}
	return tx.Record(AgentChanged, 0, int64(id), Facts{"two_factor": false})
}

// askForCode opens the step between password, or sign-on, and code.
func (d *Desk) askForCode(ctx context.Context, a *Agent, in Credentials) (token string, err error) {
	token = NewToken("")
	sum := sha256.Sum256([]byte(token))
	err = d.Write(ctx, a.Actor(), func(tx *Tx) error {
		if _, err := tx.Exec("delete from login_steps where expires_at < ?", ms(tx.now)); err != nil {
			return err
		}
		_, err := tx.Exec("insert into login_steps(token_hash, agent_id, keep, sign_on, expires_at) values (?, ?, ?, ?, ?)", sum[:], a.ID, in.Keep, in.SignOn, ms(tx.now.Add(stepLives)))
		return err
	})
	return token, err
}

// CompleteLogIn opens the session that LogIn answered CodeNeeded for. After five wrong codes, or ten minutes, it is
// Unauthorized: the password is asked for again.
func (d *Desk) CompleteLogIn(ctx context.Context, _ Actor, step, code string, in Credentials) (token string, a *Agent, keep bool, err error) {
	sum := sha256.Sum256([]byte(step))
	var id AgentID
	err = d.read().QueryRowContext(ctx, "select agent_id, keep, sign_on from login_steps where token_hash = ? and expires_at > ? and tries < ?", sum[:], ms(d.Clock()), stepTries).Scan(&id, &in.Keep, &in.SignOn)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil, false, &Error{Kind: KindUnauthorized, Key: "error.code_over"}
	}
	if err == nil {
		a, err = findAgent(ctx, d.read(), id)
	}
	if err != nil {
		return "", nil, false, err
	}
	if !a.Enabled {
		return "", nil, false, &Error{Kind: KindUnauthorized, Key: "error.login_wrong"}
	}
	if !d.throttle.allowCode(d.Clock(), a.ID, in.IP, d.beenThere(ctx, a.Email, in.IP)) {
		return "", nil, false, &Error{Kind: KindTooMany, Key: "error.too_many_logins"}
	}
	right := false
	err = d.Write(ctx, a.Actor(), func(tx *Tx) (err error) {
		res, err := tx.Exec("update login_steps set tries = tries + 1 where token_hash = ? and tries < ?", sum[:], stepTries)
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return &Error{Kind: KindUnauthorized, Key: "error.code_over"}
		}
		if right, err = tx.takeCode(ctx, a, code); err == nil && !right {
			return tx.wrongCode(ctx, a, sum[:], in.IP) // the try is counted
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec("delete from login_steps where token_hash = ?", sum[:])
		return err
	})
	if err != nil {
		return "", nil, false, err
	}
	if !right {
		return "", nil, false, codeWrong
	}
	token, err = d.openSession(ctx, a, in)
	return token, a, in.Keep, err
}

// wrongCode tells the agent, once a day, when somebody who has his password has used up the codes that he may try with it.
func (tx *Tx) wrongCode(ctx context.Context, a *Agent, step []byte, ip string) error {
	var tries int
	if err := tx.QueryRowContext(ctx, "select tries from login_steps where token_hash = ?", step).Scan(&tries); err != nil || tries < stepTries {
		return err
	}
	return tx.tellOnce(ctx, a, fmt.Sprintf("codes %d %s", a.ID, tx.now.Format(time.DateOnly)), "codes", ip)
}

// takeCode uses up a code of the app, or a recovery code.
func (tx *Tx) takeCode(ctx context.Context, a *Agent, code string) (bool, error) {
	code = strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(strings.TrimSpace(code)))
	if len(code) != 6 {
		sum := sha256.Sum256([]byte(code))
		res, err := tx.Exec("delete from recovery_codes where agent_id = ? and code_hash = ?", a.ID, sum[:])
		if err != nil {
			return false, err
		}
		n, err := res.RowsAffected()
		if n == 0 || err != nil {
			return false, err
		}
		return true, tx.Record(AgentChanged, 0, int64(a.ID), Facts{"recovery_code_used": true})
	}
	secret, last, err := tx.d.twoFactorSecret(ctx, tx, a.ID)
	if err != nil {
		return false, err
	}
	step := codeStep(secret, code, tx.now, last)
	if step == 0 {
		return false, nil
	}
	_, err = tx.Exec("update two_factors set last_step = ? where agent_id = ?", step, a.ID)
	return err == nil, err
}

// codeStep finds the period whose code it is, after the last one that was used; 0 when it is none.
func codeStep(secret, code string, now time.Time, last int64) (found int64) {
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	if secret == "" || len(code) != 6 {
		return 0
	}
	at := now.Unix() / stepPeriod
	for step := at - stepSkew; step <= at+stepSkew; step++ {
		want, err := hotp.GenerateCodeCustom(secret, uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && step > last && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			found = step
		}
	}
	return found
}

// secretBegun is the secret that an agent has begun with and given no code of: his first, or that of another phone.
func (d *Desk) secretBegun(ctx context.Context, r reader, a *Agent) (secret string, last int64, err error) {
	if a.TwoFactor {
		return d.unsealTwoFactor(a.ID, r.QueryRowContext(ctx, "select fresh, 0 from two_factors where agent_id = ? and fresh_at > ?", a.ID, ms(d.Clock().Add(-freshLives))))
	}
	return d.twoFactorSecret(ctx, r, a.ID)
}

func (d *Desk) twoFactorSecret(ctx context.Context, r reader, id AgentID) (secret string, last int64, err error) {
	return d.unsealTwoFactor(id, r.QueryRowContext(ctx, "select secret, last_step from two_factors where agent_id = ?", id))
}

func (d *Desk) unsealTwoFactor(id AgentID, row scanner) (secret string, last int64, err error) {
	var sealed []byte
	err = row.Scan(&sealed, &last)
	if errors.Is(err, sql.ErrNoRows) {
		return "", 0, nil
	}
	if err != nil {
		return "", 0, err
	}
	plain, err := d.box.Unseal(sealed, twoFactorOf(id))
	if IsSealed(err) { // its key is lost: no code is right, but a recovery code is
		return "", last, nil
	}
	return string(plain), last, err
}

func twoFactorOf(id AgentID) string { return fmt.Sprintf("two factor %d", id) }

// newRecovery makes ten codes of fifty bits, told once and kept as hashes.
func (tx *Tx) newRecovery(id AgentID) (codes []string, err error) {
	if _, err := tx.Exec("delete from recovery_codes where agent_id = ?", id); err != nil {
		return nil, err
	}
	for range recoveryCount {
		code := rand.Text()[:10]
		sum := sha256.Sum256([]byte(code))
		if _, err := tx.Exec("insert into recovery_codes(agent_id, code_hash) values (?, ?)", id, sum[:]); err != nil {
			return nil, err
		}
		codes = append(codes, code[:5]+"-"+code[5:])
	}
	return codes, nil
}

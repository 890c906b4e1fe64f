package desk

import (
	"context"
	"crypto/sha256"
	"time"
)

const (
	placesKept = 400 * 24 * time.Hour
	provedFor  = time.Hour     // pages that ask for more trust open so long after the password was said
	provedSend = 2 * time.Hour // and what they send is taken so long after it
)

func placeOf(network, browser string) []byte {
	sum := sha256.Sum256([]byte(network + "\n" + browser))
	return sum[:]
}

// arrived remembers where an agent logs in, and tells him by mail when he never did so before from this network with this browser.
// His very first log-in tells nobody, and where no mail goes out it is left.
func (tx *Tx) arrived(ctx context.Context, a *Agent, in Credentials) error {
	here, there := network(in.IP), 0
	var known bool
	err := tx.QueryRowContext(ctx, "select count(*), coalesce(max(place = ?), 0) from login_places where agent_id = ?", placeOf(here, in.Browser), a.ID).Scan(&there, &known)
	if err != nil {
		return err
	}
	if _, err := tx.Exec("insert into login_places(agent_id, place, network, seen_at) values (?1, ?2, ?3, ?4) on conflict do update set seen_at = ?4",
		a.ID, placeOf(here, in.Browser), placeOf(here, ""), ms(tx.now)); err != nil {
		return err
	}
	if _, err := tx.Exec("delete from login_places where agent_id = ? and seen_at < ?", a.ID, ms(tx.now.Add(-placesKept))); err != nil || known || there == 0 {
		return err
	}
	return tx.tell(ctx, a, "login", in.Browser, in.IP)
}

// tell mails an agent what happened to his account, if mail goes out at all.
func (tx *Tx) tell(ctx context.Context, a *Agent, what string, args ...string) error {
	return tx.tellOnce(ctx, a, "", what, args...)
}

// tellOnce is tell that says the same never twice; see SystemMail.Once.
func (tx *Tx) tellOnce(ctx context.Context, a *Agent, once, what string, args ...string) error {
	zone := a.TimeZone
	if zone == "" {
		company := Company{TimeZone: "UTC"}
		if err := readSetting(ctx, tx, "company", &company); err != nil {
			return err
		}
		zone = company.TimeZone
	}
	at := tx.now
	if l, err := time.LoadLocation(zone); err == nil {
		at = at.In(l)
	}
	_, err := tx.SendSystemMail(ctx, SystemMail{AgentID: a.ID, What: what, Once: once, Words: SystemWords{Args: append([]string{at.Format("2006-01-02 15:04 MST")}, args...), Path: "/profile"}})
	if IsConflict(err) {
		return nil
	}
	return err
}

// beenThere says whether the owner of an account has logged in from this network.
func (d *Desk) beenThere(ctx context.Context, email, ip string) bool {
	var n int
	err := d.read().QueryRowContext(ctx, "select count(*) from login_places p join agents a on a.id = p.agent_id where a.email = ? and p.network = ?", email, placeOf(network(ip), "")).Scan(&n)
	return err == nil && n > 0
}

// Prove notes that the one at a session has just said the agent's password.
func (d *Desk) Prove(ctx context.Context, by Actor, session SessionID, password string) error {
	if err := d.checkOwn(ctx, by, "password", password); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		_, err := tx.Exec("update sessions set proved_at = ? where id = ? and agent_id = ?", ms(d.steady()), session, by.Agent())
		return err
	})
}

// Proven says whether the password was said at this session lately: to open a page that changes what protects the desk, or to
// send it, which may take a while longer.
func (s *Session) Proven(send bool) bool {
	now := s.asked
	limit := provedFor
	if send {
		limit = provedSend
	}
	return now.Sub(s.ProvedAt) < limit && !now.Before(s.ProvedAt.Add(-time.Minute))
}

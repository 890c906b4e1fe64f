package desk

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// AttendanceList asks when agents came, went and changed their presence. Empty fields do not filter.
type AttendanceList struct {
	AgentID  AgentID
	From, To time.Time // To is not in it
	Before   EventID   // of the last line of the page before
	Limit    int       // 1 to 200
}

// Attended is one time that an agent logged in, logged out or changed his presence.
type Attended struct {
	ID    EventID
	At    time.Time
	Name  EventName // AgentLoggedIn, AgentLoggedOut or AgentPresence
	Agent Agent     // his id, name and address
	Was   string    // the presence before
	Is    string    // and after
	IP    string    // from where he logged in
	By    Actor     // who did it: he himself, an admin, or the program
}

// Attendance lists what happened, the newest first, and answers where the next page begins, 0 at the end.
func (d *Desk) Attendance(ctx context.Context, by Actor, l AttendanceList) ([]*Attended, EventID, error) {
	if err := by.Can(ManageAgents); err != nil {
		return nil, 0, err
	}
	q := &query{}
	q.and("e.name in ('agent.logged_in', 'agent.logged_out', 'agent.presence')")
	if l.AgentID != 0 {
		q.and("e.subject_id = ?", l.AgentID)
	}
	if !l.From.IsZero() {
		q.and("e.at >= ?", ms(l.From))
	}
	if !l.To.IsZero() {
		q.and("e.at < ?", ms(l.To))
	}
	if l.Before != 0 {
		q.and("e.id < ?", l.Before)
	}
	q.args = append(q.args, l.Limit+1)
	rows, err := d.read().QueryContext(ctx, `select e.id, e.at, e.name, e.actor_kind, e.actor_id, a.id, a.name, a.email, coalesce(e.data ->> 'was', ''), coalesce(e.data ->> 'presence', ''), coalesce(e.data ->> 'ip', '')
		from events e indexed by events_attendance join agents a on a.id = e.subject_id where `+strings.Join(q.where, " and ")+fmt.Sprintf(" order by e.id desc limit ?%d", len(q.args)), q.args...)
	list, err := collect(rows, err, func(row scanner) (*Attended, error) {
		var t Attended
		var when int64
		err := row.Scan(&t.ID, &when, &t.Name, &t.By.Kind, &t.By.ID, &t.Agent.ID, &t.Agent.Name, &t.Agent.Email, &t.Was, &t.Is, &t.IP)
		t.At = at(when)
		return &t, err
	})
	if err != nil || len(list) <= l.Limit {
		return list, 0, err
	}
	return list[:l.Limit], list[l.Limit-1].ID, nil
}

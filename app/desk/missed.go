package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Missed are the unread notifications of those who chose to be mailed and have waited that long, whom no push reaches and who got
// no such mail within apart, by agent, the newest first. What is older than stale is left out.
func (d *Desk) Missed(ctx context.Context, by Actor, stale, apart time.Duration) (map[AgentID][]*Notification, error) {
	if !by.isSystem() {
		return nil, Forbidden
	}
	now := d.Clock()
	rows, err := d.read().QueryContext(ctx, "select "+notificationColumns+", a.preferences from"+fmt.Sprintf(notificationTables, "")+`join agents a on a.id = n.agent_id
		where n.read_at is null and n.mailed_at is null and n.created_at > ?1 and a.enabled and a.deleted_at is null and n.what <> 'mail_failed'
		and not exists (select 1 from push_subscriptions s where s.agent_id = a.id and s.error = '')
		and not exists (select 1 from notifications m where m.agent_id = a.id and m.mailed_at > ?2) order by n.created_at desc, n.id desc limit 2000`, ms(now.Add(-stale)), ms(now.Add(-apart)))
	type missed struct {
		n     *Notification
		after int
	}
	list, err := collect(rows, err, func(row scanner) (m missed, err error) {
		var text string
		if m.n, err = scanNotification(with(row, &text)); err != nil {
			return m, err
		}
		var p Preferences
		err = json.Unmarshal([]byte(text), &p)
		m.after = p.MailAfterMinutes()
		return m, err
	})
	all, due := map[AgentID][]*Notification{}, map[AgentID]bool{}
	for _, m := range list {
		if m.after < 0 {
			continue
		}
		all[m.n.AgentID] = append(all[m.n.AgentID], m.n)
		if now.Sub(m.n.CreatedAt) >= time.Duration(m.after)*time.Minute {
			due[m.n.AgentID] = true // and what came since goes with it
		}
	}
	for id := range all {
		if !due[id] {
			delete(all, id)
		}
	}
	return all, err
}

// MailMissed queues the mail about some notifications, which are not mailed again.
func (d *Desk) MailMissed(ctx context.Context, by Actor, ids []NotificationID, m SystemMail) error {
	if !by.isSystem() {
		return Forbidden
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		if _, err := tx.SendSystemMail(ctx, m); err != nil {
			return err
		}
		_, err := tx.Exec("update notifications set mailed_at = ? where id in (select value from json_each(?))", ms(tx.now), jsonList(ids))
		return err
	})
}

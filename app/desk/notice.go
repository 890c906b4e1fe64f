package desk

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// Notice is what an admin tells the agents: all, or those of some teams and some by name.
type Notice struct {
	ID        NoticeID
	By        string // who wrote it; empty: the desk itself
	Subject   string
	Text      string
	FileID    string // public id of an attachment; empty: none
	TeamIDs   []TeamID
	AgentIDs  []AgentID
	CreatedAt time.Time
}

type audience struct {
	Teams  []TeamID  `json:"teams,omitempty"`
	Agents []AgentID `json:"agents,omitempty"`
}

// SendNotice tells agents something; each gets a notification of it.
func (d *Desk) SendNotice(ctx context.Context, by Actor, in Notice) (*Notice, error) {
	if err := by.Can(ManageCompany); err != nil {
		return nil, err
	}
	var c check
	in.Subject, in.Text = oneLine(in.Subject), strings.TrimSpace(in.Text)
	if in.Subject == "" {
		c.fault("subject", "fault.subject_missing")
	}
	if utf8.RuneCountInString(in.Subject) > 120 {
		c.fault("subject", "fault.too_long", 120)
	}
	if in.Text == "" {
		c.fault("text", "fault.notice_empty")
	}
	if utf8.RuneCountInString(in.Text) > 5000 {
		c.fault("text", "fault.too_long", 5000)
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	err := d.Write(ctx, by, func(tx *Tx) error { return tx.sendNotice(ctx, &in) })
	return &in, err
}

func (tx *Tx) sendNotice(ctx context.Context, in *Notice) error {
	to, err := json.Marshal(audience{in.TeamIDs, in.AgentIDs})
	if err != nil {
		return err
	}
	if in.FileID != "" {
		if _, err := tx.claimFiles(ctx, tx.by, []string{in.FileID}); err != nil {
			return err
		}
	}
	in.By, in.CreatedAt = tx.by.Name, tx.now
	if err := tx.QueryRow("insert into notices(agent_id, subject, text, file, audience, created_at) values (?, ?, ?, ?, ?, ?) returning id",
		nullID(tx.by.Agent()), in.Subject, in.Text, in.FileID, string(to), ms(tx.now)).Scan(&in.ID); err != nil {
		return err
	}
	rows, err := tx.Query(`select id from agents where enabled and deleted_at is null and id <> ?3 and (?1 = '[]' and ?2 = '[]' or id in (select value from json_each(?2))
		or id in (select agent_id from team_members where team_id in (select value from json_each(?1))))`, jsonList(in.TeamIDs), jsonList(in.AgentIDs), tx.by.Agent())
	agents, err := collect(rows, err, func(row scanner) (a AgentID, err error) { return a, row.Scan(&a) })
	if err != nil {
		return err
	}
	if len(agents) == 0 {
		return Invalid("to", "fault.nobody_to_tell")
	}
	if err := tx.Record(NoticeSent, 0, int64(in.ID), Facts{"to": len(agents)}); err != nil {
		return err
	}
	return tx.notify(NewNotification{To: agents, Category: "notice", What: "notice", NoticeID: in.ID, By: in.By, EventID: -EventID(in.ID)}) // a notice is no event's; its number keeps it apart
}

const noticeColumns = "o.id, coalesce(a.name, ''), o.subject, o.text, o.file, o.audience, o.created_at from notices o left join agents a on a.id = o.agent_id"

func scanNotice(row scanner) (*Notice, error) {
	var n Notice
	var to string
	var created int64
	err := row.Scan(&n.ID, &n.By, &n.Subject, &n.Text, &n.FileID, &to, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	if err != nil {
		return nil, err
	}
	var a audience
	n.CreatedAt = at(created)
	err = json.Unmarshal([]byte(to), &a)
	n.TeamIDs, n.AgentIDs = a.Teams, a.Agents
	return &n, err
}

// Notice finds one that the acting agent was told, or wrote; an admin sees all.
func (d *Desk) Notice(ctx context.Context, by Actor, id NoticeID) (*Notice, error) {
	return scanNotice(d.read().QueryRowContext(ctx, "select "+noticeColumns+" where o.id = ?1 and (?2 or exists (select 1 from notifications n where n.notice_id = o.id and n.agent_id = ?3))", id, by.IsAdmin(), by.Agent()))
}

// Released tells the agents that the program was exchanged for another version, once for each. The first start of a desk tells nobody.
func (d *Desk) Released(ctx context.Context, by Actor, version string) error {
	if !by.isSystem() {
		return Forbidden
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		var before string
		if err := readSetting(ctx, tx, "version", &before); err != nil || before == version {
			return err
		}
		if err := tx.set("version", version); err != nil {
			return err
		}
		if before == "" {
			return nil
		}
		return tx.Record(DeskReleased, 0, 0, Facts{"version": version, "was": before})
	})
}

// PartChanged notes that a part of the desk failed, or is well again; admins are told of every change. Which one of several is in of.
func (d *Desk) PartChanged(ctx context.Context, by Actor, part, of string, failed bool) error {
	if !by.isSystem() {
		return Forbidden
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		known, key := map[string]bool{}, part+" "+of
		if err := readSetting(ctx, tx, "failed_parts", &known); err != nil || known[key] == failed {
			return err
		}
		name := PartWell
		if delete(known, key); failed {
			name, known[key] = PartFailed, true
		}
		if err := tx.set("failed_parts", known); err != nil {
			return err
		}
		return tx.Record(name, 0, 0, Facts{"part": part, "of": of})
	})
}

// PartGone forgets that admins were told of a part, which is no more: another one of its name begins anew. Nobody is told that it works.
func (d *Desk) PartGone(ctx context.Context, by Actor, key string) error {
	if !by.isSystem() {
		return Forbidden
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		known := map[string]bool{}
		if err := readSetting(ctx, tx, "failed_parts", &known); err != nil || !known[key] {
			return err
		}
		delete(known, key)
		return tx.set("failed_parts", known)
	})
}

// FailedParts are the parts of which admins were told last that they failed, as "part of".
func (d *Desk) FailedParts(ctx context.Context, by Actor) (map[string]bool, error) {
	if err := by.Can(SeeHealth); err != nil {
		return nil, err
	}
	known := map[string]bool{}
	return known, d.setting(ctx, "failed_parts", &known)
}

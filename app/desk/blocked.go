package desk

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// BlockedSender is a mail address, or a whole domain, whose mails are set aside: nobody is disturbed and nothing is lost.
type BlockedSender struct {
	ID        BlockedSenderID
	Pattern   string // mei@example.com, or @example.com for the domain and all below it
	Reason    string
	AgentName string // who blocked it; empty when he is gone
	CreatedAt time.Time
	Hits      int       // mails that were set aside since
	HitAt     time.Time // the last of them; zero: none
}

const blockedColumns = "b.id, b.pattern, b.reason, coalesce(a.name, ''), b.created_at, b.hits, b.hit_at from blocked_senders b left join agents a on a.id = b.agent_id"

func scanBlocked(row scanner) (*BlockedSender, error) {
	var b BlockedSender
	var created int64
	var hit sql.NullInt64
	err := row.Scan(&b.ID, &b.Pattern, &b.Reason, &b.AgentName, &created, &b.Hits, &hit)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	b.CreatedAt, b.HitAt = at(created), atNull(hit)
	return &b, err
}

// BlockSender sets the mails of an address or a domain (@example.com) aside from now on. To block it twice is no fault.
func (d *Desk) BlockSender(ctx context.Context, by Actor, pattern, reason string) (*BlockedSender, error) {
	if err := by.Can(ManageInboxes); err != nil {
		return nil, err
	}
	pattern, reason = strings.ToLower(strings.TrimSpace(pattern)), strings.TrimSpace(reason)
	var c check
	if domain, whole := strings.CutPrefix(pattern, "@"); whole {
		if !strings.Contains(domain, ".") || strings.ContainsAny(domain, " @<>,;*") {
			c.fault("pattern", "fault.sender_wrong")
		}
	} else {
		pattern = strings.ToLower(checkEmail(&c, "pattern", pattern))
		if strings.Contains(pattern, "*") {
			c.fault("pattern", "fault.sender_wrong")
		}
	}
	if utf8.RuneCountInString(reason) > 500 {
		c.fault("reason", "fault.too_long", 500)
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	var b *BlockedSender
	err := d.Write(ctx, by, func(tx *Tx) error {
		boxes, err := tx.Mailboxes(ctx)
		if err != nil {
			return err
		}
		for _, box := range boxes {
			if rank, _ := box.Reach(pattern); rank > caught || pattern[0] == '@' && strings.HasSuffix(box.Address, pattern) {
				return Invalid("pattern", "fault.sender_ours")
			}
		}
		res, err := tx.Exec("insert into blocked_senders(pattern, reason, agent_id, created_at) values (?, ?, ?, ?) on conflict do nothing", pattern, reason, nullID(by.Agent()), ms(tx.now))
		if err != nil {
			return err
		}
		if b, err = scanBlocked(tx.QueryRowContext(ctx, "select "+blockedColumns+" where b.pattern = ?", pattern)); err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return nil
		}
		return tx.Record(SenderBlocked, 0, int64(b.ID), Facts{"on": true})
	})
	return b, err
}

// UnblockSender lets the mails of a blocked sender come again. Those that were set aside meanwhile stay in the ledger, from where they
// can be brought back.
func (d *Desk) UnblockSender(ctx context.Context, by Actor, id BlockedSenderID) error {
	if err := by.Can(ManageInboxes); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		res, err := tx.Exec("delete from blocked_senders where id = ?", id)
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return NotFound
		}
		return tx.Record(SenderBlocked, 0, int64(id), Facts{"on": false})
	})
}

// BlockedList asks for a page of blocked senders, the newest first.
type BlockedList struct {
	Query  string          // part of the address or the reason
	Before BlockedSenderID // the last one of the page before; 0: from the newest
	Limit  int             // 1 to 200
}

// BlockedSenders lists blocked senders and says whether there are more.
func (d *Desk) BlockedSenders(ctx context.Context, by Actor, l BlockedList) (list []*BlockedSender, more bool, err error) {
	if err := by.Can(ManageInboxes); err != nil {
		return nil, false, err
	}
	if l.Before == 0 {
		l.Before = 1 << 62
	}
	rows, err := d.read().QueryContext(ctx, "select "+blockedColumns+" where b.id < ?1 and (instr(lower(b.pattern), ?2) or instr(lower(b.reason), ?2) or ?2 = '') order by b.id desc limit ?3",
		l.Before, strings.ToLower(strings.TrimSpace(l.Query)), l.Limit+1)
	if list, err = collect(rows, err, scanBlocked); err == nil && len(list) > l.Limit {
		list, more = list[:l.Limit], true
	}
	return list, more, err
}

// SenderBlocked says whether the mails of an address are to be set aside, and by which word: it or its domain is blocked, or it is a
// customer's who is on the blacklist. It counts the mail.
func (tx *Tx) SenderBlocked(ctx context.Context, address string) (blocked bool, why string, err error) {
	_, domain, ok := strings.Cut(address, "@")
	if !ok {
		return false, "", nil
	}
	patterns := []any{address}
	for domain != "" && len(patterns) < 20 {
		patterns = append(patterns, "@"+domain)
		_, domain, _ = strings.Cut(domain, ".")
	}
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(patterns)), ", ")
	err = tx.QueryRowContext(ctx, "update blocked_senders set hits = hits + 1, hit_at = ? where id = (select id from blocked_senders where pattern in ("+marks+") order by length(pattern) desc limit 1) returning pattern",
		append([]any{ms(tx.now)}, patterns...)...).Scan(&why)
	if err == nil || !errors.Is(err, sql.ErrNoRows) {
		return err == nil, why, err
	}
	c, err := findByIdentity(ctx, tx, Identity{Channel: Email, ExternalID: address})
	if err != nil {
		return false, "", notMissing(err)
	}
	return !c.BlacklistedAt.IsZero(), c.BlacklistReason, nil
}

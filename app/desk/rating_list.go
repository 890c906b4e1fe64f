package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// RatingList asks for a page of the ratings that were given. Empty fields do not filter.
type RatingList struct {
	Stars    int
	AgentID  AgentID // for whom it counts
	TeamID   TeamID
	InboxID  InboxID
	Kind     string    // chat or ticket
	Solved   string    // yes, no, or unsaid
	Remark   bool      // those with a remark alone
	From, To time.Time // when it was given; zero: any time. To is not in it
	Before   string    // cursor of the page before
	Limit    int       // 1 to 200
}

// RatingRow is one rating with what it is about.
type RatingRow struct {
	Rating
	TicketID       TicketID // 0: a chat
	Subject        string
	CustomerID     CustomerID
	CustomerPublic string
	CustomerName   string
	CustomerEmail  string
	InboxName      string
	TeamName       string
	Agents         []string // for whom it counts
}

// RatingSum sums up what a list shows.
type RatingSum struct {
	Count   int
	Average float64 // of stars; 0 without any
	Each    [5]int  // how many of one star, two …
	Solved  int     // of Said
	Said    int     // how many said whether it is solved
}

// Percent is the share of n in all, in whole percents.
func (s RatingSum) Percent(n int) int {
	if s.Count == 0 {
		return 0
	}
	return (100*n + s.Count/2) / s.Count
}

func (l *RatingList) query() *query {
	q := &query{}
	q.and("r.rated_at is not null")
	for _, f := range []struct {
		is   bool
		what string
		arg  any
	}{
		{l.Stars != 0, "r.stars = ?", l.Stars},
		{l.AgentID != 0, "r.conversation_id in (select conversation_id from rating_agents where agent_id = ?)", l.AgentID},
		{l.TeamID != 0, "c.team_id = ?", l.TeamID}, {l.InboxID != 0, "c.inbox_id = ?", l.InboxID}, {l.Kind != "", "c.kind = ?", l.Kind},
		{!l.From.IsZero(), "r.rated_at >= ?", ms(l.From)}, {!l.To.IsZero(), "r.rated_at < ?", ms(l.To)},
	} {
		if f.is {
			q.and(f.what, f.arg)
		}
	}
	switch l.Solved {
	case "yes":
		q.and("r.solved = 1")
	case "no":
		q.and("r.solved = 0")
	case "unsaid":
		q.and("r.solved is null")
	}
	if l.Remark {
		q.and("r.remark <> ''")
	}
	return q
}

// Ratings lists the ratings that were given, the newest first, and answers the cursor of the next page, empty at the end.
func (d *Desk) Ratings(ctx context.Context, by Actor, l RatingList) ([]*RatingRow, string, error) {
	if err := by.Can(SeeRatings); err != nil {
		return nil, "", err
	}
	cur, err := parseCursor(l.Before)
	if err != nil {
		return nil, "", err
	}
	q := l.query()
	q.and("(r.rated_at, r.conversation_id) < (?, ?)", cur.at, cur.id)
	q.args = append(q.args, l.Limit+1)
	rows, err := d.read().QueryContext(ctx, "select "+ratingColumns+`, coalesce(tk.id, 0), coalesce(tk.subject, ''), c.customer_id, k.public_id, k.name, k.email, i.name, coalesce(t.name, ''),
		(select json_group_array(a.name) from rating_agents g join agents a on a.id = g.agent_id where g.conversation_id = r.conversation_id)
		from ratings r cross join conversations c on c.id = r.conversation_id join customers k on k.id = c.customer_id join inboxes i on i.id = c.inbox_id
		left join teams t on t.id = c.team_id left join tickets tk on tk.conversation_id = c.id
		where `+strings.Join(q.where, " and ")+fmt.Sprintf(" order by r.rated_at desc, r.conversation_id desc limit ?%d", len(q.args)), q.args...)
	list, err := collect(rows, err, func(row scanner) (*RatingRow, error) {
		var r RatingRow
		var agents string
		if err := r.scan(row, &r.TicketID, &r.Subject, &r.CustomerID, &r.CustomerPublic, &r.CustomerName, &r.CustomerEmail, &r.InboxName, &r.TeamName, &agents); err != nil {
			return nil, err
		}
		return &r, json.Unmarshal([]byte(agents), &r.Agents)
	})
	if err != nil {
		return nil, "", err
	}
	return page(list, l.Limit, func(r *RatingRow) cursor { return cursor{ms(r.RatedAt), int64(r.ConversationID)} })
}

// RatingSum sums up the ratings of a list, over all its pages.
func (d *Desk) RatingSum(ctx context.Context, by Actor, l RatingList) (s RatingSum, err error) {
	if err := by.Can(SeeRatings); err != nil {
		return s, err
	}
	q := l.query()
	from := " from ratings r"
	if l.TeamID != 0 || l.InboxID != 0 || l.Kind != "" {
		from += " cross join conversations c on c.id = r.conversation_id"
	}
	err = d.read().QueryRowContext(ctx, `select count(*), coalesce(avg(r.stars), 0), count(*) filter (where r.stars = 1), count(*) filter (where r.stars = 2), count(*) filter (where r.stars = 3),
		count(*) filter (where r.stars = 4), count(*) filter (where r.stars = 5), count(*) filter (where r.solved = 1), count(r.solved)`+from+" where "+strings.Join(q.where, " and "), q.args...).
		Scan(&s.Count, &s.Average, &s.Each[0], &s.Each[1], &s.Each[2], &s.Each[3], &s.Each[4], &s.Solved, &s.Said)
	return s, err
}

package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"deskbell/app/sqlite"
)

// EndedList asks for a page of the chats that are over. Empty fields do not filter.
type EndedList struct {
	From, To    time.Time // when it was closed; zero: any time. To is not in it
	Channel     string
	InboxID     InboxID
	TeamID      TeamID
	Tagged      string  // with or without: it has some tag, or none
	TagIDs      []TagID // it has one of these
	Transferred string  // yes or no
	Type        string  // normal: the customer began it; callback: an agent did
	AgentID     AgentID // took part in it; of those who see everybody's
	Stars       int     // of those who see ratings
	Query       string  // a conversation's number, whenever it was closed, or else part of the customer's name or address
	ID          ConversationID
	Before      string // cursor of the page before
	Limit       int    // 1 to 200
}

// Ended is a chat that is over, with what a list of them shows besides.
type Ended struct {
	*Conversation
	Messages  int      // without the lines that say what happened
	Agents    []string // who took part in it, the first one first
	Tags      []string // paths, "Orders / Late"
	Remark    string
	Stars     int // that the customer gave; 0: none, or the actor does not see ratings
	Transfers int // how often it was handed on
	Callback  bool
	Connected time.Time // when the first agent came; zero: none did
	Replied   time.Time // when an agent last answered; zero: none did
}

// seesAllHistory tells whether the actor sees what others served.
func seesAllHistory(by Actor) bool { return by.isSystem() || by.IsAdmin() }

// listed is the condition that a list of ids in a column of conversations has one of these.
func listed(column string, ids int) string {
	return "(" + strings.TrimSuffix(strings.Repeat("instr(c."+column+", ',' || ? || ',') or ", ids), " or ") + ")"
}

func (l *EndedList) query(by Actor) *query {
	q := &query{args: []any{by.Agent()}}
	q.and("c.kind = 'chat' and c.status = 'closed'")
	if !seesAllHistory(by) {
		q.and(listed("served", 1), by.Agent())
	}
	for _, f := range []struct {
		is   bool
		what string
		arg  any
	}{
		{!l.From.IsZero(), "c.closed_at >= ?", ms(l.From)}, {!l.To.IsZero(), "c.closed_at < ?", ms(l.To)},
		{l.InboxID != 0, "c.inbox_id = ?", l.InboxID}, {l.TeamID != 0, "c.team_id = ?", l.TeamID},
		{l.Channel != "", "c.inbox_id in (select id from inboxes where channel = ?)", l.Channel},
		{l.AgentID != 0 && seesAllHistory(by), listed("served", 1), l.AgentID},
		{l.Stars != 0 && by.May(SeeRatings), "c.stars = ?", l.Stars}, {l.ID != 0, "c.id = ?", l.ID},
	} {
		if f.is {
			q.and(f.what, f.arg)
		}
	}
	for _, f := range []struct{ value, is, what string }{
		{l.Tagged, "with", "c.tagged <> ''"}, {l.Tagged, "without", "c.tagged = ''"},
		{l.Transferred, "yes", "c.transfers > 0"}, {l.Transferred, "no", "c.transfers = 0"},
		{l.Type, "callback", "c.called_back = 1"}, {l.Type, "normal", "c.called_back = 0"},
	} {
		if f.value == f.is {
			q.and(f.what)
		}
	}
	if len(l.TagIDs) > 0 {
		ids := make([]any, len(l.TagIDs))
		for i, id := range l.TagIDs {
			ids[i] = id
		}
		q.and(listed("tagged", len(ids)), ids...)
	}
	if text := strings.TrimSpace(l.Query); text != "" {
		match := sqlite.PairsMatch(text)
		q.and("c.customer_id in (select rowid from customer_search where ? <> '' and customer_search match ?)", match, match)
	}
	return q
}

// Ended lists chats that are over, the last closed first: all of them for who sees everybody's, and for an agent those that he took
// part in. It answers the cursor of the next page, empty at the end.
func (d *Desk) Ended(ctx context.Context, by Actor, l EndedList) ([]*Ended, string, error) {
	if err := by.Can(Serve); err != nil {
		return nil, "", err
	}
	if id, err := ParseID[ConversationID](strings.TrimPrefix(strings.TrimSpace(l.Query), "#")); err == nil && l.ID == 0 && l.Before == "" {
		if list, _, err := d.Ended(ctx, by, EndedList{ID: id, Limit: 1}); err != nil || len(list) > 0 {
			return list, "", err
		}
	}
	if len(l.TagIDs) > tagsEach {
		return nil, "", Invalid("tag", "fault.too_long", tagsEach)
	}
	cur, err := parseCursor(l.Before)
	if err != nil {
		return nil, "", err
	}
	q := l.query(by)
	along := " indexed by conversations_closed"
	if l.ID != 0 {
		along = ""
	}
	q.and("(c.closed_at, c.id) < (?, ?)", cur.at, cur.id)
	q.args = append(q.args, l.Limit+1)
	const order = "c.closed_at desc, c.id desc"
	// First which ones, along an index that has all that is asked; then what is shown of them.
	picked := "select c.id from conversations c" + along + " where " + strings.Join(q.where, " and ") + fmt.Sprintf(" order by %s limit ?%d", order, len(q.args))
	rows, err := d.read().QueryContext(ctx, "with picked as materialized ("+picked+") select "+conversationColumns+" from picked cross join conversations c on c.id = picked.id"+conversationBeside+" order by "+order, q.args...)
	list, err := collect(rows, err, scanConversation)
	if err != nil {
		return nil, "", err
	}
	list, next, err := page(list, l.Limit, func(c *Conversation) cursor { return cursor{ms(c.ClosedAt), int64(c.ID)} })
	if err != nil {
		return nil, "", err
	}
	ended, err := d.ended(ctx, by, list)
	return ended, next, err
}

// ended reads what stands beside chats that are over.
func (d *Desk) ended(ctx context.Context, by Actor, list []*Conversation) ([]*Ended, error) {
	all, byID := make([]*Ended, len(list)), make(map[ConversationID]*Ended, len(list))
	ids := make([]ConversationID, len(list))
	for i, c := range list {
		all[i] = &Ended{Conversation: c}
		byID[c.ID], ids[i] = all[i], c.ID
	}
	set, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	rows, err := d.read().QueryContext(ctx, `select c.id, c.remark, c.stars, c.transfers, c.called_back, c.tagged,
		(select count(*) from messages m where m.conversation_id = c.id and m.kind <> 'event'),
		coalesce((select max(m.created_at) from messages m where m.conversation_id = c.id and m.author_kind = 'agent' and m.visibility = 'public' and m.kind <> 'event'), 0),
		coalesce((select min(p.joined_at) from participants p where p.conversation_id = c.id), 0),
		(select json_group_array(name) from (select a.name from participants p join agents a on a.id = p.agent_id where p.conversation_id = c.id order by p.joined_at, a.id))
		from json_each(?) x cross join conversations c on c.id = x.value`, string(set))
	type beside struct {
		id     ConversationID
		tagged string
	}
	tagged, err := collect(rows, err, func(row scanner) (b beside, err error) {
		var e Ended
		var agents string
		var replied, joined int64
		if err := row.Scan(&b.id, &e.Remark, &e.Stars, &e.Transfers, &e.Callback, &b.tagged, &e.Messages, &replied, &joined, &agents); err != nil {
			return b, err
		}
		if e.Conversation = byID[b.id].Conversation; !by.May(SeeRatings) {
			e.Stars = 0
		}
		if replied != 0 {
			e.Replied = at(replied)
		}
		if joined != 0 {
			e.Connected = at(joined)
		}
		*byID[b.id] = e
		return b, json.Unmarshal([]byte(agents), &byID[b.id].Agents)
	})
	if err != nil {
		return nil, err
	}
	paths, err := d.tagPaths(ctx)
	if err != nil {
		return nil, err
	}
	for _, b := range tagged {
		for _, id := range strings.Split(strings.Trim(b.tagged, ","), ",") {
			if path, ok := paths[id]; ok {
				byID[b.id].Tags = append(byID[b.id].Tags, path)
			}
		}
	}
	return all, nil
}

// tagPaths are the paths of all tags, of those that were deleted too, by their ids as they are written.
func (d *Desk) tagPaths(ctx context.Context) (map[string]string, error) {
	rows, err := d.read().QueryContext(ctx, tagTree)
	list, err := collect(rows, err, scanTag)
	paths := make(map[string]string, len(list))
	for _, t := range list {
		paths[t.ID.String()] = t.Path
	}
	return paths, err
}

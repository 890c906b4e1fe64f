package desk

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// RuleID is a rule's.
type RuleID int64

func (id RuleID) String() string { return fmt.Sprint(int64(id)) }

// Rule is what the desk does by itself: when something happens to a conversation, or nothing does for a while, if all conditions hold.
type Rule struct {
	ID        RuleID
	Name      string
	Position  int // they are tried in this order
	Enabled   bool
	Happens   string // one of RuleCauses
	Minutes   int    // for those of RuleWaits
	If        RuleIf
	Then      RuleThen
	Applied   int
	AppliedAt time.Time // zero: never
}

// RuleCauses are what sets a rule off; RuleWaits those among them that are a time: the customer waits for an answer, he has not answered
// ours, the conversation is so old.
var (
	RuleCauses = []string{"created", "received", "sent", "changed", "closed", "sla_warned", "sla_breached", "waiting", "silent", "age"}
	RuleWaits  = []string{"waiting", "silent", "age"}
)

// RuleIf are the conditions; an empty one asks nothing.
type RuleIf struct {
	Kind       string    `json:"kind,omitempty"` // chat or ticket
	Inboxes    []InboxID `json:"inboxes,omitempty"`
	Teams      []TeamID  `json:"teams,omitempty"`    // 0 among them: of no team
	Assigned   string    `json:"assigned,omitempty"` // nobody or somebody
	Statuses   []string  `json:"statuses,omitempty"`
	Priorities []string  `json:"priorities,omitempty"`
	Topics     []TopicID `json:"topics,omitempty"`
	Tags       []TagID   `json:"tags,omitempty"`
	Subject    string    `json:"subject,omitempty"` // contains, whatever the case
	Text       string    `json:"text,omitempty"`    // a message of the customer contains
	From       string    `json:"from,omitempty"`    // the customer's address contains
	Hours      string    `json:"hours,omitempty"`   // work or off: the company's default hours
}

// RuleThen is what is done, in this order; what is empty is left.
type RuleThen struct {
	TeamID   TeamID  `json:"team_id,omitempty"`
	AgentID  AgentID `json:"agent_id,omitempty"`
	Status   string  `json:"status,omitempty"`
	Priority string  `json:"priority,omitempty"`
	TopicID  TopicID `json:"topic_id,omitempty"`
	TagID    TagID   `json:"tag_id,omitempty"`
	Note     string  `json:"note,omitempty"`   // whispered
	Reply    string  `json:"reply,omitempty"`  // {{customer.name}} is filled in
	Notify   string  `json:"notify,omitempty"` // assignee, team or admins
}

const (
	rulesMax      = 200
	ruleText      = 5000          // characters of a note or a reply
	ruleLongest   = 366 * 24 * 60 // minutes
	rulesAnHour   = 30            // applied to one conversation at most
	ruleRunsKept  = 90 * 24 * time.Hour
	rulesTriedOn  = 50
	rulesTogether = 200 // conversations that one look at the clock deals with for a rule
)

// ByRule is the program as it follows a rule: what it does then sets off no rule.
func ByRule(r *Rule) Actor { return Actor{Kind: BySystem, ID: int64(r.ID), Name: r.Name} }

const ruleColumns = "id, name, position, enabled, happens, minutes, conditions, actions, applied, applied_at"

func scanRule(row scanner) (*Rule, error) {
	var r Rule
	var conditions, actions string
	var applied sql.NullInt64
	err := row.Scan(&r.ID, &r.Name, &r.Position, &r.Enabled, &r.Happens, &r.Minutes, &conditions, &actions, &r.Applied, &applied)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	if err != nil {
		return nil, err
	}
	r.AppliedAt = atNull(applied)
	return &r, errors.Join(json.Unmarshal([]byte(conditions), &r.If), json.Unmarshal([]byte(actions), &r.Then))
}

// Rules lists all rules in their order.
func (d *Desk) Rules(ctx context.Context, by Actor) ([]*Rule, error) {
	if !by.isSystem() {
		if err := by.Can(ManageTickets); err != nil {
			return nil, err
		}
	}
	rows, err := d.read().QueryContext(ctx, "select "+ruleColumns+" from rules order by position, id")
	return collect(rows, err, scanRule)
}

// SaveRule changes a rule, or makes one when its id is 0.
func (d *Desk) SaveRule(ctx context.Context, by Actor, in Rule) (*Rule, error) {
	if err := by.Can(ManageTickets); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	conditions, err := json.Marshal(in.If)
	if err != nil {
		return nil, err
	}
	actions, err := json.Marshal(in.Then)
	if err != nil {
		return nil, err
	}
	return &in, d.Write(ctx, by, func(tx *Tx) error {
		if err := tx.knownInRule(ctx, &in); err != nil {
			return err
		}
		if in.ID == 0 {
			var n int
			if err := tx.QueryRow("select count(*) from rules").Scan(&n); err != nil {
				return err
			}
			if n >= rulesMax {
				return Conflict("error.too_many_rules", rulesMax)
			}
			err = tx.QueryRow("insert into rules(name, position, enabled, happens, minutes, conditions, actions, created_at) values (?, ?, ?, ?, ?, ?, ?, ?) returning id",
				in.Name, in.Position, in.Enabled, in.Happens, in.Minutes, string(conditions), string(actions), ms(tx.now)).Scan(&in.ID)
		} else {
			err = tx.QueryRow("update rules set name = ?, position = ?, enabled = ?, happens = ?, minutes = ?, conditions = ?, actions = ? where id = ? returning id",
				in.Name, in.Position, in.Enabled, in.Happens, in.Minutes, string(conditions), string(actions), in.ID).Scan(&in.ID)
		}
		if errors.Is(err, sql.ErrNoRows) {
			return NotFound
		}
		if err != nil {
			return err
		}
		return tx.Record(RuleChanged, 0, int64(in.ID), nil)
	})
}

// DeleteRule takes a rule away.
func (d *Desk) DeleteRule(ctx context.Context, by Actor, id RuleID) error {
	if err := by.Can(ManageTickets); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		res, err := tx.Exec("delete from rules where id = ?", id)
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return NotFound
		}
		return tx.Record(RuleChanged, 0, int64(id), Facts{"deleted": true})
	})
}

func (r *Rule) check() error {
	var c check
	if r.Name = oneLine(r.Name); r.Name == "" {
		c.fault("name", "fault.name_missing")
	}
	if utf8.RuneCountInString(r.Name) > 80 {
		c.fault("name", "fault.too_long", 80)
	}
	if !oneOf(r.Happens, RuleCauses) {
		c.fault("happens", "fault.choice_unknown")
	}
	switch waits := oneOf(r.Happens, RuleWaits); {
	case !waits:
		r.Minutes = 0
	case r.Minutes < 1 || r.Minutes > ruleLongest:
		c.fault("minutes", "fault.between", 1, ruleLongest)
	}
	choice := func(field, value string, of ...string) {
		if value != "" && !oneOf(value, of) {
			c.fault(field, "fault.choice_unknown")
		}
	}
	choice("kind", r.If.Kind, "chat", "ticket")
	choice("assigned", r.If.Assigned, "nobody", "somebody")
	choice("hours", r.If.Hours, "work", "off")
	choice("then_status", r.Then.Status, TicketStatuses...)
	choice("then_priority", r.Then.Priority, Priorities...)
	choice("notify", r.Then.Notify, "assignee", "team", "admins")
	for _, s := range r.If.Statuses {
		choice("statuses", s, TicketStatuses...)
	}
	for _, p := range r.If.Priorities {
		choice("priorities", p, Priorities...)
	}
	for field, text := range map[string]*string{"subject": &r.If.Subject, "text": &r.If.Text, "from": &r.If.From} {
		if *text = strings.TrimSpace(*text); utf8.RuneCountInString(*text) > 200 {
			c.fault(field, "fault.too_long", 200)
		}
	}
	for field, text := range map[string]*string{"note": &r.Then.Note, "reply": &r.Then.Reply} {
		if *text = strings.TrimSpace(strings.ReplaceAll(*text, "\r\n", "\n")); utf8.RuneCountInString(*text) > ruleText {
			c.fault(field, "fault.too_long", ruleText)
		}
	}
	if r.Then == (RuleThen{}) {
		c.fault("then", "fault.rule_does_nothing")
	}
	return c.err()
}

// knownInRule refuses teams, agents, topics and tags that are none, or none any more.
func (tx *Tx) knownInRule(ctx context.Context, r *Rule) error {
	for _, x := range []struct {
		field, sql string
		id         int64
	}{
		{"team_id", "select exists (select 1 from teams where id = ?)", int64(r.Then.TeamID)},
		{"agent_id", "select exists (select 1 from agents where id = ? and deleted_at is null)", int64(r.Then.AgentID)},
		{"tag_id", "select exists (select 1 from tags where id = ? and deleted_at is null)", int64(r.Then.TagID)},
	} {
		var known bool
		if x.id == 0 {
			continue
		}
		if err := tx.QueryRowContext(ctx, x.sql, x.id).Scan(&known); err != nil {
			return err
		}
		if !known {
			return Invalid(x.field, "fault.choice_unknown")
		}
	}
	return tx.knownTopic(ctx, r.Then.TopicID)
}

// where is the conditions as SQL over conversation c. Hours are not in it: they are the same for all.
func (i RuleIf) where() (string, []any) {
	list, args := []string{"c.moved = c.moved"}, []any{}
	add := func(sql string, arg any) {
		list, args = append(list, sql), append(args, arg)
	}
	within := func(n int, sql string, values any) {
		if n > 0 {
			add(sql+" in (select value from json_each(?))", jsonAny(values))
		}
	}
	if i.Kind != "" {
		add("c.kind = ?", i.Kind)
	}
	within(len(i.Inboxes), "c.inbox_id", i.Inboxes)
	within(len(i.Teams), "coalesce(c.team_id, 0)", i.Teams)
	within(len(i.Statuses), "c.ticket_status", i.Statuses)
	within(len(i.Priorities), "c.ticket_priority", i.Priorities)
	within(len(i.Topics), "(select topic_id from tickets where conversation_id = c.id)", i.Topics)
	if len(i.Tags) > 0 {
		add("exists (select 1 from conversation_tags x where x.conversation_id = c.id and x.tag_id in (select value from json_each(?)))", jsonAny(i.Tags))
	}
	switch i.Assigned {
	case "nobody":
		list = append(list, "c.assignee_id is null")
	case "somebody":
		list = append(list, "c.assignee_id is not null")
	}
	if i.Subject != "" {
		add("instr(lower((select subject from tickets where conversation_id = c.id)), ?) > 0", strings.ToLower(i.Subject))
	}
	if i.Text != "" {
		add("exists (select 1 from messages m where m.conversation_id = c.id and m.direction = 'in' and m.visibility = 'public' and instr(lower(m.text), ?) > 0)", strings.ToLower(i.Text))
	}
	if i.From != "" {
		add("instr(lower((select email from customers where id = c.customer_id)), ?) > 0", strings.ToLower(i.From))
	}
	return strings.Join(list, " and "), args
}

func jsonAny(v any) string {
	text, _ := json.Marshal(v) // numbers and words
	return string(text)
}

// now says whether the time of day is one of those that the conditions ask for.
func (i RuleIf) now(ctx context.Context, r reader, at time.Time) (bool, error) {
	if i.Hours == "" {
		return true, nil
	}
	open, err := working(ctx, r, at)
	return open[0] == (i.Hours == "work"), err
}

// TryRule lists which of the newest fifty conversations a rule's conditions fit, as they are now. Nothing is done.
func (d *Desk) TryRule(ctx context.Context, by Actor, in Rule) ([]*Conversation, error) {
	if err := by.Can(ManageTickets); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	where, args := in.If.where()
	rows, err := d.read().QueryContext(ctx, "select c.id from conversations c where c.id in (select id from conversations order by id desc limit ?) and "+where+" order by c.id desc", append([]any{rulesTriedOn}, args...)...)
	ids, err := collect(rows, err, func(row scanner) (id ConversationID, err error) { return id, row.Scan(&id) })
	if err != nil {
		return nil, err
	}
	var list []*Conversation
	for _, id := range ids {
		c, err := d.Conversation(ctx, by, id)
		if IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

// RulesTried is how many conversations TryRule looks at.
func RulesTried() int { return rulesTriedOn }

// RuleDue lists the conversations that a rule which time sets off is due for, at most two hundred, each with its cause.
func (d *Desk) RuleDue(ctx context.Context, by Actor, r *Rule) (map[ConversationID]string, error) {
	if !by.isSystem() {
		return nil, Forbidden
	}
	basis := map[string]string{"waiting": "c.waiting_since", "silent": "iif(c.last_direction = 'out', c.last_at, null)", "age": "c.created_at"}[r.Happens]
	if basis == "" {
		return nil, nil
	}
	where, args := r.If.where()
	cut := ms(d.Clock().Add(-time.Duration(r.Minutes) * time.Minute))
	rows, err := d.read().QueryContext(ctx, "select c.id, 't' || "+basis+" from conversations c where c.status <> 'closed' and "+basis+" <= ? and "+where+
		" and not exists (select 1 from rule_runs x where x.rule_id = ? and x.conversation_id = c.id and x.cause = 't' || "+basis+") order by c.id limit ?",
		append(append([]any{cut}, args...), r.ID, rulesTogether)...)
	due := map[ConversationID]string{}
	_, err = collect(rows, err, func(row scanner) (bool, error) {
		var id ConversationID
		var cause string
		err := row.Scan(&id, &cause)
		due[id] = cause
		return true, err
	})
	return due, err
}

// ApplyRule does what a rule says to a conversation, if its conditions hold now, once for each cause, all of it or nothing.
func (d *Desk) ApplyRule(ctx context.Context, by Actor, r *Rule, id ConversationID, cause string) error {
	if !by.isSystem() {
		return Forbidden
	}
	by.ID, by.Name = int64(r.ID), r.Name
	return d.Write(ctx, by, func(tx *Tx) error {
		fits, err := tx.fits(ctx, r, id, cause)
		if err != nil || !fits {
			return err
		}
		if _, err := tx.Exec("insert into rule_runs(rule_id, conversation_id, cause, at) values (?, ?, ?, ?)", r.ID, id, cause, ms(tx.now)); err != nil {
			return err
		}
		if _, err := tx.Exec("update rules set applied = applied + 1, applied_at = ? where id = ?", ms(tx.now), r.ID); err != nil {
			return err
		}
		if _, err := tx.Exec("delete from rule_runs where rule_id = ? and at < ?", r.ID, ms(tx.now.Add(-ruleRunsKept))); err != nil {
			return err
		}
		c, err := tx.conversation(ctx, System, id)
		if err != nil {
			return err
		}
		return tx.follow(ctx, r, c, cause)
	})
}

// fits says whether a rule is to be followed here and now: it exists, was not for this cause, and not too often within the hour.
func (tx *Tx) fits(ctx context.Context, r *Rule, id ConversationID, cause string) (fits bool, err error) {
	if right, err := r.If.now(ctx, tx, tx.now); err != nil || !right {
		return false, err
	}
	where, args := r.If.where()
	err = tx.QueryRowContext(ctx, `select exists (select 1 from conversations c where c.id = ? and `+where+`) and exists (select 1 from rules where id = ? and enabled)
		and not exists (select 1 from rule_runs where rule_id = ? and conversation_id = ? and cause = ?)
		and (select count(*) from rule_runs where conversation_id = ? and at > ?) < ?`,
		append(append([]any{id}, args...), r.ID, r.ID, id, cause, id, ms(tx.now.Add(-time.Hour)), rulesAnHour)...).Scan(&fits)
	return fits, err
}

// follow does each of a rule's actions, and says in the conversation which.
func (tx *Tx) follow(ctx context.Context, r *Rule, c *Conversation, cause string) error {
	var did []string
	step := func(name string, wanted bool, do func() error) error {
		if !wanted {
			return nil
		}
		did = append(did, name)
		if err := do(); err != nil {
			return err
		}
		now, err := tx.conversation(ctx, System, c.ID) // the next step begins where this one ended
		if err == nil {
			*c = *now
		}
		return err
	}
	then := r.Then
	open := c.Kind == "ticket" || c.Status != "closed"
	err := errors.Join(
		step("assigned", open && (then.TeamID != 0 || then.AgentID != 0), func() error {
			team := c.TeamID
			if then.TeamID != 0 {
				team = then.TeamID
			}
			return tx.assign(ctx, c, team, then.AgentID)
		}),
		step("ticket", c.Ticket != nil && c.Ticket.MergedInto == 0 && (then.Status != "" || then.Priority != "" || then.TopicID != 0), func() error {
			var ch TicketChange
			if then.Status != "" {
				ch.Status = &then.Status
			}
			if then.Priority != "" {
				ch.Priority = &then.Priority
			}
			if then.TopicID != 0 {
				ch.TopicID = &then.TopicID
			}
			return tx.changeTicket(ctx, System, c, ch)
		}),
		step("closed", c.Ticket == nil && c.Status != "closed" && (then.Status == "closed" || then.Status == "resolved"), func() error { return tx.close(ctx, c) }),
		step("tagged", then.TagID != 0, func() error { return tx.tagByRule(c.ID, then.TagID) }),
		step("noted", then.Note != "", func() error { return tx.whisperByRule(r, c) }),
		step("replied", then.Reply != "" && open, func() error { return tx.replyByRule(ctx, r, c, cause) }),
		step("notified", then.Notify != "", func() error { return tx.notifyByRule(ctx, r, c) }),
	)
	if err != nil || len(did) == 0 {
		return err
	}
	if err := tx.line(c, RuleApplied, "internal", Facts{"rule": r.Name, "did": strings.Join(did, " ")}); err != nil {
		return err
	}
	return tx.Record(RuleApplied, c.ID, int64(r.ID), Facts{"rule": r.Name, "did": did, "cause": cause})
}

func (tx *Tx) tagByRule(id ConversationID, tag TagID) error {
	res, err := tx.Exec("insert or ignore into conversation_tags(conversation_id, tag_id) values (?, ?)", id, tag)
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return nil
	}
	return tx.Record(ConversationTagged, id, 0, Facts{"tag": tag})
}

func (tx *Tx) whisperByRule(r *Rule, c *Conversation) error {
	m := &Message{Kind: "text", Visibility: "internal", Direction: "out", AuthorKind: BySystem, AuthorName: r.Name, Text: named(r.Then.Note, c.CustomerName, c.AssigneeName), Meta: Meta{Auto: true}}
	if err := tx.insertMessage(c, m); err != nil {
		return err
	}
	return tx.Record(MessageWhispered, c.ID, int64(m.ID), Facts{"seq": m.Seq, "auto": true})
}

func (tx *Tx) replyByRule(ctx context.Context, r *Rule, c *Conversation, cause string) error {
	if c.Kind == "chat" {
		h, err := readHandling(ctx, tx)
		if err != nil {
			return err
		}
		return tx.announce(c, h, r.Then.Reply)
	}
	text := named(r.Then.Reply, c.CustomerName, c.AssigneeName)
	return tx.Answer(ctx, c.ID, Draft{Text: text, Auto: true, ClientID: fmt.Sprintf("rule:%d:%d:%s", r.ID, c.ID, cause)})
}

func (tx *Tx) notifyByRule(ctx context.Context, r *Rule, c *Conversation) error {
	sql := map[string]string{
		"assignee": "select assignee_id from conversations where id = ?1 and assignee_id is not null",
		"team":     "select agent_id from team_members where team_id = (select team_id from conversations where id = ?1)",
		"admins":   "select id from agents where ?1 = ?1 and role = 'admin' and enabled and deleted_at is null",
	}[r.Then.Notify]
	rows, err := tx.QueryContext(ctx, sql, c.ID)
	to, err := collect(rows, err, func(row scanner) (id AgentID, err error) { return id, row.Scan(&id) })
	if err != nil {
		return err
	}
	event, err := tx.lastEvent(ctx)
	if err != nil {
		return err
	}
	category := "conversation"
	if c.Ticket != nil {
		category = "ticket"
	}
	return tx.notify(NewNotification{To: slices.Compact(to), Category: category, What: "rule", ConversationID: c.ID, By: r.Name, EventID: event})
}

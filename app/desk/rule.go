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
	CreatedAt time.Time // what happened before sets it off no more
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
	Channel    string    `json:"channel,omitempty"` // of its inbox: webchat or email
	Origins    []string  `json:"origins,omitempty"` // of the ticket

	StatusIDs    []StatusID      `json:"status_ids,omitempty"` // named ones; either these or Statuses
	VIP          string          `json:"vip,omitempty"`        // yes or no
	CustomerTags []CustomerTagID `json:"customer_tags,omitempty"`
	Fields       []FieldAsk      `json:"fields,omitempty"` // all of them
}

// RuleThen is what is done, in this order; what is empty is left.
type RuleThen struct {
	TeamID   TeamID  `json:"team_id,omitempty"` // who serves what is the team's already keeps it
	AgentID  AgentID `json:"agent_id,omitempty"`
	Status   string  `json:"status,omitempty"`
	Priority string  `json:"priority,omitempty"`
	TopicID  TopicID `json:"topic_id,omitempty"`
	TagID    TagID   `json:"tag_id,omitempty"`
	Note     string  `json:"note,omitempty"`   // whispered
	Reply    string  `json:"reply,omitempty"`  // {{customer.name}} is filled in
	Notify   string  `json:"notify,omitempty"` // assignee, team or admins

	StatusID StatusID    `json:"status_id,omitempty"` // a named one, instead of Status
	UntagID  TagID       `json:"untag_id,omitempty"`
	CannedID CannedID    `json:"canned_id,omitempty"` // one of the company's, instead of Reply
	FieldID  FormFieldID `json:"field_id,omitempty"`  // that is to hold Value; of a ticket
	Value    string      `json:"value,omitempty"`
}

const (
	rulesMax      = 200
	ruleText      = 5000          // characters of a note or a reply
	ruleLongest   = 366 * 24 * 60 // minutes
	rulesAnHour   = 30            // applied to one conversation at most
	ruleRunsKept  = 90 * 24 * time.Hour
	rulesTriedOn  = 200
	rulesTogether = 200 // conversations that one look at the clock deals with for a rule
)

const ruleColumns = "id, name, position, enabled, happens, minutes, conditions, actions, applied, applied_at, created_at"

func scanRule(row scanner) (*Rule, error) {
	var r Rule
	var conditions, actions string
	var applied sql.NullInt64
	var created int64
	err := row.Scan(&r.ID, &r.Name, &r.Position, &r.Enabled, &r.Happens, &r.Minutes, &conditions, &actions, &r.Applied, &applied, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	if err != nil {
		return nil, err
	}
	r.AppliedAt, r.CreatedAt = atNull(applied), at(created)
	return &r, errors.Join(json.Unmarshal([]byte(conditions), &r.If), json.Unmarshal([]byte(actions), &r.Then))
}

// Rules lists all rules in their order.
func (d *Desk) Rules(ctx context.Context, by Actor) ([]*Rule, error) {
	if err := by.Can(ManageTickets); err != nil {
		return nil, err
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
		was := tx.before("rules", in.ID)
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
		return tx.recordChange(RuleChanged, int64(in.ID), nil, was)
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
	if !slices.Contains(RuleCauses, r.Happens) {
		c.fault("happens", "fault.choice_unknown")
	}
	switch waits := slices.Contains(RuleWaits, r.Happens); {
	case !waits:
		r.Minutes = 0
	case r.Minutes < 1 || r.Minutes > ruleLongest:
		c.fault("minutes", "fault.between", 1, ruleLongest)
	}
	choice := func(field, value string, of ...string) {
		if value != "" && !slices.Contains(of, value) {
			c.fault(field, "fault.choice_unknown")
		}
	}
	choice("kind", r.If.Kind, "chat", "ticket")
	choice("assigned", r.If.Assigned, "nobody", "somebody")
	choice("hours", r.If.Hours, "work", "off")
	choice("channel", r.If.Channel, Webchat, Email)
	choice("vip", r.If.VIP, "yes", "no")
	for _, o := range r.If.Origins {
		choice("origins", o, Origins...)
	}
	if len(r.If.Fields) > fieldAsksMax {
		c.fault("fields", "fault.too_many_fields", fieldAsksMax)
	}
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
		{"team_id", "select exists (select 1 from teams where id = ? and deleted_at is null)", int64(r.Then.TeamID)},
		{"agent_id", "select exists (select 1 from agents where id = ? and deleted_at is null)", int64(r.Then.AgentID)},
		{"tag_id", "select exists (select 1 from tags where id = ? and deleted_at is null)", int64(r.Then.TagID)},
		{"untag_id", "select exists (select 1 from tags where id = ?)", int64(r.Then.UntagID)},
		{"then_status", "select exists (select 1 from ticket_statuses where id = ? and deleted_at is null)", int64(r.Then.StatusID)},
		{"canned_id", "select exists (select 1 from canned where id = ? and agent_id is null)", int64(r.Then.CannedID)},
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
	if err := tx.knownFields(ctx, r); err != nil {
		return err
	}
	return tx.knownTopic(ctx, r.Then.TopicID)
}

// knownFields refuses fields that are none, and a value that the field would not take.
func (tx *Tx) knownFields(ctx context.Context, r *Rule) error {
	if _, _, err := r.If.where(ctx, tx); err != nil {
		return err
	}
	if r.Then.FieldID == 0 {
		return nil
	}
	all, err := formFields(ctx, tx)
	if err != nil {
		return err
	}
	for _, f := range all {
		if f.ID == r.Then.FieldID && f.Kind != "file" {
			r.Then.Value, err = f.clean(r.Then.Value)
			var e *Error
			if errors.As(err, &e) && len(e.Fields) > 0 {
				return Invalid("value", e.Fields[0].Key, e.Fields[0].Args...)
			}
			return err
		}
	}
	return Invalid("field_id", "fault.field_unknown")
}

// TryRule lists which of the newest conversations, two hundred of those that it is about, a rule's conditions fit, as they are now. Nothing is done.
func (d *Desk) TryRule(ctx context.Context, by Actor, in Rule) ([]*Conversation, error) {
	if err := by.Can(ManageTickets); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	where, args, err := in.If.where(ctx, d.read())
	if err != nil {
		return nil, err
	}
	rows, err := d.read().QueryContext(ctx, "select c.id from conversations c where c.id in (select id from conversations where kind = ? or ? = '' order by id desc limit ?) and "+where+" order by c.id desc", append([]any{in.If.Kind, in.If.Kind, rulesTriedOn}, args...)...)
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

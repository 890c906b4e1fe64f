package desk

import (
	"context"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Routing is the rules by which a new conversation finds its team and its agent. The bindings of channel accounts stand in
// the inboxes themselves.
type Routing struct {
	Order         []string           `json:"order"`    // entry, inbox and channel: the first with a binding decides
	Channels      map[string]Binding `json:"channels"` // by channel
	DefaultTeamID TeamID             `json:"default_team_id"`
	OnlyOpen      bool               `json:"only_open"`      // nobody is given a conversation out of his team's hours
	JudgeOverload bool               `json:"judge_overload"` // an agent whom the page names gets it only when he is online with room
	QueueLimit    int                `json:"queue_limit"`    // how many may wait; 0: a thousand, or 200 for each agent
	QueueSentence string             `json:"queue_sentence"` // to whom comes when it is full; empty: the desk's own words
	NoteAfter     int                `json:"note_after"`     // minutes of waiting after which a visitor is offered to leave a note; 0: never
	ShowPosition  bool               `json:"show_position"`  // the visitor is told his place in the queue
	OwnCapacity   bool               `json:"own_capacity"`   // agents choose themselves how many they take at once
	HideQueued    bool               `json:"hide_queued"`    // agents read what waits only when they have taken it
	Grace         int                `json:"grace"`          // seconds after which an agent without a stream is offline
}

// Binding binds a channel or one of its accounts to a team, all day or by a schedule.
type Binding struct {
	TeamID     TeamID     `json:"team_id"` // 0: no binding
	Split      bool       `json:"split"`   // TeamID in the schedule's hours, OffTeamID out of them
	OffTeamID  TeamID     `json:"off_team_id"`
	ScheduleID ScheduleID `json:"schedule_id"`
}

// Bindings are the three kinds in the order in which they are asked when nobody has changed it.
var Bindings = []string{"entry", "inbox", "channel"}

// Channels are the channels that there are.
var Channels = []string{Webchat, Email}

func defaultRouting() Routing { return Routing{Order: slices.Clone(Bindings), Grace: 20, NoteAfter: 3} }

func readRouting(ctx context.Context, r reader) (Routing, error) {
	rules := defaultRouting()
	err := readSetting(ctx, r, "routing", &rules)
	return rules, err
}

// Routing reads the rules. Agents and the program see them.
func (d *Desk) Routing(ctx context.Context, by Actor) (Routing, error) {
	if by.Kind == ByCustomer {
		return Routing{}, NotFound
	}
	return readRouting(ctx, d.read())
}

// AccountBindings are the bindings of the channel accounts.
func (d *Desk) AccountBindings(ctx context.Context, by Actor) (map[InboxID]Binding, error) {
	if err := by.Can(ManageTeams); err != nil {
		return nil, err
	}
	rows, err := d.read().QueryContext(ctx, "select id, coalesce(team_id, 0), split, coalesce(off_team_id, 0), schedule_id from inboxes where deleted_at is null")
	type bound struct {
		id InboxID
		Binding
	}
	list, err := collect(rows, err, func(row scanner) (b bound, err error) {
		return b, row.Scan(&b.id, &b.TeamID, &b.Split, &b.OffTeamID, &b.ScheduleID)
	})
	all := make(map[InboxID]Binding, len(list))
	for _, b := range list {
		all[b.id] = b.Binding
	}
	return all, err
}

// SaveRouting stores the rules and the bindings of channel accounts; an account that accounts does not name keeps its own.
func (d *Desk) SaveRouting(ctx context.Context, by Actor, rules Routing, accounts map[InboxID]Binding) error {
	if err := by.Can(ManageTeams); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		if err := tx.checkRouting(ctx, &rules, accounts); err != nil {
			return err
		}
		was := defaultRouting()
		if err := tx.changeSetting(ctx, "routing", &was, rules); err != nil {
			return err
		}
		for id, b := range accounts {
			was := tx.before("inboxes", id)
			if _, err := tx.Exec("update inboxes set team_id = ?, split = ?, off_team_id = ?, schedule_id = ? where id = ?", nullID(b.TeamID), b.Split, nullID(b.OffTeamID), b.ScheduleID, id); err != nil {
				return err
			}
			if err := tx.recordRebound(id, was); err != nil {
				return err
			}
		}
		return nil
	})
}

func (tx *Tx) checkRouting(ctx context.Context, rules *Routing, accounts map[InboxID]Binding) error {
	var c check
	teams, err := teamIDs(ctx, tx)
	if err != nil {
		return err
	}
	hours, err := working(ctx, tx, tx.now)
	if err != nil {
		return err
	}
	bound := func(field string, b Binding) {
		_, known := hours[b.ScheduleID]
		if b.TeamID != 0 && !teams[b.TeamID] || b.OffTeamID != 0 && !teams[b.OffTeamID] {
			c.fault(field, "fault.team_unknown")
		} else if !known {
			c.fault(field, "fault.schedule_unknown")
		}
	}
	for name, b := range rules.Channels {
		if !slices.Contains(Channels, name) {
			c.fault("channels", "fault.channel_unknown")
		}
		bound("channel_"+name, b)
	}
	for id, b := range accounts {
		bound("inbox_"+strconv.FormatInt(int64(id), 10), b)
	}
	bound("default_team_id", Binding{TeamID: rules.DefaultTeamID})
	order := slices.Sorted(slices.Values(rules.Order))
	if !slices.Equal(order, slices.Sorted(slices.Values(Bindings))) {
		c.fault("order", "fault.order_wrong")
	}
	if rules.QueueLimit < 0 || rules.QueueLimit > 100_000 {
		c.fault("queue_limit", "fault.queue_limit_range")
	}
	if rules.NoteAfter < 0 || rules.NoteAfter > 1440 {
		c.fault("note_after", "fault.note_after_range")
	}
	if rules.Grace < 0 || rules.Grace > 3600 {
		c.fault("grace", "fault.grace_range")
	}
	if utf8.RuneCountInString(rules.QueueSentence) > 500 {
		c.fault("queue_sentence", "fault.too_long", 500)
	}
	return c.err()
}

func teamIDs(ctx context.Context, r reader) (map[TeamID]bool, error) {
	rows, err := r.QueryContext(ctx, "select id from teams where deleted_at is null")
	list, err := collect(rows, err, func(row scanner) (id TeamID, err error) { return id, row.Scan(&id) })
	known := make(map[TeamID]bool, len(list))
	for _, id := range list {
		known[id] = true
	}
	return known, err
}

// Trial is what rules would make of a conversation that there was.
type Trial struct {
	C     *Conversation
	Rule  string // as in Decision
	Hours string
	Team  string // where it would go; empty: everyone's
	Agent string // whom the page named
	Was   string // the team that has it now
}

// TryRouting tells where the last chats, at most so many, would have gone by rules that are not stored: team by team, by the
// hours of their time. Who was online then is not known, so that it finds no agents, and queues are taken to be empty.
func (d *Desk) TryRouting(ctx context.Context, by Actor, rules Routing, accounts map[InboxID]Binding, limit int) ([]Trial, error) {
	if err := by.Can(ManageTeams); err != nil {
		return nil, err
	}
	if d.Decide == nil {
		return nil, nil
	}
	list, _, err := d.Conversations(ctx, System, ConversationList{Kind: "chat", Limit: limit})
	if err != nil {
		return nil, err
	}
	trials := make([]Trial, 0, len(list))
	for _, c := range list {
		p := placing{fresh: true}
		if err := d.read().QueryRowContext(ctx, "select coalesce(entry_team_id, 0), coalesce(named_agent_id, 0) from conversations where id = ?", c.ID).Scan(&p.entry, &p.named); err != nil {
			return nil, err
		}
		s, err := situation(ctx, d.read(), c, p, c.CreatedAt)
		if err != nil {
			return nil, err
		}
		t := Trial{C: c, Was: c.TeamName}
		if s.Named != nil {
			t.Agent = s.Named.Name
		}
		s.onlyTeams()
		s.Rules = rules
		if b, ok := accounts[c.InboxID]; ok {
			s.Inbox = b
		}
		what := d.Decide(s)
		t.Rule, t.Hours, t.Team = what.Rule, what.Hours, s.Teams[what.TeamID].Name
		trials = append(trials, t)
	}
	return trials, nil
}

package routing

import (
	"testing"
	"time"

	"deskbell/app/desk"
)

const (
	tea desk.TeamID = iota + 1 // auto, by the default hours
	cups
	night // auto, by hours that are over
	crowd // grab
)

const over desk.ScheduleID = 7

func agent(id desk.AgentID, presence string, load, capacity int, teams ...desk.TeamID) desk.Candidate {
	return desk.Candidate{ID: id, Presence: presence, Load: load, Capacity: capacity, Teams: teams, AssignedAt: time.Unix(int64(id), 0)}
}

// is the usual situation: Bo (1) has room in tea, nobody is there for cups.
func is(change func(*desk.Situation)) desk.Situation {
	s := desk.Situation{
		Rules:   desk.Routing{Order: []string{"entry", "inbox", "channel"}, Channels: map[string]desk.Binding{}},
		Channel: desk.Webchat,
		Open:    map[desk.ScheduleID]bool{0: true, over: false},
		Teams: map[desk.TeamID]desk.TeamState{tea: {Assignment: "auto"}, cups: {Assignment: "auto"},
			night: {Assignment: "auto", ScheduleID: over}, crowd: {Assignment: "grab"}},
		Agents: []desk.Candidate{agent(1, "online", 0, 1, tea, night)},
	}
	change(&s)
	return s
}

type situation = desk.Situation

type decided struct {
	name string
	is   func(*situation)
	want desk.Decision
}

func decide(t *testing.T, cases []decided) {
	t.Helper()
	for _, c := range cases {
		if got := Decide(is(c.is)); got != c.want {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

// The numbers are those of the rules E-route.
func TestDecideTheTeam(t *testing.T) {
	decide(t, []decided{
		{"01 a channel's binding", func(s *situation) { s.Rules.Channels["webchat"] = desk.Binding{TeamID: tea} },
			desk.Decision{TeamID: tea, AgentID: 1, Rule: "channel", Reason: "least_busy"}},
		{"01 another channel's binding", func(s *situation) { s.Rules.Channels["email"] = desk.Binding{TeamID: tea} },
			desk.Decision{Rule: "none", Reason: "by_hand"}},
		{"02 an account's binding", func(s *situation) { s.Inbox.TeamID = cups },
			desk.Decision{TeamID: cups, Rule: "inbox", Reason: "nobody"}},
		{"03 the page names a team", func(s *situation) { s.Entry = tea },
			desk.Decision{TeamID: tea, AgentID: 1, Rule: "entry", Reason: "least_busy"}},
		{"04 the first in the order decides", func(s *situation) {
			s.Entry, s.Inbox.TeamID, s.Rules.Channels["webchat"] = crowd, tea, desk.Binding{TeamID: cups}
		}, desk.Decision{TeamID: crowd, Rule: "entry", Reason: "by_hand"}},
		{"04 another order", func(s *situation) {
			s.Entry, s.Inbox.TeamID = crowd, tea
			s.Rules.Order = []string{"channel", "inbox", "entry"}
		}, desk.Decision{TeamID: tea, AgentID: 1, Rule: "inbox", Reason: "least_busy"}},
		{"04 a binding to a team that is gone is none", func(s *situation) { s.Entry, s.Inbox.TeamID = 99, tea },
			desk.Decision{TeamID: tea, AgentID: 1, Rule: "inbox", Reason: "least_busy"}},
		{"04 no binding: the default team", func(s *situation) { s.Rules.DefaultTeamID = tea },
			desk.Decision{TeamID: tea, AgentID: 1, Rule: "default", Reason: "least_busy"}},
		{"04 nothing at all: everyone's", func(s *situation) {}, desk.Decision{Rule: "none", Reason: "by_hand"}},
		{"06 in work hours", func(s *situation) { s.Inbox = desk.Binding{TeamID: tea, Split: true, OffTeamID: cups} },
			desk.Decision{TeamID: tea, AgentID: 1, Rule: "inbox", Hours: "open", Reason: "least_busy"}},
		{"06 out of them", func(s *situation) {
			s.Inbox = desk.Binding{TeamID: tea, Split: true, OffTeamID: cups, ScheduleID: over}
		}, desk.Decision{TeamID: cups, Rule: "inbox", Hours: "off", Reason: "nobody"}},
		{"06 out of them without a team: the next rule", func(s *situation) {
			s.Inbox = desk.Binding{TeamID: tea, Split: true, ScheduleID: over}
			s.Rules.Channels["webchat"] = desk.Binding{TeamID: crowd}
		}, desk.Decision{TeamID: crowd, Rule: "channel", Reason: "by_hand"}},
	})
}

func TestDecideTheAgent(t *testing.T) {
	decide(t, []decided{
		{"07 the least busy", func(s *situation) {
			s.Entry, s.Agents = tea, []desk.Candidate{agent(1, "online", 2, 5, tea), agent(2, "online", 1, 5, tea), agent(3, "online", 3, 9, tea)}
		}, desk.Decision{TeamID: tea, AgentID: 2, Rule: "entry", Reason: "least_busy"}},
		{"07 of two, who has had none the longest", func(s *situation) {
			s.Entry, s.Agents = tea, []desk.Candidate{agent(9, "online", 1, 5, tea), agent(4, "online", 1, 5, tea), agent(7, "online", 1, 5, tea)}
		}, desk.Decision{TeamID: tea, AgentID: 4, Rule: "entry", Reason: "least_busy"}},
		{"07 rather not to whom just left it", func(s *situation) {
			s.Team, s.Agents = tea, []desk.Candidate{agent(1, "online", 0, 5, tea), agent(2, "online", 4, 5, tea)}
			s.Agents[0].Left = true
		}, desk.Decision{TeamID: tea, AgentID: 2, Reason: "least_busy"}},
		{"08 only in work hours, on duty", func(s *situation) { s.Entry, s.Rules.OnlyOpen = tea, true },
			desk.Decision{TeamID: tea, AgentID: 1, Rule: "entry", Reason: "least_busy"}},
		{"08 only in work hours, off duty", func(s *situation) { s.Entry, s.Rules.OnlyOpen = night, true },
			desk.Decision{TeamID: night, Rule: "entry", Reason: "off"}},
		{"08 always, off duty", func(s *situation) { s.Entry = night },
			desk.Decision{TeamID: night, AgentID: 1, Rule: "entry", Reason: "least_busy"}},
		{"09 full", func(s *situation) { s.Entry, s.Agents[0].Load = tea, 1 },
			desk.Decision{TeamID: tea, Rule: "entry", Reason: "full"}},
		{"09 capacity 0", func(s *situation) { s.Entry, s.Agents[0].Capacity = tea, 0 },
			desk.Decision{TeamID: tea, Rule: "entry", Reason: "full"}},
		{"09 busy", func(s *situation) { s.Entry, s.Agents[0].Presence = tea, "busy" },
			desk.Decision{TeamID: tea, Rule: "entry", Reason: "nobody"}},
		{"10 the other team's agent", func(s *situation) { s.Entry = cups },
			desk.Decision{TeamID: cups, Rule: "entry", Reason: "nobody"}},
		{"11 named, without judging: busy and full", func(s *situation) { a := agent(5, "busy", 9, 1); s.Entry, s.Named = tea, &a },
			desk.Decision{TeamID: tea, AgentID: 5, Rule: "entry", Reason: "named"}},
		{"11 named, judged, with room", func(s *situation) {
			a := agent(5, "online", 0, 1)
			s.Named, s.Rules.JudgeOverload = &a, true
		}, desk.Decision{AgentID: 5, Rule: "none", Reason: "named"}},
		{"11 named, judged, full", func(s *situation) {
			a := agent(5, "online", 1, 1)
			s.Entry, s.Named, s.Rules.JudgeOverload = tea, &a, true
		}, desk.Decision{TeamID: tea, Wanted: 5, Rule: "entry", Reason: "wanted"}},
		{"11 named, judged, off duty", func(s *situation) {
			a := agent(5, "online", 0, 1)
			s.Entry, s.Named, s.Rules.JudgeOverload, s.Rules.OnlyOpen = night, &a, true, true
		}, desk.Decision{TeamID: night, Wanted: 5, Rule: "entry", Reason: "wanted"}},
		{"11 named, but gone for the day", func(s *situation) { a := agent(5, "offline", 0, 1); s.Entry, s.Named = tea, &a },
			desk.Decision{TeamID: tea, AgentID: 1, Rule: "entry", Reason: "least_busy"}},
	})
}

func TestDecideOverflow(t *testing.T) {
	decide(t, []decided{
		{"12 a queue that is as long as may be", func(s *situation) { s.Entry = cups; flows(s, cups, 3, 3, tea, true) },
			desk.Decision{TeamID: tea, AgentID: 1, Rule: "entry", Reason: "least_busy", Overflow: cups, Notice: true}},
		{"12 a queue with room for one", func(s *situation) { s.Entry = cups; flows(s, cups, 2, 3, tea, true) },
			desk.Decision{TeamID: cups, Rule: "entry", Reason: "nobody"}},
		{"12 only a notice", func(s *situation) { s.Entry = cups; flows(s, cups, 3, 3, 0, true) },
			desk.Decision{TeamID: cups, Rule: "entry", Reason: "nobody", Overflow: cups, Notice: true}},
		{"12 switched off", func(s *situation) {
			s.Entry = cups
			flows(s, cups, 3, 3, tea, true)
			c := s.Teams[cups]
			c.Overflow = false
			s.Teams[cups] = c
		}, desk.Decision{TeamID: cups, Rule: "entry", Reason: "nobody"}},
		{"12 round in a circle: once", func(s *situation) {
			s.Entry, s.Agents = cups, nil
			flows(s, cups, 3, 3, tea, false)
			flows(s, tea, 3, 3, cups, false)
		}, desk.Decision{TeamID: tea, Rule: "entry", Reason: "nobody", Overflow: cups}},
		{"12 a grab team's queue", func(s *situation) { s.Entry = crowd; flows(s, crowd, 1, 1, tea, false) },
			desk.Decision{TeamID: tea, AgentID: 1, Rule: "entry", Reason: "least_busy", Overflow: crowd}},
		{"back in a queue: the rules are not asked again", func(s *situation) { s.Team, s.Entry = cups, tea },
			desk.Decision{TeamID: cups, Reason: "nobody"}},
	})
}

func flows(s *desk.Situation, id desk.TeamID, waiting, over int, to desk.TeamID, notice bool) {
	t := s.Teams[id]
	t.Waiting, t.Overflow, t.OverflowOver, t.OverflowTeam, t.Notice = waiting, true, over, to, notice
	s.Teams[id] = t
}

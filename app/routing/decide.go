package routing

import (
	"cmp"
	"slices"

	"deskbell/app/desk"
)

// Decide says where a conversation goes. It is pure: the same situation has the same answer.
//
// An agent whom the page named goes before everything. Then the bindings are asked in their order, and the first that there is
// decides; without any it is the default team, and without that everyone's. A queue that is too long flows over once, never
// from team to team. In a team that gives by itself, the least busy agent who is online with room gets it; of several the one
// who has had none the longest.
func Decide(s desk.Situation) desk.Decision {
	d := team(s)
	if named(s, &d) {
		return d
	}
	t, ok := s.Teams[d.TeamID]
	if !ok || t.Assignment != "auto" {
		d.Reason = "by_hand"
		return overflown(s, d)
	}
	if s.Rules.OnlyOpen && !s.Open[t.ScheduleID] {
		d.Reason = "off"
		return overflown(s, d)
	}
	d.Reason = "nobody"
	best, full := least(s.Agents, d.TeamID)
	if full {
		d.Reason = "full"
	}
	if best == nil {
		return overflown(s, d)
	}
	d.AgentID, d.Reason = best.ID, "least_busy"
	return d
}

// team asks the bindings.
func team(s desk.Situation) desk.Decision {
	if s.Team != 0 {
		return desk.Decision{TeamID: s.Team}
	}
	for _, rule := range s.Rules.Order {
		b := binding(s, rule)
		id, hours := chosen(s, b)
		if _, ok := s.Teams[id]; ok {
			return desk.Decision{TeamID: id, Rule: rule, Hours: hours}
		}
	}
	if _, ok := s.Teams[s.Rules.DefaultTeamID]; ok {
		return desk.Decision{TeamID: s.Rules.DefaultTeamID, Rule: "default"}
	}
	return desk.Decision{Rule: "none"}
}

func binding(s desk.Situation, rule string) desk.Binding {
	switch rule {
	case "entry":
		return desk.Binding{TeamID: s.Entry}
	case "inbox":
		return s.Inbox
	case "channel":
		return s.Rules.Channels[s.Channel]
	}
	return desk.Binding{}
}

// chosen is the binding's team at this moment.
func chosen(s desk.Situation, b desk.Binding) (id desk.TeamID, hours string) {
	switch {
	case !b.Split:
		return b.TeamID, ""
	case s.Open[b.ScheduleID]:
		return b.TeamID, "open"
	}
	return b.OffTeamID, "off"
}

// named decides for the agent whom the page named, unless he is away for the day: then it is as though he had not been named.
func named(s desk.Situation, d *desk.Decision) bool {
	a := s.Named
	if a == nil || a.Presence == "offline" {
		return false
	}
	if !s.Rules.JudgeOverload {
		d.AgentID, d.Reason = a.ID, "named"
		return true
	}
	t, ok := s.Teams[d.TeamID]
	if a.Room() && (!ok || !s.Rules.OnlyOpen || s.Open[t.ScheduleID]) {
		d.AgentID, d.Reason = a.ID, "named"
		return true
	}
	d.Wanted, d.Reason = a.ID, "wanted"
	return true
}

// least is the agent of a team who is to be given the next one; full says that somebody is online but has no room.
func least(agents []desk.Candidate, team desk.TeamID) (best *desk.Candidate, full bool) {
	var fit []*desk.Candidate
	for i := range agents {
		a := &agents[i]
		if a.Presence != "online" || !slices.Contains(a.Teams, team) {
			continue
		}
		if !a.Room() {
			full = true
			continue
		}
		fit = append(fit, a)
	}
	if len(fit) == 0 {
		return nil, full
	}
	return slices.MinFunc(fit, before), false
}

// before orders agents by who is to be given the next one: rather somebody who has not just left it.
func before(a, b *desk.Candidate) int {
	if a.Left != b.Left {
		if a.Left {
			return 1
		}
		return -1
	}
	return cmp.Or(cmp.Compare(a.Load, b.Load), a.AssignedAt.Compare(b.AssignedAt), cmp.Compare(a.ID, b.ID))
}

// overflown sends what would be too much for a queue to another team, where the same is asked once more.
func overflown(s desk.Situation, d desk.Decision) desk.Decision {
	t := s.Teams[d.TeamID]
	if s.Team != 0 || !t.Overflow || t.Waiting < t.OverflowOver {
		return d
	}
	if _, ok := s.Teams[t.OverflowTeam]; !ok || t.OverflowTeam == d.TeamID {
		d.Notice = t.Notice
		if d.Notice {
			d.Overflow = d.TeamID
		}
		return d
	}
	s.Team, s.Named = t.OverflowTeam, nil
	there := Decide(s)
	there.Rule, there.Hours, there.Overflow, there.Notice = d.Rule, d.Hours, d.TeamID, t.Notice
	return there
}

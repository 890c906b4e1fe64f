package desk

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// changed is what the last line of the audit says was made another.
func (s *shop) changed() (name EventName, list []string) {
	s.t.Helper()
	lines, _, err := s.Audit(s.t.Context(), s.alice, AuditList{Limit: 1})
	s.must(err)
	for _, d := range lines[0].Differences() {
		list = append(list, fmt.Sprintf("%s: %s > %s", d[0], d[1], d[2]))
	}
	return lines[0].Name, list
}

// The audit tells of each change of the common resources which fields were made another, from what to what, and no secret.
func TestTheAuditSaysWhatBecameWhat(t *testing.T) {
	s, ctx := open(t), t.Context()
	expect := func(event EventName, want ...string) {
		t.Helper()
		if name, got := s.changed(); name != event || !slices.Equal(got, want) {
			t.Errorf("%s says %q, not %q", name, got, want)
		}
	}
	team, err := s.SaveTeam(ctx, s.alice, Team{Name: "Sales", Assignment: "auto", MemberIDs: []AgentID{s.bo.Agent()}})
	s.must(err)
	expect(TeamChanged)
	team.Name, team.Greeting, team.MemberIDs, team.AdminIDs = "Shop", "Hello", []AgentID{s.bo.Agent(), s.alice.Agent()}, []AgentID{s.alice.Agent()}
	team, err = s.SaveTeam(ctx, s.alice, *team)
	s.must(err)
	expect(TeamChanged, "admins:  > Alice", "greeting:  > Hello", "members: Bo > Alice, Bo", "name: Sales > Shop")

	role, capacity := Admin, 3
	_, err = s.ChangeAgent(ctx, s.alice, s.bo.Agent(), AgentChange{Role: &role, Capacity: &capacity, TeamIDs: &[]TeamID{}})
	s.must(err)
	expect(AgentChanged, "capacity: 10 > 3", "role: agent > admin", "teams: Shop > ")

	h, err := s.Handling(ctx, s.alice)
	s.must(err)
	h.SoonAfter, h.AutoClose, h.Greeting = 4, false, "你好"
	s.must(s.ChangeHandling(ctx, s.alice, h))
	expect(SettingChanged, "auto_close: true > false", "greeting:  > 你好", "soon_after: 3 > 4")
	s.must(s.ChangeHandling(ctx, s.alice, h))
	expect(SettingChanged) // as it was

	rules, err := s.Routing(ctx, s.alice)
	s.must(err)
	rules.DefaultTeamID, rules.Channels = team.ID, map[string]Binding{Webchat: {TeamID: team.ID}}
	s.must(s.SaveRouting(ctx, s.alice, rules, nil))
	expect(SettingChanged, "channels.webchat.team_id:  > Shop", "default_team_id:  > Shop")

	box := Mailbox{Address: "a@tea.example", IMAP: MailServer{Host: "imap.example", Port: 993, Security: "tls"}, SMTP: MailServer{Host: "smtp.example", Port: 465, Security: "tls"}}
	s.must(box.Check())
	saved := SavedInbox{Channel: Email, Name: "Support", Settings: box, Secrets: MailboxSecrets{IMAP: "one", SMTP: "one"}}
	in, err := s.SaveInbox(ctx, s.alice, saved)
	s.must(err)
	box.IMAP.Host = "mail.example"
	saved.ID, saved.TeamID, saved.Settings, saved.Secrets = in.ID, team.ID, box, MailboxSecrets{IMAP: "two", SMTP: "one"}
	_, err = s.SaveInbox(ctx, s.alice, saved)
	s.must(err)
	expect(InboxChanged, "imap.host: imap.example > mail.example", "team_id:  > Shop")
	lines, _, err := s.Audit(ctx, s.alice, AuditList{Limit: 10})
	s.must(err)
	if lines[0].Facts["secrets"] != true || strings.Contains(string(lines[0].Data), "two") {
		t.Errorf("of the password it says %s", lines[0].Data)
	}

	week := Schedule{Name: "Early", Week: [7][]Span{1: {{From: 540, To: 1080}}}}
	hours, err := s.SaveSchedule(ctx, s.alice, week, true)
	s.must(err)
	hours.Week[1] = []Span{{From: 480, To: 720}, {From: 780, To: 1020}}
	_, err = s.SaveSchedule(ctx, s.alice, *hours, false)
	s.must(err)
	expect(SettingChanged, "week.2: 09:00–18:00 > 08:00–12:00, 13:00–17:00")

	// It is found by what it was and by what it became.
	for _, q := range []string{"imap.example", "你好"} {
		if found, _, err := s.Audit(ctx, s.alice, AuditList{Query: q, Limit: 10}); err != nil || len(found) != 1 {
			t.Errorf("%q finds %d (%v)", q, len(found), err)
		}
	}
}

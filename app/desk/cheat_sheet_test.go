package desk

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// A team's cheat sheet is read by its members, written by its admins and the company's, and nobody writes over what he has not read.
func TestCheatSheet(t *testing.T) {
	s, ctx := open(t), t.Context()
	dan, eve := s.agent("Dan", Crew), s.agent("Eve", Crew)
	team, err := s.SaveTeam(ctx, s.alice, Team{Name: "Tea", Assignment: "collaboration", MemberIDs: []AgentID{s.bo.Agent(), dan.Agent()}, AdminIDs: []AgentID{s.bo.Agent()}})
	s.must(err)
	other, err := s.SaveTeam(ctx, s.alice, Team{Name: "Cups", Assignment: "collaboration", MemberIDs: []AgentID{eve.Agent()}, AdminIDs: []AgentID{eve.Agent()}})
	s.must(err)
	never := time.Time{}
	s.must(s.ChangeCheatSheet(ctx, s.bo, team.ID, "  # Returns\r\nwithin 30 days ", &never))
	for who, c := range map[*Actor]struct{ reads, keeps bool }{&s.alice: {true, true}, &s.bo: {true, true}, &dan: {true, false}, &eve: {false, false}} {
		sheet, err := s.CheatSheet(ctx, *who, team.ID)
		if c.reads != (err == nil) || !c.reads && !errors.Is(err, NotFound) || c.reads && (sheet.Keeps != c.keeps || sheet.Text != "# Returns\nwithin 30 days" || sheet.By != "Bo") {
			t.Errorf("%s reads %+v, %v", who.Name, sheet, err)
		}
		all, err := s.CheatSheets(ctx, *who)
		s.must(err)
		if c.reads != (all[team.ID] != "") {
			t.Errorf("%s has the sheets %v", who.Name, all)
		}
	}
	if err := s.ChangeCheatSheet(ctx, dan, team.ID, "mine", nil); !errors.Is(err, Forbidden) {
		t.Errorf("a member writes it: %v", err)
	}
	for who, err := range map[string]error{"another team's admin": s.ChangeCheatSheet(ctx, eve, team.ID, "mine", nil), "no team": s.ChangeCheatSheet(ctx, s.alice, 99, "x", nil)} {
		if !errors.Is(err, NotFound) {
			t.Errorf("%s: %v", who, err)
		}
	}
	if _, err := s.CheatSheet(ctx, s.visitor(), team.ID); !errors.Is(err, NotFound) {
		t.Errorf("a visitor: %v", err)
	}
	if err := s.ChangeCheatSheet(ctx, s.bo, team.ID, strings.Repeat("茶", CheatSheetText+1), nil); !IsInvalid(err) {
		t.Errorf("too long: %v", err)
	}

	// Both had the same before them; the second is told, and may write over it then.
	was, err := s.CheatSheet(ctx, s.alice, team.ID)
	s.must(err)
	s.now = s.now.Add(time.Minute)
	s.must(s.ChangeCheatSheet(ctx, s.alice, team.ID, "Alice's", &was.ChangedAt))
	if err := s.ChangeCheatSheet(ctx, s.bo, team.ID, "Bo's", &was.ChangedAt); !errors.Is(err, Conflict("error.cheat_sheet_changed")) {
		t.Errorf("over what he has not read: %v", err)
	}
	s.must(s.ChangeCheatSheet(ctx, s.bo, team.ID, "Alice's", &was.ChangedAt)) // the same
	s.must(s.ChangeCheatSheet(ctx, s.bo, team.ID, "", nil))
	events, err := s.EventsAfter(ctx, System, 0, 1000)
	s.must(err)
	told := 0
	for _, e := range events {
		if e.Name == CheatSheetChanged && e.SubjectID == int64(team.ID) {
			told++
		}
	}
	if told != 3 {
		t.Errorf("%d events of three changes", told)
	}
	s.must(s.ChangeCheatSheet(ctx, eve, other.ID, "cups", nil))
	s.must(s.DeleteTeam(ctx, s.alice, other.ID))
	if all, err := s.CheatSheets(ctx, s.alice); err != nil || all[other.ID] != "" {
		t.Errorf("of a team that is gone: %v, %v", all, err)
	}
}

// A team and its cheat sheet are saved in one change: both, or neither.
func TestATeamIsSavedWithItsCheatSheet(t *testing.T) {
	s, ctx := open(t), t.Context()
	team, err := s.SaveTeam(ctx, s.alice, Team{Name: "Tea", Assignment: "grab"})
	s.must(err)
	last, err := s.LastEvent(ctx)
	s.must(err)
	long, right := strings.Repeat("x", CheatSheetText+1), " # Returns\r\n- in 30 days "
	if _, err := s.SaveTeam(ctx, s.alice, Team{ID: team.ID, Name: "Leaves", Assignment: "grab", CheatSheet: &long}); err == nil {
		t.Error("a sheet that is too long was taken")
	}
	if now, err := s.Team(ctx, s.alice, team.ID); err != nil || now.Name != "Tea" {
		t.Errorf("it is %+v, %v", now, err)
	}
	_, err = s.SaveTeam(ctx, s.alice, Team{ID: team.ID, Name: "Leaves", Assignment: "grab", CheatSheet: &right})
	s.must(err)
	sheets, err := s.CheatSheets(ctx, s.alice)
	s.must(err)
	if sheets[team.ID] != "# Returns\n- in 30 days" {
		t.Errorf("its sheet is %q", sheets[team.ID])
	}
	events, err := s.EventsAfter(ctx, System, last, 10)
	s.must(err)
	if len(events) != 2 || events[0].Name != TeamChanged || events[1].Name != CheatSheetChanged {
		t.Errorf("the log tells %+v", events)
	}
}

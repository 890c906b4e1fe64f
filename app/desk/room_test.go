package desk

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func (s *shop) write(by Actor, with With, text string) *RoomMessage {
	s.t.Helper()
	m, err := s.WriteToColleagues(s.t.Context(), by, with, RoomDraft{Text: text})
	s.must(err)
	return m
}

// heard are the texts that an agent reads in a room.
func (s *shop) heard(by Actor, with With) (list []string) {
	s.t.Helper()
	all, _, err := s.RoomMessages(s.t.Context(), by, with, RoomList{Limit: 100})
	s.must(err)
	for _, m := range all {
		list = append(list, m.AgentName+": "+m.Text)
	}
	return list
}

func TestColleagues(t *testing.T) {
	s, ctx := open(t), t.Context()
	chen := s.agent("Chen", Crew)
	team, err := s.SaveTeam(ctx, s.alice, Team{Name: "Sales", Assignment: "collaboration", MemberIDs: []AgentID{s.bo.Agent(), chen.Agent()}})
	s.must(err)
	toBo, toChen, toSales := With{AgentID: s.bo.Agent()}, With{AgentID: chen.Agent()}, With{TeamID: team.ID}

	s.write(chen, toBo, "is there oolong left?")
	s.write(s.bo, toChen, "两盒，在仓库")
	s.write(s.bo, toSales, "oolong is nearly out")
	if got := fmt.Sprint(s.heard(s.bo, toChen)); got != "[Chen: is there oolong left? Bo: 两盒，在仓库]" {
		t.Errorf("Bo reads %s", got)
	}
	rooms, err := s.Rooms(ctx, chen, "")
	s.must(err)
	var seen []string
	for _, r := range rooms {
		seen = append(seen, fmt.Sprint(r.Name, r.Unread))
	}
	if got := fmt.Sprint(seen); got != "[Sales1 Bo1 Alice0]" {
		t.Errorf("Chen sees %s", got)
	}
	if n, err := s.UnreadRooms(ctx, chen); n != 2 || err != nil {
		t.Errorf("%d are unread, %v", n, err)
	}
	last := s.write(s.bo, toChen, "take one")
	s.must(s.ReadRoom(ctx, chen, toBo, last.ID))
	if n, err := s.UnreadRooms(ctx, chen); n != 1 || err != nil {
		t.Errorf("%d are unread after reading, %v", n, err)
	}

	// Members only, an admin too.
	if _, err := s.Room(ctx, s.alice, toSales); !errors.Is(err, NotFound) {
		t.Errorf("Alice opens a team that is not hers: %v", err)
	}
	if _, err := s.WriteToColleagues(ctx, s.alice, toSales, RoomDraft{Text: "hello"}); !errors.Is(err, NotFound) {
		t.Errorf("Alice writes to it: %v", err)
	}
	if _, err := s.RoomMessage(ctx, s.alice, last.ID); !errors.Is(err, NotFound) {
		t.Errorf("Alice reads what Bo wrote to Chen: %v", err)
	}
	if _, err := s.WriteToColleagues(ctx, s.visitor(), toBo, RoomDraft{Text: "hello"}); !errors.Is(err, NotFound) {
		t.Errorf("a customer writes: %v", err)
	}
	if _, err := s.WriteToColleagues(ctx, s.bo, toBo, RoomDraft{Text: "me"}); !errors.Is(err, NotFound) {
		t.Errorf("Bo writes to himself: %v", err)
	}
	for _, by := range []Actor{chen, s.alice} {
		found, err := s.FindRoomMessages(ctx, by, "oolong")
		s.must(err)
		if want := map[string]int{"Chen": 2, "Alice": 0}[by.Name]; len(found) != want {
			t.Errorf("%s finds %d, want %d", by.Name, len(found), want)
		}
	}
	if found, err := s.FindRoomMessages(ctx, chen, "仓库"); len(found) != 1 || err != nil || found[0].Where != "Bo" || found[0].With != toBo {
		t.Errorf("in Chinese: %+v, %v", found, err)
	}

	// A recalled message has no words, and cannot be found.
	if _, err := s.RecallRoomMessage(ctx, chen, last.ID); !errors.Is(err, Forbidden) {
		t.Errorf("Chen recalls what Bo wrote: %v", err)
	}
	m, err := s.RecallRoomMessage(ctx, s.bo, last.ID)
	s.must(err)
	if found, err := s.FindRoomMessages(ctx, chen, "take"); m.Text != "" || m.RecalledAt.IsZero() || len(found) != 0 || err != nil {
		t.Errorf("recalled: %+v, found %d, %v", m, len(found), err)
	}
}

func TestColleaguesWriteOnce(t *testing.T) {
	s, ctx := open(t), t.Context()
	toBo := With{AgentID: s.bo.Agent()}
	for range 2 {
		_, err := s.WriteToColleagues(ctx, s.alice, toBo, RoomDraft{Text: "once", ClientID: "a1"})
		s.must(err)
	}
	if got := s.heard(s.bo, With{AgentID: s.alice.Agent()}); len(got) != 1 {
		t.Errorf("Bo reads %q", got)
	}
	for _, bad := range []string{"", " \n ", strings.Repeat("a", s.Limit.AgentText+1)} {
		var e *Error
		if _, err := s.WriteToColleagues(ctx, s.alice, toBo, RoomDraft{Text: bad}); !errors.As(err, &e) || e.Kind != KindInvalid {
			t.Errorf("%d characters: %v", len(bad), err)
		}
	}
	_, err := s.ChangeAgent(ctx, s.alice, s.bo.Agent(), AgentChange{Enabled: new(false)})
	s.must(err)
	if _, err := s.WriteToColleagues(ctx, s.alice, toBo, RoomDraft{Text: "gone?"}); !errors.Is(err, Conflict("error.colleague_gone", "Bo")) {
		t.Errorf("to one who is disabled: %v", err)
	}
	if got := s.heard(s.alice, toBo); len(got) != 1 {
		t.Errorf("what was said cannot be read: %q", got)
	}
}

func TestColleaguesSendFiles(t *testing.T) {
	s, ctx := open(t), t.Context()
	chen := s.agent("Chen", Crew)
	file, err := s.Upload(ctx, s.alice, "plan.txt", strings.NewReader("a plan"))
	s.must(err)
	if _, err := s.WriteToColleagues(ctx, s.bo, With{AgentID: s.alice.Agent()}, RoomDraft{FileID: file.ID}); err == nil {
		t.Error("Bo sent a file of Alice's")
	}
	m, err := s.WriteToColleagues(ctx, s.alice, With{AgentID: s.bo.Agent()}, RoomDraft{FileID: file.ID})
	s.must(err)
	if m.File == nil || m.File.Name != "plan.txt" {
		t.Errorf("sent %+v", m.File)
	}
	if _, err := s.File(ctx, s.bo, file.ID); err != nil {
		t.Errorf("Bo opens it: %v", err)
	}
	if _, err := s.File(ctx, chen, file.ID); !errors.Is(err, NotFound) {
		t.Errorf("Chen opens it: %v", err)
	}
	swept, err := s.Expire(ctx, System)
	s.must(err)
	if swept.Files != 0 {
		t.Error("a file in use was swept")
	}
}

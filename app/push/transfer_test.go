package push

import (
	"testing"
	"time"

	"deskbell/app/desk"
)

// Who is asked to take a conversation over and has put the console away is asked there too, though he does not see it yet; when it is
// over by then, nobody disturbs him.
func TestARequestIsPushed(t *testing.T) {
	s, ctx := open(t), t.Context()
	team, err := s.SaveTeam(ctx, s.alice, desk.Team{Name: "Sales", Assignment: "collaboration", MemberIDs: []desk.AgentID{s.alice.Agent()}})
	s.must(err)
	bo := s.browser(s.bo)
	id := s.say(s.visitor("李梅"), "hello")
	_, err = s.Assign(ctx, s.alice, id, team.ID, s.alice.Agent())
	s.must(err)
	s.wait(together)
	bo.shown()
	s.must(s.Connected(ctx, desk.System, s.bo.Agent(), true))
	ask := func() {
		t.Helper()
		_, err := s.Transfer(ctx, s.alice, id, desk.Handover{AgentID: s.bo.Agent(), Ask: true, Note: "speaks Hungarian"})
		s.must(err)
	}
	ask()
	s.wait(together)
	if p := only(t, bo.shown()); p.Title != s.alice.Name+" asks you to take over 李梅" || p.Body != "speaks Hungarian" || p.urgency != "high" {
		t.Errorf("Bo gets %+v", p)
	}
	s.wait(time.Minute)
	_, err = s.Due(ctx, desk.System, true)
	s.must(err)
	ask()
	p, err := s.PendingTransfer(ctx, s.alice, id)
	s.must(err)
	_, err = s.WithdrawTransfer(ctx, s.alice, p.ID)
	s.must(err)
	s.wait(together)
	if got := bo.shown(); len(got) != 0 {
		t.Errorf("asked after it was taken back: %+v", got)
	}
}

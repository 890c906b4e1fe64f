package desk

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// there lets agents be there.
func (s *shop) there(agents ...Actor) {
	s.t.Helper()
	for _, a := range agents {
		s.must(s.Connected(s.t.Context(), System, a.Agent(), true))
	}
}

func (s *shop) asked(by Actor) *Transfer {
	s.t.Helper()
	list, err := s.AskedOf(s.t.Context(), by)
	s.must(err)
	if len(list) != 1 {
		s.t.Fatalf("%s is asked %d times", by.Name, len(list))
	}
	return list[0]
}

func TestATransferIsConfirmed(t *testing.T) {
	s, ctx := open(t), t.Context()
	chen := s.agent("Chen", Crew)
	s.must(s.ChangeHandling(ctx, s.alice, Handling{SoonAfter: 3, OverdueAfter: 5, ConfirmTransfers: true}))
	v, c := s.served()
	to := Handover{AgentID: chen.Agent(), Note: "speaks Hungarian"}
	if _, err := s.Transfer(ctx, s.bo, c.ID, to); !errors.Is(err, Conflict("error.nobody_there", "Chen")) {
		t.Errorf("to somebody who is not there: %v", err)
	}
	s.there(chen)
	after, err := s.Transfer(ctx, s.bo, c.ID, to)
	s.must(err)
	if after.AssigneeID != s.bo.Agent() || !after.Joined {
		t.Errorf("while it is asked it is %+v", after)
	}
	ask := s.asked(chen)
	if ask.FromName != "Bo" || ask.Note != "speaks Hungarian" || ask.LastText != "hello" || !ask.DueAt.Equal(s.now.Add(time.Minute)) {
		t.Errorf("Chen is asked %+v", ask)
	}
	if _, err := s.Transfer(ctx, s.bo, c.ID, to); !errors.Is(err, Conflict("error.transfer_pending")) {
		t.Errorf("asked twice: %v", err)
	}
	if _, err := s.AcceptTransfer(ctx, s.alice, ask.ID); !errors.Is(err, NotFound) {
		t.Errorf("accepted by one who was not asked: %v", err)
	}
	s.must(s.RefuseTransfer(ctx, chen, ask.ID))
	if _, err := s.AcceptTransfer(ctx, chen, ask.ID); !errors.Is(err, Conflict("error.transfer_over")) {
		t.Errorf("accepted after it was refused: %v", err)
	}
	if p, err := s.PendingTransfer(ctx, s.bo, c.ID); err != nil || p != nil {
		t.Errorf("pending after it was refused: %+v %v", p, err)
	}
	_, err = s.Transfer(ctx, s.bo, c.ID, to)
	s.must(err)
	got, err := s.AcceptTransfer(ctx, chen, s.asked(chen).ID)
	s.must(err)
	if got.AssigneeID != chen.Agent() || !got.Joined {
		t.Errorf("accepted it is %+v", got)
	}
	if before, err := s.Conversation(ctx, s.bo, c.ID); err != nil || before.Joined {
		t.Errorf("who handed it over is still in it: %v", err)
	}
	theirs, _, err := s.Messages(ctx, v, c.ID, MessageList{Limit: 50})
	s.must(err)
	var lines []EventName
	for _, m := range theirs {
		if m.IsEvent() {
			lines = append(lines, m.Meta.Event)
			if m.Meta.Facts["note"] != nil {
				t.Error("the customer reads the note")
			}
		}
	}
	if n := len(lines); lines[n-1] != ConversationAssigned || lines[n-2] != TransferAsked {
		t.Errorf("the customer is told %v", lines)
	}
}

func TestATransferTimesOutAlsoOverARestart(t *testing.T) {
	s, ctx := open(t), t.Context()
	chen := s.agent("Chen", Crew)
	s.there(chen)
	_, c := s.served()
	_, err := s.Transfer(ctx, s.bo, c.ID, Handover{AgentID: chen.Agent(), Ask: true})
	s.must(err)
	ask := s.asked(chen)
	next, err := s.Due(ctx, System, true) // as a program that has just begun does
	s.must(err)
	if !next.Equal(ask.DueAt) {
		t.Errorf("next due at %v", next)
	}
	s.now = ask.DueAt
	if _, err := s.AcceptTransfer(ctx, chen, ask.ID); !errors.Is(err, Conflict("error.transfer_over")) {
		t.Errorf("accepted after a minute: %v", err)
	}
	s.due()
	s.due()
	names := s.names(c.ID)
	if n := len(names); names[n-1] != TransferTimedOut || names[n-2] != MessageNoted || names[n-3] != TransferAsked {
		t.Errorf("the log ends with %v", names)
	}
	if c, err := s.Conversation(ctx, s.bo, c.ID); err != nil || c.AssigneeID != s.bo.Agent() {
		t.Errorf("it did not stay with Bo: %v", err)
	}
}

// A whole team is asked: one gets it, however many say yes at the same moment.
func TestATeamIsAsked(t *testing.T) {
	s, ctx := open(t), t.Context()
	var crew []Actor
	var ids []AgentID
	for _, name := range []string{"Chen", "Dora", "Emil", "Fei", "Gao"} {
		a := s.agent(name, Crew)
		crew, ids = append(crew, a), append(ids, a.Agent())
	}
	team, err := s.SaveTeam(ctx, s.alice, Team{Name: "Export", Assignment: "collaboration", MemberIDs: ids})
	s.must(err)
	_, c := s.served()
	if _, err := s.Transfer(ctx, s.bo, c.ID, Handover{TeamID: team.ID, Ask: true}); !errors.Is(err, Conflict("error.nobody_there", "Export")) {
		t.Errorf("a team in which nobody is there: %v", err)
	}
	s.there(crew...)
	_, err = s.Transfer(ctx, s.bo, c.ID, Handover{TeamID: team.ID, Ask: true})
	s.must(err)
	ask := s.asked(crew[0])
	s.must(s.RefuseTransfer(ctx, crew[0], ask.ID))
	if list, err := s.AskedOf(ctx, crew[0]); err != nil || len(list) != 0 {
		t.Errorf("who said no is still asked: %v", err)
	}
	var won atomic.Int32
	var all sync.WaitGroup
	for _, a := range crew[1:] {
		all.Go(func() {
			_, err := s.AcceptTransfer(ctx, a, ask.ID)
			var e *Error
			if err == nil {
				won.Add(1)
			} else if !errors.As(err, &e) || e.Key != "error.transfer_taken" || e.Args[0] == "" {
				t.Errorf("%s: %v", a.Name, err)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Errorf("%d got it", won.Load())
	}
	if c, err := s.Conversation(ctx, s.alice, c.ID); err != nil || c.TeamID != team.ID || c.Status != "open" {
		t.Errorf("afterwards it is %+v %v", c, err)
	}
	// All say no.
	_, c = s.served()
	_, err = s.Transfer(ctx, s.bo, c.ID, Handover{TeamID: team.ID, Ask: true})
	s.must(err)
	for _, a := range crew {
		s.must(s.RefuseTransfer(ctx, a, s.asked(a).ID))
	}
	if names := s.names(c.ID); names[len(names)-1] != TransferRefused {
		t.Errorf("the log ends with %v", names)
	}
}

// Whoever goes on speaking to the customer takes it back; so does closing it, and giving it away otherwise.
func TestATransferIsTakenBack(t *testing.T) {
	s, ctx := open(t), t.Context()
	chen := s.agent("Chen", Crew)
	s.there(chen)
	for name, act := range map[string]func(*Conversation) error{
		"by a reply": func(c *Conversation) error {
			_, err := s.Reply(ctx, s.bo, c.ID, Draft{Text: "one moment"})
			return err
		},
		"by closing": func(c *Conversation) error {
			_, err := s.CloseConversation(ctx, s.bo, c.ID)
			return err
		},
		"by an assignment": func(c *Conversation) error {
			_, err := s.Assign(ctx, s.alice, c.ID, 0, s.alice.Agent())
			return err
		},
		"by hand": func(c *Conversation) error {
			_, err := s.WithdrawTransfer(ctx, s.bo, s.asked(chen).ID)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, c := s.served()
			_, err := s.Transfer(ctx, s.bo, c.ID, Handover{AgentID: chen.Agent(), Ask: true})
			s.must(err)
			ask := s.asked(chen)
			if _, err := s.Reply(ctx, s.bo, c.ID, Draft{Text: "Chen?", Internal: true}); err != nil || s.asked(chen).ID != ask.ID {
				t.Errorf("a whisper took it back: %v", err)
			}
			if _, err := s.WithdrawTransfer(ctx, chen, ask.ID); !errors.Is(err, NotFound) && !errors.Is(err, Forbidden) {
				t.Errorf("taken back by the one who is asked: %v", err)
			}
			s.must(act(c))
			if _, err := s.AcceptTransfer(ctx, chen, ask.ID); !errors.Is(err, Conflict("error.transfer_withdrawn")) {
				t.Errorf("accepted afterwards: %v", err)
			}
		})
	}
}

func TestATransferAtOnce(t *testing.T) {
	s, ctx := open(t), t.Context()
	chen := s.agent("Chen", Crew)
	_, c := s.served()
	after, err := s.Transfer(ctx, s.bo, c.ID, Handover{AgentID: chen.Agent()})
	s.must(err)
	if after.AssigneeID != chen.Agent() {
		t.Errorf("without the switch it is with %d", after.AssigneeID)
	}
	team, err := s.SaveTeam(ctx, s.alice, Team{Name: "Export", Assignment: "collaboration"})
	s.must(err)
	after, err = s.Transfer(ctx, chen, c.ID, Handover{TeamID: team.ID})
	s.must(err)
	if after.Status != "waiting" || after.TeamID != team.ID {
		t.Errorf("to a team it is %s of %d", after.Status, after.TeamID)
	}
}

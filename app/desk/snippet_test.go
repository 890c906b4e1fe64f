package desk

import (
	"errors"
	"strings"
	"testing"
)

func TestTheFirstAvailableLevelShows(t *testing.T) {
	s, ctx := open(t), t.Context()
	chen := s.agent("Chen", Crew)
	team, err := s.SaveTeam(ctx, s.alice, Team{Name: "Sales", Assignment: "auto", MemberIDs: []AgentID{s.bo.Agent()}})
	s.must(err)
	second, err := s.SaveInbox(ctx, s.alice, SavedInbox{Channel: Webchat, Name: "Second", Enabled: true, Settings: Widget{}})
	s.must(err)
	sn, err := s.SaveSnippet(ctx, s.alice, Snippet{Name: "Shop", Kind: "tab", Offline: `<p onclick="x()">Closed<script>alert(1)</script></p>`, Levels: []Level{
		{TeamID: team.ID, InboxID: s.widget.ID}, {AgentID: chen.Agent(), InboxID: second.ID}}})
	s.must(err)
	if sn.Offline != "<p>Closed</p>" {
		t.Errorf("the contents are stored as %q", sn.Offline)
	}
	shows := func(want InboxID) {
		t.Helper()
		level, in, err := s.Available(ctx, System, sn)
		s.must(err)
		if got := InboxID(0); level != nil {
			if got = in.ID; got != want {
				t.Errorf("widget %d shows, want %d", got, want)
			}
		} else if want != 0 {
			t.Errorf("nothing shows, want %d", want)
		}
	}
	shows(0)
	s.must(s.Connected(ctx, System, chen.Agent(), true))
	shows(second.ID)
	s.must(s.Connected(ctx, System, s.bo.Agent(), true))
	shows(s.widget.ID)
	s.must(s.OptOut(ctx, s.bo, team.ID, true))
	shows(second.ID)
	s.must(s.OptOut(ctx, s.bo, team.ID, false))
	_, err = s.SetPresence(ctx, s.bo, s.bo.Agent(), "busy")
	s.must(err)
	shows(second.ID)
	_, err = s.SaveInbox(ctx, s.alice, SavedInbox{ID: second.ID, Channel: Webchat, Name: "Second", Settings: Widget{}})
	s.must(err)
	shows(0)

	public := sn.PublicID
	sn.Name = "Other"
	sn, err = s.SaveSnippet(ctx, s.alice, *sn)
	s.must(err)
	if sn.PublicID != public {
		t.Error("its id changed")
	}
	s.must(s.DeleteSnippet(ctx, s.alice, sn.ID))
	if _, err := s.SnippetByPublicID(ctx, System, public); !errors.Is(err, NotFound) {
		t.Errorf("a removed one: %v", err)
	}
}

func TestASnippetsFaultsAreTold(t *testing.T) {
	s, ctx := open(t), t.Context()
	good := Level{InboxID: s.widget.ID}
	for field, in := range map[string]Snippet{
		"name":    {Kind: "tab", Levels: []Level{good}},
		"kind":    {Name: "x", Kind: "bubble", Levels: []Level{good}},
		"offline": {Name: "x", Kind: "tab", Levels: []Level{good}, Offline: strings.Repeat("x", 20_001)},
		"levels":  {Name: "x", Kind: "tab"},
	} {
		var e *Error
		if _, err := s.SaveSnippet(ctx, s.alice, in); !errors.As(err, &e) || len(e.Fields) != 1 || e.Fields[0].Name != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	for _, l := range []Level{{InboxID: 99}, {InboxID: s.widget.ID, TeamID: 99}, {InboxID: s.widget.ID, AgentID: 99}} {
		if _, err := s.SaveSnippet(ctx, s.alice, Snippet{Name: "x", Kind: "tab", Levels: []Level{l}}); !errors.As(err, new(*Error)) {
			t.Errorf("%+v: %v", l, err)
		}
	}
	if _, err := s.SaveSnippet(ctx, s.bo, Snippet{Name: "x", Kind: "tab", Levels: []Level{good}}); !errors.Is(err, Forbidden) {
		t.Errorf("an agent: %v", err)
	}
}

package desk

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

func TestConferenceAddresses(t *testing.T) {
	long := "https://meet.example/{room}" + strings.Repeat("a", 300)
	for address, want := range map[string]string{
		"":                                 "",
		" https://meet.example/{room} ":    "",
		"https://meet.example:8443/{room}": "",
		"https://a-b.example/tea-{room}?lang=zh&x=1": "",
		"https://meet.example/#/room={room}":         "",
		"http://meet.example/{room}":                 "fault.conference_https",
		"meet.example/{room}":                        "fault.conference_https",
		"javascript:alert('{room}')":                 "fault.conference_https",
		"https://meet.example/":                      "fault.conference_room",
		"https://meet.example/{room}/{room}":         "fault.conference_room",
		"https://{room}.meet.example/":               "fault.conference_address", // an origin for each meeting
		"https://meet.example{room}":                 "fault.conference_address",
		"https://meet/{room}":                        "fault.conference_address", // no link for the widget
		"https://user:pw@meet.example/{room}":        "fault.conference_address",
		"https://meet.example\\@evil/{room}":         "fault.conference_address",
		"https://meet.example/{room}.":               "fault.conference_address", // the stop would end a sentence
		"https://meet.example/a b/{room}":            "fault.conference_address",
		"https://meet.example/{room}\"><b>":          "fault.conference_address",
		"https://meet.example/会议/{room}":             "fault.conference_address",
		"https://meet.example/{room}/{name}":         "fault.conference_address",
		"https://meet.example:99999999/{room}":       "fault.conference_address",
		"https://meet.example/%zz{room}":             "fault.conference_address",
		long:                                         "fault.too_long",
	} {
		h := defaultHandling()
		h.Conference = address
		err := h.check()
		var e *Error
		switch {
		case want == "" && err != nil:
			t.Errorf("%q is refused: %v", address, err)
		case want != "" && (!errors.As(err, &e) || len(e.Fields) != 1 || e.Fields[0].Name != "conference" || e.Fields[0].Key != want):
			t.Errorf("%q: %v, want %s", address, err, want)
		}
	}
}

func TestConference(t *testing.T) {
	s, ctx := open(t), t.Context()
	team, err := s.SaveTeam(ctx, s.alice, Team{Name: "Tea", Assignment: "collaboration", MemberIDs: []AgentID{s.bo.Agent()}})
	s.must(err)
	chen := s.agent("Chen", Crew)
	li := s.visitor()
	id := s.say(li, "hi").ConversationID
	_, err = s.Assign(ctx, s.alice, id, team.ID, 0)
	s.must(err)
	if _, err := s.Conference(ctx, s.bo, id); !errors.Is(err, Conflict("error.conference_off")) {
		t.Errorf("without an address: %v", err)
	}
	h := defaultHandling()
	h.Conference = "https://meet.example/tea-{room}?lang=zh"
	if err := s.ChangeHandling(ctx, s.bo, h); !errors.Is(err, Forbidden) {
		t.Errorf("an agent sets it: %v", err)
	}
	s.must(s.ChangeHandling(ctx, s.alice, h))
	seen := map[string]bool{}
	for range 100 {
		address, err := s.Conference(ctx, s.bo, id)
		s.must(err)
		if !regexp.MustCompile(`^https://meet\.example/tea-[a-z2-7]{26}\?lang=zh$`).MatchString(address) || seen[address] { // 26 × 5 bits
			t.Fatalf("a meeting at %s", address)
		}
		seen[address] = true
	}
	if _, err := s.Conference(ctx, chen, id); !errors.Is(err, NotFound) {
		t.Errorf("of a conversation that he does not see: %v", err)
	}
	if _, err := s.Conference(ctx, li, id); !errors.Is(err, Forbidden) {
		t.Errorf("a visitor: %v", err)
	}
}

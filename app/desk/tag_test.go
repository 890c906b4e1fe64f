package desk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestTagsAreATree(t *testing.T) {
	s, ctx := open(t), t.Context()
	orders, err := s.SaveTag(ctx, s.alice, Tag{Name: " 订单 "})
	s.must(err)
	late, err := s.SaveTag(ctx, s.alice, Tag{ParentID: orders.ID, Name: "Late"})
	s.must(err)
	if late.Path != "订单 / Late" || late.Level != 2 {
		t.Errorf("made as %+v", late)
	}
	if _, err := s.SaveTag(ctx, s.bo, Tag{Name: "mine"}); !errors.Is(err, Forbidden) {
		t.Errorf("an agent makes a tag: %v", err)
	}
	invalid := func(in Tag) {
		t.Helper()
		var e *Error
		if _, err := s.SaveTag(ctx, s.alice, in); !errors.As(err, &e) || e.Kind != KindInvalid {
			t.Errorf("%+v: %v", in, err)
		}
	}
	invalid(Tag{Name: ""})
	invalid(Tag{Name: "LATE", ParentID: orders.ID})
	invalid(Tag{Name: "x", ParentID: 999})
	invalid(Tag{Name: fmt.Sprintf("%081d", 1)})
	deep := late
	for deep.Level < TagLevels {
		deep, err = s.SaveTag(ctx, s.alice, Tag{ParentID: deep.ID, Name: "deeper"})
		s.must(err)
	}
	invalid(Tag{Name: "too deep", ParentID: deep.ID})
	all, err := s.Tags(ctx, s.bo)
	if s.must(err); len(all) != TagLevels || all[0].ID != orders.ID || all[1].ID != late.ID {
		t.Errorf("the tree has %d tags", len(all))
	}
	s.must(s.DeleteTag(ctx, s.alice, late.ID))
	if all, _ = s.Tags(ctx, s.bo); len(all) != 1 {
		t.Errorf("%d are left with what was beneath, want 1", len(all))
	}
}

func TestSummaryAndTheTagBeforeClosing(t *testing.T) {
	s, ctx := open(t), t.Context()
	id := s.say(s.visitor(), "hello").ConversationID
	s.must(s.ChangeHandling(ctx, s.alice, Handling{TagRequired: true, SoonAfter: 3, OverdueAfter: 5}))
	if err := s.ChangeHandling(ctx, s.bo, Handling{}); !errors.Is(err, Forbidden) {
		t.Errorf("an agent changes it: %v", err)
	}
	_, err := s.Join(ctx, s.bo, id)
	s.must(err)
	tag, err := s.SaveTag(ctx, s.alice, Tag{Name: "Prices"})
	s.must(err)
	if _, err := s.CloseConversation(ctx, s.bo, id); !errors.Is(err, Conflict("error.tag_required")) {
		t.Errorf("closed without a tag: %v", err)
	}
	var e *Error
	if err := s.Summarise(ctx, s.bo, id, []TagID{99}, ""); !errors.As(err, &e) || e.Kind != KindInvalid {
		t.Errorf("a tag that is not there: %v", err)
	}
	s.must(s.Summarise(ctx, s.bo, id, []TagID{tag.ID}, "wants gift tins"))
	n := len(s.names(id))
	s.must(s.Summarise(ctx, s.bo, id, []TagID{tag.ID, tag.ID}, "wants gift tins"))
	if names := s.names(id); len(names) != n || names[n-1] != ConversationTagged {
		t.Errorf("the log has %v: the same again is no change", names)
	}
	_, err = s.CloseConversation(ctx, s.bo, id)
	s.must(err)

	// What is deleted stays where it was noted; a customer never reads any of it.
	s.must(s.DeleteTag(ctx, s.alice, tag.ID))
	sum, err := s.Summary(ctx, s.bo, id)
	if s.must(err); len(sum.Tags) != 1 || !sum.Tags[0].Deleted || sum.Remark != "wants gift tins" {
		t.Errorf("noted is %+v", sum)
	}
	s.must(s.Summarise(ctx, s.bo, id, []TagID{tag.ID}, ""))
	v := s.visitor()
	if _, err := s.Summary(ctx, v, s.say(v, "hi").ConversationID); !errors.Is(err, Forbidden) {
		t.Errorf("a customer reads it: %v", err)
	}

	// A visitor and the desk itself close without.
	_, err = s.SaveTag(ctx, s.alice, Tag{Name: "Again"})
	s.must(err)
	for _, by := range []Actor{v, System} {
		other := s.say(v, "hi").ConversationID
		_, err = s.CloseConversation(ctx, by, other)
		s.must(err)
	}
	if team, err := s.SaveTeam(ctx, s.alice, Team{Name: "Export", Assignment: "collaboration"}); err == nil {
		_, err = s.Reopen(ctx, s.alice, id)
		s.must(err)
		_, err = s.Assign(ctx, s.alice, id, team.ID, 0)
		s.must(err)
	}
	if err := s.Summarise(ctx, s.bo, id, nil, ""); !errors.Is(err, NotFound) {
		t.Errorf("one that he does not see: %v", err)
	}
	if slices.Contains(s.names(id), TagChanged) {
		t.Error("the tree is not a conversation's")
	}
}

// TestTagsMove: a tag goes under another with all beneath it, but not beneath itself and not deeper than there are levels.
func TestTagsMove(t *testing.T) {
	s, ctx := open(t), t.Context()
	made := func(name string, parent TagID) TagID {
		t.Helper()
		tag, err := s.SaveTag(ctx, s.alice, Tag{Name: name, ParentID: parent})
		s.must(err)
		return tag.ID
	}
	a, b := made("A", 0), made("B", 0)
	deep := a
	for i := range TagLevels - 2 {
		deep = made(fmt.Sprint("a", i), deep)
	}
	leaf := made("leaf", b)
	moved := func(id TagID, name string, to TagID) error {
		_, err := s.SaveTag(ctx, s.alice, Tag{ID: id, Name: name, ParentID: to})
		return err
	}
	s.must(moved(a, "A", b)) // nine levels beneath one
	if tag, err := s.Tag(ctx, s.alice, deep); err != nil || tag.Level != TagLevels {
		t.Errorf("the deepest is %+v, %v", tag, err)
	}
	for name, err := range map[string]error{
		"beneath itself":      moved(b, "B", b),
		"beneath its own":     moved(b, "B", deep),
		"too deep":            moved(leaf, "leaf", deep),
		"with all beneath it": moved(a, "A", leaf),
		"where one is so":     moved(leaf, "a", b),
		"to nowhere":          moved(leaf, "leaf", 999),
	} {
		var e *Error
		if !errors.As(err, &e) || e.Kind != KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.must(moved(a, "A", 0))
	if tag, err := s.Tag(ctx, s.alice, deep); err != nil || tag.Level != TagLevels-1 {
		t.Errorf("back at the top the deepest is %+v, %v", tag, err)
	}
}

func TestTagsAreImported(t *testing.T) {
	s, ctx := open(t), t.Context()
	paths := [][]string{{"Orders"}, {"Orders", "Late"}, {"Orders", "late", " By days "}, nil, {"Tea", "", ""}, {"Tea", "Green"}}
	n, err := s.ImportTags(ctx, s.alice, paths)
	s.must(err)
	if again, err := s.ImportTags(ctx, s.alice, paths); n != 5 || again != 0 || err != nil {
		t.Errorf("%d were new, then %d, %v", n, again, err)
	}
	list, err := s.Tags(ctx, s.bo)
	s.must(err)
	var got []string
	for _, tag := range list {
		got = append(got, tag.Path)
	}
	if want := []string{"Orders", "Orders / Late", "Orders / Late / By days", "Tea", "Tea / Green"}; !slices.Equal(got, want) {
		t.Errorf("the tree is %q", got)
	}
	for name, bad := range map[string][]string{"a gap": {"A", "", "B"}, "too deep": strings.Split("1,2,3,4,5,6,7,8,9,10,11", ","), "a long name": {strings.Repeat("茶", 81)}} {
		var e *Error
		if _, err := s.ImportTags(ctx, s.alice, [][]string{{"New " + name}, bad}); !errors.As(err, &e) || len(e.Fields) != 1 || e.Fields[0].Key != "fault.tag_row" || e.Fields[0].Args[0] != 2 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list, err = s.Tags(ctx, s.bo); err != nil || len(list) != 5 {
		t.Errorf("a half of it was taken: %d tags, %v", len(list), err)
	}
	if _, err := s.ImportTags(ctx, s.bo, paths); !errors.Is(err, Forbidden) {
		t.Errorf("by an agent: %v", err)
	}
}

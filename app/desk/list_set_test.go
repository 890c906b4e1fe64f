package desk

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// What is rare is looked up and sorted, what many have is looked up, what is common is looked for in each: all find the same, in the same order, page by page.
func TestListsByWhatIsRareAndWhatIsCommon(t *testing.T) {
	s, ctx := open(t), t.Context()
	field := func(name, kind string, options ...string) FormFieldID {
		f, err := s.SaveFormField(ctx, s.alice, FormField{Name: name, Kind: kind, Options: options, Visible: true})
		s.must(err)
		return f.ID
	}
	order, tea, likes, day, words := field("Order", "number"), field("Tea", "tree", "Green / Longjing", "Green / Biluochun", "Greenish", "Black"), field("Likes", "choices", "Cups", "Pots"), field("Day", "date"), field("Words", "text")
	tag, err := s.SaveTag(ctx, s.alice, Tag{Name: "Returns"})
	s.must(err)
	named, err := s.SaveStatus(ctx, s.alice, NamedStatus{Name: "In repair", Kind: "pending"})
	s.must(err)
	ids := s.tickets(6)
	for i, values := range []Filled{
		{order: "9", tea: "Green / Longjing", likes: "Cups\nPots", day: "2026-03-01", words: "A Blue lid"},
		{order: "10", tea: "Green / Biluochun", likes: "Pots", day: "2026-03-15", words: "a green LID"},
		{order: "100", tea: "Greenish", likes: "Cups"},
		{order: "-2.5", tea: "Black", words: "100% \\ _"},
		{},
	} {
		ch := TicketChange{Fields: values}
		if i%2 == 0 {
			ch.Tag, ch.StatusID = []TagID{tag.ID}, &named.ID
		}
		subject := fmt.Sprintf("Café order %d", i)
		ch.Subject = &subject
		_, err := s.ChangeTicket(ctx, s.alice, ids[i], ch)
		s.must(err)
	}
	_, err = s.FollowTicket(ctx, s.alice, ids[1], s.alice.Agent())
	s.must(err)
	r, m := rare, many
	t.Cleanup(func() { rare, many = r, m })
	for what, c := range map[string]struct {
		l    ConversationList
		want []int
	}{
		"a number": {ConversationList{Fields: []FieldAsk{{order, "10"}}}, []int{1}}, "numbers from": {ConversationList{Fields: []FieldAsk{{order, "9.5.."}}}, []int{1, 2}},
		"numbers to": {ConversationList{Fields: []FieldAsk{{order, "..9"}}}, []int{0, 3}}, "numbers between": {ConversationList{Fields: []FieldAsk{{order, "9..10"}}}, []int{0, 1}},
		"a branch": {ConversationList{Fields: []FieldAsk{{tea, "green"}}}, []int{0, 1}}, "a leaf": {ConversationList{Fields: []FieldAsk{{tea, "Green / Longjing"}}}, []int{0}},
		"one of several": {ConversationList{Fields: []FieldAsk{{likes, "pots"}}}, []int{0, 1}}, "days": {ConversationList{Fields: []FieldAsk{{day, "2026-03-01..2026-03-02"}}}, []int{0}},
		"days from": {ConversationList{Fields: []FieldAsk{{day, "2026-03-02.."}}}, []int{1}}, "a part": {ConversationList{Fields: []FieldAsk{{words, "lid"}}}, []int{0, 1}},
		"a sign": {ConversationList{Fields: []FieldAsk{{words, "%"}}}, []int{3}}, "two fields": {ConversationList{Fields: []FieldAsk{{words, "lid"}, {tea, "green / biluochun"}}}, []int{1}},
		"a tag": {ConversationList{TagID: tag.ID}, []int{0, 2, 4}}, "a named status": {ConversationList{StatusID: named.ID}, []int{0, 2, 4}}, "a tag and a field": {ConversationList{TagID: tag.ID, Fields: []FieldAsk{{tea, "green"}}}, []int{0}},
		"a subject": {ConversationList{Query: "cafe order"}, []int{0, 1, 2, 3, 4}}, "one of them": {ConversationList{Query: "fé 3"}, []int{3}}, "one letter": {ConversationList{Query: "f"}, []int{0, 1, 2, 3, 4}},
		"a subject and a tag": {ConversationList{Query: "order", TagID: tag.ID}, []int{0, 2, 4}}, "nothing": {ConversationList{Query: "zzz"}, nil}, "followed": {ConversationList{View: "followed"}, []int{1}},
		"followed and words": {ConversationList{View: "followed", Query: "order"}, []int{1}}, "followed and others": {ConversationList{View: "followed", Query: "order 2"}, nil},
		"followed and a field": {ConversationList{View: "followed", Fields: []FieldAsk{{order, "9"}}}, nil},
	} {
		for _, few := range [][2]int{{0, 0}, {0, 2}, {0, m}, {1, m}, {r, m}} {
			for _, sort := range []string{"", "created", "oldest", "priority"} {
				rare, many = few[0], few[1]
				l := c.l
				l.Kind, l.Sort, l.Limit = "ticket", sort, 2
				var got []TicketID
				for page := 0; page == 0 || l.Before != ""; page++ {
					list, next, err := s.Conversations(ctx, s.alice, l)
					if err != nil {
						t.Fatalf("%s: %v", what, err)
					}
					for _, k := range list {
						got = append(got, k.Ticket.ID)
					}
					l.Before = next
				}
				var want []TicketID
				for _, i := range c.want {
					want = append(want, ids[i])
				}
				if sort != "oldest" {
					slices.Reverse(want)
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s, by %q, where %d are few and many: %v, want %v", what, sort, few, got, want)
				}
			}
		}
	}
	rare, many = r, m
	// Of the one that is followed it is asked whether it has words that more than four others have; rarer words are looked up.
	for text, want := range map[string]string{"order": "1 looked up, 1 asked", "order 2": "2 looked up, 0 asked", "zzz": "1 looked up, 1 asked"} {
		l := ConversationList{Kind: "ticket", View: "followed", Query: text}
		s.must(l.prepare(ctx, s.Desk, s.alice))
		if got := fmt.Sprintf("%d looked up, %d asked", len(l.looked), len(l.each)); got != want {
			t.Errorf("of %q and the followed, %s, want %s", text, got, want)
		}
	}
	if _, _, err := s.Conversations(ctx, s.alice, ConversationList{Kind: "ticket", Fields: []FieldAsk{{99, "x"}}, Limit: 2}); !IsInvalid(err) {
		t.Errorf("a field that is none: %v", err)
	}
}

// What a ticket does not hold any more it is not found by.
func TestValuesFollowTheirTicket(t *testing.T) {
	s, ctx := open(t), t.Context()
	f, err := s.SaveFormField(ctx, s.alice, FormField{Name: "Order", Kind: "text"})
	s.must(err)
	ids := s.tickets(1)
	for _, v := range []string{"seven", "eight", ""} {
		_, err := s.ChangeTicket(ctx, s.alice, ids[0], TicketChange{Fields: Filled{f.ID: v}})
		s.must(err)
		for _, asked := range []string{"seven", "eight"} {
			list, _, err := s.Conversations(ctx, s.alice, ConversationList{Kind: "ticket", Fields: []FieldAsk{{f.ID, asked}}, Limit: 2})
			s.must(err)
			if found := len(list) == 1; found != (asked == v) {
				t.Errorf("it holds %q and is found by %s: %v", v, asked, found)
			}
		}
	}
}

// Tickets stand in the order of a field, and those in which it is empty behind the others, page by page; whether few are sorted or many walked.
func TestListsByAField(t *testing.T) {
	s, ctx := open(t), t.Context()
	r, m := rare, many
	t.Cleanup(func() { rare, many = r, m })
	fields := map[string]FormFieldID{}
	for _, kind := range []string{"number", "text", "date", "choices"} {
		f, err := s.SaveFormField(ctx, s.alice, FormField{Name: kind, Kind: kind, Options: []string{"a"}})
		s.must(err)
		fields[kind] = f.ID
	}
	ids := s.tickets(7)
	for i, v := range []string{"10", "9", "", "-2.5", "10", "", "007"} {
		filled := Filled{fields["number"]: v}
		if v != "" {
			filled[fields["text"]] = v + strings.Repeat(" 茶", 300)[:240]
			filled[fields["date"]] = fmt.Sprintf("2026-03-%02d", 20-i)
		}
		_, err := s.ChangeTicket(ctx, s.alice, ids[i], TicketChange{Fields: filled})
		s.must(err)
	}
	high := "high"
	for _, i := range []int{0, 3, 5} {
		_, err := s.ChangeTicket(ctx, s.alice, ids[i], TicketChange{Priority: &high})
		s.must(err)
	}
	for what, c := range map[string]struct {
		l    ConversationList
		want []int
	}{
		"numbers":          {ConversationList{By: fields["number"]}, []int{3, 6, 1, 0, 4, 5, 2}},
		"numbers, down":    {ConversationList{By: fields["number"], Down: true}, []int{4, 0, 1, 6, 3, 5, 2}},
		"text":             {ConversationList{By: fields["text"]}, []int{3, 6, 0, 4, 1, 5, 2}},
		"days":             {ConversationList{By: fields["date"]}, []int{6, 4, 3, 1, 0, 5, 2}},
		"the urgent":       {ConversationList{By: fields["number"], Priority: high}, []int{3, 0, 5}},
		"those with words": {ConversationList{By: fields["number"], Down: true, Query: "order"}, []int{4, 0, 1, 6, 3, 5, 2}},
	} {
		for _, few := range []int{0, r} {
			for _, limit := range []int{1, 2, 5, 7, 9} {
				rare, many = few, few
				l := c.l
				l.Kind, l.Limit = "ticket", limit
				var got, want []TicketID
				for page := 0; page == 0 || l.Before != ""; page++ {
					list, next, err := s.Conversations(ctx, s.alice, l)
					if err != nil || len(list) > limit || page > 9 {
						t.Fatalf("%s: %d of %d, %v", what, len(list), limit, err)
					}
					for _, k := range list {
						got = append(got, k.Ticket.ID)
					}
					l.Before = next
				}
				for _, i := range c.want {
					want = append(want, ids[i])
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s, %d a page, where %d are few: %v, want %v", what, limit, few, got, want)
				}
			}
		}
	}
	// Where many fit, it is walked along an index until the page is full.
	rare = 0
	watch := &spy{reader: s.reader, t: t}
	s.reader = watch
	for field, index := range map[string]string{"number": "COVERING INDEX ticket_values_number (field_id=?)", "text": "PRIMARY KEY (field_id=?)"} {
		watch.plans = nil
		_, _, err := s.Conversations(ctx, s.alice, ConversationList{Kind: "ticket", By: fields[field], Limit: 2})
		s.must(err)
		if plan := strings.Join(watch.plans, "\n"); !strings.Contains(plan, "SEARCH v USING "+index+"\n    SEARCH c USING INTEGER PRIMARY KEY (rowid=?)\n  SCAN picked") {
			t.Errorf("by %s:\n%s", field, plan)
		}
	}
	for name, l := range map[string]ConversationList{"several choices": {By: fields["choices"]}, "no field": {By: 99}, "no cursor": {By: fields["text"], Before: "x"}} {
		if _, _, err := s.Conversations(ctx, s.alice, l); !IsInvalid(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

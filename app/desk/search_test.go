package desk

import "testing"

func TestSearchFindsChinese(t *testing.T) {
	s, ctx := open(t), t.Context()
	for _, text := range []string{"今年的明前龙井到货了吗？", "Do you ship to Canada? Größe", "退款问题：订单还没有收到", `quote " ) * NEAR (`} {
		s.say(s.visitor(), text)
	}
	events, err := s.EventsAfter(ctx, System, 0, 100)
	s.must(err)
	s.must(s.Index(ctx, events))
	for _, e := range events {
		s.must(s.Index(ctx, []Event{e})) // at least once means twice now and then
	}
	for q, want := range map[string]int{
		"龙井": 1, "井": 1, "明前龙井": 1, "井龙": 0, "ship": 1, "shi canada": 1, "grosse": 0, "grosz": 0, "größe": 1, "GROSSE": 0, "订单": 1, "单": 1, "吗": 1,
		`" OR 1=1 --`: 0, "NEAR (": 1, "*": 0, "text:x": 0, "": 0, "AND OR NOT": 0,
	} {
		found, err := s.Search(ctx, s.bo, q, 0, 50)
		if err != nil || len(found) != want {
			t.Errorf("%q: %d found, %v; want %d", q, len(found), err, want)
		}
	}
}

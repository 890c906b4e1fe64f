package desk

import (
	"strings"
	"testing"
	"time"
)

func TestOffDutyReminder(t *testing.T) {
	s, ctx := open(t), t.Context()
	var week [7][]Span
	for day := range week {
		week[day] = []Span{{From: 9 * 60, To: 18 * 60}}
	}
	_, err := s.SaveSchedule(ctx, s.alice, Schedule{Week: week}, false)
	s.must(err)
	h := Handling{SoonAfter: 3, OverdueAfter: 5, AutoClose: true, AutoCloseAfter: 24}
	says := func() string {
		t.Helper()
		v := s.visitor()
		s.say(v, "anybody?")
		list, _, err := s.CustomerMessages(ctx, v, s.widget.ID, 0, 50)
		s.must(err)
		var all []string
		for _, m := range list {
			if !m.IsEvent() && m.Direction == "out" {
				all = append(all, m.AuthorName+": "+m.Text)
			}
		}
		return strings.Join(all, "; ")
	}
	at := func(hour int) { s.now = time.Date(2026, 4, 13, hour-8, 0, 0, 0, time.UTC) } // the company is in Shanghai
	at(21)
	for _, a := range []Actor{s.alice, s.bo} {
		s.must(s.Connected(ctx, System, a.Agent(), false))
	}
	if got := says(); got != "" {
		t.Errorf("it is off by itself, and says %q", got)
	}
	h.OffDuty = "现在是下班时间，请留言。"
	s.must(s.ChangeHandling(ctx, s.alice, h))
	if got := says(); got != "西湖茶社: 现在是下班时间，请留言。" {
		t.Errorf("off hours it says %q", got)
	}
	at(10)
	if got := says(); got != "" {
		t.Errorf("in work hours it says %q", got)
	}
	at(21)
	s.must(s.Connected(ctx, System, s.bo.Agent(), true))
	_, err = s.SetPresence(ctx, s.bo, s.bo.Agent(), "online")
	s.must(err)
	if got := says(); got != "" {
		t.Errorf("with somebody free it says %q", got)
	}
}

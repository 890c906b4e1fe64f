package desk

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestCopiesAndBlindCopies(t *testing.T) {
	s, ctx := open(t), t.Context()
	c := s.number(s.tickets(1)[0])
	m, err := s.Reply(ctx, s.bo, c.ID, Draft{Text: "Hello", CC: []string{"dad@post.example", "MEI0@post.example"}, AllCC: true, BCC: []string{"boss@tea.example", "dad@post.example"}})
	s.must(err)
	var to []string
	for _, d := range m.Deliveries {
		to = append(to, d.Recipient)
	}
	if want := []string{"mei0@post.example", "dad@post.example", "boss@tea.example"}; !slices.Equal(to, want) {
		t.Errorf("it goes to %q, want %q", to, want)
	}
	if got := s.number(c.Ticket.ID).Ticket.CC; !slices.Equal(got, []string{"dad@post.example"}) || !slices.Equal(m.Meta.Mail.CC, got) || !slices.Equal(m.Meta.Mail.BCC, []string{"boss@tea.example"}) {
		t.Errorf("copies to %q, the mail names %+v", got, m.Meta.Mail)
	}
	m, err = s.Reply(ctx, s.bo, c.ID, Draft{Text: "Only you", AllCC: true})
	s.must(err)
	if len(m.Deliveries) != 1 || len(s.number(c.Ticket.ID).Ticket.CC) != 0 {
		t.Errorf("without copies it goes to %+v", m.Deliveries)
	}
	if _, err := s.Reply(ctx, s.bo, c.ID, Draft{Text: "x", BCC: []string{"no address"}}); kindOfError(err) != KindInvalid {
		t.Errorf("to no address: %v", err)
	}
	h, err := s.History(ctx, s.bo, c.ID)
	s.must(err)
	if !slices.ContainsFunc(h, func(h Happening) bool { return h.Change["cc"] == true }) {
		t.Error("the history says nothing of the copies")
	}
}

func TestALetterInType(t *testing.T) {
	s, ctx := open(t), t.Context()
	c := s.number(s.tickets(1)[0])
	f, err := s.Upload(ctx, s.bo, "map.png", bytes.NewReader(drawn(t)))
	s.must(err)
	m, err := s.Reply(ctx, s.bo, c.ID, Draft{Text: "something else", FileIDs: []string{f.ID},
		HTML: `<p onclick="x()">It is <b>here</b>:</p><script>alert(1)</script><ul><li>one</li></ul><img src="cid:` + f.ID + `"><a href="javascript:x">no</a>`})
	s.must(err)
	got, err := s.Message(ctx, s.bo, m.ID)
	s.must(err)
	for _, bad := range []string{"script", "onclick", "javascript:"} {
		if strings.Contains(got.HTML, bad) {
			t.Errorf("it holds %q: %s", bad, got.HTML)
		}
	}
	if !strings.Contains(got.HTML, "<b>here</b>") || !strings.Contains(got.HTML, "cid:"+f.ID) {
		t.Errorf("it lost something: %s", got.HTML)
	}
	if !strings.Contains(got.Text, "It is here:") || strings.Contains(got.Text, "something else") {
		t.Errorf("its text is %q", got.Text)
	}
	if len(got.Files) != 1 || got.Files[0].ContentID != f.ID || len(got.Attached()) != 0 {
		t.Errorf("the picture stands beside its text: %+v", got.Files)
	}
	_, err = s.KeepDraft(ctx, s.bo, c.ID, Draft{HTML: "<b>begun</b><script>x</script>", BCC: []string{"a@b.example"}})
	s.must(err)
	d, err := s.Drafted(ctx, s.bo, c.ID)
	s.must(err)
	if d.HTML != "<b>begun</b>" || d.Text != "begun" || len(d.BCC) != 1 {
		t.Errorf("kept: %+v", d.Draft)
	}
}

package mailbox

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

var people = []Account{
	{Address: "support@tea.example", Name: "Tea shop", Password: "leaf", Language: "en"},
	{Address: "mei@tea.example", Name: "王梅", Password: "cup", Language: "zh-CN"},
}

func start(t *testing.T) *Servers {
	t.Helper()
	s, err := Start(t.Context(), people)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestMailArrivesAndWakes(t *testing.T) {
	s := start(t)
	news := make(chan uint32, 4)
	c, err := imapclient.DialInsecure(s.IMAP, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			if d.NumMessages != nil {
				news <- *d.NumMessages
			}
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login("support@tea.example", "wrong").Wait(); err == nil {
		t.Error("a wrong password is taken")
	}
	if err := c.Login("support@tea.example", "leaf").Wait(); err != nil {
		t.Fatal(err)
	}
	box, err := c.Select("INBOX", nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	if box.UIDValidity < 1_700_000_000 {
		t.Errorf("UIDVALIDITY %d is the same after a restart", box.UIDValidity)
	}
	idle, err := c.Idle()
	if err != nil {
		t.Fatal(err)
	}
	id, err := s.Send(t.Context(), Draft{From: "mei@tea.example", To: "support+x1@tea.example", Subject: "绿茶", Text: "还新鲜吗？", Files: []File{{"茶.txt", []byte("x")}}})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-news:
	case <-time.After(time.Minute):
		t.Fatal("IDLE told nothing")
	}
	idle.Close()
	if err := idle.Wait(); err != nil {
		t.Fatal(err)
	}
	section := &imap.FetchItemBodySection{Peek: true}
	got, err := c.Fetch(imap.UIDSetNum(1), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil || len(got) != 1 || !strings.Contains(string(got[0].FindBodySection(section)), id) {
		t.Fatalf("the mail is not there: %v %v", got, err)
	}
	letters := s.List("support@tea.example")
	if len(letters) != 1 || letters[0].Subject != "绿茶" || letters[0].FromName != "王梅" || letters[0].MessageID != id || !strings.Contains(letters[0].Text, "新鲜") {
		t.Errorf("List shows %+v", letters)
	}
}

func TestAnswer(t *testing.T) {
	s := start(t)
	first, err := s.Send(t.Context(), Draft{From: "support@tea.example", To: "mei@tea.example", Subject: "Your tea", Text: "It is on its way.\nSoon."})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.Wait(ctx, "mei@tea.example", 0); err != nil {
		t.Fatal(err)
	}
	l, ok := s.Letter("mei@tea.example", 1)
	if !ok {
		t.Fatal("no letter 1")
	}
	if _, err := s.Send(ctx, Draft{From: "mei@tea.example", Text: "谢谢", Answers: &l}); err != nil {
		t.Fatal(err)
	}
	answer := s.List("support@tea.example")[0]
	if answer.Subject != "Re: Your tea" || len(answer.References) != 1 || answer.References[0] != first {
		t.Errorf("the answer has subject %q and references %q", answer.Subject, answer.References)
	}
	for _, want := range []string{"谢谢", "写道：", "> It is on its way.\n> Soon."} {
		if !strings.Contains(strings.ReplaceAll(answer.Text, "\r\n", "\n"), want) {
			t.Errorf("the answer lacks %q:\n%s", want, answer.Text)
		}
	}
}

func TestNothingLeaves(t *testing.T) {
	s := start(t)
	for to, want := range map[string]string{"a@elsewhere.example": "nothing to the outside", "nobody@tea.example": "no such mailbox"} {
		if _, err := s.Send(t.Context(), Draft{From: "mei@tea.example", To: to, Subject: "x", Text: "x"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("mail to %s: %v", to, err)
		}
	}
	if err := s.Wait(t.Context(), "nobody@tea.example", 0); err == nil {
		t.Error("waiting for an account that does not exist went well")
	}
}

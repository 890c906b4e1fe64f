package desk

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"deskbell/app/blob"
)

func (s *shop) rows(what string, args ...any) (n int) {
	s.t.Helper()
	s.must(s.read().QueryRowContext(context.Background(), "select count(*) from "+what, args...).Scan(&n))
	return n
}

func TestWhatIsOverExpires(t *testing.T) {
	s, ctx := open(t), t.Context()
	s.now = time.Now() // bytes are stored by the machine's clock
	in := Credentials{Email: "alice@tea.example", Password: "longjing before rain", IP: "127.0.0.1"}
	short, _, err := s.LogIn(ctx, System, in)
	s.must(err)
	in.Keep = true
	kept, _, err := s.LogIn(ctx, System, in)
	s.must(err)
	guest, err := s.CreateAgent(ctx, s.alice, NewAgent{Email: "chen@tea.example", Name: "Chen", Role: Crew})
	s.must(err)
	_, err = s.Invite(ctx, s.alice, guest.ID)
	s.must(err)
	upload := func(name string) *File {
		f, err := s.Upload(ctx, s.bo, name, strings.NewReader("the bytes of "+name))
		s.must(err)
		return f
	}
	logo, face, sent, unsent := upload("logo.txt"), upload("face.txt"), upload("sent.txt"), upload("unsent.txt")
	s.must(s.ChangeCompany(ctx, s.alice, Company{Name: "Tea", Locale: "en", TimeZone: "UTC", LogoFile: logo.ID}))
	s.must(s.ChangeProfile(ctx, s.bo, Profile{Name: "Bo", AvatarFile: face.ID}))
	c := s.say(s.visitor(), "hello").ConversationID
	_, err = s.Join(ctx, s.bo, c)
	s.must(err)
	_, err = s.Reply(ctx, s.bo, c, Draft{Text: "here", FileIDs: []string{sent.ID}})
	s.must(err)
	s.must(s.Write(ctx, System, func(tx *Tx) error {
		_, err := tx.Exec("insert into idempotency(agent_id, key, request, status, answer, created_at) values (1, 'k', x'00', 200, '', ?)", ms(tx.now))
		return err
	}))

	for _, step := range []struct {
		after time.Duration
		want  Swept
	}{
		{0, Swept{}},
		{idleFor + time.Minute, Swept{Sessions: 1}},
		{24*time.Hour + time.Minute, Swept{Answers: 1, Files: 1}},
		{keptFor + time.Minute, Swept{Sessions: 1, Invitations: 1}},
	} {
		begin := s.now
		s.now = s.now.Add(step.after)
		got, err := s.Expire(ctx, System)
		s.must(err)
		if got != step.want {
			t.Errorf("after %v: %+v, want %+v", step.after, got, step.want)
		}
		s.now = begin
	}
	for _, token := range []string{short, kept} {
		if _, _, err := s.Session(ctx, System, token); !errors.Is(err, Unauthorized) {
			t.Errorf("a session that was swept: %v", err)
		}
	}
	if _, err := s.File(ctx, s.bo, unsent.ID); !IsNotFound(err) {
		t.Errorf("a file that was never sent: %v", err)
	}
	for _, f := range []*File{logo, face, sent} {
		if _, err := s.File(ctx, s.bo, f.ID); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}

func TestOnlyBytesThatNothingPointsToAreRemoved(t *testing.T) {
	s, ctx := open(t), t.Context()
	s.now = time.Now()
	put := func(text string) blob.Sum {
		sum, _, err := s.Blobs().Put(ctx, strings.NewReader(text), 1<<20)
		s.must(err)
		return sum
	}
	lost, raw, ledger := put("lost"), put("a raw mail"), put("a mail in the ledger")
	f, err := s.Upload(ctx, s.bo, "a.txt", strings.NewReader("a file"))
	s.must(err)
	_, err = s.Upload(ctx, s.bo, "tea.png", bytes.NewReader(drawn(t)))
	s.must(err)
	mail, err := s.SaveInbox(ctx, s.alice, SavedInbox{Channel: Email, Name: "Support", Enabled: true, Settings: Mailbox{Address: "support@tea.example"}})
	s.must(err)
	_, err = s.Receive(ctx, System, Incoming{InboxID: mail.ID, Ticket: &NewTicket{Subject: "A lid", Origin: "mail"}, Identity: Identity{Channel: Email, ExternalID: "mei@post.example"}, Text: "broken", ExternalID: "1@post.example", Meta: Meta{Mail: &MailMeta{Raw: hex.EncodeToString(raw[:])}}})
	s.must(err)
	s.must(s.Write(ctx, System, func(tx *Tx) error {
		_, err := tx.Exec("insert into mail_ledger(inbox_id, account, uid_validity, uid, size, state, raw, received_at, stored_at) values (?, 'a', 1, 1, 1, 'stored', ?, 0, 0)", mail.ID, ledger[:])
		return err
	}))
	sweep := func() Swept {
		t.Helper()
		got, err := s.SweepBlobs(ctx, System)
		s.must(err)
		return got
	}
	if got := sweep(); got != (Swept{}) {
		t.Errorf("on the same day: %+v", got)
	}
	s.now = s.now.Add(25 * time.Hour)
	if got := sweep(); got != (Swept{Blobs: 1, Bytes: 4}) {
		t.Errorf("a day later: %+v", got)
	}
	for sum, want := range map[blob.Sum]bool{lost: false, raw: true, ledger: true, f.Sum: true} {
		if has, err := s.Blobs().Has(ctx, sum); err != nil || has != want {
			t.Errorf("%x is there: %v, %v", sum[:4], has, err)
		}
	}
}

// TestStoredAgainIsNew: what is stored again is about to be pointed to, however old its bytes are.
func TestStoredAgainIsNew(t *testing.T) {
	s, ctx := open(t), t.Context()
	old := func() {
		s.must(s.Blobs().DB().Write(ctx, func(tx *sql.Tx) error {
			_, err := tx.Exec("update blobs set created_at = 1")
			return err
		}))
	}
	sum, _, err := s.Blobs().Put(ctx, strings.NewReader("twice"), 100)
	s.must(err)
	old()
	_, _, err = s.Blobs().Put(ctx, strings.NewReader("twice"), 100)
	s.must(err)
	s.now = time.Now()
	_, err = s.SweepBlobs(ctx, System)
	s.must(err)
	if has, err := s.Blobs().Has(ctx, sum); err != nil || !has {
		t.Errorf("it is there: %v, %v", has, err)
	}
	old()
	_, err = s.SweepBlobs(ctx, System)
	s.must(err)
	if has, err := s.Blobs().Has(ctx, sum); err != nil || has {
		t.Errorf("after a day: %v, %v", has, err)
	}
}

func TestQuietChatsAreClosed(t *testing.T) {
	s, ctx := open(t), t.Context()
	quiet, lively := s.visitor(), s.visitor()
	a, b := s.say(quiet, "hello").ConversationID, s.say(lively, "hello").ConversationID
	_, err := s.Join(ctx, s.bo, a)
	s.must(err)
	s.now = s.now.Add(23 * time.Hour)
	s.say(lively, "still there?")
	closes := func(want int) {
		t.Helper()
		n, err := s.CloseQuiet(ctx, System)
		s.must(err)
		if n != want {
			t.Errorf("%d chats were closed, want %d", n, want)
		}
	}
	closes(0)
	s.now = s.now.Add(time.Hour + time.Minute)
	// What we say is no word of the customer's.
	_, err = s.Reply(ctx, s.bo, a, Draft{Text: "Are you still there?"})
	s.must(err)
	chosen := func(on bool, hours int) {
		t.Helper()
		s.must(s.ChangeHandling(ctx, s.alice, Handling{SoonAfter: 3, OverdueAfter: 5, AutoClose: on, AutoCloseAfter: hours}))
	}
	chosen(false, 24)
	closes(0)
	chosen(true, 48)
	closes(0)
	chosen(true, 24)
	closes(1)
	closes(0)
	c, err := s.Conversation(ctx, s.alice, a)
	s.must(err)
	if c.Status != "closed" || c.ClosedBy != string(BySystem) {
		t.Errorf("the quiet one: %+v", c)
	}
	if c, err = s.Conversation(ctx, s.alice, b); err != nil || c.Status != "waiting" {
		t.Errorf("the lively one: %+v, %v", c, err)
	}
	names := s.names(a)
	if names[len(names)-1] != ConversationClosed {
		t.Errorf("events %v", names)
	}
	_, err = s.Reopen(ctx, s.bo, a)
	s.must(err)
	closes(0) // who is opened again has the whole time
	s.now = s.now.Add(25 * time.Hour)
	closes(2)
	for name, err := range map[string]error{
		"no hours":       s.ChangeHandling(ctx, s.alice, Handling{SoonAfter: 3, OverdueAfter: 5, AutoClose: true}),
		"too many hours": s.ChangeHandling(ctx, s.alice, Handling{SoonAfter: 3, OverdueAfter: 5, AutoClose: true, AutoCloseAfter: 721}),
		"by an agent":    s.ChangeHandling(ctx, s.bo, Handling{SoonAfter: 3, OverdueAfter: 5, AutoClose: true, AutoCloseAfter: 1}),
	} {
		if err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	_, err = s.CloseQuiet(ctx, s.bo)
	if !errors.Is(err, Forbidden) {
		t.Errorf("by an agent: %v", err)
	}
}

func drawn(t *testing.T) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 900, 700))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

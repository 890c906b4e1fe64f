package web_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

// What a stranger sends is counted before a file of it is stored, whether the rest of it is good or not.
func TestStrangersFilesAreCounted(t *testing.T) {
	s := apptest.Open(t)
	now := s.Desk.Clock()
	s.Desk.Clock = func() time.Time { return now } // one is given back every six seconds, and a machine may be slow
	a := s.Mail("maria@customer.example", "A broken lid", "Hello", "")
	link, err := s.Desk.TicketLink(t.Context(), desk.System, a.ID)
	s.Must(err)
	who := s.Browser()
	who.Get("/my/" + link)
	endless := strings.Repeat("x", 200_000)
	for range 10 {
		who.UploadAs("/my/"+link, "files", "a.txt", []byte("a"), "text", endless).Status(http.StatusUnprocessableEntity)
	}
	who.UploadAs("/my/"+link, "files", "a.txt", []byte("a"), "text", endless).Status(http.StatusTooManyRequests)
}

// The files of a form that anybody can send do not stand in memory, and nothing of them is left.
func TestFormsDoNotFillMemory(t *testing.T) {
	s := apptest.Open(t)
	passing := t.TempDir()
	t.Setenv("TMPDIR", passing)
	const size = 16 << 20
	body := io.MultiReader(strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a\"\r\n\r\n"),
		io.LimitReader(zeros{}, size), bytes.NewReader([]byte("\r\n--x--\r\n")))
	r := httptest.NewRequest(http.MethodPost, "/my/nothing", body)
	r.Host = "desk.test"
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	w := httptest.NewRecorder()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s.Handler().ServeHTTP(w, r)
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > size/2 {
		t.Errorf("%d bytes of a file took %d of memory", size, got)
	}
	if left, err := os.ReadDir(passing); err != nil || len(left) > 0 || w.Code != http.StatusForbidden {
		t.Errorf("answered %d, left %v, %v", w.Code, left, err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// A stored password does not go to a server that it was not given for, whoever asks for a test.
func TestStoredPasswordsAreNotTestedElsewhere(t *testing.T) {
	s := apptest.Open(t)
	at := "/admin/mailboxes/" + s.Mailbox.ID.String() + "/test"
	box, err := desk.MailboxOf(s.Mailbox)
	s.Must(err)
	s.Alice.PostPart(at, "name", "x", "address", box.Address, "enabled", "true", "imap.host", "evil.example", "imap.port", "993", "imap.security", "tls", "imap.username", box.IMAP.Username,
		"smtp.host", box.SMTP.Host, "smtp.port", "465", "smtp.security", box.SMTP.Security, "smtp.username", box.SMTP.Username).Status(200).Has("body", "IMAP password: Enter the password again")
}

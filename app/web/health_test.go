package web_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"deskbell/app/apptest"
	"deskbell/app/apptest/mailhost"
	"deskbell/app/desk"
	"deskbell/app/health"
)

// A backup that ends while the page is made is in its list when a part tells of it.
func TestTheHealthPageListsWhatItsPartsTellOf(t *testing.T) {
	s := apptest.Open(t)
	s.Health.Add(func(ctx context.Context) []health.Part {
		u := desk.Upkeep{Kind: desk.Backup, At: s.Desk.Clock(), File: "deskbell-now.tar.gz", Bytes: 1}
		s.Must(s.Desk.NoteUpkeep(ctx, desk.System, u, nil))
		return []health.Part{health.Well("backup", "health.backup.soon")}
	})
	s.Alice.Get("/admin/health").Has("#upkeeps", "deskbell-now.tar.gz")
}

// Whoever may examine everything sees what was found as it is found.
func TestTheExaminationOnThePage(t *testing.T) {
	s := apptest.Open(t)
	s.App.Mail.Resolver = mailhost.StartDNS(t, map[string][]string{"A desk.test": {"127.0.0.1"}}).Resolver()
	s.Alice.Get("/admin/health").Has("#examination", "No check has been run")
	s.Bo.Get("/admin/health/examination").Status(http.StatusForbidden)
	s.Bo.Post("/admin/health/examination").Status(http.StatusForbidden)
	s.Alice.Post("/admin/health/examination").LeadsTo("/admin/health#examination")
	for deadline := time.Now().Add(time.Minute); s.App.Examined().Running; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the examination does not end")
		}
	}
	s.Alice.Get("/admin/health/examination").Has(".parts .warn", "desk.test").Has(".parts .ok", "There are no mailboxes").HasNot(".exam[aria-busy]", "")
	s.Alice.Get("/admin/health").Has("#examination .parts .ok", "There are no mailboxes")
}

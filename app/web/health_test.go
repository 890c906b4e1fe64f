package web_test

import (
	"context"
	"testing"

	"deskbell/app/apptest"
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

package email

import (
	"context"
	"errors"

	"github.com/mattn/go-sqlite3"

	"deskbell/app/sqlite"
)

// ours says whether an error tells of trouble of our own, such as a full disk, for which mails have to wait. Any other error of
// filing a mail is that mail's, and must not stop the ones behind it.
func ours(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sqlite.ErrClosed) {
		return true
	}
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case sqlite3.ErrFull, sqlite3.ErrIoErr, sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrNomem, sqlite3.ErrCorrupt,
		sqlite3.ErrNotADB, sqlite3.ErrCantOpen, sqlite3.ErrReadonly, sqlite3.ErrPerm, sqlite3.ErrAuth, sqlite3.ErrInterrupt:
		return true
	}
	return false
}

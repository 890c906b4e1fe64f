package email

import (
	"context"
	"errors"

	"deskbell/app/blob"
	"deskbell/app/sqlite"
)

// ours says whether an error tells of trouble of our own, such as a full disk, for which mails have to wait. Any other error of
// filing a mail is that mail's, and must not stop the ones behind it.
func ours(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sqlite.ErrClosed) || blob.Trouble(err)
}

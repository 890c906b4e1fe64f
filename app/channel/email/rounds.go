package email

import (
	"context"
	"time"

	"deskbell/app/channel"
)

// compareEvery is how often the ledger is compared with the server, besides at every start.
const compareEvery = 24 * time.Hour

// compare looks whether every mail of the folder stands in the ledger, and fetches what does not. What is new is left to the
// ordinary way.
func (k *intake) compare(ctx context.Context, validity, cursor uint32) error {
	k.compared = k.c.desk.Clock()
	uids, err := k.r.uids()
	if err != nil {
		return err
	}
	missing, err := k.c.ledger.Missing(ctx, k.in.ID, k.account, validity, cursor, uids)
	if err != nil {
		return stored(err)
	}
	if len(missing) > 0 {
		k.c.log.Warn("mails on the server that are not in the ledger", "inbox", k.in.ID, "mails", len(missing))
		if err := k.these(ctx, validity, missing, func() {}); err != nil {
			return err
		}
	}
	return stored(k.c.ledger.Compared(ctx, k.in.ID, k.account, len(uids), len(missing)))
}

// tidy does on the server what is due there with mails that are here: their bytes are on disk, and so is their row. A stop
// between the doing and the note does it again, which changes nothing.
func (k *intake) tidy(ctx context.Context, validity uint32) error {
	for {
		due, err := k.c.ledger.Pending(ctx, k.in.ID, k.account, validity, named)
		if err != nil || len(due) == 0 {
			return stored(err)
		}
		uids := map[string][]uint32{}
		for _, r := range due {
			uids[r.After] = append(uids[r.After], r.UID)
		}
		for what, list := range uids {
			if err := k.r.after(what, k.box.MoveTo, list); err != nil {
				return err
			}
		}
		if err := k.c.ledger.Done(ctx, due); err != nil {
			return stored(err)
		}
	}
}

// due is what is to be done on the server with a mail of which this is the row.
func (k *intake) due(r *channel.Row) string {
	if r.Raw == nil || k.box.After == "keep" {
		return ""
	}
	return k.box.After
}

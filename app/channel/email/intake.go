package email

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"deskbell/app/channel"
	"deskbell/app/desk"
)

// intake is one mailbox being read.
type intake struct {
	c       *Channel
	in      *desk.Inbox
	box     mailbox
	folder  string
	account string
	r       reader

	compared time.Time // when the folder was last compared with the ledger
	walk     walk
}

// refusedMail names a mail at which a server broke off.
type refusedMail struct {
	inbox         desk.InboxID
	validity, uid uint32
}

const (
	refusals = 3  // times that a server may break off at a mail; then it is set aside, and the ones behind it are read
	stops    = 10 // times that the program may stop while it files a mail; kill -9 in a loop finds the same mail several times
)

// storeError marks an error of our own database, not of the server.
type storeError struct{ error }

func (e *storeError) Unwrap() error { return e.error }

func stored(err error) error {
	if err == nil {
		return nil
	}
	return &storeError{err}
}

func asStore(err error, target **storeError) bool { return errors.As(err, target) }

// read brings in what is new, and waits for more, until ctx ends or something breaks.
func (k *intake) read(ctx context.Context, up func()) error {
	validity, err := k.r.open(k.folder, k.box.After != "keep" && k.box.After != "")
	if err != nil {
		return err
	}
	if err := k.again(ctx, validity); err != nil {
		return err
	}
	last, err := k.c.ledger.Cursor(ctx, k.in.ID, k.account, validity)
	if err != nil {
		return stored(err)
	}
	first := true
	for ctx.Err() == nil {
		before := last
		if last, err = k.fresh(ctx, validity, last, up); err != nil {
			return err
		}
		if err := k.tidy(ctx, validity); err != nil {
			return err
		}
		if last > before {
			continue // what came meanwhile is not told again by every server
		}
		if first || k.c.desk.Clock().Sub(k.compared) >= compareEvery {
			if err := k.compare(ctx, validity, last); err != nil {
				return err
			}
			first = false
			continue
		}
		if err := k.r.wait(ctx); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// take stores and files listed mails. While one batch is filed the next is fetched.
func (k *intake) take(ctx context.Context, validity uint32, list []listing) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	batches := make(chan []*arrival, 1)
	filed := make(chan error, 1)
	go func() {
		var err error
		for b := range batches {
			if err == nil {
				if err = k.file(ctx, b); err != nil {
					cancel()
				}
			}
		}
		filed <- err
	}()
	err := k.fetchAll(ctx, validity, list, batches)
	close(batches)
	if bad := <-filed; bad != nil {
		return stored(bad)
	}
	return err
}

func (k *intake) fetchAll(ctx context.Context, validity uint32, list []listing, batches chan<- []*arrival) error {
	for len(list) > 0 {
		n := k.batchOf(validity, list)
		got, err := k.fetch(ctx, validity, list[:n])
		if len(got) > 0 {
			if bad := k.enter(ctx, validity, got); bad != nil {
				return stored(bad)
			}
			select {
			case batches <- got:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// batchOf is how many mails to fetch at once. A mail at which the server broke off goes alone.
func (k *intake) batchOf(validity uint32, list []listing) int {
	k.c.mu.Lock()
	defer k.c.mu.Unlock()
	var size int64
	for i, l := range list {
		_, suspect := k.c.refused[refusedMail{k.in.ID, validity, l.uid}]
		size += l.size
		alone := suspect || l.bare
		if i > 0 && (i == batch || alone || size > batchMax) {
			return i
		}
		if alone {
			return 1
		}
	}
	return len(list)
}

// fetch reads the contents of listed mails and stores their bytes. It returns an arrival for each, in their order; with an error,
// for those before the first that was not read, so that the cursor passes none.
func (k *intake) fetch(ctx context.Context, validity uint32, list []listing) ([]*arrival, error) {
	got := make([]*arrival, len(list))
	place := make(map[uint32]int, len(list))
	var wanted []listing
	for i, l := range list {
		place[l.uid] = i
		if l.size > maxMail {
			got[i] = k.aside(l, channel.CauseTooLarge, fmt.Sprintf("%d bytes where %d are the most", l.size, maxMail))
			continue
		}
		wanted = append(wanted, l)
	}
	var puts sync.WaitGroup
	var err error
	if len(wanted) > 0 {
		err = k.r.fetch(wanted, maxMail, func(l listing, content io.Reader) error {
			a, err := k.content(ctx, l, content, &puts)
			got[place[l.uid]] = a
			return err
		})
	}
	puts.Wait()
	for i, a := range got {
		switch {
		case a != nil && a.failed != nil:
			return got[:i], stored(a.failed)
		case a != nil:
		case err == nil:
			got[i] = k.aside(list[i], channel.CauseGone, "")
		case k.suspect(ctx, validity, list[i], err):
			got[i] = k.aside(list[i], channel.CauseWithheld, err.Error())
			return got[:i+1], err
		default:
			return got[:i], err
		}
	}
	return got, err
}

// content reads one mail. A small one is held for filing and stored beside the others of its batch; a large one is
// stored as it comes. Which it is tells itself: what the server said about its size may be wrong.
func (k *intake) content(ctx context.Context, l listing, content io.Reader, puts *sync.WaitGroup) (*arrival, error) {
	a := &arrival{row: channel.Row{UID: l.uid, Size: l.size, State: channel.Stored, ReceivedAt: l.at}}
	blobs := k.c.desk.Blobs()
	raw, err := io.ReadAll(io.LimitReader(content, small+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > small {
		sum, size, err := blobs.Put(ctx, io.MultiReader(bytes.NewReader(raw), content), maxMail)
		a.row.Raw, a.row.Size = &sum, size
		if ours(err) {
			return nil, stored(err)
		}
		return a, err
	}
	a.raw, a.row.Size = raw, int64(len(raw))
	puts.Go(func() {
		sum, _, err := blobs.Put(ctx, bytes.NewReader(raw), maxMail)
		a.row.Raw, a.failed = &sum, err
	})
	return a, nil
}

func (k *intake) aside(l listing, cause, detail string) *arrival {
	return &arrival{row: channel.Row{UID: l.uid, Size: l.size, State: channel.SetAside, Cause: cause, Detail: printable(detail), ReceivedAt: l.at}}
}

// suspect counts that the server broke off at a mail and says whether that was once too often.
func (k *intake) suspect(ctx context.Context, validity uint32, l listing, err error) bool {
	var own *storeError
	if ctx.Err() != nil || asStore(err, &own) {
		return false
	}
	k.c.mu.Lock()
	defer k.c.mu.Unlock()
	which := refusedMail{k.in.ID, validity, l.uid}
	k.c.refused[which]++
	if k.c.refused[which] < refusals {
		return false
	}
	delete(k.c.refused, which)
	return true
}

// enter writes the rows of a batch into the ledger and moves the cursor behind them.
func (k *intake) enter(ctx context.Context, validity uint32, got []*arrival) error {
	rows := make([]*channel.Row, len(got))
	for i, a := range got {
		rows[i] = &a.row
		a.row.After = k.due(&a.row)
	}
	return k.c.ledger.Enter(ctx, k.in.ID, k.account, validity, got[len(got)-1].row.UID, rows)
}

// resume files what was stored before a stop, one by one: among them may be one that caused it.
func (k *intake) resume(ctx context.Context) error {
	for after := int64(0); ; {
		left, err := k.c.ledger.Left(ctx, k.in.ID, after, batch)
		if err != nil || len(left) == 0 {
			return err
		}
		for _, row := range left {
			after = row.ID
			if row.Raw == nil {
				continue // it has to be asked for: again
			}
			if err := k.c.ledger.Begin(ctx, row.ID); err != nil {
				return err
			}
			a := &arrival{row: row}
			if row.Tries >= stops {
				a.row.State, a.row.Cause = channel.SetAside, channel.CauseUnreadable
			}
			if err := k.file(ctx, []*arrival{a}); err != nil {
				return errors.Join(err, k.c.ledger.Spare(context.WithoutCancel(ctx), row.ID))
			}
		}
	}
}

// again asks for mails whose bytes could not be had before and that somebody wants.
func (k *intake) again(ctx context.Context, validity uint32) error {
	for after := int64(0); ; {
		left, err := k.c.ledger.Left(ctx, k.in.ID, after, batch)
		if err != nil || len(left) == 0 {
			return stored(err)
		}
		for _, row := range left {
			after = row.ID
			if row.Raw != nil || row.Account != k.account && (k.box.watches(row.Account) || k.folder != k.box.imap.Folder) {
				continue // another folder's
			}
			if err := k.askAgain(ctx, validity, row); err != nil {
				return err
			}
		}
	}
}

func (k *intake) askAgain(ctx context.Context, validity uint32, row channel.Row) error {
	a := &arrival{row: row}
	a.row.State, a.row.Cause = channel.SetAside, channel.CauseGone
	if row.Account == k.account && row.UIDValidity == validity {
		err := k.r.fetch([]listing{{uid: row.UID}}, 2*maxMail, func(_ listing, content io.Reader) error {
			sum, size, err := k.c.desk.Blobs().Put(ctx, content, 2*maxMail)
			a.row.State, a.row.Cause, a.row.Raw, a.row.Size = channel.Stored, "", &sum, size
			return err
		})
		if ours(err) {
			return stored(err)
		}
		if err != nil {
			a.row.State, a.row.Cause, a.row.Detail, a.row.Raw = channel.SetAside, channel.CauseWithheld, printable(err.Error()), nil
			if bad := k.settleAlone(ctx, a); bad != nil {
				return stored(bad)
			}
			return err
		}
	}
	return stored(k.file(ctx, []*arrival{a}))
}

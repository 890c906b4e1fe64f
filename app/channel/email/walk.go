package email

import (
	"context"
	"slices"
)

// A server may have a mail whose line in the list nobody can read, such as one with a date that is none: then the list of all that are
// new breaks off at it, however often it is asked for. So it is asked for in smaller and smaller parts, each time that it breaks over a
// new connection and so without a rest, until the line of one mail alone breaks. That mail is asked for without a list.
const (
	firstSpan = 512 // mails that are listed at a time after a break
	narrower  = 8   // by so much less after another
	lineless  = 20  // mails of one run that may be asked for without a list; then all are
)

// walk is how far a server's list can be trusted.
type walk struct {
	span    int             // mails that are listed at a time; 0: as many as there are
	bare    map[uint32]bool // those whose line breaks the list
	narrows bool            // it has just become narrower: it is worth asking again at once
}

// stumble makes the steps smaller after the list broke off at some of these mails.
func (w *walk) stumble(uids []uint32) {
	switch {
	case w.span == 0:
		w.span = firstSpan
	case w.span > 1:
		w.span /= narrower
	default:
		if w.bare == nil {
			w.bare = map[uint32]bool{}
		}
		w.bare[uids[0]] = true
	}
	w.narrows = true
}

// widen makes them larger again after a list that could be read.
func (w *walk) widen() {
	if w.span *= narrower; w.span > firstSpan {
		w.span = 0
	}
}

// fresh takes what is new in the folder and answers the last UID that it saw.
func (k *intake) fresh(ctx context.Context, validity, last uint32, up func()) (uint32, error) {
	if k.walk.span == 0 {
		list, err := k.r.list(last)
		if err != nil {
			k.stumble(ctx, nil, err)
			return last, err
		}
		up()
		if len(list) == 0 {
			return last, nil
		}
		return list[len(list)-1].uid, k.take(ctx, validity, list)
	}
	uids, err := k.r.uids()
	if err != nil {
		return last, err
	}
	uids = slices.DeleteFunc(uids, func(uid uint32) bool { return uid <= last })
	slices.Sort(uids)
	if len(uids) == 0 {
		up()
		return last, nil
	}
	return uids[len(uids)-1], k.these(ctx, validity, uids, up)
}

// these takes mails of which the UIDs are known, in steps of which the server's list is not afraid.
func (k *intake) these(ctx context.Context, validity uint32, uids []uint32, up func()) error {
	for len(uids) > 0 {
		list, n, err := k.listed(ctx, uids)
		if err != nil {
			return err
		}
		up()
		if err := k.take(ctx, validity, list); err != nil {
			return err
		}
		uids = uids[n:]
	}
	return nil
}

// listed lists the first n of the mails.
func (k *intake) listed(ctx context.Context, uids []uint32) (list []listing, n int, err error) {
	for n < len(uids) && (k.walk.bare[uids[n]] || len(k.walk.bare) > lineless) {
		list = append(list, listing{uid: uids[n], bare: true})
		n++
	}
	if n > 0 {
		return list, n, nil
	}
	n = named
	if k.walk.span > 0 {
		n = k.walk.span
	}
	for n = min(n, len(uids)); slices.ContainsFunc(uids[:n], func(uid uint32) bool { return k.walk.bare[uid] }); n-- { // up to the next one without a line
	}
	if list, err = k.r.these(uids[:n]); err != nil {
		k.stumble(ctx, uids, err)
		return nil, 0, err
	}
	if k.walk.span > 0 {
		k.walk.widen()
	}
	return list, n, nil
}

func (k *intake) stumble(ctx context.Context, uids []uint32, err error) {
	if ctx.Err() != nil {
		return
	}
	k.walk.stumble(uids)
	k.c.log.Warn("list mails", "inbox", k.in.ID, "folder", k.folder, "at_a_time", k.walk.span, "without_a_list", len(k.walk.bare), "error", err)
}

package email

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

func (c *connection) list(after uint32) ([]listing, error) {
	set := imap.UIDSet{}
	set.AddRange(imap.UID(after)+1, 0)
	found, err := c.listSet(set)
	return slices.DeleteFunc(found, func(l listing) bool { return l.uid <= after }), err // "n:*" always names the last mail, however old
}

func (c *connection) listSet(set imap.UIDSet) ([]listing, error) {
	var found []listing
	err := c.watch(fetchWait, func() error {
		var over error
		cmd := c.client.Fetch(set, &imap.FetchOptions{UID: true, InternalDate: true, RFC822Size: true})
		for m := cmd.Next(); m != nil; m = cmd.Next() {
			if len(found) == c.most {
				over = c.enough(over, "mails", c.most)
				continue
			}
			l := listing{seq: m.SeqNum}
			for item := m.Next(); item != nil; item = m.Next() {
				switch item := item.(type) {
				case imapclient.FetchItemDataUID:
					l.uid = uint32(item.UID)
				case imapclient.FetchItemDataRFC822Size:
					l.size = item.Size
				case imapclient.FetchItemDataInternalDate:
					l.at = item.Time
				}
			}
			found = append(found, l)
		}
		return cmp.Or(over, cmd.Close())
	})
	sortListings(found)
	return found, err
}

// enough ends the connection to a server whose list does not end; what has come of it is still to be read, or the library waits.
func (c *connection) enough(over error, of string, most int) error {
	if over == nil {
		go c.client.Close()
		over = &protocolError{said: fmt.Sprintf("a list of more than %d %s", most, of)}
	}
	return over
}

func (c *connection) fetch(mails []listing, limit int64, take func(listing, io.Reader) error) error {
	c.guard.limit.Store(limit)
	defer c.guard.limit.Store(smallString)
	wanted := make(map[uint32]listing, len(mails))
	uids := imap.UIDSet{}
	for _, l := range mails {
		wanted[l.uid] = l
		uids.AddNum(imap.UID(l.uid))
	}
	if !c.backs {
		if err := c.fetchSet(uids, wanted, take); err != nil || len(wanted) == 0 {
			return err
		}
		uids = imap.UIDSet{}
		for uid := range wanted {
			uids.AddNum(imap.UID(uid))
		}
	}
	// Either mails are gone, or this server sends contents before the UID and the library could not tell whose they are.
	// By number it can, and the UID that comes with them says whether the numbers still mean the same mails.
	there, err := c.listSet(uids)
	if err != nil || len(there) == 0 {
		return err
	}
	seqs := imap.SeqSet{}
	for _, l := range there {
		seqs.AddNum(l.seq)
	}
	if err := c.fetchSet(seqs, wanted, take); err != nil {
		return err
	}
	c.backs = true
	for _, l := range there {
		if _, missing := wanted[l.uid]; missing {
			return fmt.Errorf("the server shows mail %d and does not give its contents", l.uid)
		}
	}
	return nil
}

// fetchSet asks for contents and strikes what came off wanted.
func (c *connection) fetchSet(set imap.NumSet, wanted map[uint32]listing, take func(listing, io.Reader) error) error {
	alive := time.AfterFunc(fetchWait, func() { c.late.Store(true); c.client.Close() })
	defer alive.Stop()
	section := &imap.FetchItemBodySection{Peek: true}
	cmd := c.client.Fetch(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
	p := &pulse{timer: alive}
	for m := cmd.Next(); m != nil; m = cmd.Next() {
		failed := c.takeOne(m, wanted, p, take)
		if failed == nil {
			continue
		}
		if !p.broken { // the library's reader waits until somebody has read what it has begun
			cmd.Close()
		}
		c.client.Close()
		return c.cause(failed, fetchWait)
	}
	return c.cause(cmd.Close(), fetchWait)
}

// takeOne hands one mail on as it comes, or, when its contents come before its UID, from memory.
func (c *connection) takeOne(m *imapclient.FetchMessageData, wanted map[uint32]listing, p *pulse, take func(listing, io.Reader) error) error {
	var uid uint32
	var early io.Reader
	for item := m.Next(); item != nil; item = m.Next() {
		p.beat()
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			uid = uint32(item.UID)
		case imapclient.FetchItemDataBodySection:
			if item.Literal == nil {
				continue
			}
			content := &steady{r: item.Literal, p: p, left: item.Literal.Size()}
			l, ok := wanted[uid]
			if uid != 0 && ok {
				delete(wanted, uid)
				if err := take(l, content); err != nil {
					return err
				}
			} else if uid == 0 {
				b, err := io.ReadAll(content)
				if err != nil {
					return err
				}
				early = newReader(b)
			}
		}
	}
	if l, ok := wanted[uid]; ok && early != nil {
		delete(wanted, uid)
		return take(l, early)
	}
	return nil
}

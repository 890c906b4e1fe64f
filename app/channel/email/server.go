package email

import (
	"fmt"

	"github.com/emersion/go-imap/v2"
)

const (
	mostSeen = 50_000_000 // mails of a folder

	window = 2000 // mails that are asked for by one command where all of a folder are to be seen
	named  = 600  // mails that one command names: servers need not read lines of more than 8000 bytes (RFC 2683 section 3.2.1.5)
)

// uids tells the UIDs of all mails in the folder.
func (c *connection) uids() ([]uint32, error) {
	var all []uint32
	for first := uint32(1); ; first += window {
		box := c.client.Mailbox()
		if box == nil || first > box.NumMessages {
			return all, nil
		}
		if first > mostSeen { // a server that says so is no mail server, and the next number may not fit any more
			return nil, &protocolError{said: fmt.Sprintf("a folder of %d mails", box.NumMessages)}
		}
		set := imap.SeqSet{}
		set.AddRange(first, min(first+window-1, box.NumMessages))
		err := c.watch(fetchWait, func() error {
			list, err := c.client.Fetch(set, &imap.FetchOptions{UID: true}).Collect()
			for _, m := range list {
				all = append(all, uint32(m.UID))
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
}

// these lists mails by their UIDs; those that are gone are left out.
func (c *connection) these(uids []uint32) ([]listing, error) {
	var all []listing
	for len(uids) > 0 {
		n := min(named, len(uids))
		list, err := c.listSet(uidSet(uids[:n]))
		if err != nil {
			return nil, err
		}
		all, uids = append(all, list...), uids[n:]
	}
	return all, nil
}

func uidSet(uids []uint32) imap.UIDSet {
	set := imap.UIDSet{}
	for _, uid := range uids {
		set.AddNum(imap.UID(uid))
	}
	return set
}

// after does with mails on the server what the mailbox wants of those that are here. Mails that are gone are no fault.
func (c *connection) after(what, folder string, uids []uint32) error {
	set := uidSet(uids)
	return c.watch(fetchWait, func() error {
		switch what {
		case "seen":
			return c.flag(set, imap.FlagSeen)
		case "delete":
			return c.remove(set)
		case "move":
			return c.move(set, folder)
		}
		return nil
	})
}

// flag marks mails. It asks for no answer, and there are servers that give one all the same which the library cannot read: what they say
// of mails is kept from it meanwhile.
func (c *connection) flag(set imap.UIDSet, flag imap.Flag) error {
	c.guard.deaf.Store(true)
	defer c.guard.deaf.Store(false)
	return c.client.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{flag}, Silent: true}, nil).Close()
}

// remove deletes mails. Without UIDPLUS (RFC 4315) EXPUNGE would also take what somebody else has marked: then they stay marked, as
// most mail programs leave them.
func (c *connection) remove(set imap.UIDSet) error {
	if err := c.flag(set, imap.FlagDeleted); err != nil {
		return err
	}
	if !c.client.Caps().Has(imap.CapUIDPlus) {
		return nil
	}
	return c.client.UIDExpunge(set).Close()
}

// move moves mails to a folder, which is made when it is not there. The library's own way for servers without MOVE deletes the mails
// also when they could not be copied: it is not used.
func (c *connection) move(set imap.UIDSet, folder string) error {
	transfer := func() error {
		if c.client.Caps().Has(imap.CapMove) {
			_, err := c.client.Move(set, folder).Wait()
			return err
		}
		_, err := c.client.Copy(set, folder).Wait()
		return err
	}
	err := transfer()
	if answered(err) {
		if made := c.client.Create(folder, nil).Wait(); made != nil && !answered(made) {
			return made
		}
		err = transfer()
	}
	if answered(err) {
		return &folderError{folder, fmt.Errorf("move to it: %w", err)}
	}
	if err != nil || c.client.Caps().Has(imap.CapMove) {
		return err
	}
	return c.remove(set)
}

package mailbox

import (
	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

func (s *Servers) imapServer() *imapserver.Server {
	return imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &imapSession{servers: s}, nil, nil
		},
		Caps:         imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}, imap.CapMove: {}},
		InsecureAuth: true, // loopback only
		Logger:       quiet{},
	})
}

// imapSession is one IMAP connection. It shows the run's UIDVALIDITY instead of the memory server's, which is the
// same after every restart and would hide new mail from a client that remembers the last UID.
type imapSession struct {
	*imapmemserver.UserSession
	servers *Servers
	box     *box
}

func (c *imapSession) Login(user, password string) error {
	b := c.servers.box(user)
	if b == nil {
		return imapserver.ErrAuthFailed
	}
	if err := b.user.Login(user, password); err != nil {
		return err
	}
	c.UserSession, c.box = imapmemserver.NewUserSession(b.user), b
	return nil
}

func (c *imapSession) Select(name string, o *imap.SelectOptions) (*imap.SelectData, error) {
	data, err := c.UserSession.Select(name, o)
	if data != nil {
		data.UIDValidity = c.servers.validity
	}
	return data, err
}

func (c *imapSession) Status(name string, o *imap.StatusOptions) (*imap.StatusData, error) {
	data, err := c.UserSession.Status(name, o)
	if data != nil && o.UIDValidity {
		data.UIDValidity = c.servers.validity
	}
	return data, err
}

// Idle tells new mail until the client stops it. The memory server's own forgets what came between the last command and IDLE.
func (c *imapSession) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	for {
		c.servers.mu.Lock()
		changed := c.box.changed
		c.servers.mu.Unlock()
		if err := c.Poll(w, true); err != nil {
			return err
		}
		select {
		case <-changed:
		case <-stop:
			return nil
		}
	}
}

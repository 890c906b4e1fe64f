package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"deskbell/app/desk"
)

const (
	commandWait = time.Minute     // for an answer to a small command
	fetchWait   = 5 * time.Minute // without one byte of a mail
	idleWait    = 6 * time.Minute // then IDLE is begun anew: quiet lines are cut by routers after some minutes

	mostListed  = 2_000_000 // mails that one command lists; more are listed in parts
	mostFolders = 10_000    // among which the one for sent mail is looked for
)

// reader is what reading mail asks of a server. It is all that the rest of the package knows of IMAP.
type reader interface {
	// open selects the folder, to write only when something is to be changed in it, and tells its UIDVALIDITY.
	open(folder string, write bool) (validity uint32, err error)
	// list tells the mails with a UID above after, in the order of their UIDs, without their contents.
	list(after uint32) ([]listing, error)
	// fetch reads the contents of the listed mails, none longer than limit bytes, and hands each to take. Mails that are gone
	// meanwhile are left out. take must read the contents before it returns; an error of take ends the fetch.
	fetch(mails []listing, limit int64, take func(l listing, content io.Reader) error) error
	// uids tells the UIDs of all mails in the folder, and these lists some of them as list does.
	uids() ([]uint32, error)
	these(uids []uint32) ([]listing, error)
	// after marks mails as seen, moves them to the folder, or deletes them.
	after(what, folder string, uids []uint32) error
	// wait returns nil when there may be new mail: the server said so, or it is time to look.
	wait(ctx context.Context) error
	close()
}

// listing is one mail that the server showed.
type listing struct {
	uid  uint32
	seq  uint32    // its number at the time; only a hint
	size int64     // bytes, by the server's word
	at   time.Time // when the server received it
	bare bool      // only the UID is known
}

// connection is a logged-in IMAP connection. The library knows no context and waits for ever, so every command
// runs under a watch that closes the connection.
type connection struct {
	client *imapclient.Client
	guard  *lineGuard
	news   chan struct{} // a mail may have come
	idle   bool          // the server has IDLE
	pause  time.Duration // between looks at a server without it
	late   atomic.Bool   // a watch has closed the connection
	backs  bool          // the server sends contents before UIDs: ask by number
	most   int           // mails that one command may list
	stop   func() bool
}

// connect logs in to an IMAP server. The connection ends with ctx.
func connect(ctx context.Context, dial dialFunc, s Server, trust *tls.Config) (*connection, error) {
	conn, greeting, err := dialServer(ctx, dial, imapWire{}, s, trust)
	if err != nil {
		return nil, err
	}
	guard := &lineGuard{Conn: conn, before: greeting}
	guard.limit.Store(smallString)
	c := &connection{guard: guard, news: make(chan struct{}, 1), pause: desk.DefaultPoll * time.Second, most: mostListed}
	c.client = imapclient.New(guard, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(d *imapclient.UnilateralDataMailbox) { // runs in the read loop: it must not call the client
			if d.NumMessages != nil {
				c.ring()
			}
		},
	}})
	c.stop = context.AfterFunc(ctx, func() { conn.Close() })
	if err := c.login(s); err != nil {
		c.close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	return c, nil
}

func (c *connection) login(s Server) error {
	return c.watch(commandWait, func() error {
		if err := c.client.WaitGreeting(); err != nil {
			return err
		}
		if s.Auth != "xoauth2" && c.client.Caps().Has(imap.CapLoginDisabled) {
			return &noLoginError{}
		}
		if err := c.enter(s); err != nil {
			return err
		}
		caps := c.client.Caps()
		c.idle = caps.Has(imap.CapIdle)
		if caps.Has(imap.CapID) { // 163.com and 126.com refuse SELECT from programs that did not say who they are
			if _, err := c.client.ID(&imap.IDData{Name: "Deskbell", Version: "1.0", Vendor: "Deskbell"}).Wait(); err != nil && !answered(err) {
				return err
			}
		}
		return nil
	})
}

func (c *connection) enter(s Server) error {
	var err error
	if s.Auth == "xoauth2" {
		err = c.client.Authenticate(&xoauth2{s.Username, s.Password})
	} else {
		err = c.client.Login(s.Username, s.Password).Wait()
	}
	if answered(err) {
		return &loginError{err}
	}
	return err
}

// watch runs one exchange with the server and cuts the connection when it takes longer than d.
func (c *connection) watch(d time.Duration, do func() error) error {
	timer := time.AfterFunc(d, func() {
		c.late.Store(true)
		c.client.Close()
	})
	defer timer.Stop()
	return c.cause(do(), d)
}

// cause names what broke the connection, if it was one of our own guards.
func (c *connection) cause(err error, d time.Duration) error {
	if err == nil {
		return nil
	}
	if bad := c.guard.bad.Load(); bad != nil {
		return bad
	}
	if c.late.Load() {
		return &silentError{d}
	}
	if errors.Is(err, net.ErrClosed) { // the library hung up on something it could not read
		if why := c.client.Close(); why != nil && !errors.Is(why, net.ErrClosed) {
			return &protocolError{said: why.Error()}
		}
	}
	return err
}

func (c *connection) open(folder string, write bool) (validity uint32, err error) {
	err = c.watch(commandWait, func() error {
		data, err := c.client.Select(folder, &imap.SelectOptions{ReadOnly: !write}).Wait()
		if answered(err) {
			return &folderError{folder, err}
		}
		if err != nil {
			return err
		}
		validity = data.UIDValidity
		return nil
	})
	return validity, err
}

// openLast selects a folder to change something in it, and tells its last UID.
func (c *connection) openLast(folder string) (last uint32, err error) {
	err = c.watch(commandWait, func() error {
		data, err := c.client.Select(folder, nil).Wait()
		if answered(err) {
			return &folderError{folder, err}
		}
		if err != nil {
			return err
		}
		if data.UIDNext > 0 {
			last = uint32(data.UIDNext) - 1
		}
		return nil
	})
	return last, err
}

// answered reports whether an error is the server's NO or BAD, and not a broken connection.
func answered(err error) bool {
	var reply *imap.Error
	return errors.As(err, &reply)
}

func (c *connection) wait(ctx context.Context) error {
	select {
	case <-c.news: // something came while we were busy
		return nil
	default:
	}
	if !c.idle {
		return c.poll(ctx)
	}
	var idle *imapclient.IdleCommand
	err := c.watch(commandWait, func() (err error) {
		idle, err = c.client.Idle()
		return err
	})
	if err != nil {
		return err
	}
	timer := time.NewTimer(idleWait)
	defer timer.Stop()
	select {
	case <-c.news:
	case <-timer.C:
	case <-c.client.Closed():
	case <-ctx.Done():
		return ctx.Err()
	}
	return c.watch(commandWait, func() error {
		if err := idle.Close(); err != nil {
			return err
		}
		return idle.Wait()
	})
}

func (c *connection) poll(ctx context.Context) error {
	timer := time.NewTimer(c.pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.client.Closed():
		return fmt.Errorf("the connection has ended: %w", io.ErrUnexpectedEOF)
	case <-ctx.Done():
		return ctx.Err()
	}
	return c.watch(commandWait, func() error { return c.client.Noop().Wait() })
}

func (c *connection) close() {
	c.stop()
	c.client.Close()
}

func (c *connection) ring() {
	select {
	case c.news <- struct{}{}:
	default:
	}
}

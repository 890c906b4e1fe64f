package email

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"deskbell/app/apptest/mailhost"
	"deskbell/app/channel"
	"deskbell/app/desk"
)

// office is a desk with one mailbox on a real mail provider: the fixture of the tests here.
type office struct {
	*desk.Desk
	t       testing.TB
	dir     string
	host    *mailhost.Host
	ch      *Channel
	sup     *channel.Supervisor
	alice   desk.Actor
	inbox   *desk.Inbox
	box     desk.Mailbox
	team    desk.TeamID
	secrets desk.MailboxSecrets
	stop    func()
	mu      sync.Mutex
	offset  time.Duration // of the desk's clock
}

const support = "support@example.test"

func newOffice(t testing.TB, host *mailhost.Host) *office {
	t.Helper()
	o := &office{t: t, dir: t.TempDir(), host: host}
	o.openDesk()
	alice, err := o.SetUp(t.Context(), desk.System, desk.Setup{Company: desk.Company{Name: "Tea", Locale: "en", TimeZone: "Asia/Shanghai"}, Name: "Alice", Email: "alice@tea.example", Password: "longjing before rain"})
	o.must(err)
	o.alice = alice.Actor()
	o.box = desk.Mailbox{Address: support,
		IMAP: desk.MailServer{Host: "localhost", Port: host.IMAPS, Security: TLS, Username: support},
		SMTP: desk.MailServer{Host: "localhost", Port: host.SMTPS, Security: TLS, Username: support},
	}
	o.secrets = desk.MailboxSecrets{IMAP: mailhost.Password, SMTP: mailhost.Password}
	o.save()
	t.Cleanup(func() { o.close() })
	return o
}

func (o *office) openDesk() {
	o.t.Helper()
	d, err := desk.Open(context.Background(), o.dir, desk.Key{1}, slog.New(slog.DiscardHandler))
	o.must(err)
	d.Hashing = desk.Hashing{Passes: 1, KiB: 8}
	d.Clock = func() time.Time {
		o.mu.Lock()
		defer o.mu.Unlock()
		return time.Now().Add(o.offset)
	}
	o.Desk = d
	o.ch = New(d, anywhere, o.log())
	o.ch.Trust = o.host.TLS()
}

func (o *office) log() *slog.Logger {
	if testing.Verbose() {
		return slog.New(slog.NewTextHandler(testWriter{o.t}, nil))
	}
	return slog.New(slog.DiscardHandler)
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(b []byte) (int, error) {
	defer func() { recover() }() // a line that comes after the test's end
	w.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

// save stores the mailbox's settings, as the form does.
func (o *office) save() {
	o.t.Helper()
	saved := desk.SavedInbox{Channel: desk.Email, Name: "Tea shop", Enabled: true, TeamID: o.team, Settings: o.box, Secrets: o.secrets}
	if o.inbox != nil {
		saved.ID = o.inbox.ID
	}
	if o.secrets == (desk.MailboxSecrets{}) {
		saved.Secrets = nil // those that are stored
	}
	in, err := o.SaveInbox(o.t.Context(), desk.System, saved)
	o.must(err)
	o.inbox = in
}

// start starts the channels; close ends them.
func (o *office) start() *office {
	ctx, cancel := context.WithCancel(context.Background())
	o.sup = channel.NewSupervisor(o.Desk, o.log(), o.ch)
	o.sup.Backoff = func(int) time.Duration { return 50 * time.Millisecond }
	done := make(chan struct{})
	go func() { o.sup.Run(ctx); close(done) }()
	o.stop = func() {
		cancel()
		select {
		case <-done:
		case <-time.After(time.Minute):
			stacks := make([]byte, 1<<20)
			o.t.Fatalf("the channels did not stop within a minute:\n%s", stacks[:runtime.Stack(stacks, true)])
		}
	}
	return o
}

func (o *office) halt() {
	if o.stop != nil {
		o.stop()
		o.stop = nil
	}
}

// resave stores the mailbox's settings and goes on by them alone: where it runs it is told of them a moment later, and reads by the
// old ones until then.
func (o *office) resave() {
	o.t.Helper()
	o.halt()
	o.save()
	o.start()
}

func (o *office) close() {
	o.halt()
	o.Desk.Close()
}

// later moves the desk's clock.
func (o *office) later(d time.Duration) {
	o.mu.Lock()
	o.offset += d
	o.mu.Unlock()
	o.sup.Wake()
}

// until waits for a condition, three minutes at most: the machine may be busy with other things.
func (o *office) until(what string, ok func() bool) {
	o.t.Helper()
	if !comes(ok) {
		o.t.Fatalf("%s did not come; ledger: %s", what, o.ledger())
	}
}

func comes(ok func() bool) bool {
	for deadline := time.Now().Add(3 * time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

// count is a number from the database.
func (o *office) count(query string, args ...any) (n int) {
	o.t.Helper()
	o.must(o.DB().Readers().QueryRow(query, args...).Scan(&n))
	return n
}

func (o *office) word(query string, args ...any) (s string) {
	o.t.Helper()
	o.must(o.DB().Readers().QueryRow(query, args...).Scan(&s))
	return s
}

func (o *office) filed() int {
	return o.count("select count(*) from mail_ledger where state = 'filed'")
}

func (o *office) awaitRows(state string, n int) {
	o.t.Helper()
	o.until(fmt.Sprintf("%d rows %s", n, state), func() bool {
		return o.count("select count(*) from mail_ledger where state = ?", state) >= n
	})
}

// state is how the mailbox is doing.
func (o *office) state() channel.State {
	for _, s := range o.sup.States() {
		return s
	}
	return channel.State{}
}

func (o *office) up() bool { return o.state().Receiving.Up }

// ledger is the ledger in short, for comparing and for failing tests.
func (o *office) ledger() string {
	rows, _, err := o.ch.ledger.List(context.Background(), desk.System, o.inbox.ID, channel.RowList{Limit: 2000})
	o.must(err)
	var list []string
	for i := len(rows) - 1; i >= 0; i-- {
		if len(rows) > 50 && rows[i].State == channel.Filed && rows[i].Cause == "" {
			continue // of many, only the odd ones
		}
		list = append(list, strings.TrimSpace(fmt.Sprintf("%d %s %s", rows[i].UID, rows[i].State, rows[i].Cause)))
	}
	return strings.Join(list, ", ")
}

// tickets lists all tickets, oldest first, each with the number of its public messages.
func (o *office) tickets() (list []string) {
	o.t.Helper()
	rows, err := o.DB().Readers().Query(`select t.subject || ': ' || (select count(*) from messages m where m.conversation_id = t.conversation_id and m.kind <> 'event') || ' ' || c.status
		from tickets t join conversations c on c.id = t.conversation_id order by t.id`)
	o.must(err)
	defer rows.Close()
	for rows.Next() {
		var s string
		o.must(rows.Scan(&s))
		list = append(list, s)
	}
	return list
}

func (o *office) wantTickets(want ...string) {
	o.t.Helper()
	if got := o.tickets(); fmt.Sprint(got) != fmt.Sprint(want) {
		o.t.Errorf("tickets %q, want %q; ledger: %s", got, want, o.ledger())
	}
}

func (o *office) conversation(ticket int) *desk.Conversation {
	o.t.Helper()
	c, err := o.Conversation(o.t.Context(), desk.System, desk.ConversationID(o.count("select conversation_id from tickets where id = ?", ticket)))
	o.must(err)
	return c
}

func (o *office) reply(ticket int, text string, files ...string) *desk.Message {
	o.t.Helper()
	m, err := o.Reply(o.t.Context(), o.alice, o.conversation(ticket).ID, desk.Draft{Text: text, FileIDs: files})
	o.must(err)
	return m
}

func (o *office) awaitDelivery(m *desk.Message, state string) desk.Delivery {
	o.t.Helper()
	var last desk.Delivery
	o.until("a delivery "+state, func() bool {
		now, err := o.Message(o.t.Context(), desk.System, m.ID)
		o.must(err)
		last = now.Deliveries[0]
		return last.State == state
	})
	return last
}

// letterFrom writes a mail; answers are the ids that it answers, the last one nearest.
func letterFrom(from, id, subject, text string, answers ...string) string {
	head := fmt.Sprintf("From: %s\nTo: %s\nSubject: %s\nMessage-ID: <%s>\nDate: %s\n", from, support, subject, id, time.Now().Format(time.RFC1123Z))
	if len(answers) > 0 {
		head += "In-Reply-To: <" + answers[len(answers)-1] + ">\nReferences: <" + strings.Join(answers, "> <") + ">\n"
	}
	return head + "\n" + text + "\n"
}

package replica

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

const (
	firstPause = 200 * time.Millisecond // before a child that ended is started again; doubles
	trimAfter  = 10 * time.Second       // without a child the logs are trimmed so often
	askEvery   = time.Second            // how often the child is asked how far it is
	askTimeout = 30 * time.Second       // a child that says nothing for so long is stuck: it is killed and started again
	stopLimit  = 30 * time.Second       // a last flush that takes longer is cut
)

// ErrDown says that no child runs at the moment.
var ErrDown = errors.New("replication is not running")

// Supervisor keeps one replicating child running while the desk serves.
type Supervisor struct {
	Exe    string   // the program, best by os.Executable
	Args   []string // what makes it call Run: "replicate", …; the task is added
	Config Config   // the same that the child loads

	// Trim empties the databases' logs; it is called now and then while no child has run for a while, or they would grow for
	// ever. At no other time may the desk's own connections checkpoint (wal_autocheckpoint=0 from their opening on): a log
	// that begins anew over its old self, unseen, can hide from the next child what the old one had last, and the
	// replica would lack it without a word. An emptied log shows that something is missing, and the child then begins
	// with a whole copy.
	Trim func()

	// Pause keeps the desk from writing to a database, by its name, until resume is called: the child asks for it when it
	// shortens a log (see pause.go). With nil the logs grow as long as a child runs.
	Pause func(ctx context.Context, name string) (resume func(), err error)

	trimEvery time.Duration // trimAfter; a test sets it

	trimming sync.Mutex // held while Trim runs and from a child's permission to open the databases to its end
	mu       sync.Mutex
	started  time.Time
	child    *child // nil while none is ready
	restarts int
	lastErr  string
	synced   map[string]time.Time
	last     map[string]Position
	cancel   context.CancelFunc
	ended    chan struct{}
}

// Status is what the health page, /readyz and /metrics tell of replication.
type Status struct {
	Running   bool
	Since     time.Time // when the child that runs became ready
	LastSync  time.Time // at that moment both databases were wholly in the replica
	Databases []Lag
	Restarts  int
	LastError string   // empty while all is well
	SameDisk  bool     // a replica lies on the disk that it is to protect from
	Where     []string // the replicas, without secrets
}

// Lag is how far one database's replica is behind: everything older than Behind is in it.
type Lag struct {
	Name   string
	Behind time.Duration
	TXID   uint64
	Err    string
}

// Start starts the child and returns at once. The databases must exist. Call Stop once.
func (s *Supervisor) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	s.started, s.cancel, s.ended = time.Now(), cancel, make(chan struct{})
	s.synced, s.last = map[string]time.Time{}, map[string]Position{}
	go func() {
		defer close(s.ended)
		var trims sync.WaitGroup
		trims.Go(func() { s.trim(ctx) })
		s.run(ctx)
		trims.Wait()
	}()
}

// Stop ends the child after its last flush and waits for it. Close the desk's own connections first: what they commit
// after the flush stays behind. The error is the flush's.
func (s *Supervisor) Stop() error {
	s.cancel()
	<-s.ended
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lastErr != "" {
		return errors.New(s.lastErr)
	}
	return nil
}

// Sync returns nil when everything that was committed before the call is in the replica.
func (s *Supervisor) Sync(ctx context.Context) error {
	c := s.current()
	if c == nil {
		return ErrDown
	}
	asked := time.Now()
	positions, err := c.ask(ctx, "sync")
	if err == nil {
		for i := range positions {
			positions[i].Lag = 0 // when it was asked: that is what was promised
		}
		s.note(asked, positions)
	}
	return err
}

// Status never waits for the child.
func (s *Supervisor) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Status{Running: s.child != nil, Restarts: s.restarts, LastError: s.lastErr, SameDisk: s.Config.SameDisk}
	if s.child != nil {
		st.Since = s.child.since
	}
	for i, d := range s.Config.Databases {
		synced := s.synced[d.Name]
		from := synced
		if from.IsZero() {
			from = s.started
		}
		if i == 0 || synced.Before(st.LastSync) {
			st.LastSync = synced
		}
		p := s.last[d.Name]
		st.Databases = append(st.Databases, Lag{Name: d.Name, Behind: time.Since(from), TXID: p.TXID, Err: p.Err})
		if p.Err != "" {
			st.LastError = p.Err
		}
		st.Where = append(st.Where, d.Target.Where())
	}
	return st
}

func (s *Supervisor) current() *child {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.child
}

// note keeps what a child has answered to what it was asked then. Its lags are counted from the question, not from the answer, which
// may have been long on its way: nothing is to be taken for carried that is not.
func (s *Supervisor) note(asked time.Time, positions []Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range positions {
		if at := asked.Add(-p.Lag); p.Lag >= 0 && at.After(s.synced[p.Name]) {
			s.synced[p.Name] = at
		}
		s.last[p.Name] = p
	}
}

// run starts children, one after the other, until ctx is done.
func (s *Supervisor) run(ctx context.Context) {
	pause := firstPause
	for {
		begun := time.Now()
		err := s.once(ctx)
		s.mu.Lock()
		s.child, s.lastErr = nil, ""
		if err != nil {
			s.lastErr = err.Error()
		}
		s.restarts++
		s.mu.Unlock()
		if ctx.Err() != nil {
			return
		}
		slog.Error("the replication process ended; it is started again", "error", err, "pause", pause)
		if time.Since(begun) > time.Minute {
			pause = firstPause
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, longestPause)
	}
}

// trim keeps the logs short while no child does.
func (s *Supervisor) trim(ctx context.Context) {
	every := s.trimEvery
	if every == 0 {
		every = trimAfter
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if s.Trim != nil && s.trimming.TryLock() {
			s.Trim()
			s.trimming.Unlock()
		}
	}
}

// once runs one child to its end.
func (s *Supervisor) once(ctx context.Context) error {
	c, err := start(s.Exe, with(s.Args, taskCarry), s.Pause)
	if err != nil {
		return err
	}
	if s.opened(ctx, c) {
		defer s.trimming.Unlock() // after its end
		s.watch(ctx, c)
	}
	return c.finish()
}

// opened lets the child open the databases when it asks, holding off Trim, and waits until it carries.
func (s *Supervisor) opened(ctx context.Context, c *child) bool {
	select {
	case <-c.asks:
	case <-c.ended:
		return false
	case <-ctx.Done():
		return false
	}
	s.trimming.Lock()
	c.tell(sayGo)
	select {
	case <-c.ready:
		s.mu.Lock()
		s.child, s.lastErr = c, ""
		s.mu.Unlock()
	case <-c.ended:
	case <-ctx.Done():
	}
	return true
}

// watch asks the child how far it is until it ends or is to end.
func (s *Supervisor) watch(ctx context.Context, c *child) {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.ended:
			return
		case <-tick.C:
		}
		asked := time.Now()
		asking, cancel := context.WithTimeout(ctx, askTimeout)
		positions, err := c.ask(asking, "status")
		cancel()
		switch {
		case err == nil:
			s.note(asked, positions)
		case ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
			slog.Error("the replication process does not answer; it is killed")
			c.cmd.Process.Kill()
		}
	}
}

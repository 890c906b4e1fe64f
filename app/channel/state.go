package channel

import (
	"cmp"
	"slices"
	"time"

	"deskbell/app/desk"
)

// State is how an inbox is doing, for the health page.
type State struct {
	InboxID   desk.InboxID
	Name      string
	Channel   string
	Enabled   bool
	Receiving Side
	Sending   Side
}

// Side is one direction of an inbox.
type Side struct {
	Up      bool      // it was well when last used
	Since   time.Time // since when it is up, or down; zero: not known yet
	Problem *Problem  // what is wrong, while it is down
	NextAt  time.Time // while it is down: when it will be tried again
}

// Down says whether the side is known to be in trouble.
func (s Side) Down() bool { return !s.Up && s.Problem != nil }

// Well says whether nothing is known to be wrong.
func (s State) Well() bool { return !s.Enabled || !s.Receiving.Down() && !s.Sending.Down() }

// States tells how the inboxes are doing, in the order in which they were made.
func (s *Supervisor) States() []State {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]State, 0, len(s.states))
	for _, st := range s.states {
		list = append(list, *st)
	}
	slices.SortFunc(list, func(a, b State) int { return cmp.Compare(a.InboxID, b.InboxID) })
	return list
}

// direction picks a side of a state.
type direction func(*State) *Side

func receiving(s *State) *Side { return &s.Receiving }
func sending(s *State) *Side   { return &s.Sending }

// up notes that a side is well, and says whether it was known to be down.
func (s *Supervisor) up(id desk.InboxID, which direction) (wasDown bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.states[id]
	if st == nil {
		return false
	}
	side := which(st)
	if side.Up {
		return false
	}
	wasDown = side.Down()
	*side = Side{Up: true, Since: s.desk.Clock().UTC()}
	return wasDown
}

func (s *Supervisor) down(id desk.InboxID, which direction, err error, rest time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.states[id]
	if st == nil {
		return
	}
	now := s.desk.Clock().UTC()
	side := which(st)
	if side.Up || side.Since.IsZero() {
		side.Since = now
	}
	side.Up, side.Problem, side.NextAt = false, problemOf(err), now.Add(rest)
}

// remember begins the state of an inbox anew: its settings changed.
func (s *Supervisor) remember(in *desk.Inbox) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.states[in.ID] = &State{InboxID: in.ID, Name: in.Name, Channel: in.Channel, Enabled: in.Enabled}
}

func (s *Supervisor) forget(id desk.InboxID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.states, id)
}

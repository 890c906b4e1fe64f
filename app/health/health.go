// Package health knows how every part of the desk is doing: for /readyz, the admins' health page and `deskbell doctor`.
//
// A part says in words what is wrong and what to do. It warns about what will go wrong, or does less than it should; it
// has failed when something that the company relies on does not work now. The parts that only this process knows (mailboxes,
// replication) are told to the registry by app; those that anybody with the data folder can see are in desk.go and machine.go.
// metrics.go has the numbers for a monitor.
package health

import (
	"context"
	"sync"
	"time"
)

// State is how a part is.
type State string

// The states, the better first.
const (
	OK     State = "ok"
	Warn   State = "warn"
	Failed State = "failed"
)

// Words are a text of the catalogs. An argument may be Words again.
type Words struct {
	Key  string
	Args []any
}

// In is the text in the language of translate.
func (w Words) In(translate func(key string, args ...any) string) string {
	args := make([]any, len(w.Args))
	for i, a := range w.Args {
		if inner, ok := a.(Words); ok {
			a = inner.In(translate)
		}
		args[i] = a
	}
	return translate(w.Key, args...)
}

// Part is one part of the desk and how it is.
type Part struct {
	Name  string // database, disk, mailboxes …: "health.part.<Name>" is what people call it
	Of    string // which one of several, such as a mailbox's address
	State State
	Words Words     // how it is and what to do
	Since time.Time // when it came into this state; zero: not known
}

// Well says that a part is.
func Well(name, key string, args ...any) Part {
	return Part{Name: name, State: OK, Words: Words{key, args}}
}

// Warning says what a part will fail of.
func Warning(name, key string, args ...any) Part {
	return Part{Name: name, State: Warn, Words: Words{key, args}}
}

// Failure says what does not work.
func Failure(name, key string, args ...any) Part {
	return Part{Name: name, State: Failed, Words: Words{key, args}}
}

// Check finds out how one part, or several of a kind, are. It must answer within some seconds.
type Check func(ctx context.Context) []Part

// One makes a Check of a part.
func One(check func(ctx context.Context) Part) Check {
	return func(ctx context.Context) []Part { return []Part{check(ctx)} }
}

// Registry asks all parts.
type Registry struct {
	Clock func() time.Time

	checks []Check
	mu     sync.Mutex
	last   map[[2]string]Part
}

// Add adds checks, in the order in which people see the parts.
func (r *Registry) Add(checks ...Check) { r.checks = append(r.checks, checks...) }

// patience bounds one round of checks, so that a stuck disk does not hold up who asks.
const patience = 5 * time.Second

// Parts asks how all parts are.
func (r *Registry) Parts(ctx context.Context) []Part {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var parts []Part
	for _, check := range r.checks {
		parts = append(parts, check(ctx)...)
	}
	r.remember(parts)
	return parts
}

// remember finds out since when each part is as it is, where it does not say so itself.
func (r *Registry) remember(parts []Part) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, last := r.Clock(), r.last
	r.last = make(map[[2]string]Part, len(parts))
	for i := range parts {
		p := &parts[i]
		key := [2]string{p.Name, p.Of}
		if before, known := last[key]; p.Since.IsZero() {
			p.Since = now
			if known && before.State == p.State {
				p.Since = before.Since
			}
		}
		r.last[key] = *p
	}
}

// Ready says whether nothing has failed. Warnings are for people, not for machines that would end the process.
func Ready(parts []Part) bool { return worst(parts) != Failed }

func worst(parts []Part) State {
	w := OK
	for _, p := range parts {
		if p.State == Failed || p.State == Warn && w == OK {
			w = p.State
		}
	}
	return w
}

// Examination is a close look at everything that takes its time, or that sends something: what was found out so far.
type Examination struct {
	At      time.Time // when it began; zero: there was none since the program began
	Running bool
	Parts   []Part
}

// Worst is the state of the part that is worst.
func (e Examination) Worst() State { return worst(e.Parts) }

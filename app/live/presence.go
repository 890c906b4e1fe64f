package live

import "sync"

// presence tells Config.Presence who is connected, from one goroutine, so that
// a slow listener holds up neither streams nor heartbeats.
type presence struct {
	tell func(key string, connected bool)
	wake chan struct{}
	quit chan struct{}
	done sync.WaitGroup

	mu  sync.Mutex
	now map[string]bool // keys whose state changed since they were last looked at
}

func newPresence(tell func(string, bool)) *presence {
	p := &presence{tell: tell, wake: make(chan struct{}, 1), quit: make(chan struct{}), now: map[string]bool{}}
	if tell != nil {
		p.done.Go(p.run)
	}
	return p
}

// changed notes the present state of a key.
func (p *presence) changed(key string, connected bool) {
	if p.tell == nil {
		return
	}
	p.mu.Lock()
	p.now[key] = connected
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *presence) run() {
	told := map[string]bool{}
	for {
		select {
		case <-p.quit:
			p.round(told)
			return
		case <-p.wake:
			p.round(told)
		}
	}
}

// round tells what differs from what was told last; told keeps connected keys only.
func (p *presence) round(told map[string]bool) {
	p.mu.Lock()
	now := p.now
	p.now = map[string]bool{}
	p.mu.Unlock()
	for key, connected := range now {
		if told[key] == connected {
			continue
		}
		if connected {
			told[key] = true
		} else {
			delete(told, key)
		}
		p.tell(key, connected)
	}
}

func (p *presence) close() {
	close(p.quit)
	p.done.Wait()
}

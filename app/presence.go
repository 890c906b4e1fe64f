package app

import (
	"context"
	"strconv"
	"strings"
	"time"

	"deskbell/app/desk"
	"deskbell/app/news"
)

// grace is how long an agent without a stream is still there, when that cannot be read: a reload or a tunnel is no absence.
const grace = 20 * time.Second

// present follows who has a stream open. The hub calls it for one key after the other.
func (a *App) present(key string, connected bool) {
	if c, in, ok := news.VisitorOf(key); ok {
		a.visitor(key, c, in, connected)
		return
	}
	number, ok := strings.CutPrefix(key, "agent-")
	id, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil {
		return
	}
	if connected {
		a.setPresent(desk.AgentID(id), true)
		return
	}
	time.AfterFunc(a.grace(), func() {
		if a.Hub.Connected(key) == 0 {
			a.setPresent(desk.AgentID(id), false)
		}
	})
}

// looking says whether an agent has a console open right now.
func (a *App) looking(id desk.AgentID) bool { return a.Hub.Connected("agent-"+id.String()) > 0 }

func (a *App) setPresent(id desk.AgentID, on bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := a.Desk.Connected(ctx, desk.System, id, on); err != nil && !a.closing.Load() {
		a.Log.Error("note an agent's presence", "agent", id, "error", err)
	}
}

// grace is what the admin chose.
func (a *App) grace() time.Duration {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	rules, err := a.Desk.Routing(ctx, desk.System)
	if err != nil {
		return grace
	}
	return time.Duration(rules.Grace) * time.Second
}

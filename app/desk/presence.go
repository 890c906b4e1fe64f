package desk

import (
	"context"
	"slices"
)

// Presences are what an agent may be. Only online receives by itself; busy, away and invisible keep what they have.
var Presences = []string{"online", "busy", "away", "invisible", "offline"}

// SetPresence changes an agent's presence: one's own, or another's by an admin, who cannot force an offline agent to be anything
// else. It lasts over reloads, and comes back when the agent does.
func (d *Desk) SetPresence(ctx context.Context, by Actor, id AgentID, presence string) (*Agent, error) {
	return d.SetOwn(ctx, by, id, nil, &presence)
}

// SetOwn is SetCapacity and SetPresence in one; nil leaves either.
func (d *Desk) SetOwn(ctx context.Context, by Actor, id AgentID, capacity *int, presence *string) (*Agent, error) {
	if capacity != nil && by.May(ManageAgents) {
		return d.ChangeAgent(ctx, by, id, AgentChange{Capacity: capacity, Presence: presence})
	}
	if by.Agent() != id {
		if err := by.Can(ManageAgents); err != nil {
			return nil, err
		}
	}
	var a *Agent
	err := d.Write(ctx, by, func(tx *Tx) (err error) {
		if a, err = findAgent(ctx, tx, id); err != nil {
			return err
		}
		if capacity != nil {
			if err := tx.ownCapacity(ctx, a, *capacity); err != nil {
				return err
			}
		}
		if presence == nil {
			return nil
		}
		return tx.choosePresence(ctx, by, a, *presence)
	})
	return a, err
}

func (tx *Tx) choosePresence(ctx context.Context, by Actor, a *Agent, presence string) error {
	if !slices.Contains(Presences, presence) {
		return Invalid("presence", "fault.presence_unknown")
	}
	if by.Agent() != a.ID && a.Presence == "offline" && presence != "offline" {
		return Conflict("error.agent_offline", a.Name)
	}
	if must, err := tx.mustAsk(ctx, by, a, presence); err != nil || must {
		return orElse(err, PresenceToAsk)
	}
	if _, err := tx.Exec("update agents set chosen_presence = ? where id = ?", presence, a.ID); err != nil {
		return err
	}
	a.Chosen = presence
	return tx.setPresence(a, presence)
}

// PresenceToAsk is the answer to whoever may not change his presence by himself: AskPresence.
var PresenceToAsk = Conflict("error.presence_asks")

// SetCapacity changes how many conversations an agent takes at once, 0 to 100: another's by an admin, one's own where agents may.
func (d *Desk) SetCapacity(ctx context.Context, by Actor, id AgentID, capacity int) (*Agent, error) {
	return d.SetOwn(ctx, by, id, &capacity, nil)
}

func (tx *Tx) ownCapacity(ctx context.Context, a *Agent, capacity int) error {
	rules, err := readRouting(ctx, tx)
	if err != nil {
		return err
	}
	if !rules.OwnCapacity {
		return Forbidden
	}
	if capacity < 0 || capacity > 100 {
		return Invalid("capacity", "fault.capacity_range")
	}
	if _, err := tx.Exec("update agents set capacity = ? where id = ?", capacity, a.ID); err != nil {
		return err
	}
	a.Capacity = capacity
	return tx.Record(AgentCapacity, 0, int64(a.ID), Facts{"capacity": capacity})
}

func (tx *Tx) setPresence(a *Agent, presence string) error {
	if a.Presence == presence {
		return nil
	}
	if _, err := tx.Exec("update agents set presence = ?, presence_at = ? where id = ?", presence, ms(tx.now), a.ID); err != nil {
		return err
	}
	was := a.Presence
	a.Presence = presence
	return tx.Record(AgentPresence, 0, int64(a.ID), Facts{"presence": presence, "was": was})
}

// Connected notes that an agent's first stream opened (he is again what he chose last) or that his last one closed (offline).
func (d *Desk) Connected(ctx context.Context, by Actor, id AgentID, on bool) error {
	if !by.isSystem() {
		return Forbidden
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		a, err := findAgent(ctx, tx, id)
		if err != nil {
			return err
		}
		presence := "offline"
		if on {
			if err := tx.QueryRow("select chosen_presence from agents where id = ?", id).Scan(&presence); err != nil {
				return err
			}
		}
		return tx.setPresence(a, presence)
	})
}

// NobodyConnected puts every agent offline: at start, before the first stream, whatever a crash left behind.
func (d *Desk) NobodyConnected(ctx context.Context, by Actor) error {
	if !by.isSystem() {
		return Forbidden
	}
	agents, err := d.Agents(ctx, by)
	if err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		// All have the full time to come back, whoever was gone before.
		if _, err := tx.Exec("update agents set presence_at = ?", ms(tx.now)); err != nil {
			return err
		}
		for _, a := range agents {
			if err := tx.setPresence(a, "offline"); err != nil {
				return err
			}
		}
		return nil
	})
}

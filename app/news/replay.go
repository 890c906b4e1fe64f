package news

import (
	"context"
	"errors"
	"slices"

	"deskbell/app/desk"
	"deskbell/app/live"
)

// replayed is how many events of the log a replay looks through at most: one who is further behind loads his page anew.
const replayed = 20_000

// replay answers what the reader missed: the events of the log of what he may see now. A visitor's are those of one inbox.
func (n *News) replay(by desk.Actor, inbox desk.InboxID) func(context.Context, int64, func(live.Event) error) error {
	return func(ctx context.Context, after int64, emit func(live.Event) error) error {
		last, err := n.desk.LastEvent(ctx)
		if err != nil {
			return err
		}
		if int64(last)-after > replayed {
			return live.ErrReset
		}
		seen := map[desk.ConversationID]bool{}
		for {
			events, err := n.desk.EventsAfter(ctx, desk.System, desk.EventID(after), 500)
			if err != nil || len(events) == 0 {
				return err
			}
			after = int64(events[len(events)-1].ID)
			if err := n.again(ctx, by, inbox, seen, events, emit); err != nil {
				return err
			}
		}
	}
}

func (n *News) again(ctx context.Context, by desk.Actor, inbox desk.InboxID, seen map[desk.ConversationID]bool, events []desk.Event, emit func(live.Event) error) error {
	b, err := n.gather(ctx, events)
	if err != nil {
		return err
	}
	for _, e := range events {
		agents, visitor := b.tell(e)
		one := agents
		if by.Kind == desk.ByCustomer {
			one = visitor
		}
		if one.Name == "" {
			continue
		}
		if a, ok := personal(e); ok {
			mine, err := n.amongThem(ctx, by, a)
			if err == nil && mine {
				err = emit(one)
			}
			if err != nil {
				return err
			}
			continue
		}
		if a := b.audiences[e.ConversationID]; a.Sealed && aboutMessage(e.Name) && by.Kind == desk.ByAgent && !by.IsAdmin() && !slices.Contains(a.Participants, by.Agent()) {
			one = sealed(e, a)
		}
		may, err := n.maySee(ctx, by, inbox, b.audiences[e.ConversationID], seen)
		if err != nil {
			return err
		}
		if may {
			if err := emit(one); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *News) maySee(ctx context.Context, by desk.Actor, inbox desk.InboxID, a desk.Audience, seen map[desk.ConversationID]bool) (bool, error) {
	if by.Kind == desk.ByCustomer {
		return a.CustomerID == by.Customer() && a.InboxID == inbox, nil
	}
	may, known := seen[a.ID]
	if known {
		return may, nil
	}
	_, err := n.desk.Conversation(ctx, by, a.ID)
	if err != nil && !errors.Is(err, desk.NotFound) {
		return false, err
	}
	seen[a.ID] = err == nil
	return err == nil, nil
}

// amongThem says whether an agent is one of those whom an event concerns.
func (n *News) amongThem(ctx context.Context, by desk.Actor, a among) (bool, error) {
	if slices.Contains(a.Agents, by.Agent()) || a.Team == 0 {
		return slices.Contains(a.Agents, by.Agent()), nil
	}
	teams, err := n.desk.TeamIDs(ctx, by)
	return slices.Contains(teams, a.Team), err
}

package notify

import (
	"context"

	"deskbell/app/desk"
)

// Remind tells each agent whose customer has waited for too long, once for each time that he waits.
func (n *Notify) Remind(ctx context.Context) error {
	late, err := n.desk.AnswersOverdue(ctx, desk.System, tooOld)
	if err != nil {
		return err
	}
	for _, l := range late {
		if n.reminded[l] {
			continue
		}
		err := n.desk.Notify(ctx, desk.System, desk.NewNotification{To: []desk.AgentID{l.AgentID}, Category: "conversation", What: "overdue", ConversationID: l.ID, EventID: l.Since})
		if err != nil {
			return err
		}
	}
	n.reminded = map[desk.Awaited]bool{} // who was told needs no write every minute
	for _, l := range late {
		n.reminded[l] = true
	}
	return nil
}

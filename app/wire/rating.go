package wire

import (
	"time"

	"deskbell/app/desk"
)

// Rating is how a customer says he was served in one conversation.
type Rating struct {
	ConversationID string    `json:"conversation_id"`
	TicketID       string    `json:"ticket_id,omitempty"`
	Customer       Person    `json:"customer"`
	Stars          int       `json:"stars" minimum:"1" maximum:"5"`
	Tags           []string  `json:"tags" nullable:"false"`
	Remark         string    `json:"remark"`
	Solved         *bool     `json:"solved" doc:"null: not said"`
	Way            string    `json:"way" enum:"visitor,agent,system" doc:"Who began it"`
	Agents         []string  `json:"agents" nullable:"false" doc:"The names of those for whom it counts"`
	Inbox          string    `json:"inbox" doc:"The channel account's name"`
	RatedAt        time.Time `json:"rated_at"`
}

// Rating makes a rating's form.
func (r Reader) Rating(one *desk.RatingRow) Rating {
	w := Rating{ConversationID: one.ConversationID.String(), Customer: Person{one.CustomerID.String(), one.CustomerName, one.CustomerEmail}, Stars: one.Stars, Tags: append([]string{}, one.Tags...), Remark: one.Remark,
		Solved: one.Solved, Way: one.Way, Agents: append([]string{}, one.Agents...), Inbox: one.InboxName, RatedAt: one.RatedAt}
	if one.TicketID != 0 {
		w.TicketID = one.TicketID.String()
	}
	return w
}

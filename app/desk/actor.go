package desk

// ActorKind says what kind of someone does a thing.
type ActorKind string

const (
	ByAgent    ActorKind = "agent"
	ByCustomer ActorKind = "customer"
	ByRobot    ActorKind = "robot"
	BySystem   ActorKind = "system"
)

// Actor is who does a thing: the second parameter of every exported method of Desk.
type Actor struct {
	Kind   ActorKind
	ID     int64
	Name   string
	Role   Role
	Locale string
	cause  EventID
}

// System acts for the program itself: channels, followers, the command line.
var System = Actor{Kind: BySystem, Name: "Deskbell"}

// CausedBy is the actor as he reacts to an event; the log then tells what led to what.
func (a Actor) CausedBy(e EventID) Actor {
	a.cause = e
	return a
}

// AsCustomer acts for the customer: a visitor's door, a mail that came in.
func AsCustomer(id CustomerID) Actor { return Actor{Kind: ByCustomer, ID: int64(id)} }

// Agent is the agent's id, 0 for anybody else.
func (a Actor) Agent() AgentID {
	if a.Kind != ByAgent {
		return 0
	}
	return AgentID(a.ID)
}

// Customer is the customer's id, 0 for anybody else.
func (a Actor) Customer() CustomerID {
	if a.Kind != ByCustomer {
		return 0
	}
	return CustomerID(a.ID)
}

// IsAdmin says whether the actor may do what admins may.
func (a Actor) IsAdmin() bool { return a.Kind == ByAgent && a.Role == Admin }

func (a Actor) isSystem() bool { return a.Kind == BySystem }

package api

import (
	"context"
	"net/http"
	"time"

	"deskbell/app/desk"
	"deskbell/app/rest"
	"deskbell/app/wire"
)

// ticketCare is what can be done with a ticket besides changing it.
func (d *Door) ticketCare(tag string) {
	rest.On(d.api, d.op(http.MethodPost, "/tickets/{id}/merge", "merge-ticket", tag, "Put what was said in it into another and close it; answers the other"), d.mergeTicket)
	rest.On(d.api, d.op(http.MethodDelete, "/tickets/{id}/merge", "unmerge-ticket", tag, "Undo the merge; answers the ticket that has its messages back"), d.unmergeTicket)
	rest.On(d.api, created(d.op(http.MethodPost, "/tickets/{id}/split", "split-ticket", tag, "Make a ticket of some of its messages")), d.splitTicket)
	rest.On(d.api, d.op(http.MethodPost, "/tickets/{id}/snooze", "snooze-ticket", tag, "Take it out of the lists until a time, or until the customer answers"), d.snoozeTicket)
	rest.On(d.api, d.op(http.MethodDelete, "/tickets/{id}/snooze", "wake-ticket", tag, "Bring it back into the lists"), d.wakeTicket)
	rest.On(d.api, d.op(http.MethodGet, "/tickets/{id}/children", "list-ticket-children", tag, "The tickets below it"), d.listChildren)
	rest.On(d.api, d.op(http.MethodGet, "/tickets/{id}/followers", "list-ticket-followers", tag, "The agents who follow it"), d.listFollowers)
	rest.On(d.api, d.op(http.MethodPost, "/tickets/{id}/followers/{agent_id}", "follow-ticket", tag, "Make an agent follow it"), d.followTicket)
	rest.On(d.api, d.op(http.MethodDelete, "/tickets/{id}/followers/{agent_id}", "unfollow-ticket", tag, "End that"), d.unfollowTicket)
	rest.On(d.api, d.op(http.MethodGet, "/ticket-fields", "list-ticket-fields", tag, "What is asked of tickets besides, in its order"), d.listFields)
	rest.On(d.api, d.op(http.MethodGet, "/ticket-views", "list-ticket-views", tag, "The views that the agent keeps, and those that are shared"), d.listViews)
	rest.On(d.api, d.op(http.MethodGet, "/ticket-statuses", "list-ticket-statuses", tag, "The statuses that the company named"), d.listStatuses)
}

func (d *Door) mergeTicket(ctx context.Context, by desk.Actor, in *struct {
	rest.ByID
	Body struct {
		Into string `json:"into" maxLength:"20" doc:"The other ticket's number"`
	}
}) (*rest.One[wire.Ticket], error) {
	from, err := desk.ParseID[desk.TicketID](in.ID)
	if err != nil {
		return nil, err
	}
	into, err := id[desk.TicketID]("body.into", in.Body.Into)
	if err != nil {
		return nil, err
	}
	return d.oneTicket(ctx, by)(d.desk.MergeTicket(ctx, by, from, into))
}

// onTicket runs a change of the ticket of the path.
func (d *Door) onTicket(ctx context.Context, by desk.Actor, number string, change func(desk.TicketID) (*desk.Conversation, error)) (*rest.One[wire.Ticket], error) {
	id, err := desk.ParseID[desk.TicketID](number)
	if err != nil {
		return nil, err
	}
	return d.oneTicket(ctx, by)(change(id))
}

func (d *Door) unmergeTicket(ctx context.Context, by desk.Actor, in *rest.ByID) (*rest.One[wire.Ticket], error) {
	return d.onTicket(ctx, by, in.ID, func(id desk.TicketID) (*desk.Conversation, error) { return d.desk.UnmergeTicket(ctx, by, id) })
}

func (d *Door) splitTicket(ctx context.Context, by desk.Actor, in *struct {
	rest.ByID
	Body struct {
		Subject    string   `json:"subject" maxLength:"998"`
		MessageIDs []string `json:"message_ids" minItems:"1" maxItems:"200"`
	}
}) (*rest.One[wire.Ticket], error) {
	var messages []desk.MessageID
	for _, s := range in.Body.MessageIDs {
		m, err := id[desk.MessageID]("body.message_ids", s)
		if err != nil {
			return nil, err
		}
		messages = append(messages, m)
	}
	return d.onTicket(ctx, by, in.ID, func(id desk.TicketID) (*desk.Conversation, error) {
		return d.desk.SplitTicket(ctx, by, id, in.Body.Subject, messages)
	})
}

func (d *Door) snoozeTicket(ctx context.Context, by desk.Actor, in *struct {
	rest.ByID
	Body struct {
		Until time.Time `json:"until,omitempty" doc:"Left out: until the customer answers"`
	}
}) (*rest.One[wire.Ticket], error) {
	return d.onTicket(ctx, by, in.ID, func(id desk.TicketID) (*desk.Conversation, error) {
		return d.desk.SnoozeTicket(ctx, by, id, in.Body.Until)
	})
}

func (d *Door) wakeTicket(ctx context.Context, by desk.Actor, in *rest.ByID) (*rest.One[wire.Ticket], error) {
	return d.onTicket(ctx, by, in.ID, func(id desk.TicketID) (*desk.Conversation, error) { return d.desk.WakeTicket(ctx, by, id) })
}

func (d *Door) listChildren(ctx context.Context, by desk.Actor, in *partsOf) (*rest.List[wire.Ticket], error) {
	number, err := desk.ParseID[desk.TicketID](in.ID)
	if err != nil {
		return nil, err
	}
	list, err := d.desk.Children(ctx, by, number)
	if err != nil {
		return nil, err
	}
	return d.ticketList(ctx, by)(cut(list, in.Page))
}

func (d *Door) listFollowers(ctx context.Context, by desk.Actor, in *partsOf) (*rest.List[wire.Person], error) {
	c, err := d.ticket(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	list, err := d.desk.Followers(ctx, by, c.ID)
	return short(list, err, in.Page, func(a *desk.Agent) wire.Person {
		return wire.Person{ID: a.ID.String(), Name: a.Name, Email: a.Email}
	})
}

type followerOf struct {
	rest.ByID
	AgentID string `path:"agent_id" maxLength:"20"`
}

func (d *Door) followTicket(ctx context.Context, by desk.Actor, in *followerOf) (*rest.One[wire.Ticket], error) {
	agent, err := desk.ParseID[desk.AgentID](in.AgentID)
	if err != nil {
		return nil, err
	}
	return d.onTicket(ctx, by, in.ID, func(id desk.TicketID) (*desk.Conversation, error) { return d.desk.FollowTicket(ctx, by, id, agent) })
}

func (d *Door) unfollowTicket(ctx context.Context, by desk.Actor, in *followerOf) (*rest.One[wire.Ticket], error) {
	agent, err := desk.ParseID[desk.AgentID](in.AgentID)
	if err != nil {
		return nil, err
	}
	return d.onTicket(ctx, by, in.ID, func(id desk.TicketID) (*desk.Conversation, error) { return d.desk.UnfollowTicket(ctx, by, id, agent) })
}

// NamedStatus is a status that the company named.
type NamedStatus struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Status   string `json:"status" enum:"open,pending,resolved,closed" doc:"As which it counts"`
	Position int    `json:"position"`
}

func (d *Door) listStatuses(ctx context.Context, by desk.Actor, in *struct{ rest.Page }) (*rest.List[NamedStatus], error) {
	list, err := d.desk.NamedStatuses(ctx, by)
	return short(list, err, in.Page, namedStatus)
}

func namedStatus(s desk.NamedStatus) NamedStatus {
	return NamedStatus{s.ID.String(), s.Name, s.Kind, s.Position}
}

// Field is something asked of tickets.
type Field struct {
	ID       string   `json:"id" doc:"As in a ticket's fields"`
	Name     string   `json:"name"`
	Kind     string   `json:"kind" enum:"text,long,number,date,choice,choices,tree,phone,mail,file"`
	Options  []string `json:"options" nullable:"false" doc:"What may be chosen; of a tree the paths, with \" / \" between the levels; of a file the endings that are taken"`
	MaxMB    int      `json:"max_mb" doc:"Of a file; 0: as large as any file"`
	Required bool     `json:"required"`
	Visible  bool     `json:"visible" doc:"In the form with which agents open a ticket"`
	Public   bool     `json:"public" doc:"Customers see it and fill it in"`
	Position int      `json:"position"`
}

func (d *Door) listFields(ctx context.Context, by desk.Actor, in *struct{ rest.Page }) (*rest.List[Field], error) {
	list, err := d.desk.FormFields(ctx, by)
	return short(list, err, in.Page, formField)
}

func formField(f *desk.FormField) Field {
	return Field{f.ID.String(), f.Name, f.Kind, append([]string{}, f.Options...), f.Most, f.Required, f.Visible, f.Public, f.Position}
}

// View is a list of tickets under filters that somebody keeps.
type View struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Query  string `json:"query" doc:"As in the address of the console's list"`
	Shared bool   `json:"shared"`
	Mine   bool   `json:"mine"`
}

func (d *Door) listViews(ctx context.Context, by desk.Actor, in *struct{ rest.Page }) (*rest.List[View], error) {
	list, err := d.desk.SavedViews(ctx, by)
	return short(list, err, in.Page, viewForm)
}

package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"deskbell/app/desk"
	"deskbell/app/rest"
	"deskbell/app/wire"
)

// Planned is an answer that has not gone out yet.
type Planned struct {
	ID             string      `json:"id"`
	ConversationID string      `json:"conversation_id"`
	Author         wire.Person `json:"author"`
	Text           string      `json:"text"`
	HTML           string      `json:"html"`
	Files          []wire.File `json:"files" nullable:"false"`
	Way            string      `json:"way" enum:"undo,schedule" doc:"undo: held for the seconds for which it can be taken back"`
	UnlessAnswered bool        `json:"unless_answered" doc:"It is stopped when the customer writes first"`
	State          string      `json:"state" enum:"due,stopped" doc:"stopped: its author is asked whether it is still to go out"`
	SendAt         time.Time   `json:"send_at"`
	CreatedAt      time.Time   `json:"created_at"`
}

// KeptDraft is what the token's agent is writing, as his devices share it.
type KeptDraft struct {
	Text       string      `json:"text"`
	HTML       string      `json:"html"`
	Visibility string      `json:"visibility" enum:"public,internal"`
	Files      []wire.File `json:"files" nullable:"false"`
	CC         []string    `json:"cc" nullable:"false"`
	QuotedID   string      `json:"quoted_id"`
	Version    int64       `json:"version" doc:"Grows with every change; 0: he writes nothing"`
	UpdatedAt  *time.Time  `json:"updated_at"`
}

// later is what an agent has written that has not gone out: answers for another time, and drafts. Tickets have them by their number.
func (d *Door) later() {
	const tag = "planned"
	for _, of := range []struct {
		name string
		find finder
	}{{"conversation", d.byID}, {"ticket", d.ticket}} {
		at, name, find := "/"+of.name+"s/{id}", of.name, of.find
		rest.On(d.api, d.op(http.MethodGet, at+"/planned", "list-"+name+"-planned", tag, "Answers that are to go out later, the next first, and those that were stopped"), d.listPlanned(find))
		rest.On(d.api, created(d.op(http.MethodPost, at+"/planned", "plan-"+name+"-message", tag, "Plan an answer for a time")), d.plan(find))
		rest.On(d.api, d.op(http.MethodGet, at+"/draft", "get-"+name+"-draft", "drafts", "What the agent is writing there; of version 0 when it is nothing"), d.getDraft(find))
		rest.On(d.api, d.op(http.MethodPatch, at+"/draft", "keep-"+name+"-draft", "drafts", "Keep what he is writing, for his other devices too; the last one to write wins"), d.keepDraft(find))
		rest.On(d.api, d.op(http.MethodDelete, at+"/draft", "delete-"+name+"-draft", "drafts", "Keep it no longer"), d.dropDraft(find))
	}
	rest.On(d.api, d.op(http.MethodPost, "/planned/{id}/send", "send-planned", tag, "Send it now; only its author does"), d.sendPlanned)
	rest.On(d.api, d.op(http.MethodDelete, "/planned/{id}", "withdraw-planned", tag, "Take it back; its words are its author's draft again, unless they are to be dropped"), d.withdraw)
}

// finder finds a conversation by what the path names.
type finder = func(context.Context, desk.Actor, string) (*desk.Conversation, error)

func (d *Door) byID(ctx context.Context, by desk.Actor, text string) (*desk.Conversation, error) {
	id, err := desk.ParseID[desk.ConversationID](text)
	if err != nil {
		return nil, err
	}
	return d.desk.Conversation(ctx, by, id)
}

func (d *Door) listPlanned(find finder) func(context.Context, desk.Actor, *partsOf) (*rest.List[Planned], error) {
	return func(ctx context.Context, by desk.Actor, in *partsOf) (*rest.List[Planned], error) {
		c, err := find(ctx, by, in.ID)
		if err != nil {
			return nil, err
		}
		list, err := d.desk.PlannedReplies(ctx, by, c.ID)
		return short(list, err, in.Page, planned)
	}
}

func planned(p *desk.Planned) Planned {
	return Planned{ID: p.ID.String(), ConversationID: p.ConversationID.String(), Author: wire.Person{ID: p.AgentID.String(), Name: p.AgentName}, Text: p.Draft.Text, HTML: shown(p.Draft.HTML),
		Files: fileForms(p.Files), Way: p.Way, UnlessAnswered: p.UnlessAnswered, State: p.State, SendAt: p.DueAt, CreatedAt: p.CreatedAt}
}

func fileForms(files []desk.File) []wire.File {
	list := make([]wire.File, len(files))
	for i := range files {
		list[i] = wire.Agent.File(&files[i])
	}
	return list
}

type planFor struct {
	rest.ByID
	Body struct {
		Draft
		SendAt         time.Time `json:"send_at" doc:"Within a year"`
		UnlessAnswered bool      `json:"unless_answered,omitempty" doc:"Not when the customer writes first"`
	}
}

func (d *Door) plan(find finder) func(context.Context, desk.Actor, *planFor) (*rest.One[Planned], error) {
	return func(ctx context.Context, by desk.Actor, in *planFor) (*rest.One[Planned], error) {
		c, err := find(ctx, by, in.ID)
		if err != nil {
			return nil, err
		}
		draft, err := in.Body.Draft.read(ctx)
		if err != nil {
			return nil, err
		}
		m, p, err := d.desk.Submit(ctx, by, c.ID, draft, desk.When{At: in.Body.SendAt, UnlessAnswered: in.Body.UnlessAnswered})
		if err == nil && m != nil { // planned before under the same client id, and gone out since
			err = desk.Conflict("error.planned_gone")
		}
		if err != nil {
			return nil, err
		}
		list, err := d.desk.PlannedReplies(ctx, by, c.ID)
		for _, one := range list {
			if one.ID == p.ID {
				p = one
			}
		}
		return &rest.One[Planned]{Body: planned(p)}, err
	}
}

func (d *Door) sendPlanned(ctx context.Context, by desk.Actor, in *rest.ByID) (*nothing, error) {
	id, err := desk.ParseID[desk.PlannedID](in.ID)
	if err != nil {
		return nil, err
	}
	_, err = d.desk.SendPlanned(ctx, by, id)
	return nil, notPlanned(err)
}

func (d *Door) withdraw(ctx context.Context, by desk.Actor, in *struct {
	rest.ByID
	Drop bool `query:"drop" doc:"Do not make a draft of it again"`
}) (*nothing, error) {
	id, err := desk.ParseID[desk.PlannedID](in.ID)
	if err != nil {
		return nil, err
	}
	p, err := d.desk.Withdraw(ctx, by, id, in.Drop)
	if err != nil || in.Drop {
		return nil, notPlanned(err)
	}
	return nil, d.News.Drafted(desk.Actor{Kind: desk.ByAgent, ID: int64(p.AgentID)}, p.ConversationID, 0, "")
}

// notPlanned: what has gone out, or was taken back, is not there to be planned any more.
func notPlanned(err error) error {
	var e *desk.Error
	if errors.As(err, &e) && e.Key == "error.planned_gone" {
		return desk.NotFound
	}
	return err
}

func (d *Door) getDraft(find finder) func(context.Context, desk.Actor, *rest.ByID) (*rest.One[KeptDraft], error) {
	return func(ctx context.Context, by desk.Actor, in *rest.ByID) (*rest.One[KeptDraft], error) {
		c, err := find(ctx, by, in.ID)
		if err != nil {
			return nil, err
		}
		return d.drafted(ctx, by, c.ID)
	}
}

func (d *Door) drafted(ctx context.Context, by desk.Actor, id desk.ConversationID) (*rest.One[KeptDraft], error) {
	k, err := d.desk.Drafted(ctx, by, id)
	if err != nil {
		return nil, err
	}
	w := KeptDraft{Text: k.Text, HTML: shown(k.HTML), Visibility: "public", Files: fileForms(k.Files), CC: append([]string{}, k.CC...), Version: k.Version}
	if k.Internal {
		w.Visibility = "internal"
	}
	if k.QuotedID != 0 {
		w.QuotedID = k.QuotedID.String()
	}
	if k.Version != 0 {
		w.UpdatedAt = &k.UpdatedAt
	}
	return &rest.One[KeptDraft]{Body: w}, nil
}

func (d *Door) keepDraft(find finder) func(context.Context, desk.Actor, *draftFor) (*rest.One[KeptDraft], error) {
	return func(ctx context.Context, by desk.Actor, in *draftFor) (*rest.One[KeptDraft], error) {
		c, err := find(ctx, by, in.ID)
		if err != nil {
			return nil, err
		}
		draft, err := in.Body.read(ctx)
		if err != nil {
			return nil, err
		}
		if err := d.kept(ctx, by, c.ID, draft); err != nil {
			return nil, err
		}
		return d.drafted(ctx, by, c.ID)
	}
}

func (d *Door) dropDraft(find finder) func(context.Context, desk.Actor, *rest.ByID) (*nothing, error) {
	return func(ctx context.Context, by desk.Actor, in *rest.ByID) (*nothing, error) {
		c, err := find(ctx, by, in.ID)
		if err != nil {
			return nil, err
		}
		return nil, d.kept(ctx, by, c.ID, desk.Draft{})
	}
}

// kept keeps a draft and tells the agent's pages that show it.
func (d *Door) kept(ctx context.Context, by desk.Actor, id desk.ConversationID, draft desk.Draft) error {
	version, err := d.desk.KeepDraft(ctx, by, id, draft)
	if err != nil {
		return err
	}
	return d.News.Drafted(by, id, version, "")
}

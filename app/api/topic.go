package api

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"deskbell/app/desk"
	"deskbell/app/rest"
)

// Topic is what tickets are about: one of a tree.
type Topic struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	ParentID string `json:"parent_id" doc:"Empty on the first level"`
	Depth    int    `json:"depth" doc:"1 on the first level, 10 at most"`
	Path     string `json:"path" doc:"The names from the first level down"`
}

func (d *Door) topics() {
	const tag = "topics"
	rest.On(d.api, d.op(http.MethodGet, "/topics", "list-topics", tag, "The tree, each topic followed by those below it"), d.listTopics)
	rest.On(d.api, created(d.op(http.MethodPost, "/topics", "create-topic", tag, "Add a topic")), d.createTopic)
	rest.On(d.api, d.op(http.MethodPatch, "/topics/{id}", "change-topic", tag, "Rename a topic, or move it with all below it; what is left out stays"), alone(d, d.changeTopic))
	rest.On(d.api, d.op(http.MethodPost, "/topics/import", "import-topics", tag, "Add a tree from text; those that are there already stay"), d.importTopics)
	rest.On(d.api, d.op(http.MethodDelete, "/topics/{id}", "delete-topic", tag, "Take a topic out of use; tickets that have it keep it"), remove(d.desk.DeleteTopic))
}

func (d *Door) listTopics(ctx context.Context, by desk.Actor, in *struct{ rest.Page }) (*rest.List[Topic], error) {
	all, err := d.desk.Topics(ctx, by)
	return short(all, err, in.Page, formTopic)
}

func (d *Door) createTopic(ctx context.Context, by desk.Actor, in *struct {
	Body struct {
		Name     string `json:"name" maxLength:"80"`
		ParentID string `json:"parent_id,omitempty" maxLength:"20" doc:"Left out: on the first level"`
	}
}) (*rest.One[Topic], error) {
	parent, err := id[desk.TopicID]("body.parent_id", in.Body.ParentID)
	if err != nil {
		return nil, err
	}
	made, err := d.desk.SaveTopic(ctx, by, desk.Topic{Name: in.Body.Name, ParentID: parent})
	if err != nil {
		return nil, err
	}
	return d.oneTopic(ctx, by, made.ID)
}

func (d *Door) oneTopic(ctx context.Context, by desk.Actor, id desk.TopicID) (*rest.One[Topic], error) {
	all, err := d.desk.Topics(ctx, by)
	if err != nil {
		return nil, err
	}
	for _, t := range all {
		if t.ID == id {
			return &rest.One[Topic]{Body: formTopic(t)}, nil
		}
	}
	return nil, desk.NotFound
}

func (d *Door) changeTopic(ctx context.Context, by desk.Actor, in *struct {
	rest.ByID
	Body struct {
		Name     *string   `json:"name,omitempty" maxLength:"80"`
		ParentID clearable `json:"parent_id,omitempty" doc:"null: on the first level"`
		Before   clearable `json:"before_id,omitempty" doc:"The sibling that is to come after it; null: it is to be the last"`
	}
}) (*rest.One[Topic], error) {
	name := in.Body.Name
	topic, err := desk.ParseID[desk.TopicID](in.ID)
	if err != nil {
		return nil, err
	}
	var parent, before *desk.TopicID
	if err := errors.Join(keep(&parent)(read[desk.TopicID]("body.parent_id", in.Body.ParentID)), keep(&before)(read[desk.TopicID]("body.before_id", in.Body.Before))); err != nil {
		return nil, err
	}
	all, err := d.desk.Topics(ctx, by)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(t *desk.Topic) bool { return t.ID == topic })
	if i < 0 {
		return nil, desk.NotFound
	}
	if parent == nil && before == nil {
		in := *all[i]
		set(&in.Name, name)
		if _, err := d.desk.SaveTopic(ctx, by, in); err != nil {
			return nil, err
		}
		return d.oneTopic(ctx, by, topic)
	}
	to := desk.TopicPlace{ParentID: all[i].ParentID}
	set(&to.ParentID, parent)
	set(&to.Before, before)
	set(&to.Name, name)
	if err := d.desk.MoveTopic(ctx, by, topic, to); err != nil {
		return nil, err
	}
	return d.oneTopic(ctx, by, topic)
}

func (d *Door) importTopics(ctx context.Context, by desk.Actor, in *struct {
	Body struct {
		Text string `json:"text" maxLength:"200000" doc:"A topic a line, two blanks or a tab before it for each level"`
	}
}) (*rest.One[Imported], error) {
	n, err := d.desk.ImportTopics(ctx, by, in.Body.Text)
	if err != nil {
		return nil, err
	}
	return &rest.One[Imported]{Body: Imported{n}}, nil
}

// Imported says how many were new.
type Imported struct {
	Added int `json:"added"`
}

func formTopic(t *desk.Topic) Topic {
	w := Topic{ID: t.ID.String(), Name: t.Name, Depth: t.Depth, Path: t.Path}
	if t.ParentID != 0 {
		w.ParentID = t.ParentID.String()
	}
	return w
}

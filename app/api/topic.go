package api

import (
	"context"
	"net/http"

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
	rest.On(d.api, d.op(http.MethodDelete, "/topics/{id}", "delete-topic", tag, "Take a topic out of use; tickets that have it keep it"), d.deleteTopic)
}

func (d *Door) listTopics(ctx context.Context, by desk.Actor, in *struct{ rest.Page }) (*rest.List[Topic], error) {
	all, err := d.desk.Topics(ctx, by)
	if err != nil {
		return nil, err
	}
	some, next, err := cut(all, in.Page)
	return rest.ListOf(some, next, formTopic), err
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
	all, err := d.desk.Topics(ctx, by)
	for _, t := range all {
		if t.ID == made.ID {
			return &rest.One[Topic]{Body: formTopic(t)}, nil
		}
	}
	return nil, err
}

func (d *Door) deleteTopic(ctx context.Context, by desk.Actor, in *rest.ByID) (*nothing, error) {
	id, err := desk.ParseID[desk.TopicID](in.ID)
	if err != nil {
		return nil, err
	}
	return nil, d.desk.DeleteTopic(ctx, by, id)
}

func formTopic(t *desk.Topic) Topic {
	w := Topic{ID: t.ID.String(), Name: t.Name, Depth: t.Depth, Path: t.Path}
	if t.ParentID != 0 {
		w.ParentID = t.ParentID.String()
	}
	return w
}

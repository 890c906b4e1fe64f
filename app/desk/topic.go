package desk

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// TopicID is the id of a topic.
type TopicID int64

func (id TopicID) String() string { return strconv.FormatInt(int64(id), 10) }

// Topic is what tickets are about: a tree.
type Topic struct {
	ID       TopicID
	ParentID TopicID // 0: on the first level
	Name     string

	Depth int    // 1 on the first level
	Path  string // the names from the first level down: "Orders / Delivery / Late"
	First bool   // the first of its siblings

	height int // levels below it
}

// How large the tree may be.
const (
	TopicLevels = 10
	TopicRoots  = 30
	TopicsMax   = 1000
)

// Topics lists the tree, each topic followed by those below it.
func (d *Desk) Topics(ctx context.Context, by Actor) ([]*Topic, error) {
	if err := by.Can(Serve); err != nil {
		return nil, err
	}
	return topics(ctx, d.read())
}

func topics(ctx context.Context, r reader) ([]*Topic, error) {
	rows, err := r.QueryContext(ctx, "select id, coalesce(parent_id, 0), name from topics where deleted_at is null order by position, id")
	all, err := collect(rows, err, func(row scanner) (*Topic, error) {
		var t Topic
		return &t, row.Scan(&t.ID, &t.ParentID, &t.Name)
	})
	if err != nil {
		return nil, err
	}
	below := map[TopicID][]*Topic{}
	for _, t := range all {
		below[t.ParentID] = append(below[t.ParentID], t)
	}
	list := make([]*Topic, 0, len(all))
	var walk func(parent TopicID, depth int, path string) int
	walk = func(parent TopicID, depth int, path string) (height int) {
		for i, t := range below[parent] {
			t.Depth, t.Path, t.First = depth, path+t.Name, i == 0
			list = append(list, t)
			t.height = walk(t.ID, depth+1, t.Path+" / ")
			height = max(height, t.height+1)
		}
		return height
	}
	walk(0, 1, "")
	return list, nil
}

// under lists a topic and all below it, as JSON for a condition.
func under(list []*Topic, id TopicID) []TopicID {
	found := []TopicID{id}
	for at, t := range list {
		if t.ID != id {
			continue
		}
		for _, c := range list[at+1:] {
			if c.Depth <= t.Depth {
				break
			}
			found = append(found, c.ID)
		}
	}
	return found
}

// SaveTopic makes a topic (without an id) or changes its name and its place in the tree.
func (d *Desk) SaveTopic(ctx context.Context, by Actor, in Topic) (*Topic, error) {
	if err := by.Can(ManageTickets); err != nil {
		return nil, err
	}
	err := d.Write(ctx, by, func(tx *Tx) error { return tx.saveTopic(ctx, &in) })
	return &in, err
}

func (tx *Tx) saveTopic(ctx context.Context, in *Topic) error {
	list, err := topics(ctx, tx)
	if err != nil {
		return err
	}
	if err := checkTopic(list, in); err != nil {
		return err
	}
	was := tx.before("topics", in.ID)
	if in.ID == 0 {
		res, err := tx.Exec("insert into topics(parent_id, name, position, created_at) values (?1, ?2, (select coalesce(max(position), 0) + 1 from topics where parent_id is ?1), ?3)", nullID(in.ParentID), in.Name, ms(tx.now))
		if err != nil {
			return err
		}
		id, err := res.LastInsertId()
		if err != nil {
			return err
		}
		in.ID = TopicID(id)
	} else if _, err := tx.Exec("update topics set name = ?, parent_id = ? where id = ?", in.Name, nullID(in.ParentID), in.ID); err != nil {
		return err
	}
	return tx.recordChange(TopicChanged, int64(in.ID), nil, was)
}

func checkTopic(list []*Topic, in *Topic) error {
	var c check
	if in.Name = strings.Join(strings.Fields(in.Name), " "); in.Name == "" {
		c.fault("name", "fault.name_missing")
	}
	if utf8.RuneCountInString(in.Name) > 80 {
		c.fault("name", "fault.too_long", 80)
	}
	var was, parent *Topic
	roots := 0
	for _, t := range list {
		switch {
		case t.ID == in.ID:
			was = t
		case t.ParentID == in.ParentID && strings.EqualFold(t.Name, in.Name):
			c.fault("name", "fault.name_taken")
		}
		if t.ID == in.ParentID {
			parent = t
		}
		if t.ParentID == 0 && t.ID != in.ID {
			roots++
		}
	}
	if in.ID != 0 && was == nil {
		return NotFound
	}
	depth, height := 1, 0
	if was != nil {
		height = was.height
	}
	if parent != nil {
		depth = parent.Depth + 1
	}
	switch {
	case in.ParentID != 0 && parent == nil:
		c.fault("parent_id", "fault.topic_unknown")
	case was != nil && slices.Contains(under(list, was.ID), in.ParentID):
		c.fault("parent_id", "fault.topic_in_itself")
	case depth+height > TopicLevels:
		c.fault("parent_id", "fault.topic_too_deep", TopicLevels)
	case in.ParentID == 0 && roots >= TopicRoots:
		c.fault("parent_id", "fault.too_many_first_topics", TopicRoots)
	case was == nil && len(list) >= TopicsMax:
		c.fault("name", "fault.too_many_topics", TopicsMax)
	}
	return c.err()
}

// DeleteTopic takes a topic that has none below it out of use. Tickets that have it keep it.
func (d *Desk) DeleteTopic(ctx context.Context, by Actor, id TopicID) error {
	return d.onTopic(ctx, by, id, func(tx *Tx, list []*Topic, t *Topic) error {
		if t.height > 0 {
			return Conflict("error.topic_has_more")
		}
		_, err := tx.Exec("update topics set deleted_at = ? where id = ?", ms(tx.now), id)
		return err
	})
}

func (d *Desk) onTopic(ctx context.Context, by Actor, id TopicID, step func(*Tx, []*Topic, *Topic) error) error {
	if err := by.Can(ManageTickets); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		list, err := topics(ctx, tx)
		if err != nil {
			return err
		}
		for _, t := range list {
			if t.ID == id {
				if err := step(tx, list, t); err != nil {
					return err
				}
				return tx.Record(TopicChanged, 0, int64(id), nil)
			}
		}
		return NotFound
	})
}

// ImportTopics adds a tree from text: a topic a line, two blanks or a tab of indent for each level. Those that are there already are left.
func (d *Desk) ImportTopics(ctx context.Context, by Actor, text string) (added int, err error) {
	if err := by.Can(ManageTickets); err != nil {
		return 0, err
	}
	err = d.Write(ctx, by, func(tx *Tx) error {
		added = 0
		above := []TopicID{0}
		for n, line := range strings.Split(strings.ReplaceAll(text, "\t", "  "), "\n") {
			name := strings.TrimSpace(line)
			if name == "" {
				continue
			}
			depth := (len(line) - len(strings.TrimLeft(line, " "))) / 2
			if depth >= len(above) {
				return Invalid("text", "fault.topic_indent", n+1)
			}
			above = above[:depth+1]
			t := Topic{ParentID: above[depth], Name: name}
			err := tx.QueryRow("select id from topics where parent_id is ? and name = ? collate nocase and deleted_at is null", nullID(t.ParentID), name).Scan(&t.ID)
			if err == sql.ErrNoRows {
				added++
				err = tx.saveTopic(ctx, &t)
			}
			if err != nil {
				return err
			}
			above = append(above, t.ID)
		}
		return nil
	})
	return added, err
}

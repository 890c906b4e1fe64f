package desk

import (
	"context"
	"slices"
)

// TopicMoves are the steps by which a topic moves in its tree: before the sibling in front of it, behind the one after it, below the one
// in front of it, and out behind the topic that it stands below.
var TopicMoves = []string{"up", "down", "in", "out"}

// TopicPlace is where a topic is to stand: a step away, or at a place.
type TopicPlace struct {
	Step     string  // one of TopicMoves; empty: at the place that the others name
	ParentID TopicID // below which it is to stand; 0: on the first level
	Before   TopicID // the sibling that is to come after it; 0: none
	Name     string  // that it is to have there; empty: its own
}

// MoveTopic puts a topic, with all below it, at another place of the tree. A step that leads nowhere changes nothing.
func (d *Desk) MoveTopic(ctx context.Context, by Actor, id TopicID, to TopicPlace) error {
	return d.onTopic(ctx, by, id, func(tx *Tx, list []*Topic, t *Topic) error {
		if to.Step != "" && !to.step(list, t) {
			return nil
		}
		now := *t
		now.ParentID = to.ParentID
		if to.Name != "" {
			now.Name = to.Name
		}
		if err := checkTopic(list, &now); err != nil {
			return err
		}
		order := below(list, to.ParentID)
		order = slices.DeleteFunc(order, func(s TopicID) bool { return s == t.ID })
		at := len(order)
		if to.Before != 0 {
			if at = slices.Index(order, to.Before); at < 0 {
				return Invalid("before", "fault.topic_unknown")
			}
		}
		if _, err := tx.Exec("update topics set parent_id = ?, name = ? where id = ?", nullID(to.ParentID), now.Name, t.ID); err != nil {
			return err
		}
		_, err := tx.Exec("update topics set position = (select key + 1 from json_each(?1) where value = topics.id) where id in (select value from json_each(?1))", jsonList(slices.Insert(order, at, t.ID)))
		return err
	})
}

// step turns a step into a place; false: it leads nowhere.
func (to *TopicPlace) step(list []*Topic, t *Topic) bool {
	siblings := below(list, t.ParentID)
	at := slices.Index(siblings, t.ID)
	after := func(all []TopicID, i int) TopicID { // what stands behind the i-th
		if i+1 < len(all) {
			return all[i+1]
		}
		return 0
	}
	to.ParentID, to.Before = t.ParentID, 0
	switch to.Step {
	case "up":
		if at == 0 {
			return false
		}
		to.Before = siblings[at-1]
	case "down":
		if at == len(siblings)-1 {
			return false
		}
		to.Before = after(siblings, at+1)
	case "in":
		if at == 0 {
			return false
		}
		to.ParentID = siblings[at-1]
	case "out":
		i := slices.IndexFunc(list, func(p *Topic) bool { return p.ID == t.ParentID })
		if i < 0 {
			return false
		}
		aunts := below(list, list[i].ParentID)
		to.ParentID, to.Before = list[i].ParentID, after(aunts, slices.Index(aunts, t.ParentID))
	default:
		return false
	}
	return true
}

// below lists the topics that stand right below one, in their order.
func below(list []*Topic, parent TopicID) (ids []TopicID) {
	for _, t := range list {
		if t.ParentID == parent {
			ids = append(ids, t.ID)
		}
	}
	return ids
}

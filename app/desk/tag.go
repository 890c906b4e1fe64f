package desk

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// Tag says what a conversation was about. Tags are a tree of up to TagLevels levels.
type Tag struct {
	ID       TagID
	ParentID TagID  // 0: at the top
	Name     string // up to 80 characters, once beneath its parent
	Level    int    // 1 at the top
	Path     string // the names from the top, "Orders / Delivery / Late"
	Deleted  bool   // it stands on conversations of before and cannot be chosen
}

// The limits of tags.
const (
	TagLevels = 10
	tagName   = 80
	tagsAll   = 2000
	tagsEach  = 50   // on one conversation
	remark    = 2000 // characters
)

// tagTree reads tags with their place; before each stands its parent.
const tagTree = `with recursive tree(id, parent_id, name, level, path, sort, deleted) as (
		select id, coalesce(parent_id, 0), name, 1, name, lower(name) || char(1), deleted_at is not null from tags where parent_id is null
		union all select t.id, t.parent_id, t.name, tree.level + 1, tree.path || ' / ' || t.name, tree.sort || lower(t.name) || char(1), t.deleted_at is not null from tags t join tree on t.parent_id = tree.id)
	select id, parent_id, name, level, path, deleted from tree `

func scanTag(row scanner) (*Tag, error) {
	var t Tag
	err := row.Scan(&t.ID, &t.ParentID, &t.Name, &t.Level, &t.Path, &t.Deleted)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	return &t, err
}

// Tags lists the tags that can be chosen, each after its parent.
func (d *Desk) Tags(ctx context.Context, by Actor) ([]*Tag, error) {
	if by.Kind == ByCustomer {
		return nil, NotFound
	}
	rows, err := d.read().QueryContext(ctx, tagTree+"where not deleted order by sort, id")
	return collect(rows, err, scanTag)
}

// Tag finds one that can be chosen.
func (d *Desk) Tag(ctx context.Context, by Actor, id TagID) (*Tag, error) {
	if by.Kind == ByCustomer {
		return nil, NotFound
	}
	return findTag(ctx, d.read(), id)
}

func findTag(ctx context.Context, r reader, id TagID) (*Tag, error) {
	return scanTag(r.QueryRowContext(ctx, tagTree+"where not deleted and id = ?", id))
}

// SaveTag makes a tag (id 0) beneath its parent, or gives one another name or, with all beneath it, another parent.
func (d *Desk) SaveTag(ctx context.Context, by Actor, in Tag) (*Tag, error) {
	if err := by.Can(ManageCompany); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	var t *Tag
	err := d.Write(ctx, by, func(tx *Tx) (err error) {
		was := tx.before("tags", in.ID)
		if err := tx.storeTag(ctx, &in); err != nil {
			return err
		}
		if err := tx.recordChange(TagChanged, int64(in.ID), nil, was); err != nil {
			return err
		}
		t, err = findTag(ctx, tx, in.ID)
		return err
	})
	return t, err
}

func (t *Tag) check() error {
	var c check
	if t.Name = oneLine(t.Name); t.Name == "" {
		c.fault("name", "fault.name_missing")
	}
	if utf8.RuneCountInString(t.Name) > tagName {
		c.fault("name", "fault.too_long", tagName)
	}
	return c.err()
}

func (tx *Tx) storeTag(ctx context.Context, in *Tag) error {
	if in.ID != 0 {
		if _, err := findTag(ctx, tx, in.ID); err != nil {
			return err
		}
	}
	if err := tx.mayStand(ctx, in); err != nil {
		return err
	}
	var taken bool
	if err := tx.QueryRow("select count(*) > 0 from tags where parent_id is ? and name = ? and id <> ? and deleted_at is null", nullID(in.ParentID), in.Name, in.ID).Scan(&taken); err != nil {
		return err
	}
	if taken {
		return Invalid("name", "fault.name_taken")
	}
	if in.ID != 0 {
		_, err := tx.Exec("update tags set name = ?, parent_id = ? where id = ?", in.Name, nullID(in.ParentID), in.ID)
		return err
	}
	var n int
	if err := tx.QueryRow("select count(*) from tags where deleted_at is null").Scan(&n); err != nil {
		return err
	}
	if n >= tagsAll {
		return Conflict("error.tags_full", tagsAll)
	}
	return tx.QueryRow("insert into tags(parent_id, name, created_at) values (?, ?, ?) returning id", nullID(in.ParentID), in.Name, ms(tx.now)).Scan(&in.ID)
}

// mayStand looks whether a tag, with all beneath it, fits where it is to stand: not beneath itself, and not too deep.
func (tx *Tx) mayStand(ctx context.Context, in *Tag) error {
	if in.ParentID == 0 {
		return nil
	}
	parent, err := findTag(ctx, tx, in.ParentID)
	if err != nil {
		return orElse(notMissing(err), Invalid("parent_id", "fault.tag_unknown"))
	}
	var height int // how many levels hang beneath it
	var itself bool
	if err := tx.QueryRow(`with recursive below(id, depth) as (values(?1, 0) union select t.id, below.depth + 1 from tags t join below on t.parent_id = below.id where t.deleted_at is null)
		select max(depth), coalesce(max(id = ?2), 0) from below`, in.ID, in.ParentID).Scan(&height, &itself); err != nil {
		return err
	}
	switch {
	case in.ID != 0 && itself:
		return Invalid("parent_id", "fault.tag_in_itself")
	case parent.Level+1+height > TagLevels:
		return Invalid("parent_id", "fault.tag_too_deep", TagLevels)
	}
	return nil
}

// DeleteTag takes a tag and all beneath it out of the tree. Conversations that have it keep it.
func (d *Desk) DeleteTag(ctx context.Context, by Actor, id TagID) error {
	if err := by.Can(ManageCompany); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		if _, err := findTag(ctx, tx, id); err != nil {
			return err
		}
		if _, err := tx.Exec(`with recursive below(id) as (values(?1) union select t.id from tags t join below on t.parent_id = below.id)
			update tags set deleted_at = ?2 where deleted_at is null and id in (select id from below)`, id, ms(tx.now)); err != nil {
			return err
		}
		return tx.Record(TagChanged, 0, int64(id), Facts{"deleted": true})
	})
}

// Summary is what agents noted of a conversation.
type Summary struct {
	Tags   []*Tag
	Remark string // up to 2000 characters; never for the customer
}

// Summary reads a conversation's tags and remark.
func (d *Desk) Summary(ctx context.Context, by Actor, id ConversationID) (*Summary, error) {
	if err := by.Can(Serve); err != nil {
		return nil, err
	}
	if _, err := d.Conversation(ctx, by, id); err != nil {
		return nil, err
	}
	var s Summary
	if err := d.read().QueryRowContext(ctx, "select remark from conversations where id = ?", id).Scan(&s.Remark); err != nil {
		return nil, err
	}
	rows, err := d.read().QueryContext(ctx, tagTree+"where id in (select tag_id from conversation_tags where conversation_id = ?) order by sort, id", id)
	s.Tags, err = collect(rows, err, scanTag)
	return &s, err
}

// Summarise gives a conversation, also a closed one, these tags and this remark. Tags that were deleted stay if they are
// among them.
func (d *Desk) Summarise(ctx context.Context, by Actor, id ConversationID, tags []TagID, text string) error {
	if err := by.Can(Serve); err != nil {
		return err
	}
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	var c check
	if utf8.RuneCountInString(text) > remark {
		c.fault("remark", "fault.too_long", remark)
	}
	if len(tags) > tagsEach {
		c.fault("tag_ids", "fault.too_many_tags", tagsEach)
	}
	if c.err() != nil {
		return c.err()
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		if _, err := tx.conversation(ctx, by, id); err != nil {
			return err
		}
		return tx.summary(id, jsonList(tags), text)
	})
}

func (tx *Tx) summary(id ConversationID, set, text string) error {
	var unknown bool
	if err := tx.QueryRow(`select count(*) > 0 from json_each(?1) where value not in (select id from tags where deleted_at is null
		union all select tag_id from conversation_tags where conversation_id = ?2)`, set, id).Scan(&unknown); err != nil {
		return err
	}
	if unknown {
		return Invalid("tag_ids", "fault.tag_unknown")
	}
	var changed int64
	for _, q := range []struct {
		sql  string
		args []any
	}{
		{"delete from conversation_tags where conversation_id = ?1 and tag_id not in (select value from json_each(?2))", []any{id, set}},
		{"insert into conversation_tags(conversation_id, tag_id) select ?1, value from json_each(?2) where true on conflict do nothing", []any{id, set}},
		{"update conversations set remark = ?2 where id = ?1 and remark <> ?2", []any{id, text}},
	} {
		res, err := tx.Exec(q.sql, q.args...)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		changed += n
	}
	if changed == 0 {
		return nil
	}
	return tx.Record(ConversationTagged, id, 0, Facts{"tags": json.RawMessage(set)})
}

// retag adds tags to a conversation and takes others off; the rest stay as they are.
func (tx *Tx) retag(ctx context.Context, id ConversationID, add, drop []TagID) error {
	if len(add) == 0 && len(drop) == 0 {
		return nil
	}
	var unknown bool
	if err := tx.QueryRowContext(ctx, "select count(*) > 0 from json_each(?) where value not in (select id from tags where deleted_at is null)", jsonList(add)).Scan(&unknown); err != nil {
		return err
	}
	if unknown {
		return Invalid("tag_ids", "fault.tag_unknown")
	}
	var changed int64
	for _, sql := range []string{
		"delete from conversation_tags where conversation_id = ?1 and tag_id in (select value from json_each(?3)) and tag_id not in (select value from json_each(?2))",
		"insert or ignore into conversation_tags(conversation_id, tag_id) select ?1, value from json_each(?2) where ?3 is not null",
	} {
		res, err := tx.Exec(sql, id, jsonList(add), jsonList(drop))
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		changed += n
	}
	if changed == 0 {
		return nil
	}
	var has int
	if err := tx.QueryRowContext(ctx, "select count(*) from conversation_tags where conversation_id = ?", id).Scan(&has); err != nil {
		return err
	}
	if has > tagsEach {
		return Invalid("tag_ids", "fault.too_many_tags", tagsEach)
	}
	return tx.Record(ConversationTagged, id, 0, Facts{"added": add, "removed": drop})
}

// tagged is an error while the company wants a tag that is not there. Without any tag to choose nothing is wanted.
func (tx *Tx) tagged(ctx context.Context, id ConversationID) error {
	h, err := readHandling(ctx, tx)
	if err != nil || !h.TagRequired {
		return err
	}
	var missing bool
	if err := tx.QueryRow("select not exists (select 1 from conversation_tags where conversation_id = ?) and exists (select 1 from tags where deleted_at is null)", id).Scan(&missing); err != nil {
		return err
	}
	if missing {
		return Conflict("error.tag_required")
	}
	return nil
}

package desk

import (
	"context"
	"errors"
	"strings"
)

// ImportTags adds tags by their paths from the top, a path a row, and answers how many were new: those that are there already stay
// as they are. All or none; a fault is of the field "file" and names the row, counted from 1.
func (d *Desk) ImportTags(ctx context.Context, by Actor, paths [][]string) (added int, err error) {
	if err := by.Can(ManageCompany); err != nil {
		return 0, err
	}
	err = d.Write(ctx, by, func(tx *Tx) error {
		added = 0
		for i, path := range paths {
			n, err := tx.importTag(ctx, path)
			if e := (*Error)(nil); errors.As(err, &e) && e.Kind == KindInvalid {
				return Invalid("file", "fault.tag_row", i+1, tagName, TagLevels)
			}
			if err != nil {
				return err
			}
			added += n
		}
		if added == 0 {
			return nil
		}
		return tx.Record(TagChanged, 0, 0, Facts{"imported": added})
	})
	return added, err
}

// importTag makes what is missing of one path. A name between two others may not be empty.
func (tx *Tx) importTag(ctx context.Context, path []string) (added int, err error) {
	for len(path) > 0 && strings.TrimSpace(path[len(path)-1]) == "" {
		path = path[:len(path)-1]
	}
	t := Tag{}
	for _, name := range path {
		t = Tag{ParentID: t.ID, Name: name}
		if err := t.check(); err != nil {
			return added, err
		}
		var there TagID
		if err := tx.QueryRow("select coalesce((select id from tags where parent_id is ? and name = ? and deleted_at is null), 0)", nullID(t.ParentID), t.Name).Scan(&there); err != nil {
			return added, err
		}
		if t.ID = there; there != 0 {
			continue
		}
		if err := tx.storeTag(ctx, &t); err != nil {
			return added, err
		}
		added++
	}
	return added, nil
}

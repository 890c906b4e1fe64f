package desk

import (
	"fmt"
	"math"
)

// cursor is the place in a list that is sorted by time and id, both downwards.
type cursor struct{ at, id int64 }

func (c cursor) String() string { return fmt.Sprintf("%d-%d", c.at, c.id) }

func parseCursor(s string) (cursor, error) {
	if s == "" {
		return cursor{math.MaxInt64, math.MaxInt64}, nil
	}
	var c cursor
	if _, err := fmt.Sscanf(s, "%d-%d", &c.at, &c.id); err != nil {
		return c, Invalid("cursor", "fault.cursor_wrong")
	}
	return c, nil
}

// page cuts the one row too many that was asked for and answers the cursor of the next page.
func page[T any](list []T, limit int, place func(T) cursor) ([]T, string, error) {
	if len(list) <= limit {
		return list, "", nil
	}
	list = list[:limit]
	return list, place(list[limit-1]).String(), nil
}

package rest

// Page is the part of a list's input that says which page.
type Page struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Items on the page"`
	Cursor string `query:"cursor" maxLength:"1200" doc:"next_cursor of the page before"`
}

// Items is one page of a list.
type Items[T any] struct {
	Items      []T     `json:"items" nullable:"false"`
	NextCursor *string `json:"next_cursor" doc:"Asks for the next page; null at the end"`
}

// List is Items as an answer.
type List[T any] struct{ Body Items[T] }

// ListOf makes an answer of what the desk found, each item in its form.
func ListOf[D, T any](found []D, next string, form func(D) T) *List[T] {
	l := &List[T]{Body: Items[T]{Items: make([]T, len(found))}}
	for i, d := range found {
		l.Body.Items[i] = form(d)
	}
	if next != "" {
		l.Body.NextCursor = &next
	}
	return l
}

// One is an answer of one item.
type One[T any] struct{ Body T }

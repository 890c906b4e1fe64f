package desk

import (
	"context"
	"encoding/json"
	"path"
	"slices"
	"strings"
)

// fieldFileMost is the largest limit of a file field, in megabytes.
const fieldFileMost = 1000

// checkFile takes the endings that a file field accepts as people write them: "pdf", ".PDF", "*.pdf".
func (f *FormField) checkFile(c *check) {
	endings := []string{}
	for _, line := range f.Options {
		for _, e := range strings.FieldsFunc(strings.ToLower(line), func(r rune) bool { return strings.ContainsRune(" ,;，；、\t", r) }) {
			e = "." + strings.TrimLeft(e, "*.")
			switch {
			case len(e) < 2 || len(e) > 12 || strings.ContainsAny(e, `/\*?"<>`):
				c.fault("options", "fault.ending_wrong", e)
			case slices.Contains(forbidden, e):
				c.fault("options", "fault.file_forbidden", e)
			case !slices.Contains(endings, e):
				endings = append(endings, e)
			}
		}
	}
	if f.Options = endings; len(endings) > 50 {
		c.fault("options", "fault.too_many_options", 50)
	}
	if f.Most < 0 || f.Most > fieldFileMost {
		c.fault("most", "fault.between", 0, fieldFileMost)
	}
}

// Accept is what a browser is to offer for a file field.
func (f *FormField) Accept() string { return strings.Join(f.Options, ",") }

// Endings are those that a file field takes, in words; empty: any.
func (f *FormField) Endings() string { return strings.Join(f.Options, ", ") }

// takeFile says what is wrong with the file that is to be put into a field: it has to be one that the actor uploaded and nobody has used yet.
func (tx *Tx) takeFile(ctx context.Context, f *FormField, id string) error {
	files, err := tx.claimFiles(ctx, tx.by, []string{id})
	switch {
	case IsInvalid(err):
		return Invalid(f.Input(), "fault.file_unknown")
	case err != nil:
		return err
	case len(f.Options) > 0 && !slices.Contains(f.Options, strings.ToLower(path.Ext(files[0].Name))):
		return Invalid(f.Input(), "fault.file_ending", f.Endings())
	case f.Most > 0 && files[0].Size > int64(f.Most)<<20:
		return Invalid(f.Input(), "fault.file_over", f.Most)
	}
	return nil
}

// holdFiles gives the files of a ticket's fields to it, and lets those go that were taken out: the sweep deletes them.
func (tx *Tx) holdFiles(ctx context.Context, c *Conversation) error {
	all, err := formFields(ctx, tx)
	if err != nil {
		return err
	}
	ids := []string{}
	for _, f := range all {
		if id := c.Ticket.Fields[f.ID]; f.Kind == "file" && id != "" {
			ids = append(ids, id)
		}
	}
	held, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	if _, err := tx.Exec("update files set conversation_id = ?1 where public_id in (select value from json_each(?2)) and message_id is null and conversation_id is null", c.ID, string(held)); err != nil {
		return err
	}
	// What a field held that is out of use stays, as all that such a field was filled with.
	values, err := json.Marshal(c.Ticket.Fields)
	if err != nil {
		return err
	}
	_, err = tx.Exec("update files set conversation_id = null where conversation_id = ?1 and message_id is null and public_id not in (select value from json_each(?2))", c.ID, string(values))
	return err
}

// withoutFiles are the values that another ticket can hold too: a file has one place.
func (tx *Tx) withoutFiles(ctx context.Context, have Filled) (Filled, error) {
	all, err := formFields(ctx, tx)
	if err != nil {
		return nil, err
	}
	kept := Filled{}
	for _, f := range all {
		if v, ok := have[f.ID]; ok && f.Kind != "file" {
			kept[f.ID] = v
		}
	}
	return kept, nil
}

// fieldFile is NotFound for a file of a ticket's field that the actor may not see: customers see what is in the fields for them.
func (d *Desk) fieldFile(ctx context.Context, by Actor, f *File) error {
	c, err := d.Conversation(ctx, by, f.ConversationID)
	if err != nil || by.Kind != ByCustomer {
		return err
	}
	all, err := formFields(ctx, d.read())
	if err != nil {
		return err
	}
	for _, field := range all {
		if field.Kind == "file" && field.Public && c.Ticket != nil && c.Ticket.Fields[field.ID] == f.ID {
			return nil
		}
	}
	return NotFound
}

package desk

import (
	"context"
	"encoding/base64"
)

const heldFilePlace = "held file"

// HoldFile makes words under which a form that anybody can send says that a file of his came with it before: a fault elsewhere in the
// form does not have it chosen again. Nobody can make them for another's file.
func (d *Desk) HoldFile(_ context.Context, _ Actor, id string) string {
	return base64.RawURLEncoding.EncodeToString(d.box.Seal([]byte(id), heldFilePlace))
}

// HeldFile finds the file of such words while nothing has taken it: one that the actor stored.
func (d *Desk) HeldFile(ctx context.Context, by Actor, words string) (*File, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(words)
	if err != nil || len(words) > 400 {
		return nil, NotFound
	}
	id, err := d.box.Unseal(sealed, heldFilePlace)
	if err != nil {
		return nil, NotFound
	}
	f, err := scanFile(d.read().QueryRowContext(ctx, "select "+fileColumns+" from files where public_id = ? and message_id is null and conversation_id is null and uploader_kind = ? and uploader_id = ?", string(id), by.Kind, by.ID))
	if err != nil {
		return nil, err
	}
	return &f, nil
}

package desk

import (
	"context"
	"encoding/json"
)

// copyMessages puts chosen messages of one conversation into another, in their order, as they were written and with their files. What was
// recalled, and lines that say what happened, stay behind.
func (tx *Tx) copyMessages(ctx context.Context, from ConversationID, to *Conversation, ids []MessageID) error {
	set, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	rows, err := tx.QueryContext(ctx, "select "+messageColumns+" from messages m where m.conversation_id = ? and m.id in (select value from json_each(?)) and m.recalled_at is null and m.kind <> 'event' order by m.seq", from, string(set))
	list, err := collect(rows, err, scanMessage)
	if err != nil {
		return err
	}
	for _, m := range list {
		was := m.ID
		m.ClientID, m.ExternalID = "", ""
		if err := tx.insertMessage(to, m); err != nil {
			return err
		}
		if err := tx.copyFiles(was, m); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) copyFiles(from MessageID, to *Message) error {
	rows, err := tx.Query("select public_id from files where message_id = ? order by id", from)
	ids, err := collect(rows, err, func(row scanner) (id string, err error) { return id, row.Scan(&id) })
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := tx.Exec(`insert into files(public_id, message_id, conversation_id, uploader_kind, uploader_id, name, size, content_type, content_id, sha256, thumb_sha256, width, height, created_at)
			select ?, ?, ?, uploader_kind, uploader_id, name, size, content_type, content_id, sha256, thumb_sha256, width, height, created_at from files where public_id = ?`, randomID(), to.ID, to.ConversationID, id); err != nil {
			return err
		}
	}
	return nil
}

package desk

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"deskbell/app/mail"
)

// KeptDraft is what an agent is writing in a conversation, as his devices share it.
type KeptDraft struct {
	Draft
	Version   int64  // grows with every change; 0: he writes nothing
	Files     []File // those of FileIDs that are still there
	Quote     *Quote // what it answers; nil: nothing
	UpdatedAt time.Time
}

// Drafted is what the acting agent is writing in a conversation that he may see: empty, of version 0, when it is nothing.
func (d *Desk) Drafted(ctx context.Context, by Actor, id ConversationID) (*KeptDraft, error) {
	c, err := d.Conversation(ctx, by, id)
	if err != nil {
		return nil, err
	}
	k, err := findDraft(ctx, d.read(), by.Agent(), id)
	if err != nil {
		return nil, err
	}
	if k.Quote, err = d.quoteIn(ctx, c, k.QuotedID); err != nil {
		return nil, err
	}
	k.Files, err = uploads(ctx, d.read(), by.Agent(), k.FileIDs)
	return k, err
}

// Begun tells in which of these conversations the acting agent has begun to write something.
func (d *Desk) Begun(ctx context.Context, by Actor, list []*Conversation) (map[ConversationID]bool, error) {
	ids := make([]ConversationID, len(list))
	for i, c := range list {
		ids[i] = c.ID
	}
	set, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	rows, err := d.read().QueryContext(ctx, "select conversation_id from json_each(?) j join drafts on conversation_id = j.value and agent_id = ?", string(set), by.Agent())
	found, err := collect(rows, err, func(row scanner) (id ConversationID, err error) { return id, row.Scan(&id) })
	begun := make(map[ConversationID]bool, len(found))
	for _, id := range found {
		begun[id] = true
	}
	return begun, err
}

func findDraft(ctx context.Context, r reader, agent AgentID, id ConversationID) (*KeptDraft, error) {
	var k KeptDraft
	var text string
	var updated int64
	err := r.QueryRowContext(ctx, "select draft, version, updated_at from drafts where conversation_id = ? and agent_id = ?", id, agent).Scan(&text, &k.Version, &updated)
	if errors.Is(err, sql.ErrNoRows) {
		return &k, nil
	}
	if err != nil {
		return nil, err
	}
	k.UpdatedAt = at(updated)
	return &k, json.Unmarshal([]byte(text), &k.Draft)
}

// KeepDraft keeps what the acting agent is writing in a conversation that he may see, for his other devices; the last one to write
// wins. Nothing written is nothing kept. It answers the draft's version. It leaves no event: nobody else is to know of it.
func (d *Desk) KeepDraft(ctx context.Context, by Actor, id ConversationID, draft Draft) (version int64, err error) {
	if err := by.Can(Serve); err != nil || by.Agent() == 0 {
		return 0, Forbidden
	}
	if utf8.RuneCountInString(draft.Text) > d.Limit.AgentText {
		return 0, Invalid("text", "fault.message_too_long", d.Limit.AgentText)
	}
	if len(draft.FileIDs) > 20 {
		return 0, Invalid("file_ids", "fault.too_many_files", 20)
	}
	draft.cleanHTML()
	if _, err := d.Conversation(ctx, by, id); err != nil {
		return 0, err
	}
	err = d.Write(ctx, by, func(tx *Tx) error {
		version, err = tx.keepDraft(ctx, by.Agent(), id, draft)
		return err
	})
	return version, err
}

func (tx *Tx) keepDraft(ctx context.Context, agent AgentID, id ConversationID, draft Draft) (version int64, err error) {
	if strings.TrimSpace(draft.Text) == "" && len(draft.FileIDs) == 0 {
		_, err := tx.Exec("delete from drafts where conversation_id = ? and agent_id = ?", id, agent)
		return 0, err
	}
	draft.ClientID = ""
	text, err := json.Marshal(draft)
	if err != nil {
		return 0, err
	}
	// A version is never given twice, also when a draft began anew.
	err = tx.QueryRowContext(ctx, `insert into drafts(conversation_id, agent_id, draft, version, updated_at) values (?1, ?2, ?3, ?4, ?4)
		on conflict do update set draft = excluded.draft, version = max(version + 1, excluded.version), updated_at = excluded.updated_at returning version`,
		id, agent, string(text), ms(tx.now)).Scan(&version)
	return version, err
}

// putBack makes a draft again of what was to go out, above what its writer has begun meanwhile.
func (tx *Tx) putBack(ctx context.Context, agent AgentID, id ConversationID, draft Draft) error {
	begun, err := findDraft(ctx, tx, agent, id)
	if err != nil {
		return err
	}
	if strings.TrimSpace(begun.Text) != "" && draft.HTML+begun.HTML != "" {
		draft.HTML = asHTML(draft) + asHTML(begun.Draft)
	}
	if strings.TrimSpace(begun.Text) != "" {
		draft.Text = strings.TrimSpace(draft.Text + "\n\n" + begun.Text)
	}
	draft.FileIDs = append(draft.FileIDs, begun.FileIDs...)
	_, err = tx.keepDraft(ctx, agent, id, draft)
	return err
}

func asHTML(d Draft) string {
	if d.HTML != "" {
		return d.HTML
	}
	return mail.HTMLFromText(d.Text)
}

// uploads finds an agent's files that no message has taken yet, in the order in which they are named.
func uploads(ctx context.Context, r reader, agent AgentID, ids []string) ([]File, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	set, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	rows, err := r.QueryContext(ctx, "select "+fileColumns+" from json_each(?) cross join files on public_id = value where message_id is null and conversation_id is null and uploader_kind = 'agent' and uploader_id = ? order by json_each.key", string(set), agent)
	return collect(rows, err, scanFile)
}

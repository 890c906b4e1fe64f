package desk

// greet says the team's greeting in the name of the first agent who serves a chat, once. It is no answer: the customer still waits.
func (tx *Tx) greet(c *Conversation, agent AgentID, name string) error {
	if c.Kind != "chat" || c.TeamID == 0 {
		return nil
	}
	var text string
	err := tx.QueryRow("select coalesce((select greeting from teams where id = ?), '')", c.TeamID).Scan(&text)
	if err != nil || text == "" {
		return err
	}
	var greeted bool
	if err := tx.QueryRow("select exists (select 1 from messages where conversation_id = ? and author_kind = 'agent' and visibility = 'public' and kind <> 'event')", c.ID).Scan(&greeted); err != nil || greeted {
		return err
	}
	m := &Message{Kind: "text", Visibility: "public", Direction: "out", AuthorKind: ByAgent, AuthorID: int64(agent), AuthorName: name, Text: text, Meta: Meta{Auto: true}}
	if err := tx.insertMessage(c, m); err != nil {
		return err
	}
	return tx.Record(MessageSent, c.ID, int64(m.ID), Facts{"seq": m.Seq, "auto": true})
}

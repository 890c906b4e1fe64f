package desk

import (
	"context"
	"regexp"
	"slices"
	"strings"
)

// greet says the greeting of the first agent who serves a chat, once: his own, or his team's, or the company's. It is no answer:
// the customer still waits.
func (tx *Tx) greet(c *Conversation, agent AgentID, name string) error {
	if c.Kind != "chat" {
		return nil
	}
	var text string
	if err := tx.QueryRow("select coalesce(nullif((select greeting from agents where id = ?), ''), (select greeting from teams where id = ?), '')", agent, c.TeamID).Scan(&text); err != nil {
		return err
	}
	if text == "" {
		h, err := readHandling(context.Background(), tx)
		if text = h.Greeting; err != nil || text == "" {
			return err
		}
	}
	var greeted bool
	if err := tx.QueryRow("select exists (select 1 from messages where conversation_id = ? and author_kind = 'agent' and visibility = 'public' and kind <> 'event')", c.ID).Scan(&greeted); err != nil || greeted {
		return err
	}
	return tx.speak(c, &Message{AuthorKind: ByAgent, AuthorID: int64(agent), AuthorName: name, Text: named(text, c.CustomerName, name)})
}

// bid says farewell before a chat ends, in the company's name: when an agent ends it, or the desk itself. Who leaves by himself is
// told nothing.
func (tx *Tx) bid(c *Conversation) error {
	if c.Kind != "chat" || tx.by.Kind != ByAgent && tx.by.Kind != BySystem {
		return nil
	}
	h, err := readHandling(context.Background(), tx)
	if err != nil {
		return err
	}
	text := h.Farewell
	if tx.by.Kind == BySystem {
		text = h.Timeout
	}
	return tx.announce(c, h, text)
}

// remindOffDuty tells a customer who begins a chat that it is off hours, when an admin wants that and nobody is free: no agent is
// online with room. The hours are those of the team in whose queue he waits.
func (tx *Tx) remindOffDuty(ctx context.Context, c *Conversation) error {
	h, err := readHandling(ctx, tx)
	if err != nil || h.OffDuty == "" || c.Kind != "chat" || c.AssigneeID != 0 {
		return err
	}
	var hours ScheduleID
	if err := tx.QueryRow("select coalesce((select schedule_id from teams where id = ?), 0)", c.TeamID).Scan(&hours); err != nil {
		return err
	}
	open, err := working(ctx, tx, tx.now)
	if err != nil || open[hours] {
		return err
	}
	agents, err := candidates(ctx, tx, c.ID, 0)
	if err != nil || slices.ContainsFunc(agents, func(a Candidate) bool { return a.Room() }) {
		return err
	}
	return tx.announce(c, h, h.OffDuty)
}

// announce says something to the customer in the company's name; empty: nothing.
func (tx *Tx) announce(c *Conversation, h Handling, text string) error {
	if text == "" {
		return nil
	}
	if h.Speaker == "" {
		var of Company
		if err := readSetting(context.Background(), tx, "company", &of); err != nil {
			return err
		}
		h.Speaker = of.Name
	}
	return tx.speak(c, &Message{AuthorKind: BySystem, AuthorName: h.Speaker, Text: named(text, c.CustomerName, tx.by.Name)})
}

var placeholder = regexp.MustCompile(`([ \t]*)\{\{\s*(customer|agent)\.name\s*\}\}([ \t]*[,，、]?[ \t]*)`)

// named fills in the names that canned responses have too. A name that nobody knows takes its blank along, and at the beginning of
// a line its comma: "Hi {{customer.name}}, this is Bo." becomes "Hi, this is Bo.", as in static/js/canned.js.
func named(text, customer, agent string) string {
	names := map[string]string{"customer": customer, "agent": agent}
	var b strings.Builder
	at := 0
	for _, m := range placeholder.FindAllStringSubmatchIndex(text, -1) {
		b.WriteString(text[at:m[0]])
		before, name, after := text[m[2]:m[3]], names[text[m[4]:m[5]]], text[m[6]:m[7]]
		switch begins := m[0] == 0 || text[m[0]-1] == '\n'; {
		case name != "":
			b.WriteString(before + name + after)
		case !begins:
			b.WriteString(after)
		}
		at = m[1]
	}
	return b.String() + text[at:]
}

// speak says to the customer of a chat what nobody wrote just now.
func (tx *Tx) speak(c *Conversation, m *Message) error {
	m.Kind, m.Visibility, m.Direction, m.Meta = "text", "public", "out", Meta{Auto: true}
	if err := tx.insertMessage(c, m); err != nil {
		return err
	}
	return tx.Record(MessageSent, c.ID, int64(m.ID), Facts{"seq": m.Seq, "auto": true})
}

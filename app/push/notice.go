package push

import (
	"context"
	"errors"
	"strings"
	"unicode"

	"deskbell/app/desk"
)

// Notice is what the service worker shows (static/sw.js).
type Notice struct {
	Title  string `json:"title"`
	Body   string `json:"body"`
	Tag    string `json:"tag"`    // a newer notice of the same tag takes the place of the older
	URL    string `json:"url"`    // the page that a tap opens
	Unread int    `json:"unread"` // the number on the app's icon
	Lang   string `json:"lang"`

	urgent bool // somebody waits for an answer right now
}

// notice writes what an agent is told, as things are now. It answers errUnneeded when there is nothing to tell any more:
// he may not see it, has read it, or somebody else took it.
func (p *Push) notice(ctx context.Context, n due) (*Notice, error) {
	agent, err := p.desk.Agent(ctx, desk.System, n.subscription.agentID)
	if desk.IsNotFound(err) || err == nil && !agent.Enabled {
		return nil, errUnneeded
	}
	if err != nil {
		return nil, err
	}
	if quiet, err := p.desk.IsQuiet(ctx, desk.System, agent); quiet || err != nil {
		return nil, orElse(err, errUnneeded)
	}
	if n.what == "notification" {
		return p.ofNotification(ctx, agent, n)
	}
	if n.what == "colleague" {
		return p.ofColleague(ctx, agent, n)
	}
	if t, err := p.request(ctx, agent, n); t != nil || err != nil {
		return t, err
	}
	c, err := p.desk.Conversation(ctx, agent.Actor(), n.conversationID)
	if desk.IsNotFound(err) {
		return nil, errUnneeded
	}
	if err != nil {
		return nil, err
	}
	if over(c, n, agent.ID) {
		return nil, errUnneeded
	}
	lang, err := p.language(ctx, agent, n.subscription)
	if err != nil {
		return nil, err
	}
	t := &Notice{Tag: n.tag, URL: address(c), Lang: lang, urgent: c.Ticket == nil}
	t.Title = p.title(lang, c, n.what)
	if !c.Sealed {
		if t.Body, err = p.body(ctx, lang, n.messageID); err != nil {
			return nil, err
		}
	}
	t.Unread, err = p.unread(ctx, agent.Actor())
	return t, err
}

func orElse(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// ofNotification writes what a notification says, while nobody has read it.
func (p *Push) ofNotification(ctx context.Context, agent *desk.Agent, n due) (*Notice, error) {
	one, err := p.desk.Notification(ctx, agent.Actor(), desk.NotificationID(n.subject))
	if desk.IsNotFound(err) || err == nil && !one.ReadAt.IsZero() {
		return nil, errUnneeded
	}
	if err != nil {
		return nil, err
	}
	lang, err := p.language(ctx, agent, n.subscription)
	if err != nil {
		return nil, err
	}
	t := &Notice{Tag: n.tag, URL: "/notifications/" + one.ID.String(), Lang: lang, urgent: one.What == "invited" || one.What == "mentioned"}
	t.Title, t.Body = p.Say(lang, one)
	t.Title, t.Body = line(t.Title, 120), line(t.Body, 160)
	t.Unread, err = p.unread(ctx, agent.Actor())
	return t, err
}

// request is the notice of a conversation that the agent is asked to take over; nil: he is not.
func (p *Push) request(ctx context.Context, agent *desk.Agent, n due) (*Notice, error) {
	asked, err := p.desk.AskedOf(ctx, agent.Actor())
	if err != nil {
		return nil, err
	}
	for _, t := range asked {
		if t.ConversationID != n.conversationID {
			continue
		}
		lang, err := p.language(ctx, agent, n.subscription)
		if err != nil {
			return nil, err
		}
		name := line(t.CustomerName, 80)
		if name == "" {
			name = p.Translate(lang, "push.visitor")
		}
		unread, err := p.unread(ctx, agent.Actor())
		return &Notice{Title: p.Translate(lang, "push.asked", line(t.FromName, 80), name), Body: line(t.Note, 160), Tag: "conversation-" + t.ConversationID.String(), URL: "/conversations",
			Unread: unread, Lang: lang, urgent: true}, err
	}
	return nil, nil
}

// ofColleague writes what a colleague wrote, while it is not read.
func (p *Push) ofColleague(ctx context.Context, agent *desk.Agent, n due) (*Notice, error) {
	m, err := p.desk.RoomMessage(ctx, agent.Actor(), desk.RoomMessageID(n.subject))
	if desk.IsNotFound(err) || err == nil && !m.RecalledAt.IsZero() {
		return nil, errUnneeded
	}
	if err != nil {
		return nil, err
	}
	room, err := p.desk.Room(ctx, agent.Actor(), m.With)
	if err != nil || room.Unread == 0 {
		return nil, orElse(err, errUnneeded)
	}
	lang, err := p.language(ctx, agent, n.subscription)
	if err != nil {
		return nil, err
	}
	t := &Notice{Tag: n.tag, URL: "/colleagues/" + m.With.String(), Lang: lang, Title: line(m.AgentName, 80), Body: line(m.Text, 160), urgent: true}
	if m.With.TeamID != 0 {
		t.Title += " · " + line(m.Where, 80)
	}
	if t.Body == "" && m.File != nil {
		t.Body = p.Translate(lang, "push.file", line(m.File.Name, 80))
	}
	t.Unread, err = p.unread(ctx, agent.Actor())
	return t, err
}

// over says whether what was noted has been dealt with.
func over(c *desk.Conversation, n due, agent desk.AgentID) bool {
	switch n.what {
	case "assigned":
		return c.Status == "closed" || c.AssigneeID != agent
	case "ticket":
		return c.Status != "waiting"
	case "waiting":
		return c.Status != "waiting" || n.messageID != 0 && c.Unread == 0
	}
	return c.Status == "closed" || c.Unread == 0
}

func address(c *desk.Conversation) string {
	if c.Ticket != nil {
		return "/tickets/" + c.Ticket.ID.String()
	}
	return "/conversations/" + c.ID.String()
}

func (p *Push) title(lang string, c *desk.Conversation, what string) string {
	name := line(c.CustomerName, 80)
	if name == "" {
		name = p.Translate(lang, "push.visitor")
	}
	subject := name
	if c.Ticket != nil {
		subject = p.Translate(lang, "push.of_ticket", c.Ticket.ID, line(c.Ticket.Subject, 80))
	}
	switch {
	case what == "assigned":
		return p.Translate(lang, "push.assigned", subject)
	case what == "ticket":
		return p.Translate(lang, "push.new_ticket", c.Ticket.ID, line(c.Ticket.Subject, 80))
	case what == "waiting" && c.Ticket == nil:
		return p.Translate(lang, "push.waiting", name)
	}
	return subject
}

// body is the first words of the last message.
func (p *Push) body(ctx context.Context, lang string, id desk.MessageID) (string, error) {
	if id == 0 {
		return "", nil
	}
	m, err := p.desk.Message(ctx, desk.System, id)
	if desk.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if m.Visibility != "public" {
		return "", errors.New("a whisper is never pushed")
	}
	text := line(m.Text, 160)
	if text == "" && len(m.Files) > 0 {
		text = p.Translate(lang, "push.file", line(m.Files[0].Name, 80))
	}
	return text, nil
}

func (p *Push) unread(ctx context.Context, by desk.Actor) (int, error) {
	chats, err := p.desk.Counts(ctx, by, "chat")
	if err != nil {
		return 0, err
	}
	tickets, err := p.desk.Counts(ctx, by, "ticket")
	return chats.Unread + tickets.Unread, err
}

// language is the agent's own, else his browser's, else the company's.
func (p *Push) language(ctx context.Context, a *desk.Agent, s subscription) (string, error) {
	for _, l := range []string{a.Locale, s.locale} {
		if desk.KnownLocale(l) {
			return l, nil
		}
	}
	company, err := p.desk.Company(ctx, desk.System)
	return company.Locale, err
}

// line makes one line of at most n characters of what people wrote: no control characters, nothing that turns the text around.
func line(s string, n int) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(clip(s, 20*n), ""), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
	}), " ")
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

func clip(s string, n int) string { return s[:min(n, len(s))] }

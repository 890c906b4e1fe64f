package news

import (
	"fmt"
	"log/slog"
	"slices"
	"testing"

	"deskbell/app/desk"
	"deskbell/app/live"
)

// Topics and visibleTo say the same: an agent hears of a conversation if and
// only if he may see it.
func TestWhoHearsIsWhoSees(t *testing.T) {
	ctx, quiet := t.Context(), slog.New(slog.DiscardHandler)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	d, err := desk.Open(ctx, t.TempDir(), desk.Key{1}, quiet)
	must(err)
	d.Hashing = desk.Hashing{Passes: 1, KiB: 8}
	defer d.Close()
	hub := live.New(live.Config{})
	defer hub.Close()
	n := New(d, hub, quiet)
	admin, err := d.SetUp(ctx, desk.System, desk.Setup{Company: desk.Company{Name: "Tea", Locale: "en", TimeZone: "UTC"}, Name: "Alice", Email: "alice@tea.example", Password: "longjing before rain"})
	must(err)
	alice := admin.Actor()
	widget, err := d.SaveInbox(ctx, alice, desk.SavedInbox{Channel: desk.Webchat, Name: "Shop", Enabled: true, Settings: desk.Widget{}})
	must(err)
	people := map[string]desk.Actor{"Alice": alice}
	for _, name := range []string{"Bo", "Mei", "Tao"} {
		a, err := d.CreateAgent(ctx, alice, desk.NewAgent{Email: name + "@tea.example", Name: name, Role: desk.Crew, Password: "oolong in the hills"})
		must(err)
		people[name] = a.Actor()
	}
	team := func(name string, members ...desk.AgentID) desk.TeamID {
		team, err := d.SaveTeam(ctx, alice, desk.Team{Name: name, Assignment: "collaboration", MemberIDs: members})
		must(err)
		return team.ID
	}
	grabbing := func(name string, leads desk.AgentID, members ...desk.AgentID) desk.TeamID {
		team, err := d.SaveTeam(ctx, alice, desk.Team{Name: name, Assignment: "grab", MemberIDs: append(members, leads), AdminIDs: []desk.AgentID{leads}})
		must(err)
		return team.ID
	}
	orders, returns := team("Orders", people["Mei"].Agent(), people["Tao"].Agent()), team("Returns", people["Tao"].Agent())

	conversations := map[string]desk.ConversationID{}
	says := func(name string, team desk.TeamID, agent string) desk.ConversationID {
		_, c, err := d.Enter(ctx, desk.System, desk.Visit{})
		must(err)
		m, err := d.Receive(ctx, desk.AsCustomer(c.ID), desk.Incoming{InboxID: widget.ID, Text: "hi"})
		must(err)
		if team != 0 || agent != "" {
			_, err = d.Assign(ctx, alice, m.ConversationID, team, people[agent].Agent())
			must(err)
		}
		conversations[name] = m.ConversationID
		return m.ConversationID
	}
	says("everyone's", 0, "")
	says("everyone's with Bo", 0, "Bo")
	says("orders", orders, "")
	says("returns", returns, "")
	says("orders with Bo", orders, "Bo")
	left := says("orders that Bo left", orders, "Bo")
	_, err = d.Leave(ctx, people["Bo"], left)
	must(err)
	closed := says("returns, closed by Mei", returns, "Mei")
	_, err = d.CloseConversation(ctx, people["Mei"], closed)
	must(err)
	_, err = d.Assign(ctx, alice, says("from Bo to Tao", orders, "Bo"), returns, people["Tao"].Agent())
	must(err)
	grab := grabbing("Grab", people["Tao"].Agent(), people["Bo"].Agent(), people["Mei"].Agent())
	says("to be grabbed", grab, "")
	taken := says("grabbed by Mei", grab, "")
	_, err = d.Join(ctx, people["Mei"], taken)
	must(err)
	back := says("grabbed by Mei and given back", grab, "Mei")
	_, err = d.Leave(ctx, people["Mei"], back)
	must(err)
	shared := says("grabbed by Bo, joined by the team's admin", grab, "Bo")
	_, err = d.Join(ctx, people["Tao"], shared)
	must(err)
	done := says("grabbed by Bo and closed", grab, "Bo")
	_, err = d.CloseConversation(ctx, people["Bo"], done)
	must(err)
	// Bo is named by the page, busy, and of no such team: it waits for him.
	_, err = d.SetPresence(ctx, people["Bo"], people["Bo"].Agent(), "busy")
	must(err)
	routing := d.Decide
	d.Decide = func(desk.Situation) desk.Decision {
		return desk.Decision{TeamID: returns, Wanted: people["Bo"].Agent(), Reason: "wanted", Rule: "entry"}
	}
	says("waits for Bo", 0, "")
	d.Decide = routing

	for what, id := range conversations {
		audiences, err := d.Audiences(ctx, desk.System, []desk.ConversationID{id})
		must(err)
		for name, by := range people {
			sub, err := n.Agent(ctx, by, 0)
			must(err)
			hears := slices.ContainsFunc(topicsOf(audiences[id]), func(topic string) bool { return slices.Contains(sub.Topics, topic) })
			_, err = d.Conversation(ctx, by, id)
			if sees := err == nil; hears != sees {
				t.Errorf("%s: %s hears %v, sees %v", what, name, hears, sees)
			}
		}
	}
}

// While agents may not read what waits, the stream tells them that something moved, and its words to admins alone.
func TestWhatWaitsIsSealedOnStreams(t *testing.T) {
	a := desk.Audience{ID: 12, Kind: "chat", TeamID: 3, Sealed: true, Participants: []desk.AgentID{7}}
	e := desk.Event{ID: 5, Name: desk.MessageReceived, ConversationID: 12, SubjectID: 9}
	b := &batch{audiences: map[desk.ConversationID]desk.Audience{12: a}, messages: map[desk.MessageID]*desk.Message{9: {ID: 9, ConversationID: 12, Text: "secret", Visibility: "public"}}}
	var told []string
	b.toAgents(e, func(e live.Event, topics ...string) {
		told = append(told, fmt.Sprintf("%s %v", e.Name, topics))
	})
	want := []string{"message.created [agent-7 admins]", "conversation.updated [admins team-3-admins team-3 agent-7]"}
	if !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}

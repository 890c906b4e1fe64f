package desk

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
)

// checkRoutes cleans the addresses that belong to teams and tells their faults. A line without an address is left out.
func (m *Mailbox) checkRoutes(c *check) {
	routes := []MailRoute{}
	for _, r := range m.Routes {
		r.Address = strings.ToLower(strings.TrimSpace(r.Address))
		tag, tagged := strings.CutPrefix(r.Address, "+")
		_, domain, caught := strings.Cut(r.Address, "*@")
		switch {
		case r.Address == "":
			continue
		case tagged && tag != "" && !strings.ContainsAny(tag, " @*<>,;"), caught && strings.HasPrefix(r.Address, "*@") && domain != "" && !strings.ContainsAny(domain, " @*<>,;"):
		default:
			r.Address = strings.ToLower(checkEmail(c, "routes", r.Address))
		}
		routes = append(routes, r)
	}
	if len(routes) > 100 {
		c.fault("routes", "fault.too_many_addresses", 100)
	}
	m.Routes = routes
}

// How surely an address is a mailbox's: the greater, the surer.
const (
	caught   = iota + 1 // by its domain alone
	untagged            // it is the mailbox's without what stands behind the plus
	exactly             // it stands in the settings
	tagged              // its tag stands in the settings
)

// Reach says how surely a mail to the address is for this mailbox, 0 when it is not, and to which team the settings give it; 0: to
// the mailbox's own.
func (m *Mailbox) Reach(address string) (rank int, team TeamID) {
	address = strings.ToLower(strings.TrimSpace(address))
	local, domain, ok := strings.Cut(address, "@")
	if !ok {
		return 0, 0
	}
	base, tag, _ := strings.Cut(local, "+")
	plain := base + "@" + domain
	own := func(a string) bool { return a == m.Address || slices.Contains(m.Aliases, a) }
	take := func(r int, t TeamID) {
		if r > rank {
			rank, team = r, t
		}
	}
	if own(address) {
		take(exactly, 0)
	}
	if own(plain) {
		take(untagged, 0)
	}
	for _, r := range m.Routes {
		switch {
		case r.Address == address:
			take(tagged, r.TeamID)
		case r.Address == plain:
			take(untagged, r.TeamID)
		case r.Address == "*@"+domain:
			take(caught, r.TeamID)
		case tag != "" && r.Address == "+"+tag && (own(plain) || m.routed(plain)):
			take(tagged, r.TeamID)
		}
	}
	return rank, team
}

func (m *Mailbox) routed(address string) bool {
	return slices.ContainsFunc(m.Routes, func(r MailRoute) bool { return r.Address == address })
}

// Catches says whether the mailbox takes whatever is sent to some domain.
func (m *Mailbox) Catches() bool {
	return slices.ContainsFunc(m.Routes, func(r MailRoute) bool { return strings.HasPrefix(r.Address, "*@") })
}

// OpenMailbox is a mailbox in service with its settings.
type OpenMailbox struct {
	*Inbox
	Mailbox
}

// Mailboxes are all mailboxes in service, in the order in which they were made, as a channel looks for the one that a mail is for.
func (tx *Tx) Mailboxes(ctx context.Context) ([]OpenMailbox, error) {
	rows, err := tx.QueryContext(ctx, "select "+inboxColumns+" from inboxes where channel = ? and enabled and deleted_at is null order by id", Email)
	list, err := collect(rows, err, scanInbox)
	if err != nil {
		return nil, err
	}
	open := make([]OpenMailbox, len(list))
	for i, in := range list {
		open[i].Inbox = in
		if err := json.Unmarshal(in.Settings, &open[i].Mailbox); err != nil {
			return nil, err
		}
	}
	return open, nil
}

package desk

import (
	"context"
	"crypto/rand"
	"net/url"
	"regexp"
	"strings"
)

// A video meeting takes place elsewhere: the desk only makes the address of a new one, in which stands a room that nobody can guess.

// room is the place of the room's name in the address of meetings.
const room = "{room}"

// conferenceAddress is an address of meetings whose every character belongs to the link for the widget, the console and mail programs
// alike: https, a full host name, and the room once behind it.
var conferenceAddress = regexp.MustCompile(`^https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:[0-9]{1,5})?/[\w/.~%&=?#+-]*\{room\}([\w/.~%&=?#+-]*[\w/~=&#+-])?$`)

// checkConference is about where meetings take place; empty: nowhere.
func (h *Handling) checkConference(c *check) {
	h.Conference = strings.TrimSpace(h.Conference)
	if h.Conference == "" {
		return
	}
	_, err := url.Parse(strings.Replace(h.Conference, room, "room", 1))
	switch {
	case len(h.Conference) > 300:
		c.fault("conference", "fault.too_long", 300)
	case !strings.HasPrefix(h.Conference, "https://"):
		c.fault("conference", "fault.conference_https")
	case strings.Count(h.Conference, room) != 1:
		c.fault("conference", "fault.conference_room", room)
	case err != nil || !conferenceAddress.MatchString(h.Conference):
		c.fault("conference", "fault.conference_address", "https://meet.example/"+room)
	}
}

// Conference answers the address of a new video meeting for those in a conversation. The room's name has 130 random bits: whoever has
// not been sent the address does not come in by guessing.
func (d *Desk) Conference(ctx context.Context, by Actor, id ConversationID) (string, error) {
	if err := by.Can(Serve); err != nil {
		return "", err
	}
	if _, err := d.Conversation(ctx, by, id); err != nil {
		return "", err
	}
	h, err := d.Handling(ctx, by)
	if err != nil {
		return "", err
	}
	if h.Conference == "" {
		return "", Conflict("error.conference_off")
	}
	return strings.Replace(h.Conference, room, strings.ToLower(rand.Text()), 1), nil
}

package desk

import (
	"crypto/rand"
	"encoding/base32"
	"strconv"
	"strings"
)

// The ids are row ids. Outside they are opaque strings.
type (
	AgentID        int64
	CustomerID     int64
	TeamID         int64
	InboxID        int64
	ConversationID int64
	MessageID      int64
	TicketID       int64 // the number that people see
	DeliveryID     int64
	SessionID      int64
	EventID        int64
	ScheduleID     int64
	CannedID       int64
	TagID          int64
	SystemMailID   int64
	PlannedID      int64
	StickerPackID  int64
	TransferID     int64

	BlockedSenderID int64
)

func (id AgentID) String() string        { return strconv.FormatInt(int64(id), 10) }
func (id CustomerID) String() string     { return strconv.FormatInt(int64(id), 10) }
func (id TeamID) String() string         { return strconv.FormatInt(int64(id), 10) }
func (id InboxID) String() string        { return strconv.FormatInt(int64(id), 10) }
func (id ConversationID) String() string { return strconv.FormatInt(int64(id), 10) }
func (id MessageID) String() string      { return strconv.FormatInt(int64(id), 10) }
func (id TicketID) String() string       { return strconv.FormatInt(int64(id), 10) }
func (id DeliveryID) String() string     { return strconv.FormatInt(int64(id), 10) }
func (id SessionID) String() string      { return strconv.FormatInt(int64(id), 10) }
func (id ScheduleID) String() string     { return strconv.FormatInt(int64(id), 10) }
func (id CannedID) String() string       { return strconv.FormatInt(int64(id), 10) }
func (id TagID) String() string          { return strconv.FormatInt(int64(id), 10) }
func (id TransferID) String() string     { return strconv.FormatInt(int64(id), 10) }
func (id PlannedID) String() string      { return strconv.FormatInt(int64(id), 10) }
func (id StickerPackID) String() string  { return strconv.FormatInt(int64(id), 10) }

func (id BlockedSenderID) String() string { return strconv.FormatInt(int64(id), 10) }

// ParseID reads an id as it stands in an address; what is no id is not found.
func ParseID[T ~int64](s string) (T, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 {
		return 0, NotFound
	}
	return T(n), nil
}

var base32lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// randomID makes an id that cannot be guessed: 128 random bits in 26 small letters and digits, fit for addresses and mail.
func randomID() string {
	b := make([]byte, 16)
	rand.Read(b)
	return base32lower.EncodeToString(b)
}

// NewToken makes a bearer token of 256 random bits. Only its SHA-256 is ever stored.
func NewToken(prefix string) string {
	b := make([]byte, 32)
	rand.Read(b)
	return prefix + strings.ToLower(base32lower.EncodeToString(b))
}

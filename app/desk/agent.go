package desk

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"
)

// Agent is someone who answers customers.
type Agent struct {
	ID          AgentID
	Email       string
	Name        string
	Role        Role
	Locale      string // empty: the company's
	TimeZone    string // empty: the company's
	Presence    string // online, busy, away, invisible, offline
	Chosen      string // what presence is while he is there
	Capacity    int    // conversations at once, 0 to 100
	Enabled     bool
	Invited     bool // no password yet
	TwoFactor   bool // a code is asked for after the password
	Preferences Preferences
	AvatarFile  string
	Particulars
	Greeting          string // to the customer of a chat that he is the first to serve; empty: his team's
	PasswordChangedAt time.Time
	CreatedAt         time.Time
}

// Preferences are an agent's own choices of the console.
type Preferences struct {
	Theme   string `json:"theme,omitempty"`    // light, dark or empty for the system's
	SendKey string `json:"send_key,omitempty"` // ctrl-enter, or empty for Enter
	Quiet   bool   `json:"quiet,omitempty"`    // no sounds
	NoKeys  bool   `json:"no_keys,omitempty"`  // single-letter keys off

	Mute      []string `json:"mute,omitempty"`       // which of Sounds are off
	QuietFrom string   `json:"quiet_from,omitempty"` // 22:00: from then on no push, in the agent's time zone; empty: never
	QuietTo   string   `json:"quiet_to,omitempty"`   // 07:00
	MailAfter int      `json:"mail_after,omitempty"` // minutes after which a mail tells what nothing else could; 0: 30, less: never

	Signature string `json:"signature,omitempty"` // below his mails, above the mailbox's; at most 1000 characters
}

// Actor is the agent as one who acts.
func (a *Agent) Actor() Actor {
	return Actor{Kind: ByAgent, ID: int64(a.ID), Name: a.Name, Role: a.Role, Locale: a.Locale}
}

const agentColumns = "id, email, name, role, locale, time_zone, presence, chosen_presence, capacity, enabled, password_hash = '', preferences, avatar_file, password_changed_at, created_at, greeting, two_factor, real_name, phone, employee_number"

func scanAgent(row scanner) (*Agent, error) {
	var a Agent
	var changed, created int64
	var preferences string
	err := row.Scan(&a.ID, &a.Email, &a.Name, &a.Role, &a.Locale, &a.TimeZone, &a.Presence, &a.Chosen, &a.Capacity, &a.Enabled, &a.Invited, &preferences, &a.AvatarFile, &changed, &created, &a.Greeting, &a.TwoFactor, &a.RealName, &a.Phone, &a.EmployeeNumber)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	if err != nil {
		return nil, err
	}
	a.PasswordChangedAt, a.CreatedAt = at(changed), at(created)
	return &a, json.Unmarshal([]byte(preferences), &a.Preferences)
}

func findAgent(ctx context.Context, r reader, id AgentID) (*Agent, error) {
	return scanAgent(r.QueryRowContext(ctx, "select "+agentColumns+" from agents where id = ? and deleted_at is null", id))
}

// Agent finds one agent. Agents see each other.
func (d *Desk) Agent(ctx context.Context, by Actor, id AgentID) (*Agent, error) {
	if by.Kind == ByCustomer {
		return nil, NotFound
	}
	return findAgent(ctx, d.read(), id)
}

// AgentByEmail finds one agent by the address he logs in with.
func (d *Desk) AgentByEmail(ctx context.Context, by Actor, email string) (*Agent, error) {
	if by.Kind == ByCustomer {
		return nil, NotFound
	}
	return scanAgent(d.read().QueryRowContext(ctx, "select "+agentColumns+" from agents where email = ? and deleted_at is null", strings.TrimSpace(email)))
}

// Agents lists all agents by name.
func (d *Desk) Agents(ctx context.Context, by Actor) ([]*Agent, error) {
	if by.Kind == ByCustomer {
		return nil, NotFound
	}
	rows, err := d.read().QueryContext(ctx, "select "+agentColumns+" from agents where deleted_at is null order by name collate nocase, id")
	return collect(rows, err, scanAgent)
}

// NewAgent is what a new agent needs. Without a password he is invited.
type NewAgent struct {
	Email    string
	Name     string
	Password string
	Role     Role
	Capacity int // 0 means the default of 10
	TeamIDs  []TeamID
	Particulars
}

// CreateAgent adds an agent. Only admins do; an invitation for one without a password is made by Invite.
func (d *Desk) CreateAgent(ctx context.Context, by Actor, in NewAgent) (*Agent, error) {
	if err := by.Can(ManageAgents); err != nil {
		return nil, err
	}
	if err := checkAgent(&in); err != nil {
		return nil, err
	}
	hash := ""
	if in.Password != "" {
		hash = d.Hashing.hash(in.Password)
	}
	var a *Agent
	err := d.Write(ctx, by, func(tx *Tx) (err error) {
		a, err = tx.insertAgent(ctx, in, hash)
		return err
	})
	return a, err
}

func checkAgent(in *NewAgent) error {
	var c check
	in.Name = oneLine(in.Name)
	in.Email = checkEmail(&c, "email", in.Email)
	if in.Name == "" {
		c.fault("name", "fault.name_missing")
	}
	if utf8.RuneCountInString(in.Name) > 80 {
		c.fault("name", "fault.too_long", 80)
	}
	if in.Role != Admin && in.Role != Crew {
		c.fault("role", "fault.role_unknown")
	}
	if in.Capacity < 0 || in.Capacity > 100 {
		c.fault("capacity", "fault.capacity_range")
	}
	if in.Capacity == 0 {
		in.Capacity = 10
	}
	if in.Password != "" {
		checkPassword(&c, in.Password, in.Email)
	}
	in.Particulars.check(&c)
	return c.err()
}

// checkEmail cleans an address and finds its faults (RFC 5321 section 4.5.3.1 bounds its length).
func checkEmail(c *check, field, email string) string {
	email = strings.TrimSpace(email)
	a, err := mail.ParseAddress(email)
	switch {
	case email == "":
		c.fault(field, "fault.email_missing")
	case err != nil || a.Address != email || len(email) > 254 || !strings.Contains(email[strings.LastIndex(email, "@")+1:], "."):
		c.fault(field, "fault.email_wrong")
	}
	return email
}

func (tx *Tx) insertAgent(ctx context.Context, in NewAgent, hash string) (*Agent, error) {
	if err := tx.freeEmail(in.Email, 0); err != nil {
		return nil, err
	}
	res, err := tx.Exec("insert into agents(email, name, role, password_hash, password_changed_at, capacity, created_at, real_name, phone, employee_number) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		in.Email, in.Name, in.Role, hash, ms(tx.now), in.Capacity, ms(tx.now), in.RealName, in.Phone, in.EmployeeNumber)
	if err != nil {
		return nil, err
	}
	id, err := res.LastInsertId()
	if err != nil {
		return nil, err
	}
	for _, team := range in.TeamIDs {
		if err := tx.addMember(team, AgentID(id)); err != nil {
			return nil, err
		}
	}
	if err := tx.Record(AgentCreated, 0, id, Facts{"role": in.Role, "capacity": in.Capacity}); err != nil {
		return nil, err
	}
	return findAgent(ctx, tx, AgentID(id))
}

// freeEmail refuses an address by which another than but logs in.
func (tx *Tx) freeEmail(email string, but AgentID) error {
	var taken bool
	err := tx.QueryRow("select exists (select 1 from agents where email = ? and id <> ? and deleted_at is null)", email, but).Scan(&taken)
	if err == nil && taken {
		err = Invalid("email", "fault.email_taken")
	}
	return err
}

// AgentChange is what an admin may change of an agent; nil leaves it.
type AgentChange struct {
	Email    *string
	Name     *string
	Role     *Role
	Capacity *int
	Enabled  *bool
	TeamIDs  *[]TeamID
	Presence *string

	RealName, Phone, EmployeeNumber *string
}

// ChangeAgent changes another agent. A changed role or address, like a disabled account, ends that agent's sessions (he logs in again);
// who is disabled leaves his chats, so that somebody else answers;
// the latter two end the links that were mailed to him besides: they may have gone to a wrong address. The last enabled admin stays one.
func (d *Desk) ChangeAgent(ctx context.Context, by Actor, id AgentID, ch AgentChange) (*Agent, error) {
	if err := by.Can(ManageAgents); err != nil {
		return nil, err
	}
	var a *Agent
	err := d.Write(ctx, by, func(tx *Tx) (err error) {
		before, err := findAgent(ctx, tx, id)
		if err != nil {
			return err
		}
		was := tx.before("agents", id)
		in := NewAgent{Particulars: Particulars{or(ch.RealName, before.RealName), or(ch.Phone, before.Phone), or(ch.EmployeeNumber, before.EmployeeNumber)},
			Email: or(ch.Email, before.Email), Name: or(ch.Name, before.Name), Role: or(ch.Role, before.Role), Capacity: or(ch.Capacity, before.Capacity)}
		enabled := or(ch.Enabled, before.Enabled)
		capacity := in.Capacity // 0 is a choice here
		if err := checkAgent(&in); err != nil {
			return err
		}
		if err := tx.freeEmail(in.Email, id); err != nil {
			return err
		}
		_, err = tx.Exec("update agents set email = ?, name = ?, role = ?, capacity = ?, enabled = ?, real_name = ?, phone = ?, employee_number = ? where id = ?",
			in.Email, in.Name, in.Role, capacity, enabled, in.RealName, in.Phone, in.EmployeeNumber, id)
		if err != nil {
			return err
		}
		if err := tx.keepAnAdmin(); err != nil {
			return err
		}
		switch moved := in.Email != before.Email || !enabled && before.Enabled; {
		case moved:
			err = tx.endAccess(id, 0)
		case in.Role != before.Role:
			err = tx.endSessions(id, 0)
		}
		if err != nil {
			return err
		}
		if !enabled && before.Enabled {
			if err := tx.leaveAll(ctx, before); err != nil {
				return err
			}
		}
		if ch.TeamIDs != nil {
			if err := tx.setTeams(id, *ch.TeamIDs); err != nil {
				return err
			}
		}
		if err := tx.recordChange(AgentChanged, int64(id), Facts{"role": in.Role, "enabled": enabled, "was_role": before.Role, "was_enabled": before.Enabled, "capacity": capacity, "was_capacity": before.Capacity}, was); err != nil {
			return err
		}
		if a, err = findAgent(ctx, tx, id); err != nil || ch.Presence == nil {
			return err
		}
		return tx.choosePresence(ctx, by, a, *ch.Presence)
	})
	return a, err
}

func or[T any](p *T, otherwise T) T {
	if p != nil {
		return *p
	}
	return otherwise
}

func (tx *Tx) keepAnAdmin() error {
	var n int
	if err := tx.QueryRow("select count(*) from agents where role = 'admin' and enabled and deleted_at is null").Scan(&n); err != nil {
		return err
	}
	if n == 0 {
		return Invalid("role", "fault.last_admin")
	}
	return nil
}

// Profile is what an agent changes of himself.
type Profile struct {
	Name        string
	Locale      string
	TimeZone    string
	AvatarFile  string
	Greeting    string // at most 500 characters
	Preferences Preferences
	Particulars
}

// ChangeProfile changes the acting agent's own profile.
func (d *Desk) ChangeProfile(ctx context.Context, by Actor, p Profile) error {
	if by.Agent() == 0 {
		return Forbidden
	}
	var c check
	p.Name = oneLine(p.Name)
	if p.Name == "" {
		c.fault("name", "fault.name_missing")
	}
	if utf8.RuneCountInString(p.Name) > 80 {
		c.fault("name", "fault.too_long", 80)
	}
	if p.Locale != "" && !KnownLocale(p.Locale) {
		c.fault("locale", "fault.locale_unknown")
	}
	if _, err := time.LoadLocation(p.TimeZone); err != nil || p.TimeZone == "Local" {
		c.fault("time_zone", "fault.time_zone_unknown")
	}
	if p.Greeting = strings.TrimSpace(strings.ReplaceAll(p.Greeting, "\r\n", "\n")); utf8.RuneCountInString(p.Greeting) > spokenText {
		c.fault("greeting", "fault.too_long", spokenText)
	}
	p.Particulars.check(&c)
	if utf8.RuneCountInString(p.Preferences.Signature) > 1000 {
		c.fault("signature", "fault.too_long", 1000)
	}
	if err := c.err(); err != nil {
		return err
	}
	if err := p.Preferences.check(); err != nil {
		return err
	}
	preferences, err := json.Marshal(p.Preferences)
	if err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		_, err := tx.Exec("update agents set name = ?, locale = ?, time_zone = ?, avatar_file = ?, greeting = ?, preferences = ?, real_name = ?, phone = ?, employee_number = ? where id = ?",
			p.Name, p.Locale, p.TimeZone, p.AvatarFile, p.Greeting, string(preferences), p.RealName, p.Phone, p.EmployeeNumber, by.ID)
		if err != nil {
			return err
		}
		return tx.Record(AgentChanged, 0, by.ID, nil)
	})
}

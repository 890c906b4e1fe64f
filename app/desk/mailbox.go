package desk

import (
	"encoding/json"
	"slices"
	"strings"
)

// Mailbox is the settings of an email inbox. Passwords are kept apart, sealed: MailboxSecrets.
type Mailbox struct {
	Address   string      `json:"address"`
	IMAP      MailServer  `json:"imap"`
	SMTP      MailServer  `json:"smtp"`
	KeepCopy  bool        `json:"keep_copy"`            // also put what is sent into the Sent folder
	PlusReply bool        `json:"plus_reply,omitempty"` // its server also takes support+anything@…: answers are asked for at an address that names the ticket
	AutoReply AutoReply   `json:"auto_reply"`
	Signature string      `json:"signature"` // the text of the active one of Signatures
	Aliases   []string    `json:"aliases"`
	Routes    []MailRoute `json:"routes,omitempty"` // addresses that belong to a team of their own

	Signatures      []MailSignature `json:"signatures,omitempty"`
	SignatureChoice bool            `json:"signature_choice,omitempty"` // agents may choose another one for a message

	DKIM string `json:"dkim,omitempty"` // the selector of the key by which what goes out is signed; empty: it is not

	Authserv string `json:"authserv,omitempty"` // in whose name the mailbox's server writes Authentication-Results; empty: its host and those beside it

	OAuth *MailOAuth `json:"oauth,omitempty"` // with auth xoauth2

	Folders []string `json:"folders,omitempty"` // that are watched besides IMAP.Folder
	After   string   `json:"after,omitempty"`   // what is done on the server with a mail that is here: keep, seen, move or delete
	MoveTo  string   `json:"move_to,omitempty"` // with move: the folder
	Poll    int      `json:"poll,omitempty"`    // seconds between looks at a server that does not tell by itself
	Alert   int      `json:"alert,omitempty"`   // minutes after which a failing mailbox is told to the admins; -1: never
	Flood   int      `json:"flood,omitempty"`   // mails that one sender may write in an hour before they are set aside; -1: any number
	Hourly  int      `json:"hourly,omitempty"`  // mails that go out in an hour at most; 0: any number
}

// What is so when nothing is said.
const (
	DefaultPoll  = 60 // seconds
	DefaultAlert = 30 // minutes
	DefaultFlood = 60 // mails
)

// Afters are what can be done with a mail on the server.
var Afters = []string{"keep", "seen", "move", "delete"}

// MailRoute gives what is sent to an address to a team. The address is a whole one, with or without a tag (billing@…, support+billing@…),
// a tag of any of the mailbox's addresses (+billing), or whatever else is sent to a domain (*@tea.example).
type MailRoute struct {
	Address string `json:"address"`
	TeamID  TeamID `json:"team_id"` // 0: the mailbox's own
}

// MailServer is one side of a mailbox.
type MailServer struct {
	Host     string `json:"host"`
	Port     int    `json:"port"`
	Security string `json:"security"` // tls, starttls or none
	Username string `json:"username"`
	Auth     string `json:"auth"`             // password or xoauth2
	Folder   string `json:"folder,omitempty"` // IMAP only; INBOX by default
}

// AutoReply is what a customer's first mail is answered with.
type AutoReply struct {
	Enabled bool   `json:"enabled"`
	Subject string `json:"subject"`
	Body    string `json:"body"`
}

// MailboxSecrets are the passwords of a mailbox, and what stands for them where somebody consented.
type MailboxSecrets struct {
	IMAP string `json:"imap"`
	SMTP string `json:"smtp"`

	DKIM string `json:"dkim,omitempty"` // the private key, as PEM

	ClientSecret string `json:"client_secret,omitempty"` // the provider knows this desk by it
	Refresh      string `json:"refresh,omitempty"`       // for it the provider gives the tokens that open the mailbox
}

// Elsewhere names the secrets that would go to another server, account or provider than they were given for, unless they are given
// again: whoever may change a host could otherwise have them sent to one of his own. A consent does not move at all, and is dropped.
// given are the secrets that come with the change.
func (s *MailboxSecrets) Elsewhere(before, after Mailbox, given MailboxSecrets) (fields []Field) {
	again := func(name string) { fields = append(fields, Field{Name: name, Key: "fault.password_again"}) }
	moved := func(a, b MailServer) bool {
		return a.Host != b.Host || a.Username != b.Username || a.Security != b.Security
	}
	if s.IMAP != "" && given.IMAP == "" && moved(before.IMAP, after.IMAP) {
		again("imap.password")
	}
	same := s.IMAP != "" && given.IMAP == "" && strings.EqualFold(after.IMAP.Username, after.SMTP.Username) // without one of its own it has IMAP's
	if (s.SMTP != "" || same) && given.SMTP == "" && moved(before.SMTP, after.SMTP) {
		again("smtp.password")
	}
	o, n := before.OAuth, after.OAuth
	if o == nil || n == nil {
		return fields
	}
	other := o.Provider != n.Provider || o.Tenant != n.Tenant || o.AuthURL != n.AuthURL || o.TokenURL != n.TokenURL
	if s.ClientSecret != "" && given.ClientSecret == "" && other {
		again("oauth.client_secret")
	}
	if other || moved(before.IMAP, after.IMAP) || moved(before.SMTP, after.SMTP) {
		s.Refresh = given.Refresh
	}
	return fields
}

// ReplyAddress is where a conversation's answers are to go, by which they are known whatever became of the other signs. Who merely knows
// it takes no part in the conversation.
func (m *Mailbox) ReplyAddress(c *Conversation) string {
	local, domain, _ := strings.Cut(m.Address, "@")
	local, _, _ = strings.Cut(local, "+")
	if !m.PlusReply || c.Token == "" || len(local)+1+len(c.Token) > 64 { // RFC 5321 section 4.5.3.1.1
		return ""
	}
	return local + "+" + c.Token + "@" + domain
}

// MailboxOf reads an email inbox's settings.
func MailboxOf(in *Inbox) (m Mailbox, err error) {
	return m, json.Unmarshal(in.Settings, &m)
}

// Check cleans a mailbox's settings and tells their faults.
func (m *Mailbox) Check() error {
	var c check
	m.Address = strings.ToLower(checkEmail(&c, "address", m.Address))
	m.IMAP.check(&c, "imap", m.Address, 993, 143)
	m.SMTP.check(&c, "smtp", m.Address, 465, 587)
	if m.IMAP.Folder == "" {
		m.IMAP.Folder = "INBOX"
	}
	aliases := []string{}
	for _, a := range m.Aliases {
		if a = strings.TrimSpace(a); a != "" {
			aliases = append(aliases, strings.ToLower(checkEmail(&c, "aliases", a)))
		}
	}
	m.Aliases = aliases
	m.checkRoutes(&c)
	m.checkRounds(&c)
	m.checkOAuth(&c)
	if m.Authserv = strings.ToLower(strings.TrimSpace(m.Authserv)); len(m.Authserv) > 253 || strings.ContainsAny(m.Authserv, " /@;=\"\r\n") {
		c.fault("authserv", "fault.host_wrong")
	}
	m.checkSignatures(&c)
	if m.AutoReply.Enabled && strings.TrimSpace(m.AutoReply.Body) == "" {
		c.fault("auto_reply.body", "fault.auto_reply_empty")
	}
	return c.err()
}

// checkRounds cleans what is said of folders and numbers.
func (m *Mailbox) checkRounds(c *check) {
	folders := []string{}
	for _, f := range m.Folders {
		if f = strings.TrimSpace(f); f != "" && f != m.IMAP.Folder && !slices.Contains(folders, f) {
			folders = append(folders, f)
		}
	}
	m.Folders = folders
	if len(folders) > 9 { // a connection each, of which providers give ten or fifteen
		c.fault("folders", "fault.too_many_folders", 9)
	}
	if m.After == "" {
		m.After = "keep"
	}
	if !slices.Contains(Afters, m.After) {
		c.fault("after", "fault.after_unknown")
	}
	if m.MoveTo = strings.TrimSpace(m.MoveTo); m.After == "move" && m.MoveTo == "" {
		c.fault("move_to", "fault.folder_missing")
	}
	if m.After == "move" && (m.MoveTo == m.IMAP.Folder || slices.Contains(folders, m.MoveTo)) {
		c.fault("move_to", "fault.folder_watched")
	}
	number := func(field string, v *int, otherwise, least, most int) {
		if *v == 0 {
			*v = otherwise
		}
		if *v != otherwise && *v != -1 && (*v < least || *v > most) {
			c.fault(field, "fault.number_range", least, most)
		}
	}
	number("poll", &m.Poll, DefaultPoll, 15, 3600)
	number("alert", &m.Alert, DefaultAlert, 1, 10080)
	number("flood", &m.Flood, DefaultFlood, 1, 100_000)
	number("hourly", &m.Hourly, 0, 1, 1_000_000)
	m.Poll, m.Hourly = max(m.Poll, 15), max(m.Hourly, 0)
}

func (s *MailServer) check(c *check, side, address string, tls, starttls int) {
	if s.Host = strings.TrimSpace(s.Host); s.Host == "" || strings.ContainsAny(s.Host, " /@\r\n") {
		c.fault(side+".host", "fault.host_wrong")
	}
	switch s.Security {
	case "tls", "starttls", "none":
	case "":
		s.Security = "tls"
	default:
		c.fault(side+".security", "fault.security_unknown")
	}
	if s.Port == 0 {
		s.Port = starttls
		if s.Security == "tls" {
			s.Port = tls
		}
	}
	if s.Port < 1 || s.Port > 65535 {
		c.fault(side+".port", "fault.port_wrong")
	}
	if s.Auth == "" {
		s.Auth = "password"
	}
	if s.Auth != "password" && s.Auth != "xoauth2" {
		c.fault(side+".auth", "fault.auth_unknown")
	}
	if s.Username = strings.TrimSpace(s.Username); s.Username == "" {
		s.Username = address
	}
}

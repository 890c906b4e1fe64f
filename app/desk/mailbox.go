package desk

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// Mailbox is the settings of an email inbox. Passwords are kept apart, sealed: MailboxSecrets.
type Mailbox struct {
	Address   string      `json:"address"`
	IMAP      MailServer  `json:"imap"`
	SMTP      MailServer  `json:"smtp"`
	KeepCopy  bool        `json:"keep_copy"` // also put what is sent into the Sent folder
	AutoReply AutoReply   `json:"auto_reply"`
	Signature string      `json:"signature"`
	Aliases   []string    `json:"aliases"`
	Routes    []MailRoute `json:"routes,omitempty"` // addresses that belong to a team of their own
}

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

// MailboxSecrets are the passwords (or refresh tokens) of a mailbox.
type MailboxSecrets struct {
	IMAP string `json:"imap"`
	SMTP string `json:"smtp"`
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
	if utf8.RuneCountInString(m.Signature) > 2000 {
		c.fault("signature", "fault.too_long", 2000)
	}
	if m.AutoReply.Enabled && strings.TrimSpace(m.AutoReply.Body) == "" {
		c.fault("auto_reply.body", "fault.auto_reply_empty")
	}
	return c.err()
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

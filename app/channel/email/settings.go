package email

import (
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Security is how a connection to a mail server is protected.
type Security string

const (
	TLS      Security = "tls"      // from the first byte
	STARTTLS Security = "starttls" // the connection is turned into TLS, or not used
	None     Security = "none"
)

// Server is one side of a mailbox: where mail is read, or where it is sent.
type Server struct {
	Host     string   `json:"host"`
	Port     int      `json:"port"`
	Security Security `json:"security"`
	Username string   `json:"username"`
	Auth     string   `json:"auth"`             // password; xoauth2 is for later
	Folder   string   `json:"folder,omitempty"` // IMAP only; empty means INBOX

	Password string `json:"-"` // lives among the inbox's secrets
}

func (s Server) address() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// AutoReply is the answer that a mailbox gives by itself.
type AutoReply struct {
	Enabled bool   `json:"enabled"`
	Subject string `json:"subject"`
	Body    string `json:"body"`
}

// Settings are an email inbox's settings, as they stand in inboxes.settings.
type Settings struct {
	Address   string    `json:"address"`
	Name      string    `json:"name"` // shown as the sender
	Aliases   []string  `json:"aliases,omitempty"`
	IMAP      Server    `json:"imap"`
	SMTP      Server    `json:"smtp"`
	KeepCopy  bool      `json:"keep_copy"` // of read mail on the server; it is always kept for now
	AutoReply AutoReply `json:"auto_reply"`
	Signature string    `json:"signature"`
}

// Secrets are an email inbox's secrets, as they stand encrypted in inboxes.secrets.
type Secrets struct {
	IMAPPassword string `json:"imap_password"`
	SMTPPassword string `json:"smtp_password"`
}

// Read puts an inbox's settings and its secrets together.
func Read(settings, secrets []byte) (Settings, error) {
	var s Settings
	if err := json.Unmarshal(settings, &s); err != nil {
		return s, fmt.Errorf("read the mailbox's settings: %w", err)
	}
	var hidden Secrets
	if len(secrets) > 0 {
		if err := json.Unmarshal(secrets, &hidden); err != nil {
			return s, fmt.Errorf("read the mailbox's secrets: %w", err)
		}
	}
	s.IMAP.Password, s.SMTP.Password = hidden.IMAPPassword, hidden.SMTPPassword
	if s.SMTP.Password == "" && strings.EqualFold(s.SMTP.Username, s.IMAP.Username) {
		s.SMTP.Password = hidden.IMAPPassword // most providers have one password for both
	}
	if s.IMAP.Folder == "" {
		s.IMAP.Folder = "INBOX"
	}
	return s, nil
}

// own lists the mailbox's addresses in lower case: mail from them is our own.
func (s Settings) own() []string {
	list := []string{strings.ToLower(s.Address)}
	for _, a := range s.Aliases {
		list = append(list, strings.ToLower(strings.TrimSpace(a)))
	}
	return list
}

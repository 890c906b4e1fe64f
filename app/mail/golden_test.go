package mail

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden results anew")

// golden is what a test mail must be read as.
type golden struct {
	ID          string       `json:"id,omitempty"`
	Ancestors   []string     `json:"ancestors,omitempty"`
	Subject     string       `json:"subject"`
	From        []Address    `json:"from,omitempty"`
	Writer      string       `json:"writer,omitempty"`
	ReplyTo     []Address    `json:"reply_to,omitempty"`
	To          []Address    `json:"to,omitempty"`
	Cc          []Address    `json:"cc,omitempty"`
	Date        string       `json:"date,omitempty"`
	Visible     string       `json:"visible"`
	Quoted      string       `json:"quoted,omitempty"`
	HTML        string       `json:"html,omitempty"`
	HTMLQuoted  string       `json:"html_quoted,omitempty"`
	Attachments []Attachment `json:"attachments,omitempty"`
	Tickets     []int64      `json:"tickets,omitempty"`
	Tokens      []Token      `json:"tokens,omitempty"`
	Forward     *Forward     `json:"forward,omitempty"`
	SentOn      []string     `json:"sent_on,omitempty"` // what stands above it, its text, its HTML
	Invitation  *Invitation  `json:"invitation,omitempty"`
	Auto        *Auto        `json:"auto,omitempty"`
	Bounce      *Bounce      `json:"bounce,omitempty"`
	Encrypted   bool         `json:"encrypted,omitempty"`
	Signed      bool         `json:"signed,omitempty"`
	Verdict     *Verdict     `json:"verdict,omitempty"`
	Faults      []string     `json:"faults,omitempty"`
}

func goldenOf(m *Message) golden {
	g := golden{ID: m.ID, Ancestors: m.Ancestors, Subject: m.Subject, From: m.From, Writer: m.Writer().String(), ReplyTo: m.ReplyTo,
		To: m.To, Cc: m.Cc, Attachments: m.Attachments, Tickets: m.Tickets, Tokens: m.Tokens, Forward: m.Forward, Invitation: m.Invitation,
		Bounce: m.Bounce, Encrypted: m.Encrypted, Signed: m.Signed}
	if !m.Date.IsZero() {
		g.Date = m.Date.Format(time.RFC3339)
	}
	if m.Auto.Automatic() {
		g.Auto = &m.Auto
	}
	if v := m.Header.Verdict(func(server string) bool { return server == "mx.receiver.test" }); v != (Verdict{}) {
		g.Verdict = &v
	}
	g.Visible, g.Quoted = m.Words()
	if m.HTML != "" {
		v, q := m.Page()
		opts := SanitizeOptions{CID: func(cid string) string { return "/files/" + cid }}
		g.HTML, g.HTMLQuoted = Sanitize(v, opts), Sanitize(q, opts)
	}
	if m.Forward != nil {
		above, text, html := m.SentOn()
		g.SentOn = []string{above, text, Sanitize(html, SanitizeOptions{})}
	}
	for _, f := range m.Faults {
		g.Faults = append(g.Faults, f.String())
	}
	return g
}

// TestGolden reads every mail of the corpus. A mail that was read wrong in the field becomes a file here.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(files) < 40 {
		t.Fatalf("corpus: %d mails, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".eml"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			enc := json.NewEncoder(&b)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", "  ")
			if err := enc.Encode(goldenOf(Parse(raw))); err != nil {
				t.Fatal(err)
			}
			want := strings.TrimSuffix(file, ".eml") + ".json"
			if *update {
				if err := os.WriteFile(want, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			have, err := os.ReadFile(want)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(have, b.Bytes()) {
				t.Errorf("read differently than %s:\n%s", want, b.Bytes())
			}
		})
	}
}

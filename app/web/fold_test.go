package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

// mailed opens a ticket by a mail with these words.
func mailed(s *apptest.Shop, id, text, html string, meta desk.Meta) (ticket, message string) {
	s.T.Helper()
	meta.Mail = &desk.MailMeta{Cut: strings.Contains(id, "cut")}
	got, err := s.Desk.Receive(s.T.Context(), desk.System, desk.Incoming{InboxID: s.Mailbox.ID, Identity: desk.Identity{Channel: desk.Email, ExternalID: "li@customer.example"},
		Customer: desk.Customer{Email: "li@customer.example"}, ExternalID: id, Text: text, HTML: html, Meta: meta, Ticket: &desk.NewTicket{Subject: id, Origin: "mail"}})
	s.Must(err)
	c, err := s.Desk.Conversation(s.T.Context(), desk.System, got.ConversationID)
	s.Must(err)
	return "/tickets/" + c.Ticket.ID.String(), "/messages/" + got.ID.String()
}

// The first lines of a long text stand in the log, and the rest comes on a press; together they are the text.
func TestLongTextsAreFolded(t *testing.T) {
	s := apptest.Open(t)
	lines := make([]string, 5000)
	for i := range lines {
		lines[i] = fmt.Sprint("line ", i+1)
	}
	ticket, message := mailed(s, "cut@x", strings.Join(lines, "\n"), "", desk.Meta{})
	page := s.Bo.Get(ticket).Has(".msg .text", "line 40").HasNot(".msg .text", "line 41").Has(`.msg a[href="`+message+`/rest"]`, "Show all 5000 lines")
	if n := len(page.Body); n > 200_000 {
		t.Errorf("the page has %d bytes", n)
	}
	s.Bo.Get(message+"/rest").Has(".text", "line 41").Has(".text", "line 5000").HasNot(".text", "line 40 ").Has("p", "The mail goes on")
	inChinese(s)
	s.Alice.Get(ticket).Has(".more-words", "显示全部 5000 行")

	ticket, message = mailed(s, "words@x", strings.Repeat("word ", 4000), "", desk.Meta{})
	s.Bo.Get(ticket).Has(".more-words", "Show all of it")
	s.Bo.Get(message+"/rest").HasNot("p", "The mail goes on")
	ticket, message = mailed(s, "short@x", strings.Join(lines[:80], "\n"), "", desk.Meta{})
	s.Bo.Get(ticket).Has(".msg .text", "line 80").HasNot(".more-words", "")
	s.Bo.Get(message + "/rest").Status(http.StatusNotFound)
}

// What a mail quotes is folded below its writer's own words, in text and in HTML, and can be read on a press.
func TestWhatAMailQuotesIsFolded(t *testing.T) {
	s := apptest.Open(t)
	ticket, message := mailed(s, "text@x", "Yes, please.", "", desk.Meta{Quoted: "> Shall we send it?"})
	s.Bo.Get(ticket).Has(".msg .text", "Yes, please.").Has(".msg .quoted summary", "•••").HasNot(".msg", "Shall we send it?")
	s.Bo.Get(message+"/quoted").Has(".text", "> Shall we send it?")

	const answer = `<p>Yes, please. <a href="https://evil.example/x" title="Your bank">bank.example</a></p><div class="gmail_quote"><blockquote>Shall we send it?<img src="https://tracker.example/x.png"><script>alert(1)</script></details></blockquote></div>`
	ticket, message = mailed(s, "html@x", "Yes, please.", answer, desk.Meta{Quoted: "> Shall we send it?"})
	s.Bo.Get(ticket).HasNot(".msg .quoted", "")
	page := s.Bo.Get(message+"/html").Has("p", "Yes, please.").HasNot("details p", "").Has("details.deskbell-fold blockquote", "Shall we send it?").HasNot("script", "").
		Has(`details img[data-remote-src]`, "").Has(`summary`, "•••")
	if leads := page.Has("a", "bank.example [evil.example]").Attr("a", "title"); leads != "https://evil.example/x" {
		t.Errorf("the link says that it leads to %q", leads)
	}
	if all, within := page.All("blockquote"), page.All("details blockquote"); len(all) != len(within) {
		t.Errorf("%d of %d quotations are folded", len(within), len(all))
	}
	inChinese(s)
	if words := s.Alice.Get(message+"/html").Attr("summary", "aria-label"); words != "显示邮件引用的内容" {
		t.Errorf("it is called %q", words)
	}
	// What was sent on is there to be read.
	_, message = mailed(s, "forward@x", "See below. Shall we send it?", answer, desk.Meta{})
	s.Bo.Get(message+"/html").HasNot("details", "").Has("blockquote", "Shall we send it?")
	s.Bo.Get(message + "/quoted").Status(http.StatusNotFound)
}

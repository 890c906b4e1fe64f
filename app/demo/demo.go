// Package demo is the made-up tea shop of `deskbell demo`: people and past conversations in both languages, a shop page that
// carries the widget, and the mailboxes of its customers on a mail provider of its own (package mailbox), so that every main
// flow can be tried with nothing else installed. Nothing of it is reachable when the program serves for real.
//
// seed.go fills an empty desk through the desk's own verbs: company.go says how the shop works, past.go and today.go what was said.
// pages.go are the pages, picture.go paints a tea field and stickers.
package demo

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"deskbell/app/demo/mailbox"
	"deskbell/app/desk"
	"deskbell/app/view"
)

// Login is who may log in to the demo; all its agents have this password.
const (
	Login    = "alice@tea.example"
	Password = "west lake spring"
)

const support = "support@tea.example"

var accounts = []mailbox.Account{
	{Address: support, Name: "West Lake Tea", Password: Password, Language: "en"},
	{Address: "maria@customer.example", Name: "Maria Kovács", Password: Password, Language: "en"},
	{Address: "lilei@customer.example", Name: "李雷", Password: Password, Language: "zh-CN"},
	{Address: "tom@customer.example", Name: "Tom Okafor", Password: Password, Language: "en"},
	{Address: "wangfang@customer.example", Name: "王芳", Password: Password, Language: "zh-CN"},
	{Address: "sophie@customer.example", Name: "Sophie Brandt", Password: Password, Language: "en"},
	// The agents', for what the desk itself writes to them.
	{Address: Login, Name: "Alice", Password: Password, Language: "en"},
	{Address: "bo@tea.example", Name: "Bo", Password: Password, Language: "en"},
	{Address: "chen@tea.example", Name: "陈晨", Password: Password, Language: "zh-CN"},
}

const agents = 3 // of the accounts, the last

// Demo is the tea shop around a desk.
type Demo struct {
	Widget *desk.Inbox

	desk  *desk.Desk
	views *view.Views
	mail  *mailbox.Servers
}

// Start fills the desk if it is empty, starts the mail provider and points the shop's mailbox to it. The provider stops with ctx.
func Start(ctx context.Context, d *desk.Desk, v *view.Views) (*Demo, error) {
	servers, err := mailbox.Start(ctx, accounts)
	if err != nil {
		return nil, err
	}
	m := &Demo{desk: d, views: v, mail: servers}
	empty, err := d.NeedsSetup(ctx, desk.System)
	if err != nil {
		return nil, err
	}
	if empty {
		if err := m.seed(ctx); err != nil {
			return nil, fmt.Errorf("fill the demo: %w", err)
		}
	}
	if _, err := m.point(ctx, 0); err != nil {
		return nil, err
	}
	if empty {
		if err := m.letters(ctx); err != nil {
			return nil, err
		}
	}
	widgets, err := d.Inboxes(ctx, desk.System, desk.Webchat)
	if err != nil || len(widgets) == 0 {
		return nil, fmt.Errorf("the demo's data folder holds no widget: %w", err)
	}
	m.Widget = widgets[0]
	return m, nil
}

// point tells the shop's mailbox where the provider of this run listens, making it, for a team, when it is missing.
func (m *Demo) point(ctx context.Context, team desk.TeamID) (desk.InboxID, error) {
	box := desk.Mailbox{Address: support, Signature: "West Lake Tea · Hangzhou"}
	for at, server := range map[string]*desk.MailServer{m.mail.IMAP: &box.IMAP, m.mail.SMTP: &box.SMTP} {
		host, port, err := net.SplitHostPort(at)
		if err != nil {
			return 0, err
		}
		server.Host, server.Security = host, "none"
		if server.Port, err = strconv.Atoi(port); err != nil {
			return 0, err
		}
	}
	if err := box.Check(); err != nil {
		return 0, err
	}
	in := desk.SavedInbox{Channel: desk.Email, Name: "Support", Enabled: true, TeamID: team, Settings: box, Secrets: desk.MailboxSecrets{IMAP: Password, SMTP: Password}}
	inboxes, err := m.desk.Inboxes(ctx, desk.System, desk.Email)
	if err != nil {
		return 0, err
	}
	for _, old := range inboxes {
		if has, err := desk.MailboxOf(old); err == nil && has.Address == support {
			in.ID, in.Name, in.TeamID = old.ID, old.Name, old.TeamID
		}
	}
	saved, err := m.desk.SaveInbox(ctx, desk.System, in)
	if err != nil {
		return 0, err
	}
	return saved.ID, nil
}

// letters are the mails that wait for the newcomer: they come in by IMAP like any other and become the first tickets.
func (m *Demo) letters(ctx context.Context) error {
	for _, l := range []mailbox.Draft{
		{From: "maria@customer.example", To: support, Subject: "Order 20931 arrived with a broken lid", Text: "Hello,\n\nthe teapot of order 20931 is lovely, but its lid came in two pieces. A picture is attached.\nCan you send me a new one?\n\nMaria Kovács", Files: []mailbox.File{{Name: "lid.jpg", Data: teaField()}}},
		{From: "lilei@customer.example", To: support, Subject: "发票抬头修改", Text: "您好，\n\n订单 20877 的发票抬头请改为“西湖茶文化有限公司”，谢谢！\n\n李雷"},
	} {
		if _, err := m.mail.Send(ctx, l); err != nil {
			return fmt.Errorf("write the demo's mails: %w", err)
		}
	}
	return nil
}

package email

import (
	"context"
	"crypto/tls"
	"strings"
	"sync"
	"time"

	"deskbell/app/channel"
)

// checkWait bounds a check of one server, so that the form's button always answers.
const checkWait = 25 * time.Second

// check logs in to both servers of a mailbox, opens its folder, and tells everything that is wrong. No mail is read or sent.
func check(ctx context.Context, dial dialFunc, m mailbox, trust *tls.Config) []*channel.Problem {
	ctx, cancel := context.WithTimeout(ctx, checkWait)
	defer cancel()
	var imapProblem, smtpProblem *channel.Problem
	var both sync.WaitGroup
	both.Go(func() { imapProblem = checkIMAP(ctx, dial, m.imap, trust) })
	both.Go(func() { smtpProblem = checkSMTP(ctx, dial, m.smtp, heloName(m.Address), trust) })
	both.Wait()
	var problems []*channel.Problem
	for _, p := range []*channel.Problem{imapProblem, smtpProblem} {
		if p != nil {
			problems = append(problems, p)
		}
	}
	return problems
}

func checkIMAP(ctx context.Context, dial dialFunc, s Server, trust *tls.Config) *channel.Problem {
	c, err := connect(ctx, dial, s, trust)
	if err != nil {
		return explain("imap", s, err)
	}
	defer c.close()
	if _, err := c.open(s.Folder, false); err != nil {
		return explain("imap", s, err)
	}
	return nil
}

func checkSMTP(ctx context.Context, dial dialFunc, s Server, helo string, trust *tls.Config) *channel.Problem {
	t, err := openSMTP(ctx, dial, s, helo, trust)
	if err != nil {
		return explain("smtp", s, err)
	}
	t.close()
	return nil
}

// heloName is the name we give in EHLO: the domain of the mailbox. The machine's own name is nobody's business.
func heloName(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	if domain == "" || !ascii(domain) || strings.ContainsAny(domain, " \t\r\n") {
		return "localhost"
	}
	return domain
}

package mail

import (
	"regexp"
	"strings"
)

// Reports that follow no standard are known by who sends them and by their words, and read by their addresses
// and codes.

var (
	statusCode  = regexp.MustCompile(`\b[245]\.\d{1,3}\.\d{1,3}\b`)
	replyCode   = regexp.MustCompile(`(?:^|[^\d.])([45]\d\d)[ -]`)
	anyAddress  = regexp.MustCompile(`[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`)
	copiedID    = regexp.MustCompile(`(?im)^[ >]*message-id:[ \t]*\r?\n?[ \t>]*<([^<>\s]+)>`)
	bounceTitle = regexp.MustCompile(`(?i)(undeliver(ed|able)|delivery (status notification|failure|has failed|delayed|incomplete|problem|report)|mail delivery (failed|failure|system|error|subsystem)|returned (mail|to sender)|failure notice|could not be delivered|message not delivered|non[- ]?remis|unzustellbar|nicht zugestellt|no se pudo entregar|no entregado|échec de la remise|non distribué|warning: message .+ delayed|` +
		`退信|系统退信|邮件被退回|投递失败|未送达|无法投递|无法送达|寄送失敗|無法傳遞|郵件退回|配信不能|配達不能|届けることができません)`)
)

// form is one kind of free-form report.
type form struct {
	by    string
	start *regexp.Regexp // the words that give it away
	copy  *regexp.Regexp // where the copy of the mail begins, or nil
}

var forms = []form{
	{"qmail", regexp.MustCompile(`(?i)this is the qmail-send program|i'm afraid i wasn't able to deliver your message`), regexp.MustCompile(`(?i)^-{2,} *below this line is a copy of the message`)},
	{"exim", regexp.MustCompile(`(?i)created automatically by mail delivery software`), regexp.MustCompile(`(?i)^-{2,} *this is a copy of (the|your) message`)},
	{"exchange", regexp.MustCompile(`(?i)delivery has failed to these recipients|did not reach (some or all of )?the intended recipients?|the following recipient\(s\) (could not|cannot) be reached|您的邮件(未|没有)(到达|传递给)|未能(传递|送达)(到|给)?(以下|这些)(收件人|人员)|(diese|folgende) empfänger .*nicht`), regexp.MustCompile(`(?i)^(original message headers|原始邮件(头|标题))`)},
	{"gmail", regexp.MustCompile(`(?i)your message wasn't delivered to|there was a (temporary )?problem (while )?delivering your message|\*\* (address not found|message not delivered|message blocked|delivery incomplete) \*\*`), nil},
	{"sendmail", regexp.MustCompile(`(?i)the following addresses had (permanent|transient|delivery)|the original message was received at`), regexp.MustCompile(`(?i)^ *-{3,} *(original|unsent) message`)},
	{"qq", regexp.MustCompile(`您(发送的|的)?邮件被退回|很抱歉您(发送的)?邮件被退回|抱歉，?您的邮件被退回来了|抱歉，?(您的)?邮件被退回|退信原因|系统退信|以下收件人(的邮件)?(发送|投递)失败|无法(送达|投递)(到|至)?以下|收件人.*(不存在|拒收|邮箱已满)`), nil},
	{"postfix", regexp.MustCompile(`(?i)this is the mail system at host|this is the .+program at host`), nil},
}

// freeBounce reads a report of no standard form; nil when the mail is none.
func freeBounce(m *Message) *Bounce {
	failed := failedRecipients(m)
	sender := m.Writer().Addr
	local := strings.ToLower(sender[:max(strings.LastIndexByte(sender, '@'), 0)])
	daemon := local == "mailer-daemon" || local == "postmaster" || local == "mailerdaemon" || local == "mail-daemon" ||
		strings.HasPrefix(local, "microsoftexchange") || m.ReturnPath != nil && m.ReturnPath.Addr == ""
	title := bounceTitle.MatchString(m.Subject)
	text := m.Text[:min(len(m.Text), 128<<10)]
	f, found := formOf(text)
	switch {
	case len(failed) > 0 && (daemon || title || found):
	case !found && !(daemon && title):
		return nil
	case found && !daemon && !title: // somebody who quotes a report
		return nil
	}
	if f.copy != nil {
		text = beforeCopy(text, f.copy)
	}
	b := &Bounce{By: f.by}
	if b.By == "" {
		b.By = "subject and sender"
	}
	b.Failures = readFailures(text, failed, sender, fateOf(m.Subject, len(failed) > 0))
	return b
}

// fateOf reads from a report's title whether its recipients were given up (failed) or are still tried (delayed); empty: it does not say.
// X-Failed-Recipients stand only in reports of those that were given up.
func fateOf(title string, given bool) string {
	switch {
	case delayedTitle.MatchString(title):
		return "delayed"
	case given || finalTitle.MatchString(title):
		return "failed"
	}
	return ""
}

var finalTitle = regexp.MustCompile(`(?i)fail|return|undeliver|could not be|not delivered|unzustellbar|nicht zugestellt|退信|退回|失败|失敗|未送达`)

var delayedTitle = regexp.MustCompile(`(?i)delay|verzöger|retardé|延迟|延遲|warning: |incomplete`)

func formOf(text string) (form, bool) {
	for _, f := range forms {
		if f.start.MatchString(text) {
			return f, true
		}
	}
	return form{}, false
}

// failedRecipients reads X-Failed-Recipients, which Exim and Gmail send.
func failedRecipients(m *Message) []string {
	var out []string
	for _, v := range m.Header.All("X-Failed-Recipients") {
		for _, a := range parseAddresses(v, "") {
			if a.Addr != "" && len(out) < maxFailures {
				out = append(out, a.Addr)
			}
		}
	}
	return out
}

func beforeCopy(text string, mark *regexp.Regexp) string {
	at := 0
	for _, l := range strings.SplitAfter(text, "\n") {
		if mark.MatchString(l) {
			return text[:at]
		}
		at += len(l)
	}
	return text
}

// readFailures finds the recipients in the words of a report and, for each, the lines that say why.
func readFailures(text string, known []string, sender, fate string) []Failure {
	lines := strings.Split(text, "\n")
	var out []Failure
	seen := map[string]bool{strings.ToLower(sender): true, "": true}
	add := func(addr string, at int) {
		if addr = cleanAddr(addr); addr == "" || seen[strings.ToLower(addr)] || len(out) >= maxFailures {
			return
		}
		seen[strings.ToLower(addr)] = true
		out = append(out, failureAt(lines, at, addr, fate))
	}
	for _, k := range known {
		at := -1
		for i, l := range lines {
			if strings.Contains(strings.ToLower(l), strings.ToLower(k)) {
				at = i
				break
			}
		}
		add(k, at)
	}
	if len(known) == 0 {
		for i, l := range lines {
			if kind, _ := headField(l); kind == "from" || len(l) > 2000 {
				continue
			}
			if a := anyAddress.FindString(l); a != "" && (len(out) == 0 || strings.HasPrefix(strings.TrimSpace(l), "<")) {
				add(strings.TrimLeft(a, "'"), i)
			}
		}
	}
	if len(out) == 0 {
		out = append(out, failureAt(lines, 0, "", fate))
	}
	return out
}

// failureAt reads the reason from the lines at and below an address.
func failureAt(lines []string, at int, addr, fate string) Failure {
	f := Failure{Recipient: addr}
	var words []string
	best := ""
	for i := max(at, 0); i < len(lines) && i < max(at, 0)+30; i++ {
		l := strings.TrimSpace(lines[i])
		if i > at && strings.HasPrefix(l, "<") && strings.HasSuffix(l, ">:") { // the next recipient
			break
		}
		coded := statusCode.MatchString(l) || replyCode.MatchString(l)
		if coded && best == "" {
			best = strings.Join(append(words[max(0, len(words)-1):], strings.TrimSpace(strings.Join(lines[i:min(i+2, len(lines))], " "))), " ")
			if replyCode.MatchString(l) && !strings.Contains(l, addr) {
				best = l
				if i+1 < len(lines) && strings.TrimSpace(lines[i+1]) != "" {
					best += " " + strings.TrimSpace(lines[i+1])
				}
			}
		}
		if l != "" && l != addr && len(words) < 6 {
			words = append(words, l)
		}
	}
	if best == "" {
		best = strings.Join(words, " ")
	}
	f.Diagnostic = diagnostic(best)
	if f.Status = statusCode.FindString(best); f.Status == "" {
		if g := replyCode.FindStringSubmatch(best); g != nil {
			f.Status = g[1][:1] + ".0.0"
		}
	}
	switch f.Action = fate; { // which counts more than the status: that is of the last attempt, also when no other will follow
	case fate != "":
	case strings.HasPrefix(f.Status, "4"):
		f.Action = "delayed"
	default:
		f.Action = "failed"
	}
	return f
}

func actionOf(status string) string {
	switch {
	case strings.HasPrefix(status, "2"):
		return "delivered"
	case strings.HasPrefix(status, "4"):
		return "delayed"
	}
	return "failed"
}

// quotedID finds the id of the original mail in the copy that a report carries.
func quotedID(text string) string {
	if g := copiedID.FindStringSubmatch(text[:min(len(text), 512<<10)]); g != nil {
		return cleanID(g[1])
	}
	return ""
}

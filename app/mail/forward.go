package mail

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Forward is the head of a mail that somebody sent on to us: the one to answer may be its author.
type Forward struct {
	From    Address `json:"from"`
	Subject string  `json:"subject,omitempty"`
	Date    string  `json:"date,omitempty"` // as it stands in the mail
}

var (
	forwardSubject = regexp.MustCompile(`(?i)^\s*(fwd?|wg|tr|rv|i|enc|転送|转发|轉寄|轉發|回复:\s*转发)\s*[:：]`)
	forwardMark    = regexp.MustCompile(`(?i)^[\s>*_-]*(-{2,}\s*forwarded (message|by .*)\s*-*|begin forwarded message:?|-{2,}\s*(转发邮件信息|转发的邮件|转发邮件|轉寄的郵件|轉寄郵件|轉寄訊息)\s*-*|-{2,}\s*weitergeleitete nachricht\s*-*|anfang der weitergeleiteten (nachricht|e-mail):?|-{2,}\s*message transféré\s*-*|début du message (réexpédié|transféré)\s*:?|-{2,}\s*mensaje reenviado\s*-*|inicio del mensaje reenviado:?|-{2,}\s*転送メッセージ\s*-*)[\s*_-]*$`)
	headLine       = regexp.MustCompile(`(?i)^[\s>*|]*(` + strings.Join(slices.Collect(maps.Keys(headWords)), "|") + `)\*?\s?[:：]\*?\s*(.*)$`)
)

// headWords are what mail programs write in the head of an older mail, and the field that it is.
var headWords = func() map[string]string {
	words := map[string]string{}
	for kind, list := range map[string]string{
		"from":    "from|von|de|da|van|od|от|от кого|від|från|fra|lähettäjä|feladó|kimden|gönderen|差出人|送信元|发件人|发　件　人|发 件 人|寄件者|寄件人|發件人|보낸 사람|보낸사람",
		"to":      "to|an|à|para|a|per|aan|do|кому|till|til|vastaanottaja|címzett|kime|alıcı|收件人|收　件　人|收 件 人|收件者|宛先|받는 사람|받는사람",
		"cc":      "cc|kopie|копия|dw|kopia|kopi|bilgi|抄送|抄　送|抄 送|副本|참조",
		"subject": "subject|betreff|objet|asunto|oggetto|assunto|onderwerp|тема|temat|ämne|emne|aihe|tárgy|konu|件名|主题|主　题|主 题|主旨|主題|제목",
		"date": "date|sent|datum|gesendet|envoyé|envoyé le|fecha|enviado|enviado el|enviada em|inviato|data|verzonden|отправлено|дата|wysłano|skickat|sendt|lähetetty|küldve|gönderildi|tarih|" +
			"日期|日　期|日 期|发送时间|发件时间|时间|发送日期|傳送日期|寄件日期|日時|送信日時|보낸 날짜|보낸날짜|날짜",
	} {
		for word := range strings.SplitSeq(list, "|") {
			words[word] = kind
		}
	}
	return words
}()

// isForward tells whether the subject says that the mail was sent on.
func isForward(subject string) bool { return forwardSubject.MatchString(subject) }

// readForward finds the original author of a mail that was sent on: in a mail attached to it, or in the head
// that mail programs write above the forwarded text.
func readForward(m *Message, inner *Header) *Forward {
	if m.Bounce != nil {
		return nil
	}
	if inner != nil && (isForward(m.Subject) || strings.TrimSpace(m.Text) == "") {
		list := parseAddresses(inner.Get("From"), "")
		if len(list) > 0 && list[0].Addr != "" {
			return &Forward{From: list[0], Subject: oneLine(inner.Text("Subject")), Date: oneLine(inner.Get("Date"))}
		}
	}
	f, _, _ := forwardHead(strings.Split(m.Text[:min(len(m.Text), 256<<10)], "\n"), m.Subject)
	return f
}

// forwardHead finds the head that mail programs write above what is sent on: it begins at the line from, with its mark where it has
// one, and what was sent on at the line to.
func forwardHead(lines []string, subject string) (f *Forward, from, to int) {
	for i, l := range lines {
		if len(l) < 200 && forwardMark.MatchString(l) {
			if f, n := readForwardHead(lines[i+1:]); f != nil {
				return f, i, i + 1 + n
			}
		}
	}
	if !isForward(subject) {
		return nil, 0, 0
	}
	for i, l := range lines {
		if kind, _ := headField(l); kind == "from" {
			if f, n := readForwardHead(lines[i:]); f != nil {
				for i > 0 && (strings.Trim(lines[i-1], " -_=*>\t\u00a0") == "" || isSeparator(lines[i-1])) {
					i, n = i-1, n+1
				}
				return f, i, i + n
			}
		}
	}
	return nil, 0, 0
}

// SentOn parts a mail that was sent on: what was written above it, and what was sent on, as text and as HTML. Of a mail that is attached
// there is only what was written above; the HTML is empty where the two cannot be told apart.
func (m *Message) SentOn() (above, text, html string) {
	lines := strings.Split(m.Text, "\n")
	f, from, to := forwardHead(lines[:min(len(lines), 5000)], m.Subject)
	if f == nil {
		return m.Text, "", ""
	}
	above, _ = Trim(strings.Trim(strings.Join(lines[:from], "\n"), "\n"))
	return above, strings.Trim(strings.Join(unquoted(lines[to:]), "\n"), "\n"), sentOnHTML(m.HTML, m.Subject)
}

// unquoted takes a level of quotation off lines that all have one, as Apple's program sends them on.
func unquoted(lines []string) []string {
	if slices.ContainsFunc(lines, func(l string) bool { return strings.TrimSpace(l) != "" && !strings.HasPrefix(l, ">") }) {
		return lines
	}
	bare := make([]string, len(lines))
	for i, l := range lines {
		bare[i] = strings.TrimPrefix(strings.TrimPrefix(l, ">"), " ")
	}
	return bare
}

// readForwardHead reads the lines "From: …", "Subject: …" below a mark, and counts them.
func readForwardHead(lines []string) (*Forward, int) {
	var f Forward
	end := 0
	for i, l := range lines {
		kind, v := headField(l)
		if i > 15 || kind == "" && strings.TrimSpace(strings.Trim(l, "> -_")) != "" && f.From.Addr != "" {
			break
		}
		if kind != "" {
			end = i + 1
		}
		switch kind {
		case "from":
			v = strings.NewReplacer("[mailto:", "<", "]", ">", "*", "", "（", "(", "）", ")").Replace(v)
			if list := parseAddresses(v, ""); len(list) > 0 && f.From.Addr == "" {
				f.From = list[0]
				f.From.shorten()
			}
		case "subject":
			f.Subject = oneLine(v)
		case "date":
			f.Date = oneLine(v)
		}
	}
	if f.From.Addr == "" {
		return nil, 0
	}
	return &f, end
}

// headField reads a line such as "发件人：Li <li@example.com>" and names the field in English.
func headField(line string) (kind, value string) {
	if len(line) > 2000 || !strings.ContainsAny(line, ":：") {
		return "", ""
	}
	g := headLine.FindStringSubmatch(line)
	if g == nil {
		return "", ""
	}
	return headWords[strings.ToLower(g[1])], strings.TrimSpace(g[2])
}

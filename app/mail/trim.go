package mail

import (
	"regexp"
	"strings"
)

// Trim parts what somebody wrote from what a program put below it: quoted history and signatures. Nothing is
// lost: quoted holds what visible does not. When nothing would be left to see, all is visible. Answers written
// between quoted lines stay where they are.
func Trim(text string) (visible, quoted string) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if len(text) > maxTrim {
		return trimLong(text)
	}
	lines := strings.Split(text, "\n")
	if v, q, ok := bottomPost(lines); ok {
		answer := strings.Split(v, "\n")
		if above, sig := cutAt(answer, cutLine(answer)); strings.TrimSpace(above) != "" && sig != "" {
			return above, q + "\n" + sig
		}
		return v, q
	}
	visible, quoted = cutAt(lines, cutLine(lines))
	if strings.TrimSpace(visible) == "" {
		return strings.Trim(text, "\n"), ""
	}
	return visible, quoted
}

// trimLong parts a text of which only the beginning is searched. What lies behind that belongs to what the beginning ends in.
func trimLong(text string) (visible, quoted string) {
	at := strings.LastIndexByte(text[:maxTrim], '\n') + 1
	if visible, quoted = Trim(text[:at]); quoted == "" {
		return strings.Trim(text, "\n"), ""
	}
	return visible, quoted + "\n" + strings.TrimRight(text[at:], "\n")
}

func cutAt(lines []string, n int) (visible, quoted string) {
	for at := n; at > 0 && (strings.TrimSpace(lines[at-1]) == "" || strings.TrimSpace(lines[at-1]) == "&nbsp;"); at-- { // QQ writes it into text
		n = at - 1
	}
	return strings.TrimRight(strings.Trim(strings.Join(lines[:n], "\n"), "\n"), " \n\t"), strings.Trim(strings.Join(lines[n:], "\n"), "\n")
}

// Hostile texts are long and full of lines that look like marks: only so much is searched.
const (
	maxTrim  = 512 << 10 // bytes from the top that are searched for marks
	maxTries = 300       // lines that are looked at closely
)

// cutLine returns the first line of what is folded, len(lines) for none.
func cutLine(lines []string) int {
	n, size, tries := len(lines), 0, 0
	for i := range lines {
		if size += len(lines[i]) + 1; size > maxTrim {
			break
		}
		if isForwardMark(lines[i]) {
			return n // what follows was sent on for us to read
		}
		if at, ok := historyAt(lines, i, &tries); ok {
			if answersBetween(lines, at) {
				return n
			}
			return signatureBefore(lines, aboveHead(lines, i))
		}
		if isSignature(lines, i, &tries) {
			return trailingQuote(lines[:i])
		}
	}
	return signatureBefore(lines, trailingQuote(lines))
}

// historyAt tells whether quoted history begins at line i, and where its first quoted line is.
func historyAt(lines []string, i int, tries *int) (first int, ok bool) {
	l := strings.TrimSpace(lines[i])
	if l == "" || len(l) > 1000 {
		return 0, false
	}
	if isSeparator(l) {
		return i + 1, true
	}
	if *tries > maxTries {
		return 0, false
	}
	if isRule(l) { // the line that Outlook and Aliyun draw above the head
		*tries++
		return i + 1, headBlock(lines, i+1)
	}
	if kind, _ := headField(l); kind == "from" {
		*tries++
		if headBlock(lines, i) {
			return i, true
		}
	}
	return attribution(lines, i, tries)
}

var separator = regexp.MustCompile(`(?i)^[\s*]*(-{2,}|_{2,}|={2,}|—{2,})\s*(original|original message|original email|original appointment|reply message|ursprüngliche nachricht|original[- ]?nachricht|message d'origine|message original|mensaje original|messaggio originale|oorspronkelijk bericht|mensagem original|元のメッセージ|original message follows|` +
	`原始邮件|原邮件|邮件原文|原始郵件|原始信件|回复的原邮件|回复的邮件|答复的邮件|回复邮件|回覆的郵件|回复的原始邮件|回复|исходное сообщение|пересылаемое сообщение|원본 메시지)\s*[:：]?\s*(-{2,}|_{2,}|={2,}|—{2,})?[\s*]*$`)

// lotus are the lines that Notes puts above the older mail: "-----Li Lei/ACME wrote: -----", "Li Lei ---02/11/2026 14:00:00---its first words".
var lotus = regexp.MustCompile(`(?i)^[\s*]*(-{3,}\s?.{1,100}\s(wrote|schrieb|a écrit|escribió|写道)\s?:\s?-{3,}|.{1,100}\s-{3}\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\s\d{1,2}:\d{2}(:\d{2})?(\s[ap]m)?-{3}.*)$`)

var bareSeparator = regexp.MustCompile(`(?i)^(原始邮件|原始郵件|---原始邮件---|original message)\s*[:：]?$`)

func isSeparator(l string) bool {
	l = strings.TrimSpace(strings.ReplaceAll(l, "\u00a0", " "))
	return len(l) < 200 && (separator.MatchString(l) || bareSeparator.MatchString(l) || strings.Contains(l, "---") && lotus.MatchString(l))
}

func isForwardMark(l string) bool { return len(l) < 200 && forwardMark.MatchString(l) }

// headBlock tells whether the lines from i are the head of an older mail, as Outlook and its like write it:
// From, and Date, To or Subject within the next lines.
func headBlock(lines []string, i int) bool {
	if i >= len(lines) {
		return false
	}
	for i < len(lines)-1 && strings.TrimSpace(lines[i]) == "" {
		i++
	}
	if kind, v := headField(lines[i]); kind != "from" || v == "" {
		return false
	}
	have := map[string]bool{}
	for j, n := i+1, 0; j < len(lines) && n < 6; j++ {
		if strings.TrimSpace(lines[j]) == "" {
			continue
		}
		n++
		kind, _ := headField(lines[j])
		have[kind] = true
	}
	return have["date"] && (have["to"] || have["subject"]) || have["to"] && have["subject"]
}

// isRule tells a line across the page, as it is drawn in text.
func isRule(l string) bool { return len(l) >= 5 && strings.Trim(l, "_-") == "" }

// aboveHead moves a cut upwards over the line with nothing but an address that Foxmail writes above the head, and the rule above that.
func aboveHead(lines []string, at int) int {
	address := false
	for i := at - 1; i >= 0 && i > at-7; i-- {
		l := strings.Trim(lines[i], " \t\u00a0")
		switch {
		case l == "", l == "&nbsp;":
		case !address && !strings.ContainsAny(l, " \t") && cleanAddr(l) != "":
			address, at = true, i
		case isRule(l):
			return i
		default:
			return at
		}
	}
	return at
}

// answersBetween tells whether somebody wrote between or below the quoted lines from first on.
func answersBetween(lines []string, first int) bool {
	for first < len(lines) && strings.TrimSpace(lines[first]) == "" {
		first++
	}
	if first >= len(lines) || !isQuoteLine(lines[first]) {
		return false
	}
	return hasOwnWords(lines[first:])
}

// hasOwnWords tells whether there is a line that is neither quoted, blank nor of a signature.
func hasOwnWords(lines []string) bool {
	before, tries := "", 0
	for i, l := range lines {
		if isSignature(lines, i, &tries) {
			return false
		}
		if strings.TrimSpace(l) != "" && !isQuoteLine(l) && !wrapped(before, l) {
			return true
		}
		before = l
	}
	return false
}

// wrapped tells whether a line is only the rest of a quoted one that some program broke.
func wrapped(before, l string) bool { return isQuoteLine(before) && len(before) >= 68 && len(l) < 40 }

func isQuoteLine(l string) bool {
	l = strings.TrimLeft(l, " \t")
	return strings.HasPrefix(l, ">") || strings.HasPrefix(l, "＞") || strings.HasPrefix(l, "&gt;")
}

// trailingQuote returns where the quoted lines at the end of a mail begin.
func trailingQuote(lines []string) int {
	n := len(lines)
	at := n
	for i := n - 1; i >= 0; i-- {
		switch {
		case strings.TrimSpace(lines[i]) == "":
		case isQuoteLine(lines[i]):
			at = i
		default:
			return at
		}
	}
	return at
}

// bottomPost parts a mail that is one quotation with the answer below it.
func bottomPost(lines []string) (visible, quoted string, ok bool) {
	i := 0
	for i < len(lines) && strings.TrimSpace(lines[i]) == "" {
		i++
	}
	if i == len(lines) {
		return "", "", false
	}
	if first, found := attribution(lines, i, new(int)); found {
		for i = first; i < len(lines) && strings.TrimSpace(lines[i]) == ""; i++ {
		}
	}
	if i >= len(lines) || !isQuoteLine(lines[i]) {
		return "", "", false
	}
	for i < len(lines) && (isQuoteLine(lines[i]) || strings.TrimSpace(lines[i]) == "") {
		i++
	}
	rest := lines[i:]
	for _, l := range rest {
		if isQuoteLine(l) { // answers between the quoted lines
			return "", "", false
		}
	}
	visible = strings.Trim(strings.Join(rest, "\n"), " \n\t")
	return visible, strings.Trim(strings.Join(lines[:i], "\n"), "\n"), strings.TrimSpace(visible) != ""
}

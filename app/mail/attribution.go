package mail

import (
	"regexp"
	"strings"
)

// attributions are the lines above a quotation: "On …, X wrote:".
var attributions = []*regexp.Regexp{
	regexp.MustCompile(`(?is)^[>\s*]*on\s.+\swrote\s*:?\s*$`),
	regexp.MustCompile(`(?is)^[>\s*]*.+<[^<>\s]+@[^<>\s]+>\s*(wrote|writes|schrieb|a écrit|escribió|ha scritto|写道|寫道|于.+写道)\s*[:：]\s*$`),
	regexp.MustCompile(`(?is)^[>\s*]*(am|den)\s.+\sschrieb\b.*:\s*$`),
	regexp.MustCompile(`(?is)^[>\s*]*.+\sschrieb\s+(am|on)\s.+:\s*$`),
	regexp.MustCompile(`(?is)^[>\s*]*le\s.+\sa\sécrit\s*:?\s*$`),
	regexp.MustCompile(`(?is)^[>\s*]*el\s.+\sescribió\s*:?\s*$`),
	regexp.MustCompile(`(?is)^[>\s*]*il\s.+\sha\sscritto\s*:?\s*$`),
	regexp.MustCompile(`(?is)^[>\s*]*em\s.+\sescreveu\s*:?\s*$`),
	regexp.MustCompile(`(?is)^[>\s*]*op\s.+\s(schreef|heeft).*:\s*$`),
	regexp.MustCompile(`(?is)^[>\s*]*(在\s*)?.*\d{2,4}\s?[-/年.].+(写道|寫道|编写|撰寫|写)\s*[:：]\s*$`),
	regexp.MustCompile(`(?is)^[>\s*]*(在|于|於)\s?.+(写道|寫道)\s*[:：]?\s*$`),
	regexp.MustCompile(`(?is)^[>\s*]*.*(于|於)\s?\d{4}\s?年.+(写道|寫道)\s*[:：]?\s*$`),
	regexp.MustCompile(`(?is)^[>\s*]*at\s\d{4}-\d\d-\d\d[\s\d:]*,?\s.+\swrote\s*:\s*$`), // 163 in English
	regexp.MustCompile(`(?is)^[>\s*]*\d{4}\s?[年/-].+(のメール|さんは書きました|wrote)\s*[:：]\s*$`),
	regexp.MustCompile(`(?is)^[>\s*]*\d{4}\s?[年/-].+<[^<>\s]+@[^<>\s]+>\s*[:：]\s*$`),              // Gmail in Japanese and Chinese
	regexp.MustCompile(`(?is)^[>\s*]*.+\d{1,2}[:.]\d{2}\b.*[, ].+<[^<>\s]+@[^<>\s]+>\s*[:：]\s*$`), // Gmail in many languages
	regexp.MustCompile(`(?is)^[>\s*]*(den|på|kl)\s.+\sskrev\s.+:\s*$`),
	regexp.MustCompile(`(?is)^[>\s*]*.+さん(は|が)書きました\s*[:：]\s*$`),
	regexp.MustCompile(`(?is)^[>\s*]*.+(\d{1,2}[:.]\d{2}|\d{4}|<[^<>\s]+@[^<>\s]+>).*(napisał\(a\)|napisała?|skrev|menulis|đã viết|yazdı|님이 작성|kirjoitti|írta|написал\(а\)|написала?|пишет|пише|escreveu|schreef|a scris|έγραψε|เขียนว่า)\s*[:：]\s*$`),
}

// attribution tells whether a line, or up to four joined lines, introduces a quotation. tries counts the lines that
// had to be looked at closely.
func attribution(lines []string, i int, tries *int) (first int, ok bool) {
	joined := ""
	for n := 0; n < 4 && i+n < len(lines); n++ {
		l := strings.TrimSpace(lines[i+n])
		if l == "" || len(joined)+len(l) > 600 {
			return 0, false
		}
		if n > 0 {
			joined += " "
		}
		joined += l
		if !strings.ContainsAny(lastRunes(l), ":：道wtóe") {
			continue
		}
		*tries++
		for _, re := range attributions {
			if re.MatchString(joined) {
				return i + n + 1, n == 0 || startsAttribution(lines[i])
			}
		}
	}
	return 0, false
}

func lastRunes(s string) string { return s[max(0, len(s)-3):] }

var attributionStart = regexp.MustCompile(`(?i)^[>\s*]*(on|am|den|le|el|il|em|op|at|在|于|於|\d)`)

// startsAttribution keeps a paragraph that happens to stand above a one-line attribution from being taken in.
func startsAttribution(l string) bool { return attributionStart.MatchString(l) }

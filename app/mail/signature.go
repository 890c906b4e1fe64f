package mail

import (
	"regexp"
	"strings"
)

// phoneSignature are the lines that telephones and web mail put below a mail.
var phoneSignature = regexp.MustCompile(`(?i)^\s*[(\[]?\s*(sent from (my |mail for |yahoo|outlook|samsung|the )|get outlook for|sent via |von meinem .+ gesendet|gesendet von |envoyé (de|depuis|à partir de) |enviado (desde|de|do) |inviato da |verstuurd vanaf |` +
	`发自我的|发自 ?.{1,12}(手机|iphone|ipad|邮箱)|来自我的|发送自|從我的|由我的|從 ?.{1,12} ?傳送|(iphone|ipad|android)(から送信|より送信)|用.{1,8}邮箱(大师)?发送|来自 ?(qq|网易|163|126|139|新浪|搜狐|foxmail|阿里|企业).{0,6}邮箱|获取 ?outlook|从我的 ?.{1,12}发送|签名由 ?网易邮箱大师|發自我的|傳送自我的|отправлено с |.{1,20}에서 보냄)`)

// isSignature tells whether line i opens a signature: the "-- " of RFC 3676 section 4.3 (blanks get lost on the
// way), or what telephones write, if nothing but history follows.
func isSignature(lines []string, i int, tries *int) bool {
	l := strings.TrimRight(lines[i], "\r")
	if l == "-- " || l == "--" || l == "-- \u00a0" || l == "\u2014 " {
		return len(lines)-i <= 40 || l == "-- "
	}
	if len(l) > 120 || !phoneSignature.MatchString(l) {
		return false
	}
	if *tries++; *tries > maxTries {
		return false
	}
	for j := i + 1; j < len(lines) && j < i+60; j++ {
		next := strings.TrimSpace(lines[j])
		if next == "" {
			continue
		}
		if isQuoteLine(next) || isSeparator(next) || isForwardMark(next) || headBlock(lines, j) || strings.Trim(next, "_-") == "" {
			return true
		}
		if _, ok := attribution(lines, j, tries); ok {
			return true
		}
		return false
	}
	return true
}

// signatureBefore moves a cut upwards over a signature that stands directly above the history.
func signatureBefore(lines []string, at int) int {
	for i := max(0, at-12); i < at; i++ {
		l := lines[i]
		if l == "-- " || l == "--" || len(l) < 120 && phoneSignature.MatchString(l) && nothingBetween(lines, i+1, at) {
			return i
		}
	}
	return at
}

func nothingBetween(lines []string, i, end int) bool {
	for ; i < end; i++ {
		if strings.TrimSpace(lines[i]) != "" {
			return false
		}
	}
	return true
}

package api

import "deskbell/app/mail"

// shown is HTML of a mail as it may be shown: programs show it in pages of theirs.
func shown(html string) string {
	if html == "" {
		return ""
	}
	return mail.Sanitize(html, mail.SanitizeOptions{Remote: true})
}

// plain is the text of HTML that came without one.
func plain(html string) string { return mail.TextFromHTML(html) }

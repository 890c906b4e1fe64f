package web

import (
	"strings"

	"deskbell/app/desk"
)

// auditForms says on which form a thing is changed, by the first word of its event, its channel or its setting: a field is called in the
// audit as it is called there.
var auditForms = map[string][]string{
	"agent": {"agent."}, "team": {"team."}, desk.Webchat: {"widget.", "inbox."}, desk.Email: {"mailbox.", "inbox."}, "form_field": {"field."}, "topic": {"topic."}, "tag": {"tag."}, "customer_tag": {"customer_tag."},
	"proactive": {"proactive."}, "snippet": {"snippet."}, "rule": {"rules."}, "sla": {"sla."}, "schedule": {"hours."}, "survey": {"survey."}, "portal": {"portal."}, "company": {"company."},
	"handling": {"handling."}, "routing": {"routing."}, "retention": {"retention."}, "safekeeping": {"upkeep."}, "system_mailbox": {"system_mail."}, "sign_on": {"sign_on."},
}

// auditValues are the words for what some fields hold.
var auditValues = map[string]string{"role": "role.", "status": "ticket.status.", "statuses": "ticket.status.", "priority": "ticket.priority.", "color": "color.", "assignment": "team."}

// auditDiff says of one field what it was and what it is now.
func (w *Web) auditDiff(lang string, a *desk.Audited, d desk.Difference) string {
	word, _, _ := strings.Cut(string(a.Name), ".")
	switch word {
	case "inbox":
		word = a.Channel
	case "setting":
		word, _ = a.Facts["setting"].(string)
	}
	return w.auditField(lang, word, d[0]) + ": " + w.auditValue(lang, d[0], d[1]) + " → " + w.auditValue(lang, d[0], d[2])
}

// auditField is what a field is called: the words of its form, or of the audit. What stands within something else names that too:
// "words.zh-CN.title" is the title (zh-CN).
func (w *Web) auditField(lang, of, field string) string {
	if label := w.auditLabel(lang, of, field); label != "" {
		return label
	}
	parts := strings.Split(field, ".")
	last := len(parts) - 1
	for last > 0 && strings.Trim(parts[last], "0123456789") == "" {
		last-- // a number in a list
	}
	label := w.auditLabel(lang, of, parts[last])
	if label == "" {
		label = strings.ReplaceAll(parts[last], "_", " ")
	}
	var within []string
	for i, part := range parts {
		if i == last {
			continue
		}
		name := w.auditLabel(lang, of, part)
		if key := "ticket.priority." + part; name == "" && w.Views.Has(key) {
			name = w.Views.T(lang, key)
		}
		if name == "" {
			name = strings.ReplaceAll(part, "_", " ")
		}
		within = append(within, name)
	}
	if within == nil {
		return label
	}
	return label + " (" + strings.Join(within, ", ") + ")"
}

func (w *Web) auditLabel(lang, of, field string) string {
	prefixes := []string{"audit.field." + of + ".", "audit.field."}
	for _, prefix := range append(prefixes, auditForms[of]...) {
		if key := prefix + field; w.Views.Has(key) {
			return w.Views.T(lang, key)
		}
	}
	return ""
}

func (w *Web) auditValue(lang, field, v string) string {
	switch v {
	case "":
		return "–"
	case "true":
		return w.Views.T(lang, "rating.yes")
	case "false":
		return w.Views.T(lang, "rating.no")
	}
	last := field[strings.LastIndexByte(field, '.')+1:]
	if prefix := auditValues[last]; prefix != "" {
		if key := prefix + v; w.Views.Has(key) {
			return w.Views.T(lang, key)
		}
	}
	return v
}

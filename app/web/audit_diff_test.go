package web

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"deskbell/app/desk"
	"deskbell/app/view"
)

// TestEveryAuditedFieldHasAName: what a form changes is called in the audit by words, in both languages, and not by what programs call it.
func TestEveryAuditedFieldHasAName(t *testing.T) {
	root := filepath.Join("..", "..")
	views, err := view.New(os.DirFS(filepath.Join(root, "views")), nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &Web{Parts: Parts{Views: views}}
	for of, v := range map[string]any{"handling": desk.Handling{}, "company": desk.Company{}, "routing": desk.Routing{}, "survey": desk.Survey{}, "retention": desk.Retention{}, "safekeeping": desk.Safekeeping{}, "portal": desk.Portal{}, "sign_on": desk.SignOn{},
		desk.Webchat: desk.Widget{}, desk.Email: desk.Mailbox{}, "snippet": desk.Snippet{}} {
		for _, field := range jsonFields(reflect.TypeOf(v)) {
			if w.auditLabel("zh-CN", of, field) == "" {
				t.Errorf("%s: %s has no name in the audit", of, field)
			}
		}
	}
	for of, fields := range map[string]string{"agent": "name email real_name phone employee_number role capacity enabled teams", "team": "name assignment schedule_id greeting overflow overflow_over overflow_team_id overflow_notice members admins",
		"rule": "name position enabled happens minutes subject text from hours note reply notify assigned kind", "form_field": "name kind options most required visible public position", "proactive": "name enabled text url after scroll visitors again daily_max",
		"schedule": "name time_zone week days", "sla": "name position enabled schedule_id inboxes topics first next resolution", "customer_tag": "name color", "ticket_status": "name kind position"} {
		for _, field := range strings.Fields(fields) {
			if w.auditLabel("zh-CN", of, field) == "" {
				t.Errorf("%s: %s has no name in the audit", of, field)
			}
		}
	}
	said := w.auditDiff("en", &desk.Audited{Event: desk.Event{Name: desk.InboxChanged}, Channel: desk.Webchat}, desk.Difference{"words.zh-CN.greeting", "", "你好"})
	if said != "Greeting (Other language, zh-CN): – → 你好" {
		t.Errorf("of what stands within another it says %q", said)
	}
}

// jsonFields are the names under which a struct's own fields are stored.
func jsonFields(of reflect.Type) (names []string) {
	for i := range of.NumField() {
		if name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ","); name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

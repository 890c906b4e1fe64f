package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"deskbell/app/apptest"
)

func TestDraftsAreMarkedInTheList(t *testing.T) {
	s := apptest.Open(t)
	m := s.Visitor("李雷").Say("你好")
	at := fmt.Sprintf("/conversations/%d", m.ConversationID)
	s.Bo.PostPart(at + "/participation")
	marked := func(b *apptest.Browser) bool {
		return strings.Contains(b.Get("/conversations/rows").Status(http.StatusOK).Body, `class="begun"`)
	}
	s.Bo.PostPart(at+"/draft", "text", "half a sent").Status(http.StatusOK)
	if !marked(s.Bo) || marked(s.Alice) {
		t.Error("the draft is to be marked for its writer alone")
	}
	s.Bo.PostPart(at+"/draft", "text", "").Status(http.StatusOK)
	if marked(s.Bo) {
		t.Error("there is no draft any more")
	}
}

package web_test

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

func TestExportAndEraseACustomer(t *testing.T) {
	s := apptest.Open(t)
	v := s.Visitor("李雷")
	m := v.Say("<b>你好</b>")
	f, err := s.Desk.Upload(t.Context(), v.Actor(), "../etc/passwd", strings.NewReader("hello"))
	s.Must(err)
	_, err = s.Desk.Receive(t.Context(), v.Actor(), desk.Incoming{InboxID: m.InboxID, FileIDs: []string{f.ID}})
	s.Must(err)
	path := "/customers/" + desk.CustomerID(v.ID).String()
	s.Bo.Get(path).HasNot(`a[href="`+path+`/data"]`, "")
	s.Alice.Get(path).Has(`a[href="`+path+`/data"]`, "Export or erase")
	for _, p := range []string{"/export", "/erasure"} {
		s.Bo.Post(path + p).Status(http.StatusForbidden)
	}
	s.Bo.Get(path + "/data").Status(http.StatusForbidden)
	s.Alice.Get(path+"/data").Has(".lead", "conversations 1, messages 2, files 1")

	body := s.Alice.Post(path + "/export").Status(http.StatusOK).Body
	z, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	s.Must(err)
	var all bytes.Buffer
	for _, f := range z.File {
		if strings.Contains(f.Name, "..") {
			t.Errorf("path %q", f.Name)
		}
		r, err := f.Open()
		s.Must(err)
		all.WriteString(f.Name + "\n")
		_, err = io.Copy(&all, r)
		s.Must(err)
	}
	for _, want := range []string{"customer.json", `"name": "李雷"`, `"text": "<b>你好</b>"`, "/passwd", "hello"} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("the archive has no %q:\n%s", want, all.String())
		}
	}

	k, err := s.Desk.Customer(t.Context(), s.Alice.Actor(), v.ID)
	s.Must(err)
	s.Alice.Post(path+"/erasure", "id", "v_other").Status(http.StatusUnprocessableEntity).Has(".fault", "not this customer")
	s.Alice.Get(path).Status(http.StatusOK)
	s.Alice.Post(path+"/erasure", "id", k.PublicID).Status(http.StatusSeeOther)
	s.Alice.Get(path).Status(http.StatusNotFound)
	s.Alice.Get("/conversations/" + m.ConversationID.String()).Status(http.StatusNotFound)
	s.Alice.Get("/admin/audit?kind=customers").Has("tbody tr", "Erased a customer").HasNot("tbody tr", "李雷")
}

func TestRetentionPage(t *testing.T) {
	s := apptest.Open(t)
	s.Alice.Get("/admin/retention").Has(`input[name="chats"][value="0"]`, "")
	s.Alice.Post("/admin/retention", "chats", "3").Status(http.StatusUnprocessableEntity).Has(".fault", "0, or 7 to 3650 days.")
	s.Alice.Post("/admin/retention", "chats", "365", "visits", "").Status(http.StatusSeeOther)
	s.Alice.Get("/admin/retention").Has(`input[name="chats"][value="365"]`, "").Has(`input[name="visits"][value="0"]`, "")
	s.Bo.Get("/admin/retention").Status(http.StatusForbidden)
}

package web_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"image"
	"image/png"
	"net/http"
	"testing"

	"deskbell/app/apptest"
)

func TestStickers(t *testing.T) {
	s := apptest.Open(t)
	pack := func(name string, content []byte) []byte {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write(content)
		}
		if err = errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	var face bytes.Buffer
	if err := png.Encode(&face, image.NewGray(image.Rect(0, 0, 40, 40))); err != nil {
		t.Fatal(err)
	}
	s.Alice.UploadTo("/admin/stickers", "tea.zip", pack("wave.txt", []byte("hi")), "name", "Tea").Status(http.StatusUnprocessableEntity).Has(".fault", "wave.txt is not a PNG").Has("[name=\"name\"][value=\"Tea\"]", "")
	s.Alice.UploadTo("/admin/stickers", "tea.zip", make([]byte, 16<<20), "name", "Tea").Status(http.StatusUnprocessableEntity).Has(".fault", "larger than 15 MB")
	s.Alice.UploadTo("/admin/stickers", "tea.zip", make([]byte, 31<<20), "name", "Tea").Status(http.StatusRequestEntityTooLarge)
	s.Alice.UploadTo("/admin/stickers", "tea.zip", pack("wave.png", face.Bytes()), "name", "Tea").LeadsTo("/admin/stickers")
	s.Alice.Get("/admin/stickers").Has(".pack h2", "Tea").Has(".pack img[alt=\"wave\"]", "")
	s.Bo.Get("/admin/stickers").Status(http.StatusForbidden)
	s.Bo.Post("/admin/stickers/1/deletion").Status(http.StatusForbidden)
	s.Bo.Get("/stickers").Has("body", `"name":"wave"`)
}

package desk

import (
	"bytes"
	"encoding/base64"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"strings"
	"testing"
)

// photo is a JPEG of 40 × 20 pixels, red on its left, with EXIF that says: turn right, and where it was taken.
func photo(t *testing.T) []byte {
	t.Helper()
	im := image.NewRGBA(image.Rect(0, 0, 40, 20))
	for x := range 40 {
		for y := range 20 {
			im.Set(x, y, color.RGBA{B: 255, A: 255})
			if x < 20 {
				im.Set(x, y, color.RGBA{R: 255, A: 255})
			}
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, im, nil); err != nil {
		t.Fatal(err)
	}
	exif := "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00GPSLatitude 30.24"
	n := len(exif) + 2
	return append([]byte("\xff\xd8\xff\xe1"+string([]byte{byte(n >> 8), byte(n)})+exif), out.Bytes()[2:]...)
}

func (s *shop) bytesOf(by Actor, id string, thumb bool) []byte {
	s.t.Helper()
	_, r, err := s.OpenFile(s.t.Context(), by, id, thumb)
	s.must(err)
	b, err := io.ReadAll(r)
	s.must(err)
	return b
}

func TestPicturesLoseTheirMetadata(t *testing.T) {
	s := open(t)
	f, err := s.Upload(t.Context(), s.bo, `..\..\holiday.jpg`, bytes.NewReader(photo(t)))
	s.must(err)
	if f.Name != "holiday.jpg" || f.ContentType != "image/jpeg" || f.Width != 20 || f.Height != 40 {
		t.Errorf("stored as %q, %s, %d × %d", f.Name, f.ContentType, f.Width, f.Height)
	}
	for _, thumb := range []bool{false, true} {
		b := s.bytesOf(s.bo, f.ID, thumb)
		if bytes.Contains(b, []byte("GPS")) || bytes.Contains(b, []byte("Exif")) {
			t.Errorf("thumb %v: the place is still in it", thumb)
		}
		im, _, err := image.Decode(bytes.NewReader(b))
		s.must(err)
		if r, _, blue, _ := im.At(10, 4).RGBA(); r < blue { // turned right, its left side is on top
			t.Errorf("thumb %v: not upright", thumb)
		}
	}
}

func TestWebPGoesOnAsPNG(t *testing.T) {
	s := open(t)
	raw, err := base64.StdEncoding.DecodeString("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==") // one pixel
	s.must(err)
	f, err := s.Upload(t.Context(), s.bo, "dot.WEBP", bytes.NewReader(raw))
	s.must(err)
	if f.ContentType != "image/png" || f.Name != "dot.png" || !bytes.HasPrefix(s.bytesOf(s.bo, f.ID, false), []byte("\x89PNG")) {
		t.Errorf("%s, %s", f.Name, f.ContentType)
	}
}

func TestUploadsAreRefusedInWords(t *testing.T) {
	s, ctx := open(t), t.Context()
	for _, name := range []string{"setup.exe", "a.SCR", "b.Bat"} {
		var e *Error
		if _, err := s.Upload(ctx, s.bo, name, strings.NewReader("MZ")); !errors.As(err, &e) || e.Fields[0].Key != "fault.file_forbidden" {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.Limit.File = 1 << 20
	var e *Error
	if _, err := s.Upload(ctx, s.bo, "big.bin", bytes.NewReader(make([]byte, 1<<20+1))); !errors.As(err, &e) || e.Kind != KindTooLarge {
		t.Errorf("too large: %v", err)
	}
	var rows int
	s.must(s.read().QueryRowContext(ctx, "select count(*) from files").Scan(&rows))
	if rows != 0 {
		t.Errorf("%d files after refusals", rows)
	}
	bomb := "GIF89a\xff\xff\xff\xff\x00\x00\x00" // says 65535 × 65535
	f, err := s.Upload(ctx, s.bo, "bomb.gif", strings.NewReader(bomb))
	s.must(err)
	if f.Width != 0 || f.Thumb != nil {
		t.Errorf("a bomb was decoded: %+v", f)
	}
}

func TestFilesAreTheSendersAndTheReaders(t *testing.T) {
	s, ctx := open(t), t.Context()
	li, other := s.visitor(), s.visitor()
	f, err := s.Upload(ctx, li, "list.txt", strings.NewReader("tea"))
	s.must(err)
	if _, err := s.File(ctx, s.bo, f.ID); !errors.Is(err, NotFound) {
		t.Errorf("an agent sees what was not sent yet: %v", err)
	}
	if _, err := s.Receive(ctx, other, Incoming{InboxID: s.widget.ID, FileIDs: []string{f.ID}}); err == nil {
		t.Error("another visitor sent it")
	}
	m, err := s.Receive(ctx, li, Incoming{InboxID: s.widget.ID, FileIDs: []string{f.ID}})
	s.must(err)
	if _, err := s.File(ctx, s.bo, f.ID); err != nil || m.Kind != "file" {
		t.Errorf("the agent: %v; kind %s", err, m.Kind)
	}
	if _, err := s.File(ctx, other, f.ID); !errors.Is(err, NotFound) {
		t.Errorf("another visitor: %v", err)
	}
}

func TestInlinePicturesStandInTheirPlaceOnly(t *testing.T) {
	m := Message{HTML: `<p>look <img src="cid:a@x"></p>`, Files: []File{{ID: "1", ContentID: "a@x", Width: 9}, {ID: "2", ContentID: "b@x", Width: 9}, {ID: "3"}, {ID: "4", ContentID: "a@x"}}}
	ids := ""
	for _, f := range m.Attached() {
		ids += f.ID
	}
	if ids != "234" {
		t.Errorf("attached: %s", ids)
	}
}

package desk

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// packed is a zip file of these entries, given as name and content in turn.
func packed(t testing.TB, entries ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(entries); i += 2 {
		f, err := w.CreateHeader(&zip.FileHeader{Name: entries[i].(string), Method: zip.Deflate, NonUTF8: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(entries[i+1].([]byte)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// face is a small picture of a kind.
func face(t testing.TB, kind string, side int) []byte {
	t.Helper()
	im := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.RGBA{200, 120, 20, 255}})
	im.Set(1, 1, im.Palette[1])
	var b bytes.Buffer
	var err error
	switch kind {
	case "png":
		err = png.Encode(&b, im)
	case "jpeg":
		err = jpeg.Encode(&b, im, nil)
	case "gif":
		err = gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{im, im}, Delay: []int{10, 10}})
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestStickers(t *testing.T) {
	s, ctx := open(t), t.Context()
	gbk := string([]byte{0xCE, 0xA2, 0xD0, 0xA6}) + ".png" // 微笑 as Chinese Windows writes it
	moving := face(t, "gif", 200)
	zip := packed(t, gbk, face(t, "png", 200), "deep/er/wave.GIF", moving, "__MACOSX/._wave.gif", []byte("x"), "deep/.DS_Store", []byte("x"), "deep/", []byte{}, "../../up.jpeg", face(t, "jpeg", 64), "crème.png", face(t, "png", 9))
	pack, err := s.AddStickerPack(ctx, s.alice, " Tea  faces ", zip)
	s.must(err)
	_, err = s.AddStickerPack(ctx, s.alice, "More", packed(t, "a.png", face(t, "png", 10)))
	s.must(err)
	packs, err := s.StickerPacks(ctx, s.bo)
	s.must(err)
	if len(packs) != 2 || packs[0].Name != "Tea faces" || len(packs[0].Stickers) != 4 {
		t.Fatalf("packs %+v", packs)
	}
	for i, want := range []string{"微笑 image/png 200", "wave image/gif 200", "up image/jpeg 64", "crème image/png 9"} {
		if one := packs[0].Stickers[i]; fmt.Sprint(one.Name, " ", one.ContentType, " ", one.Width) != want {
			t.Errorf("sticker %d is %+v, want %s", i, one, want)
		}
	}
	wave := packs[0].Stickers[1].ID
	f, r, err := s.OpenSticker(ctx, s.visitor(), wave)
	s.must(err)
	if b := make([]byte, f.Size); f.Size != int64(len(moving)) {
		t.Errorf("%d bytes of %d", f.Size, len(moving))
	} else if _, err := r.Read(b); err != nil || !bytes.Equal(b, moving) {
		t.Errorf("it does not move: %v", err)
	}

	// Both sides send them, as a message of its own.
	v := s.visitor()
	m, err := s.Receive(ctx, v, Incoming{InboxID: s.widget.ID, Sticker: wave, ClientID: "one"})
	s.must(err)
	again, err := s.Receive(ctx, v, Incoming{InboxID: s.widget.ID, Sticker: wave, ClientID: "one"})
	s.must(err)
	if m.Kind != "sticker" || len(m.Files) != 1 || m.Files[0].Width != 200 || !again.Again || again.ID != m.ID {
		t.Errorf("received %+v, again %+v", m.Message, again)
	}
	c, err := s.Join(ctx, s.bo, m.ConversationID)
	s.must(err)
	if c.LastText != "[wave]" {
		t.Errorf("the list shows %q", c.LastText)
	}
	out, err := s.Reply(ctx, s.bo, c.ID, Draft{Sticker: packs[1].Stickers[0].ID})
	s.must(err)
	_, file, err := s.OpenFile(ctx, v, out.Files[0].ID, true)
	s.must(err)
	if out.Kind != "sticker" || file.Size() == 0 {
		t.Errorf("sent %+v", out)
	}
	for name, err := range map[string]error{
		"a stranger's": func() error { _, _, err := s.OpenFile(ctx, s.visitor(), out.Files[0].ID, false); return err }(),
		"with words":   func() error { _, err := s.Reply(ctx, s.bo, c.ID, Draft{Sticker: wave, Text: "hi"}); return err }(),
		"one that is not there": func() error {
			_, err := s.Receive(ctx, v, Incoming{InboxID: s.widget.ID, Sticker: "nope"})
			return err
		}(),
	} {
		if err == nil {
			t.Errorf("%s was taken", name)
		}
	}

	s.must(s.RaiseStickerPack(ctx, s.alice, packs[1].ID))
	s.must(s.RaiseStickerPack(ctx, s.alice, packs[1].ID)) // it is the first already
	if packs, err = s.StickerPacks(ctx, System); err != nil || packs[0].Name != "More" || packs[1].ID != pack.ID {
		t.Errorf("in order %+v, %v", packs, err)
	}
	s.must(s.DeleteStickerPack(ctx, s.alice, pack.ID))
	if _, err := s.Receive(ctx, v, Incoming{InboxID: s.widget.ID, Sticker: wave}); err == nil {
		t.Error("a sticker of a deleted pack was sent")
	}
	if _, _, err := s.OpenFile(ctx, v, m.Files[0].ID, false); err != nil {
		t.Errorf("what was sent is gone: %v", err)
	}
	if err := s.DeleteStickerPack(ctx, s.alice, pack.ID); !errors.Is(err, NotFound) {
		t.Errorf("deleted twice: %v", err)
	}
	for _, err := range []error{s.DeleteStickerPack(ctx, s.bo, packs[0].ID), s.RaiseStickerPack(ctx, s.bo, packs[0].ID), func() error { _, err := s.AddStickerPack(ctx, s.bo, "x", zip); return err }()} {
		if !errors.Is(err, Forbidden) {
			t.Errorf("an agent keeps packs: %v", err)
		}
	}
}

// TestStickerPacksAreRefused: whatever does not fit is told in words, and nothing of the pack is stored.
func TestStickerPacksAreRefused(t *testing.T) {
	s, ctx := open(t), t.Context()
	small := face(t, "png", 10)
	many := func(n int) (list []any) {
		for i := range n {
			list = append(list, fmt.Sprintf("%d.png", i), small)
		}
		return list
	}
	locked := packed(t, "a.png", small)
	for i := range locked {
		if bytes.HasPrefix(locked[i:], []byte("PK\x03\x04")) {
			locked[i+6] |= 1
		}
		if bytes.HasPrefix(locked[i:], []byte("PK\x01\x02")) {
			locked[i+8] |= 1
		}
	}
	corrupt := packed(t, "a.png", bytes.Repeat([]byte("tea"), 1000))
	copy(corrupt[40:], "\xff\xff\xff\xff\xff")
	bomb := packed(t, "a.png", small, "b.gif", make([]byte, 64<<20)) // a thousandth of it packed
	large := append(bytes.Clone(small), make([]byte, StickerSize)...)
	for name, c := range map[string]struct {
		zip []byte
		key string
	}{
		"no zip":           {[]byte("hello"), "fault.pack_not_zip"},
		"nothing":          {nil, "fault.pack_not_zip"},
		"too large":        {make([]byte, StickerPackSize+1), "fault.pack_too_large"},
		"empty":            {packed(t), "fault.pack_empty"},
		"only litter":      {packed(t, "__MACOSX/a.png", small, ".hidden.png", small), "fault.pack_empty"},
		"51 stickers":      {packed(t, many(51)...), "fault.pack_too_many"},
		"thousands":        {packed(t, many(2000)...), "fault.pack_too_many"},
		"a text":           {packed(t, "a.png", small, "readme.txt", []byte("hi")), "fault.sticker_kind"},
		"an SVG":           {packed(t, "a.png", []byte("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")), "fault.sticker_kind"},
		"a program":        {packed(t, "a.gif", []byte("MZ\x90\x00")), "fault.sticker_kind"},
		"a large PNG":      {packed(t, "a.png", large), "fault.sticker_large"},
		"a PNG named GIF":  {packed(t, "a.gif", large), "fault.sticker_large"},
		"a bomb":           {bomb, "fault.sticker_large"},
		"a wide one":       {packed(t, "a.gif", face(t, "gif", 1001)), "fault.sticker_wide"},
		"half a picture":   {packed(t, "a.png", small[:60]), "fault.sticker_broken"},
		"locked":           {locked, "fault.pack_locked"},
		"corrupt":          {corrupt, "fault.sticker_broken"},
		"a picture, bare":  {small, "fault.pack_not_zip"},
		"a claimed GIF":    {packed(t, "a.gif", []byte("GIF89a\xff\xff\xff\xff")), "fault.sticker_"},
		"a nested archive": {packed(t, "a.zip", packed(t, "a.png", small)), "fault.sticker_kind"},
	} {
		_, err := s.AddStickerPack(ctx, s.alice, "Faces", c.zip)
		var e *Error
		if !errors.As(err, &e) || len(e.Fields) != 1 || e.Fields[0].Name != "file" || !strings.HasPrefix(e.Fields[0].Key, c.key) {
			t.Errorf("%s: %v, want %s", name, err, c.key)
		}
	}
	for i := range StickerPacks {
		_, err := s.AddStickerPack(ctx, s.alice, fmt.Sprint("Pack ", i), packed(t, "a.png", small))
		s.must(err)
	}
	for name, key := range map[string]string{"Pack 6": "fault.packs_full", "": "fault.name_missing", strings.Repeat("茶", 21): "fault.too_long"} {
		if _, err := s.AddStickerPack(ctx, s.alice, name, packed(t, "a.png", small)); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%q: %v, want %s", name, err, key)
		}
	}
	packs, err := s.StickerPacks(ctx, s.alice)
	s.must(err)
	s.must(s.DeleteStickerPack(ctx, s.alice, packs[4].ID))
	if _, err := s.AddStickerPack(ctx, s.alice, "pack 0", packed(t, "a.png", small)); err == nil || !strings.Contains(err.Error(), "fault.name_taken") {
		t.Errorf("a name twice: %v", err)
	}
	var n int
	s.must(s.DB().Readers().QueryRowContext(ctx, "select count(*) from stickers").Scan(&n))
	if n != StickerPacks-1 {
		t.Errorf("%d stickers are stored", n)
	}
}

// FuzzPack: whatever bytes come, a pack is refused in words or is one that keeps the limits.
func FuzzPack(f *testing.F) {
	small := face(f, "png", 10)
	for _, b := range [][]byte{packed(f, "a.png", small), packed(f, "微笑.gif", face(f, "gif", 20), "b/c.jpeg", face(f, "jpeg", 20)), packed(f, "__MACOSX/x", small, "bomb.gif", make([]byte, 1<<20)), []byte("PK\x05\x06"), small} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := unpack(b)
		var e *Error
		if err != nil {
			if !errors.As(err, &e) || len(e.Fields) != 1 {
				t.Fatalf("no words: %v", err)
			}
			return
		}
		if len(list) == 0 || len(list) > StickersEach {
			t.Fatalf("%d stickers", len(list))
		}
		for _, p := range list {
			if len(p.raw) > StickerMoving || p.Width > stickerSide || p.Height > stickerSide || p.Name == "" || strings.ContainsAny(p.Name, "/\\\x00\n") || filepath.Base(p.Name) != p.Name {
				t.Fatalf("%+v", p.Sticker)
			}
		}
	})
}

// TestWriteCorpus keeps interesting zips beside the fuzzer: with -update.
func TestWriteCorpus(t *testing.T) {
	if !*update {
		t.Skip("only with -update")
	}
	dir := filepath.Join("testdata", "fuzz", "FuzzPack")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	good := packed(t, "a.png", face(t, "png", 10), "b.gif", face(t, "gif", 10))
	for name, b := range map[string][]byte{"good": good, "cut": good[:len(good)-10], "bomb": packed(t, "b.gif", make([]byte, 1<<20)), "paths": packed(t, "../../../etc/passwd.png", face(t, "png", 10), `C:\con.png`, face(t, "png", 10), "\xce\xa2\xd0\xa6.png", face(t, "png", 10))} {
		if err := os.WriteFile(filepath.Join(dir, name), fmt.Appendf(nil, "go test fuzz v1\n[]byte(%q)\n", b), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

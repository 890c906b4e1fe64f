package desk

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"runtime"
	"testing"
)

// A small file that says it is gigabytes of pixels is kept as it is, and costs nothing.
func TestPicturesThatCostTooMuch(t *testing.T) {
	frame := func(side int) (head, frame []byte) {
		t.Helper()
		var b bytes.Buffer
		im := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.Black, color.White})
		if err := gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{im}, Delay: []int{0}}); err != nil {
			t.Fatal(err)
		}
		at := 13 + colours(b.Bytes()[10])
		return b.Bytes()[:at], b.Bytes()[at : b.Len()-1]
	}
	animation := func(side, n int) []byte {
		head, one := frame(side)
		return append(append(bytes.Clone(head), bytes.Repeat(one, n)...), 0x3B)
	}
	cost := func(raw []byte, contentType string) (*picture, uint64) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		p := look(raw, contentType)
		runtime.ReadMemStats(&after)
		return p, after.TotalAlloc - before.TotalAlloc
	}
	if p, _ := cost(animation(40, 20), "image/gif"); p == nil || p.width != 40 {
		t.Errorf("an animation as they are: %+v", p)
	} else if all, err := gif.DecodeAll(bytes.NewReader(p.clean)); err != nil || len(all.Image) != 20 {
		t.Errorf("it has lost frames: %v", err)
	}
	head, one := frame(1500)
	text := append([]byte{0x21, 0x01, 255}, make([]byte, 13)...) // says that it is long, and is not
	hidden := append(append(append(bytes.Clone(head), text...), bytes.Repeat(one, 90)...), 0x3B)
	for name, raw := range map[string][]byte{"huge frames": animation(1500, 90), "many frames": animation(8, framesLimit+1), "frames behind a text": hidden} {
		if p, bytes := cost(raw, "image/gif"); p != nil || bytes > 20<<20 {
			t.Errorf("%s: %d bytes were read as %v, and took %d MB", name, len(raw), p != nil, bytes>>20)
		}
	}

	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 16, 16)), nil); err != nil {
		t.Fatal(err)
	}
	if n := coefficients(b.Bytes()); n != 0 {
		t.Errorf("a picture of one scan needs %d bytes of coefficients", n)
	}
	huge := []byte{0xFF, 0xD8, 0xFF, 0xC2, 0, 20, 8, 0, 0, 0, 0, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0, 0xFF, 0xDA, 0, 2}
	binary.BigEndian.PutUint16(huge[7:], 6300)
	binary.BigEndian.PutUint16(huge[9:], 6300)
	if n := coefficients(huge); n != 4*4*6300*6300 {
		t.Errorf("four parts of 6300×6300 pixels need %d bytes", n)
	}
	if p, bytes := cost(huge, "image/jpeg"); p != nil || bytes > 1<<20 {
		t.Errorf("a progressive picture of nothing was read as %v, and took %d MB", p != nil, bytes>>20)
	}
	for name, between := range map[string][]byte{"a byte": {7}, "a zero": {0xFF, 0}, "a restart": {0xFF, 0xD0}, "filling": {0xFF, 0xFF}} {
		if n := coefficients(append(append(bytes.Clone(huge[:2]), between...), huge[2:]...)); n != 4*4*6300*6300 {
			t.Errorf("behind %s they need %d bytes", name, n)
		}
	}
	photo := bytes.Clone(huge[:24])
	copy(photo[11:], []byte{3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1})
	if n := coefficients(photo); n > coeffsLimit {
		t.Errorf("a photo of 40 million pixels, as cameras make them, needs %d bytes", n)
	}
}

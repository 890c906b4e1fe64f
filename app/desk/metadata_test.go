package desk

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image/jpeg"
	"testing"
)

// pngOf is a PNG file that claims a size; the chunks stand before its end.
func pngOf(width, height uint32, chunks ...string) []byte {
	out := []byte("\x89PNG\r\n\x1a\n")
	add := func(kind, data string) {
		out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
		out = append(out, kind+data...)
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE([]byte(kind+data)))
	}
	size := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	add("IHDR", string(size)+"\x08\x00\x00\x00\x00")
	for i := 0; i < len(chunks); i += 2 {
		add(chunks[i], chunks[i+1])
	}
	add("IEND", "")
	return out
}

// A picture that is too large to be encoded anew, or that we cannot read, does not tell where it was taken either.
func TestUnreadPicturesLoseTheirMetadata(t *testing.T) {
	s := open(t)
	li := s.visitor()
	huge := photo(t)
	at := bytes.Index(huge, []byte{0xFF, 0xC0})
	copy(huge[at+5:], []byte{0xF0, 0x00, 0xF0, 0x00}) // 61440 × 61440, says its frame header
	for name, raw := range map[string][]byte{
		"huge.jpg":   append(huge, "GPSLatitude behind the end"...),
		"broken.jpg": photo(t)[:300],
		"huge.png":   append(pngOf(60000, 60000, "tEXt", "Comment\x00GPSLatitude", "IDAT", "x", "eXIf", "GPSLatitude"), "GPSLatitude"...),
		"huge.webp":  []byte("RIFF\x2a\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x0c\x00\x00\x00\xff\xff\x00\xff\xff\x00EXIF\x0c\x00\x00\x00GPSLatitude "),
	} {
		f, err := s.Upload(t.Context(), li, name, bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := s.bytesOf(li, f.ID, false); bytes.Contains(got, []byte("GPSLatitude")) || len(got) < 20 || !isPicture(f.ContentType) {
			t.Errorf("%s: kept %q as %s", name, got, f.ContentType)
		}
	}
	if _, err := jpeg.Decode(bytes.NewReader(bereftJPEG(photo(t)))); err != nil {
		t.Errorf("a photo without its metadata: %v", err)
	}
}

package desk

import (
	"bytes"
	"encoding/binary"
)

// bereft is a picture without its metadata, taken out of the file as it is: for those that are too large to be decoded here,
// or that a browser reads and we do not. GIF carries no place; other types are left alone.
func bereft(raw []byte, contentType string) []byte {
	switch contentType {
	case "image/jpeg":
		return bereftJPEG(raw)
	case "image/png":
		return bereftPNG(raw)
	case "image/webp":
		return bereftWebP(raw)
	}
	return raw
}

// bereftJPEG leaves out the application segments but JFIF, ICC profiles and Adobe's colours, the comments, and what stands
// behind the picture's end (ITU-T T.81, B.1).
func bereftJPEG(raw []byte) []byte {
	i := 2
	out := append([]byte{}, raw[:min(2, len(raw))]...)
	for i+4 <= len(raw) && raw[i] == 0xFF && raw[i+1] != 0xDA {
		size := int(binary.BigEndian.Uint16(raw[i+2:]))
		if size < 2 || i+2+size > len(raw) {
			return out // a browser sees no more of it either
		}
		if m := raw[i+1]; m != 0xFE && (m < 0xE1 || m > 0xEF || m == 0xE2 && bytes.HasPrefix(raw[i+4:], []byte("ICC_PROFILE")) || m == 0xEE) {
			out = append(out, raw[i:i+2+size]...)
		}
		i += 2 + size
	}
	rest := raw[min(i, len(raw)):]
	if end := bytes.LastIndex(rest, []byte{0xFF, 0xD9}); end >= 0 {
		rest = rest[:end+2]
	}
	return append(out, rest...)
}

// bereftPNG leaves out the chunks of words, time and EXIF, and what stands behind the last (PNG, third edition, 11.3).
func bereftPNG(raw []byte) []byte {
	const head = 8
	if len(raw) < head {
		return raw
	}
	out := append([]byte{}, raw[:head]...)
	for i := head; i+12 <= len(raw); {
		size := int64(binary.BigEndian.Uint32(raw[i:])) + 12
		if int64(i)+size > int64(len(raw)) {
			break
		}
		chunk, kind := raw[i:i+int(size)], string(raw[i+4:i+8])
		i += int(size)
		switch kind {
		case "eXIf", "tEXt", "zTXt", "iTXt", "tIME":
			continue
		}
		out = append(out, chunk...)
		if kind == "IEND" {
			break
		}
	}
	return out
}

// bereftWebP blanks the chunks of EXIF and XMP where they stand, so that no length changes (RFC 9649, section 2.7.1.5).
func bereftWebP(raw []byte) []byte {
	out := bytes.Clone(raw)
	for i := 12; i+8 <= len(out); {
		size := int64(binary.LittleEndian.Uint32(out[i+4:]))
		end := min(int64(i)+8+size, int64(len(out)))
		if kind := string(out[i : i+4]); kind == "EXIF" || kind == "XMP " {
			clear(out[i+8 : end])
		}
		i = int(end + size&1)
	}
	return out
}

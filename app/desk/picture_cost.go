package desk

import "encoding/binary"

// A few kilobytes can say that they are gigabytes of pixels. What it takes to decode a picture is counted in its bytes before anything is
// decoded.

const (
	framesLimit   = 1000
	animatedLimit = 4 * pixelLimit // pixels of all frames of an animation together, a byte each
	coeffsLimit   = 320 << 20      // bytes of a progressive JPEG's coefficients, all held until its last scan
)

// animates says whether a GIF's frames are within bounds, as many as it has (GIF89a, section 17 and on). One that breaks off has those
// before.
func animates(raw []byte) bool {
	const screen, head = 13, 10
	if len(raw) < screen {
		return false
	}
	frames, pixels := 0, 0
	for i := screen + colours(raw[10]); i < len(raw); {
		switch raw[i] {
		case 0x21: // an extension: its label, blocks; that of a text begins with thirteen bytes, which decoders take without asking how many
			if i+1 < len(raw) && raw[i+1] == 0x01 {
				i += 13
			}
			i += 2
		case 0x2C: // a frame: place and size, colours, the size of codes, blocks
			if i+head > len(raw) {
				return true
			}
			frames++
			pixels += int(binary.LittleEndian.Uint16(raw[i+5:])) * int(binary.LittleEndian.Uint16(raw[i+7:]))
			if frames > framesLimit || pixels > animatedLimit {
				return false
			}
			i += head + colours(raw[i+9]) + 1
		default: // the trailer, or nonsense that a decoder refuses
			return true
		}
		for i < len(raw) && raw[i] != 0 {
			i += 1 + int(raw[i])
		}
		i++
	}
	return true
}

// colours is how many bytes the table has that a GIF's flags tell of.
func colours(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (1 + flags&7)
}

// coefficients is how many bytes a JPEG's coefficients take while it is decoded: none unless it is progressive (ITU-T T.81, B.2.2). What
// stands between its segments and is none is passed over, as decoders do.
func coefficients(raw []byte) (bytes int) {
	for i := 2; i+4 <= len(raw); {
		switch mark := raw[i+1]; {
		case raw[i] != 0xFF, mark == 0xFF:
			i++
			continue
		case mark == 0, mark >= 0xD0 && mark <= 0xD7: // has no length
			i += 2
			continue
		case mark == 0xDA, mark == 0xD9: // a scan, or the end
			return bytes
		case mark == 0xC2 && i+10 <= len(raw):
			bytes = max(bytes, planes(raw[i:]))
		}
		i += 2 + int(binary.BigEndian.Uint16(raw[i+2:]))
	}
	return bytes
}

// planes is how many bytes the coefficients of a progressive frame take.
func planes(frame []byte) int {
	height, width, of := int(binary.BigEndian.Uint16(frame[5:])), int(binary.BigEndian.Uint16(frame[7:])), int(frame[9])
	across, down, parts := 1, 1, 0
	for c := range of {
		if at := 11 + 3*c; at < len(frame) {
			h, v := int(frame[at]>>4), int(frame[at]&15)
			across, down, parts = max(across, h), max(down, v), parts+h*v
		}
	}
	return 4 * height * width * parts / (across * down)
}

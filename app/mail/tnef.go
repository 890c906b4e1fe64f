package mail

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"
	"unicode/utf16"
)

// TNEF is what Outlook wraps a mail in when it takes the other side for Outlook: one file, winmail.dat, with the
// files and often the words inside (MS-OXTNEF). It is opened as far as it is needed here.

const (
	maxTNEF      = 32 << 20 // bytes of one winmail.dat that are opened
	maxTNEFFiles = 200
	tnefMagic    = 0x223E9F78

	tnefCodepage   = 0x00069007
	tnefBody       = 0x0002800C
	tnefProps      = 0x00069003
	tnefNewFile    = 0x00069002
	tnefFileTitle  = 0x00018010
	tnefFileData   = 0x0006800F
	tnefFileProps  = 0x00069005
	propBody       = 0x1000
	propHTML       = 0x1013
	propLongName   = 0x3707
	propMIME       = 0x370E
	propContentID  = 0x3712
	propObjectData = 0x3701
)

// tnef is what was found.
type tnef struct {
	codepage    string
	plain, html string
	files       []tnefFile
}

type tnefFile struct {
	name, kind, cid string
	data            []byte
}

// openTNEF lists the files of a winmail.dat behind it, and takes its words when the mail has none.
func (w *walk) openTNEF(raw []byte, at int) {
	t, ok := parseTNEF(raw)
	if !ok {
		w.m.fault(FaultAttachment, "winmail.dat cannot be opened")
		return
	}
	for _, f := range t.files {
		if w.parts++; w.parts > w.opts.Limits.Parts {
			w.m.fault(FaultLimit, "more than %d parts", w.opts.Limits.Parts)
			return
		}
		name := oneLine(f.name)
		a := Attachment{Name: SafeName(name), Type: f.kind, CID: contentID(f.cid), named: name}
		if a.Type == "" || !strings.Contains(a.Type, "/") {
			a.Type = typeByName(strings.ToLower(name))
		}
		if a.Kind = kindOf(a.Type, strings.ToLower(name)); a.Kind == KindTNEF {
			a.Kind = KindFile
		}
		w.keep(a, bytes.NewReader(f.data))
	}
	w.m.Attachments[at].Opened = len(t.files) > 0 || t.plain != "" || t.html != ""
	for _, s := range w.segments {
		if strings.TrimSpace(s.plain+s.html) != "" {
			return
		}
	}
	w.groups++
	if strings.TrimSpace(t.plain) != "" {
		w.addPlain(w.groups, cleanLines(t.plain))
	}
	if strings.TrimSpace(t.html) != "" {
		w.addHTML(w.groups, cleanLines(t.html))
	}
}

func cleanLines(s string) string { return strings.ReplaceAll(normalLines(s), "\x00", "") }

// parseTNEF reads the attributes: level, id, length, value, checksum.
func parseTNEF(raw []byte) (t tnef, ok bool) {
	if len(raw) < 6 || binary.LittleEndian.Uint32(raw) != tnefMagic {
		return t, false
	}
	raw = raw[6:]
	for len(raw) >= 9 {
		id, n := binary.LittleEndian.Uint32(raw[1:]), binary.LittleEndian.Uint32(raw[5:])
		raw = raw[9:]
		if uint64(n) > uint64(len(raw)) {
			break // cut off: what came before is good
		}
		t.attribute(id, raw[:n])
		raw = raw[n:]
		raw = raw[min(2, len(raw)):]
	}
	return t, true
}

func (t *tnef) attribute(id uint32, v []byte) {
	var file *tnefFile
	if len(t.files) > 0 {
		file = &t.files[len(t.files)-1]
	}
	switch id {
	case tnefCodepage:
		if len(v) >= 4 {
			t.codepage = codepageName(binary.LittleEndian.Uint32(v))
		}
	case tnefBody:
		t.plain = t.text(v)
	case tnefProps:
		eachProp(v, func(prop, kind uint16, v []byte) {
			switch prop {
			case propBody:
				t.plain = t.value(kind, v)
			case propHTML:
				t.html, _, _ = toUTF8(v, metaCharset(v, t.codepage))
			}
		})
	case tnefNewFile:
		if len(t.files) < maxTNEFFiles {
			t.files = append(t.files, tnefFile{})
		}
	}
	if file == nil {
		return
	}
	switch id {
	case tnefFileTitle:
		if file.name == "" {
			file.name = t.text(v)
		}
	case tnefFileData:
		file.data = v
	case tnefFileProps:
		eachProp(v, func(prop, kind uint16, v []byte) {
			switch prop {
			case propLongName:
				file.name = t.value(kind, v)
			case propMIME:
				file.kind = strings.ToLower(oneLine(t.value(kind, v)))
			case propContentID:
				file.cid = t.value(kind, v)
			case propObjectData:
				if len(file.data) == 0 {
					file.data = v
				}
			}
		})
	}
}

// text decodes a string of the mail's code page.
func (t *tnef) text(v []byte) string {
	s, _, _ := toUTF8(bytes.TrimRight(v, "\x00"), t.codepage)
	return s
}

// value decodes a string property: 1F is UTF-16, 1E of the code page.
func (t *tnef) value(kind uint16, v []byte) string {
	if kind != 0x1F {
		return t.text(v)
	}
	units := make([]uint16, 0, len(v)/2)
	for i := 0; i+1 < len(v); i += 2 {
		units = append(units, binary.LittleEndian.Uint16(v[i:]))
	}
	return strings.TrimRight(string(utf16.Decode(units)), "\x00")
}

func codepageName(n uint32) string {
	switch n {
	case 65001, 20127:
		return "utf-8"
	case 936, 950, 932, 949:
		return "cp" + strconv.Itoa(int(n))
	case 54936:
		return "gb18030"
	}
	return "windows-" + strconv.Itoa(int(n))
}

// eachProp goes through a list of MAPI properties (MS-OXTNEF 2.1.3.4): type, id, perhaps a name, then values
// padded to four bytes. It stops where the list does not hold together.
func eachProp(v []byte, found func(prop, kind uint16, value []byte)) {
	r := propReader{v: v}
	for n := min(r.u32(), 5000); n > 0 && !r.bad; n-- {
		kind, prop := r.u16(), r.u16()
		if prop >= 0x8000 {
			r.take(16)
			if r.u32() == 0 {
				r.take(4)
			} else {
				r.padded(r.u32())
			}
		}
		many := uint32(1)
		size, variable := propSize(kind &^ 0x1000)
		if kind&0x1000 != 0 || variable {
			many = r.u32()
		}
		for ; many > 0 && !r.bad; many-- {
			value := r.one(size, variable)
			if !r.bad {
				found(prop, kind&^0x1000, value)
			}
		}
	}
}

// propSize returns the bytes of a value of that type, or that its length stands before it.
func propSize(kind uint16) (size uint32, variable bool) {
	switch kind {
	case 0x1E, 0x1F, 0x0D, 0x102:
		return 0, true
	case 0x05, 0x06, 0x07, 0x14, 0x40:
		return 8, false
	case 0x48:
		return 16, false
	}
	return 4, false
}

type propReader struct {
	v   []byte
	bad bool
}

func (r *propReader) take(n uint32) []byte {
	if uint64(n) > uint64(len(r.v)) {
		r.bad = true
		return nil
	}
	out := r.v[:n]
	r.v = r.v[n:]
	return out
}

func (r *propReader) u16() uint16 {
	if b := r.take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (r *propReader) u32() uint32 {
	if b := r.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *propReader) padded(n uint32) []byte {
	out := r.take(n)
	r.take(min((4-n%4)%4, uint32(len(r.v))))
	return out
}

func (r *propReader) one(size uint32, variable bool) []byte {
	if variable {
		return r.padded(r.u32())
	}
	return r.take(size)
}

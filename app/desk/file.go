package desk

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"deskbell/app/blob"
)

// File is an attachment. Its bytes are in blobs.db.
type File struct {
	ID             string // in addresses: 128 random bits, and checked besides
	MessageID      MessageID
	ConversationID ConversationID
	Name           string
	Size           int64
	ContentType    string // sniffed from the bytes
	ContentID      string // of an inline picture in mail
	Sum            blob.Sum
	Thumb          *blob.Sum // pictures only
	Width, Height  int       // pictures only
	CreatedAt      time.Time
}

// Kind is the kind of a message that is this file and nothing else.
func (f *File) Kind() string {
	switch major, _, _ := strings.Cut(f.ContentType, "/"); {
	case f.Width > 0:
		return "image"
	case major == "audio", major == "video":
		return major
	}
	return "file"
}

const fileColumns = "public_id, coalesce(message_id, 0), coalesce(conversation_id, 0), name, size, content_type, content_id, sha256, thumb_sha256, width, height, created_at"

func scanFile(row scanner) (File, error) {
	var f File
	var sum, thumb []byte
	var created int64
	err := row.Scan(&f.ID, &f.MessageID, &f.ConversationID, &f.Name, &f.Size, &f.ContentType, &f.ContentID, &sum, &thumb, &f.Width, &f.Height, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return f, NotFound
	}
	if err != nil {
		return f, err
	}
	f.CreatedAt = at(created)
	copy(f.Sum[:], sum)
	if len(thumb) == len(f.Sum) {
		f.Thumb = new(blob.Sum)
		copy(f.Thumb[:], thumb)
	}
	return f, nil
}

// forbidden are the endings that nobody may upload, in any case: requirements E-web-31.
var forbidden = []string{".asp", ".exe", ".asa", ".vbs", ".bat", ".pif", ".scr"}

// Upload stores a file for a later message of the same actor. Pictures are re-encoded without their metadata (where they were
// taken stays the sender's secret) and get a thumbnail. Larger than Limit.File is TooLarge; a forbidden ending is Invalid.
func (d *Desk) Upload(ctx context.Context, by Actor, name string, r io.Reader) (*File, error) {
	if by.Kind != ByCustomer {
		if err := by.Can(Serve); err != nil {
			return nil, err
		}
	}
	name = cleanName(name)
	if slices.Contains(forbidden, strings.ToLower(path.Ext(name))) {
		return nil, Invalid("file", "fault.file_forbidden", path.Ext(name))
	}
	return d.keep(ctx, by, name, "", r, d.Limit.File, true)
}

// KeepFile stores a file that came in by a channel, as it is: mail is not rewritten.
func (d *Desk) KeepFile(ctx context.Context, by Actor, name, contentID string, r io.Reader, limit int64) (*File, error) {
	if !by.isSystem() {
		return nil, Forbidden
	}
	return d.keep(ctx, by, cleanName(name), contentID, r, limit, false)
}

func (d *Desk) keep(ctx context.Context, by Actor, name, contentID string, r io.Reader, limit int64, rewrite bool) (*File, error) {
	f, err := d.store(ctx, r, limit, rewrite)
	if err != nil {
		return nil, err
	}
	if ext := path.Ext(name); rewrite && strings.EqualFold(ext, ".webp") && f.ContentType == "image/png" {
		name = strings.TrimSuffix(name, ext) + ".png"
	}
	f.ContentType = soundOf(name, f.ContentType)
	f.ID, f.Name, f.ContentID = randomID(), name, clip(contentID, 200)
	err = d.Write(ctx, by, func(tx *Tx) error {
		f.CreatedAt = tx.now
		var thumb []byte
		if f.Thumb != nil {
			thumb = f.Thumb[:]
		}
		_, err := tx.Exec("insert into files(public_id, uploader_kind, uploader_id, name, size, content_type, content_id, sha256, thumb_sha256, width, height, created_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			f.ID, by.Kind, by.ID, f.Name, f.Size, f.ContentType, f.ContentID, f.Sum[:], thumb, f.Width, f.Height, ms(tx.now))
		return err
	})
	return f, err
}

// soundOf tells a sound from a film where the bytes begin alike: a recorded voice is a film without pictures.
func soundOf(name, sniffed string) string {
	switch strings.ToLower(path.Ext(name)) + " " + sniffed {
	case ".weba video/webm":
		return "audio/webm"
	case ".m4a video/mp4":
		return "audio/mp4"
	case ".ogg application/ogg", ".oga application/ogg":
		return "audio/ogg"
	}
	return sniffed
}

// cleanName keeps of a sender's file name what is safe on every system: no path, no control characters, at most 150 characters.
func cleanName(name string) string {
	name = strings.ToValidUTF8(strings.ReplaceAll(name, `\`, "/"), "")
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, path.Base(name)))
	for utf8.RuneCountInString(name) > 150 {
		ext := path.Ext(name)
		if utf8.RuneCountInString(ext) > 20 {
			ext = ""
		}
		base := []rune(strings.TrimSuffix(name, ext))
		name = string(base[:150-utf8.RuneCountInString(ext)]) + ext
	}
	if name == "" || name == "." || name == ".." || name == "/" {
		return "file"
	}
	return name
}

// claimFiles finds files that the actor uploaded and nobody has sent yet.
func (tx *Tx) claimFiles(ctx context.Context, by Actor, ids []string) ([]File, error) {
	var files []File
	for _, id := range ids {
		f, err := scanFile(tx.QueryRowContext(ctx, "select "+fileColumns+" from files where public_id = ? and message_id is null and conversation_id is null and uploader_kind = ? and uploader_id = ?", id, by.Kind, by.ID))
		if errors.Is(err, NotFound) {
			return nil, Invalid("file_ids", "fault.file_unknown")
		}
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// attach gives the claimed files to the stored message.
func (tx *Tx) attach(m *Message) error {
	for i := range m.Files {
		f := &m.Files[i]
		f.MessageID, f.ConversationID = m.ID, m.ConversationID
		if _, err := tx.Exec("update files set message_id = ?, conversation_id = ? where public_id = ?", m.ID, m.ConversationID, f.ID); err != nil {
			return err
		}
	}
	return nil
}

func filesOf(ctx context.Context, r reader, ids string) ([]File, error) {
	rows, err := r.QueryContext(ctx, "select "+fileColumns+" from files where message_id in (select value from json_each(?)) order by id", ids)
	return collect(rows, err, scanFile)
}

// File finds a file that the actor may see: one of a message that he may see, or one that he uploaded himself.
func (d *Desk) File(ctx context.Context, by Actor, id string) (*File, error) {
	f, err := scanFile(d.read().QueryRowContext(ctx, "select "+fileColumns+" from files where public_id = ?", id))
	if err != nil {
		return nil, err
	}
	if f.MessageID != 0 {
		_, err := d.Message(ctx, by, f.MessageID)
		return &f, err
	}
	if f.ConversationID != 0 {
		return &f, d.fieldFile(ctx, by, &f)
	}
	var own bool
	err = d.read().QueryRowContext(ctx, "select uploader_kind = ? and uploader_id = ? from files where public_id = ?", by.Kind, by.ID, id).Scan(&own)
	if err == nil && !own && !by.isSystem() {
		err = d.sharedWith(ctx, by, id)
	}
	return &f, err
}

// sharedWith is NotFound for a file that no notice for the actor has, and no message of a colleague to him.
func (d *Desk) sharedWith(ctx context.Context, by Actor, id string) error {
	var shared bool
	err := d.read().QueryRowContext(ctx, `select exists (select 1 from notices o where o.file = ?1 and (?3 or exists (select 1 from notifications n where n.notice_id = o.id and n.agent_id = ?2)))`,
		id, by.Agent(), by.IsAdmin()).Scan(&shared)
	if err != nil || shared {
		return err
	}
	var m RoomMessageID
	err = d.read().QueryRowContext(ctx, "select id from room_messages where file = ? and file <> '' limit 1", id).Scan(&m)
	if errors.Is(err, sql.ErrNoRows) {
		return NotFound
	}
	if err == nil {
		_, err = d.RoomMessage(ctx, by, m)
	}
	return err
}

// OpenFile reads a file that the actor may see; thumb asks for a picture's small copy.
func (d *Desk) OpenFile(ctx context.Context, by Actor, id string, thumb bool) (*File, *blob.Reader, error) {
	f, err := d.File(ctx, by, id)
	if err != nil {
		return nil, nil, err
	}
	sum := f.Sum
	if thumb && f.Thumb != nil {
		sum = *f.Thumb
	}
	r, err := d.blobs.Open(ctx, sum)
	return f, r, err
}

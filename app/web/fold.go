package web

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/mail"
)

// A long text is folded: so many lines or characters of it stand in the log, and the rest comes on a press. A hundred thousand lines take a
// browser seconds to draw. A text that is not twice as long is not worth a press.
const (
	foldLines   = 40
	foldLetters = 8000
)

// folded is a text in two parts.
type folded struct {
	Shown, Rest string
	Lines       int // of both
}

// ByLines says whether the number of lines tells how much there is.
func (f folded) ByLines() bool { return f.Lines > 2*foldLines }

func fold(s string) folded {
	f, cut, letters := folded{Shown: s, Lines: 1}, -1, 0
	for i, r := range s {
		if cut < 0 && (letters == foldLetters || r == '\n' && f.Lines == foldLines) {
			cut = i
		}
		letters++
		if r == '\n' {
			f.Lines++
		}
	}
	if cut < 0 || f.Lines <= 2*foldLines && letters <= 2*foldLetters {
		return f
	}
	if at := strings.LastIndexAny(s[:cut], " \n"); s[cut] != '\n' && at > cut-200 {
		cut = at // between words, where there is such a place
	}
	f.Shown, f.Rest = s[:cut], strings.TrimPrefix(s[cut:], "\n")
	return f
}

// Text is the message's words as they stand in the log.
func (i item) Text() folded { return fold(i.M.Text) }

// restPart is what the log left out.
type restPart struct {
	Page
	Text string
	Goes bool // on from what was read, and takes the place of what was pressed
	Cut  bool // the mail goes on where this ends
}

// rest is what of a message's text is folded away.
func (w *Web) rest(c echo.Context) error {
	return w.leftOut(c, func(m *desk.Message) restPart {
		return restPart{Text: fold(m.Text).Rest, Goes: true, Cut: m.Meta.Mail != nil && m.Meta.Mail.Cut}
	})
}

// quoted is what a mail brought below its writer's own words: the history, and his signature.
func (w *Web) quoted(c echo.Context) error {
	return w.leftOut(c, func(m *desk.Message) restPart { return restPart{Text: m.Meta.Quoted} })
}

func (w *Web) leftOut(c echo.Context, of func(*desk.Message) restPart) error {
	m, err := w.messageOf(c)
	if err != nil {
		return err
	}
	p := of(m)
	if p.Text == "" {
		return desk.NotFound
	}
	return w.part(c, http.StatusOK, "conversations/_rest", &p)
}

// parted is a mail's HTML in what its writer wrote and what stands below it, as hostile as it came. What was sent on is all there to be read, so
// it is parted only when its words were.
func parted(m *desk.Message) (visible, quoted string) {
	if m.Direction != "in" || m.Meta.Quoted == "" {
		return m.HTML, ""
	}
	return mail.TrimHTML(m.HTML)
}

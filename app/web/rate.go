package web

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// ratePage is the page behind the link in a mail that asks: no account, and a look at it rates nothing.
type ratePage struct {
	Page
	Number  string // of the ticket
	Subject string
	State   string // ask, given or late
	Score   desk.Score
	Survey  desk.Survey
	Solved  string
}

// rateStar is one choice of the page.
type rateStar struct {
	N       int
	Name    string // the name of its tags' inputs
	Kind    string // of these inputs: checkbox or radio
	Tags    []string
	Chosen  bool
	Picked  []string
	Checked bool
}

// Has tells whether a tag was chosen.
func (s rateStar) Has(tag string) bool { return slices.Contains(s.Picked, tag) }

// Choices are the stars, one first.
func (p *ratePage) Choices() (list []rateStar) {
	for i, of := range p.Survey.Stars {
		s := rateStar{N: i + 1, Name: "tags_" + string(rune('1'+i)), Kind: "checkbox", Tags: of.Tags, Checked: p.Score.Stars == i+1}
		if of.One {
			s.Kind = "radio"
		}
		if s.Checked {
			s.Picked = p.Score.Tags
		}
		list = append(list, s)
	}
	return list
}

func (w *Web) ratePage(c echo.Context) (*ratePage, *desk.Conversation, error) {
	ctx := c.Request().Context()
	k, r, err := w.Desk.RatingByToken(ctx, desk.System, c.Param("token"))
	if err != nil {
		return nil, nil, err
	}
	p := &ratePage{State: "ask", Score: r.Score}
	if p.Survey, err = w.Desk.Survey(ctx, desk.System); err != nil {
		return nil, nil, err
	}
	if k.Ticket != nil {
		p.Number, p.Subject = k.Ticket.ID.String(), k.Ticket.Subject
	}
	switch {
	case r.Given():
		p.State = "given"
	case r.Late(w.Desk.Clock()):
		p.State = "late"
	}
	c.Response().Header().Set("X-Robots-Tag", "noindex, nofollow")
	return p, k, nil
}

// newRating shows the form. The star of the link that was pressed is chosen, and no more: programs look at links too.
func (w *Web) newRating(c echo.Context) error {
	p, _, err := w.ratePage(c)
	if err != nil {
		return err
	}
	if p.State == "ask" {
		if p.Score.Stars = int(number(c.QueryParam("stars"), 0)); p.Score.Stars == 0 && p.Survey.Preselect {
			p.Score.Stars = 5
		}
	}
	return w.show(c, "rate/form", p)
}

func (w *Web) rate(c echo.Context) error {
	p, k, err := w.ratePage(c)
	if err != nil {
		return err
	}
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	p.Score = desk.Score{Stars: int(number(form.Get("stars"), 0)), Remark: form.Get("remark")}
	if n := p.Score.Stars; n >= 1 && n <= 5 {
		p.Score.Tags = form["tags_"+form.Get("stars")]
	}
	p.Solved = form.Get("solved")
	if p.Solved == "yes" || p.Solved == "no" {
		yes := p.Solved == "yes"
		p.Score.Solved = &yes
	}
	if _, err := w.Desk.Rate(c.Request().Context(), desk.AsCustomer(k.CustomerID), k.ID, p.Score); err != nil {
		return w.again(c, err, "rate/form", p)
	}
	return c.Redirect(http.StatusSeeOther, "/rate/"+c.Param("token"))
}

package journey

import (
	"net/http"
	"testing"

	"encoding/json"

	"github.com/chromedp/chromedp"

	"deskbell/app/desk"
)

// The chat on a page of its own: what its link says, the box at the top and back, an app that can be installed.
func TestAPageOfItsOwn(t *testing.T) {
	h, root := open(t), browserOf(t)
	_, err := h.Desk.SaveTeam(t.Context(), h.alice, desk.Team{Name: "Export", Assignment: "collaboration"})
	must(t, err)
	path := h.url + "/chat/" + h.widget.PublicID
	p := visit(t, root, path+"?tenantId=7&emgroup=Export&ticket=false&hideStatus=true&name=Li+Lei&user=812")
	p.do(chromedp.EmulateViewport(390, 844))
	p.until("the greeting", has("Welcome! 欢迎"))
	p.until("no button for notes", `document.querySelector('[title="Leave a note"]').hidden`)
	above := `document.querySelector('.write').getBoundingClientRect().bottom <= document.querySelector('.log').getBoundingClientRect().top + 1`
	p.run(`document.querySelector('[aria-label="Write at the top"]').click()`)
	p.until("at the top", above+` && document.querySelector('[aria-label="Write at the bottom"]').ariaPressed === 'true'`)
	p.do(write("to the export team"))
	p.until("stored", `document.querySelector('.me .foot')?.textContent === 'Sent'`)
	p.do(chromedp.Reload())
	p.until("still at the top", has("to the export team")+` && `+above)
	p.run(`document.querySelector('[aria-label="Write at the bottom"]').click()`)
	p.until("back", `!(`+above+`)`)

	c, err := h.Desk.Conversation(t.Context(), desk.System, h.conversation())
	must(t, err)
	customer, err := h.Desk.Customer(t.Context(), desk.System, c.CustomerID)
	must(t, err)
	if c.TeamName != "Export" || customer.Name != "Li Lei" || customer.Data["user"] != "812" {
		t.Errorf("the conversation is %s's with %q, data %v", c.TeamName, customer.Name, customer.Data)
	}

	res, err := http.Get(path + "/manifest.webmanifest")
	must(t, err)
	defer res.Body.Close()
	var app struct {
		Name  string
		Start string `json:"start_url"`
		Icons []struct{ Src string }
	}
	must(t, json.NewDecoder(res.Body).Decode(&app))
	if app.Name == "" || app.Start != "/chat/"+h.widget.PublicID || len(app.Icons) != 3 {
		t.Errorf("the app is %+v", app)
	}
	p.quiet()

	_, err = h.Desk.SaveSchedule(t.Context(), h.alice, desk.Schedule{}, false)
	must(t, err)
	_, err = h.Desk.CloseConversation(t.Context(), h.alice, c.ID)
	must(t, err)
	p.do(chromedp.Navigate(path + "?offDutyType=none&offDutyWord=Back+on+Monday"))
	p.until("the link's own words, and nothing to write in", `document.querySelector('.off-duty')?.textContent === 'Back on Monday' && document.querySelector('.write').hidden`)
}

// The chat of a widget is framed, and is no app.
func TestTheFrameIsNoApp(t *testing.T) {
	h, root := open(t), browserOf(t)
	shop := visit(t, root, h.shop)
	f := h.chat(shop)
	f.until("without a manifest and without the page's buttons", `!document.querySelector('link[rel=manifest]') && !document.querySelector('[aria-label="Write at the top"]')`)
}

package journey

import (
	"bytes"
	"context"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"deskbell/app"
	"deskbell/app/channel/webchat"
	"deskbell/app/desk"
)

// plain sends the form of a page as the plainest of clients does.
func (h *house) plain(page string, differ url.Values) (int, string) {
	h.t.Helper()
	form := url.Values{}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	for name, value := range differ {
		form[name] = value
	}
	res, err := http.PostForm(h.url+"/chat/"+h.widget.PublicID+"/messages", form)
	must(h.t, err)
	defer res.Body.Close()
	for _, ck := range res.Cookies() {
		if !ck.HttpOnly || ck.SameSite != http.SameSiteLaxMode || ck.Path != "/chat/"+h.widget.PublicID {
			h.t.Errorf("a cookie that scripts or other pages get: %v", ck)
		}
	}
	b, err := io.ReadAll(res.Body)
	must(h.t, err)
	return res.StatusCode, string(b)
}

func (h *house) get(path string) string {
	h.t.Helper()
	res, err := http.Get(h.url + path)
	must(h.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	must(h.t, err)
	return string(b)
}

func TestAChatWithoutScripts(t *testing.T) {
	h := begin(t, app.Config{ChatLimits: webchat.Limits{Messages: webchat.Allowance{N: 5, Each: time.Hour}}})
	company, err := h.Desk.Company(t.Context(), h.alice)
	must(t, err)
	company.TimeZone = "Asia/Shanghai"
	must(t, h.Desk.ChangeCompany(t.Context(), h.alice, company))
	first := h.get("/chat/" + h.widget.PublicID)
	if status, page := h.plain(first, url.Values{"text": {" "}}); status != 422 || !strings.Contains(page, `class="fault"`) {
		t.Errorf("an empty message: %d", status)
	}
	status, page := h.plain(first, url.Values{"text": {"你好 <b>hello</b>"}})
	if status != 200 || !strings.Contains(page, "你好 &lt;b&gt;hello&lt;/b&gt;") || !strings.Contains(html.UnescapeString(page), " UTC+08:00</time>") { // the company's time
		t.Fatalf("%d %s", status, excerpt(page, "hello"))
	}
	id := h.conversation()
	_, err = h.Desk.Join(t.Context(), h.bo, id)
	must(t, err)
	h.reply(h.bo, id, desk.Draft{Text: "Welcome, 有货"})
	h.reply(h.bo, id, desk.Draft{Text: "for agents alone", Internal: true})
	_, page = h.plain(page, url.Values{"text": {""}})
	if !strings.Contains(page, "Welcome, 有货") || strings.Contains(page, "for agents alone") {
		t.Errorf("he does not see the answer, or more than that: %s", excerpt(page, "Welcome"))
	}
	_, again := h.plain(page, url.Values{"text": {"and another"}})
	h.plain(page, url.Values{"text": {"and another"}}) // the browser loads the answer anew
	if got := strings.Join(h.said(id), "|"); got != "你好 <b>hello</b>|Welcome, 有货|for agents alone|and another" {
		t.Errorf("stored is %s", got)
	}
	if status, page := h.plain(again, url.Values{"text": {strings.Repeat("茶", 1501)}}); status != 422 || !strings.Contains(page, strings.Repeat("茶", 1501)) {
		t.Errorf("too long: %d, and what he wrote is lost", status)
	}
	if _, page := h.plain(first, url.Values{"text": {""}, "token": {h.widget.PublicID + ".forged"}}); strings.Contains(page, "Welcome, 有货") {
		t.Error("a forged token sees what was said")
	}
	limited := 0
	for range 5 {
		if _, again = h.plain(again, url.Values{"text": {"more"}}); strings.Contains(again, "Please slow down") {
			limited++
		}
	}
	if limited == 0 {
		t.Error("no limit")
	}
	res, err := http.Post(h.url+"/chat/"+h.widget.PublicID+"/messages", "application/x-www-form-urlencoded", strings.NewReader("text="+strings.Repeat("x", 100_000)))
	must(t, err)
	if res.StatusCode < 400 || res.StatusCode > 499 {
		t.Errorf("a form of 100 KB: %s", res.Status)
	}
}

// A file goes along without scripts, streamed and once; what is wrong with it stands beside it, and nothing is stored.
func TestAFileWithoutScripts(t *testing.T) {
	h := begin(t, app.Config{})
	send := func(fields url.Values, name, content string) (int, string) {
		t.Helper()
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		for key := range fields {
			must(t, form.WriteField(key, fields.Get(key)))
		}
		part, err := form.CreateFormFile("file", name)
		must(t, err)
		_, err = io.WriteString(part, content)
		must(t, err)
		must(t, form.Close())
		res, err := http.Post(h.url+"/chat/"+h.widget.PublicID+"/messages", form.FormDataContentType(), &body)
		must(t, err)
		defer res.Body.Close()
		page, err := io.ReadAll(res.Body)
		must(t, err)
		return res.StatusCode, string(page)
	}
	if status, page := send(url.Values{"text": {"see this"}}, "virus.EXE", "MZ"); status != 422 || !strings.Contains(page, `class="fault"`) || !strings.Contains(page, "see this") {
		t.Errorf("a forbidden file: %d", status)
	}
	if status, page := send(url.Values{"text": {"see this"}}, "large.txt", strings.Repeat("x", 11<<20)); status != 422 || !strings.Contains(page, "Choose a file of at most 10 MB.") {
		t.Errorf("a file of 11 MB: %d", status)
	}
	if list, _, err := h.Desk.Conversations(t.Context(), h.alice, desk.ConversationList{Limit: 5}); err != nil || len(list) != 0 {
		t.Errorf("%d conversations of what was refused (%v)", len(list), err)
	}
	status, page := send(url.Values{"text": {"my order"}, "client_id": {"one"}}, "order.txt", "Longjing, 2 tins")
	if status != 200 || !strings.Contains(page, "order.txt") {
		t.Errorf("with a file: %d %s", status, excerpt(page, "order"))
	}
	token := html.UnescapeString(regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(page)[1])
	send(url.Values{"text": {"my order"}, "client_id": {"one"}, "token": {token}}, "order.txt", "Longjing, 2 tins") // the browser sends it again
	send(url.Values{"client_id": {"two"}, "token": {token}}, "", "")                                                // no file was chosen
	send(url.Values{"client_id": {"three"}, "token": {token}}, "picture.txt", "a file alone")
	list, _, err := h.Desk.Messages(t.Context(), h.alice, h.conversation(), desk.MessageList{Limit: 20})
	must(t, err)
	var got []string
	for _, m := range list {
		if !m.IsEvent() {
			for _, f := range m.Files {
				got = append(got, m.Text+": "+f.Name)
			}
		}
	}
	if strings.Join(got, "|") != "my order: order.txt|: picture.txt" {
		t.Errorf("stored is %q", got)
	}
}

func TestAPlainChatAsksWhatTheWidgetAsks(t *testing.T) {
	h := begin(t, app.Config{})
	h.redesign(desk.Widget{Ask: map[string]string{"name": "must", "email": "may"}})
	first := h.get("/chat/" + h.widget.PublicID)
	status, page := h.plain(first, url.Values{"text": {"hello"}, "email": {"no address"}})
	if status != 422 || !strings.Contains(page, "no address") || strings.Count(page, `class="fault"`) < 1 {
		t.Errorf("nobody with a wrong address: %d %s", status, excerpt(page, "address"))
	}
	if status, page = h.plain(page, url.Values{"text": {"hello"}, "name": {"Li Lei"}, "email": {""}}); status != 200 || !strings.Contains(page, "hello") {
		t.Errorf("%d %s", status, excerpt(page, "hello"))
	}
	if c, err := h.Desk.Conversation(t.Context(), h.alice, h.conversation()); err != nil || c.CustomerName != "Li Lei" {
		t.Errorf("the customer is %q (%v)", c.CustomerName, err)
	}

	h.redesign(desk.Widget{OffDuty: "note", Categories: []string{"Tea", "Cups"}})
	_, err := h.Desk.SaveSchedule(t.Context(), h.alice, desk.Schedule{}, false)
	must(t, err)
	if status, page = h.plain(h.get("/chat/"+h.widget.PublicID), url.Values{"text": {"Call me"}, "name": {"Han"}, "phone": {"+44 20 7946 0000"}, "category": {"Cups"}}); status != 200 {
		t.Errorf("a note: %d %s", status, page)
	}
	notes, _, err := h.Desk.Conversations(t.Context(), h.alice, desk.ConversationList{Kind: "ticket", Origin: "note", Limit: 5})
	must(t, err)
	if len(notes) != 1 || notes[0].Ticket.Subject != "Cups: Call me" {
		t.Errorf("%d notes", len(notes))
	}
}

// A browser whose scripts are off writes, and reads the answer when the page is loaded anew.
func TestABrowserWithoutScripts(t *testing.T) {
	h, browser := open(t), browserOf(t)
	p := visit(t, browser, "about:blank")
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	p.do(chromedp.Navigate(h.url+"/chat/"+h.widget.PublicID), chromedp.SendKeys(chromedp.CSS("textarea"), "hello from a quiet browser"), chromedp.Click(chromedp.CSS(".plain button")))
	p.until("it is there", `document.querySelector('li.me p')?.textContent === 'hello from a quiet browser'`)
	id := h.conversation()
	_, err := h.Desk.Join(t.Context(), h.bo, id)
	must(t, err)
	h.reply(h.bo, id, desk.Draft{Text: "Good day"})
	p.do(chromedp.Navigate(h.url + "/chat/" + h.widget.PublicID))
	p.until("the page looked at again shows the answer, and how it stands", `[...document.querySelectorAll('li p')].some(e => e.textContent === 'Good day') && document.querySelector('.state').textContent === 'Bo is helping you.'`)
	p.do(chromedp.SendKeys(chromedp.CSS("textarea"), "one more"), chromedp.Click(chromedp.CSS(".plain button")))
	p.until("sent, and the address is one to look at", `location.pathname.endsWith(`+quote(h.widget.PublicID)+`) && [...document.querySelectorAll('li.me p')].some(e => e.textContent === 'one more')`)
	h.reply(h.bo, id, desk.Draft{Text: "Later"})
	p.do(chromedp.Reload())
	p.until("the answer after F5", `[...document.querySelectorAll('li p')].some(e => e.textContent === 'Later')`)
	p.do(chromedp.Click(chromedp.CSS(".plain .quiet")))
	p.until("the answer, loaded anew", `[...document.querySelectorAll('li p')].some(e => e.textContent === 'Good day')`)
	if got := h.said(id); len(got) != 4 {
		t.Errorf("it was stored again: %q", got)
	}
}

// The cookie is for one who sent the form without a script, and opens what is his and nothing else.
func TestLoadingAnewWithoutScripts(t *testing.T) {
	h := begin(t, app.Config{})
	path := "/chat/" + h.widget.PublicID
	look := func(path, cookie string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), "GET", h.url+path, nil)
		must(t, err)
		req.Header.Set("Cookie", "deskbell_chat="+cookie)
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		must(t, err)
		if strings.Contains(string(b), "Good day") && res.Header.Get("Cache-Control") != "no-store" {
			t.Error("what was said is kept by caches")
		}
		return res.StatusCode, string(b)
	}
	res, err := http.PostForm(h.url+path+"/messages", url.Values{"text": {"hello"}, "lang": {"en"}})
	must(t, err)
	res.Body.Close()
	if len(res.Cookies()) != 1 {
		t.Fatalf("cookies: %v", res.Cookies())
	}
	token, id := res.Cookies()[0].Value, h.conversation()
	if _, page := look(path, token); !strings.Contains(page, "hello") || !strings.Contains(page, "in line") && !strings.Contains(page, "waiting for an agent") || strings.Contains(page, token) {
		t.Errorf("one who waits sees %s", excerpt(page, "hello"))
	}
	_, err = h.Desk.Join(t.Context(), h.bo, id)
	must(t, err)
	f, err := h.Desk.Upload(t.Context(), h.bo, "list.txt", strings.NewReader("oolong"))
	must(t, err)
	h.reply(h.bo, id, desk.Draft{Text: "Good day", FileIDs: []string{f.ID}})
	_, page := look(path, token)
	link := regexp.MustCompile(`href="(` + path + `/files/[^"]+)">list.txt`).FindStringSubmatch(page)
	if link == nil || !strings.Contains(page, "Bo is helping you.") {
		t.Fatalf("one who is served sees %s", excerpt(page, "Good day"))
	}
	if status, text := look(link[1], token); status != 200 || text != "oolong" {
		t.Errorf("the file: %d %q", status, text)
	}
	for name, other := range map[string]string{"nobody": "", "a forged one": h.widget.PublicID + ".forged", "another widget's": "other." + strings.SplitN(token, ".", 2)[1]} {
		if status, _ := look(link[1], other); status != 404 {
			t.Errorf("%s gets the file: %d", name, status)
		}
		if _, page := look(path, other); strings.Contains(page, "Good day") {
			t.Errorf("%s sees what was said", name)
		}
	}
	if _, page := h.plain("", url.Values{"text": {""}}); strings.Contains(page, "Good day") {
		t.Error("without a cookie it is seen")
	}
	_, err = h.Desk.InviteRating(t.Context(), h.bo, id)
	must(t, err)
	_, err = h.Desk.CloseConversation(t.Context(), h.bo, id)
	must(t, err)
	_, page = look(path, token)
	link = regexp.MustCompile(`href="(/rate/[^"]+)"`).FindStringSubmatch(page)
	if link == nil || !strings.Contains(page, "has ended") {
		t.Fatalf("one whose chat is over sees %s", excerpt(page, "ended"))
	}
	if status, page := look(link[1], ""); status != 200 || !strings.Contains(page, `name="stars"`) {
		t.Errorf("where it is rated: %d", status)
	}
}

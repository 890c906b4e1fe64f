// Package journey has the tests that go through everything: the whole app over real HTTP, and a real browser in front of it.
package journey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// patience bounds every step; steps wait for what they need and no longer. It is long, since machines are slow at times.
const patience = time.Minute

// browserOf starts one Chromium for a test, with site isolation as people have it: the widget's frame is a process of its own.
func browserOf(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium here: .ci/needs installs it")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("disable-features", "Translate"), chromedp.Flag("site-per-process", true))
	alloc, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	root, stop := chromedp.NewContext(alloc)
	t.Cleanup(stop)
	must(t, chromedp.Do(root)) // the first use of a context starts what it stands for, and must not carry a deadline
	return root
}

// tab is a page, or a frame of a process of its own.
type tab struct {
	t     testing.TB
	ctx   context.Context
	taken map[target.ID]bool // frames that a test has by hand already, in all tabs of this person

	mu     sync.Mutex
	faults []string // what the console complained of
}

// visit opens a person's own tab: cookies and storage of nobody else.
func visit(t testing.TB, root context.Context, url string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(root, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	p := watch(t, ctx, map[target.ID]bool{})
	p.do(toasting, chromedp.Navigate(url))
	return p
}

// toasting keeps what the toasts of a page said: they go away by themselves, and a slow test may come when they are gone.
var toasting = chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
	const script = `window.toasted = []; new MutationObserver(records => { for (const r of records) for (const e of r.addedNodes) if (e.classList?.contains('toast')) toasted.push(e.textContent); }).observe(document, { childList: true, subtree: true })`
	_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
	return err
})

// toast is a script that says whether a toast of this page said so.
func toast(text string) string { return `window.toasted?.some(x => x.includes(` + quote(text) + `))` }

// another opens a further tab of the same person's.
func (p *tab) another(url string) *tab {
	p.t.Helper()
	ctx, cancel := chromedp.NewContext(p.ctx)
	p.t.Cleanup(cancel)
	q := watch(p.t, ctx, p.taken)
	q.do(toasting, chromedp.Navigate(url))
	return q
}

func watch(t testing.TB, ctx context.Context, taken map[target.ID]bool) *tab {
	t.Helper()
	p := &tab{t: t, ctx: ctx, taken: taken}
	must(t, chromedp.Do(ctx))
	must(t, chromedp.Listen(ctx, func(ev any) {
		p.mu.Lock()
		defer p.mu.Unlock()
		switch e := ev.(type) {
		case *log.EventEntryAdded:
			p.faults = append(p.faults, string(e.Entry.Source)+": "+e.Entry.Text)
		case *runtime.EventExceptionThrown:
			p.faults = append(p.faults, "exception: "+e.ExceptionDetails.Text)
		}
	}))
	return p
}

// quiet checks that the browser had nothing to forbid and no script broke.
func (p *tab) quiet() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range p.faults {
		if strings.HasPrefix(f, "security") || strings.HasPrefix(f, "exception") || strings.Contains(f, "Content Security Policy") || strings.Contains(f, "Trusted") {
			p.t.Errorf("the browser complained: %s", f)
		}
	}
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	for _, step := range steps {
		err := chromedp.Do(ctx, step)
		for redrawn(err) && ctx.Err() == nil {
			err = chromedp.Do(ctx, step)
		}
		must(p.t, err)
	}
}

// redrawn says that an element was drawn anew between being found and being used. Nothing was done with it: the keys and presses of a step
// come after the last time that it is asked for its element.
func redrawn(err error) bool {
	var e *cdproto.Error
	return errors.As(err, &e) && (strings.Contains(e.Message, "node with given id") || strings.Contains(e.Message, "box model") || strings.Contains(e.Message, "detached from document"))
}

// run evaluates a script; a promise is waited for.
func (p *tab) run(js string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[chromedp.Void](js, chromedp.EvalAwaitPromise)); err != nil {
		p.t.Fatalf("%.300s: %v", js, err)
	}
}

// click presses what a selector finds, where a pointer would meet it: found, looked at and pressed in one go, since what is live may be drawn
// anew at any moment, also between a button's going down and up.
func (p *tab) click(selector string) {
	p.t.Helper()
	p.until("a press on "+selector, fmt.Sprintf(`(e => {
		if (!e?.checkVisibility()) return false;
		e.scrollIntoView({ block: 'nearest' });
		const r = e.getBoundingClientRect(), there = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2);
		if (!e.contains(there) && there?.closest('label')?.control !== e) return false;
		e.click();
		return true;
	})(document.querySelector(%s))`, quote(selector)))
}

// until waits until a script, or the promise it gives, says true. The page may go to another meanwhile.
func (p *tab) until(what, js string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	for last := error(nil); ; {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](js, chromedp.EvalAwaitPromise))
		if ok {
			return
		}
		if ctx.Err() == nil {
			last = err
		} else {
			p.t.Fatalf("%s: not within %v (%v)\nwanted: %.400s\n%s", what, patience, last, js, p.seen(js))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// seen tells of a failure what matters: which parts of a condition are not so, what the elements that it asks for are, and how the page begins.
func (p *tab) seen(js string) string {
	soon, stop := context.WithTimeout(p.ctx, 5*time.Second)
	defer stop()
	var out []string
	if parts := strings.Split(js, " && "); len(parts) > 1 {
		for _, part := range parts { // one that is cut in its middle is no script, and answers nothing
			if is, err := chromedp.Run(soon, chromedp.Evaluate[bool]("!!("+part+")")); err == nil && !is {
				out = append(out, fmt.Sprintf("not so: %.160s", part))
			}
		}
	}
	of := []string{}
	for _, m := range selectors.FindAllStringSubmatch(js, -1) {
		if !slices.Contains(of, m[1]) && len(of) < 4 {
			of = append(of, m[1])
		}
	}
	asked, _ := json.Marshal(of)
	says, err := chromedp.Run(soon, chromedp.Evaluate[string](fmt.Sprintf(tell, asked)))
	if err != nil {
		says = "and the page does not answer: " + err.Error()
	}
	return strings.Join(append(out, says), "\n")
}

var selectors = regexp.MustCompile(`querySelector(?:All)?\('([^']+)'\)`)

// tell is a script that describes the elements of selectors, the focus and the page, in a line each.
const tell = `(() => {
	const short = (s, n) => (s = String(s).replace(/\s+/g, ' ').trim()).length > n ? s.slice(0, n) + '…' : s, out = [], focus = document.activeElement;
	for (const s of %s) { try { const all = [...document.querySelectorAll(s)]; out.push(s + ': ' + (all.length ? all.length + ', the last ' + short(all.at(-1).outerHTML, 200) : 'none')); } catch {} }
	if (focus && focus !== document.body) out.push('the focus is on ' + short(focus.outerHTML, 80));
	return [...out, short(location.href, 120) + ' says: ' + short(document.body?.innerText, 240)].join('\n');
})()`

// texts reads a list of texts by a script that answers one.
func (p *tab) texts(js string) []string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	list, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](js))
	must(p.t, err)
	return list
}

// frame attaches to a new frame whose address begins so.
func (p *tab) frame(prefix string) *tab {
	p.t.Helper()
	return p.part("iframe", prefix)
}

// part attaches to what is not a page: a frame of a process of its own, a worker.
func (p *tab) part(kind, prefix string) *tab {
	p.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		targets, err := chromedp.Targets(p.ctx)
		must(p.t, err)
		for _, x := range targets {
			if x.Type == kind && strings.HasPrefix(x.URL, prefix) && !p.taken[x.TargetID] {
				p.taken[x.TargetID] = true
				ctx, cancel := chromedp.NewContext(p.ctx, chromedp.WithTargetID(x.TargetID))
				p.t.Cleanup(cancel)
				return watch(p.t, ctx, p.taken)
			}
		}
	}
	p.t.Fatalf("no %s of %s", kind, prefix)
	return nil
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

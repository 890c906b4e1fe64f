// Package journey has the tests that go through everything: the whole app over real HTTP, and a real browser in front of it.
package journey

import (
	"context"
	"encoding/json"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// patience bounds every step in the browser; steps wait for what they need and no longer.
const patience = 20 * time.Second

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
	p.do(chromedp.Navigate(url))
	return p
}

// another opens a further tab of the same person's.
func (p *tab) another(url string) *tab {
	p.t.Helper()
	ctx, cancel := chromedp.NewContext(p.ctx)
	p.t.Cleanup(cancel)
	q := watch(p.t, ctx, p.taken)
	q.do(chromedp.Navigate(url))
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
	must(p.t, chromedp.Do(ctx, steps...))
}

// run evaluates a script; a promise is waited for.
func (p *tab) run(js string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[chromedp.Void](js, chromedp.EvalAwaitPromise)); err != nil {
		p.t.Fatalf("%s: %v", js, err)
	}
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
			soon, stop := context.WithTimeout(p.ctx, time.Second)
			defer stop()
			seen, _ := chromedp.Run(soon, chromedp.Evaluate[string](`location.href + '\n' + document.body.innerText`))
			p.t.Fatalf("%s: not within %v (%v); the page:\n%s", what, patience, last, seen)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

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

package main

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os/exec"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// bytes measures what travels to a browser: the widget before the click and after it, and the console's first load.
func (b *bench) bytes(ctx context.Context) error {
	c, err := b.newCompany(ctx, "bytes", 1, 1, nil)
	if err != nil {
		return err
	}
	p, err := b.serve(ctx, c.dir)
	if err != nil {
		return err
	}
	defer p.stop()
	widget, _, _ := strings.Cut(c.visitors[0], ".") // asked for by its id, as the console's snippet does: with its first line
	loader, err := loaderSize(ctx, "http://"+p.addr+"/widget.js?id="+widget)
	if err != nil {
		return err
	}
	b.report.under(figure{Part: "bytes", What: "widget before the click, one request", Value: loader / 1024, Unit: "KB", Goal: "<= 4 KB gzip"}, 4.0001)
	chrome, err := newBrowser(ctx)
	if err != nil {
		return err
	}
	defer chrome.stop()
	site := "http://" + p.addr
	size, what, err := chrome.load(site + "/chat/" + widget)
	if err != nil {
		return err
	}
	b.report.under(figure{Part: "bytes", What: "widget after the click", Value: size, Unit: "KB", Goal: "<= 40 KB gzip", Remark: what}, 40.0001)
	if err := chrome.logIn(site); err != nil {
		return err
	}
	if size, what, err = chrome.load(site + "/"); err != nil {
		return err
	}
	b.report.under(figure{Part: "bytes", What: "console, first load", Value: size, Unit: "KB", Goal: "<= 100 KB gzip", Remark: what}, 100.0001)
	return nil
}

// loaderSize fetches the loader as a browser does and counts what travelled.
func loaderSize(ctx context.Context, url string) (float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Accept-Encoding", "gzip")
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Encoding") != "gzip" {
		return 0, fmt.Errorf("GET %s: %s, encoding %q", url, res.Status, res.Header.Get("Content-Encoding"))
	}
	n := &counting{r: res.Body}
	z, err := gzip.NewReader(n)
	if err == nil {
		_, err = io.Copy(io.Discard, z)
	}
	return float64(n.n), err
}

type counting struct {
	r io.Reader
	n int
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}

// browser is a real Chromium that counts what it fetches.
type browser struct {
	tab  context.Context
	stop context.CancelFunc

	mu    sync.Mutex
	urls  map[network.RequestID]string
	sizes map[string]float64 // bytes as they travelled, headers and all
}

func newBrowser(ctx context.Context) (*browser, error) {
	program := ""
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			program = found
			break
		}
	}
	if program == "" {
		return nil, errors.New("no Chromium is installed")
	}
	alloc, stopAlloc := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox)...)
	tab, stopTab := chromedp.NewContext(alloc)
	b := &browser{tab: tab, stop: func() { stopTab(); stopAlloc() }, urls: map[network.RequestID]string{}}
	if err := chromedp.Listen(tab, b.note); err != nil {
		b.stop()
		return nil, err
	}
	return b, b.do(
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
			return err
		}),
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, network.SetBypassServiceWorker, network.SetBypassServiceWorkerParams{Bypass: true})
			return err
		}))
}

func (b *browser) note(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventResponseReceived:
		b.urls[e.RequestID] = e.Response.URL
	case *network.EventLoadingFinished:
		if b.sizes != nil {
			b.sizes[b.urls[e.RequestID]] += e.EncodedDataLength
		}
	}
}

// do runs the steps within half a minute.
func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(b.tab, 30*time.Second)
	defer cancel()
	return chromedp.Do(ctx, steps...)
}

// load opens an address with an empty cache, waits until nothing more comes, and answers the KB that travelled and for what.
func (b *browser) load(url string) (float64, string, error) {
	b.mu.Lock()
	b.sizes = map[string]float64{}
	b.mu.Unlock()
	if err := b.do(chromedp.Navigate(url), chromedp.Sleep(2*time.Second)); err != nil {
		return 0, "", fmt.Errorf("%s: %w", url, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	total, list := 0.0, []string{}
	for _, u := range slices.Sorted(maps.Keys(b.sizes)) {
		total += b.sizes[u]
		list = append(list, fmt.Sprintf("%s %.1f", path.Base(u), b.sizes[u]/1024))
	}
	b.sizes = nil
	return total / 1024, strings.Join(list, ", "), nil
}

func (b *browser) logIn(site string) error {
	return b.do(chromedp.Navigate(site+"/login"),
		chromedp.SendKeys(chromedp.CSS("input[name=email]"), "alice@tea.example"),
		chromedp.SendKeys(chromedp.CSS("input[type=password]"), "longjing before rain\r"),
		chromedp.Sleep(2*time.Second))
}

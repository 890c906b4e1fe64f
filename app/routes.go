package app

import (
	"net"
	"net/http"
	"strings"

	"deskbell/app/api"
	"deskbell/app/channel/webchat"
	"deskbell/app/rest"
	"deskbell/app/web"

	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"
)

// routes puts the doors together. Each door says itself what stands behind it: web/routes.go is the console's site map.
func (a *App) routes() http.Handler {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = a.source()
	e.Use(a.measure)
	source := func(r *http.Request) string { return e.IPExtractor(r) }
	shared := &rest.API{API: humaecho.New(e, rest.Describe(a.Config.Version)), Translate: a.Views.T, Log: a.Log}
	chat := webchat.New(a.Desk, a.Hub, a.News, shared, source, a.Config.ChatLimits)
	chat.OnMove(a.tellVisits)
	chat.PushBy(a.Push)
	chat.Routes(e)
	e.GET("/chat/:id", chat.Page(a.Views))
	e.POST("/chat/:id/messages", chat.Plain(a.Views))
	e.GET("/chat/:id/messages", chat.Again)
	e.GET("/chat/:id/files/:file", chat.PlainFile)
	e.GET("/chat/:id/style.css", chat.Style)
	e.GET("/chat/:id/manifest.webmanifest", chat.Manifest(a.Assets))
	e.GET("/snippet.js", chat.Snippet(a.Assets))
	e.GET("/snippets/:id", chat.SnippetPage)
	e.GET("/widget.js", chat.Loader(a.Assets))
	programs := api.New(api.Config{Desk: a.Desk, Hub: a.Hub, News: a.News, REST: shared, Views: a.Views, Source: source, Check: a.Channels.Check, LookUp: a.Mail.LookUp, URL: a.Config.URL, Limits: a.Config.APILimits})
	programs.Routes(e)
	programs.Describe(e)
	e.GET("/healthz", a.healthz)
	e.GET("/readyz", a.readyz)
	e.GET("/metrics", a.metrics)
	for _, path := range []string{"/assets/*", "/sw.js"} {
		e.GET(path, echo.WrapHandler(a.Assets))
	}
	web.New(web.Parts{Desk: a.Desk, Views: a.Views, Assets: a.Assets, Hub: a.Hub, News: a.News, Log: a.Log, URL: a.Config.URL, Version: a.Config.Version, SetupCode: a.code,
		CheckMailbox: a.Mail.CheckMailbox, AskConsent: a.Mail.AskConsent, TakeConsent: a.Mail.TakeConsent, LookUp: a.Mail.LookUp, Accounts: a.Channels.States, Health: a.Health.Parts, Release: a.Release, Upkeep: a.Upkeep, Upkeeping: a.Upkeeping, Examine: a.Examine, Examined: a.Examined, Visiting: a.visiting, Region: a.Regions.Name, Push: a.Push}).Routes(e)
	if a.Demo != nil {
		a.Demo.Routes(e)
	}
	a.doors = e
	return heads(e)
}

// heads answers HEAD as GET without what is behind the header (RFC 9110 section 9.3.2): monitors and programs that look at links ask so.
// The server itself, which has its own copy of the request, sends no body.
func heads(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead && !strings.HasSuffix(r.URL.Path, "/stream") { // a stream has no end, and takes the connection over
			get := *r
			get.Method = http.MethodGet
			r = &get
		}
		next.ServeHTTP(w, r)
	})
}

// source tells the address that a request comes from: the connection's, or what a trusted proxy says. Nobody else is believed.
func (a *App) source() echo.IPExtractor {
	if len(a.Config.Proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range a.Config.Proxies {
		_, network, err := net.ParseCIDR(p.Masked().String())
		if err == nil {
			trust = append(trust, echo.TrustIPRange(network))
		}
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}

// Package app builds and joins every part of Deskbell; it is the only package that knows them all, and reads like a table of
// contents.
package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"deskbell/app/automation"
	"deskbell/app/channel"
	"deskbell/app/channel/email"
	"deskbell/app/demo"
	"deskbell/app/desk"
	"deskbell/app/export"
	"deskbell/app/health"
	"deskbell/app/live"
	"deskbell/app/news"
	"deskbell/app/notify"
	"deskbell/app/push"
	"deskbell/app/rating"
	"deskbell/app/region"
	"deskbell/app/replica"
	"deskbell/app/routing"
	"deskbell/app/sla"
	"deskbell/app/view"

	"github.com/labstack/echo/v4"
)

// App is one running desk.
type App struct {
	Config  Config
	Desk    *desk.Desk
	Hub     *live.Hub
	News    *news.News
	Push    *push.Push
	Notify  *notify.Notify
	Routing *routing.Routing
	Views   *view.Views
	Assets  *view.Assets
	Health  *health.Registry
	Metrics *health.Metrics
	Log     *slog.Logger
	Regions *region.Regions
	Demo    *demo.Demo // nil when it serves for real

	Mail     *email.Channel
	Channels *channel.Supervisor

	Replica *replica.Supervisor // nil when nothing is carried
	hold    *hold               // of a restored copy, until it is released
	keeper  *keeper             // makes backups and drills
	certs   *certificates       // nil when it serves plain HTTP
	release func()              // gives the data folder back

	code    string // for setting the desk up
	clock   *health.Clock
	exam    examination
	running context.Context // of the parts; since Start
	handler http.Handler
	doors   *echo.Echo    // what stands behind it
	ready   chan struct{} // closed when news is carried
	stop    context.CancelFunc
	parts   sync.WaitGroup
	closing atomic.Bool
	telling atomic.Bool // the agents will be told who visits
	leaving sync.Map    // keys of visitors whose last stream closed a moment ago
}

// New opens the data folder and joins the parts; Start starts them. views and static are the folders of those names.
func New(ctx context.Context, c Config, views, static fs.FS) (*App, error) {
	a := &App{Config: c, Log: c.Logger(), ready: make(chan struct{}), code: rand.Text()[:16]}
	if err := a.open(ctx, views, static); err != nil {
		return nil, errors.Join(err, a.shut())
	}
	return a, nil
}

func (a *App) open(ctx context.Context, views, static fs.FS) error {
	c := a.Config
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fmt.Errorf("DESKBELL_DATA=%q: %w", c.Data, err)
	}
	if err := a.bringBack(ctx); err != nil {
		return err
	}
	var err error
	if a.hold, err = newHold(c.Data); err != nil {
		return err
	}
	key, err := c.Key()
	if err != nil {
		return err
	}
	if a.Regions, err = region.Open(c.RegionFile); err != nil {
		return fmt.Errorf("DESKBELL_REGIONS: %w", err)
	}
	if a.Assets, err = view.NewAssets(static); err != nil {
		return err
	}
	if a.Views, err = view.New(views, a.Assets); err != nil {
		return err
	}
	if err := a.openDesk(ctx, key); err != nil {
		return err
	}
	if err := a.carry(ctx); err != nil {
		return err
	}
	a.eraseAgain(ctx)
	if err := a.firstAdmin(ctx); err != nil {
		return err
	}
	a.Hub = live.New(live.Config{Epoch: a.Desk.Epoch(), Head: a.head, Presence: a.present, MaxStreams: roomForConnections(), Log: a.Log})
	a.News = news.New(a.Desk, a.Hub, a.Log)
	guard := c.guard()
	a.Push, err = push.New(ctx, a.Desk, push.Options{Translate: a.Views.T, Say: a.sayNotification, Looking: a.looking, Visiting: a.reading, Guard: guard, Contact: c.contact(), Log: a.Log})
	if err != nil {
		return err
	}
	a.Notify = notify.New(a.Desk, notify.Options{Looking: a.looking, Translate: a.Views.T})
	a.Routing = routing.New(a.Desk)
	a.Mail = email.New(a.Desk, guard.DialContext, a.Log)
	a.Mail.URL, a.Mail.Words = c.URL, a.Views.T
	a.Desk.Watching, a.Desk.Visiting = a.watching, a.around
	a.Channels = channel.NewSupervisor(a.Desk, a.Log, a.Mail)
	if c.Demo {
		if a.Demo, err = demo.Start(ctx, a.Desk, a.Views); err != nil {
			return err
		}
	}
	a.keeper = newKeeper(a)
	if len(c.TLS.Domains) > 0 {
		a.certs = newCertificates(c, a.Log)
	}
	a.watch()
	a.handler = a.routes()
	return nil
}

// shut closes the files, then ends replication: its last flush is to have everything.
func (a *App) shut() error {
	var err error
	if a.Desk != nil {
		err = a.Desk.Close()
	}
	err = errors.Join(err, a.Regions.Close())
	if a.Replica != nil {
		err = errors.Join(err, a.Replica.Stop())
	}
	if a.release != nil {
		a.release()
	}
	return err
}

// sayNotification writes a notification's words.
func (a *App) sayNotification(lang string, n *desk.Notification) (title, more string) {
	return n.Say(a.say(lang))
}

func (a *App) head(ctx context.Context) (int64, error) {
	id, err := a.Desk.LastEvent(ctx)
	return int64(id), err
}

// firstAdmin makes the admin that the environment names, when there is no agent yet.
func (a *App) firstAdmin(ctx context.Context) error {
	if a.Config.AdminEmail == "" {
		return nil
	}
	needed, err := a.Desk.NeedsSetup(ctx, desk.System)
	if err != nil || !needed {
		return err
	}
	_, err = a.Desk.SetUp(ctx, desk.System, desk.Setup{
		Company: desk.Company{Name: "Deskbell", Locale: "en", TimeZone: "UTC"},
		Name:    "Admin", Email: a.Config.AdminEmail, Password: a.Config.AdminPassword,
	})
	if err != nil {
		return fmt.Errorf("DESKBELL_ADMIN_EMAIL and DESKBELL_ADMIN_PASSWORD: %w", err)
	}
	return nil
}

// SetupAddress is where a desk that nobody has set up is set up, with the code that lets in who comes from elsewhere; empty: it is done.
func (a *App) SetupAddress(ctx context.Context) (string, error) {
	needed, err := a.Desk.NeedsSetup(ctx, desk.System)
	if err != nil || !needed {
		return "", err
	}
	return a.Config.URL + "/setup?code=" + a.code, nil
}

// Start runs the parts that follow the log. They end with Close.
func (a *App) Start() error {
	ctx, stop := context.WithCancel(context.Background())
	a.stop, a.running = stop, ctx
	if err := a.Desk.NobodyConnected(ctx, desk.System); err != nil {
		return err
	}
	if err := a.Desk.Released(ctx, desk.System, a.Config.Version); err != nil {
		return err
	}
	ready := sync.OnceFunc(func() { close(a.ready) })
	a.part(ctx, "news", func(ctx context.Context) error {
		return a.News.Run(ctx, ready)
	})
	a.follow(ctx, "routing", a.Routing.React)
	a.follow(ctx, "rating", rating.New(a.Desk, a.Views, a.Config.URL).React)
	a.follow(ctx, "export", export.New(a.Desk, a.Views).React)
	a.part(ctx, "routing", a.Routing.Run)
	a.part(ctx, "push", a.hold.after(func(ctx context.Context) error { return a.Desk.Follow(ctx, "push", a.Push.React) }))
	a.part(ctx, "push", a.hold.after(a.Push.Run))
	a.part(ctx, "channels", a.hold.after(a.Channels.Run))
	a.follow(ctx, "notify", a.Notify.React)
	a.part(ctx, "notify", a.hold.after(a.Notify.Run))
	a.part(ctx, "alarm", a.alarm)
	rules := automation.New(a.Desk)
	a.part(ctx, "automation", a.hold.after(func(ctx context.Context) error { return a.Desk.Follow(ctx, "automation", rules.React) }))
	a.part(ctx, "automation", a.hold.after(func(ctx context.Context) error { return rules.Run(ctx, a.doubtful(ctx)) }))
	promises := sla.New(a.Desk)
	a.follow(ctx, "sla", promises.React)
	a.part(ctx, "sla", func(ctx context.Context) error {
		return promises.Run(ctx, a.doubtful(ctx))
	})
	a.part(ctx, "sweep", a.sweep)
	if a.Config.Exe != "" {
		a.part(ctx, "upkeep", a.keeper.run)
	}
	if a.certs != nil {
		a.part(ctx, "certificates", a.certs.run)
	}
	a.part(ctx, "visitors", a.hold.after(a.postForsaken))
	a.part(ctx, "due", a.hold.after(func(ctx context.Context) error {
		return a.Desk.RunDue(ctx, desk.System, a.doubtful(ctx))
	}))
	a.part(ctx, "wake", a.wake)
	a.part(ctx, "search", func(ctx context.Context) error { return a.Desk.FollowAll(ctx, "search", a.Desk.Index) })
	select {
	case <-a.ready:
		return nil
	case <-time.After(10 * time.Second):
		return errors.New("the news did not begin within ten seconds")
	}
}

// doubtful says whether the clock cannot be trusted just now.
func (a *App) doubtful(ctx context.Context) func() bool {
	return func() bool { return a.clock.Check(ctx)[0].State != health.OK }
}

// part runs a part until ctx ends; one that ends before is started again after a second.
func (a *App) part(ctx context.Context, name string, run func(context.Context) error) {
	a.parts.Go(func() {
		for ctx.Err() == nil {
			if err := run(ctx); err != nil {
				a.Log.Error("a part stopped", "part", name, "error", err)
			}
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	})
}

// follow runs a follower of the event log.
func (a *App) follow(ctx context.Context, name string, react desk.React) {
	a.part(ctx, name, func(ctx context.Context) error { return a.Desk.Follow(ctx, name, react) })
}

// Handler answers all HTTP requests.
func (a *App) Handler() http.Handler { return a.handler }

// Routes are all that it answers.
func (a *App) Routes() []*echo.Route { return a.doors.Routes() }

// Close ends the streams, stops the parts, finishes the writes and closes the files.
func (a *App) Close() error {
	a.closing.Store(true)
	a.Hub.Close()
	if a.stop != nil {
		a.stop()
	}
	a.parts.Wait()
	return a.shut()
}

// server ends the requests of those who send or read too slowly: each would hold a connection for as long as it liked. Uploads
// give themselves more time, and streams take their connections over, which ends these deadlines (http.Hijacker); they have
// a write deadline for each event.
func (a *App) server() *http.Server {
	return &http.Server{Handler: a.handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 10 * time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(a.Log.Handler(), slog.LevelDebug)}
}

// Serve listens and answers until ctx ends, then stops gracefully: streams end, requests finish, nothing is lost.
func (a *App) Serve(ctx context.Context, started func(net.Addr)) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.Config.Listen)
	if err != nil {
		return fmt.Errorf("DESKBELL_LISTEN=%q: %w", a.Config.Listen, err)
	}
	listener = newConnections(listener, roomForConnections(), a.Config.Proxies, a.Log)
	server := a.server()
	server.RegisterOnShutdown(a.Hub.Close)
	plain, err := a.listenPlain(ctx)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if plain != nil {
		defer plain.Close()
	}
	if err := a.Start(); err != nil {
		return errors.Join(err, listener.Close())
	}
	done := make(chan error, 1)
	go func() {
		if a.certs != nil {
			server.TLSConfig = a.certs.server()
			done <- server.ServeTLS(listener, "", "")
			return
		}
		done <- server.Serve(listener)
	}()
	started(listener.Addr())
	go settle()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return server.Shutdown(grace)
}

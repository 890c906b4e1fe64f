// Command deskbell is the service bell of a small business: one binary in which agents answer everyone who writes to the company.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"deskbell/app"
	"deskbell/app/demo"
	"deskbell/app/desk"
	"deskbell/app/replica"
	"deskbell/app/sqlite"

	"github.com/mattn/go-sqlite3"
)

const usage = `deskbell [serve]                        serve everything
deskbell demo                           the same with a made-up company and a mail server of its own
deskbell admin create --email E --name N   add an admin; the password comes on standard input
deskbell admin reset --email E          set an agent's password (standard input), and take his second step at log-in away
deskbell token create --agent E --name N   print an API token that acts as that agent
deskbell backup [--check] FILE          write everything to one file, while it serves; .gz at its end compresses it
deskbell restore [--at TIME] [FILE]     bring the data back from a file, or from the replica to a point in time
deskbell key replace                    go on without the lost key, and tell which passwords are to be entered again
deskbell rollback                       bring the data back as it was before the last upgrade
deskbell replicate                      carry the data to its replica (serve does it by itself)
deskbell doctor [--json] [--push E]     examine everything, and say in words what is wrong
deskbell healthcheck                    exit 0 when the server answers
deskbell openapi                        print the description of all calls (OpenAPI 3.1)
deskbell version                        version, commit, SQLite, Litestream

Settings come from the environment: DESKBELL_DATA, DESKBELL_LISTEN, DESKBELL_URL … (see the README).
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	args := os.Args[1:]
	if len(args) == 0 {
		args = []string{"serve"}
	}
	err := run(ctx, args)
	var faults app.Faults
	switch {
	case errors.As(err, &faults), errors.Is(err, flag.ErrHelp):
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	case errors.Is(err, errIll):
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "deskbell:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	switch args[0] {
	case "version":
		v, _, _ := sqlite3.Version()
		fmt.Printf("deskbell %s\ncommit %s\nSQLite %s\nLitestream %s\n", version, commit, v, litestreamVersion())
		return nil
	case "openapi":
		return openAPI(ctx, os.Stdout)
	case "help", "-h", "--help":
		fmt.Print(usage)
		return nil
	}
	c, err := app.ReadConfig(os.Getenv)
	if err != nil {
		return err
	}
	c.Version, c.Commit = version, commit
	if c.Exe, err = os.Executable(); err != nil {
		return err
	}
	switch args[0] {
	case "backup":
		return backup(ctx, c, args[1:])
	case "restore":
		return restore(ctx, c, args[1:])
	case "rollback":
		return rollback(ctx, c, args[1:])
	case "replicate":
		return replicate(ctx, c, args[1:])
	case "doctor":
		return doctor(ctx, c, args[1:])
	}
	switch strings.Join(args[:min(2, len(args))], " ") {
	case "serve":
		return serve(ctx, c, func(a *app.App, at net.Addr) {
			a.Log.Info("serving", "address", at.String(), "url", c.URL)
			if address, err := a.SetupAddress(ctx); err == nil && address != "" {
				a.Log.Warn("nobody has set this desk up: open this address, and it is yours", "address", address)
			}
		})
	case "demo":
		return tryOut(ctx, c)
	case "healthcheck":
		return healthcheck(ctx, c)
	case "admin create":
		return createAdmin(ctx, c, args[2:])
	case "admin reset":
		return resetAdmin(ctx, c, args[2:])
	case "token create":
		return createToken(ctx, c, args[2:])
	case "key replace":
		return replaceKey(ctx, c)
	}
	fmt.Fprint(os.Stderr, usage)
	return app.Faults{fmt.Sprintf("%q is no command", strings.Join(args, " "))}
}

// embedded are the folders views and static.
func embedded() (pages, built fs.FS, err error) {
	if pages, err = fs.Sub(views, "views"); err != nil {
		return nil, nil, err
	}
	built, err = fs.Sub(static, "static")
	return pages, built, err
}

func serve(ctx context.Context, c app.Config, started func(*app.App, net.Addr)) (err error) {
	sqlite.Unsynced = func(err error) { // whoever started this starts it again
		c.Logger().Error("the disk could not make a commit durable; the program ends, so that it begins again with what is there", "error", err)
		os.Exit(1)
	}
	profiled, err := profile(os.Getenv("DESKBELL_PROFILE"))
	if err != nil {
		return fmt.Errorf("DESKBELL_PROFILE: %w", err)
	}
	defer func() { err = errors.Join(err, profiled()) }()
	pages, built, err := embedded()
	if err != nil {
		return err
	}
	a, err := app.New(ctx, c, pages, built)
	if err != nil {
		return err
	}
	err = a.Serve(ctx, func(at net.Addr) { started(a, at) })
	return errors.Join(err, a.Close())
}

// tryOut serves the made-up company. Without DESKBELL_DATA it begins afresh each time and leaves nothing behind.
func tryOut(ctx context.Context, c app.Config) error {
	c.Demo, c.PrivateAllowed = true, true // its mail server is on loopback
	if os.Getenv("DESKBELL_DATA") == "" {
		dir, err := os.MkdirTemp("", "deskbell-demo-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		c.Data, c.Backups = dir, filepath.Join(dir, "backups")
	}
	// Made-up data has no business where the company's is carried.
	var err error
	if c.Replica, err = replica.Load("", c.Data); err != nil {
		return err
	}
	return serve(ctx, c, func(a *app.App, _ net.Addr) {
		fmt.Printf("\n  The shop, with the chat in its corner   %s/demo\n  The chat on a page of its own            %s/chat/%s\n  The console                              %s/\n\n  Log in as %s with the password: %s\n  Ctrl+C ends it.\n\n",
			c.URL, c.URL, a.Demo.Widget.PublicID, c.URL, demo.Login, demo.Password)
	})
}

// healthcheck asks the server on this machine whether it serves.
func healthcheck(ctx context.Context, c app.Config) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	at, client := c.Client()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at+"/healthz", nil)
	if err != nil {
		return err
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the server answers %s", res.Status)
	}
	return nil
}

// errIll ends the program with status 1; the doctor has said why.
var errIll = errors.New("something needs you")

func doctor(ctx context.Context, c app.Config, args []string) error {
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	asJSON := flags.Bool("json", false, "write JSON")
	pushTo := flags.String("push", "", "push a notification to the browsers of the agent with this address")
	if err := flags.Parse(args); err != nil {
		return flag.ErrHelp
	}
	pages, built, err := embedded()
	if err != nil {
		return err
	}
	d, err := app.NewDoctor(c, pages, built, app.Language(os.Getenv))
	if err != nil {
		return err
	}
	d.JSON, d.PushTo = *asJSON, *pushTo
	well, err := d.Examine(ctx)
	if err == nil && !well {
		return errIll
	}
	return err
}

// opened opens the data folder beside a server that may be running: SQLite lets both write.
func opened(ctx context.Context, c app.Config, do func(*desk.Desk) error) error {
	if err := c.UpToDate(ctx); err != nil {
		return err
	}
	key, err := c.Key()
	if err != nil {
		return err
	}
	d, err := desk.Open(ctx, c.Data, key, c.Logger())
	if err != nil {
		return err
	}
	return errors.Join(do(d), d.Close())
}

func createAdmin(ctx context.Context, c app.Config, args []string) error {
	flags := flag.NewFlagSet("admin create", flag.ContinueOnError)
	email, name := flags.String("email", "", "the address to log in with"), flags.String("name", "", "the name that customers see")
	if err := flags.Parse(args); err != nil {
		return flag.ErrHelp
	}
	password, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil && password == "" {
		return errors.New("the password is read from standard input, and there was none")
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return err
	}
	return opened(ctx, c, func(d *desk.Desk) error {
		a, err := d.CreateAgent(ctx, desk.System, desk.NewAgent{Email: *email, Name: *name, Role: desk.Admin, Password: strings.TrimRight(password, "\r\n")})
		if err != nil {
			return err
		}
		fmt.Printf("%s may log in as %s\n", a.Name, a.Email)
		return nil
	})
}

// resetAdmin is the way back in for whoever has the machine.
func resetAdmin(ctx context.Context, c app.Config, args []string) error {
	flags := flag.NewFlagSet("admin reset", flag.ContinueOnError)
	email := flags.String("email", "", "the address that the agent logs in with")
	if err := flags.Parse(args); err != nil {
		return flag.ErrHelp
	}
	password, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil && password == "" {
		return errors.New("the password is read from standard input, and there was none")
	}
	return opened(ctx, c, func(d *desk.Desk) error {
		a, err := d.AgentByEmail(ctx, desk.System, *email)
		if errors.Is(err, desk.NotFound) {
			return fmt.Errorf("no agent has the address %q", *email)
		}
		if err != nil {
			return err
		}
		if err := d.Recover(ctx, desk.System, a.ID, strings.TrimRight(password, "\r\n")); err != nil {
			return err
		}
		fmt.Printf("%s may log in with the new password\n", a.Name)
		tokens, err := d.Tokens(ctx, a.Actor())
		if err == nil && len(tokens) > 0 {
			fmt.Printf("%d API tokens go on working: who has them acts as %s until they are revoked on the profile page\n", len(tokens), a.Name)
		}
		return err
	})
}

func createToken(ctx context.Context, c app.Config, args []string) error {
	flags := flag.NewFlagSet("token create", flag.ContinueOnError)
	email, name := flags.String("agent", "", "the agent's address"), flags.String("name", "", "what the token is for")
	if err := flags.Parse(args); err != nil {
		return flag.ErrHelp
	}
	return opened(ctx, c, func(d *desk.Desk) error {
		a, err := d.AgentByEmail(ctx, desk.System, *email)
		if errors.Is(err, desk.NotFound) {
			return fmt.Errorf("no agent has the address %q", *email)
		}
		if err != nil {
			return err
		}
		token, err := d.CreateToken(ctx, desk.System, a.ID, *name)
		if err != nil {
			return err
		}
		fmt.Println(token)
		return nil
	})
}

// replaceKey is for whoever has the data, but not the key any more.
func replaceKey(ctx context.Context, c app.Config) error {
	lost, err := app.ReplaceKey(ctx, c)
	if err != nil {
		return err
	}
	fmt.Println("The desk goes on with this key: keep a copy of it elsewhere (secret.key in the data folder, or DESKBELL_SECRET_KEY).")
	for _, in := range lost.Inboxes {
		if in.Channel == desk.Email {
			fmt.Printf("mailbox %q: enter its passwords again (Admin, Mailboxes)\n", in.Name)
		} else {
			fmt.Printf("widget %q: make a new identity secret, and sign with it on your site (Admin, Widgets)\n", in.Name)
		}
	}
	for _, a := range lost.Agents {
		fmt.Printf("%s: logs in with a recovery code and sets the second step up again; without one, an admin or `deskbell admin reset --email %s` takes it away\n", a.Email, a.Email)
	}
	if lost.SignOn {
		fmt.Println("single sign-on: make a new secret, and give it to your login page (Admin, Single sign-on); until then agents log in with passwords")
	}
	if lost.Mails > 0 {
		fmt.Printf("%d mails of the company to its agents could not be read any more and were dropped\n", lost.Mails)
	}
	fmt.Println("Agents switch notifications on again on their devices. Links in mails that are already out lead nowhere.")
	return nil
}

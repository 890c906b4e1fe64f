package app

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"deskbell/app/api"
	"deskbell/app/channel/webchat"
	"deskbell/app/replica"
)

// Config is everything that is set from outside. The environment is enough to run unattended.
type Config struct {
	Data           string         // DESKBELL_DATA: the folder that holds all that the company owns
	Listen         string         // DESKBELL_LISTEN: host:port
	RegionFile     string         // DESKBELL_REGIONS: a file in the MaxMind DB format that tells where an address is; empty: none
	VisitorGrace   time.Duration  // how long one whose chat's line is gone counts as there; 0: 15 s. Tests make it short
	URL            string         // DESKBELL_URL: the public address, without a slash at its end
	Proxies        []netip.Prefix // DESKBELL_TRUSTED_PROXIES: whose X-Forwarded-For is believed
	AdminEmail     string         // DESKBELL_ADMIN_EMAIL, with
	AdminPassword  string         // DESKBELL_ADMIN_PASSWORD: the first admin of an empty folder
	SecretKey      string         // DESKBELL_SECRET_KEY; else secret.key in the data folder
	JSONLog        bool           // DESKBELL_LOG=json
	PrivateAllowed bool           // DESKBELL_ALLOW_PRIVATE_NETWORKS: settings may name loopback and private addresses
	AllowedHosts   []string       // DESKBELL_ALLOWED_HOSTS: those that may be private all the same
	Replica        replica.Config // DESKBELL_LITESTREAM: path of litestream.yml; else the one in the data folder or the working folder
	TLS            TLS            // its own certificates
	Backups        string         // DESKBELL_BACKUPS: the folder of the daily backups; else backups in the data folder
	Exe            string         // this program, to start its replicating child with; empty: nothing is carried (in tests)
	ChatLimits     webchat.Limits // how much one visitor, or one address, may do; zero: the defaults, and no setting changes them
	APILimits      api.Limits     // likewise for a token
	Version        string
	Commit         string
	Demo           bool
}

// Faults are all that is wrong with the settings, told at once.
type Faults []string

func (f Faults) Error() string { return "settings:\n  " + strings.Join(f, "\n  ") }

// reading gathers faults while settings are read.
type reading struct {
	get    func(string) string
	faults Faults
}

func (r *reading) fault(name, format string, args ...any) {
	r.faults = append(r.faults, fmt.Sprintf("%s=%q: ", name, r.get(name))+fmt.Sprintf(format, args...))
}

// ReadConfig reads the settings by get (os.Getenv). Its error is Faults.
func ReadConfig(get func(string) string) (Config, error) {
	r := &reading{get: get}
	c := Config{
		Data: or(get("DESKBELL_DATA"), "./data"), Listen: or(get("DESKBELL_LISTEN"), "127.0.0.1:8080"),
		AdminEmail: get("DESKBELL_ADMIN_EMAIL"), AdminPassword: get("DESKBELL_ADMIN_PASSWORD"), SecretKey: get("DESKBELL_SECRET_KEY"), RegionFile: get("DESKBELL_REGIONS"),
	}
	c.Data = filepath.Clean(c.Data)
	c.Backups = or(get("DESKBELL_BACKUPS"), filepath.Join(c.Data, "backups"))
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		r.fault("DESKBELL_LISTEN", "wanted host:port, such as 127.0.0.1:8080 or :8080")
	}
	c.URL = r.url(host, port)
	c.Proxies = r.proxies()
	c.JSONLog = r.choice("DESKBELL_LOG", "text", "json") == "json"
	c.PrivateAllowed = r.yes("DESKBELL_ALLOW_PRIVATE_NETWORKS")
	for host := range strings.SplitSeq(get("DESKBELL_ALLOWED_HOSTS"), ",") {
		if host = strings.TrimSpace(host); host != "" {
			c.AllowedHosts = append(c.AllowedHosts, host)
		}
	}
	if (c.AdminEmail == "") != (c.AdminPassword == "") {
		r.faults = append(r.faults, "DESKBELL_ADMIN_EMAIL and DESKBELL_ADMIN_PASSWORD: set both, to make the first admin, or neither")
	}
	if c.SecretKey != "" && len(c.SecretKey) < 32 {
		r.faults = append(r.faults, "DESKBELL_SECRET_KEY: wanted 32 characters or more; `openssl rand -hex 32` makes one")
	}
	r.tls(&c)
	c.Replica = r.replica(c.Data)
	if len(r.faults) > 0 {
		return c, r.faults
	}
	return c, nil
}

func (r *reading) replica(data string) replica.Config {
	c, err := replica.Load(replica.Find(r.get("DESKBELL_LITESTREAM"), data), data)
	var faults *replica.Faults
	switch {
	case errors.As(err, &faults):
		for _, f := range faults.List {
			r.faults = append(r.faults, faults.File+": "+f)
		}
	case err != nil:
		r.fault("DESKBELL_LITESTREAM", "%v", err)
	}
	return c
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func (r *reading) url(host, port string) string {
	s := strings.TrimRight(r.get("DESKBELL_URL"), "/")
	if s == "" {
		if host == "" || host == "0.0.0.0" || host == "::" {
			host = "localhost"
		}
		return "http://" + net.JoinHostPort(host, port)
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil {
		r.fault("DESKBELL_URL", "wanted the address that browsers use, such as https://desk.example.com")
	}
	return s
}

func (r *reading) proxies() (list []netip.Prefix) {
	for s := range strings.SplitSeq(r.get("DESKBELL_TRUSTED_PROXIES"), ",") {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			a, err := netip.ParseAddr(s)
			if err != nil {
				r.fault("DESKBELL_TRUSTED_PROXIES", "wanted addresses or networks with commas between, such as 10.0.0.0/8; %q is neither", s)
				continue
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		list = append(list, p)
	}
	return list
}

func (r *reading) choice(name string, choices ...string) string {
	s := or(r.get(name), choices[0])
	for _, c := range choices {
		if s == c {
			return s
		}
	}
	r.fault(name, "wanted one of %s", strings.Join(choices, ", "))
	return choices[0]
}

func (r *reading) yes(name string) bool {
	switch strings.ToLower(r.get(name)) {
	case "", "0", "no", "false", "off":
		return false
	case "1", "yes", "true", "on":
		return true
	}
	r.fault(name, "wanted yes or no")
	return false
}

// Logger writes to standard error, in the form that the settings ask for.
func (c Config) Logger() *slog.Logger {
	if c.JSONLog {
		return slog.New(slog.NewJSONHandler(os.Stderr, nil))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, nil))
}

// Secure says whether browsers come by https.
func (c Config) Secure() bool { return strings.HasPrefix(c.URL, "https://") }

// contact is whom the services that carry notifications may ask about this desk: its address, or a mail address made of it.
func (c Config) contact() string {
	if c.Secure() {
		return c.URL
	}
	host := "localhost"
	if u, err := url.Parse(c.URL); err == nil && u.Hostname() != "" {
		host = u.Hostname()
	}
	return "desk@" + host
}

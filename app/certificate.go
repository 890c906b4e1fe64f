package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"deskbell/app/health"
)

// TLS are the certificates that the desk gets by itself (ACME, RFC 8555). Without domains it serves plain HTTP.
type TLS struct {
	Domains   []string // DESKBELL_TLS_DOMAIN: the names that it answers to, and no others
	Email     string   // DESKBELL_TLS_EMAIL: whom the authority may write to
	Directory string   // DESKBELL_TLS_DIRECTORY: the authority; else Let's Encrypt
	Redirect  string   // DESKBELL_TLS_REDIRECT: host:port of plain HTTP, which leads to https; empty: none
}

const (
	certsFolder  = "certs"             // in the data folder; in no backup: a lost one is asked for anew
	certSoon     = 21 * 24 * time.Hour // a renewal is tried from thirty days before the end
	certFailed   = 5 * 24 * time.Hour
	certPatience = 5 * time.Minute // the authority may take so long
)

func (r *reading) tls(c *Config) {
	for name := range strings.SplitSeq(r.get("DESKBELL_TLS_DOMAIN"), ",") {
		name = strings.ToLower(strings.TrimSpace(name))
		switch {
		case name == "":
			continue
		case net.ParseIP(name) != nil || !strings.Contains(name, ".") || strings.ContainsAny(name, "*/: "):
			r.fault("DESKBELL_TLS_DOMAIN", "wanted names such as desk.example.com, with commas between; %q is none", name)
		}
		c.TLS.Domains = append(c.TLS.Domains, name)
	}
	if len(c.TLS.Domains) == 0 {
		return
	}
	c.TLS.Email, c.TLS.Directory = r.get("DESKBELL_TLS_EMAIL"), or(r.get("DESKBELL_TLS_DIRECTORY"), autocert.DefaultACMEDirectory)
	c.Listen = or(r.get("DESKBELL_LISTEN"), ":443")
	if c.TLS.Redirect = or(r.get("DESKBELL_TLS_REDIRECT"), ":80"); c.TLS.Redirect == "off" {
		c.TLS.Redirect = ""
	} else if _, _, err := net.SplitHostPort(c.TLS.Redirect); err != nil {
		r.fault("DESKBELL_TLS_REDIRECT", "wanted host:port, such as :80, or off")
	}
	if r.get("DESKBELL_URL") == "" {
		c.URL = "https://" + c.TLS.Domains[0]
	} else if !slices.Contains(c.TLS.Domains, c.host()) || !c.Secure() {
		r.fault("DESKBELL_URL", "wanted https:// and a name of DESKBELL_TLS_DOMAIN, or nothing")
	}
}

// certificates gets and renews them.
type certificates struct {
	manager *autocert.Manager
	config  TLS
	log     *slog.Logger

	mu      sync.Mutex
	problem error // of the last attempt
}

func newCertificates(c Config, log *slog.Logger) *certificates {
	return &certificates{config: c.TLS, log: log, manager: &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(filepath.Join(c.Data, certsFolder)), Email: c.TLS.Email,
		HostPolicy: autocert.HostWhitelist(c.TLS.Domains...),
		Client:     &acme.Client{DirectoryURL: c.TLS.Directory, UserAgent: "deskbell"},
	}}
}

// server is how the desk listens.
func (k *certificates) server() *tls.Config {
	config := k.manager.TLSConfig()
	config.MinVersion = tls.VersionTLS12
	get := config.GetCertificate
	config.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		cert, err := get(hello)
		asks := slices.Contains(hello.SupportedProtos, acme.ALPNProto) // the authority; or anybody, who is told nothing and tells nothing of how we are
		if !asks && slices.Contains(k.config.Domains, strings.ToLower(strings.TrimSuffix(hello.ServerName, "."))) {
			k.note(err)
		}
		return cert, err
	}
	return config
}

func (k *certificates) note(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil && (k.problem == nil || k.problem.Error() != err.Error()) {
		k.log.Error("get a certificate", "error", err)
	}
	k.problem = err
}

// run asks for each certificate before the first visitor has to wait for it.
func (k *certificates) run(ctx context.Context) error {
	for _, name := range k.config.Domains {
		_, err := k.server().GetCertificate(&tls.ClientHelloInfo{
			ServerName: name, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}, SupportedCurves: []tls.CurveID{tls.CurveP256},
			SignatureSchemes: []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256},
		})
		if err != nil {
			select { // an authority counts attempts that fail
			case <-ctx.Done():
			case <-time.After(certPatience):
			}
			return nil // it is started again
		}
	}
	<-ctx.Done()
	return nil
}

// question is the path of one of the authority's (RFC 8555 section 8.3). Whatever else stands there is looked up nowhere.
var question = regexp.MustCompile(`^/\.well-known/acme-challenge/[A-Za-z0-9_-]+$`)

// redirect answers plain HTTP: the authority's questions, and everybody else with the same address under https.
func (k *certificates) redirect(url string) http.Handler {
	authority := k.manager.HTTPHandler(nil)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if question.MatchString(r.URL.Path) {
			authority.ServeHTTP(w, r)
			return
		}
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		to := url
		if host = strings.ToLower(host); slices.Contains(k.config.Domains, host) && !strings.HasPrefix(url, "https://"+host) {
			to = "https://" + host
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "Use https.", http.StatusBadRequest) // what was sent has been read by others already
			return
		}
		path := r.URL.RequestURI()
		if !strings.HasPrefix(path, "/") { // "GET x:.evil.example" would go on with the name
			path = "/"
		}
		http.Redirect(w, r, to+path, http.StatusMovedPermanently)
	})
}

// parts tells of each certificate how long it lasts.
func (k *certificates) parts(ctx context.Context) (parts []health.Part) {
	k.mu.Lock()
	problem := k.problem
	k.mu.Unlock()
	for _, name := range k.config.Domains {
		ends, err := k.ends(ctx, name)
		left := time.Until(ends)
		var p health.Part
		switch {
		case err != nil && problem == nil:
			p = health.Warning("certificate", "health.certificate.none")
		case err != nil:
			p = health.Failure("certificate", "health.certificate.failed", problem)
		case left < certFailed && problem != nil:
			p = health.Failure("certificate", "health.certificate.ends", health.Span(max(0, left)), problem)
		case left < certFailed:
			p = health.Failure("certificate", "health.certificate.late", health.Span(max(0, left)))
		case left < certSoon:
			p = health.Warning("certificate", "health.certificate.late", health.Span(left))
		default:
			p = health.Well("certificate", "health.certificate.ok", health.Span(left))
		}
		p.Of = name
		parts = append(parts, p)
	}
	return parts
}

// ends is when the certificate that is kept for a name ends.
func (k *certificates) ends(ctx context.Context, name string) (time.Time, error) {
	text, err := k.manager.Cache.Get(ctx, name)
	if err != nil {
		return time.Time{}, err
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return time.Time{}, err
			}
			return cert.NotAfter, nil
		}
	}
	return time.Time{}, errors.New("no certificate in the file")
}

// listenPlain serves the redirect until the server ends.
func (a *App) listenPlain(ctx context.Context) (*http.Server, error) {
	if a.certs == nil || a.Config.TLS.Redirect == "" {
		return nil, nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.Config.TLS.Redirect)
	if err != nil {
		return nil, fmt.Errorf("DESKBELL_TLS_REDIRECT=%q: %w", a.Config.TLS.Redirect, err)
	}
	s := &http.Server{Handler: a.certs.redirect(a.Config.URL), ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: 30 * time.Second,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(a.Log.Handler(), slog.LevelDebug)}
	go s.Serve(newConnections(l, roomForConnections()/10, a.Config.Proxies, a.Log)) // a redirect takes no time
	return s, nil
}

// Client asks the server on this machine: at the address it answers.
func (c Config) Client() (at string, client *http.Client) {
	transport := &http.Transport{DisableKeepAlives: true}
	if len(c.TLS.Domains) == 0 {
		return "http://" + c.Local(), &http.Client{Transport: transport}
	}
	// On this machine nobody stands between; the certificate may not be there yet.
	transport.TLSClientConfig = &tls.Config{ServerName: c.TLS.Domains[0], InsecureSkipVerify: true}
	return "https://" + c.Local(), &http.Client{Transport: transport}
}

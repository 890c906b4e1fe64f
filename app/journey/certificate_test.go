package journey

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// authority is a real one for tests (Pebble), with a name server that leads every name to this test.
type authority struct {
	directory, roots, trust string // trust is the file with the certificate of its own API
	stop                    func()
}

func newAuthority(t *testing.T, plain, secure string) *authority {
	t.Helper()
	dir, api, management, names := t.TempDir(), free(t), free(t), free(t)
	a := &authority{directory: "https://" + ours + ":" + api + "/dir", roots: "https://" + ours + ":" + management + "/roots/0", trust: filepath.Join(dir, "cert.pem")}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "an authority"}, IPAddresses: []net.IP{net.ParseIP(ours)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	must(t, os.WriteFile(a.trust, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{"listenAddress": ours + ":" + api, "managementListenAddress": ours + ":" + management,
		"certificate": a.trust, "privateKey": filepath.Join(dir, "key.pem"), "httpPort": number(t, plain), "tlsPort": number(t, secure)}})
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "pebble.json"), config, 0o600))
	run := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(name, args...)
		// By itself it refuses one request in twenty, and waits by chance, so that clients learn to try again.
		cmd.Env = []string{"PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0", "PATH=" + os.Getenv("PATH")}
		must(t, cmd.Start())
		return cmd
	}
	running := []*exec.Cmd{
		run("pebble-challtestsrv", "-defaultIPv4", ours, "-defaultIPv6", "", "-dns01", ours+":"+names, "-http01", "", "-https01", "", "-tlsalpn01", "", "-management", ours+":"+free(t)),
		run("pebble", "-config", filepath.Join(dir, "pebble.json"), "-dnsserver", ours+":"+names),
	}
	a.stop = func() {
		for _, cmd := range running {
			cmd.Process.Kill()
			cmd.Wait()
		}
		running = nil
	}
	t.Cleanup(a.stop)
	// A certificate that could not be had is asked for again only after a minute: the name server must be there before.
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, ours+":"+names)
	}}
	eventually(t, "the name server answers", func() bool {
		found, err := resolver.LookupIPAddr(t.Context(), "desk.example.test")
		return err == nil && len(found) == 1 && found[0].IP.String() == ours
	})
	return a
}

func number(t *testing.T, port string) (n int) {
	t.Helper()
	must(t, json.Unmarshal([]byte(port), &n))
	return n
}

// root fetches the authority's root certificate.
func (a *authority) root(t *testing.T) *x509.CertPool {
	t.Helper()
	api := x509.NewCertPool()
	text, err := os.ReadFile(a.trust)
	must(t, err)
	api.AppendCertsFromPEM(text)
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: api}}}
	pool := x509.NewCertPool()
	eventually(t, "the authority answers", func() bool {
		res, err := client.Get(a.roots)
		if err != nil {
			return false
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		return err == nil && pool.AppendCertsFromPEM(text)
	})
	return pool
}

// The desk gets a certificate by itself, speaks HTTP/2, leads plain HTTP to https, and serves on without the authority.
func TestCertificatesOfItsOwn(t *testing.T) {
	const name = "desk.example.test"
	plain, secure := free(t), free(t)
	ca := newAuthority(t, plain, secure)
	root := ca.root(t)
	program, err := built()
	must(t, err)
	data := t.TempDir()
	env := []string{"DESKBELL_DATA=" + data, "DESKBELL_SECRET_KEY=" + programKey, "DESKBELL_LISTEN=" + ours + ":" + secure, "DESKBELL_TLS_DOMAIN=" + name,
		"DESKBELL_TLS_REDIRECT=" + ours + ":" + plain, "DESKBELL_TLS_DIRECTORY=" + ca.directory, "SSL_CERT_FILE=" + ca.trust}
	command := func(args ...string) *exec.Cmd {
		cmd := exec.Command(program, args...)
		cmd.Dir, cmd.Env, cmd.WaitDelay = t.TempDir(), env, 10*time.Second
		return cmd
	}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		port := plain
		if strings.HasSuffix(address, ":443") {
			port = secure
		}
		return new(net.Dialer).DialContext(ctx, network, ours+":"+port)
	}
	browser := &http.Client{Timeout: time.Minute, Transport: &http.Transport{DialContext: dial, ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: root}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	get := func(address string) *http.Response {
		res, err := browser.Get(address)
		if err != nil {
			return nil
		}
		res.Body.Close()
		return res
	}
	serve := func() (stop func()) {
		var log bytes.Buffer
		cmd := command("serve")
		cmd.Stderr = &log
		must(t, cmd.Start())
		stop = func() {
			if cmd.ProcessState == nil {
				cmd.Process.Signal(syscall.SIGTERM)
				late := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
				defer late.Stop()
				cmd.Wait()
			}
		}
		t.Cleanup(func() {
			stop()
			if t.Failed() {
				t.Log(log.String())
			}
		})
		return stop
	}
	stop := serve()
	eventually(t, "it serves with a certificate", func() bool { return get("https://"+name+"/healthz") != nil })
	res := get("https://" + name + "/login")
	if res == nil || res.ProtoMajor != 2 || res.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("over https: %+v", res)
	}
	if res := get("http://" + name + "/chat/x?lang=zh"); res == nil || res.StatusCode != http.StatusMovedPermanently || res.Header.Get("Location") != "https://"+name+"/chat/x?lang=zh" {
		t.Errorf("over http: %+v", res)
	}
	if res := get("http://evil.example.test/"); res == nil || !strings.HasPrefix(res.Header.Get("Location"), "https://"+name+"/") {
		t.Errorf("another name leads to %+v", res)
	}
	if res, err := browser.Post("http://"+name+"/login", "text/plain", strings.NewReader("x")); err != nil || res.StatusCode != http.StatusBadRequest {
		t.Errorf("a form over http: %+v %v", res, err)
	}
	if res := get("https://other.example.test/healthz"); res != nil {
		t.Error("it answers to a name that is not its own")
	}
	if out, err := command("healthcheck").CombinedOutput(); err != nil {
		t.Errorf("healthcheck: %v %s", err, out)
	}
	stop()
	ca.stop()
	serve()
	eventually(t, "it serves without the authority", func() bool { return get("https://"+name+"/healthz") != nil })
	if info, err := os.Stat(filepath.Join(data, "certs")); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder of certificates: %v %v", info, err)
	}
}

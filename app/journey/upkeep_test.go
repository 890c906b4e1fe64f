package journey

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"deskbell/app/apptest/bounded"
)

// reader is somebody with a browser that runs no scripts.
type reader struct {
	t    *testing.T
	p    *program
	http http.Client
	csrf string
	page string
}

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

func (p *program) reader() *reader {
	jar, err := cookiejar.New(nil)
	must(p.t, err)
	r := &reader{t: p.t, p: p, http: http.Client{Jar: jar}}
	r.get("/login")
	r.post("/login", url.Values{"email": {"alice@tea.example"}, "password": {password}})
	return r
}

func (r *reader) get(path string) string {
	r.t.Helper()
	res, err := r.http.Get(r.p.url() + path)
	must(r.t, err)
	r.take(res)
	return r.page
}

func (r *reader) post(path string, form url.Values) {
	r.t.Helper()
	form.Set("csrf", r.csrf)
	req, err := http.NewRequest(http.MethodPost, r.p.url()+path, strings.NewReader(form.Encode()))
	must(r.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", r.p.url())
	res, err := r.http.Do(req)
	must(r.t, err)
	r.take(res)
	if res.StatusCode != http.StatusOK {
		r.t.Fatalf("POST %s: %s\n%.600s", path, res.Status, r.page)
	}
}

func (r *reader) take(res *http.Response) {
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	must(r.t, err)
	r.page = string(text)
	if m := csrfField.FindStringSubmatch(r.page); m != nil {
		r.csrf = m[1]
	}
}

var unsaid = regexp.MustCompile(`(?s)<(?:script|style|svg|template|nav|head)\b.*?</(?:script|style|svg|template|nav|head)>|<[^>]*>|\s+`)

// excerpt is what a page says around a word, or else at its beginning: enough to see why a test failed, and no more.
func excerpt(page, around string) string {
	text := unsaid.ReplaceAllString(unsaid.ReplaceAllString(page, " "), " ")
	at := max(0, strings.Index(text, around)-200)
	return fmt.Sprintf("“%.600s”", text[at:])
}

// An admin has a backup and a drill made by pressing a button, sees how they went, and what they made can be relied on.
func TestUpkeepByButton(t *testing.T) {
	p := newProgram(t)
	p.company()
	p.start()
	t.Cleanup(func() {
		if t.Failed() {
			p.kill()
			t.Log(p.last())
		}
	})
	admin := p.reader()
	health := admin.get("/admin/health")
	if !strings.Contains(health, "The first backup is due in") || !strings.Contains(health, "Nothing yet.") {
		t.Fatalf("before anything was done: %s", excerpt(health, "backup"))
	}
	eventually(t, "it is ready, and so is its replica", p.ready)
	for _, kind := range []string{"backup", "drill"} {
		admin.post("/admin/health/upkeep", url.Values{"kind": {kind}})
	}
	eventually(t, "both went well", func() bool {
		health = admin.get("/admin/health")
		return strings.Contains(health, "The last backup was made") && strings.Contains(health, "ago the replica was restored")
	})
	files, err := filepath.Glob(filepath.Join(p.data, "backups", "*"))
	must(t, err)
	if len(files) != 1 || !strings.Contains(health, filepath.Base(files[0])) {
		t.Fatalf("the folder has %v, and the page says %s", files, excerpt(health, "backup"))
	}
	path, err := built()
	must(t, err)
	elsewhere := filepath.Join(t.TempDir(), "data")
	restore := bounded.Command(t, path, "restore", files[0])
	restore.Dir, restore.Env = t.TempDir(), []string{"DESKBELL_DATA=" + elsewhere}
	if out, err := restore.CombinedOutput(); err != nil {
		t.Fatalf("restore: %v %s", err, out)
	}
	other := newProgram(t)
	other.data = elsewhere
	other.start()
	if page := other.reader().get("/admin/health"); !strings.Contains(page, "health/release") {
		t.Errorf("the restored copy is not held: %s", excerpt(page, "copy"))
	}
}

// A backup that fails is an alarm: on the page and on /readyz, in words.
func TestAFailedBackupIsAnAlarm(t *testing.T) {
	p := newProgram(t)
	p.company()
	must(t, os.WriteFile(filepath.Join(p.data, "backups"), []byte("a file where the folder is to be"), 0o600))
	p.start()
	eventually(t, "it is ready", p.ready)
	admin := p.reader()
	admin.post("/admin/health/upkeep", url.Values{"kind": {"backup"}})
	eventually(t, "the page says so", func() bool { return strings.Contains(admin.get("/admin/health"), "No backup could be made") })
	if !strings.Contains(admin.page, "not a directory") {
		t.Errorf("without the cause: %s", excerpt(admin.page, "No backup could be made"))
	}
	if p.ready() {
		t.Error("/readyz says that all is well")
	}
}

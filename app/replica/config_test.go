package replica

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestWithoutSettingsTheReplicaIsInTheDataFolder(t *testing.T) {
	data := t.TempDir()
	for _, path := range []string{"", "../../litestream.yml"} { // the one that ships configures nothing
		c, err := Load(path, data)
		if err != nil {
			t.Fatal(err)
		}
		if !c.SameDisk || len(c.Databases) != 2 {
			t.Errorf("%q: %+v", path, c)
		}
		for i, want := range []string{"blobs", "desk"} { // files are carried first
			if d := c.Databases[i]; d.Name != want+".db" || d.Target.Path != filepath.Join(data, "backup", want) {
				t.Errorf("%q: %+v", path, d)
			}
		}
	}
}

func TestExamplesThatShipLoad(t *testing.T) {
	text, err := os.ReadFile("../../litestream.yml")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("BACKUP_KEY", "key")
	t.Setenv("BACKUP_SECRET", "secret")
	key := filepath.Join(t.TempDir(), "key")
	write(t, key, "key")
	// Every example is a paragraph of comment lines with keys in it.
	var examples []string
	for _, paragraph := range strings.Split(string(text), "\n\n") {
		var lines []string
		for _, line := range strings.Split(paragraph, "\n") {
			line = strings.TrimPrefix(strings.TrimPrefix(line, "#"), " ")
			if len(lines) > 0 || strings.HasSuffix(line, ":") || strings.HasPrefix(line, "access-key-id:") {
				lines = append(lines, line)
			}
		}
		if len(lines) > 0 {
			examples = append(examples, strings.ReplaceAll(strings.Join(lines, "\n"), "/etc/deskbell/sftp_key", key))
		}
	}
	if len(examples) != 4 {
		t.Fatalf("%d examples: %q", len(examples), examples)
	}
	var kinds []string
	for _, example := range examples {
		path := filepath.Join(t.TempDir(), "litestream.yml")
		write(t, path, example)
		c, err := Load(path, t.TempDir())
		if err != nil {
			t.Errorf("%v\n%s", err, example)
			continue
		}
		kinds = append(kinds, c.Databases[0].Target.Type)
	}
	if got := strings.Join(kinds, " "); got != "s3 sftp file file" {
		t.Errorf("the examples are %s", got)
	}
}

func TestSettings(t *testing.T) {
	t.Setenv("KEY", "AKIA1")
	t.Setenv("SECRET", "s3cr3t")
	data := t.TempDir()
	path := filepath.Join(t.TempDir(), "litestream.yml")
	write(t, path, `
access-key-id: ${KEY}
secret-access-key: ${SECRET}
snapshot: {interval: 12h, retention: 168h}
levels: [{interval: 10s}, {interval: 2m}]
l0-retention: 1m
dbs:
  - path: ${DESKBELL_DATA}/desk.db
    replica: {url: "s3://bucket/desk", endpoint: "http://127.0.0.1:9000", region: eu, force-path-style: true, sync-interval: 500ms}
  - path: ${DESKBELL_DATA}/blobs.db
    replica: {type: sftp, host: "nas:2222", user: me, password: pw, path: /srv/blobs}
`)
	c, err := Load(path, data)
	if err != nil {
		t.Fatal(err)
	}
	blobs, desk := c.Databases[0].Target, c.Databases[1].Target
	if desk.Type != "s3" || desk.accessKey != "AKIA1" || desk.secretKey != "s3cr3t" || desk.SyncInterval != 500*time.Millisecond ||
		!strings.Contains(desk.URL, "endpoint=http") || !strings.Contains(desk.URL, "region=eu") || !strings.Contains(desk.URL, "force-path-style=true") {
		t.Errorf("desk: %+v", desk)
	}
	if blobs.Type != "sftp" || blobs.host != "nas:2222" || blobs.user != "me" || blobs.password != "pw" || blobs.Path != "/srv/blobs" || blobs.SyncInterval != DefaultSyncInterval {
		t.Errorf("blobs: %+v", blobs)
	}
	if c.SameDisk || c.snapshotInterval != 12*time.Hour || c.snapshotRetention != 168*time.Hour || c.l0Retention != time.Minute || len(c.levels) != 2 {
		t.Errorf("%+v", c)
	}
	for _, where := range []string{blobs.Where(), desk.Where()} {
		if strings.Contains(where, "pw") || strings.Contains(where, "s3cr3t") {
			t.Errorf("%s tells a secret", where)
		}
	}
}

// Every fault is told, and all of them at once.
func TestFaultsAreToldTogether(t *testing.T) {
	const both = "\n  - path: ${DESKBELL_DATA}/blobs.db\n    replica: {path: /b}\n"
	cases := map[string]struct {
		text string
		want []string
	}{
		"unknown keys":       {"buckets: 1\nsnapshots: {}\n", []string{"line 1: field buckets is not known", "line 2: field snapshots is not known"}},
		"not YAML":           {"dbs: [", []string{"line 1"}},
		"a missing database": {"dbs:\n  - path: ${DESKBELL_DATA}/desk.db\n    replica: {path: /a}\n", []string{"blobs.db is not in the list"}},
		"another database":   {"dbs:\n  - path: /var/lib/other.db\n    replica: {path: /a}" + both, []string{"/var/lib/other.db", "desk.db is not in the list"}},
		"one twice":          {"dbs:\n  - path: ${DESKBELL_DATA}/blobs.db\n    replica: {path: /a}" + both, []string{"a second time"}},
		"no replica":         {"dbs:\n  - path: ${DESKBELL_DATA}/desk.db" + both, []string{"dbs[0].replica is missing"}},
		"one place for both": {"dbs:\n  - path: ${DESKBELL_DATA}/desk.db\n    replica: {path: /b/}" + both, []string{"same place, /b"}},
		"several of one replica": {"dbs:\n  - path: ${DESKBELL_DATA}/desk.db\n    replica: {type: s3, key-path: /k, region: '${NOT_SET}', sync-interval: soon, access-key-id: x, force-path-style: maybe}" + both + "l0-retention: -1s\n",
			[]string{"bucket is missing", "key-path says nothing", "no NOT_SET", `"soon"`, "belong together", `"maybe"`, `l0-retention is "-1s"`}},
		"another kind":     {"dbs:\n  - path: ${DESKBELL_DATA}/desk.db\n    replica: {url: 'gs://b/p'}" + both, []string{`type "gs"`, "file, s3 and sftp"}},
		"a wrong type":     {"dbs:\n  - path: ${DESKBELL_DATA}/desk.db\n    replica: {type: file, url: 's3://b/p'}" + both, []string{"type is file, but the url says s3"}},
		"sftp by halves":   {"dbs:\n  - path: ${DESKBELL_DATA}/desk.db\n    replica: {type: sftp}" + both, []string{"the host is missing", "the user is missing", "the path is missing", "key-path or password"}},
		"a key not there":  {"dbs:\n  - path: ${DESKBELL_DATA}/desk.db\n    replica: {url: 'sftp://u@h/p', key-path: /nowhere/key}" + both, []string{"/nowhere/key"}},
		"two places":       {"dbs:\n  - path: ${DESKBELL_DATA}/desk.db\n    replica: {url: 's3://b/p', path: /a}" + both, []string{"url and path both say where"}},
		"a bad URL":        {"dbs:\n  - path: ${DESKBELL_DATA}/desk.db\n    replica: {url: 'sftp://u:s3cr3t@h:port/p', password: x}" + both, []string{"url is not a URL"}},
		"levels in plenty": {"levels: [{interval: 1s},{interval: 1s},{interval: 1s},{interval: 1s},{interval: 1s},{interval: 1s},{interval: 1s},{interval: 1s},{}]\n", []string{"at most 8", "levels[8].interval is missing"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "litestream.yml")
			write(t, path, c.text)
			_, err := Load(path, t.TempDir())
			var faults *Faults
			if !errors.As(err, &faults) {
				t.Fatalf("no faults, but %v", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in: %v", want, err)
				}
			}
			if strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("a secret is in: %v", err)
			}
		})
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.yml"), t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

package replica

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"gopkg.in/yaml.v2"
)

// Config says what is carried where. Load makes it.
type Config struct {
	Data      string // the data folder
	File      string // the litestream.yml that was read; empty when none was
	SameDisk  bool   // a replica lies on the disk that it is to protect from
	Databases []Database

	snapshotInterval  time.Duration
	snapshotRetention time.Duration
	l0Retention       time.Duration
	levels            []time.Duration
}

// Database is one file and where it goes.
type Database struct {
	Name   string // DeskName or BlobsName
	Path   string // in the data folder
	Target Target
}

// Target is one replica: a folder, an S3-compatible bucket or a folder behind SFTP.
type Target struct {
	Type         string // file, s3 or sftp
	Path         string // for file and sftp
	URL          string // for s3, with endpoint and region as its query
	SyncInterval time.Duration

	accessKey, secretKey                   string
	host, user, password, keyPath, hostKey string
	ours                                   bool // the folder that is used when none is configured: made when missing
}

// Where says where the replica is, without secrets.
func (t Target) Where() string {
	switch t.Type {
	case "s3":
		return t.URL
	case "sftp":
		return "sftp://" + t.host + t.Path
	}
	return t.Path
}

// The keys of litestream.yml that are understood: those of Litestream 0.5 that matter here, by the same names. Values
// that may come from the environment are read as text and looked at afterwards, so that every fault is told at once.
type (
	yamlFile struct {
		AccessKeyID     string       `yaml:"access-key-id"`
		SecretAccessKey string       `yaml:"secret-access-key"`
		DBs             []yamlDB     `yaml:"dbs"`
		Snapshot        yamlSnapshot `yaml:"snapshot"`
		Levels          []yamlLevel  `yaml:"levels"`
		L0Retention     string       `yaml:"l0-retention"`
	}
	yamlDB struct {
		Path    string       `yaml:"path"`
		Replica *yamlReplica `yaml:"replica"`
	}
	yamlReplica struct {
		Type            string `yaml:"type"`
		URL             string `yaml:"url"`
		Path            string `yaml:"path"`
		SyncInterval    string `yaml:"sync-interval"`
		AccessKeyID     string `yaml:"access-key-id"`
		SecretAccessKey string `yaml:"secret-access-key"`
		Bucket          string `yaml:"bucket"`
		Region          string `yaml:"region"`
		Endpoint        string `yaml:"endpoint"`
		ForcePathStyle  string `yaml:"force-path-style"`
		Host            string `yaml:"host"`
		User            string `yaml:"user"`
		Password        string `yaml:"password"`
		KeyPath         string `yaml:"key-path"`
		HostKey         string `yaml:"host-key"`
	}
	yamlSnapshot struct {
		Interval  string `yaml:"interval"`
		Retention string `yaml:"retention"`
	}
	yamlLevel struct {
		Interval string `yaml:"interval"`
	}
)

// Find says which litestream.yml is meant: the one given, else the one in the data folder, else the one in the working
// folder, else none ("").
func Find(given, data string) string {
	if given != "" {
		return given
	}
	for _, path := range []string{filepath.Join(data, "litestream.yml"), "litestream.yml"} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

// Load reads litestream.yml. With path "", or without a database in it, both files are carried to DATA/backup, which
// lies on the same disk (SameDisk). ${NAME} in a value is taken from the environment, ${DESKBELL_DATA} is data.
// The error is a Faults that names everything that is wrong with the file.
func Load(path, data string) (Config, error) {
	data, err := filepath.Abs(data)
	if err != nil {
		return Config{}, err
	}
	r := &reader{config: Config{Data: data, File: path}}
	if path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return Config{}, fmt.Errorf("read the replication settings: %w", err)
		}
		if err := yaml.UnmarshalStrict(text, &r.yaml); err != nil {
			r.parseFault(err)
			return Config{}, r.faults.of(path)
		}
	}
	r.times()
	r.databases()
	if err := r.faults.of(path); err != nil {
		return Config{}, err
	}
	for _, db := range r.config.Databases {
		r.config.SameDisk = r.config.SameDisk || db.Target.Type == "file" && sameDisk(db.Target.Path, data)
	}
	return r.config, nil
}

// reader turns what stands in the file into a Config and collects what is wrong with it.
type reader struct {
	yaml   yamlFile
	config Config
	faults faultList
}

func (r *reader) times() {
	y := &r.yaml
	r.config.snapshotInterval = r.duration("snapshot.interval", y.Snapshot.Interval, 24*time.Hour)
	r.config.snapshotRetention = r.duration("snapshot.retention", y.Snapshot.Retention, 72*time.Hour)
	r.config.l0Retention = r.duration("l0-retention", y.L0Retention, 5*time.Minute)
	if len(y.Levels) > 8 {
		r.faults.add("levels: %d levels, but there may be at most 8", len(y.Levels))
	}
	for i, l := range y.Levels {
		r.config.levels = append(r.config.levels, r.duration(fmt.Sprintf("levels[%d].interval", i), l.Interval, 0))
	}
}

func (r *reader) databases() {
	found := map[string]bool{}
	places := map[string]string{}
	for i, y := range r.yaml.DBs {
		at := fmt.Sprintf("dbs[%d]", i)
		db := Database{Path: r.path(at+".path", y.Path)}
		db.Name = filepath.Base(db.Path)
		switch {
		case y.Path == "":
			r.faults.add("%s.path is missing: name %s or %s in the data folder", at, DeskName, BlobsName)
			continue
		case db.Path != filepath.Join(r.config.Data, DeskName) && db.Path != filepath.Join(r.config.Data, BlobsName):
			r.faults.add("%s.path is %s, but the databases are %s and %s in %s (write ${DESKBELL_DATA}/%s)", at, db.Path, DeskName, BlobsName, r.config.Data, DeskName)
			continue
		case found[db.Name]:
			r.faults.add("%s.path names %s a second time: one replica for each database", at, db.Name)
			continue
		case y.Replica == nil:
			r.faults.add("%s.replica is missing: say where %s is to be carried", at, db.Name)
			found[db.Name] = true
			continue
		}
		found[db.Name] = true
		db.Target = r.target(at+".replica", y.Replica)
		if where := db.Target.Where(); places[where] != "" {
			r.faults.add("%s.replica: %s and %s would be carried to the same place, %s", at, places[where], db.Name, where)
		} else if where != "" {
			places[where] = db.Name
		}
		r.config.Databases = append(r.config.Databases, db)
	}
	if len(r.yaml.DBs) == 0 {
		r.config.Databases = nil
		for _, name := range names {
			target := Target{Type: "file", Path: filepath.Join(backupDir(r.config.Data), strings.TrimSuffix(name, ".db")), SyncInterval: DefaultSyncInterval, ours: true}
			r.config.Databases = append(r.config.Databases, Database{Name: name, Path: filepath.Join(r.config.Data, name), Target: target})
		}
		return
	}
	for _, name := range names {
		if !found[name] {
			r.faults.add("dbs: ${DESKBELL_DATA}/%s is not in the list, and would not be carried", name)
		}
	}
	// Files before the messages that point to them.
	if dbs := r.config.Databases; len(dbs) == 2 && dbs[0].Name == DeskName {
		dbs[0], dbs[1] = dbs[1], dbs[0]
	}
}

// target reads one replica, given by a URL or by its parts.
func (r *reader) target(at string, y *yamlReplica) Target {
	t := Target{Type: r.expand(at+".type", y.Type), SyncInterval: r.duration(at+".sync-interval", y.SyncInterval, DefaultSyncInterval)}
	raw := r.expand(at+".url", y.URL)
	u, err := url.Parse(raw)
	if err != nil {
		r.faults.add("%s.url is not a URL", at) // without the text: it may hold a password
		return t
	}
	switch {
	case raw != "" && t.Type != "" && t.Type != u.Scheme:
		r.faults.add("%s.type is %s, but the url says %s", at, t.Type, u.Scheme)
	case raw != "":
		t.Type = u.Scheme
	case t.Type == "":
		t.Type = "file"
	}
	if raw == "" {
		u = nil
	}
	switch t.Type {
	case "file":
		r.file(at, &t, y, u)
	case "s3":
		r.s3(at, &t, y, u)
	case "sftp":
		r.sftp(at, &t, y, u)
	default:
		r.faults.add("%s: replicas of type %q are not carried; there are file, s3 and sftp", at, t.Type)
	}
	return t
}

// sameDisk reports whether path, or the nearest folder above it that exists, is on the file system of data.
func sameDisk(path, data string) bool {
	a, okA := device(path)
	b, okB := device(data)
	return okA && okB && a == b
}

func device(path string) (uint64, bool) {
	for {
		info, err := os.Stat(path)
		if err == nil {
			stat, ok := info.Sys().(*syscall.Stat_t)
			return uint64(stat.Dev), ok
		}
		if !errors.Is(err, fs.ErrNotExist) || path == filepath.Dir(path) {
			return 0, false
		}
		path = filepath.Dir(path)
	}
}

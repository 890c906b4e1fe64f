package replica

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v2"
)

// Faults is what is wrong with the replication settings, a sentence each.
type Faults struct {
	File string
	List []string
}

func (f *Faults) Error() string {
	return f.File + ": " + strings.Join(f.List, "; ")
}

type faultList []string

func (l *faultList) add(format string, args ...any) { *l = append(*l, fmt.Sprintf(format, args...)) }

func (l faultList) of(file string) error {
	if len(l) == 0 {
		return nil
	}
	return &Faults{File: file, List: l}
}

// parseFault says what the parser said: unknown and doubled keys come all together.
func (r *reader) parseFault(err error) {
	var types *yaml.TypeError
	if !errors.As(err, &types) {
		r.faults.add("%s", strings.TrimPrefix(err.Error(), "yaml: "))
		return
	}
	for _, e := range types.Errors {
		// "line 4: field bukket not found in type replica.yamlReplica"
		e, _, unknown := strings.Cut(e, " not found in type")
		if unknown {
			e += " is not known"
		}
		r.faults.add("%s", e)
	}
}

// expand puts the environment's values in. A name that is not set is a fault: an empty key would only fail much later.
func (r *reader) expand(at, text string) string {
	return os.Expand(text, func(name string) string {
		if name == "DESKBELL_DATA" {
			return r.config.Data
		}
		value, ok := os.LookupEnv(name)
		if !ok {
			r.faults.add("%s: the environment has no %s", at, name)
		}
		return value
	})
}

// path expands and makes absolute, so that two spellings of one place are one place.
func (r *reader) path(at, text string) string {
	text = r.expand(at, text)
	if text == "" {
		return ""
	}
	abs, err := filepath.Abs(text)
	if err != nil {
		r.faults.add("%s: %v", at, err)
	}
	return abs
}

func (r *reader) duration(at, text string, otherwise time.Duration) time.Duration {
	if text == "" {
		if otherwise == 0 {
			r.faults.add("%s is missing", at)
		}
		return otherwise
	}
	text = r.expand(at, text)
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		r.faults.add("%s is %q, but must be a time like 500ms, 10s or 24h", at, text)
	}
	return d
}

func (r *reader) file(at string, t *Target, y *yamlReplica, u *url.URL) {
	r.only(at, "file", y, "path")
	if u != nil {
		t.Path = filepath.Clean(u.Path)
	} else {
		t.Path = r.path(at+".path", y.Path)
	}
	if t.Path == "" || t.Path == "." {
		r.faults.add("%s.path is missing: the folder to carry to", at)
	}
}

func (r *reader) s3(at string, t *Target, y *yamlReplica, u *url.URL) {
	r.only(at, "s3", y, "path", "bucket", "region", "endpoint", "force-path-style", "access-key-id", "secret-access-key")
	if u == nil {
		u = &url.URL{Scheme: "s3", Host: r.expand(at+".bucket", y.Bucket), Path: "/" + strings.TrimPrefix(r.expand(at+".path", y.Path), "/")}
	}
	if u.Host == "" {
		r.faults.add("%s: the bucket is missing (url: s3://BUCKET/PATH)", at)
	}
	query := u.Query()
	for key, value := range map[string]string{"region": y.Region, "endpoint": y.Endpoint, "force-path-style": y.ForcePathStyle} {
		if value = r.expand(at+"."+key, value); value != "" {
			query.Set(key, value)
		}
	}
	if v := query.Get("force-path-style"); v != "" {
		if _, err := strconv.ParseBool(v); err != nil {
			r.faults.add("%s.force-path-style is %q, but must be true or false", at, v)
		}
	}
	u.RawQuery, u.User = query.Encode(), nil
	t.URL = u.String()
	t.accessKey = r.expand(at+".access-key-id", first(y.AccessKeyID, r.yaml.AccessKeyID))
	t.secretKey = r.expand(at+".secret-access-key", first(y.SecretAccessKey, r.yaml.SecretAccessKey))
	if (t.accessKey == "") != (t.secretKey == "") {
		r.faults.add("%s: access-key-id and secret-access-key belong together, and only one is there", at)
	}
}

func (r *reader) sftp(at string, t *Target, y *yamlReplica, u *url.URL) {
	r.only(at, "sftp", y, "path", "host", "user", "password", "key-path", "host-key")
	if u != nil {
		t.host, t.Path, t.user = u.Host, u.Path, u.User.Username()
		t.password, _ = u.User.Password()
	} else {
		t.host, t.Path, t.user = r.expand(at+".host", y.Host), r.expand(at+".path", y.Path), r.expand(at+".user", y.User)
	}
	t.password = first(r.expand(at+".password", y.Password), t.password)
	t.keyPath = r.path(at+".key-path", y.KeyPath)
	t.hostKey = r.expand(at+".host-key", y.HostKey)
	for key, value := range map[string]string{"host": t.host, "user": t.user, "path": t.Path} {
		if value == "" {
			r.faults.add("%s: the %s is missing (url: sftp://USER@HOST:PORT/PATH)", at, key)
		}
	}
	if t.password == "" && t.keyPath == "" {
		r.faults.add("%s: key-path or password is missing: how to log in to %s", at, t.host)
	}
	if t.keyPath != "" {
		if _, err := os.Stat(t.keyPath); err != nil {
			r.faults.add("%s.key-path: %v", at, err)
		}
	}
}

// only finds settings that say nothing for this type of replica: more likely a wrong type than a wish.
func (r *reader) only(at, kind string, y *yamlReplica, allowed ...string) {
	set := []struct{ key, value string }{
		{"path", y.Path}, {"bucket", y.Bucket}, {"region", y.Region}, {"endpoint", y.Endpoint}, {"force-path-style", y.ForcePathStyle},
		{"access-key-id", y.AccessKeyID}, {"secret-access-key", y.SecretAccessKey}, {"host", y.Host}, {"user", y.User},
		{"password", y.Password}, {"key-path", y.KeyPath}, {"host-key", y.HostKey},
	}
	for _, s := range set {
		if s.value == "" {
			continue
		}
		known := false
		for _, key := range allowed {
			known = known || key == s.key
		}
		if !known {
			r.faults.add("%s.%s says nothing for a replica of type %s", at, s.key, kind)
		}
		if y.URL != "" && (s.key == "path" || s.key == "bucket" || s.key == "host" || s.key == "user") {
			r.faults.add("%s: url and %s both say where: keep one", at, s.key)
		}
	}
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

package replica

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"syscall"
	"time"

	"github.com/benbjohnson/litestream"
	"github.com/benbjohnson/litestream/file"
	"github.com/benbjohnson/litestream/s3"
	"github.com/benbjohnson/litestream/sftp"
)

// prepare makes this process fit to run Litestream in: nothing that it writes is readable for others, and with
// AWS_CA_BUNDLE set its S3 client refuses to start (the certificates are in the binary, or the system's).
func prepare() {
	syscall.Umask(0o077)
	os.Unsetenv("AWS_CA_BUNDLE")
}

// client makes the Litestream client for a target; it does not connect.
func (t Target) client() (litestream.ReplicaClient, error) {
	switch t.Type {
	case "file":
		return file.NewReplicaClient(t.Path), nil
	case "s3":
		c, err := litestream.NewReplicaClientFromURL(t.URL)
		if err != nil {
			return nil, err
		}
		// Keys that the file does not name come from the environment (LITESTREAM_… or AWS_…) by the call above.
		if bucket, ok := c.(*s3.ReplicaClient); ok && t.accessKey != "" {
			bucket.AccessKeyID, bucket.SecretAccessKey = t.accessKey, t.secretKey
		}
		return c, nil
	case "sftp":
		c := sftp.NewReplicaClient()
		c.Host, c.User, c.Password, c.Path, c.KeyPath, c.HostKey = t.host, t.user, t.password, t.Path, t.keyPath, t.hostKey
		return c, nil
	}
	return nil, fmt.Errorf("replicas of type %q are not carried", t.Type)
}

// replica joins a database file and its target. Nothing is opened; the loop that syncs it is ours (child.go).
func (d Database) replica() (*litestream.Replica, error) {
	client, err := d.Target.client()
	if err != nil {
		return nil, fmt.Errorf("the replica of %s: %w", d.Name, err)
	}
	db := litestream.NewDB(d.Path)
	db.MonitorInterval = 0 // we call Sync
	// For checkpoints Litestream needs the write lock for a moment. Where the desk writes without a pause it may not
	// get it, and while it waits nothing is carried: rather try again in the next round.
	db.BusyTimeout = 200 * time.Millisecond
	r := litestream.NewReplicaWithClient(db, client)
	r.MonitorEnabled = false // we call Sync
	if f, ok := client.(*file.ReplicaClient); ok {
		f.Replica = r
	}
	db.Replica = r
	return r, nil
}

// reach connects to a target. A folder that was configured and is not there is out of reach: it may be a disk that is not
// mounted, and taking that for an empty replica would let a company start with nothing.
func (d Database) reach(ctx context.Context, r *litestream.Replica) error {
	if d.Target.Type == "file" && !d.Target.ours {
		if _, err := os.Stat(d.Target.Path); errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("the replica of %s: the folder %s is not there: mount its disk, or make it once with mkdir -p", d.Name, d.Target.Path)
		}
	}
	if err := r.Client.Init(ctx); err != nil {
		return fmt.Errorf("the replica of %s at %s: %w", d.Name, d.Target.Where(), err)
	}
	return nil
}

// store builds what keeps compacting and pruning in the background.
func (c Config) store() (*litestream.Store, []*litestream.DB, error) {
	var dbs []*litestream.DB
	for _, d := range c.Databases {
		r, err := d.replica()
		if err != nil {
			return nil, nil, err
		}
		dbs = append(dbs, r.DB())
	}
	levels := litestream.DefaultCompactionLevels
	if len(c.levels) > 0 {
		levels = litestream.CompactionLevels{{Level: 0}}
		for i, interval := range c.levels {
			levels = append(levels, &litestream.CompactionLevel{Level: i + 1, Interval: interval})
		}
	}
	s := litestream.NewStore(dbs, levels)
	s.SnapshotInterval, s.SnapshotRetention = c.snapshotInterval, c.snapshotRetention
	s.SetL0Retention(c.l0Retention)
	s.SetShutdownSyncTimeout(0) // one attempt: the patience is ours (child.go)
	return s, dbs, nil
}

// quiet passes on what a library says from warnings up: Litestream tells of every compaction, twice a minute.
type quiet struct{ slog.Handler }

func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && q.Handler.Enabled(ctx, level)
}
func (q quiet) WithAttrs(a []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(a)} }
func (q quiet) WithGroup(name string) slog.Handler   { return quiet{q.Handler.WithGroup(name)} }

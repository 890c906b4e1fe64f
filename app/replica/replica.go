// Package replica keeps a copy of the company's two database files somewhere else, and brings it back.
//
// It carries DATA/desk.db and DATA/blobs.db with Litestream's library, in a child process of this same program
// (`deskbell replicate`): Litestream brings an SQLite of its own, and two SQLite libraries in one process break each
// other's POSIX locks, so that pages are lost with a clean log. The process that serves therefore never calls anything
// here that opens a database; it starts children and talks to them by lines.
//
// What it promises: whatever was committed before a Sync that returned nil is in the replica; what was committed one
// sync interval (and the time an upload takes) before everything was killed is in the replica too; files arrive before
// the messages that point to them; a restore either brings both files back, checked, or changes nothing; and nothing is
// deleted to make room for what comes back, it is moved aside.
//
// In the child: child.go (the loop and the line protocol), target.go (Litestream's objects), restore.go, put.go, drill.go.
// In the process that serves: supervisor.go, ask.go (one-off children). In both: config.go, fault.go, hold.go.
// backup.go is the plain copy beside the replica; it works through connections that its caller opened.
package replica

import (
	"path/filepath"
	"time"
)

// The names of the two database files in the data folder.
const (
	DeskName  = "desk.db"
	BlobsName = "blobs.db"
)

// DefaultSyncInterval is how often changes are carried to the replica where litestream.yml does not say.
const DefaultSyncInterval = time.Second

// names lists the files in the order in which they are carried: files before the messages that point to them.
var names = []string{BlobsName, DeskName}

// backupDir is where the replica is kept when none is configured.
func backupDir(data string) string { return filepath.Join(data, "backup") }

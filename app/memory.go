package app

import "runtime/debug"

// ballast is never touched, so no memory stands behind it; the collector counts it as heap. A heap of a few megabytes would be
// collected every hundred messages, and so one message in a hundred would wait for it, for milliseconds.
var ballast []byte

// settle is called once the desk serves.
func settle() {
	debug.FreeOSMemory() // what reading templates and schemas left behind: a third of what an idle desk would keep
	ballast = make([]byte, 8<<20)
}

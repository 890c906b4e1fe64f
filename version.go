package main

import (
	// A container built from scratch has neither certificates nor time zones: they travel in the binary. Where the
	// system has its own, those are used.
	_ "time/tzdata"

	_ "golang.org/x/crypto/x509roots/fallback"
)

// version and commit are set by the linker (see the Makefile); a bare go build leaves these.
var (
	version = "dev"
	commit  = "unknown"
)

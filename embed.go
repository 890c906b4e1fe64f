package main

import "embed"

// Pages, texts and the built front end travel in the binary. Without "all:" the _partials would stay behind.
//
//go:embed all:views
var views embed.FS

//go:embed all:static/dist
var static embed.FS

package view

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// Assets are the built front-end files: scripts, styles, pictures, sounds.
type Assets struct {
	dist  fs.FS
	names map[string]string // "js/app.js" -> "js/app-5XK2.js"
	etags map[string]string // by name in dist
}

// NewAssets reads static (the static/ folder): static/dist/manifest.json maps
// the names that templates use to the built, fingerprinted ones. Without a
// manifest (nothing built yet) every name stands for itself and is not found.
func NewAssets(static fs.FS) (*Assets, error) {
	dist, err := fs.Sub(static, "dist")
	if err != nil {
		return nil, fmt.Errorf("assets: %w", err)
	}
	a := &Assets{dist: dist, names: map[string]string{}, etags: map[string]string{}}
	b, err := fs.ReadFile(dist, "manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &a.names)
	}
	if err != nil {
		return nil, fmt.Errorf("read dist/manifest.json: %w", err)
	}
	return a, a.sum()
}

// URL is where a browser fetches an asset, by its unbuilt name: "js/app.js".
func (a *Assets) URL(name string) string {
	if built, ok := a.names[name]; ok {
		name = built
	}
	return "/assets/" + strings.TrimPrefix(name, "/")
}

// Built tells whether the front end was built.
func (a *Assets) Built() bool { return len(a.names) > 0 }

// sum reads each file once for its entity tag.
func (a *Assets) sum() error {
	return fs.WalkDir(a.dist, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(a.dist, name)
		h := sha256.Sum256(b)
		plain, packed := strings.CutSuffix(name, ".gz")
		if !packed || a.etags[plain] == "" { // a long file is there packed alone
			a.etags[plain] = hex.EncodeToString(h[:8])
		}
		return err
	})
}

package app

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"deskbell/app/desk"
	"deskbell/app/view"
)

// Whoever is told of an upgrade reads in his language what it brought: this version has its note in both catalogs.
func TestThisVersionHasItsNote(t *testing.T) {
	version, err := os.ReadFile("../VERSION")
	if err != nil {
		t.Fatal(err)
	}
	assets, err := view.NewAssets(fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	views, err := view.New(os.DirFS("../views"), assets)
	if err != nil {
		t.Fatal(err)
	}
	this := strings.TrimSpace(string(version))
	for _, lang := range view.Languages {
		say := func(words string) (sentence, more string) {
			n := desk.Notification{Category: "system", What: "released", Words: words}
			return n.Say(func(key string, args ...any) string { return views.T(lang, key, args...) })
		}
		for _, words := range []string{this, "v" + this, this + "-12-gabcdef"} {
			if sentence, more := say(words); !strings.Contains(sentence, words) || len(more) < 30 {
				t.Errorf("%s, %s: %q %q", lang, words, sentence, more)
			}
		}
		if _, more := say("0.0.9"); more != "" {
			t.Errorf("%s: a version without a note says %q", lang, more)
		}
	}
}

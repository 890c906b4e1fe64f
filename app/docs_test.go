package app

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each module that is asked for by name has its line in docs/dependencies.md, and no other has.
func TestDependenciesAreExplained(t *testing.T) {
	page := read(t, "../docs/dependencies.md")
	var asked []string
	for _, m := range regexp.MustCompile(`(?m)^\t(\S+) v\S+$`).FindAllStringSubmatch(read(t, "../go.mod"), -1) { // "// indirect" ends the others
		asked = append(asked, m[1])
	}
	var npm struct{ Dependencies, DevDependencies map[string]string }
	if err := json.Unmarshal([]byte(read(t, "../package.json")), &npm); err != nil {
		t.Fatal(err)
	}
	for _, list := range []map[string]string{npm.Dependencies, npm.DevDependencies} {
		for name := range list {
			asked = append(asked, name)
		}
	}
	var explained []string
	for _, line := range regexp.MustCompile("(?m)^- (`.*?`): ").FindAllStringSubmatch(page, -1) {
		for name := range strings.SplitSeq(line[1], ", ") {
			explained = append(explained, strings.Trim(name, "`"))
		}
	}
	within := func(list []string, name string) bool {
		for _, n := range list {
			if n == name || strings.HasPrefix(n, name+"/") || strings.HasPrefix(name, n+"/") {
				return true
			}
		}
		return false
	}
	for _, name := range asked {
		if !within(explained, name) {
			t.Errorf("docs/dependencies.md says nothing of %s", name)
		}
	}
	for _, name := range explained {
		if !within(asked, name) {
			t.Errorf("docs/dependencies.md explains %s, which nothing asks for", name)
		}
	}
	if len(asked) < 30 {
		t.Errorf("only %d modules were found", len(asked))
	}
}

// The tests that the pages name are there.
func TestTestsThatPagesNameAreThere(t *testing.T) {
	there := map[string]bool{}
	for _, pattern := range []string{"../*_test.go", "*_test.go", "*/*_test.go", "*/*/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`).FindAllStringSubmatch(read(t, f), -1) {
				there[m[1]] = true
			}
		}
	}
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, page := range pages {
		for _, m := range regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w+)`").FindAllStringSubmatch(read(t, page), -1) {
			if named++; !there[m[1]] && m[1] != "TestName" {
				t.Errorf("%s names %s, which is not there", page, m[1])
			}
		}
	}
	if named < 50 {
		t.Errorf("only %d names were found", named)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

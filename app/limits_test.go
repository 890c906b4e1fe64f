package app

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestLimitsAreAsWritten: each limit of docs/limits.md stands in the source as the page says.
func TestLimitsAreAsWritten(t *testing.T) {
	page, err := os.ReadFile("../docs/limits.md")
	if err != nil {
		t.Fatal(err)
	}
	blanks := regexp.MustCompile(`\s+`)
	rows := regexp.MustCompile("(?m)^\\|.*\\| `(app/[a-z_/]+\\.go)` \\| `([^`]+)` \\|$").FindAllStringSubmatch(string(page), -1)
	if len(rows) < 30 {
		t.Fatalf("only %d limits were read from the page", len(rows))
	}
	for _, row := range rows {
		source, err := os.ReadFile("../" + row[1])
		if err != nil {
			t.Errorf("%s: %v", row[2], err)
			continue
		}
		if !strings.Contains(blanks.ReplaceAllString(string(source), " "), blanks.ReplaceAllString(row[2], " ")) {
			t.Errorf("%s has no %q", row[1], row[2])
		}
	}
}

package main

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// binary is the program as it ships: the one that make test has just built, or else one built here by the Makefile's
// own recipe, so that the test never looks at something that nobody runs.
func binary(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("DESKBELL_BINARY"); path != "" {
		return path
	}
	path := filepath.Join(t.TempDir(), "deskbell")
	out, err := exec.Command("make", "--no-print-directory", "binary", "BINARY="+path).CombinedOutput()
	if err != nil {
		t.Fatalf("make binary: %v\n%s", err, out)
	}
	if strings.Contains(string(out), "warning") {
		t.Errorf("the linker warns: a statically linked glibc cannot do something that the program uses\n%s", out)
	}
	return path
}

// A static binary runs from scratch and on any Linux: no program interpreter, no shared libraries.
func TestBinaryIsStatic(t *testing.T) {
	f, err := elf.Open(binary(t))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("the binary has a %v segment: it is not static", p.Type)
		}
	}
	if libs, err := f.ImportedLibraries(); err == nil && len(libs) > 0 {
		t.Errorf("the binary needs %v", libs)
	}
}

// ldd is what an operator asks; it must say the same.
func TestLddSaysStatic(t *testing.T) {
	out, _ := exec.Command("ldd", binary(t)).CombinedOutput() // exits 1 for a static binary
	if s := string(out); !strings.Contains(s, "not a dynamic executable") && !strings.Contains(s, "statically linked") {
		t.Errorf("ldd says: %s", s)
	}
}

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"gopkg.in/yaml.v2"
)

var setting = regexp.MustCompile(`\b(DESKBELL|LITESTREAM)_[A-Z_]+\b`)

// Every setting that the files beside the program name is one that the program reads.
func TestSettingsOfExamplesAreKnown(t *testing.T) {
	known := text(t, "litestream.yml") // which has its own by the operator's choice
	for _, pattern := range []string{"*.go", "app/*.go", "app/replica/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if !strings.HasSuffix(f, "_test.go") {
				known += text(t, f)
			}
		}
	}
	for _, file := range []string{"deploy/compose.yaml", "deploy/deskbell.service", "Dockerfile", "README.md", "docs/operations.md"} {
		for _, name := range setting.FindAllString(text(t, file), -1) {
			if !regexp.MustCompile(`\b` + name + `\b`).MatchString(known) {
				t.Errorf("%s names %s, which nothing reads", file, name)
			}
		}
	}
}

// The compose file is one: a service that keeps its data in a volume, may write nowhere else, and has time to stop.
func TestComposeFile(t *testing.T) {
	var c struct {
		Services map[string]struct {
			Image       string
			ReadOnly    bool              `yaml:"read_only"`
			Grace       string            `yaml:"stop_grace_period"`
			CapDrop     []string          `yaml:"cap_drop"`
			Security    []string          `yaml:"security_opt"`
			Restart     string            `yaml:"restart"`
			Tmpfs       []string          `yaml:"tmpfs"`
			Ports       []string          `yaml:"ports"`
			Environment map[string]string `yaml:"environment"`
			Volumes     []string          `yaml:"volumes"`
			Sysctls     map[string]string `yaml:"sysctls"`
		}
		Volumes map[string]any
	}
	if err := yaml.UnmarshalStrict([]byte(text(t, "deploy/compose.yaml")), &c); err != nil {
		t.Fatal(err)
	}
	s, ok := c.Services["deskbell"]
	if grace, err := time.ParseDuration(s.Grace); !ok || err != nil || grace < 30*time.Second || !s.ReadOnly || s.Restart == "" || !slices.Contains(s.CapDrop, "ALL") {
		t.Errorf("the service is %+v", s)
	}
	for _, v := range s.Volumes {
		from, to, _ := strings.Cut(v, ":")
		if _, named := c.Volumes[from]; !named && !strings.HasSuffix(to, ":ro") {
			t.Errorf("%s is no volume of the file's, and may be written to", v)
		}
		if path, ok := strings.CutSuffix(to, ":ro"); ok && s.Environment["DESKBELL_LITESTREAM"] != path {
			t.Errorf("nothing reads %s", path)
		}
	}
}

// What the unit lets the program ask of the kernel is what it asks, as the user that it is and with a replica: a call too many would be
// its end, and that of the process that carries the data.
func TestTheUnitAllowsWhatIsDone(t *testing.T) {
	if os.Getenv("SOAK") == "" || os.Getuid() != 0 {
		t.Skip("starting under strace takes seconds, and root can be another user: this is for make soak")
	}
	if err := exec.Command("systemd-analyze", "syscall-filter", "@chown").Run(); err != nil {
		t.Skipf("nobody here knows what systemd's words stand for: %v", err)
	}
	dir, err := os.MkdirTemp("", "deskbell-unit") // t.TempDir lies in a folder that other users may not enter
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	const nobody = 65534
	data, calls := filepath.Join(dir, "data"), filepath.Join(dir, "calls")
	for _, err := range []error{os.Mkdir(data, 0o700), os.Chown(data, nobody, nobody), os.Chown(dir, nobody, nobody)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(dir, "deskbell")
	if out, err := exec.Command("cp", binary(t), program).CombinedOutput(); err != nil {
		t.Fatal(string(out))
	}
	cmd := exec.Command("strace", "-f", "-qq", "-c", "-o", calls, program, "serve")
	cmd.Dir, cmd.Env = dir, []string{"DESKBELL_DATA=" + data, "DESKBELL_LISTEN=127.0.0.1:0"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}, Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Skipf("no strace here: %v", err)
	}
	for limit := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		carried, err := filepath.Glob(filepath.Join(data, "backup", "desk", "ltx", "*", "*.ltx"))
		if err == nil && len(carried) > 0 {
			break
		}
		if time.Now().After(limit) {
			t.Error("nothing was carried")
			break
		}
	}
	syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
	cmd.Wait()
	allowed := map[string]bool{}
	for line := range strings.Lines(text(t, "deploy/deskbell.service")) {
		list, ok := strings.CutPrefix(strings.TrimSpace(line), "SystemCallFilter=")
		if !ok {
			continue
		}
		list, not := strings.CutPrefix(list, "~")
		for _, word := range strings.Fields(list) {
			for _, name := range meant(t, word) {
				allowed[name] = !not
			}
		}
	}
	asked := 0
	for line := range strings.Lines(text(t, calls)) {
		f := strings.Fields(line)
		if len(f) < 5 || strings.HasPrefix(f[0], "-") || f[0] == "%" || f[len(f)-1] == "total" {
			continue
		}
		if asked++; !allowed[f[len(f)-1]] {
			t.Errorf("the unit forbids %s", f[len(f)-1])
		}
	}
	if asked < 30 {
		t.Errorf("only %d kinds of calls were seen", asked)
	}
}

// meant is which calls a word of systemd's stands for.
func meant(t *testing.T, word string) (names []string) {
	t.Helper()
	if !strings.HasPrefix(word, "@") {
		return []string{word}
	}
	out, err := exec.Command("systemd-analyze", "syscall-filter", word).Output()
	if err != nil {
		t.Fatalf("%s: %v", word, err)
	}
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		if line == word || line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		names = append(names, meant(t, line)...)
	}
	return names
}

func text(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

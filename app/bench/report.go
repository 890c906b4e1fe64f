package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"
)

// report is what a run found.
type report struct {
	At      time.Time `json:"at"`
	Seconds float64   `json:"seconds"`
	Program string    `json:"program"`
	Machine string    `json:"machine"`
	Figures []figure  `json:"figures"`
}

// figure is one thing measured.
type figure struct {
	Part   string  `json:"part"`
	What   string  `json:"what"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"`
	Bare   float64 `json:"bare,omitempty"`  // the raw thing in the same run, in the same unit
	Ratio  float64 `json:"ratio,omitempty"` // Value to Bare
	Goal   string  `json:"goal,omitempty"`
	Met    *bool   `json:"met,omitempty"`
	Remark string  `json:"remark,omitempty"`
}

func (r *report) add(f figure) {
	if f.Bare != 0 {
		f.Ratio = f.Value / f.Bare
	}
	r.Figures = append(r.Figures, f)
}

// under adds a figure whose goal is to stay below a limit.
func (r *report) under(f figure, limit float64) {
	met := f.Value < limit
	f.Goal, f.Met = or(f.Goal, fmt.Sprintf("< %g %s", limit, f.Unit)), &met
	r.add(f)
}

// over adds a figure whose goal is to reach a limit.
func (r *report) over(f figure, limit float64) {
	met := f.Value >= limit
	f.Goal, f.Met = or(f.Goal, fmt.Sprintf(">= %g %s", limit, f.Unit)), &met
	r.add(f)
}

// broken notes a part that could not be measured: never a goal met.
func (r *report) broken(part string, err error) {
	met := false
	r.Figures = append(r.Figures, figure{Part: part, What: "could not be measured", Met: &met, Remark: err.Error()})
}

func (r *report) machine(ctx context.Context, binary string) error {
	version, err := exec.CommandContext(ctx, binary, "version").Output()
	if err != nil {
		return fmt.Errorf("%s version: %w", binary, err)
	}
	r.At = time.Now().UTC()
	r.Program = strings.Join(strings.Split(strings.TrimSpace(string(version)), "\n"), ", ")
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease") // only to be told
	load, _ := os.ReadFile("/proc/loadavg")
	before, _, _ := strings.Cut(string(load), " ")
	r.Machine = fmt.Sprintf("%d CPUs, %s, %s %s; load before the run %s", runtime.NumCPU(), runtime.Version(), runtime.GOOS, strings.TrimSpace(string(kernel)), before)
	return nil
}

func (r *report) print(w io.Writer) {
	fmt.Fprintf(w, "%s\n%s\n\n", r.Program, r.Machine)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "part\twhat\tmeasured\tbare\tratio\tgoal\t")
	for _, f := range r.Figures {
		bare, ratio, met := "", "", ""
		if f.Bare != 0 {
			bare, ratio = number(f.Bare)+" "+f.Unit, fmt.Sprintf("%.2f", f.Ratio)
		}
		if f.Met != nil {
			met = map[bool]string{true: "met", false: "MISSED"}[*f.Met]
		}
		fmt.Fprintf(t, "%s\t%s\t%s %s\t%s\t%s\t%s\t%s\n", f.Part, f.What, number(f.Value), f.Unit, bare, ratio, f.Goal, met)
	}
	t.Flush()
	for _, f := range r.Figures {
		if f.Remark != "" {
			fmt.Fprintf(w, "\n%s, %s: %s", f.Part, f.What, f.Remark)
		}
	}
	fmt.Fprintf(w, "\n%.0f s in all\n", r.Seconds)
}

// page writes what a run found for people: docs/benchmarks.md.
func (r *report) page(w io.Writer) {
	fmt.Fprintf(w, `# Benchmarks

Measured by `+"`make bench`"+` and written by `+"`make bench-page`"+`; nothing here is typed by hand. Figures of one machine say little of another's,
so most stand beside the raw thing that was measured in the same run: what a bare program does, of the same kind, without a desk.

- When: %s, %.0f s in all
- Program: %s
- Machine: %s

To repeat it: `+"`make bench`"+` on a machine that does nothing else, then `+"`make bench-page`"+`.
`, r.At.Format("2006-01-02 15:04 UTC"), r.Seconds, r.Program, r.Machine)
	part := ""
	for _, f := range r.Figures {
		if f.Part != part {
			part = f.Part
			fmt.Fprintf(w, "\n## %s\n\n| what | measured | bare | ratio | goal | |\n|---|---|---|---|---|---|\n", strings.ToUpper(part[:1])+part[1:])
		}
		bare, ratio, met := "", "", ""
		if f.Bare != 0 {
			bare, ratio = number(f.Bare)+" "+f.Unit, fmt.Sprintf("%.2f", f.Ratio)
		}
		if f.Met != nil {
			met = map[bool]string{true: "met", false: "**missed**"}[*f.Met]
		}
		what := f.What
		if f.Remark != "" {
			what += " (" + f.Remark + ")"
		}
		fmt.Fprintf(w, "| %s | %s %s | %s | %s | %s | %s |\n", strings.ReplaceAll(what, "|", "/"), number(f.Value), f.Unit, bare, ratio, f.Goal, met)
	}
}

// writePage reads what a run has written, and writes its page.
func writePage(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	var b strings.Builder
	r.page(&b)
	return os.WriteFile(to, []byte(b.String()), 0o644)
}

func number(v float64) string {
	switch {
	case v >= 100 || v == float64(int64(v)):
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func (r *report) write(path string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, append(b, '\n'), 0o644); err != nil {
		return err
	}
	if full, err := filepath.Abs(path); err == nil {
		path = full
	}
	_, err = fmt.Println("written to", path)
	return err
}

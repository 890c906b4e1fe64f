package main

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"time"
)

// profile writes into the folder, for `go tool pprof`, what the processor does until stop is called (cpu.pprof), what memory was in
// use ten seconds ago at most (heap.pprof) and, at the end, what was ever allocated (allocs.pprof). Without a folder it does nothing.
func profile(folder string) (stop func() error, err error) {
	if folder == "" {
		return func() error { return nil }, nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	cpu, err := os.Create(filepath.Join(folder, "cpu.pprof"))
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return nil, errors.Join(err, cpu.Close())
	}
	over := make(chan struct{})
	last := make(chan error)
	go func() {
		tick := time.NewTicker(10 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_ = dump(folder, "heap") // the last one tells
			case <-over:
				last <- dump(folder, "allocs")
				return
			}
		}
	}()
	return func() error {
		pprof.StopCPUProfile()
		close(over)
		return errors.Join(cpu.Close(), <-last)
	}, nil
}

func dump(folder, name string) error {
	if name == "heap" {
		runtime.GC()
	}
	f, err := os.Create(filepath.Join(folder, name+".pprof"))
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup(name).WriteTo(f, 0), f.Close())
}

package system

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/load"
	"github.com/shirou/gopsutil/v4/mem"
	"github.com/shirou/gopsutil/v4/process"
)

// sources are all that is read in production, the limits last: they correct what the host says.
func sources() []source {
	return []source{runtimeSource(), processSource(), hostSource(), cgroupSource(os.DirFS("/"))}
}

// failures keeps the errors of several readings. What a platform does not have is no error.
type failures struct{ errs []error }

func (f *failures) add(what string, err error) bool {
	if err == nil {
		return true
	}
	if !errors.Is(err, errors.ErrUnsupported) && err.Error() != "not implemented yet" {
		f.errs = append(f.errs, fmt.Errorf("system: %s: %w", what, err))
	}
	return false
}

// processSource reads what the operating system knows of the process.
func processSource() source {
	var (
		p        *process.Process
		last     float64 // CPU seconds
		lastTime time.Time
	)
	return func(ctx context.Context, s *Snapshot) error {
		var f failures
		if p == nil {
			own, err := process.NewProcessWithContext(ctx, int32(os.Getpid()))
			if !f.add("process", err) {
				return errors.Join(f.errs...)
			}
			p = own
		}
		if t, err := p.TimesWithContext(ctx); f.add("CPU time of the process", err) {
			used := t.User + t.System
			if elapsed := s.Time.Sub(lastTime).Seconds(); !lastTime.IsZero() && elapsed > 0 {
				s.CPU = max(used-last, 0) / elapsed
			}
			last, lastTime = used, s.Time
		}
		if m, err := p.MemoryInfoWithContext(ctx); f.add("memory of the process", err) {
			s.RSS = m.RSS
		}
		if n, err := p.NumThreadsWithContext(ctx); f.add("threads", err) {
			s.Threads = uint64(max(n, 0))
		}
		if n, err := p.NumFDsWithContext(ctx); f.add("open files", err) {
			s.OpenFiles = uint64(max(n, 0))
		}
		return errors.Join(f.errs...)
	}
}

// hostSource reads what the operating system knows of the host.
func hostSource() source {
	var lastBusy, lastAll float64
	return func(ctx context.Context, s *Snapshot) error {
		var f failures
		s.CPULimit = float64(runtime.NumCPU())
		if t, err := cpu.TimesWithContext(ctx, false); f.add("CPU time of the host", err) && len(t) == 1 {
			// Guests' time is in user time already.
			all := t[0].User + t[0].System + t[0].Idle + t[0].Nice + t[0].Iowait + t[0].Irq + t[0].Softirq + t[0].Steal
			busy := all - t[0].Idle - t[0].Iowait
			if lastAll > 0 && all > lastAll {
				s.HostCPU = min(max((busy-lastBusy)/(all-lastAll), 0), 1)
			}
			lastBusy, lastAll = busy, all
		}
		if m, err := mem.VirtualMemoryWithContext(ctx); f.add("memory of the host", err) && m.Total > 0 {
			s.MemoryLimit = m.Total
			s.HostMemory = 1 - float64(m.Available)/float64(m.Total)
		}
		if l, err := load.AvgWithContext(ctx); f.add("load", err) {
			s.Load1 = l.Load1
		}
		return errors.Join(f.errs...)
	}
}

// Package system enriches records with how the process and the host are: CPU, memory, garbage collection, goroutines, load.
//
//	figures, err := system.Start(nil)
//	…
//	defer figures.Close(ctx)
//	h := enrich.NewHandler(next, &enrich.Options{Enrichers: []enrich.Enricher{figures}})
//
// A record gets at its root
//
//	"system":{"cpu":0.42,"cpu_limit":2,"rss_bytes":73400320,"memory_limit_bytes":536870912,"heap_bytes":41943040,
//	          "goroutines":112,"gc_cycles":37,"gc_pause_p99_ms":0.2,"sched_latency_p99_ms":0.1,"threads":14,"open_files":23,
//	          "host_cpu":0.37,"host_memory":0.61,"load1":1.4}
//
// One goroutine reads the figures every five seconds; a log call copies one attribute. What a system does not have is left
// out. cpu is in cores, of which cpu_limit may be used: the quota of the container (cgroup version 1 or 2), else the
// processors of the host; memory_limit_bytes likewise. host_cpu and host_memory are shares of the whole host, 0 to 1. The
// two p99 are over the time since the last reading.
//
// [Figures.Load] is how near the process is to its limits, for a sampler's load.
package system

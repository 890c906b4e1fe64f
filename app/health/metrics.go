package health

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"deskbell/app/desk"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the numbers for a monitor, in the text form of Prometheus. They have a registry of their own: Litestream and
// others put theirs into the default one.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
}

// Replication is how the copies of the data are doing.
type Replication struct {
	Up        bool // the replicating process runs
	Restarts  int  // how often it had to be started again
	Databases []Replica
}

// Replica is the copy of one database.
type Replica struct {
	Database string
	Behind   time.Duration // everything older than this is in it
	TXID     uint64        // the last transaction in it
}

// Sources are what the numbers come from, asked at each scrape.
type Sources struct {
	Desk        *desk.Desk
	Streams     func() int         // open streams
	Replication func() Replication // nil: nothing is replicated
	Parts       *Registry
}

// NewMetrics joins the sources.
func NewMetrics(s Sources, version, commit string) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "deskbell_http_request_duration_seconds", Help: "Time to answer a request, by the pattern of its route. Streams are left out.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
	}, []string{"method", "route", "status"})}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "deskbell_build_info", Help: "1, with what runs.", ConstLabels: prometheus.Labels{"version": version, "commit": commit}})
	build.Set(1)
	m.registry.MustRegister(m.requests, build, &scrape{s}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Request notes a request that was answered. The status is told by its class, 2xx, so that the series stay few.
func (m *Metrics) Request(method, route string, status int, took time.Duration) {
	m.requests.WithLabelValues(method, route, strconv.Itoa(status/100)+"xx").Observe(took.Seconds())
}

// Handler answers a scrape.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 2, Timeout: 10 * time.Second})
}

func description(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("deskbell_"+name, help, labels, nil)
}

var (
	conversations = description("conversations", "Conversations there are, by kind and status.", "kind", "status")
	messages      = description("messages_total", "Messages ever stored.")
	deliveries    = description("deliveries", "Messages on their way out and gone out, by state.", "state")
	followers     = description("follower_behind_events", "Events that a follower of the log has not seen yet.", "follower")
	writes        = description("writes_waiting", "Changes that wait for the writer.")
	streams       = description("streams_open", "Server-Sent Events streams that are open.")
	behind        = description("replica_behind_seconds", "Age of the newest moment that is wholly in the replica.", "database")
	replicaUp     = description("replica_up", "1 while the replicating process runs.")
	replicaTx     = description("replica_transaction", "The last transaction in the replica.", "database")
	restarts      = description("replica_restarts_total", "How often the replicating process had to be started again.")
	partState     = description("part_state", "How a part is: 0 well, 1 warning, 2 failed.", "part", "of")
)

// scrape asks the sources when it is asked.
type scrape struct{ Sources }

// Describe implements prometheus.Collector.
func (s *scrape) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{conversations, messages, deliveries, followers, writes, streams, replicaUp, replicaTx, behind, restarts, partState} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (s *scrape) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v float64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v)
	}
	gauge(streams, float64(s.Streams()))
	if s.Replication != nil {
		r := s.Replication()
		gauge(replicaUp, map[bool]float64{true: 1}[r.Up])
		counter(restarts, float64(r.Restarts))
		for _, d := range r.Databases {
			gauge(behind, d.Behind.Seconds(), d.Database)
			gauge(replicaTx, float64(d.TXID), d.Database)
		}
	}
	for _, p := range s.Parts.Parts(ctx) {
		gauge(partState, map[State]float64{OK: 0, Warn: 1, Failed: 2}[p.State], p.Name, p.Of)
	}
	v, err := s.Desk.Vitals(ctx, desk.System)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(messages, err)
		return
	}
	for key, n := range v.Conversations {
		gauge(conversations, float64(n), key[0], key[1])
	}
	for state, n := range v.Deliveries {
		gauge(deliveries, float64(n), state)
	}
	for name, n := range v.Behind {
		gauge(followers, float64(n), name)
	}
	gauge(writes, float64(v.Writes))
	counter(messages, float64(v.Messages))
}

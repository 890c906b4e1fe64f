package app

import (
	"net"
	"net/http"
	"strings"

	"deskbell/app/desk"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics answers /metrics in Prometheus' text form, to this machine and to whoever has an admin's token. The registry is
// our own: Litestream puts its numbers, which here are always zero, into the default one.
func (a *App) metrics() echo.HandlerFunc {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &numbers{a})
	h := promhttp.HandlerFor(r, promhttp.HandlerOpts{ErrorLog: nil, MaxRequestsInFlight: 2})
	return func(c echo.Context) error {
		if !a.mayMeasure(c.Request()) {
			return c.NoContent(http.StatusNotFound)
		}
		h.ServeHTTP(c.Response(), c.Request())
		return nil
	}
}

func (a *App) mayMeasure(r *http.Request) bool {
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		agent, err := a.Desk.AgentByToken(r.Context(), desk.System, token)
		return err == nil && agent.Actor().IsAdmin()
	}
	// A proxy on this machine brings the whole world along.
	for _, header := range []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via"} {
		if r.Header.Get(header) != "" {
			return false
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	return err == nil && net.ParseIP(host).IsLoopback()
}

// numbers are read when they are asked for.
type numbers struct{ a *App }

var (
	build          = prometheus.NewDesc("deskbell_build_info", "Which program runs.", []string{"version", "commit"}, nil)
	replicaUp      = prometheus.NewDesc("deskbell_replica_up", "1 while the replicating process runs.", nil, nil)
	replicaBehind  = prometheus.NewDesc("deskbell_replica_behind_seconds", "Everything older than this is in the replica.", []string{"database"}, nil)
	replicaTx      = prometheus.NewDesc("deskbell_replica_transaction", "The replica's last transaction.", []string{"database"}, nil)
	replicaRestart = prometheus.NewDesc("deskbell_replica_restarts_total", "How often the replicating process ended by itself.", nil, nil)
)

func (n *numbers) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(n, ch) }

func (n *numbers) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(build, 1, n.a.Config.Version, n.a.Config.Commit)
	if n.a.Replica == nil {
		return
	}
	s := n.a.Replica.Status()
	up := 0.0
	if s.Running {
		up = 1
	}
	gauge(replicaUp, up)
	for _, d := range s.Databases {
		gauge(replicaBehind, d.Behind.Seconds(), d.Name)
		gauge(replicaTx, float64(d.TXID), d.Name)
	}
	ch <- prometheus.MustNewConstMetric(replicaRestart, prometheus.CounterValue, float64(s.Restarts))
}

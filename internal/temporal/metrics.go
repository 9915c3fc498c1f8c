package temporal

import (
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"
)

// NewMetrics returns a handler that keeps the SDK's metrics in a Prometheus registry,
// under the SDK's names with the endings that Prometheus wants: _total for counters,
// _seconds for timers. It fails when the registry has such a collector already.
func NewMetrics(reg prometheus.Registerer) (client.MetricsHandler, error) {
	s := &sdkMetrics{metrics: map[string]prometheus.Metric{}}
	if err := reg.Register(s); err != nil {
		return nil, fmt.Errorf("registering the metrics of the Temporal SDK: %w", err)
	}
	return tagged{store: s}, nil
}

// sdkMetrics collects what the SDK comes up with. It describes nothing beforehand: the
// SDK gives the same metric different labels in different places, which a vector
// does not allow and Prometheus does.
type sdkMetrics struct {
	mu      sync.Mutex
	metrics map[string]prometheus.Metric
}

var (
	_ prometheus.Collector  = (*sdkMetrics)(nil)
	_ client.MetricsHandler = tagged{}
)

// Describe implements [prometheus.Collector].
func (s *sdkMetrics) Describe(chan<- *prometheus.Desc) {}

// Collect implements [prometheus.Collector].
func (s *sdkMetrics) Collect(out chan<- prometheus.Metric) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.metrics {
		out <- m
	}
}

// metric returns the metric of that name and these tags, which make makes the first time.
func metric[M prometheus.Metric](s *sdkMetrics, name string, tags map[string]string, make func(name string, labels prometheus.Labels) M) M {
	var key strings.Builder
	key.WriteString(name)
	labels := prometheus.Labels{}
	for _, k := range sortedKeys(tags) {
		fmt.Fprintf(&key, "\x00%s\x00%s", k, tags[k])
		labels[identifier(k)] = tags[k]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if m, ok := s.metrics[key.String()].(M); ok {
		return m
	}
	m := make(identifier(name), labels)
	s.metrics[key.String()] = m
	return m
}

// identifier makes a name that Prometheus takes.
func identifier(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, s)
}

// tagged is the handler that the SDK uses, with the tags of where it uses it.
type tagged struct {
	store *sdkMetrics
	tags  map[string]string
}

func (t tagged) WithTags(tags map[string]string) client.MetricsHandler {
	all := make(map[string]string, len(t.tags)+len(tags))
	maps.Copy(all, t.tags)
	maps.Copy(all, tags)
	return tagged{store: t.store, tags: all}
}

func (t tagged) Counter(name string) client.MetricsCounter {
	return counter{metric(t.store, name+"_total", t.tags, func(name string, labels prometheus.Labels) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: labels})
	})}
}

func (t tagged) Gauge(name string) client.MetricsGauge {
	return gauge{metric(t.store, name, t.tags, func(name string, labels prometheus.Labels) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels})
	})}
}

func (t tagged) Timer(name string) client.MetricsTimer {
	return timer{metric(t.store, name+"_seconds", t.tags, func(name string, labels prometheus.Labels) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: name, Help: help, ConstLabels: labels,
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 60},
		})
	})}
}

// help is the same for all: the SDK gives none.
const help = "Metric of the Temporal Go SDK, see https://docs.temporal.io/references/sdk-metrics"

type counter struct{ prometheus.Counter }

func (c counter) Inc(n int64) { c.Add(float64(n)) }

type gauge struct{ prometheus.Gauge }

func (g gauge) Update(v float64) { g.Set(v) }

type timer struct{ prometheus.Histogram }

func (t timer) Record(d time.Duration) { t.Observe(d.Seconds()) }

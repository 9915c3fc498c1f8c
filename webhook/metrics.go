package webhook

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
)

// metrics of the intake. Label values are few and known beforehand.
type metrics struct {
	notifications *prometheus.CounterVec // code
	alerts        *prometheus.CounterVec // result
	truncated     prometheus.Counter
	requests      *prometheus.HistogramVec // handler, method, code
}

// The results of an alert.
const (
	resultRecorded = "recorded"
	resultIgnored  = "ignored" // about no target, or several
	resultFailed   = "failed"  // could not be recorded; Alertmanager sends it again
)

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		notifications: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "redress_notifications_total",
			Help: "Notifications of Alertmanager by the status code of the answer; 202 is durably recorded.",
		}, []string{"code"}),
		alerts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "redress_alerts_total",
			Help: "Alerts in notifications: recorded, ignored (about no target, or several), failed (will be sent again).",
		}, []string{"result"}),
		truncated: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "redress_alerts_truncated_total",
			Help: "Alerts that Alertmanager cut from notifications because of max_alerts.",
		}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "redress_http_request_duration_seconds",
			Help:    "Duration of HTTP requests; of a notification, until it was durably recorded.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"handler", "method", "code"}),
	}
	for _, result := range []string{resultRecorded, resultIgnored, resultFailed} {
		m.alerts.WithLabelValues(result) // so that rate() sees the first one
	}
	for _, c := range []prometheus.Collector{m.notifications, m.alerts, m.truncated, m.requests} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("registering the metrics of the webhook: %w", err)
		}
	}
	return m, nil
}

// count counts the alerts of a notification.
func (s *server) count(n Notification, shares []*share, ignored []Ignored) {
	s.metrics.truncated.Add(float64(n.TruncatedAlerts))
	s.metrics.alerts.WithLabelValues(resultIgnored).Add(float64(len(ignored)))
	for _, sh := range shares {
		result := resultRecorded
		if sh.err != nil {
			result = resultFailed
		}
		s.metrics.alerts.WithLabelValues(result).Add(float64(len(sh.alerts)))
	}
}

// observe measures and logs a request. Only paths that are served become label values.
func (s *server) observe(c *gin.Context) {
	began := time.Now()
	c.Next()
	code, took := c.Writer.Status(), time.Since(began)
	handler, method := c.FullPath(), c.Request.Method
	if handler == "" {
		handler, method = "other", "other"
	}
	s.metrics.requests.WithLabelValues(handler, method, strconv.Itoa(code)).Observe(took.Seconds())
	if handler == "/api/v1/alertmanager" {
		s.metrics.notifications.WithLabelValues(strconv.Itoa(code)).Inc()
	}
	s.Log.Debug("request", "method", c.Request.Method, "path", c.Request.URL.Path, "status", code,
		"duration", took, "remote", c.Request.RemoteAddr, "bytes", max(c.Writer.Size(), 0))
}

// recover answers for a handler that panicked: the sender comes again, the others go on.
func (s *server) recover(c *gin.Context) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
			panic(p)
		}
		s.Log.Error("a request panicked", "method", c.Request.Method, "path", c.Request.URL.Path, "panic", p, "stack", string(debug.Stack()))
		c.Abort()
		if !c.Writer.Written() {
			fail(c, http.StatusInternalServerError, "this is a defect of Redress; the log has its trace")
		}
	}()
	c.Next()
}

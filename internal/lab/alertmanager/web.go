//go:build !lean

package alertmanager

import (
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"time"

	"github.com/go-openapi/strfmt"
	"github.com/prometheus/alertmanager/api"
	"github.com/prometheus/alertmanager/api/v2/models"
	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/route"
)

// Version is the version of the Alertmanager, that of its module in go.mod.
const Version = "0.34.2"

// newHandler serves the API, /metrics and the health checks.
func newHandler(apis *api.API, conf *config.Config, registry *prometheus.Registry, began time.Time) http.Handler {
	router := route.New()
	router.Get("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP)
	ok := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "OK") }
	for _, path := range []string{"/-/healthy", "/-/ready"} {
		router.Get(path, ok)
		router.Head(path, ok)
	}
	mux := apis.Register(router, "/")
	mux.Handle("GET /api/v2/status", statusHandler(conf, began))
	return mux
}

// statusHandler replaces the API's own: that one reports the version which the
// linker set for this binary, and so Redress's.
func statusHandler(conf *config.Config, began time.Time) http.Handler {
	var (
		version  = Version
		unknown  = ""
		compiler = runtime.Version()
		original = conf.String() // secrets are masked
		alone    = models.ClusterStatusStatusDisabled
		uptime   = strfmt.DateTime(began)
	)
	status := models.AlertmanagerStatus{
		Cluster: &models.ClusterStatus{Status: &alone, Peers: []*models.PeerStatus{}},
		Config:  &models.AlertmanagerConfig{Original: &original},
		Uptime:  &uptime,
		VersionInfo: &models.VersionInfo{
			Version: &version, GoVersion: &compiler,
			Revision: &unknown, Branch: &unknown, BuildUser: &unknown, BuildDate: &unknown,
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(&status) // fails only when the client is gone
	})
}

func newRequestDuration(registry prometheus.Registerer) *prometheus.HistogramVec {
	return promauto.With(registry).NewHistogramVec(prometheus.HistogramOpts{
		Name:    "alertmanager_http_request_duration_seconds",
		Help:    "How long HTTP requests took, in seconds.",
		Buckets: prometheus.DefBuckets,
	}, []string{"handler", "method", "code"})
}

// Package webhook is the HTTP face of Redress: the intake of Alertmanager's
// notifications, the API, health and metrics.
//
// It knows Temporal, the inventory and redress.yaml only through the small interfaces
// in this file, and imports neither the Temporal SDK nor a Redis client nor
// activities. It is the only package that imports gin.
package webhook

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"redress/internal/contract"
)

// The defaults of [Options].
const (
	// DefaultMaxBody is 4 MiB, some four thousand alerts.
	DefaultMaxBody = 4 << 20
	// DefaultBodyTimeout is how long a body may take to arrive.
	DefaultBodyTimeout = 10 * time.Second
	// DefaultRecordTimeout is how long recording may take. Alertmanager gives up on a
	// notification after max(group_interval, 10s), so that it still hears our 503 then
	// and tries again.
	DefaultRecordTimeout = 8 * time.Second
)

// Inventory knows which target an alert is about.
type Inventory interface {
	// MatchTarget returns the one target whose matchers select the labels. When there
	// is none, or more than one, ok is false and why says so in words for people.
	MatchTarget(labels map[string]string) (ref contract.TargetRef, why string, ok bool)
}

// Starter records notifications.
type Starter interface {
	// Record returns nil when the notification is durably recorded for the target.
	// Recording the same one again does no harm. [contract.ErrTooLarge] says that it
	// can never be recorded.
	Record(ctx context.Context, target contract.TargetRef, n contract.Notification) error
}

// Runs reads runs.
type Runs interface {
	// Runs returns a page of runs. Errors: [contract.ErrPageToken], [contract.ErrUnavailable].
	Runs(ctx context.Context, f contract.RunFilter) (contract.RunList, error)
	// Run returns a run. Errors: [contract.ErrNotFound], [contract.ErrUnavailable].
	Run(ctx context.Context, id string) (contract.Run, error)
}

// Guardians reads what is remembered of targets.
type Guardians interface {
	// Guardian returns the state of a target. Errors: [contract.ErrNotFound], [contract.ErrUnavailable].
	Guardian(ctx context.Context, target string) (contract.Guardian, error)
}

// Options says what the handler serves. Inventory, Starter and Runs are required.
type Options struct {
	Inventory Inventory
	Starter   Starter
	Runs      Runs
	// Guardians serves /api/v1/targets/{name}. Nil = no such endpoint.
	Guardians Guardians
	// Ready says what is missing before notifications can be recorded; nil = nothing.
	Ready func(ctx context.Context) error
	// Token returns the bearer token that notifications must show; it is asked for
	// with each of them, so that a changed file serves at once. Nil = none is asked for.
	Token func() (string, error)
	// MaxBody is the largest body in bytes. Default [DefaultMaxBody].
	MaxBody int64
	// BodyTimeout and RecordTimeout limit a notification. Defaults
	// [DefaultBodyTimeout], [DefaultRecordTimeout].
	BodyTimeout, RecordTimeout time.Duration
	// Registry gets our metrics and is served at /metrics. Nil = one of its own.
	Registry *prometheus.Registry
	// Log: nil = discarded.
	Log *slog.Logger
	// Now is the clock. Nil = time.Now.
	Now func() time.Time
}

func (o Options) validate() (Options, error) {
	switch {
	case o.Inventory == nil:
		return o, errors.New("webhook: no Inventory is given")
	case o.Starter == nil:
		return o, errors.New("webhook: no Starter is given")
	case o.Runs == nil:
		return o, errors.New("webhook: no Runs are given")
	case o.MaxBody < 0 || o.BodyTimeout < 0 || o.RecordTimeout < 0:
		return o, errors.New("webhook: MaxBody, BodyTimeout and RecordTimeout cannot be negative")
	}
	if o.MaxBody == 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.BodyTimeout == 0 {
		o.BodyTimeout = DefaultBodyTimeout
	}
	if o.RecordTimeout == 0 {
		o.RecordTimeout = DefaultRecordTimeout
	}
	if o.Ready == nil {
		o.Ready = func(context.Context) error { return nil }
	}
	if o.Registry == nil {
		o.Registry = prometheus.NewRegistry()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Log = o.Log.With("component", "webhook")
	if o.Now == nil {
		o.Now = time.Now
	}
	return o, nil
}

// server is the state of the handler; it does not change after New.
type server struct {
	Options
	metrics *metrics
}

// New returns the handler of all endpoints. It fails when options are missing or the
// registry holds metrics of our names already.
func New(o Options) (http.Handler, error) {
	o, err := o.validate()
	if err != nil {
		return nil, err
	}
	m, err := newMetrics(o.Registry)
	if err != nil {
		return nil, err
	}
	s := &server{Options: o, metrics: m}

	// The mode is gin's one global: it decides whether routes and warnings are printed
	// on standard output. It is atomic, and nobody but us uses gin here.
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash = false // a redirected POST would lose its body
	engine.ContextWithFallback = true    // contexts given on are the request's
	if err := engine.SetTrustedProxies(nil); err != nil {
		return nil, err
	}
	engine.Use(s.observe, s.recover)
	engine.NoRoute(noRoute)
	engine.NoMethod(noMethod)

	engine.POST("/api/v1/alertmanager", s.authorize, s.notify)
	engine.GET("/api/v1/runs", s.runs)
	engine.GET("/api/v1/runs/:id", s.run)
	if o.Guardians != nil {
		engine.GET("/api/v1/targets/:name", s.target)
	}
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		engine.Handle(method, "/-/healthy", healthy)
		engine.Handle(method, "/-/ready", s.ready)
	}
	engine.GET("/metrics", gin.WrapH(promhttp.HandlerFor(o.Registry, promhttp.HandlerOpts{Registry: o.Registry})))
	return engine, nil
}

package app

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"redress/internal/config"
	"redress/internal/temporal"
	"redress/webhook"
)

// ServeOptions says what a serving process is made of.
type ServeOptions struct {
	Config   *config.Config
	Temporal *temporal.Client
	Web      Web
	Metrics  *prometheus.Registry
	Log      *slog.Logger
	// Ready is asked by /-/ready besides Temporal; nil = nothing more.
	Ready func(ctx context.Context) error
}

// Serve is the webhook and the API: stateless, as many as one likes.
type Serve struct {
	web *server
	// stop ends the look at Temporal at the start; looked is closed when it has ended.
	stop   context.CancelFunc
	looked chan struct{}
}

// StartServe begins to serve. A Temporal that is away does not keep it from starting:
// notifications are answered with 503 until it is back.
func StartServe(o ServeOptions) (*Serve, error) {
	opts := webhook.Options{
		Inventory: inventory{o.Config},
		Starter:   o.Temporal,
		Runs:      o.Temporal,
		Guardians: o.Temporal,
		Registry:  o.Metrics,
		Log:       o.Log,
		Ready: func(ctx context.Context) error {
			if err := o.Temporal.Ready(ctx); err != nil {
				return err
			}
			if o.Ready != nil {
				return o.Ready(ctx)
			}
			return nil
		},
	}
	if token := o.Config.Webhook.Token; token.Set() {
		opts.Token = token.Read
	}
	h, err := webhook.New(opts)
	if err != nil {
		return nil, err
	}
	w, err := serveHTTP(o.Web, h, "--web.listen-address", o.Log)
	if err != nil {
		return nil, err
	}
	o.Log.Info("serving", "component", "serve", "address", w.addr, "temporal", o.Temporal.Address(), "namespace", o.Temporal.Namespace())
	ctx, stop := context.WithCancel(context.Background())
	s := &Serve{web: w, stop: stop, looked: make(chan struct{})}
	go func() {
		defer close(s.looked)
		lookAtTemporal(ctx, o.Temporal, o.Log)
	}()
	return s, nil
}

// readiness is what says whether Temporal can be used, see [temporal.Client.Ready].
type readiness interface {
	Ready(ctx context.Context) error
	Address() string
}

// lookAtTemporal says once, at the start, that Temporal cannot be used: until then
// nothing would be heard of it before the first notification.
func lookAtTemporal(ctx context.Context, t readiness, log *slog.Logger) {
	if err := t.Ready(ctx); err != nil && ctx.Err() == nil {
		log.Warn("Temporal cannot be used yet: notifications are answered with 503 until it can; start it, or correct --temporal.address, TEMPORAL_ADDRESS or temporal.address",
			"component", "serve", "temporal", t.Address(), "error", err)
	}
}

// Address returns the host:port that is served.
func (s *Serve) Address() string { return s.web.addr }

// Done gets the error with which serving ended, nil after Close.
func (s *Serve) Done() <-chan error { return s.web.done }

// Close stops serving; requests that are under way may finish.
func (s *Serve) Close(ctx context.Context) error {
	s.stop()
	<-s.looked
	return s.web.close(ctx)
}

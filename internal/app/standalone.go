//go:build !lean

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"redress/internal/temporal"
	"redress/worker/embedded"
)

// StandaloneOptions says where everything in one process listens and keeps its data.
type StandaloneOptions struct {
	Loaded      *Loaded
	Web         Web
	ExternalURL string
	StoragePath string // of the embedded Temporal; "" = temporary
	Address     string // of the embedded Temporal; see embedded.Options
	UIAddress   string
	Metrics     *prometheus.Registry // nil = one of its own
	Log         *slog.Logger
	TemporalLog io.Writer // nil = discarded
}

// Standalone is serve, worker and a Temporal server in one process.
type Standalone struct {
	temporal *embedded.Server
	client   *temporal.Client
	serve    *Serve
	done     chan error

	stopWorker context.CancelFunc
	worked     sync.WaitGroup
}

// StartStandalone starts everything. The configuration's temporal.ui_url is set to the
// page that is really served.
func StartStandalone(ctx context.Context, o StandaloneOptions) (_ *Standalone, err error) {
	s := &Standalone{done: make(chan error, 2), stopWorker: func() {}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close(context.WithoutCancel(ctx)))
		}
	}()
	cfg := *o.Loaded.Config
	s.temporal, err = embedded.Start(ctx, embedded.Options{
		StoragePath: o.StoragePath, Address: o.Address, UIAddress: o.UIAddress, Namespace: cfg.Temporal.Namespace,
		SearchAttributes: temporal.SearchAttributes(), Log: o.Log, ServerLog: o.TemporalLog,
	})
	if err != nil {
		return nil, err
	}
	cfg.Temporal.UIURL = s.temporal.UIURL()
	if o.Metrics == nil {
		o.Metrics = NewMetrics()
	}
	metrics, err := temporal.NewMetrics(o.Metrics)
	if err != nil {
		return nil, err
	}
	s.client, err = temporal.Dial(temporal.Options{
		Address: s.temporal.Address(), Namespace: cfg.Temporal.Namespace, TaskQueue: cfg.Temporal.TaskQueue,
		UIURL: cfg.Temporal.UIURL, Log: o.Log, Metrics: metrics,
		Env: noEnvironment{}, // TEMPORAL_ADDRESS and its like are about another server
	})
	if err != nil {
		return nil, err
	}
	loaded := *o.Loaded
	loaded.Config = &cfg
	w, err := NewWorker(WorkerOptions{Loaded: &loaded, Temporal: s.client, ExternalURL: o.ExternalURL, Log: o.Log})
	if err != nil {
		return nil, err
	}
	wctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stopWorker = stop
	s.worked.Go(func() {
		if err := w.Run(wctx); err != nil {
			s.done <- fmt.Errorf("worker: %w", err)
		}
	})
	s.serve, err = StartServe(ServeOptions{
		Config: &cfg, Temporal: s.client, Web: o.Web, Metrics: o.Metrics, Log: o.Log, Ready: w.Ready,
	})
	if err != nil {
		return nil, err
	}
	go func() { s.done <- <-s.serve.Done() }()
	return s, nil
}

// URL returns where the webhook and the API are served.
func (s *Standalone) URL() string { return "http://" + s.serve.Address() }

// UIURL returns where the Temporal Web UI is served.
func (s *Standalone) UIURL() string { return s.temporal.UIURL() }

// TemporalAddress returns where the embedded Temporal server listens.
func (s *Standalone) TemporalAddress() string { return s.temporal.Address() }

// Temporal returns the client of the embedded server.
func (s *Standalone) Temporal() *temporal.Client { return s.client }

// Done gets an error when a part ends by itself.
func (s *Standalone) Done() <-chan error { return s.done }

// Close stops everything in order: intake, worker, client, UI and server.
func (s *Standalone) Close(ctx context.Context) error {
	var errs []error
	if s.serve != nil {
		errs = append(errs, s.serve.Close(ctx))
	}
	s.stopWorker()
	s.worked.Wait()
	if s.client != nil {
		s.client.Close()
	}
	if s.temporal != nil {
		errs = append(errs, s.temporal.Close(ctx))
	}
	return errors.Join(errs...)
}

// noEnvironment hides the environment from Temporal's settings.
type noEnvironment struct{}

func (noEnvironment) Environ() []string               { return nil }
func (noEnvironment) LookupEnv(string) (string, bool) { return "", false }

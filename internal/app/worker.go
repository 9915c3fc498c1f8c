package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	promconfig "github.com/prometheus/common/config"

	"redress/activities"
	"redress/activities/alertmanager"
	"redress/activities/notify"
	"redress/activities/plan"
	"redress/activities/redis"
	"redress/activities/round"
	"redress/internal/config"
	"redress/internal/temporal"
	"redress/worker"
)

// retryTemporal is the wait between tries to reach Temporal at the start.
const retryTemporal = 2 * time.Second

// WorkerOptions says what a worker process is made of.
type WorkerOptions struct {
	Loaded      *Loaded
	Temporal    *temporal.Client
	ExternalURL string // of Redress, for links; may be empty
	Log         *slog.Logger
}

// Worker runs workflows and activities.
type Worker struct {
	worker   *worker.Worker
	temporal *temporal.Client
	log      *slog.Logger
	fatal    chan error // gets why Temporal is lost for good

	mu  sync.Mutex
	why error // why it does not work yet; nil = it works
}

// NewWorker puts a worker together. It does nothing before [Worker.Run].
func NewWorker(o WorkerOptions) (*Worker, error) {
	cfg := o.Loaded.Config
	redis.LogTo(o.Log)
	httpClient, err := promconfig.NewClientFromConfig(cfg.Alertmanager.HTTP, "alertmanager")
	if err != nil {
		return nil, fmt.Errorf("prepare the connection to Alertmanager: %w", err)
	}
	reporter, err := alertmanager.New(alertmanager.Options{
		Clusters: cfg.Alertmanager.Clusters, Receiver: cfg.Alertmanager.Receiver, Namespace: o.Temporal.Namespace(), StatusAlerts: cfg.Alertmanager.StatusAlerts,
		HTTPClient: httpClient, ExternalURL: o.ExternalURL, RunURL: o.Temporal.RunURL, Log: o.Log,
	})
	if err != nil {
		return nil, err
	}
	notifier, err := notify.New(notify.Options{
		Receivers: receivers(cfg), Default: cfg.Policy.Receiver, Templates: cfg.Templates, ExternalURL: o.ExternalURL,
		RunURL: o.Temporal.RunURL, Log: o.Log,
	})
	if err != nil {
		return nil, err
	}
	fatal := make(chan error, 1)
	w, err := worker.New(worker.Options{
		Client: o.Temporal.SDK(), TaskQueue: cfg.Temporal.TaskQueue,
		Runner:  &activities.Runner{Registry: o.Loaded.Registry, Admission: o.Temporal, HandsOff: reporter, Log: o.Log},
		Planner: &plan.Planner{Runbooks: o.Loaded.Runbooks, Actions: o.Loaded.Registry, Policy: policy{cfg}, Firing: reporter, Log: o.Log},
		Round:   &round.Round{Temporal: o.Temporal, Alertmanagers: reporter, Inventory: inventory{cfg}, Log: o.Log},
		Fleet:   o.Temporal, Reporter: reporter, Notifier: notifier, Log: o.Log,
		OnFatal: func(err error) {
			select {
			case fatal <- err:
			default: // the first one counts
			}
		},
	})
	if err != nil {
		return nil, err
	}
	return &Worker{worker: w, temporal: o.Temporal, log: o.Log.With("component", "worker"), fatal: fatal, why: errors.New("the worker has not started")}, nil
}

func receivers(cfg *config.Config) []notify.Receiver {
	out := make([]notify.Receiver, len(cfg.Receivers))
	for i, r := range cfg.Receivers {
		out[i].Name = r.Name
		switch r.Kind {
		case config.Shoutrrr:
			out[i].ShoutrrrURL = r.URL.Read
		case config.HTTP:
			out[i].HTTPURL = r.URL.Read
		}
	}
	return out
}

// Run works until ctx ends, or Temporal turns it away for good. While Temporal is away at the start it waits for it, and
// [Worker.Ready] says so.
func (w *Worker) Run(ctx context.Context) error {
	for {
		err := w.start(ctx)
		w.set(err)
		if err == nil {
			break
		}
		w.log.WarnContext(ctx, "the worker cannot start yet; it tries again", "err", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(retryTemporal):
		}
	}
	w.log.InfoContext(ctx, "working", "temporal", w.temporal.Address(), "namespace", w.temporal.Namespace(), "task_queue", w.temporal.TaskQueue())
	select {
	case <-ctx.Done():
		w.set(errors.New("the worker has stopped"))
		w.worker.Stop()
		return nil
	case err := <-w.fatal: // the SDK has stopped it
		err = fmt.Errorf("the worker lost Temporal for good: %w", err)
		w.set(err)
		return err
	}
}

func (w *Worker) start(ctx context.Context) error {
	if err := w.temporal.Ready(ctx); err != nil {
		return err
	}
	if err := w.temporal.Ensure(ctx); err != nil {
		return err
	}
	return w.worker.Start()
}

func (w *Worker) set(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.why = err
}

// Ready returns why the worker does not work; nil when it does.
func (w *Worker) Ready(context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.why
}

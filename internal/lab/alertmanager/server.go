//go:build !lean

// Package alertmanager runs an Alertmanager in this process, for the demo and
// for tests. It is no imitation: it puts together the packages that the real
// one is made of, so grouping, inhibition, silences and webhooks behave as in
// production. What it leaves out is the web page, the gossip between peers,
// tracing and the reloading of the configuration.
//
// Several can run in one process: nothing is registered globally. A build with
// the tag `lean` leaves the package out. It imports nothing of Redress.
package alertmanager

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/alertmanager/api"
	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/eventrecorder"
	"github.com/prometheus/alertmanager/featurecontrol"
	"github.com/prometheus/alertmanager/marker"
	"github.com/prometheus/alertmanager/nflog"
	"github.com/prometheus/alertmanager/notify"
	"github.com/prometheus/alertmanager/provider/mem"
	"github.com/prometheus/alertmanager/silence"
	"github.com/prometheus/client_golang/prometheus"
)

// The defaults of Alertmanager's flags of these names.
const (
	dataRetention           = 120 * time.Hour
	dataMaintenanceInterval = 15 * time.Minute
	alertsGCInterval        = 30 * time.Minute
	dispatchMaintenance     = 30 * time.Second

	shutdownTimeout = 5 * time.Second
)

// Options says how the Alertmanager is to run.
type Options struct {
	// Address is the host:port to listen on. Default 127.0.0.1:0, a free port.
	Address string
	// Config is the text of alertmanager.yml. Required. Relative file names in
	// it are relative to the working directory.
	Config string
	// DataDir keeps the snapshots of silences and of the notification log; it
	// is created. Empty: a temporary folder, removed by Close.
	DataDir string
	// Log gets Alertmanager's log. Nil: discarded.
	Log *slog.Logger
}

func (o Options) validate() (Options, error) {
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	if o.Config == "" {
		return o, errors.New("the Alertmanager has no configuration")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Log = o.Log.With("component", "alertmanager")
	return o, nil
}

// Server is a running Alertmanager.
type Server struct {
	url *url.URL

	// stops undoes what Start did, in reverse order.
	stops   []func() error
	closing sync.Once
	closed  error
}

// Start runs an Alertmanager and returns when it answers. The server goes on
// after ctx ends, until Close; on an error nothing is left running.
func Start(ctx context.Context, o Options) (_ *Server, err error) {
	o, err = o.validate()
	if err != nil {
		return nil, err
	}
	conf, err := config.Load(o.Config)
	if err != nil {
		return nil, fmt.Errorf("read the configuration of the Alertmanager: %w", err)
	}
	s := &Server{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()

	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", o.Address)
	if err != nil {
		return nil, fmt.Errorf("listen for the Alertmanager: %w", err)
	}
	s.onClose(func() error {
		if err := listener.Close(); !errors.Is(err, net.ErrClosed) { // the HTTP server closes it first
			return err
		}
		return nil
	})
	s.url = &url.URL{Scheme: "http", Host: listener.Addr().String()}

	dataDir, err := s.dataDir(o.DataDir)
	if err != nil {
		return nil, err
	}
	handler, err := s.assemble(conf, dataDir, o.Log)
	if err != nil {
		return nil, fmt.Errorf("start the Alertmanager: %w", err)
	}
	s.serve(listener, handler, o.Log)
	return s, nil
}

// URL is the base URL, for example http://127.0.0.1:9093.
func (s *Server) URL() string { return s.url.String() }

// Close stops the Alertmanager and writes its snapshots. Notifications in
// flight are given up. Further calls return what the first one did.
func (s *Server) Close() error {
	s.closing.Do(func() {
		var errs []error
		for _, stop := range slices.Backward(s.stops) {
			errs = append(errs, stop())
		}
		if err := errors.Join(errs...); err != nil {
			s.closed = fmt.Errorf("stop the Alertmanager: %w", err)
		}
	})
	return s.closed
}

func (s *Server) onClose(stop func() error) { s.stops = append(s.stops, stop) }

func (s *Server) dataDir(path string) (string, error) {
	if path == "" {
		path, err := os.MkdirTemp("", "redress-alertmanager-")
		if err != nil {
			return "", fmt.Errorf("make a temporary folder for the Alertmanager: %w", err)
		}
		s.onClose(func() error { return os.RemoveAll(path) })
		return path, nil
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return "", fmt.Errorf("make the data folder of the Alertmanager: %w", err)
	}
	return path, nil
}

// assemble builds the parts from the inside out, and lets them run.
func (s *Server) assemble(conf *config.Config, dataDir string, log *slog.Logger) (http.Handler, error) {
	var (
		registry = prometheus.NewRegistry()
		flags    featurecontrol.NoopFlags
		events   eventrecorder.Recorder // the zero value records nothing
		began    = time.Now()
	)
	notifications, err := nflog.New(nflog.Options{
		SnapshotFile: filepath.Join(dataDir, "nflog"),
		Retention:    dataRetention,
		Logger:       log.With("component", "nflog"),
		Metrics:      registry,
	})
	if err != nil {
		return nil, fmt.Errorf("open the notification log: %w", err)
	}
	s.maintain(filepath.Join(dataDir, "nflog"), func(interval time.Duration, file string, stop <-chan struct{}) {
		notifications.Maintenance(interval, file, stop, nil)
	})
	silences, err := silence.New(silence.Options{
		SnapshotFile:  filepath.Join(dataDir, "silences"),
		Retention:     dataRetention,
		Logger:        log.With("component", "silences"),
		Metrics:       registry,
		EventRecorder: events,
	})
	if err != nil {
		return nil, fmt.Errorf("open the silences: %w", err)
	}
	s.maintain(filepath.Join(dataDir, "silences"), func(interval time.Duration, file string, stop <-chan struct{}) {
		silences.Maintenance(interval, file, stop, nil)
	})
	silencer := silence.NewSilencer(silences, log, events)

	// Not the context of Start: the alerts live until Close.
	alerts, err := mem.NewAlerts(context.Background(), alertsGCInterval, 0, silencer, log, events, registry, flags)
	if err != nil {
		return nil, fmt.Errorf("make the store of alerts: %w", err)
	}
	s.onClose(func() error { alerts.Close(); return nil })

	p := &pipeline{
		alerts:        alerts,
		silencer:      silencer,
		notifications: notifications,
		groups:        marker.NewGroupMarker(),
		builder:       notify.NewPipelineBuilder(registry, flags, events),
		events:        events,
		externalURL:   s.url,
		log:           log,
	}
	if err := p.build(conf, registry, flags); err != nil {
		return nil, err
	}
	requests := newRequestDuration(registry)
	apis, err := api.New(api.Options{
		Alerts:          alerts,
		Silences:        silences,
		GroupMutedFunc:  p.groups.Muted,
		Logger:          log.With("component", "api"),
		Registry:        registry,
		RequestDuration: requests,
		GroupFunc:       p.dispatcher.Groups,
	})
	if err != nil {
		return nil, fmt.Errorf("make the API: %w", err)
	}
	apis.Update(conf, p.updateStatus)
	p.run()
	s.onClose(func() error { p.stop(); return nil })
	return newHandler(apis, conf, registry, began), nil
}

// maintain runs a store's maintenance until Close; it writes the snapshot then,
// and every quarter of an hour.
func (s *Server) maintain(file string, run func(interval time.Duration, file string, stop <-chan struct{})) {
	var (
		stop = make(chan struct{})
		wg   sync.WaitGroup
	)
	wg.Go(func() { run(dataMaintenanceInterval, file, stop) })
	s.onClose(func() error {
		close(stop)
		wg.Wait()
		return nil
	})
}

func (s *Server) serve(listener net.Listener, handler http.Handler, log *slog.Logger) {
	var (
		server = &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
		wg     sync.WaitGroup
	)
	wg.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the Alertmanager no longer serves", "err", err)
		}
	})
	s.onClose(func() error {
		ctx, cancel := context.WithTimeoutCause(context.Background(), shutdownTimeout,
			fmt.Errorf("its requests took longer than %s", shutdownTimeout))
		defer cancel()
		err := server.Shutdown(ctx)
		if err != nil {
			err = errors.Join(context.Cause(ctx), server.Close())
		}
		wg.Wait()
		return err
	})
}

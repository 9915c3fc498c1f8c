package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/exporter-toolkit/web"
)

// health serves the health and the metrics of a worker.
type health struct {
	http *http.Server
	addr string
	done chan error // how serving ended
}

// startHealth begins to serve. ready returns why the process does not work; nil when
// it does.
func startHealth(s *server, ready func(context.Context) error) (*health, error) {
	if err := web.Validate(s.web.ConfigFile); err != nil {
		return nil, fmt.Errorf("check --web.config.file %s: %w", s.web.ConfigFile, err)
	}
	l, err := net.Listen("tcp", s.web.ListenAddress)
	if err != nil {
		return nil, fmt.Errorf("listen for health and metrics (choose another address with --web.listen-address): %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "Redress is healthy.") })
	mux.HandleFunc("GET /-/ready", func(w http.ResponseWriter, r *http.Request) {
		if err := ready(r.Context()); err != nil {
			say(w, http.StatusServiceUnavailable, "Redress is not ready: "+err.Error())
			return
		}
		say(w, http.StatusOK, "Redress is ready.")
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics, promhttp.HandlerOpts{Registry: s.metrics}))
	h := &health{
		http: &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute},
		addr: l.Addr().String(),
		done: make(chan error, 1),
	}
	go func() {
		err := web.Serve(l, h.http, &web.FlagConfig{WebConfigFile: &s.web.ConfigFile}, s.log)
		if errors.Is(err, http.ErrServerClosed) {
			err = nil
		}
		h.done <- err
	}()
	s.log.Info("serving health and metrics", "component", "worker", "address", h.addr)
	return h, nil
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // who asked has gone away
}

func (h *health) close(ctx context.Context) error {
	if err := h.http.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("stop serving health and metrics: %w", err), h.http.Close())
	}
	return nil
}

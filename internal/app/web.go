package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/exporter-toolkit/web"
)

// closeTimeout is how long requests that are under way may finish.
const closeTimeout = 5 * time.Second

// Web says where HTTP is served.
type Web struct {
	ListenAddress string // host:port; port 0 chooses a free one
	// Listener serves instead of ListenAddress, for whoever must know the port before
	// anything is started. It is closed with the server. Nil = ListenAddress.
	Listener   net.Listener
	ConfigFile string // TLS and basic auth, as exporter-toolkit documents; "" = neither
}

// server is a running HTTP server.
type server struct {
	http *http.Server
	addr string
	done chan error
}

// serveHTTP begins to serve. It fails when the address is taken.
func serveHTTP(o Web, h http.Handler, flag string, log *slog.Logger) (*server, error) {
	if err := web.Validate(o.ConfigFile); err != nil {
		return nil, fmt.Errorf("check --web.config.file %s: %w", o.ConfigFile, err)
	}
	l := o.Listener
	if l == nil {
		var err error
		if l, err = net.Listen("tcp", o.ListenAddress); err != nil {
			return nil, fmt.Errorf("listen for HTTP (choose another address with %s): %w", flag, err)
		}
	}
	s := &server{
		http: &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute},
		addr: l.Addr().String(),
		done: make(chan error, 1),
	}
	go func() {
		err := web.Serve(l, s.http, &web.FlagConfig{WebConfigFile: &o.ConfigFile}, log)
		if errors.Is(err, http.ErrServerClosed) {
			err = nil
		}
		s.done <- err
	}()
	return s, nil
}

// close lets requests that are under way finish, for a while.
func (s *server) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, closeTimeout)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("stop serving HTTP: %w", err), s.http.Close())
	}
	return nil
}

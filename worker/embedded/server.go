//go:build !lean

// Package embedded runs a Temporal server and its Web UI inside this process,
// on an SQLite file. It serves `redress standalone` and `redress demo`, and the
// tests of everything that needs a real Temporal.
//
// One process, one machine, one file: whoever needs more than that runs a
// Temporal cluster and points Redress at it.
//
// It is the only package that may import go.temporal.io/server and
// github.com/temporalio/ui-server, and it imports nothing else of Redress: it
// knows no workflows, and the caller brings the search attributes. A build with
// the tag `lean` leaves it out. It needs flock, and so a Unix.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/headers"
	"go.temporal.io/server/temporal"
)

const (
	// DefaultAddress is where Temporal's own tools look for a server.
	DefaultAddress = "127.0.0.1:7233"
	// DefaultUIAddress is where Temporal's own tools serve the Web UI.
	DefaultUIAddress = "127.0.0.1:8233"
	// DefaultNamespace is the namespace that Temporal's clients use unless told otherwise.
	DefaultNamespace = "default"
	// DefaultRetention is for how long closed workflows stay readable. A month
	// is what `redress report` sums up.
	DefaultRetention = 30 * 24 * time.Hour

	// NoUI as Options.UIAddress starts no Web UI.
	NoUI = "-"

	readyTimeout = 60 * time.Second
	closeTimeout = 30 * time.Second
)

// Options says where the server keeps its data and where it listens. The zero
// value is a throw-away server on Temporal's usual ports.
type Options struct {
	// StoragePath is the folder for the database; it is created with mode 0700.
	// Empty: a temporary folder, removed by Close.
	StoragePath string
	// Address is the host:port of the frontend (gRPC, plain text, no
	// authentication). Port 0 chooses a free one. Default DefaultAddress.
	Address string
	// UIAddress is the host:port of the Web UI. Port 0 chooses a free one.
	// NoUI: none. Default DefaultUIAddress.
	UIAddress string
	// Namespace is created when it is missing. Default DefaultNamespace.
	Namespace string
	// Retention is for how long closed workflows are kept, at least one hour.
	// It is applied to an existing namespace, too. Default DefaultRetention.
	Retention time.Duration
	// SearchAttributes are registered in the namespace, those that are missing
	// in an older file as well. One that exists there with another type is an error.
	SearchAttributes map[string]enumspb.IndexedValueType
	// Log gets a few lines about starting and stopping. Nil: discarded.
	Log *slog.Logger
	// ServerLog gets Temporal's own log, JSON lines and many of them. Nil: discarded.
	// Nothing is written to it after Close.
	ServerLog io.Writer
}

func (o Options) validate() (Options, error) {
	if o.Address == "" {
		o.Address = DefaultAddress
	}
	if o.UIAddress == "" {
		o.UIAddress = DefaultUIAddress
	}
	if o.Namespace == "" {
		o.Namespace = DefaultNamespace
	}
	if o.Retention == 0 {
		o.Retention = DefaultRetention
	}
	if o.Retention < time.Hour {
		return o, fmt.Errorf("the retention of the embedded Temporal server is %s, it must be at least 1h", o.Retention)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Log = o.Log.With("component", "embedded_temporal")
	return o, nil
}

// Server is a running Temporal server.
type Server struct {
	log      *slog.Logger
	address  string
	storage  *storage
	database *database
	temporal temporal.Server
	lines    *gate // to Options.ServerLog
	ui       *ui   // nil without one

	closing sync.Once
	closed  error
}

// Start runs the server and returns when a client can start workflows in the
// namespace. It fails when an address is taken, when another process uses the
// storage path, or when ctx ends; nothing is left running then.
//
// A database of another server version is never opened, because Temporal cannot
// migrate it: it is set aside (see SetAside) and a new one is begun.
func Start(ctx context.Context, o Options) (_ *Server, err error) {
	began := time.Now()
	o, err = o.validate()
	if err != nil {
		return nil, err
	}
	s := &Server{log: o.Log, lines: &gate{w: o.ServerLog}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close(context.WithoutCancel(ctx)))
		}
	}()

	if s.storage, err = openStorage(o.StoragePath, headers.ServerVersion); err != nil {
		return nil, err
	}
	if s.storage.setAside != "" {
		s.log.Warn("the database is of another Temporal version and was set aside; a new one is begun",
			"set_aside", s.storage.setAside, "version", headers.ServerVersion)
	}
	ports, err := reservePorts(o.Address, o.UIAddress)
	if err != nil {
		return nil, err
	}
	defer ports.releaseUI()
	defer ports.release()
	s.address = ports.frontend.dial()

	s.database = &database{config: sqlConfig(s.storage.database)}
	if err = s.database.prepare(ctx, s.storage, o); err != nil {
		return nil, err
	}
	ports.release()
	if s.temporal, err = startTemporal(s.database.config, ports, o, s.lines); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, readyTimeout,
		fmt.Errorf("the embedded Temporal server was not ready after %s", readyTimeout))
	defer cancel()
	if err = awaitFrontend(ctx, s.address, o.Namespace); err != nil {
		return nil, err
	}
	if o.UIAddress != NoUI {
		ports.releaseUI()
		if s.ui, err = startUI(ctx, ports.ui, s.address, o.Namespace); err != nil {
			return nil, err
		}
	}
	s.log.Info("Temporal started", "address", s.address, "ui", s.UIURL(), "namespace", o.Namespace,
		"storage", s.storage.database, "version", headers.ServerVersion, "took", time.Since(began).Round(time.Millisecond))
	if !ports.frontend.loopback() {
		s.log.Warn("Temporal listens on an address that others can reach, and it has no authentication", "address", o.Address)
	}
	return s, nil
}

// Address is the host:port for clients on this machine, with the port that was chosen.
func (s *Server) Address() string { return s.address }

// UIURL is where the Web UI is, for example http://127.0.0.1:8233; empty without one.
func (s *Server) UIURL() string {
	if s.ui == nil {
		return ""
	}
	return s.ui.url
}

// SetAside is the path of the older database that Start did not open because
// another version of the server wrote it; empty if there was none. The file is
// kept, and nothing of it is carried over.
func (s *Server) SetAside() string { return s.storage.setAside }

// Close stops the Web UI, then the server, and releases the storage path. Stop
// workers and clients first. It takes at most 30 seconds, less when ctx ends
// earlier; the storage path stays locked if the server has not stopped by then.
// Further calls return what the first one did.
func (s *Server) Close(ctx context.Context) error {
	s.closing.Do(func() {
		s.closed = s.close(ctx)
		if s.closed == nil {
			s.log.Info("Temporal stopped")
		}
	})
	return s.closed
}

// close also cleans up after a Start that failed half-way.
func (s *Server) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, closeTimeout,
		fmt.Errorf("it took longer than %s", closeTimeout))
	defer cancel()

	if s.ui != nil {
		s.ui.stop()
	}
	if s.temporal != nil {
		stopped := make(chan error, 1)
		go func() { stopped <- s.temporal.Stop() }()
		select {
		case err := <-stopped:
			if err != nil {
				return fmt.Errorf("stop the embedded Temporal server: %w", err)
			}
		case <-ctx.Done():
			return fmt.Errorf("stop the embedded Temporal server: %w", context.Cause(ctx))
		}
	}
	s.lines.shut()
	var errs []error
	if s.database != nil {
		errs = append(errs, s.database.checkpoint())
	}
	if s.storage != nil {
		errs = append(errs, s.storage.close())
	}
	return errors.Join(errs...)
}

package lab

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Ports are taken from below the range from which systems give out ports by
// themselves (32768 and up on Linux, 49152 and up on macOS). While a killed node
// is away, no connection of anybody is given its port by chance.
const (
	firstPort = 16400
	lastPort  = 32700
	attempts  = 10 // to find a port that is still free when the node binds it
)

// launch starts node for the first time, on a free port. config makes the
// configuration for a port.
func (l *Lab) launch(ctx context.Context, n *Node, config func(port int) string) error {
	if err := os.Mkdir(n.dir, 0o700); err != nil {
		return fmt.Errorf("lab: make the folder of %s: %w", n.name, err)
	}
	if err := os.Symlink(l.server.path, filepath.Join(n.dir, programRef)); err != nil {
		return fmt.Errorf("lab: link the program of %s: %w", n.name, err)
	}
	var err error
	for range attempts {
		if err = l.launchOnce(ctx, n, config); err == nil {
			l.opts.Log.Info("lab node started", "node", n.name, "address", n.Addr(), "pid", n.PID())
			return nil
		}
		if !portTaken(n) {
			break
		}
		l.opts.Log.Info("lab node lost its port, trying another", "node", n.name, "address", n.Addr())
	}
	return err
}

func (l *Lab) launchOnce(ctx context.Context, n *Node, config func(port int) string) error {
	if err := n.Kill(); err != nil {
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(n.dir, logFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("lab: start %s: %w", n.name, err)
	}
	if err := os.WriteFile(filepath.Join(n.dir, configFile), []byte(config(port)), 0o600); err != nil {
		return fmt.Errorf("lab: configure %s: %w", n.name, err)
	}
	n.mu.Lock()
	n.port = port
	n.mu.Unlock()
	return n.Start(ctx)
}

// portTaken says whether the node ended because somebody else has its port.
func portTaken(n *Node) bool {
	words := n.lastWords()
	return !n.Running() &&
		(strings.Contains(words, "Address already in use") || strings.Contains(words, "Failed listening on port"))
}

// freePort finds a port of loopback that nobody listens on now.
func freePort() (int, error) {
	var err error
	for range 100 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		var listener net.Listener
		listener, err = net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			continue
		}
		if err := listener.Close(); err != nil {
			return 0, fmt.Errorf("lab: give back port %d: %w", port, err)
		}
		return port, nil
	}
	return 0, fmt.Errorf("lab: find a free port between %d and %d on loopback: %w", firstPort, lastPort, err)
}

package lab

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// Options describes the lab to start. The zero value is a master with two
// replicas, watched by three Sentinels.
type Options struct {
	// Dir is the parent of the lab's temporary folder. Default: os.TempDir().
	Dir string
	// Replicas is the number of replicas. 0 means 2, negative means none.
	Replicas int
	// Sentinels is the number of Sentinels. 0 means 3, negative means none: then
	// nobody fails over.
	Sentinels int
	// MasterName is the name the Sentinels know the master by. Default: "mymaster".
	MasterName string
	// Quorum is how many Sentinels must agree that the master is down. Default: 2,
	// or 1 in a lab with a single Sentinel. At most the number of Sentinels.
	Quorum int
	// DownAfter is Sentinel's down-after-milliseconds: the silence after which a
	// server counts as down. Default: 2s, at least 100ms. With 1s or less a Sentinel
	// may take a master that was promoted a second ago for down, and fail over again:
	// it sends the first PING a second (SENTINEL_PING_PERIOD) after the switch, and
	// counts the silence from the switch.
	DownAfter time.Duration
	// FailoverTimeout is Sentinel's failover-timeout. After an attempt that failed,
	// Sentinel waits twice as long before it tries again. Default: 60s.
	FailoverTimeout time.Duration
	// RedisServer is the server's program. Default: redis-server, found in PATH.
	RedisServer string
	// Log receives what the lab does. Default: discarded.
	Log *slog.Logger
}

// withDefaults fills in what is not set and refuses what cannot work.
func (o Options) withDefaults() (Options, error) {
	if o.Dir == "" {
		o.Dir = os.TempDir()
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return o, fmt.Errorf("lab: find the absolute path of %q: %w", o.Dir, err)
	}
	o.Dir = dir
	o.Replicas = count(o.Replicas, 2)
	o.Sentinels = count(o.Sentinels, 3)
	if o.MasterName == "" {
		o.MasterName = "mymaster"
	}
	if o.Quorum == 0 {
		o.Quorum = max(1, min(2, o.Sentinels))
	}
	if o.DownAfter == 0 {
		o.DownAfter = 2 * time.Second
	}
	if o.FailoverTimeout == 0 {
		o.FailoverTimeout = time.Minute
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o, o.validate()
}

// masterName is what Sentinel accepts as the name of a master.
var masterName = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

func (o Options) validate() error {
	var problems []error
	if !masterName.MatchString(o.MasterName) {
		problems = append(problems, fmt.Errorf("lab: MasterName %q: Sentinel allows only letters, digits and ._-", o.MasterName))
	}
	if o.Sentinels > 0 && (o.Quorum < 1 || o.Quorum > o.Sentinels) {
		problems = append(problems, fmt.Errorf("lab: Quorum %d: must be between 1 and the number of Sentinels, %d", o.Quorum, o.Sentinels))
	}
	if o.DownAfter < 100*time.Millisecond {
		problems = append(problems, fmt.Errorf("lab: DownAfter %s: must be at least 100ms, Sentinel's own clock tick", o.DownAfter))
	}
	if o.FailoverTimeout < time.Second {
		problems = append(problems, fmt.Errorf("lab: FailoverTimeout %s: must be at least 1s", o.FailoverTimeout))
	}
	return errors.Join(problems...)
}

func count(n, byDefault int) int {
	switch {
	case n == 0:
		return byDefault
	case n < 0:
		return 0
	default:
		return n
	}
}

// server is the program that every node runs.
type server struct {
	path  string
	major int // of its version: some directives exist from 7 on only
}

var versionOutput = regexp.MustCompile(`\bv=(\d+)\.`)

// findServer looks up the server's program and asks it for its version.
func findServer(ctx context.Context, path string) (server, error) {
	if path == "" {
		path = "redis-server"
	}
	found, err := exec.LookPath(path)
	if err != nil {
		return server{}, fmt.Errorf("lab: find %s: %w; install it with `apt-get install redis-server` (Debian, Ubuntu) or `brew install redis` (macOS)", path, err)
	}
	found, err = filepath.Abs(found)
	if err != nil {
		return server{}, fmt.Errorf("lab: find the absolute path of %s: %w", found, err)
	}
	out, err := exec.CommandContext(ctx, found, "--version").Output()
	if err != nil {
		return server{}, fmt.Errorf("lab: ask %s for its version: %w", found, err)
	}
	m := versionOutput.FindSubmatch(out)
	if m == nil {
		return server{}, fmt.Errorf("lab: %s --version answered %q, which is not a Redis server's version", found, out)
	}
	major, err := strconv.Atoi(string(m[1]))
	if err != nil {
		return server{}, fmt.Errorf("lab: read the version of %s: %w", found, err)
	}
	return server{path: found, major: major}, nil
}

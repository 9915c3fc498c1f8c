package lab

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// startLab starts a lab that ends with the test, and checks that it ends.
func startLab(t *testing.T, o Options) *Lab {
	t.Helper()
	o.Dir = t.TempDir()
	began := time.Now()
	l, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("lab ready after %s", time.Since(began))
	t.Cleanup(func() {
		pids := pidsOf(l)
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		for name, pid := range pids {
			if alive(t, pid) {
				t.Errorf("%s (process %d) survived Close", name, pid)
			}
		}
		if _, err := os.Stat(l.dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the lab's folder survived Close: %v", err)
		}
	})
	return l
}

func pidsOf(l *Lab) map[string]int {
	pids := map[string]int{}
	for _, n := range append(l.Nodes(), l.Sentinels()...) {
		if pid := n.PID(); pid != 0 {
			pids[n.Name()] = pid
		}
	}
	return pids
}

// alive says whether the process still exists. One that ended and that nobody
// waited for yet is not alive.
func alive(t *testing.T, pid int) bool {
	t.Helper()
	if err := syscall.Kill(pid, 0); err != nil {
		return false
	}
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return !errors.Is(err, os.ErrNotExist) || !isDir("/proc/self") // no /proc: believe the signal
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z")
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// eventually waits for a condition, and fails the test with what was missing.
func eventually(t *testing.T, limit time.Duration, try func(context.Context) error) {
	t.Helper()
	if err := within(t.Context(), limit, try); err != nil {
		t.Fatal(err)
	}
}

func TestStartIsReady(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{Log: slog.New(slog.DiscardHandler)})
	ctx := t.Context()

	master, err := l.Master(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if master != l.Nodes()[0] {
		t.Errorf("the master is %s, want the first node", master.Name())
	}
	var got []string
	for _, n := range append(l.Nodes(), l.Sentinels()...) {
		got = append(got, n.Name())
		if host, _, err := net.SplitHostPort(n.Addr()); err != nil || host != "127.0.0.1" {
			t.Errorf("%s listens on %s, want loopback", n.Name(), n.Addr())
		}
		if !n.Running() || n.PID() == 0 {
			t.Errorf("%s does not run", n.Name())
		}
	}
	want := []string{"redis-1", "redis-2", "redis-3", "sentinel-1", "sentinel-2", "sentinel-3"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(3, len(l.SentinelAddrs())); diff != "" {
		t.Errorf("Sentinel addresses (-want +got):\n%s", diff)
	}
	for _, n := range l.Nodes() {
		if size := dbSize(t, n); size != SeedKeys {
			t.Errorf("%s holds %d keys, want %d", n.Name(), size, SeedKeys)
		}
	}
	for _, s := range l.Sentinels() {
		v, err := l.view(ctx, s)
		if err == nil {
			err = l.checkView(v, master)
		}
		if err != nil {
			t.Error(err)
		}
	}
	// Ctrl-C in a terminal goes to the foreground process group.
	for name, pid := range pidsOf(l) {
		if group, err := syscall.Getpgid(pid); err != nil || group == syscall.Getpgrp() {
			t.Errorf("%s is in process group %d, ours is %d (%v)", name, group, syscall.Getpgrp(), err)
		}
	}
}

func dbSize(t *testing.T, n *Node) int64 {
	t.Helper()
	client := n.Client()
	defer client.Close()
	size, err := client.DBSize(t.Context()).Result()
	if err != nil {
		t.Fatalf("DBSIZE of %s: %v", n.Name(), err)
	}
	return size
}

func TestStandalone(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{Replicas: -1, Sentinels: -1})
	if len(l.Nodes()) != 1 || len(l.Sentinels()) != 0 {
		t.Fatalf("%d servers and %d Sentinels, want 1 and 0", len(l.Nodes()), len(l.Sentinels()))
	}
	n := l.Nodes()[0]
	pid := n.PID()
	if err := n.Kill(); err != nil {
		t.Fatal(err)
	}
	if n.Running() || n.PID() != 0 || alive(t, pid) {
		t.Error("the killed node still runs")
	}
	if err := n.Kill(); err != nil {
		t.Errorf("killing a dead node: %v", err)
	}
	if err := n.Freeze(); err == nil {
		t.Error("freezing a dead node is no error")
	}
	if _, err := l.Master(t.Context()); err == nil || !strings.Contains(err.Error(), "redis-1 is not running") {
		t.Errorf("Master with everything dead: %v", err)
	}
	addr := n.Addr()
	if err := l.Restore(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if n.Addr() != addr || n.PID() == pid {
		t.Errorf("restored at %s as process %d, was %s and %d", n.Addr(), n.PID(), addr, pid)
	}
	if size := dbSize(t, n); size != 0 {
		t.Errorf("a server without persistence came back with %d keys", size)
	}
	if err := n.Start(t.Context()); err == nil {
		t.Error("starting a running node is no error")
	}
}

func TestFreezeAndThaw(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{Replicas: -1, Sentinels: -1})
	n := l.Nodes()[0]
	if err := n.Freeze(); err != nil {
		t.Fatal(err)
	}
	client := n.Client()
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := client.Ping(ctx).Err(); err == nil {
		t.Error("a frozen server answered")
	}
	if !n.Running() {
		t.Error("a frozen server counts as not running")
	}
	if err := n.Thaw(); err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*time.Second, func(ctx context.Context) error { return client.Ping(ctx).Err() })
	// Close has to end a frozen server too.
	if err := n.Freeze(); err != nil {
		t.Fatal(err)
	}
}

func TestCloseIsFinal(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{Replicas: -1, Sentinels: -1})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	if err := l.Nodes()[0].Start(t.Context()); !errors.Is(err, errClosed) {
		t.Errorf("Start after Close: %v, want %v", err, errClosed)
	}
}

func TestPortTakenMeanwhile(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{Replicas: -1, Sentinels: -1})
	n := l.Nodes()[0]
	if err := n.Kill(); err != nil {
		t.Fatal(err)
	}
	squatter, err := net.Listen("tcp", n.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer squatter.Close()
	if err := n.Start(t.Context()); err == nil || !portTaken(n) {
		t.Errorf("Start on a taken port: %v; recognised as taken: %v", err, portTaken(n))
	}
}

// A port that somebody takes between the choice and the bind costs another try.
func TestLaunchTriesAnotherPort(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{Replicas: -1, Sentinels: -1})
	n := l.newNode("redis", 1, false)
	defer func() {
		if err := n.close(); err != nil {
			t.Error(err)
		}
	}()
	var tried []int
	err := l.launch(t.Context(), n, func(port int) string {
		if len(tried) == 0 {
			squatter, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = squatter.Close() })
		}
		tried = append(tried, port)
		return redisConfig(l.server, port, 0)
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(tried) < 2 || n.portNumber() == tried[0] {
		t.Errorf("listens on %s after trying %v", n.Addr(), tried)
	}
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	broken := filepath.Join(t.TempDir(), "redis-server")
	if err := os.WriteFile(broken, []byte("#!/bin/sh\n[ \"$1\" = --version ] && echo Redis server v=7.0.0 && exit\necho no space left\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		options Options
		want    []string
	}{
		"missing program": {Options{RedisServer: "/nowhere/redis-server"}, []string{"apt-get install redis-server", "brew install redis"}},
		"other program":   {Options{RedisServer: "/bin/echo"}, []string{"/bin/echo --version answered"}},
		"broken program":  {Options{RedisServer: broken}, []string{"start redis-1", "ended at once", "no space left"}},
		"bad options": {
			Options{MasterName: "my master", Quorum: 4, DownAfter: time.Millisecond, FailoverTimeout: time.Millisecond},
			[]string{`MasterName "my master"`, "Quorum 4", "DownAfter 1ms", "FailoverTimeout 1ms"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := tt.options
			o.Dir = t.TempDir()
			l, err := Start(t.Context(), o)
			if err == nil {
				_ = l.Close()
				t.Fatal("it started")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
			if left, err := os.ReadDir(o.Dir); err != nil || len(left) != 0 {
				t.Errorf("left behind: %v (%v)", left, err)
			}
		})
	}
}

func TestStartCancelled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 1200*time.Millisecond)
	defer cancel()
	if l, err := Start(ctx, Options{Dir: dir}); !errors.Is(err, context.DeadlineExceeded) {
		if l != nil {
			_ = l.Close()
		}
		t.Errorf("Start: %v, want the context's error", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

package sentinel

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"redress/activities"
	"redress/activities/redis"
	"redress/activities/redis/info"
	"redress/internal/lab"
)

// TestMain gives the client's logger away once, as a process does.
func TestMain(m *testing.M) {
	redis.LogTo(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

// inventory is a fixed set of targets.
type inventory map[string]redis.Target

func (i inventory) Target(name string) (redis.Target, error) {
	t, ok := i[name]
	if !ok {
		return redis.Target{}, fmt.Errorf("inventory of the test: %w", redis.ErrUnknownTarget)
	}
	return t, nil
}

// estate starts a lab and names it target "cache".
func estate(t *testing.T, o lab.Options) (*lab.Lab, inventory) {
	t.Helper()
	l, err := lab.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l, inventory{"cache": {
		Name: "cache", Sentinel: &redis.Sentinel{Master: l.MasterName(), Addresses: l.SentinelAddrs()},
	}}
}

func client(t *testing.T, n *lab.Node) *goredis.Client {
	t.Helper()
	c := n.Client()
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func look3s(t *testing.T, inv inventory) Topology {
	t.Helper()
	began := time.Now()
	seen, err := observe(t.Context(), inv["cache"])
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > observeTimeout+time.Second {
		t.Errorf("the snapshot took %s", took)
	}
	top := merge(seen)
	if _, err := activities.Encode(top); err != nil {
		t.Fatal(err)
	}
	return top
}

// eventually looks until the topology is as wanted.
func eventually(t *testing.T, inv inventory, limit time.Duration, what string, ok func(Topology) bool) Topology {
	t.Helper()
	deadline := time.Now().Add(limit)
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for ; ; <-ticker.C {
		top := look3s(t, inv)
		if ok(top) {
			return top
		}
		if time.Now().After(deadline) {
			t.Fatalf("still not so after %s: %s; it is\n%s", limit, what, encode(t, top))
		}
	}
}

func encode(t *testing.T, top Topology) string {
	t.Helper()
	v, err := activities.Encode(top)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s\nunknown: %v", v.JSON, v.Unknown)
}

func expected(t *testing.T, top Topology) FailoverInput {
	t.Helper()
	master, known := top.Master.Address.Get()
	epoch, alsoKnown := top.Epoch.Get()
	if !known || !alsoKnown {
		t.Fatalf("no master or no epoch in\n%s", encode(t, top))
	}
	return FailoverInput{ExpectMaster: master, ExpectEpoch: epoch}
}

// wantRefusal checks that a guard said no, in these words.
func wantRefusal(t *testing.T, inv inventory, in FailoverInput, words ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := failover(ctx, inv, "cache", in)
	if !activities.IsRefusal(err) {
		t.Fatalf("not refused: %v", err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("refused with\n%v\nwant the words %q", err, w)
		}
	}
	t.Logf("refused: %v", err)
}

func wantWhole(t *testing.T, top Topology, nodes int) {
	t.Helper()
	m := top.Master
	if !activities.Is(m.Reachable, true) || !activities.Is(m.Role, info.Master) || !activities.Is(m.Writable, true) || m.Error != "" {
		t.Errorf("master: %+v", m)
	}
	s := top.Sentinels
	if s.Known != 3 || s.Reachable != 3 || s.MasterSDown != 0 || len(s.Errors) != 0 || !activities.Is(s.QuorumOK, true) ||
		!activities.Is(s.Agree, true) || !activities.Is(s.AnyTilt, false) || !activities.Is(s.FailoverInProgress, false) {
		t.Errorf("sentinels: %+v", s)
	}
	if len(top.Replicas) != nodes-1 {
		t.Errorf("%d replicas, want %d", len(top.Replicas), nodes-1)
	}
	for _, r := range top.Replicas {
		if !activities.Is(r.Online, true) || !activities.Is(r.Electable, true) || !activities.Is(r.ReplIDMatches, true) {
			t.Errorf("replica: %+v", r)
		}
	}
	if len(top.Contradictions) != 0 {
		t.Errorf("contradictions: %q", top.Contradictions)
	}
	if t.Failed() {
		t.Log(encode(t, top))
	}
}

func TestActionsAreDescribed(t *testing.T) {
	t.Parallel()
	if _, err := activities.NewRegistry(Actions(inventory{})...); err != nil {
		t.Error(err)
	}
}

func TestTargetWithoutSentinels(t *testing.T) {
	t.Parallel()
	_, err := lookup(inventory{"sessions": {Name: "sessions", Address: "127.0.0.1:6379"}}, "sessions")
	want := "target sessions has no Sentinels: use redis.info for it, or set sentinel under the target in redress.yaml"
	if err == nil || err.Error() != want || !activities.IsPermanent(err) {
		t.Errorf("%v, want %s", err, want)
	}
}

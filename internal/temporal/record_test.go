//go:build !lean

package temporal_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"redress/internal/contract"
	"redress/internal/temporal"
)

func firing(fingerprint string) contract.Alert {
	return contract.Alert{
		Fingerprint: fingerprint, Status: contract.Firing,
		Labels: map[string]string{"alertname": "RedisDown"}, StartsAt: time.Unix(1, 0).UTC(),
	}
}

// fingerprints returns those of the alerts that a guardian knows, in its order.
func fingerprints(g contract.Guardian) []string {
	out := []string{}
	for _, e := range g.Alerts {
		out = append(out, e.Alert.Fingerprint)
	}
	return out
}

// knows waits until the guardian of a target has been told of n alerts.
func knows(t *testing.T, c *temporal.Client, target string, n int) (g contract.Guardian) {
	t.Helper()
	eventually(t, func() (err error) {
		if g, err = c.Guardian(t.Context(), target); err == nil && (g.Stale || len(g.Alerts) != n) {
			err = fmt.Errorf("the guardian (stale %v) knows %v, want %d alerts", g.Stale, fingerprints(g), n)
		}
		return err
	})
	return g
}

func TestRecordIsDurableWithoutAWorker(t *testing.T) {
	a, b := dial(t), dial(t)
	target := contract.TargetRef{Name: name(t), Labels: map[string]string{"env": "prod"}}
	n := contract.Notification{GroupKey: "{}", Status: contract.Firing, Alerts: []contract.Alert{firing("a")}}
	var wg sync.WaitGroup
	for i := range 10 {
		c := []*temporal.Client{a, b}[i%2]
		wg.Go(func() {
			if err := c.Record(t.Context(), target, n); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	stop := work(t, a)
	g := knows(t, a, target.Name, 10)
	if g.Target != target.Name {
		t.Errorf("the guardian is of %q, want %q", g.Target, target.Name)
	}

	// One guardian, and a worker that is away loses nothing of what it knew.
	d, err := a.SDK().DescribeWorkflow(t.Context(), contract.GuardianID(target.Name), "")
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := d.TypedSearchAttributes.GetKeyword(keyword(contract.AttrTarget)); got != target.Name {
		t.Errorf("%s = %q, want %q", contract.AttrTarget, got, target.Name)
	}
	stop()
	g, err = a.Guardian(t.Context(), target.Name)
	if err != nil || !g.Stale || len(g.Alerts) != 10 {
		t.Errorf("without a worker: %d alerts, stale %v, %v; want the 10 recorded ones, stale", len(g.Alerts), g.Stale, err)
	}
}

func TestRecordDividesLargeNotifications(t *testing.T) {
	c := dial(t)
	n := contract.Notification{GroupKey: "large", Status: contract.Firing}
	var want []string
	for i := range 30 {
		a := firing(fmt.Sprintf("%02d", i))
		a.Annotations = map[string]string{"description": strings.Repeat("x", 100_000)}
		n.Alerts, want = append(n.Alerts, a), append(want, a.Fingerprint)
	}
	n.Alerts[7].Annotations["description"] = strings.Repeat("y", 3<<20) // alone too large for Temporal
	if err := c.Record(t.Context(), contract.TargetRef{Name: name(t)}, n); err != nil {
		t.Fatal(err)
	}
	work(t, c)
	if g := knows(t, c, name(t), 30); !slices.Equal(fingerprints(g), want) || g.Alerts[29].Why != "large" {
		t.Errorf("the guardian knows %v of group %q, want %v in this order", fingerprints(g), g.Alerts[29].Why, want)
	}
}

func TestRecordRefusesWhatFitsNowhere(t *testing.T) {
	c := dial(t)
	a := firing("a")
	a.Labels["huge"] = strings.Repeat("x", 2<<20)
	err := c.Record(t.Context(), contract.TargetRef{Name: name(t)}, contract.Notification{Alerts: []contract.Alert{a}})
	if !errors.Is(err, contract.ErrTooLarge) || errors.Is(err, contract.ErrUnavailable) {
		t.Errorf("error %v, want ErrTooLarge", err)
	}
}

func TestTemporalIsAway(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // nobody listens there now
	c := dial(t, func(o *temporal.Options) { o.Address = l.Addr().String() })
	calls := map[string]func(context.Context) error{
		"Record": func(ctx context.Context) error {
			return c.Record(ctx, contract.TargetRef{Name: "a"}, contract.Notification{Alerts: []contract.Alert{firing("a")}})
		},
		"Sight": func(ctx context.Context) error {
			return c.Sight(ctx, contract.TargetRef{Name: "a"}, contract.Sighting{})
		},
		"Finished": func(ctx context.Context) error { return c.Finished(ctx, "a", contract.Finished{}) },
		"Runs":     func(ctx context.Context) error { _, err := c.Runs(ctx, contract.RunFilter{}); return err },
		"Run":      func(ctx context.Context) error { _, err := c.Run(ctx, "a"); return err },
		"Guardian": func(ctx context.Context) error { _, err := c.Guardian(ctx, "a"); return err },
		"Fleet":    func(ctx context.Context) error { _, err := c.FleetState(ctx); return err },
		"Begin":    func(ctx context.Context) error { _, err := c.Begin(ctx, contract.Begin{}); return err },
		"Grant":    func(ctx context.Context) error { _, err := c.Grant(ctx, contract.Grant{}); return err },
		"Void":     func(ctx context.Context) error { _, err := c.Void(ctx, contract.Void{}); return err },
		"End":      func(ctx context.Context) error { _, err := c.End(ctx, contract.End{}); return err },
		"Ensure":   c.Ensure,
		"Ready":    c.Ready,
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			began := time.Now()
			err := call(ctx)
			if !errors.Is(err, contract.ErrUnavailable) {
				t.Errorf("error %v, want ErrUnavailable", err)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %s to say so", took)
			}
		})
	}
}

func TestSight(t *testing.T) {
	c := dial(t)
	work(t, c)
	target := contract.TargetRef{Name: name(t)}
	gone := firing("gone")
	gone.Status = contract.Resolved

	if err := c.Sight(t.Context(), target, contract.Sighting{Complete: true, Alerts: []contract.Alert{gone}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Guardian(t.Context(), target.Name); !errors.Is(err, contract.ErrNotFound) {
		t.Fatalf("a guardian was started for nothing that fires (%v)", err)
	}
	if err := c.Sight(t.Context(), target, contract.Sighting{Complete: true, Alerts: []contract.Alert{gone, firing("a")}}); err != nil {
		t.Fatal(err)
	}
	g := knows(t, c, target.Name, 2)
	if g.Alerts[0].Why != "sighting, complete true" {
		t.Errorf("the guardian was told %q, want a complete sighting", g.Alerts[0].Why)
	}
	// Nothing fires, but this guardian has to hear of it.
	if err := c.Sight(t.Context(), target, contract.Sighting{Complete: true, Alerts: []contract.Alert{gone}}); err != nil {
		t.Fatal(err)
	}
	knows(t, c, target.Name, 3)
}

func TestSightingTooLargeForOneSignalIsNotComplete(t *testing.T) {
	c := dial(t)
	s := contract.Sighting{Complete: true}
	for i := range 20 {
		a := firing(fmt.Sprintf("%02d", i))
		a.Annotations = map[string]string{"description": strings.Repeat("x", 100_000)}
		s.Alerts = append(s.Alerts, a)
	}
	if err := c.Sight(t.Context(), contract.TargetRef{Name: name(t)}, s); err != nil {
		t.Fatal(err)
	}
	work(t, c)
	for _, e := range knows(t, c, name(t), 20).Alerts {
		if e.Why != "sighting, complete false" {
			t.Errorf("alert %s came with %q, want a sighting that is not complete", e.Alert.Fingerprint, e.Why)
		}
	}
}

func TestFinished(t *testing.T) {
	c := dial(t)
	work(t, c)
	target := contract.TargetRef{Name: name(t)}
	if err := c.Finished(t.Context(), target.Name, contract.Finished{RunID: "r"}); err != nil {
		t.Errorf("a guardian that does not run: %v", err)
	}
	if err := c.Record(t.Context(), target, contract.Notification{Alerts: []contract.Alert{firing("a")}}); err != nil {
		t.Fatal(err)
	}
	knows(t, c, target.Name, 1)
	eventually(t, func() error {
		names, err := c.Guardians(t.Context())
		if err == nil && !slices.Contains(names, target.Name) {
			err = fmt.Errorf("guardians that run: %v, want %s among them", names, target.Name)
		}
		return err
	})
	if err := c.Finished(t.Context(), target.Name, contract.Finished{RunID: "r", Outcome: "healed"}); err != nil {
		t.Fatal(err)
	}
	// The fake ends then; what it knew last is still told, and is not stale.
	eventually(t, func() error {
		g, err := c.Guardian(t.Context(), target.Name)
		if err == nil && (len(g.Runs) != 1 || g.Runs[0].RunID != "r" || g.Stale) {
			err = fmt.Errorf("guardian = %+v, want run r in it", g)
		}
		return err
	})
}

package sentinel

import (
	"context"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"redress/activities"
	"redress/internal/contract"
	"redress/internal/lab"
)

func act(t *testing.T, inv inventory, in FailoverInput) FailoverOutput {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := failover(ctx, inv, "cache", in)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s (asked of %s)", out.Summary, out.Sentinel)
	return out
}

func wantFinding(t *testing.T, inv inventory, in FailoverInput, want contract.Applied) {
	t.Helper()
	f, err := failoverApplied(t.Context(), inv, "cache", in)
	if err != nil || f.Applied != want {
		t.Errorf("applied: %+v, %v, want %s", f, err, want)
	}
	t.Logf("applied: %+v", f)
}

// On a healthy estate: looks, refuses what is not right, and does the planned failover.
func TestPlannedFailover(t *testing.T) {
	t.Parallel()
	l, inv := estate(t, lab.Options{})
	top := look3s(t, inv)
	wantWhole(t, top, 3)
	if why := top.Sentinels.LastFailoverAt.Why(); why != noFailoverYet {
		t.Errorf("last_failover_at is unknown because %q", why)
	}
	in := expected(t, top)
	old := l.Nodes()[0]
	if in.ExpectMaster != old.Addr() || in.ExpectEpoch != 0 {
		t.Fatalf("expected %+v", in)
	}

	wantRefusal(t, inv, in, "is down for 0 of 3 Sentinels, no majority")
	wantRefusal(t, inv, FailoverInput{ExpectMaster: in.ExpectMaster, ExpectEpoch: 7, Planned: true}, "epoch is 0, not the expected 7")
	wantRefusal(t, inv, FailoverInput{ExpectMaster: "10.0.0.1:6379", Planned: true}, "not the expected 10.0.0.1:6379")
	readOnly := inv["cache"]
	readOnly.Read.Set = true
	wantRefusal(t, inventory{"cache": readOnly}, in, "without `change` nothing is changed")
	wantFinding(t, inv, in, contract.AppliedNo)

	in.Planned = true
	out := act(t, inv, in)
	if out.From != old.Addr() || out.To == old.Addr() || out.EpochBefore != 0 || out.EpochAfter != 1 || !out.LostWritesPossible {
		t.Errorf("%+v", out)
	}
	if lag, known := out.LagBytes.Get(); !known || lag > maxPlannedLag {
		t.Errorf("lag_bytes %+v", out.LagBytes)
	}
	wantFinding(t, inv, in, contract.AppliedYes)

	// The old master comes back as a replica by itself.
	began := time.Now()
	after := eventually(t, inv, 30*time.Second, "the old master is a replica in good standing", func(top Topology) bool {
		return len(top.Contradictions) == 0 && len(top.Replicas) == 2 &&
			activities.Is(top.Replicas[0].Online, true) && activities.Is(top.Replicas[1].Online, true) &&
			activities.Is(top.Sentinels.FailoverInProgress, false)
	})
	t.Logf("whole again after %s", time.Since(began))
	wantWhole(t, after, 3)
	at, known := after.Sentinels.LastFailoverAt.Get()
	if ago := time.Since(at); !known || ago < 0 || ago > time.Minute {
		t.Errorf("last_failover_at %v", after.Sentinels.LastFailoverAt)
	}
	again := expected(t, after)
	again.Planned = true
	wantRefusal(t, inv, again, "The last failover was at", "less than 2 × failover-timeout (2m) ago")
}

// The demo's second fault: the Sentinels tried, gave up, and would wait.
func TestFailoverOfStuckSentinels(t *testing.T) {
	t.Parallel()
	l, inv := estate(t, lab.Options{})
	old := l.Nodes()[0]
	if err := l.Inject(t.Context(), lab.SentinelStuck, t.Logf); err != nil {
		t.Fatal(err)
	}
	top := look3s(t, inv)
	s := top.Sentinels
	if !activities.Is(top.Master.Address, old.Addr()) || !activities.Is(top.Master.Reachable, false) || s.MasterSDown != 3 || s.MasterODown == 0 ||
		!activities.Is(s.QuorumOK, true) || !activities.Is(s.FailoverInProgress, false) {
		t.Errorf("stuck: %s", encode(t, top))
	}
	for _, r := range top.Replicas {
		if !activities.Is(r.Electable, true) || !activities.Is(r.Online, false) || !r.LagBytes.IsZero() {
			t.Errorf("replica: %+v", r)
		}
	}
	in := expected(t, top)
	planned := in
	planned.Planned = true
	wantRefusal(t, inv, planned, "does not serve, as it must for a planned failover", "connection refused")
	wantFinding(t, inv, in, contract.AppliedNo)

	out := act(t, inv, in)
	if out.From != old.Addr() || out.EpochAfter <= in.ExpectEpoch || out.LagBytes.Why() == "" {
		t.Errorf("%+v", out)
	}
	wantFinding(t, inv, in, contract.AppliedYes)
	for _, n := range l.Sentinels() {
		c := goredis.NewSentinelClient(client(t, n).Options())
		defer func() { _ = c.Close() }()
		m, err := c.Master(t.Context(), l.MasterName()).Result()
		if err != nil {
			t.Fatal(err)
		}
		if got := m["ip"] + ":" + m["port"]; got != out.To && !strings.Contains(m["flags"], "failover_in_progress") {
			t.Errorf("%s watches %s (%s), not %s", n.Name(), got, m["flags"], out.To)
		}
	}
	master, err := l.Master(t.Context())
	if err != nil || master.Addr() != out.To {
		t.Errorf("the master is %v, %v", master, err)
	}
	now := look3s(t, inv)
	if epoch, _ := now.Epoch.Get(); epoch != out.EpochAfter {
		t.Errorf("epoch %d, after %d: the master moved more than once", epoch, out.EpochAfter)
	}
}

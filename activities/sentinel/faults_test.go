package sentinel

import (
	"strings"
	"testing"
	"time"

	"redress/activities"
	"redress/internal/contract"
	"redress/internal/lab"
)

// Two of three Sentinels hang, and go on: no quorum first, TILT then. In TILT nobody
// fails over, so that a frozen master stays what it is.
func TestSentinelsHang(t *testing.T) {
	t.Parallel()
	l, inv := estate(t, lab.Options{})
	in := expected(t, look3s(t, inv))
	in.Planned = true
	for _, s := range l.Sentinels()[1:] {
		if err := s.Freeze(); err != nil {
			t.Fatal(err)
		}
	}
	top := look3s(t, inv)
	if s := top.Sentinels; s.Known != 3 || s.Reachable != 1 || activities.Is(s.QuorumOK, true) ||
		len(s.Errors) != 2 || !strings.Contains(s.Errors[0], "no answer in time") {
		t.Errorf("two hang: %s", encode(t, top))
	}
	wantRefusal(t, inv, in, "could not agree on a failover", "1 of 3 Sentinels answered")
	eventually(t, inv, 10*time.Second, "the third sees that there is no quorum", func(top Topology) bool {
		return activities.Is(top.Sentinels.QuorumOK, false)
	})
	wantFinding(t, inv, in, contract.AppliedUnknown)

	for _, s := range l.Sentinels()[1:] {
		if err := s.Thaw(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, inv, 10*time.Second, "all answer, two in TILT", func(top Topology) bool {
		return activities.Is(top.Sentinels.QuorumOK, true) && activities.Is(top.Sentinels.AnyTilt, true)
	})
	wantRefusal(t, inv, in, "Only 1 of 3 Sentinels is known to be out of TILT, no majority")
	wantFinding(t, inv, in, contract.AppliedUnknown)

	if err := l.Nodes()[0].Freeze(); err != nil {
		t.Fatal(err)
	}
	top = look3s(t, inv) // bounded, as every look of these tests
	if m := top.Master; !activities.Is(m.Reachable, false) || m.Writable.IsZero() == false || !strings.Contains(m.Error, "no answer in time") {
		t.Errorf("frozen master: %+v", m)
	}
	wantRefusal(t, inv, in, "TILT")
}

// A failover that cannot get on: both replicas hang while one is to be promoted.
func TestFailoverInProgress(t *testing.T) {
	t.Parallel()
	l, inv := estate(t, lab.Options{DownAfter: 5 * time.Second})
	in := expected(t, look3s(t, inv))
	in.Planned = true
	for _, n := range l.Nodes()[1:] {
		if err := n.Freeze(); err != nil {
			t.Fatal(err)
		}
	}
	if err := client(t, l.Sentinels()[0]).Do(t.Context(), "sentinel", "failover", l.MasterName()).Err(); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, inv, in, "A failover is in progress already")
	wantFinding(t, inv, in, contract.AppliedUnknown)
}

// What the topology tells while Sentinel replaces a master that hangs, and when that
// one comes back.
func TestTopologyThroughFailover(t *testing.T) {
	t.Parallel()
	l, inv := estate(t, lab.Options{})
	in := expected(t, look3s(t, inv))
	old := l.Nodes()[0]
	if err := old.Freeze(); err != nil {
		t.Fatal(err)
	}
	top := eventually(t, inv, 30*time.Second, "another master", func(top Topology) bool {
		return !activities.Is(top.Master.Address, old.Addr()) && activities.Is(top.Master.Writable, true) && activities.Is(top.Sentinels.Agree, true)
	})
	if !activities.Is(top.Epoch, 1) || top.Sentinels.LastFailoverAt.IsZero() {
		t.Errorf("after the failover: %s", encode(t, top))
	}
	wantFinding(t, inv, in, contract.AppliedYes)
	wantRefusal(t, inv, in, "not the expected "+old.Addr())
	eventually(t, inv, 20*time.Second, "the old master is a dead replica", func(top Topology) bool {
		for _, r := range top.Replicas {
			if r.Address == old.Addr() {
				return !r.Reachable && activities.Is(r.Online, false) && activities.Is(r.Electable, false) && activities.Is(r.SDown, true)
			}
		}
		return false
	})

	if err := old.Thaw(); err != nil {
		t.Fatal(err)
	}
	eventually(t, inv, 10*time.Second, "two masters", func(top Topology) bool {
		return strings.Contains(strings.Join(top.Contradictions, "; "), "both say master")
	})
}

// The master dies, and the topology says so at once and later.
func TestTopologyAfterKill(t *testing.T) {
	t.Parallel()
	l, inv := estate(t, lab.Options{DownAfter: time.Minute})
	old := l.Nodes()[0]
	if err := l.Inject(t.Context(), lab.MasterDown, nil); err != nil {
		t.Fatal(err)
	}
	top := eventually(t, inv, 10*time.Second, "the links are down", func(top Topology) bool {
		return activities.Is(top.Replicas[0].LinkUp, false) && activities.Is(top.Replicas[1].LinkUp, false)
	})
	if m := top.Master; !activities.Is(m.Address, old.Addr()) || !activities.Is(m.Reachable, false) || m.Error != "connection refused: nothing listens there" {
		t.Errorf("master: %+v", m)
	}
	for _, r := range top.Replicas {
		if !r.Reachable || !activities.Is(r.Electable, true) || !activities.Is(r.Online, false) || r.LagBytes.Why() == "" {
			t.Errorf("replica: %+v", r)
		}
	}
	if got := strings.Join(top.Contradictions, "; "); !strings.Contains(got, "we may be cut off, or it died this second") {
		t.Errorf("contradictions: %q", got)
	}
	wantRefusal(t, inv, expected(t, top), "is down for 0 of 3 Sentinels, no majority")
}

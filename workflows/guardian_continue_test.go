package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"redress/definitions"
	"redress/internal/contract"
)

// Continued as new, a guardian knows its alerts, its queue, the active run, the runs and
// refusals of the past, and the cooldown.
func TestGuardianContinuesAsNew(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.env.SetDetachedChildWait(false) // the run lives on by itself
	e.book("RedisFull", "runbook: full\nalerts: ['alertname=\"RedisFull\"']\n")
	e.book("RedisDown", "runbook: down\nmode: observe\nalerts: ['alertname=\"RedisDown\"']\ncovers: ['alertname=\"RedisLink\"']\n") // no cooldown for it
	e.script[0].lasts = 10 * time.Minute
	e.notify(time.Second, alert("a1", "RedisDown"), alert("z1", "Other"))
	e.notify(2*time.Second, alert("x1", "RedisFull"))
	e.notify(20*time.Second, gone(alert("z1", "Other")))
	e.after(30*time.Second, func() { e.env.SetContinueAsNewSuggested(true) })
	e.notify(40*time.Second, alert("b1", "RedisLink")) // in the last moment
	cooldown := t0.Add(5 * time.Minute)
	before := contract.Guardian{
		Runs:          []contract.PastRun{{RunID: "old", Runbook: "full", Outcome: definitions.Healed, StartedAt: t0.Add(-time.Hour), Keep: definitions.Duration(6 * time.Hour)}},
		Refusals:      []contract.Refused{{At: t0.Add(-time.Hour), Runbook: "full", Reason: "limit", Until: t0.Add(-time.Minute)}},
		CooldownUntil: &cooldown,
	}
	err := e.execute(contract.GuardianInput{Target: contract.TargetRef{Name: target}, State: &before})
	var next *workflow.ContinueAsNewError
	if !errors.As(err, &next) {
		t.Fatalf("the guardian ended with %v", err)
	}
	var in contract.GuardianInput
	if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, &in); err != nil {
		t.Fatal(err)
	}
	s := in.State
	if in.Target.TaskQueue != "zone-a" || len(s.Alerts) != 4 || len(s.Queue) != 1 || s.Queue[0].Pinned.Runbook.Name != "full" || s.ActiveRun == nil ||
		len(s.Runs) != 1 || len(s.Refusals) != 1 || s.CooldownUntil == nil || s.LastStart.IsZero() {
		t.Fatalf("state %+v", s)
	}
	if b := s.Alerts[1]; b.Alert.Fingerprint != "b1" || b.RunID != s.ActiveRun.RunID {
		t.Errorf("the last alert to come: %+v", b)
	}

	second := newEstate(t)
	second.env.SetStartTime(e.env.Now())
	at := func(d time.Duration) time.Duration { return d - e.env.Now().Sub(t0) }
	second.notify(at(50*time.Second), alert("a1", "RedisDown"))
	second.after(at(10*time.Minute), func() {
		second.env.SignalWorkflow(contract.FinishedSignal, contract.Finished{
			RunID: s.ActiveRun.RunID, Outcome: definitions.Healed, FinishedAt: t0.Add(10 * time.Minute), Known: []string{"a1", "b1"}, Resolved: []string{"a1", "b1"},
		})
	})
	second.notify(at(time.Hour), gone(alert("x1", "RedisFull")))
	if err := second.execute(in); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"full x1"}, second.triggers()); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
	if len(second.plans) != 0 {
		t.Errorf("asked for plans of alerts that were planned: %+v", second.plans)
	}
}

// A guardian lives for a day at most; then it continues as new, even when nothing happens.
func TestGuardianLife(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.notify(time.Second, alert("a1", "RedisDown")) // fires for ever
	err := e.execute(contract.GuardianInput{
		Target: contract.TargetRef{Name: target}, State: &contract.Guardian{Runs: []contract.PastRun{{StartedAt: t0, Keep: definitions.Duration(2 * time.Second)}}},
	})
	if !workflow.IsContinueAsNewError(err) || e.env.Now().Sub(t0) != 24*time.Hour {
		t.Errorf("after %s: %v", e.env.Now().Sub(t0), err)
	}
}

// Cancelled in Temporal, a guardian ends as cancelled; its run lives on.
func TestGuardianCancelled(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.script[0].lasts = time.Minute
	e.notify(time.Second, alert("a1", "RedisDown"))
	e.after(10*time.Second, e.env.CancelWorkflow)
	err := e.execute(contract.GuardianInput{
		Target: contract.TargetRef{Name: target}, State: &contract.Guardian{Runs: []contract.PastRun{{StartedAt: t0, Keep: definitions.Duration(2 * time.Second)}}},
	})
	if err == nil || len(e.runs) != 1 {
		t.Errorf("ended with %v, runs %q", err, e.triggers())
	}
}

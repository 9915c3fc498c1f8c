package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
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
	second.signalled(s.ActiveRun.RunID, func(contract.AlertsChange) error { return nil })
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

// signalled plays a run that the guardian did not start itself.
func (e *estate) signalled(runID string, do func(c contract.AlertsChange) error) {
	e.env.OnSignalExternalWorkflow(anything, runID, anything, contract.AlertsSignal, anything).
		Return(func(_, _, _, _ string, c any) error { return do(c.(contract.AlertsChange)) })
}

// A run that an earlier execution of the guardian started, and that was closed from
// outside, does not hold the target for ever, even when nobody reports it.
func TestLostAfterContinueAsNew(t *testing.T) {
	t.Parallel()
	const old = "cache-prod.down.20261121T030000Z"
	for name, c := range map[string]struct {
		closed time.Duration // when the run's workflow was
		lost   time.Duration // from before; 0 = it was not missed yet
		joins  time.Duration // an alert
		report time.Duration
		next   time.Duration // when the next run starts
		asked  int           // the run
	}{
		"closed before":           {next: 2 * time.Minute, asked: 1},
		"missed before":           {lost: 30 * time.Second, next: 30 * time.Second},
		"reported after all":      {report: time.Minute, next: time.Minute, asked: 1},
		"closed later":            {closed: time.Minute, next: 12 * time.Minute, asked: 2},
		"closed later, and told":  {closed: time.Minute, joins: 3 * time.Minute, next: 5 * time.Minute, asked: 2},
		"alive until it reported": {closed: 2 * time.Hour, report: 59 * time.Minute, next: 59 * time.Minute, asked: 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t)
			asked := 0
			e.signalled(old, func(contract.AlertsChange) error {
				asked++
				if e.env.Now().Sub(t0) >= c.closed {
					return &temporal.UnknownExternalWorkflowExecutionError{}
				}
				return nil
			})
			e.book("RedisFull", "runbook: full\nalerts: ['alertname=\"RedisFull\"']\n")
			full := contract.Queued{Pinned: e.books["RedisFull"], Mode: definitions.Auto, Fingerprints: []string{"x1"}}
			episode := contract.Episode{Alert: alert("a1", "RedisDown"), FirstSeen: t0, LastSeen: t0, Planned: true, RunID: old}
			waiting := contract.Episode{Alert: alert("x1", "RedisFull"), FirstSeen: t0, LastSeen: t0, Planned: true, Runbook: "full"}
			state := contract.Guardian{
				Alerts: []contract.Episode{episode, waiting}, Queue: []contract.Queued{full},
				ActiveRun: &contract.ActiveRun{RunID: old, Runbook: "down", StartedAt: t0, Joins: e.books["RedisDown"].Runbook.Covers},
			}
			if c.lost > 0 {
				state.ActiveRun.LostAt = t0.Add(c.lost)
			}
			if c.joins > 0 {
				e.notify(c.joins, alert("b1", "RedisLink"))
			}
			told := []string{"notify : account: the run's workflow was closed in Temporal before it could report"}
			if c.report > 0 {
				told = []string{}
				e.after(c.report, func() {
					e.env.SignalWorkflow(contract.FinishedSignal, contract.Finished{RunID: old, Outcome: definitions.NoAction, FinishedAt: t0.Add(c.report), Known: []string{"a1"}})
				})
			}
			e.notify(3*time.Hour, gone(alert("a1", "")), gone(alert("b1", "")), gone(alert("x1", "")))
			if err := e.execute(contract.GuardianInput{Target: contract.TargetRef{Name: target}, State: &state}); err != nil {
				t.Fatal(err)
			}
			e.want("full x1")
			if len(e.started) != 1 || e.started[0] != c.next || asked != c.asked {
				t.Errorf("started at %v, want %s; asked %d times, want %d", e.started, c.next, asked, c.asked)
			}
			if diff := cmp.Diff(told, e.called(contract.TellActivity)); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
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

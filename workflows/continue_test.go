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

// Continued as new, a run goes on at the next step and has lost nothing.
func TestContinueAsNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.given = with(fixed(), "look", reply{json: bad, took: 10 * time.Second})
	w.env.SetContinueAsNewSuggested(true)
	w.slow[contract.HoldActivity] = 2 * time.Second
	in := input(t, fix)
	in.Notifications = []contract.Notification{{Receiver: "redress", GroupKey: "g"}}
	w.tellAlerts(11*time.Second, joined(alert("b1", "RedisLink"))) // held when it is about to
	calls, runs := []string{}, 0
	for {
		runs++
		err := w.execute(in)
		calls = append(calls, w.called()...)
		next, ok := continued(t, err)
		if !ok {
			break
		}
		in = next
		fresh := newWorld(t)
		fresh.given, fresh.acts = w.given, w.acts
		fresh.env.SetStartTime(w.env.Now())
		fresh.env.SetContinueAsNewSuggested(true)
		w = fresh
	}
	var v contract.Run
	if err := w.env.GetWorkflowResult(&v); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"redress.begin", "alertmanager.hold a1", "probe.look look", "alertmanager.hold b1",
		"probe.fix fix try 1", "probe.look:verify well", "alertmanager.clear a1,b1", "redress.end", "finished healed",
	}
	if diff := cmp.Diff(want, calls); diff != "" || runs != 4 {
		t.Errorf("%d executions; calls (-want +got):\n%s", runs, diff)
	}
	act := w.acts[0]
	if len(act.Conditions) != 1 || len(act.Rechecks) != 1 || act.Rechecks[0].Name != "look" || !act.Deadline.Equal(t0.Add(10*time.Minute)) || names(act.Alerts) != "a1,b1" {
		t.Errorf("act %+v", act)
	}
	if v.Outcome != definitions.Healed || len(v.Steps) != 4 || len(v.Acts) != 1 || len(v.Silences) != 2 || len(v.Notifications) != 2 || !v.StartedAt.Equal(t0) {
		t.Errorf("run %+v", v)
	}
	if f := w.finished[0]; f.LastActAt.IsZero() || len(f.Known) != 2 {
		t.Errorf("finished %+v", f)
	}
}

// A run that is cancelled in the moment in which it would continue as new is cancelled.
func TestCancelledAtContinueAsNew(t *testing.T) {
	t.Parallel()
	for name, cancel := range map[string]func(w *world){
		"while a silence is on its way": func(w *world) {
			w.slowFrom(time.Second, contract.HoldActivity, 5*time.Second)
			w.tellAlerts(9*time.Second, joined(alert("b1", "RedisLink")))
			w.after(12*time.Second, func() { w.env.SignalWorkflow(contract.CancelSignal, contract.Cancel{Reason: "stop"}) })
		},
		"in the same workflow task": func(w *world) {
			w.together = func(what string) {
				if what == "look" {
					w.env.SignalWorkflowSkippingWorkflowTask(contract.CancelSignal, contract.Cancel{Reason: "stop"})
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.given = with(fixed(), "look", reply{json: bad, took: 10 * time.Second})
			w.env.SetContinueAsNewSuggested(true)
			cancel(w)
			in := input(t, fix)
			e := w.remediate(in)
			if e.Run.Outcome != definitions.Cancelled || len(w.called(contract.ReleaseActivity)) != 1 {
				t.Errorf("outcome %s: %s", e.Run.Outcome, e.Run.Reason)
			}
			w.settled(in, e)
		})
	}
}

// An alert that joins in the workflow task in which the run continues as new is carried
// along, and held back.
func TestAlertJoinsAtContinueAsNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.given = with(fixed(), "look", reply{json: bad, took: 10 * time.Second})
	w.env.SetContinueAsNewSuggested(true)
	w.together = func(what string) {
		if what == "look" {
			w.env.SignalWorkflowSkippingWorkflowTask(contract.AlertsSignal, joined(alert("b1", "RedisLink")))
		}
	}
	next, ok := continued(t, w.execute(input(t, fix)))
	if !ok || names(next.Carried.Alerts) != "a1,b1" || len(next.Carried.Run.Silences) != 2 {
		t.Errorf("carried %+v", next.Carried)
	}
}

// continued returns the input with which a run continues as new.
func continued(t *testing.T, err error) (contract.RemediationInput, bool) {
	t.Helper()
	var in contract.RemediationInput
	var next *workflow.ContinueAsNewError
	if !errors.As(err, &next) {
		if err != nil {
			t.Fatal(err)
		}
		return in, false
	}
	if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, &in); err != nil {
		t.Fatal(err)
	}
	return in, true
}

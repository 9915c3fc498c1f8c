package workflows_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redress/definitions"
	"redress/internal/contract"
)

func joined(alerts ...contract.Alert) contract.AlertsChange {
	return contract.AlertsChange{Joined: alerts, Notification: &contract.Notification{ReceivedAt: t0, Receiver: "redress", GroupKey: "g", Status: contract.Firing}}
}

func (w *world) tellAlerts(after time.Duration, c contract.AlertsChange) {
	w.after(after, func() { w.env.SignalWorkflow(contract.AlertsSignal, c) })
}

// slowFrom makes an activity slow from some time on.
func (w *world) slowFrom(after time.Duration, name string, took time.Duration) {
	w.after(after, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.slow[name] = took
	})
}

// An alert that joins is held back with the others, and must clear with them.
func TestAlertJoins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.given = with(fixed(), "look", reply{json: bad, took: 10 * time.Second})
	w.tellAlerts(5*time.Second, joined(alert("b1", "RedisLink")))
	in := input(t, fix)
	e := w.remediate(in)
	want := []string{"alertmanager.hold a1", "alertmanager.hold b1", "alertmanager.clear a1,b1"}
	if diff := cmp.Diff(want, w.called(contract.HoldActivity, contract.ClearActivity, contract.ReleaseActivity)); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if e.Run.Outcome != definitions.Healed || len(e.Run.Alerts) != 2 || len(e.Run.Silences) != 2 || len(e.Run.Notifications) != 1 || len(w.acts[0].Alerts) != 2 {
		t.Errorf("run %+v", e.Run)
	}
	if diff := cmp.Diff([]string{"a1", "b1"}, e.Finished[0].Resolved); diff != "" {
		t.Errorf("resolved (-want +got):\n%s", diff)
	}
	w.settled(in, e)
}

// An alert that joins, or fires again, while the run waits for the others to clear is
// waited for too.
func TestAlertJoinsWhileClearing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		alert contract.Alert
		want  []string
	}{
		"a new one":          {alert("b1", "RedisLink"), []string{"alertmanager.hold a1", "alertmanager.clear a1", "alertmanager.hold b1", "alertmanager.clear a1,b1"}},
		"the same once more": {alert("a1", "RedisDown"), []string{"alertmanager.hold a1", "alertmanager.clear a1", "alertmanager.clear a1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.given = fixed() // clears from second 7 to 10
			w.tellAlerts(9*time.Second, joined(c.alert))
			w.slow[contract.HoldActivity] = 500 * time.Millisecond
			in := input(t, fix)
			e := w.remediate(in)
			if diff := cmp.Diff(c.want, w.called(contract.HoldActivity, contract.ClearActivity, contract.ReleaseActivity)); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if e.Run.Outcome != definitions.Healed || len(e.Finished[0].Resolved) != len(e.Finished[0].Known) {
				t.Errorf("outcome %s, finished %+v", e.Run.Outcome, e.Finished)
			}
			w.settled(in, e)
		})
	}
}

// A silence that is being made when the run decides to let the page out is ended too.
func TestHoldOnItsWayAtTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.given = with(fixed(), "look", reply{json: good, took: 10 * time.Second}) // refuses
	w.tellAlerts(9*time.Second, joined(alert("b1", "RedisLink")))
	w.slowFrom(time.Second, contract.HoldActivity, 5*time.Second)
	in := input(t, fix)
	e := w.remediate(in)
	want := []string{"alertmanager.hold a1", "alertmanager.hold b1", "alertmanager.release"}
	if diff := cmp.Diff(want, w.called(contract.HoldActivity, contract.ReleaseActivity)); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if len(e.Run.Silences) != 2 || e.Run.Outcome != definitions.Refused || w.at[contract.ReleaseActivity] != 14*time.Second {
		t.Errorf("released after %s; run %+v", w.at[contract.ReleaseActivity], e.Run)
	}
	w.settled(in, e)
}

// A hold that is on its way when the alerts clear leaves no silence behind.
func TestHoldOnItsWayWhenCleared(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.given = fixed()
	w.tellAlerts(6*time.Second, joined(alert("b1", "RedisLink")))
	w.slowFrom(time.Second, contract.HoldActivity, 10*time.Second)
	e := w.remediate(input(t, fix))
	last := w.clears[len(w.clears)-1]
	if e.Run.Outcome != definitions.Healed || len(last.Silences) != 2 || names(last.Alerts) != "a1,b1" {
		t.Errorf("outcome %s, the last look was for %+v", e.Run.Outcome, last)
	}
}

// What has gone before the run could hold it back is not silenced, until it fires again.
func TestHoldOfAResolvedAlert(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.given = with(fixed(), "look", reply{json: bad, took: 20 * time.Second})
	w.slow[contract.BeginActivity] = 5 * time.Second
	w.tellAlerts(time.Second, contract.AlertsChange{Resolved: []string{"a1"}})
	w.tellAlerts(2*time.Second, joined(alert("b1", "RedisLink")))
	w.tellAlerts(10*time.Second, joined(alert("a1", "RedisDown")))
	w.tellAlerts(15*time.Second, joined(alert("a1", "RedisDown"))) // told once more
	e := w.remediate(input(t, fix))
	if diff := cmp.Diff([]string{"alertmanager.hold b1", "alertmanager.hold a1"}, w.called(contract.HoldActivity)); diff != "" || e.Run.Outcome != definitions.Healed {
		t.Errorf("outcome %s; holds (-want +got):\n%s", e.Run.Outcome, diff)
	}
}

// News that comes when the outcome is known is left to the guardian.
func TestAlertJoinsTooLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.given = with(fixed(), "look", reply{json: good, took: 10 * time.Second}) // refuses
	w.slow[contract.TellActivity] = 10 * time.Second
	w.tellAlerts(15*time.Second, joined(alert("b1", "RedisLink")))
	w.tellAlerts(16*time.Second, contract.AlertsChange{Resolved: []string{"a1"}})
	in := input(t, fix)
	e := w.remediate(in)
	if len(w.holds) != 1 {
		t.Errorf("held %q", w.called(contract.HoldActivity))
	}
	if f := e.Finished[0]; !slices.Equal(f.Known, []string{"a1"}) || len(f.Resolved) != 0 || len(e.Run.Alerts) != 1 {
		t.Errorf("finished %+v, alerts %+v", f, e.Run.Alerts)
	}
	w.settled(in, e)
}

// Alerts that are gone are not acted on any more; the run still verifies and reports.
func TestResolved(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		given map[string][]reply
		mode  definitions.Mode
		want  definitions.Outcome
	}{
		"it is well":               {fixed(), definitions.Auto, definitions.Healed},
		"it is not":                {with(fixed(), "well", reply{json: bad, why: "result.ok is false"}), definitions.Auto, definitions.Failed},
		"the input is not known":   {with(fixed(), "look", reply{json: `{"ok": false}`, took: 10 * time.Second}), definitions.Auto, definitions.Healed},
		"observing":                {fixed(), definitions.Observe, definitions.Healed},
		"between two tries of act": {with(fixed(), "fix", reply{act: contract.ActResult{Verdict: contract.NotSent}, took: 10 * time.Second}), definitions.Auto, definitions.Healed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if name == "between two tries of act" {
				w.tellAlerts(12*time.Second, contract.AlertsChange{Resolved: []string{"a1"}})
			} else {
				c.given["look"][0].took = 10 * time.Second
				w.tellAlerts(5*time.Second, contract.AlertsChange{Resolved: []string{"a1"}})
			}
			w.given = c.given
			in := input(t, fix)
			in.Mode = c.mode
			e := w.remediate(in)
			if e.Run.Outcome != c.want || len(e.Run.Acts) != 0 {
				t.Errorf("outcome %s (%s), acts %+v", e.Run.Outcome, e.Run.Reason, e.Run.Acts)
			}
			step := e.Run.Steps[2]
			if step.Path != "fix" || step.Status != contract.StepSkipped {
				t.Errorf("step %+v", step)
			}
			w.settled(in, e)
		})
	}
}

// In mode observe nothing is held back, and people hear within 30 s.
func TestObserve(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		took time.Duration
		told int
	}{"decided at once": {5 * time.Second, 1}, "decided later": {time.Minute, 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.given = with(fixed(), "look", reply{json: bad, took: c.took})
			in := input(t, fix)
			in.Mode = definitions.Observe
			var first time.Duration
			w.after(30*time.Second, func() { first = w.at[contract.TellActivity] })
			e := w.remediate(in)
			if e.Run.Outcome != definitions.Observed || len(w.tells) != c.told || len(w.acts) != 0 || len(e.Run.Told) != c.told {
				t.Errorf("outcome %s, told %q, acts %+v", e.Run.Outcome, w.called(contract.TellActivity), w.acts)
			}
			if c.told == 2 && (first == 0 || first > 30*time.Second) {
				t.Errorf("people heard after %s", first)
			}
			want := []string{"alertmanager.hold a1 (only looks)"}
			if diff := cmp.Diff(want, w.called(contract.HoldActivity, contract.ReleaseActivity)); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if a := e.Run.Acts[0]; a.Applied != contract.AppliedWould || string(a.Input) != `{"n":7}` || e.Run.FirstActAt != nil || !e.Finished[0].LastActAt.IsZero() {
				t.Errorf("run %+v", e.Run)
			}
			w.settled(in, e)
		})
	}
}

// A run with `silence: none` holds nothing back.
func TestSilenceNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.given = fixed()
	w.tellAlerts(time.Second, joined(alert("b1", "RedisLink")))
	in := input(t, "silence: none\n"+fix)
	e := w.remediate(in)
	want := []string{"alertmanager.hold a1 (only looks)", "alertmanager.clear a1,b1"}
	if diff := cmp.Diff(want, w.called(contract.HoldActivity, contract.ReleaseActivity, contract.ClearActivity)); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	w.settled(in, e)
}

// An escalation lets the page out before it tells people, and tells them itself; when it
// cannot, the run's own receiver hears of it.
func TestEscalate(t *testing.T) {
	t.Parallel()
	const yaml = top + "steps: [{escalate: It needs hands., to: night}]"
	w := newWorld(t)
	in := input(t, yaml)
	e := w.remediate(in)
	want := []string{"alertmanager.release", "notify night: account: It needs hands."}
	if diff := cmp.Diff(want, w.called(contract.ReleaseActivity, contract.TellActivity)); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	w.settled(in, e)

	w = newWorld(t)
	fake(w, contract.TellActivity, func(tell contract.Tell) (contract.Told, string) {
		if tell.Receiver == "night" {
			panic(errors.New("no such receiver"))
		}
		return w.tell(tell)
	})
	e = w.remediate(in)
	if e.Run.Outcome != definitions.Escalated || len(w.tells) != 1 || w.tells[0].Receiver != "oncall" || e.Run.Told[0].Error == "" {
		t.Errorf("told %+v", e.Run.Told)
	}
}

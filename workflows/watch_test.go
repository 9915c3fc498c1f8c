package workflows_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redress/definitions"
	"redress/internal/contract"
)

// script answers the watches of a test one after the other; further ones never.
func script(seen ...contract.Watched) func(contract.Watch) (time.Duration, contract.Watched, bool) {
	return func(contract.Watch) (time.Duration, contract.Watched, bool) {
		if len(seen) == 0 {
			return 0, contract.Watched{}, false
		}
		next := seen[0]
		seen = seen[1:]
		return 2 * time.Second, next, true
	}
}

// The watch, and not the webhook that our own silence mutes, tells a run that its
// alerts are gone: it acts no more.
func TestWatchSeesTheAlertGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.given = with(fixed(), "look", reply{json: bad, took: 10 * time.Second})
	w.watched = script(contract.Watched{Gone: []string{"a1"}})
	in := input(t, fix)
	e := w.remediate(in)
	if e.Run.Outcome != definitions.Healed || len(w.acts) != 0 || e.Run.Steps[2].Status != contract.StepSkipped {
		t.Errorf("outcome %s (%s), acts %+v, step %+v", e.Run.Outcome, e.Run.Reason, w.acts, e.Run.Steps[2])
	}
	w.settled(in, e)
}

// An alert that goes and comes back is acted on, and not held back a second time.
func TestWatchSeesTheAlertComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.given = with(fixed(), "look", reply{json: bad, took: 10 * time.Second})
	w.watched = script(contract.Watched{Gone: []string{"a1"}}, contract.Watched{Firing: []string{"a1"}})
	in := input(t, fix)
	e := w.remediate(in)
	if e.Run.Outcome != definitions.Healed || len(w.acts) != 1 {
		t.Errorf("outcome %s (%s), acts %+v", e.Run.Outcome, e.Run.Reason, w.acts)
	}
	if diff := cmp.Diff([]string{"alertmanager.hold a1"}, w.called(contract.HoldActivity)); diff != "" {
		t.Errorf("holds (-want +got):\n%s", diff)
	}
	w.settled(in, e)
}

// A new fault while the run only waits for its alerts to clear is not its own: the
// guardian, which hears that the run does not know it, plans it anew.
func TestNewFaultWhileClearing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.given = fixed() // clears from second 7 to 10
	w.tellAlerts(9*time.Second, joined(alert("b1", "RedisDown")))
	in := input(t, fix)
	e := w.remediate(in)
	if diff := cmp.Diff([]string{"a1"}, e.Finished[0].Known); diff != "" {
		t.Errorf("known (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"alertmanager.hold a1"}, w.called(contract.HoldActivity)); diff != "" {
		t.Errorf("holds (-want +got):\n%s", diff)
	}
	w.settled(in, e)
}

// Where the configuration wants it, a run shows itself as an alert, from its beginning
// to its end.
func TestStatusAlerts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.given, w.statusAlerts = fixed(), true
	in := input(t, fix)
	e := w.remediate(in)
	want := []string{"alertmanager.status running", "alertmanager.status clearing", "alertmanager.status finished healed"}
	if diff := cmp.Diff(want, w.called(contract.StatusActivity)); diff != "" {
		t.Errorf("status alerts (-want +got):\n%s", diff)
	}
	w.settled(in, e)
}

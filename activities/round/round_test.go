package round

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redress/internal/contract"
)

var errAway = errors.New("away")

// fakeTemporal answers from maps, and notes what it is told.
type fakeTemporal struct {
	mu        sync.Mutex
	fleet     contract.FleetState
	fleetErr  error
	open      map[string]bool         // by run ID; absent = error
	runs      map[string]contract.Run // by run ID; absent = error
	guardians []string
	deaf      map[string]bool // targets that cannot be told anything

	ensured  int
	sighted  map[string]contract.Sighting
	finished map[string]contract.Finished
	ended    []string
}

func (f *fakeTemporal) Run(_ context.Context, id string) (contract.Run, error) {
	r, ok := f.runs[id]
	if !ok {
		return r, fmt.Errorf("run %s: %w", id, errAway)
	}
	return r, nil
}

func (f *fakeTemporal) FleetState(context.Context) (contract.FleetState, error) {
	return f.fleet, f.fleetErr
}

func (f *fakeTemporal) EnsureFleet(context.Context) error {
	f.ensured++
	return nil
}

func (f *fakeTemporal) Open(_ context.Context, id string) (bool, error) {
	open, ok := f.open[id]
	if !ok {
		return false, fmt.Errorf("open %s: %w", id, errAway)
	}
	return open, nil
}

func (f *fakeTemporal) End(_ context.Context, e contract.End) (contract.Answer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = append(f.ended, e.Target)
	return contract.Answer{OK: true}, nil
}

func (f *fakeTemporal) Finished(_ context.Context, target string, done contract.Finished) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.deaf[target] {
		return errAway
	}
	f.finished[target] = done
	return nil
}

func (f *fakeTemporal) Sight(_ context.Context, target contract.TargetRef, s contract.Sighting) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.deaf[target.Name] {
		return errAway
	}
	f.sighted[target.Name] = s
	return nil
}

func (f *fakeTemporal) Guardians(context.Context) ([]string, error) { return f.guardians, nil }

// fakeAlertmanagers lists what it is given, and notes what it is asked to renew.
type fakeAlertmanagers struct {
	alerts, suppressed []contract.Alert
	complete           bool

	running map[string]contract.Run
	status  []string // runs whose status alert was refreshed
	refuses string   // the run whose status alert is not taken
}

func (f *fakeAlertmanagers) Leases(_ context.Context, running map[string]contract.Run) (contract.LeasesDone, error) {
	f.running = running
	return contract.LeasesDone{Renewed: len(running)}, nil
}

func (f *fakeAlertmanagers) Listed(context.Context) (alerts, suppressed []contract.Alert, complete bool, err error) {
	return f.alerts, f.suppressed, f.complete, nil
}

func (f *fakeAlertmanagers) Status(_ context.Context, s contract.StatusAlert) error {
	if s.Run.ID == f.refuses {
		return errAway
	}
	f.status = append(f.status, s.Run.ID)
	return nil
}

// fakeInventory takes the label "target" for the target.
type fakeInventory struct{}

func (fakeInventory) MatchTarget(labels map[string]string) (contract.TargetRef, string, bool) {
	name, ok := labels["target"]
	return contract.TargetRef{Name: name}, "it has no label target", ok
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// newRound returns a round whose fleet knows a run of each target: a's is a.x.1.
func newRound(targets ...string) (*Round, *fakeTemporal, *fakeAlertmanagers) {
	tmp := &fakeTemporal{
		fleet: contract.FleetState{Runs: map[string]contract.FleetRun{}},
		open:  map[string]bool{}, runs: map[string]contract.Run{}, deaf: map[string]bool{},
		sighted: map[string]contract.Sighting{}, finished: map[string]contract.Finished{},
	}
	for _, name := range targets {
		id := name + ".x.1"
		tmp.fleet.Runs[name] = contract.FleetRun{RunID: id, BegunAt: noon}
		tmp.open[id] = true
		tmp.runs[id] = contract.Run{ID: id, Target: name, Status: contract.RunRunning}
	}
	am := &fakeAlertmanagers{complete: true}
	return &Round{
		Temporal: tmp, Alertmanagers: am, Inventory: fakeInventory{},
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return noon },
	}, tmp, am
}

func alert(target, fingerprint string) contract.Alert {
	return contract.Alert{
		Fingerprint: fingerprint, Status: contract.Firing,
		Labels: map[string]string{"alertname": "RedisDown", "target": target},
	}
}

func TestSightings(t *testing.T) {
	r, tmp, am := newRound()
	down, silenced := alert("a", "1"), alert("a", "2")
	am.alerts = []contract.Alert{down, {Fingerprint: "9", Labels: map[string]string{"alertname": "DiskFull"}}}
	am.suppressed = []contract.Alert{silenced, alert("b", "3")}
	tmp.guardians = []string{"a", "c"}
	done, err := r.Alerts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(contract.AlertsDone{Alerts: 2, Targets: 3, Complete: true}, done); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
	want := map[string]contract.Sighting{
		"a": {At: noon, Complete: true, Alerts: []contract.Alert{down}, Suppressed: []string{"2"}},
		"b": {At: noon, Complete: true, Suppressed: []string{"3"}},
		"c": {At: noon, Complete: true},
	}
	if diff := cmp.Diff(want, tmp.sighted); diff != "" {
		t.Errorf("sighted (-want +got):\n%s", diff)
	}
}

func TestAGuardianThatCannotBeToldKeepsNoOtherFromIt(t *testing.T) {
	r, tmp, am := newRound()
	am.alerts = []contract.Alert{alert("a", "1"), alert("b", "2"), alert("c", "3")}
	tmp.deaf["a"] = true
	done, err := r.Alerts(t.Context())
	if !errors.Is(err, errAway) || !strings.Contains(err.Error(), "guardian of a") {
		t.Errorf("error = %v, want one that names a", err)
	}
	if diff := cmp.Diff([]string{"b", "c"}, slices.Sorted(maps.Keys(tmp.sighted))); diff != "" || done.Targets != 2 {
		t.Errorf("told %d (-want +got):\n%s", done.Targets, diff)
	}
}

func TestAClosedRunThatCannotBeFreedKeepsNoOtherFromIt(t *testing.T) {
	r, tmp, _ := newRound("a", "b", "c", "d")
	delete(tmp.open, "a.x.1") // not known
	tmp.open["b.x.1"], tmp.open["c.x.1"] = false, false
	tmp.deaf["b"] = true
	done, err := r.Closed(t.Context())
	for _, want := range []string{"a.x.1", "guardian of b"} {
		if !errors.Is(err, errAway) || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want one that names %s", err, want)
		}
	}
	if diff := cmp.Diff([]string{"c"}, tmp.ended); diff != "" || done.Freed != 1 {
		t.Errorf("freed %d (-want +got):\n%s", done.Freed, diff)
	}
	if got := tmp.finished["c"]; got.RunID != "c.x.1" || !got.FinishedAt.Equal(noon) {
		t.Errorf("the guardian of c was told %+v", got)
	}
}

func TestAFleetThatDoesNotRunIsStarted(t *testing.T) {
	for name, test := range map[string]struct {
		err     error
		ensured int
		ok      bool
	}{
		"runs":   {nil, 0, true},
		"closed": {fmt.Errorf("it is closed: %w", contract.ErrNotFound), 1, true},
		"away":   {contract.ErrUnavailable, 0, false},
	} {
		r, tmp, _ := newRound()
		tmp.fleetErr = test.err
		if _, err := r.Closed(t.Context()); (err == nil) != test.ok || tmp.ensured != test.ensured {
			t.Errorf("%s: it was started %d times, want %d; error %v", name, tmp.ensured, test.ensured, err)
		}
	}
}

func TestARunThatCannotBeReadKeepsItsLease(t *testing.T) {
	r, tmp, am := newRound("a", "b", "c", "d", "e")
	delete(tmp.runs, "a.x.1") // open, and not to be read
	delete(tmp.open, "b.x.1") // not known whether it is open
	tmp.open["c.x.1"] = false
	am.refuses = "d.x.1"
	_, err := r.Leases(t.Context())
	for _, want := range []string{"a.x.1", "b.x.1", "status alert of d.x.1"} {
		if !errors.Is(err, errAway) || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want one that names %s", err, want)
		}
	}
	want := map[string]contract.Run{
		"a.x.1": {ID: "a.x.1"}, "b.x.1": {ID: "b.x.1"}, // known, without a status
		"d.x.1": tmp.runs["d.x.1"], "e.x.1": tmp.runs["e.x.1"],
	}
	if diff := cmp.Diff(want, am.running); diff != "" {
		t.Errorf("running (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"e.x.1"}, am.status); diff != "" {
		t.Errorf("status alerts (-want +got):\n%s", diff)
	}
}

// Questions go out several at a time, and no more than eight.
func TestQuestionsAreBounded(t *testing.T) {
	var names []string
	for i := range 30 {
		names = append(names, fmt.Sprint("t", i))
	}
	var mu sync.Mutex
	open, most := 0, 0
	full := make(chan struct{})
	errs := each(names, func(i int, _ string) error {
		mu.Lock()
		open++
		most = max(most, open)
		if open == atOnce && most == atOnce {
			select {
			case <-full:
			default:
				close(full)
			}
		}
		mu.Unlock()
		select {
		case <-full: // all of the first eight are under way
		case <-time.After(10 * time.Second):
			return errors.New("they do not run beside each other")
		}
		mu.Lock()
		open--
		mu.Unlock()
		if i%10 == 0 {
			return fmt.Errorf("item %d", i)
		}
		return nil
	})
	if most != atOnce {
		t.Errorf("%d at a time, want %d", most, atOnce)
	}
	if got := fmt.Sprint(errs); got != "[item 0 item 10 item 20]" {
		t.Errorf("errors = %s", got)
	}
}

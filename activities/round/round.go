// Package round is what the schedule of the same name does every minute: it renews
// the leases of living runs, frees what dead ones left behind, and takes to guardians
// the news that no webhook brought.
package round

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"redress/definitions"
	"redress/internal/contract"
)

// Runs is what Temporal knows of runs and guardians.
type Runs interface {
	// Run returns a run; [contract.ErrNotFound] when there is none of that ID.
	Run(ctx context.Context, id string) (contract.Run, error)
	// FleetState returns what the fleet remembers; [contract.ErrNotFound] when it does not run.
	FleetState(ctx context.Context) (contract.FleetState, error)
	// EnsureFleet starts the fleet where it does not run.
	EnsureFleet(ctx context.Context) error
	// Open reports whether the workflow of a run is still open.
	Open(ctx context.Context, runID string) (bool, error)
	End(ctx context.Context, e contract.End) (contract.Answer, error)
	Finished(ctx context.Context, target string, f contract.Finished) error
	Sight(ctx context.Context, target contract.TargetRef, s contract.Sighting) error
	// Guardians lists the names of the targets whose guardian is running.
	Guardians(ctx context.Context) ([]string, error)
}

// Alertmanagers is what the round asks of them.
type Alertmanagers interface {
	// Leases renews the silences of the running runs, and ends those of others. It
	// leaves those of runs without a status alone: nobody could read them.
	Leases(ctx context.Context, running map[string]contract.Run) (contract.LeasesDone, error)
	// Listed returns the alerts of our receiver, apart from the others those that
	// somebody but us suppresses; see [contract.Sighting] for complete.
	Listed(ctx context.Context) (alerts, suppressed []contract.Alert, complete bool, err error)
	// Status refreshes the status alert of a run.
	Status(ctx context.Context, s contract.StatusAlert) error
}

// Inventory finds the target that an alert is about.
type Inventory interface {
	MatchTarget(labels map[string]string) (ref contract.TargetRef, why string, ok bool)
}

// Round holds the activities of the round.
type Round struct {
	Temporal      Runs
	Alertmanagers Alertmanagers
	Inventory     Inventory
	Log           *slog.Logger
	Now           func() time.Time // nil = time.Now
}

// Leases is the activity [contract.RoundLeasesActivity]. Which runs live it takes from
// the fleet, which admits each before its first silence, and not from a list that
// lags: the silence of a run that has just begun must not be taken for an orphan. A
// run that cannot be read keeps its leases as they are, and the others are renewed; the
// error, if any, tells all that was not done.
func (r *Round) Leases(ctx context.Context) (contract.LeasesDone, error) {
	state, err := r.Temporal.FleetState(ctx)
	if err != nil {
		return contract.LeasesDone{}, fmt.Errorf("ask the fleet: %w", err)
	}
	targets := slices.Sorted(maps.Keys(state.Runs))
	runs := make([]*contract.Run, len(targets)) // nil = closed
	errs := each(targets, func(i int, target string) error {
		id := state.Runs[target].RunID
		switch open, err := r.Temporal.Open(ctx, id); {
		case err != nil:
			runs[i] = &contract.Run{ID: id}
			return fmt.Errorf("look at run %s: %w", id, err)
		case !open:
			return nil
		}
		run, err := r.Temporal.Run(ctx, id)
		if err != nil {
			runs[i] = &contract.Run{ID: id}
			return fmt.Errorf("look at run %s: %w", id, err)
		}
		runs[i] = &run
		return nil
	})
	running := map[string]contract.Run{}
	for i, run := range runs {
		if run != nil {
			running[state.Runs[targets[i]].RunID] = *run
		}
	}
	done, err := r.Alertmanagers.Leases(ctx, running)
	if err != nil {
		errs = append(errs, fmt.Errorf("renew leases: %w", err))
	}
	for _, id := range slices.Sorted(maps.Keys(running)) {
		if run := running[id]; run.Status != "" {
			if err := r.Alertmanagers.Status(ctx, contract.StatusAlert{Run: run}); err != nil {
				errs = append(errs, fmt.Errorf("refresh the status alert of %s: %w", id, err))
			}
		}
	}
	return done, errors.Join(errs...)
}

// Closed is the activity [contract.RoundClosedActivity]: it frees the targets of runs
// whose workflow is closed but that never said so (terminated, or broken off), and
// tells their guardians. Nobody is told twice: a guardian knows its active run's ID.
// The error, if any, tells all targets that could not be seen to.
//
// A fleet that was closed itself is started again, so that nobody has to restart a
// worker for it. It remembers no run that could be freed.
func (r *Round) Closed(ctx context.Context) (contract.ClosedDone, error) {
	state, err := r.Temporal.FleetState(ctx)
	if errors.Is(err, contract.ErrNotFound) {
		r.Log.WarnContext(ctx, "the fleet does not run, it is started again", "error", err)
		if err := r.Temporal.EnsureFleet(ctx); err != nil {
			return contract.ClosedDone{}, fmt.Errorf("start the fleet: %w", err)
		}
		return contract.ClosedDone{}, nil
	}
	if err != nil {
		return contract.ClosedDone{}, fmt.Errorf("ask the fleet: %w", err)
	}
	targets := slices.Sorted(maps.Keys(state.Runs))
	freed := make([]bool, len(targets))
	errs := each(targets, func(i int, target string) error {
		var err error
		freed[i], err = r.free(ctx, target, state.Runs[target])
		return err
	})
	var done contract.ClosedDone
	for _, is := range freed {
		if is {
			done.Freed++
		}
	}
	return done, errors.Join(errs...)
}

// free frees the target of a run whose workflow is closed, and reports whether it did.
func (r *Round) free(ctx context.Context, target string, run contract.FleetRun) (bool, error) {
	switch open, err := r.Temporal.Open(ctx, run.RunID); {
	case err != nil:
		return false, fmt.Errorf("look at run %s: %w", run.RunID, err)
	case open:
		return false, nil
	}
	f := contract.Finished{
		RunID: run.RunID, Outcome: definitions.Failed, FinishedAt: r.now(),
		Reason: "the run's workflow was closed in Temporal before it could report",
	}
	if view, err := r.Temporal.Run(ctx, run.RunID); err == nil && view.Outcome != "" {
		f.Outcome, f.Reason, f.Runbook = view.Outcome, view.Reason, view.Runbook
	}
	for _, g := range run.Keys {
		if g.Holder != "" && g.At.After(f.LastActAt) {
			f.LastActAt = g.At // may have been sent: the target rests after it
		}
	}
	if err := r.Temporal.Finished(ctx, target, f); err != nil {
		return false, fmt.Errorf("tell the guardian of %s: %w", target, err)
	}
	if _, err := r.Temporal.End(ctx, contract.End{RunID: run.RunID, Target: target}); err != nil {
		return false, fmt.Errorf("free %s: %w", target, err)
	}
	r.Log.WarnContext(ctx, "freed the target of a run that ended without saying so", "target", target, "run", run.RunID)
	return true, nil
}

// Alerts is the activity [contract.RoundAlertsActivity]. A target all of whose alerts
// are suppressed by others has its sighting too: they are not gone. The error, if any,
// tells all guardians that could not be told.
func (r *Round) Alerts(ctx context.Context) (contract.AlertsDone, error) {
	at := r.now()
	alerts, suppressed, complete, err := r.Alertmanagers.Listed(ctx)
	if err != nil {
		return contract.AlertsDone{}, fmt.Errorf("list alerts: %w", err)
	}
	done := contract.AlertsDone{Alerts: len(alerts), Complete: complete}
	sightings := map[string]*contract.Sighting{}
	refs := map[string]contract.TargetRef{}
	sighting := func(a contract.Alert) (s *contract.Sighting, ok bool) {
		ref, why, ok := r.Inventory.MatchTarget(a.Labels)
		if !ok {
			r.Log.DebugContext(ctx, "an alert has no target", "alert", a.Name(), "why", why)
			return nil, false
		}
		if sightings[ref.Name] == nil {
			sightings[ref.Name] = &contract.Sighting{At: at, Complete: complete}
			refs[ref.Name] = ref
		}
		return sightings[ref.Name], true
	}
	for _, a := range alerts {
		if s, ok := sighting(a); ok {
			s.Alerts = append(s.Alerts, a)
		}
	}
	for _, a := range suppressed {
		if s, ok := sighting(a); ok {
			s.Suppressed = append(s.Suppressed, a.Fingerprint)
		}
	}
	var errs []error
	if complete {
		// A guardian of whose alerts none is listed hears that too.
		guardians, err := r.Temporal.Guardians(ctx)
		if err != nil {
			errs = append(errs, fmt.Errorf("list guardians: %w", err))
		}
		for _, name := range guardians {
			if sightings[name] == nil {
				sightings[name] = &contract.Sighting{At: at, Complete: true}
				refs[name] = contract.TargetRef{Name: name}
			}
		}
	}
	names := slices.Sorted(maps.Keys(refs))
	untold := each(names, func(_ int, name string) error {
		if err := r.Temporal.Sight(ctx, refs[name], *sightings[name]); err != nil {
			return fmt.Errorf("tell the guardian of %s: %w", name, err)
		}
		return nil
	})
	done.Targets = len(names) - len(untold)
	return done, errors.Join(append(errs, untold...)...)
}

// atOnce bounds how many questions to Temporal are open at a time: a round has a
// minute, and other work needs the server too.
const atOnce = 8

// each calls do for every item, some at a time, and returns the errors in their order.
func each(items []string, do func(i int, item string) error) []error {
	all := make([]error, len(items))
	slots := make(chan struct{}, atOnce)
	var wait sync.WaitGroup
	for i, item := range items {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			all[i] = do(i, item)
		})
	}
	wait.Wait()
	return slices.DeleteFunc(all, func(err error) bool { return err == nil })
}

func (r *Round) now() time.Time {
	if r.Now == nil {
		return time.Now().UTC()
	}
	return r.Now().UTC()
}

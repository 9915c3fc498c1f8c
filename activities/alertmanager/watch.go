package alertmanager

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"

	"redress/internal/contract"
)

// Watch watches the alerts of a run whose steps go on, once a second on every peer,
// until one of them changes. An alert given as firing that no Alertmanager lists any
// more has its silences of this run ended at once, by the rule of [Reporter.Clear],
// and is answered as gone; one given as resolved that is listed again is answered as
// firing. What cannot be known is no change.
//
// It answers all changes of the first look that finds any, and at the deadline that
// there are none: unlike Clear it then leaves the silences alone. Silences that cannot
// be ended are tried again until the deadline, and left to their leases there. Without
// alerts or an Alertmanager there is nothing to watch, and it answers so at once. It
// fails only when ctx is over. It may be repeated.
func (r *Reporter) Watch(ctx context.Context, w contract.Watch) (contract.Watched, error) {
	if len(r.clusters) == 0 || len(w.Alerts) == 0 {
		return contract.Watched{}, nil
	}
	stop := r.beat(ctx)
	defer stop()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	firing := map[string]bool{} // as the run believes, by fingerprint
	for _, a := range w.Alerts {
		firing[fingerprint(a)] = a.Firing()
	}
	deadline := time.NewTimer(w.Deadline.Sub(r.now()))
	defer deadline.Stop()
	for {
		s := r.survey(ctx, w.Alerts)
		if ctx.Err() != nil {
			return contract.Watched{}, broken(ctx, w.RunID)
		}
		late := !r.now().Before(w.Deadline)
		var changed contract.Watched
		for _, id := range s.firing {
			if !firing[id] {
				changed.Firing = append(changed.Firing, id)
			}
		}
		gone := slices.DeleteFunc(s.gone, func(a contract.Alert) bool { return !a.Firing() })
		if err := r.endGone(ctx, w.RunID, w.Silences, gone); err == nil || late {
			for _, a := range gone {
				changed.Gone = append(changed.Gone, fingerprint(a))
			}
		}
		if late || len(changed.Gone)+len(changed.Firing) > 0 {
			return changed, nil
		}
		select {
		case <-ctx.Done():
			return contract.Watched{}, broken(ctx, w.RunID)
		case <-deadline.C: // one last look
		case <-ticker.C:
		}
	}
}

// broken says why a watch ended before its time. A worker that stops is an error, so
// that another one goes on; a run that wants no watch any more, or is over, is none.
func broken(ctx context.Context, runID string) error {
	var over *serviceerror.NotFound // Temporal's answer to a heartbeat of a closed workflow
	if errors.As(context.Cause(ctx), &over) {
		return nil
	}
	if activity.IsActivity(ctx) {
		select {
		case <-activity.GetWorkerStopChannel(ctx):
		default:
			return nil
		}
	}
	return fmt.Errorf("watch the alerts of run %s: %w", runID, context.Cause(ctx))
}

package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"redress/internal/contract"
)

// watch follows alerts of the run while its steps go on, and ends the silence of each
// the moment that it is gone. Our own silence mutes the resolution too, so that this,
// and not the webhook, is how a run learns of it. An alert that comes back is not held
// back again: people are paged when it fires again.
//
// It ends with the steps; what is left then is the clearing's. That the alerts cannot
// be watched keeps no run from healing: the round looks too, once a minute.
func (r *run) watch(alerts []contract.Alert) {
	if len(alerts) == 0 || r.watching == nil {
		return
	}
	fingerprints := make([]string, len(alerts))
	for i, a := range alerts {
		fingerprints[i] = a.Fingerprint
	}
	workflow.Go(r.watching, func(ctx workflow.Context) {
		for ctx.Err() == nil {
			var seen contract.Watched
			err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
				Summary:             "watch the alerts",
				StartToCloseTimeout: max(0, r.deadline.Sub(workflow.Now(ctx))) + pollSlack,
				HeartbeatTimeout:    heartbeat,
				RetryPolicy:         again(),
			}), contract.WatchActivity, contract.Watch{
				RunID: r.view.ID, Alerts: r.those(fingerprints), Silences: r.view.Silences, Deadline: r.deadline.UTC(),
			}).Get(ctx, &seen)
			if err != nil && ctx.Err() == nil {
				workflow.GetLogger(ctx).Warn("the alerts cannot be watched", "err", cause(err))
			}
			if err != nil || len(seen.Gone)+len(seen.Firing) == 0 {
				return
			}
			back := r.those(seen.Firing)
			for i := range back {
				back[i].Status = contract.Firing
			}
			r.alertsChanged(ctx, contract.AlertsChange{Joined: back, Resolved: seen.Gone})
		}
	})
}

// those returns the alerts of the run with the given fingerprints, as they are now.
func (r *run) those(fingerprints []string) []contract.Alert {
	var out []contract.Alert
	for _, a := range r.alerts {
		if slices.Contains(fingerprints, a.Fingerprint) {
			out = append(out, a)
		}
	}
	return out
}

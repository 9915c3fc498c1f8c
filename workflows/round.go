package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"redress/internal/contract"
)

// Round is one round of the schedule of the same name: it frees what dead runs left
// behind, renews the leases of the living, and takes news to the guardians that no
// webhook brought. Each part is tried by itself: one that fails is found again by
// the next round and must not keep the others from their work.
func Round(ctx workflow.Context) (contract.RoundDone, error) {
	var done contract.RoundDone
	for _, part := range []struct {
		activity, summary string
		result            any
	}{
		{contract.RoundLeasesActivity, "renew the leases of silences and status alerts", &done.Leases},
		{contract.RoundClosedActivity, "free what closed runs left behind", &done.Closed},
		{contract.RoundAlertsActivity, "ask every Alertmanager for our alerts", &done.Alerts},
	} {
		actx := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			Summary:                part.summary,
			StartToCloseTimeout:    20 * time.Second,
			ScheduleToCloseTimeout: 45 * time.Second,
			RetryPolicy:            &temporal.RetryPolicy{InitialInterval: time.Second, MaximumAttempts: 2},
		})
		if err := workflow.ExecuteActivity(actx, part.activity).Get(ctx, part.result); err != nil {
			workflow.GetLogger(ctx).Warn("a part of the round failed", "part", part.activity, "err", err)
			if ctx.Err() != nil {
				return done, fmt.Errorf("round: %w", err)
			}
			done.Errors = append(done.Errors, part.activity+": "+cause(err))
		}
	}
	return done, nil
}

package alertmanager

import (
	"context"

	"go.temporal.io/sdk/activity"

	"redress/activities"
)

// beat heartbeats at once and from then on in the background, until stop is called.
func (r *Reporter) beat(ctx context.Context) (stop func()) {
	r.heartbeat(ctx)
	return activities.Heartbeat(ctx, r.heartbeat)
}

// heartbeat tells Temporal, where the context is an activity's.
func heartbeat(ctx context.Context) {
	if activity.IsActivity(ctx) {
		activity.RecordHeartbeat(ctx)
	}
}

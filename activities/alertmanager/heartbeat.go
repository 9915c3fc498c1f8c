package alertmanager

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
)

// heartbeatInterval is how often an activity says that it lives. Workflows give it up
// after 10 s of silence.
const heartbeatInterval = 2 * time.Second

// beat heartbeats at once and from then on in the background, whatever the caller
// waits for, until stop is called: peers that hang must not make a living worker look
// dead.
func (r *Reporter) beat(ctx context.Context) (stop func()) {
	r.heartbeat(ctx)
	done, finished := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(finished)
		tick := time.NewTicker(heartbeatInterval)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				r.heartbeat(ctx)
			case <-done:
				return
			}
		}
	}()
	return func() { close(done); <-finished }
}

// heartbeat tells Temporal, where the context is an activity's.
func heartbeat(ctx context.Context) {
	if activity.IsActivity(ctx) {
		activity.RecordHeartbeat(ctx)
	}
}

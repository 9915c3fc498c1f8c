package activities

import (
	"context"
	"time"
)

// heartbeatInterval is how often an activity that waits says that it lives. Workflows
// give it up after 10 s of silence.
const heartbeatInterval = 2 * time.Second

// Heartbeat calls beat every two seconds in the background, whatever the caller waits
// for, until stop is called: a killed worker is noticed in seconds, and a peer that
// hangs does not make a living one look dead.
func Heartbeat(ctx context.Context, beat func(context.Context)) (stop func()) {
	done, finished := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(finished)
		tick := time.NewTicker(heartbeatInterval)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				beat(ctx)
			case <-done:
				return
			}
		}
	}()
	return func() { close(done); <-finished }
}

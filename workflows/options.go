package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"redress/definitions"
)

const (
	// heartbeat is how long a silent worker is waited for; activities that wait report
	// every two seconds.
	heartbeat = 10 * time.Second
	// actStart bounds how long an act may wait for a worker: one that returns after
	// hours must act on nothing.
	actStart = 30 * time.Second
	// actReads is the time that an act has for looking again and asking the fleet,
	// before its own time begins.
	actReads = 2 * time.Minute
	// actTimeout is how long an act may take when its step does not say.
	actTimeout = time.Minute
	// checkTimeout bounds one attempt of a check when its step does not say.
	checkTimeout = 30 * time.Second
	// tellWithin bounds the tries to reach a receiver in the middle of a run, which then
	// goes on without it, and says so.
	tellWithin = time.Minute
	// lastWordWithin is how long people are tried to be told how a run ended.
	lastWordWithin = 12 * time.Hour
	// holdWithin bounds how long a silence is asked for while Alertmanager is away.
	holdWithin = 20 * time.Second
)

// quick are the options of an activity that answers at once, tried until within is over.
func quick(ctx workflow.Context, summary string, within time.Duration) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary:                summary,
		StartToCloseTimeout:    min(within, 15*time.Second),
		ScheduleToCloseTimeout: within,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 1.5, MaximumInterval: 10 * time.Second},
	})
}

// book are the options of an activity of which the run cannot do without: it is tried
// until it works, however long workers or the fleet are away.
func book(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary:             summary,
		StartToCloseTimeout: 30 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second},
	})
}

// retryPolicy translates a runbook's `retry`, with the defaults of its kind.
func retryPolicy(r *definitions.Retry, attempts int) *temporal.RetryPolicy {
	p := &temporal.RetryPolicy{
		InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute,
		MaximumAttempts: int32(attempts), //nolint:gosec // a small constant
	}
	if r == nil {
		return p
	}
	p.MaximumAttempts = int32(r.Attempts) //nolint:gosec // the decoder bounds it
	if r.Delay > 0 {
		p.InitialInterval = time.Duration(r.Delay)
	}
	if r.Backoff >= 1 {
		p.BackoffCoefficient = r.Backoff
	}
	p.MaximumInterval = max(p.MaximumInterval, p.InitialInterval)
	if r.MaxDelay > 0 {
		p.MaximumInterval = max(time.Duration(r.MaxDelay), p.InitialInterval)
	}
	return p
}

// again repeats an activity as often as workers die: it only reads, and ends by itself.
func again() *temporal.RetryPolicy {
	return &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 1.5, MaximumInterval: 10 * time.Second}
}

// onceOnly never repeats an activity: what an act did is looked up, not done again.
func onceOnly() *temporal.RetryPolicy { return &temporal.RetryPolicy{MaximumAttempts: 1} }

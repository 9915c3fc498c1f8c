package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"redress/definitions"
	"redress/internal/contract"
)

// Remediation is one run: it interprets the runbook that it carries on one target,
// reports what it does, and returns the run as the API shows it.
func Remediation(ctx workflow.Context, in contract.RemediationInput) (contract.Run, error) {
	r := setup(ctx, in)
	if err := r.handlers(ctx); err != nil {
		return contract.Run{}, err
	}
	if !r.published(ctx) {
		r.publish(ctx)
	}
	e := r.work(ctx)
	if e != nil && e.next != nil {
		return contract.Run{}, e.next
	}
	return r.finish(ctx, e), nil
}

// end says why a run or a block of it stopped; nil = go on.
type end struct {
	outcome definitions.Outcome
	reason  string
	told    bool  // people know already
	next    error // continue as new instead
}

// run is the state of a remediation.
type run struct {
	in       contract.RemediationInput
	view     contract.Run
	scope    scope
	alerts   []contract.Alert // the first one triggered the run; never changed in place
	joins    int              // how often an alert joined, or fired again
	deadline time.Time
	admitted bool // the fleet may know the run
	ending   bool // the outcome is known: what joins from here on is not this run's
	telling  int  // first messages on their way
	page
	watching workflow.Context    // of the watches of alerts; nil before and after the steps
	unwatch  workflow.CancelFunc // ends them
	stop     workflow.CancelFunc // ends the steps, not the clean-up
	stopped  *end                // why stop was called
	acted    bool                // an act was or may have been done
	proved   bool                // a verify held since the last act
	lastAct  time.Time
}

func setup(ctx workflow.Context, in contract.RemediationInput) *run {
	now := workflow.Now(ctx).UTC()
	r := &run{
		in:       in,
		alerts:   in.Alerts,
		deadline: now.Add(time.Duration(in.Pinned.Runbook.Timeout)),
		scope:    newScope(),
		view:     newView(in, now),
		unwatch:  func() {},
	}
	if c := in.Carried; c != nil {
		r.view, r.alerts, r.deadline = c.Run, c.Alerts, c.Deadline
		r.scope.vars, r.scope.reads = c.Scope, c.Done
		r.acted, r.proved, r.lastAct, r.admitted = c.Acted, c.Proved, c.LastActAt, true
		r.page = page{open: true, asked: r.silences(), statusAlerts: c.StatusAlerts}
	}
	return r
}

// handlers answers the query, and takes signals for as long as the run lives.
func (r *run) handlers(ctx workflow.Context) error {
	err := workflow.SetQueryHandler(ctx, contract.RunQuery, func() (contract.Run, error) { return r.view, nil })
	if err != nil {
		return fmt.Errorf("answer queries: %w", err)
	}
	alerts := workflow.GetSignalChannel(ctx, contract.AlertsSignal)
	cancels := workflow.GetSignalChannel(ctx, contract.CancelSignal)
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			sel := workflow.NewSelector(ctx)
			sel.AddReceive(alerts, func(c workflow.ReceiveChannel, _ bool) {
				var change contract.AlertsChange
				c.Receive(ctx, &change)
				r.alertsChanged(ctx, change)
			})
			sel.AddReceive(cancels, func(c workflow.ReceiveChannel, _ bool) {
				var by contract.Cancel
				c.Receive(ctx, &by)
				r.interrupt(&end{outcome: definitions.Cancelled, reason: cancelReason(by)})
			})
			sel.AddReceive(ctx.Done(), func(workflow.ReceiveChannel, bool) {})
			sel.Select(ctx)
			if ctx.Err() != nil {
				return
			}
		}
	})
	return nil
}

func cancelReason(c contract.Cancel) string {
	if c.By == "" {
		return c.Reason
	}
	return fmt.Sprintf("%s: %s", c.By, c.Reason)
}

// interrupt ends the steps; the first reason counts.
func (r *run) interrupt(why *end) {
	if r.stopped == nil {
		r.stopped = why
	}
	if r.stop != nil {
		r.stop()
	}
}

// work does everything up to the moment when the outcome is known.
func (r *run) work(ctx workflow.Context) *end {
	ctx, stop := workflow.WithCancel(ctx)
	r.stop = stop
	if r.stopped != nil {
		stop()
	}
	workflow.Go(ctx, func(ctx workflow.Context) {
		left := max(0, r.deadline.Sub(workflow.Now(ctx)))
		timer := workflow.NewTimerWithOptions(ctx, left, workflow.TimerOptions{Summary: "time limit of the run"})
		if timer.Get(ctx, nil) == nil {
			r.interrupt(&end{reason: fmt.Sprintf("the run took longer than %s", r.in.Pinned.Runbook.Timeout)})
		}
	})
	if r.in.Carried == nil {
		if e := r.begin(ctx); e != nil {
			return e
		}
	}
	r.watching, r.unwatch = workflow.WithCancel(ctx)
	r.watch(r.alerts)
	r.firstWord(ctx)
	if e := r.steps(ctx); e != nil {
		return e
	}
	return r.conclude(ctx)
}

// steps executes the top level of the runbook; between its steps the run may continue
// as new, which keeps histories short whatever a runbook waits for.
func (r *run) steps(ctx workflow.Context) *end {
	f, all, first := &frame{}, r.in.Pinned.Runbook.Steps, 0
	if c := r.in.Carried; c != nil {
		first, f.conditions = c.NextStep, c.Conditions
	}
	for i := first; i < len(all); i++ {
		if i > first && workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return r.carryOn(ctx, i, f)
		}
		if e := r.step(ctx, f, all[i]); e != nil {
			return e
		}
	}
	return nil
}

// carryOn continues the run as new before step next. Nothing is left behind: signals
// that have arrived are applied, and what is on its way to Alertmanager or to people is
// waited for.
func (r *run) carryOn(ctx workflow.Context, next int, f *frame) *end {
	for turned := false; !turned || r.holding+r.telling > 0; {
		err := workflow.Await(ctx, func() bool { return r.holding+r.telling == 0 })
		if err == nil {
			err = turn(ctx)
		}
		if err != nil {
			return r.interrupted()
		}
		turned = true
	}
	if ctx.Err() != nil {
		return r.interrupted()
	}
	in := r.in
	in.Alerts, in.Notifications = nil, nil
	in.Carried = &contract.Carried{
		Run: r.view, NextStep: next, Scope: r.scope.vars, Done: r.scope.reads, Conditions: f.conditions,
		Deadline: r.deadline, Alerts: r.alerts, Acted: r.acted, Proved: r.proved, LastActAt: r.lastAct,
		StatusAlerts: r.statusAlerts,
	}
	return &end{next: workflow.NewContinueAsNewError(ctx, contract.RemediationWorkflow, in)}
}

// turn lets every other coroutine of the workflow do what it can. A signal that has
// arrived may be in the hands of the coroutine that takes signals, and in no channel any
// more, where it could be received.
func turn(ctx workflow.Context) error {
	done := false
	workflow.Go(ctx, func(workflow.Context) { done = true })
	return workflow.Await(ctx, func() bool { return done })
}

// failed turns the error of a step's activity into the run's end.
func (r *run) failed(ctx workflow.Context, path string, err error) *end {
	if ctx.Err() != nil || temporal.IsCanceledError(err) {
		return r.interrupted()
	}
	return &end{outcome: definitions.Failed, reason: fmt.Sprintf("%s: %s", path, cause(err))}
}

// interrupted returns why the steps were ended from outside. A run out of time has
// failed when it did nothing, and cannot tell what it did when it acted.
func (r *run) interrupted() *end {
	switch {
	case r.stopped == nil:
		return &end{outcome: definitions.Cancelled, reason: "the workflow was cancelled in Temporal"}
	case r.stopped.outcome != "":
		return r.stopped
	case r.view.Status == contract.RunClearing:
		return &end{outcome: definitions.Inconclusive, reason: "Redis looks well, the alert still fires: " + r.stopped.reason}
	case r.acted && !r.proved:
		return &end{outcome: definitions.Inconclusive, reason: r.stopped.reason}
	case r.acted:
		return &end{outcome: definitions.Inconclusive, reason: r.stopped.reason + "; the last verification had held"}
	}
	return &end{outcome: definitions.Failed, reason: r.stopped.reason}
}

// cause returns the innermost message of a Temporal error, which is what the activity said.
func cause(err error) string {
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		return app.Message()
	}
	var late *temporal.TimeoutError
	if errors.As(err, &late) {
		if last := late.Unwrap(); last != nil {
			return "timed out; the last error was: " + last.Error()
		}
		return "timed out: " + late.Error()
	}
	return err.Error()
}

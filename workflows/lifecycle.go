package workflows

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"redress/definitions"
	"redress/internal/contract"
)

const (
	// admitTries is how often the fleet is asked for admission.
	admitTries = 3
	// admitAgain is the time between.
	admitAgain = 5 * time.Second
)

// begin asks for admission, looks whether anybody has taken over, and holds the page
// back. An Alertmanager that cannot be reached keeps no run from looking and
// verifying: the page goes out then, and each act asks again and refuses.
func (r *run) begin(ctx workflow.Context) *end {
	if e := r.admit(ctx); e != nil {
		return e
	}
	r.open = true
	if held, err := r.hold(ctx, r.alerts); err == nil && held.SuppressedBy != "" {
		return &end{outcome: definitions.Refused, reason: held.SuppressedBy}
	}
	r.publish(ctx)
	r.announce(ctx)
	return nil
}

// admit asks the fleet for admission. A target that is taken is asked for once more: the
// run before this one may have told its guardian and not yet the fleet, when the round
// reports it in its stead.
func (r *run) admit(ctx workflow.Context) *end {
	for try := 1; ; try++ {
		var answer contract.Answer
		r.admitted = true // even when the answer does not arrive any more
		err := workflow.ExecuteActivity(book(ctx, "ask the fleet for admission"), contract.BeginActivity,
			contract.Begin{RunID: r.view.ID, Target: r.in.Target.Name}).Get(ctx, &answer)
		if err != nil {
			return r.failed(ctx, "admission", err)
		}
		if answer.OK {
			return nil
		}
		r.admitted = false
		if try == admitTries {
			return &end{outcome: definitions.Refused, reason: answer.Reason}
		}
		wait := workflow.TimerOptions{Summary: "before the fleet is asked again: " + clip(answer.Reason, 150)}
		if err := workflow.NewTimerWithOptions(ctx, admitAgain, wait).Get(ctx, nil); err != nil {
			return r.interrupted()
		}
	}
}

// conclude decides the outcome of a run whose steps are all done.
func (r *run) conclude(ctx workflow.Context) *end {
	if r.proved {
		return r.clear(ctx)
	}
	why := ""
	for _, s := range r.view.Steps {
		if s.Held != nil {
			why = fmt.Sprintf("the last verification, %s, did not hold: %s", s.Path, s.Error)
		}
		if s.Kind == definitions.KindAct && s.Status != contract.StepSkipped {
			why = "" // what was verified before it proves nothing
		}
	}
	switch {
	case why != "":
		return &end{outcome: definitions.Inconclusive, reason: why}
	case r.acted:
		return &end{outcome: definitions.Inconclusive, reason: "nothing was verified after the last act"}
	}
	return &end{outcome: definitions.NoAction, reason: "nothing was verified and nothing done"}
}

// clear waits until the alerts are gone, the covered ones too, and ends the silences
// in that moment: sooner would page people for a healed fault, later would swallow
// the resolution.
func (r *run) clear(ctx workflow.Context) *end {
	r.watching = nil
	r.unwatch() // the clearing watches from here on
	r.view.Status = contract.RunClearing
	r.publish(ctx)
	r.announce(ctx)
	deadline := workflow.Now(ctx).Add(time.Duration(r.in.Pinned.Runbook.ClearWithin))
	for {
		// The silence of an alert that has just joined is on its way: it is to be ended too.
		if err := workflow.Await(ctx, func() bool { return r.holding == 0 }); err != nil {
			return r.interrupted()
		}
		alerts, joins := r.alerts, r.joins
		if len(alerts) == 0 {
			return &end{outcome: definitions.Healed}
		}
		var cleared contract.Cleared
		err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			Summary:             "wait until the alerts are gone",
			StartToCloseTimeout: max(0, deadline.Sub(workflow.Now(ctx))) + pollSlack,
			HeartbeatTimeout:    heartbeat,
			RetryPolicy:         again(), // it has a deadline of its own
		}), contract.ClearActivity, contract.Clear{
			RunID: r.view.ID, Alerts: alerts, Silences: r.view.Silences, Deadline: deadline.UTC(),
		}).Get(ctx, &cleared)
		switch {
		case err != nil && ctx.Err() != nil:
			return r.interrupted()
		case err != nil:
			return &end{outcome: definitions.Inconclusive, reason: "Redis looks well; whether the alert still fires is not known: " + cause(err)}
		case !cleared.Cleared:
			return &end{outcome: definitions.Inconclusive, reason: r.stillFires(cleared)}
		case r.joins > joins || r.holding > 0:
			continue // one joined, or fires again
		}
		r.alerts = slices.Clone(r.alerts)
		for i := range r.alerts {
			r.alerts[i].Status = contract.Resolved
		}
		r.viewAlerts()
		return &end{outcome: definitions.Healed}
	}
}

func (r *run) stillFires(c contract.Cleared) string {
	reason := "Redis looks well, the alert still fires"
	if len(c.Still) == 0 {
		reason = "Redis looks well; whether the alert still fires is not known"
	}
	for _, a := range r.alerts {
		for _, f := range c.Still {
			if a.Fingerprint == f {
				reason += ": " + a.Name()
			}
		}
	}
	if c.Why != "" {
		reason += fmt.Sprintf(" (%s)", c.Why)
	}
	return reason
}

// finish ends the run, whatever stopped it: it lets the page out where people are
// needed, frees the target, reports to the guardian, and tells people. That is last and
// has time: nobody waits for it, and the last word must not be lost while a receiver is
// away. All of it is outside of the run's cancellation.
func (r *run) finish(ctx workflow.Context, e *end) contract.Run {
	if e == nil {
		e = &end{outcome: definitions.NoAction}
	}
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	r.ending, r.watching = true, nil
	now := workflow.Now(ctx).UTC() // what fires from here on is none of this run's
	r.unwatch()
	r.view.Outcome, r.view.Reason = e.outcome, e.reason
	if e.outcome != definitions.Healed {
		r.view.HealedAt = nil
		// An error is logged; it is tried once more below, and the leases end by themselves.
		_ = r.release(ctx)
	}
	if err := workflow.Await(ctx, func() bool { return r.telling == 0 }); err != nil {
		workflow.GetLogger(ctx).Warn("the first message was not waited for", "err", err)
	}
	if r.admitted {
		var answer contract.Answer
		err := workflow.ExecuteActivity(book(ctx, "free the target"), contract.EndActivity,
			contract.End{RunID: r.view.ID, Target: r.in.Target.Name}).Get(ctx, &answer)
		if err != nil {
			workflow.GetLogger(ctx).Error("the target could not be freed; the round will", "err", cause(err))
		}
	}
	r.view.Status, r.view.FinishedAt = contract.RunFinished, &now
	r.publish(ctx)
	r.report(ctx)
	if !e.told && (needsPeople(e.outcome) || r.in.Mode == definitions.Observe) {
		r.lastWord(ctx, e.reason)
	}
	if e.outcome != definitions.Healed && r.asked {
		_ = r.release(ctx) // logged
	}
	r.announce(ctx)
	r.show(ctx)
	return r.view
}

// lastWord tells people how the run ended. When they cannot be reached within a minute
// the run says so, and goes on trying; the page goes out by itself meanwhile.
func (r *run) lastWord(ctx workflow.Context, reason string) {
	t := r.tell("", "", "", reason)
	err := r.send(ctx, t)
	r.publish(ctx)
	var app *temporal.ApplicationError
	if err == nil || errors.As(err, &app) && app.NonRetryable() {
		return // what will not be mended is written down
	}
	_ = r.deliver(ctx, quick(ctx, "tell "+t.Receiver, lastWordWithin), t) // written down too
	r.publish(ctx)
}

// needsPeople tells which outcomes people must hear of.
func needsPeople(o definitions.Outcome) bool {
	switch o {
	case definitions.Healed, definitions.NoAction:
		return false
	default:
		return true
	}
}

// report tells the guardian how the run ended, at its workflow ID, so that the news
// reaches whichever of its executions lives. A run that was started without one
// (there is no such guardian) has nobody to tell.
func (r *run) report(ctx workflow.Context) {
	f := contract.Finished{
		RunID: r.view.ID, Runbook: r.view.Runbook, Outcome: r.view.Outcome, Reason: r.view.Reason,
		FinishedAt: *r.view.FinishedAt, LastActAt: r.lastAct,
	}
	for _, a := range r.alerts {
		f.Known = append(f.Known, a.Fingerprint)
		if !a.Firing() {
			f.Resolved = append(f.Resolved, a.Fingerprint)
		}
	}
	err := workflow.SignalExternalWorkflow(ctx, contract.GuardianID(r.in.Target.Name), "", contract.FinishedSignal, f).Get(ctx, nil)
	if err != nil {
		workflow.GetLogger(ctx).Warn("the guardian could not be told; the round will", "err", err)
	}
}

package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"redress/definitions"
	"redress/internal/contract"
)

// begin asks for admission, looks whether anybody has taken over, and holds the page
// back. An Alertmanager that cannot be reached keeps no run from looking and
// verifying: the page goes out then, and each act asks again and refuses.
func (r *run) begin(ctx workflow.Context) *end {
	var answer contract.Answer
	err := workflow.ExecuteActivity(book(ctx, "ask the fleet for admission"), contract.BeginActivity,
		contract.Begin{RunID: r.view.ID, Target: r.in.Target.Name}).Get(ctx, &answer)
	switch {
	case err != nil:
		return r.failed(ctx, "admission", err)
	case !answer.OK:
		return &end{outcome: definitions.Refused, reason: answer.Reason}
	}
	r.admitted = true
	if held, err := r.hold(ctx, r.alerts); err == nil && held.SuppressedBy != "" {
		return &end{outcome: definitions.Refused, reason: held.SuppressedBy}
	}
	r.publish(ctx)
	return nil
}

// silences reports whether this run holds the page back while it works.
func (r *run) silences() bool {
	return r.in.Mode == definitions.Auto && r.in.Pinned.Runbook.Silence == definitions.SilenceDuring
}

// hold asks for the lease silences of the alerts.
func (r *run) hold(ctx workflow.Context, alerts []contract.Alert) (contract.Held, error) {
	var held contract.Held
	if len(alerts) == 0 {
		return held, nil
	}
	summary := "look who suppresses the alert"
	if r.silences() {
		summary = "hold the page back while the run works"
	}
	err := workflow.ExecuteActivity(quick(ctx, summary, holdWithin), contract.HoldActivity, contract.Hold{
		Run: r.view.Brief(), Alerts: alerts, Silence: r.silences(), HoldPage: r.in.HoldPage,
	}).Get(ctx, &held)
	if err != nil {
		workflow.GetLogger(ctx).Warn("the page could not be held back", "err", cause(err))
		return held, err
	}
	known := map[string]bool{}
	for _, s := range r.view.Silences {
		known[s.ID] = true
	}
	for _, s := range held.Silences {
		if !known[s.ID] {
			r.view.Silences = append(r.view.Silences, s)
		}
	}
	if until := held.Until.UTC(); !held.Until.IsZero() && (r.view.SilencedUntil == nil || until.After(*r.view.SilencedUntil)) {
		r.view.SilencedUntil = &until
	}
	return held, nil
}

// conclude decides the outcome of a run whose steps are all done.
func (r *run) conclude(ctx workflow.Context) *end {
	switch {
	case !r.proved && r.acted:
		return &end{outcome: definitions.Inconclusive, reason: "nothing was verified after the last act"}
	case !r.proved:
		return &end{outcome: definitions.NoAction, reason: "nothing was verified and nothing done"}
	}
	return r.clear(ctx)
}

// clear waits until the alerts are gone, the covered ones too, and ends the silences
// in that moment: sooner would page people for a healed fault, later would swallow
// the resolution.
func (r *run) clear(ctx workflow.Context) *end {
	r.view.Status = contract.RunClearing
	r.publish(ctx)
	within := time.Duration(r.in.Pinned.Runbook.ClearWithin)
	deadline := workflow.Now(ctx).Add(within)
	for {
		alerts := r.alerts
		if len(alerts) == 0 {
			return &end{outcome: definitions.Healed}
		}
		var cleared contract.Cleared
		left := deadline.Sub(workflow.Now(ctx))
		q := quick(ctx, "wait until the alerts are gone", left+pollSlack)
		q = workflow.WithStartToCloseTimeout(q, left+pollSlack)
		q = workflow.WithHeartbeatTimeout(q, heartbeat)
		err := workflow.ExecuteActivity(q, contract.ClearActivity, contract.Clear{
			RunID: r.view.ID, Alerts: alerts, Silences: r.view.Silences, Deadline: deadline.UTC(),
		}).Get(ctx, &cleared)
		switch {
		case ctx.Err() != nil:
			return r.interrupted()
		case err != nil:
			return &end{outcome: definitions.Inconclusive, reason: "Redis looks well; whether the alert still fires is not known: " + cause(err)}
		case !cleared.Cleared:
			return &end{outcome: definitions.Inconclusive, reason: r.stillFires(cleared)}
		case len(r.alerts) > len(alerts):
			continue // another alert joined meanwhile
		}
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
// needed, tells them, frees the target, and reports to the guardian. It runs outside
// of the run's cancellation.
func (r *run) finish(ctx workflow.Context, e *end) contract.Run {
	if e == nil {
		e = &end{outcome: definitions.NoAction}
	}
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	now := workflow.Now(ctx).UTC()
	r.view.Outcome, r.view.Reason = e.outcome, e.reason
	if e.outcome != definitions.Healed {
		r.view.HealedAt = nil
		r.release(ctx)
	}
	if needsPeople(e.outcome) && !e.told {
		// An error is written down in the view; the page goes out by itself meanwhile.
		_ = r.send(ctx, r.tell("", "", e.reason))
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
	r.show(ctx)
	return r.view
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

// release ends the run's silences now, so that people are paged.
func (r *run) release(ctx workflow.Context) {
	if !r.silences() {
		return
	}
	err := workflow.ExecuteActivity(quick(ctx, "let the page out", tellWithin), contract.ReleaseActivity,
		contract.Release{RunID: r.view.ID, Silences: r.view.Silences}).Get(ctx, nil)
	if err != nil {
		workflow.GetLogger(ctx).Error("the silences could not be ended; their lease will", "err", cause(err))
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
